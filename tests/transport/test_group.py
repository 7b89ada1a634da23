"""`StepGroup`: many emulators in one call see what they would have seen one by one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest

from copain_gym import Emulator, EmulatorClosed, EmulatorCrashed, LuaError
from copain_gym.emulator import PooledEmulator
from copain_gym.emulator.group import StepGroup

LANES = 3


@pytest.fixture(params=["shm", "zmq", "mixed"])
def emulators(request: pytest.FixtureRequest, engine: str) -> Iterator[list[PooledEmulator]]:
    transports = ["shm", "zmq", "shm"] if request.param == "mixed" else [request.param] * LANES
    started = [PooledEmulator(engine=engine, transport=t) for t in transports]
    yield started
    for emulator in started:
        emulator.close()


def step(
    emulators: list[PooledEmulator], masks: list[int], frames: list[int]
) -> tuple[np.ndarray, np.ndarray, dict[int, Exception]]:
    rams, counts = np.zeros((LANES + 1, 2500), np.uint8), np.zeros((LANES + 1, 2), np.int64)
    rows = [k + 1 for k in range(len(emulators))]  # the first row stays as it is
    group = StepGroup(emulators, rams, counts, rows)
    failed = group.send(np.array(masks), np.array(frames)) | group.receive()
    assert not rams[0].any()
    assert not rams[:, 2048:].any()
    return rams[1:, :2048], counts[1:], failed


def test_as_one_by_one(emulators: list[PooledEmulator], engine: str) -> None:
    with PooledEmulator(engine=engine) as single:
        for masks, frames in (([8, 8, 8], [40, 40, 40]), ([0x81, 1, 0], [1, 300, 7])):
            rams, counts, failed = step(emulators, masks, frames)
            assert not failed
            for k, emulator in enumerate(emulators):
                assert counts[k].tolist() == [emulator.frame_count, emulator.lag_count]
                np.testing.assert_array_equal(rams[k], emulator.ram)
            state = single.save_state()
            np.testing.assert_array_equal(rams[0], single.step(masks[0], frames[0]))
            if frames[0] == 40:
                np.testing.assert_array_equal(rams[2], rams[0])
            else:
                single.load_state(state)
                np.testing.assert_array_equal(rams[1], single.step(masks[1], frames[1]))


def test_shared_memory_takes_the_short_way(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer goes through the client's slower one."""
    started = [PooledEmulator(engine=engine, transport="shm") for _ in range(LANES)]
    monkeypatch.delattr(Emulator, "receive_step")
    _, counts, failed = step(started, [0, 0, 0], [3, 3, 3])
    assert not failed
    assert counts[:, 0].tolist() == [3, 3, 3]
    for emulator in started:
        emulator.close()


def test_answers_that_are_late(emulators: list[PooledEmulator], engine: str) -> None:
    """Longer than what the one call waits for."""
    long = 4000 if engine == "headless" else 400
    _, counts, failed = step(emulators, [0, 0, 0], [5, long, 5])
    assert not failed
    assert counts[:, 0].tolist() == [5, long, 5]


def test_callbacks_are_served(emulators: list[PooledEmulator]) -> None:
    seen: list[int] = []
    emulators[1].lua.emu.registerbefore(lambda: seen.append(1))
    _, counts, failed = step(emulators, [0, 0, 0], [3, 3, 3])
    assert not failed
    assert counts[:, 0].tolist() == [3, 3, 3]
    assert len(seen) == 3


def test_one_that_was_killed(emulators: list[PooledEmulator]) -> None:
    os.kill(emulators[1].pid, signal.SIGKILL)
    _, counts, failed = step(emulators, [0, 0, 0], [3, 3, 3])
    assert isinstance(failed.pop(1), EmulatorCrashed)
    assert not failed
    assert counts[[0, 2], 0].tolist() == [3, 3]


def test_large_numbers_of_frames(emulators: list[PooledEmulator], engine: str) -> None:
    """Counts of one and two bytes in the reply; of the fast engine, of four."""
    large = 65_000 if engine == "headless" else 1_000
    total = 0
    for frames in (127, 1, 127, 1, large, 500):
        _, counts, failed = step(emulators[:1], [0], [frames])
        total += frames
        assert not failed
        assert counts[0].tolist() == [total, emulators[0].lag_count]


