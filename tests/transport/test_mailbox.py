"""The mailbox in shared memory: messages of any size, who may spin, misuse."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from copain_gym import Emulator, ProtocolError
from copain_gym.bridge import transport_shm


@pytest.fixture
def emulator(engine: str) -> Emulator:
    with Emulator(engine=engine, transport="shm") as running:
        yield running


@pytest.mark.parametrize("size", [0, 1, 2048, 16_000, 16_128, 16_129, 70_000, 5_000_000])
def test_messages_of_any_size(emulator: Emulator, size: int) -> None:
    """Both sides let the mailbox grow, and see what the other has done."""
    data = os.urandom(size)
    back = emulator.run_lua("return #..., (...):sub(1, 40), ...", data)
    assert back == (size, data[:40], data)
    assert emulator.run_lua("return ('x'):rep(...)", 2 * size) == b"x" * 2 * size
    assert emulator.step(frames=1).shape == (2048,)


def test_mailbox_stays_small(emulator: Emulator) -> None:
    """RAM alone needs no more than a few pages; memory is not reserved for pictures."""
    for _ in range(5):
        emulator.step(frames=2)
    home = emulator._client.process.home
    assert (home / "mailbox").stat().st_size <= 16384
    assert (home / "mailbox").stat().st_mode & 0o777 == 0o600
    assert emulator.screen().shape == (240, 256, 3)
    assert (home / "mailbox").stat().st_size > 61440


def test_no_request_before_the_reply(emulator: Emulator) -> None:
    emulator.send_step(frames=1)
    with pytest.raises(ProtocolError, match="the reply to the last request was not received"):
        emulator.send_step(frames=1)
    assert emulator.receive_step().shape == (2048,)


def test_waiting_leaves_other_threads_alone(emulator: Emulator) -> None:
    """The interpreter's lock is not held while Python waits."""
    emulator.send_step(frames=200)
    ticks = []
    waiting = threading.Event()

    def count() -> None:
        while not waiting.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    start = time.perf_counter()
    emulator.receive_step()
    seconds = time.perf_counter() - start
    waiting.set()
    thread.join()
    assert len(ticks) > 0.2 * seconds / 0.001 or seconds < 0.01


def test_no_spinning_where_no_core_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = transport_shm._SpinPolicy()
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(transport_shm, "_runnable", lambda: 2)
    policy.count(1)
    assert policy.core_is_free()  # one emulator and Python on two cores
    policy.count(1)
    assert not policy.core_is_free()  # two emulators need both
    policy.count(-1)
    monkeypatch.setattr(transport_shm, "_runnable", lambda: 3)
    policy._look_again = 0.0
    assert not policy.core_is_free()  # somebody else runs


def test_runnable_threads_are_read() -> None:
    assert 1 <= transport_shm._runnable() < 100_000


def test_full_file_system_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Space is reserved before it is used: no SIGBUS."""

    def full(descriptor: int, offset: int, length: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="cannot be made: No space left on device"):
        Emulator(endpoint=f"shm://{tmp_path}/mailbox")
    assert not list(tmp_path.iterdir())
