"""The reaper: a process that removes what a killed Python has left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.emulator.test_faults import gone
from tests.emulator.test_homes import KILL_REAPER, folder, run

__all__ = ["folder"]

KILL_MYSELF = "os.kill(os.getpid(), signal.SIGKILL)"


def is_left(folder: Path) -> bool:
    return any(folder.iterdir())


def test_killed_before_the_emulator_starts(folder: Path) -> None:
    """Nobody else knows of the home yet."""
    script = f"""
        import os, signal
        from copain_gym.engines.home import Home
        homes = [Home() for _ in range(3)]
        (homes[0].path / ".fceux" / "movies").mkdir(parents=True)
        print(len(os.listdir(os.environ["COPAIN_TMPDIR"])), flush=True)
        {KILL_MYSELF}
    """
    assert run(script, folder).stdout == "3\n"
    assert wait_until(lambda: not is_left(folder), 2)


@pytest.mark.parametrize(
    "program", ["exec sleep 600", "sleep 600; true", "trap '' TERM; sleep 600"]
)
def test_executable_that_is_no_emulator(program: str, folder: Path, tmp_path: Path) -> None:
    """It has no bridge that notices the end of Python; a script's child is ended, too."""
    file = tmp_path / "fceux"
    file.write_text(f"#!/bin/sh\necho $$\n{program}\n")
    file.chmod(0o755)
    script = f"""
        import os, pathlib, signal, sys, threading, time
        from copain_gym import Emulator
        threading.Thread(target=Emulator, kwargs={{"engine": "fceux"}}, daemon=True).start()
        here = pathlib.Path(os.environ["COPAIN_TMPDIR"])
        pid = ""
        while not pid:
            time.sleep(0.01)
            pid = "".join(log.read_text() for log in here.glob("*/emulator.log"))
        time.sleep(0.2)
        children = pathlib.Path(f"/proc/{{pid.strip()}}/task/{{pid.strip()}}/children").read_text()
        print(pid, children, flush=True)
        {KILL_MYSELF}
    """
    done = run(script, folder, COPAIN_FCEUX=str(file))
    pids = [int(word) for word in done.stdout.split()]
    assert len(pids) == (1 if program.startswith("exec") else 2), done.stderr
    assert wait_until(lambda: all(gone(pid) for pid in pids), 2)
    assert wait_until(lambda: not is_left(folder), 2)


def test_emulator_that_is_stopped(engine: str, folder: Path) -> None:
    """It cannot notice the end of Python."""
    script = f"""
        import os, signal
        from copain_gym import Emulator
        emulator = Emulator(engine={engine!r})
        print(emulator.pid, flush=True)
        os.kill(emulator.pid, signal.SIGSTOP)
        {KILL_MYSELF}
    """
    pid = int(run(script, folder).stdout)
    assert wait_until(lambda: gone(pid) and not is_left(folder), 2)


def test_another_one_after_it_was_killed(folder: Path) -> None:
    """It knows the homes of the first one, too."""
    script = f"""
        import os, signal
        from copain_gym.engines.home import Home
        homes = [Home()]
        {KILL_REAPER.strip()}
        homes[0].remove()
        homes = [Home() for _ in range(2)]
        {KILL_REAPER.strip()}
        homes.append(Home())
        print(len(os.listdir(os.environ["COPAIN_TMPDIR"])), flush=True)
        {KILL_MYSELF}
    """
    done = run(script, folder)
    assert done.stdout == "3\n", done.stderr
    assert wait_until(lambda: not is_left(folder), 2)


@pytest.mark.parametrize("survivor", ["parent", "child"])
def test_homes_of_a_forked_child(survivor: str, folder: Path) -> None:
    """Each process has a reaper of its own; the other one's homes stay."""
    script = """
        import os, signal, sys
        from copain_gym.engines.home import Home
        home = Home()
        child = os.fork()
        if child == 0:
            home = Home()
            os.write(1, f"{os.getpid()} child {home.path}\\n".encode())
            signal.pause()
        os.write(1, f"{os.getpid()} parent {home.path}\\n".encode())
        signal.pause()
    """
    environment = {**os.environ, "COPAIN_TMPDIR": str(folder)}
    program = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        lines = [parent.stdout.readline().split() for _ in range(2)]
        read = {name: (int(pid), Path(home)) for pid, name, home in lines}
        only_one_is_left(survivor, read, folder)


def only_one_is_left(survivor: str, read: dict[str, tuple[int, Path]], folder: Path) -> None:
    for name, (pid, home) in read.items():
        if name != survivor:
            os.kill(pid, signal.SIGKILL)
            assert wait_until(lambda home=home: not home.exists(), 2)  # type: ignore[misc]
    pid, home = read[survivor]
    assert [home] == list(folder.iterdir())
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not is_left(folder), 2)
