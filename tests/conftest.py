"""What all tests share: the engines, and a look at what is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from copain_gym import Emulator
from copain_gym.engines.headless import find_headless

ENGINES = ["fceux"] + (["headless"] if find_headless() else [])


def pytest_configure() -> None:
    # A shell's background jobs ignore SIGINT, and so would what the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    return f"copain engines: {', '.join(ENGINES)}"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine that is there; set-up builds both."""
    return str(request.param)


@pytest.fixture
def emulator(engine: str) -> Iterator[Emulator]:
    """An emulator at power-on with the bundled game."""
    with Emulator(engine=engine) as running:
        yield running


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition holds within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def assert_speed_of_the_console(step: Callable[[], object], frames: int) -> int:
    """Step for two seconds, and longer while the machine is too busy to show the speed.

    A busy machine is slower for a while, but never faster on the whole: a window makes up for no
    more than the last frame. Returns how many frames were stepped.
    """
    begin = last = time.monotonic()
    total, best = 0, 0.0
    while total < 120 or (best < 50 and last < begin + 60):
        for _ in range(12 // frames):
            step()
        now = time.monotonic()
        total, best, last = total + 12, max(best, 12 / (now - last)), now
    assert total / (last - begin) < 61
    assert best > 50
    return total


def in_child(function: Callable[[], object], seconds: float = 10.0) -> str:
    """What a function returns, or the error that it raises, in a forked child, as `repr` has it.

    `hangs` where the child does not end in time.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            try:
                answer = function()
            except BaseException as error:
                answer = error
            os.write(write, repr(answer).encode()[:4000])
        finally:
            os._exit(0)
    os.close(write)
    ended = wait_until(lambda: os.waitpid(child, os.WNOHANG)[0] == child, seconds)
    if not ended:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        return pipe.read() if ended else "hangs"


class Traces:
    """What emulators leave on this machine while they run: processes, descriptors, files."""

    def __init__(self, tmpdir: Path) -> None:
        self.tmpdir = tmpdir

    def count(self) -> tuple[int, int, int]:
        """Child processes of this process, its open descriptors, temporary files."""
        threads = Path("/proc/self/task").glob("*/children")  # each has those that it started
        children = [pid for children in threads for pid in children.read_text().split()]
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        # `walk` goes on where a folder is removed meanwhile
        files = sum(len(folders) + len(files) for _, folders, files in os.walk(self.tmpdir))
        return len(children), descriptors, files

    def return_to(self, before: tuple[int, int, int]) -> bool:
        """Whether there is nothing more than before; ZeroMQ closes descriptors in a thread."""
        return wait_until(
            lambda: all(now <= then for now, then in zip(self.count(), before, strict=True)), 2
        )


@pytest.fixture
def traces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Traces:
    """Counts what is left behind; private homes are made in a folder of the test's own."""
    folder = tmp_path / "homes"
    folder.mkdir()
    monkeypatch.setenv("COPAIN_TMPDIR", str(folder))
    with Emulator():  # what is made once in a process, such as ZeroMQ's context
        pass
    return Traces(folder)


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A virtual X display of the tests' own, by name."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def windowed(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets emulators open windows, on the virtual display."""
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
