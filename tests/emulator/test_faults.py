"""Crashes, hangs, orphans, missing pieces: each is reported, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import copain_gym.bridge.client as client_module
from copain_gym import (
    CopainError,
    Emulator,
    EmulatorClosed,
    EmulatorCrashed,
    EmulatorNotFound,
    EmulatorTimeout,
    ProtocolError,
    RomError,
)
from copain_gym.roms.rom import read_rom
from tests.conftest import Traces, wait_until


def state_of(pid: int) -> str:
    """State of a process as the kernel names it, T stopped, Z zombie; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return ""


def gone(pid: int) -> bool:
    return state_of(pid) in ("", "Z")


def test_killed_emulator_is_reported_within_a_second(engine: str, traces: Traces) -> None:
    before = traces.count()
    emulator = Emulator(engine=engine)
    emulator.step(frames=10)
    os.kill(emulator.pid, signal.SIGKILL)
    start = time.monotonic()
    with pytest.raises(EmulatorCrashed, match=r"by signal 9 \(SIGKILL\)") as caught:
        emulator.step(frames=10)
    assert time.monotonic() - start < 1
    assert caught.value.returncode == -signal.SIGKILL
    assert str(emulator.rom.path) in caught.value.command
    with pytest.raises(EmulatorClosed, match="it crashed"):
        emulator.step()
    assert traces.return_to(before)


def test_kill_in_the_middle_of_a_step(engine: str) -> None:
    with Emulator(engine=engine) as emulator:
        emulator.send_step(frames=1_000_000)
        os.kill(emulator.pid, signal.SIGKILL)
        start = time.monotonic()
        with pytest.raises(EmulatorCrashed):
            emulator.receive_step()
        assert time.monotonic() - start < 1


def test_hung_emulator_is_reported_and_ended(engine: str, traces: Traces) -> None:
    before = traces.count()
    emulator = Emulator(engine=engine, timeout=0.5)
    pid = emulator.pid
    os.kill(pid, signal.SIGSTOP)
    assert wait_until(lambda: state_of(pid) == "T", 5)
    with pytest.raises(EmulatorTimeout, match=r"did not answer within 0.51 s; it was ended"):
        emulator.step()
    assert gone(pid)
    with pytest.raises(EmulatorClosed, match="did not answer in time"):
        emulator.step()
    assert traces.return_to(before)


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "exit"])
def test_no_emulator_outlives_python(engine: str, how: str, traces: Traces) -> None:
    end = "pass" if how == "exit" else f"os.kill(os.getpid(), signal.{how})"
    script = (
        "import os, signal\n"
        "from copain_gym import Emulator\n"
        f"emulators = [Emulator(engine={engine!r}) for _ in range(2)]\n"
        "print(*(e.pid for e in emulators), flush=True)\n"
        f"{end}\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    pids = [int(word) for word in done.stdout.split()]
    assert len(pids) == 2, done.stderr
    assert wait_until(lambda: all(gone(pid) for pid in pids), 2)
    assert wait_until(lambda: traces.count()[2] == 0, 2)


def test_python_killed_in_the_middle_of_a_step(engine: str) -> None:
    script = (
        "import os, signal\n"
        "from copain_gym import Emulator\n"
        f"emulator = Emulator(engine={engine!r})\n"
        "print(emulator.pid, flush=True)\n"
        "emulator.send_step(frames=1_000_000)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert wait_until(lambda: gone(int(done.stdout)), 2)


# Writes into the home while it is being removed, as FCEUX does where it still starts.
_WRITES = (
    "while true do for n = 1, 1000 do local file = io.open(os.getenv('HOME') .. '/file' .. n, 'w') "
    "if file then file:close() end end end"
)


@pytest.mark.parametrize("chunk", ["while true do end", "error = nil; coroutine.yield()", _WRITES])
def test_no_emulator_outlives_python_whatever_its_script_does(
    engine: str, chunk: str, traces: Traces
) -> None:
    script = (
        "import os, signal, threading\n"
        "from copain_gym import Emulator\n"
        f"emulator = Emulator(engine={engine!r})\n"
        "print(emulator.pid, flush=True)\n"
        "threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()\n"
        f"emulator.run_lua({chunk!r})\n"
        "emulator.step(frames=1_000_000)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert wait_until(lambda: gone(int(done.stdout)), 2), done.stderr
    assert wait_until(lambda: traces.count()[2] == 0, 2)


def test_many_starts_leave_nothing_behind(engine: str, traces: Traces) -> None:
    before = traces.count()
    for _ in range(5):
        with Emulator(engine=engine) as emulator:
            emulator.step(frames=2)
            emulator.save_state().to_bytes()
    assert traces.return_to(before)


def test_interrupt_in_a_request_leaves_nothing_running(engine: str, traces: Traces) -> None:
    before = traces.count()
    emulator = Emulator(engine=engine)
    emulator.send_step(frames=1_000_000)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(KeyboardInterrupt):
        emulator.receive_step()
    assert traces.return_to(before)
    with pytest.raises(EmulatorClosed, match="interrupted"):
        emulator.step()


def test_refused_handshake(engine: str, monkeypatch: pytest.MonkeyPatch, traces: Traces) -> None:
    before = traces.count()
    monkeypatch.setattr(client_module, "PROTOCOL_VERSION", 99)
    with pytest.raises(ProtocolError, match="speaks protocol 1, protocol 99 was asked for"):
        Emulator(engine=engine)
    assert traces.return_to(before)


# ---- what may be missing at the start ------------------------------------


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "missing.nes", "missing.nes does not exist"),
        (lambda folder: folder, "cannot be read: Is a directory"),
        (lambda folder: write(folder / "empty.nes", b""), "empty.nes is empty"),
        (lambda folder: write(folder / "a.nes", b"\x7fELF" * 9), "is not an iNES file"),
        (lambda folder: write(folder / "a.nes", b"NES\x1a\x02"), "truncated: 5 bytes"),
        (
            lambda folder: write(folder / "a.nes", read_rom().path.read_bytes()[:-1]),
            "truncated: 40975 bytes, its header says 40976 bytes",
        ),
    ],
)
def test_bad_roms(make: Callable[[Path], Path], message: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    with pytest.raises(RomError, match=message) as caught:
        Emulator(path)
    assert str(path) in str(caught.value)


def test_rom_that_fceux_cannot_run(engine: str, tmp_path: Path, traces: Traces) -> None:
    before = traces.count()
    path = write(tmp_path / "disk.fds", b"FDS\x1a\x01" + bytes(11) + bytes(65500))  # and no BIOS
    # The stock emulator goes on without a game, and without the bridge: its log says why.
    with pytest.raises((RomError, EmulatorCrashed, EmulatorTimeout), match=r"disksys\.rom"):
        Emulator(path, engine=engine, start_timeout=2)
    assert traces.return_to(before)


def test_fceux_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COPAIN_FCEUX", str(tmp_path / "nowhere"))
    with pytest.raises(EmulatorNotFound, match=r"COPAIN_FCEUX is '.*nowhere', which is not a file"):
        Emulator(engine="fceux")


def test_fceux_not_executable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = write(tmp_path / "fceux", b"#!/bin/sh\n")
    monkeypatch.setenv("COPAIN_FCEUX", str(file))
    with pytest.raises(EmulatorNotFound, match="which is not executable"):
        Emulator(engine="fceux")


def test_fceux_that_is_no_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, traces) -> None:
    file = write(tmp_path / "fceux", b"nonsense")
    file.chmod(0o755)
    monkeypatch.setenv("COPAIN_FCEUX", str(file))
    before = traces.count()
    with pytest.raises(EmulatorNotFound, match="cannot be started: Exec format error"):
        Emulator(engine="fceux")
    assert traces.return_to(before)