def test_the_short_answer_is_the_long_one(engine: str) -> None:
    """The bridge answers a step with one pad and the RAM by a way of its own."""
    with (
        PooledEmulator(engine=engine, transport="shm") as short,
        PooledEmulator(engine=engine, transport="shm") as long,
    ):
        for mask, frames in ((8, 40), (0, 1), (0x81, 256), (0x11, 257), (1, 4), (0xFF, 30)):
            a = short.step(mask, frames, draw=False)
            b = long.step(pads={1: mask, 2: 0}, frames=frames, draw=False)
            np.testing.assert_array_equal(a, b)
            assert (short.frame_count, short.lag_count) == (long.frame_count, long.lag_count)


def test_the_short_answer_with_callbacks(engine: str) -> None:
    with PooledEmulator(engine=engine, transport="shm") as emulator:
        seen: list[int] = []
        emulator.lua.emu.registerafter(lambda: seen.append(len(seen)))
        emulator.step("A", 5, draw=False)
        assert len(seen) == 5

        def fail() -> None:
            raise ValueError("no")

        emulator.lua.emu.registerafter(fail)
        with pytest.raises(LuaError, match="ValueError: no"):
            emulator.step("A", 5, draw=False)
        emulator.lua.emu.registerafter(None)
        assert emulator.step("A", 5, draw=False).shape == (2048,)


def test_one_that_was_closed_before_its_answer(engine: str) -> None:
    """Its mailbox is no longer mapped; C must not look for the answer there."""
    started = [PooledEmulator(engine=engine, transport="shm") for _ in range(LANES)]
    rams, counts = np.zeros((LANES, 2048), np.uint8), np.zeros((LANES, 2), np.int64)
    group = StepGroup(started, rams, counts, range(LANES))
    none, three = np.zeros(LANES, np.int64), np.full(LANES, 3)
    for _ in range(2):
        assert not group.send(none, three) | group.receive()
    assert not group.send(none, three)
    started[1].close()
    failed = group.receive()
    assert list(failed) == [1]
    assert isinstance(failed[1], EmulatorClosed)
    assert counts[[0, 2], 0].tolist() == [9, 9]
    assert list(group.send(none, three)) == [1]
    assert not group.receive()
    assert counts[[0, 2], 0].tolist() == [12, 12]
    for emulator in started:
        emulator.close()


@pytest.mark.parametrize(
    ("shape", "dtype", "rows", "message"),
    [
        ((2, 2047), np.uint8, [0, 1], r"allowed are \(m, 2048 or more\)"),
        ((2, 2048), np.int8, [0, 1], "allowed are rows of uint8"),
        ((2048,), np.uint8, [0, 1], "allowed are rows of uint8"),
        ((3, 2048), np.uint8, [0, 1], r"allowed are \(m, 2048 or more\) and \(m, 2\)"),
        ((2, 2048), np.uint8, [0, 2], "rows are .*; allowed is one from 0 to 1 for each"),
        ((2, 2048), np.uint8, [0, -1], "rows are .*; allowed is one from 0 to 1 for each"),
        ((2, 2048), np.uint8, [0], "rows are .*; allowed is one from 0 to 1 for each"),
    ],
)
def test_arrays_that_c_would_write_beyond(
    engine: str, shape: tuple[int, ...], dtype: type, rows: list[int], message: str
) -> None:
    with (
        PooledEmulator(engine=engine, transport="shm") as a,
        PooledEmulator(engine=engine, transport="shm") as b,
        pytest.raises(ValueError, match=message),
    ):
        StepGroup([a, b], np.zeros(shape, dtype), np.zeros((2, 2), np.int64), rows)


def test_a_step_for_each_emulator(engine: str) -> None:
    with (
        PooledEmulator(engine=engine, transport="shm") as a,
        PooledEmulator(engine=engine, transport="shm") as b,
    ):
        rams, counts = np.zeros((2, 2048), np.uint8), np.zeros((2, 2), np.int64)
        group = StepGroup([a, b], rams, counts, [0, 1])
        for length in (1, 3):
            with pytest.raises(ValueError, match="allowed is one for each of 2 emulators"):
                group.send(np.zeros(length, np.int64), np.ones(length, np.int64))
        assert not group.send(np.zeros(2, np.int64), np.ones(2, np.int64)) | group.receive()