def test_fceux_that_ends_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, traces) -> None:
    file = write(tmp_path / "fceux", b"#!/bin/sh\necho out of order\nexit 3\n")
    file.chmod(0o755)
    monkeypatch.setenv("COPAIN_FCEUX", str(file))
    before = traces.count()
    with pytest.raises(EmulatorCrashed, match="with exit status 3") as caught:
        Emulator(engine="fceux")
    assert caught.value.log == "out of order"
    assert traces.return_to(before)


def test_fceux_that_never_connects(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, traces) -> None:
    file = write(tmp_path / "fceux", b"#!/bin/sh\nexec sleep 60\n")
    file.chmod(0o755)
    monkeypatch.setenv("COPAIN_FCEUX", str(file))
    before = traces.count()
    with pytest.raises(EmulatorTimeout, match=r"did not connect within 0.5 s \(request 'hello'\)"):
        Emulator(engine="fceux", start_timeout=0.5)
    assert traces.return_to(before)


def test_directory_without_write_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    # /proc/self is one even for root, who may write in any ordinary directory
    monkeypatch.setenv("COPAIN_TMPDIR", "/proc/self")
    with pytest.raises(CopainError, match="private directory for the emulator in /proc/self"):
        Emulator()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"engine": "mesen"}, "engine is 'mesen'; allowed are auto, headless, fceux"),
        ({"timeout": 0}, "timeout is 0 s; it must be positive"),
        ({"start_timeout": -1}, "start_timeout is -1 s"),
        ({"engine": "headless", "window": True}, "engine 'headless' has no window"),
    ],
)
def test_bad_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Emulator(**arguments)  # type: ignore[arg-type]


def test_engine_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPAIN_ENGINE", "snes9x")
    with pytest.raises(ValueError, match="COPAIN_ENGINE is 'snes9x'; allowed are auto"):
        Emulator()
    monkeypatch.setenv("COPAIN_ENGINE", "fceux")
    with Emulator() as emulator:
        assert emulator.engine == "fceux"
