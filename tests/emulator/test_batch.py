"""Batches: the same as their steps one after another, in one request."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from copain_gym import CopainError, Emulator, EmulatorCrashed, LuaError, SaveState
from copain_gym.emulator.batch import RAM, Until
from tests.conftest import ENGINES


@pytest.fixture(params=[(e, t) for e in ENGINES for t in ("zmq", "shm")], ids="-".join)
def playing(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """An emulator in the middle of play."""
    engine, transport = request.param
    with Emulator(engine=engine, transport=transport) as emulator:
        emulator.step("start", 100, draw=False)
        emulator.step(0, 60, draw=False)
        yield emulator


def masks_and_frames(n: int, holds: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, holds)), rng.integers(0, 7, (n, holds))


def test_it_is_the_steps_one_after_another(playing: Emulator) -> None:
    """RAM, counters, states, the inputs of each state and the number of rerecords."""
    first = playing.save_state()
    playing.step("A", 9, draw=False)
    second = playing.save_state()
    masks, frames = masks_and_frames(24, 3, 1)
    states = [(first, second, None)[k % 3] for k in range(24)]
    result = playing.play_batch(states, masks, frames, keep=True)
    loads = playing.rerecords
    logs = [state.past.log() for state in result.states]
    end = playing.inputs
    datas = [state.to_bytes() for state in result.states]

    playing.load_state(second)
    playing.rerecords = loads - 16  # as before the batch
    for k, state in enumerate(states):
        load = state
        for mask, count in zip(masks[k], frames[k], strict=True):
            ram = playing.step(int(mask), int(count), draw=False, load=load)
            load = None
        assert (result.memory[k] == ram).all()
        assert (result.frames[k], result.lag_frames[k]) == (
            playing.frame_count,
            playing.lag_count,
        )
        assert result.played[k] == frames[k].sum()
        assert datas[k] == playing.save_state().to_bytes() or not frames[k].sum()
        assert list(logs[k]) == list(playing.inputs)
        assert logs[k].rerecords == playing.rerecords
    assert (playing.rerecords, list(playing.inputs)) == (loads, list(end))


def test_both_engines_answer_alike() -> None:
    """Also the hashes, if the headless engine has only the fields of stock FCEUX's savestates."""
    masks, frames = masks_and_frames(12, 4, 2)
    results = {}
    for engine in ENGINES:
        with Emulator(engine=engine) as emulator:
            emulator.step("start", 200)
            start = emulator.save_state()
            until = [Until(0x40, ">=", 128)]
            results[engine] = emulator.play_batch(
                start, masks, frames, memory=[*RAM, (0x6000, 16), (0x8000, 4)], until=until
            )
    stock, headless = results["fceux"], results["headless"]
    for name in ("memory", "frames", "lag_frames", "played", "ended"):
        assert (getattr(stock, name) == getattr(headless, name)).all(), name


def test_hashes_tell_equal_ends(playing: Emulator) -> None:
    state = playing.save_state()
    masks = [[1, 1], [1, 1], [2, 2], [1, 1], [1, 2]]
    hashes = playing.play_batch(state, masks, 5, hashes=True).hashes
    ends = playing.play_batch(state, masks, 5, keep=True).states
    assert hashes[0] == hashes[1] == hashes[3]
    assert len(set(hashes.tolist())) == len({end.to_bytes() for end in ends}) > 1
    assert hashes.tolist() == playing.play_batch(state, masks, 5, hashes=True).hashes.tolist()


@pytest.mark.parametrize(
    ("comparison", "value", "expected"),
    [("==", 3, 3), ("!=", 0, 1), ("<", 3, 1), ("<=", 0, 0), (">", 3, 4), (">=", 2, 2)],
)
def test_a_condition_ends_an_item(
    playing: Emulator, comparison: str, value: int, expected: int
) -> None:
    """The item plays no further hold; its state and its inputs are those of that moment."""
    counter = 0x7E0  # a byte that nothing uses; a hook counts the frames in it
    playing.memory[counter] = 0
    begin = playing.frame_count
    playing.lua.emu.registerafter(
        lambda: playing.memory.__setitem__(counter, (playing.lua.emu.framecount() - begin) & 0x7F)
    )
    start = playing.save_state()
    never = Until(counter, "==", 255)
    until = [never, Until(counter, comparison, value, mask=0x7F)]
    result = playing.play_batch(
        [start, start], [[0] * 6] * 2, 1, until=until, keep=True, memory=[(counter, 1)]
    )
    if expected == 0:  # never true after a hold
        assert result.ended.tolist() == [0, 0]
        assert result.played.tolist() == [6, 6]
    else:
        assert result.ended.tolist() == [2, 2]
        assert result.played.tolist() == [expected] * 2
        assert result.memory.tolist() == [[expected]] * 2
    playing.lua.emu.registerafter(None)
    playing.load_state(result.states[1])
    assert playing.frame_count == begin + result.played[1]


def test_callbacks_are_called_in_each_frame(playing: Emulator) -> None:
    calls = []
    playing.lua.emu.registerbefore(lambda: calls.append("before"))
    playing.lua.emu.registerafter(lambda: calls.append("after"))
    state = playing.save_state()
    plain = playing.play_batch([state] * 3, [[1, 2]] * 3, [2, 3])
    assert calls == ["before", "after"] * 15
    playing.lua.emu.registerbefore(None)
    playing.lua.emu.registerafter(None)
    assert (playing.play_batch([state] * 3, [[1, 2]] * 3, [2, 3]).memory == plain.memory).all()


def test_a_callback_that_fails_ends_it(playing: Emulator) -> None:
    """The states that it has kept are freed, and the inputs are not known until a load."""
    state = playing.save_state()
    calls = []

    def fail() -> None:
        calls.append(1)
        if len(calls) == 12:
            raise RuntimeError("that is enough")

    playing.lua.emu.registerafter(fail)
    with pytest.raises(LuaError, match="that is enough") as caught:
        playing.play_batch([state] * 5, [1] * 5, 5, keep=True)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert len(calls) == 12
    assert playing.inputs.unknown
    playing.lua.emu.registerafter(None)
    result = playing.play_batch([state] * 5, [1] * 5, 5, keep=True)
    assert len(set(result.frames.tolist())) == 1
    assert not playing.inputs.unknown


def test_no_batch_in_a_callback(playing: Emulator) -> None:
    playing.lua.emu.registerafter(lambda: playing.play_batch(None, [0]))
    with pytest.raises(LuaError, match="no batch can be played in a callback"):
        playing.step()


def test_a_script_runs_in_its_frames(playing: Emulator, tmp_path: Path) -> None:
    script = tmp_path / "count.lua"
    script.write_text(
        "memory.writebyte(0x7E0, 0)\n"
        "while true do emu.frameadvance()\n"
        "  memory.writebyte(0x7E0, memory.readbyte(0x7E0) + 1) end"
    )
    playing.load_lua(script)
    result = playing.play_batch(None, [[1, 2]] * 3, [2, 3], memory=[(0x7E0, 1)])
    assert np.diff(result.memory[:, 0]).tolist() == [5, 5]


def test_states_are_made_when_they_are_asked_for_and_freed(playing: Emulator) -> None:
    start = playing.save_state()
    keep = np.array([True, False, True, True])
    result = playing.play_batch(start, [1, 2, 4, 8], 3, keep=keep)
    assert len(result.states) == 4
    assert result.states[1] is None
    first = result.states[0]
    assert isinstance(first, SaveState)
    assert result.states[0] is first
    assert result.states[-1] is result.states[3]
    assert [s is None for s in result.states[:2]] == [False, True]
    untouched = int(result.states._kept[2])
    del result
    gc.collect()
    playing.play_batch(start, [0])  # frees them
    playing.load_state(first)
    stale = SaveState(playing._states, untouched, first.rom_md5)
    with pytest.raises(LuaError, match=f"savestate handle {untouched} is unknown"):
        playing.load_state(stale)
    with pytest.raises(LuaError, match=f"savestate handle {untouched} is unknown"):
        playing.play_batch([start, stale], [0, 0])
    assert playing.play_batch([start, first], [0, 0]).memory.shape == (2, 2048)


def test_a_kept_state_loads_in_another_emulator(playing: Emulator) -> None:
    (state,) = playing.play_batch(None, [[1, 2]], 9, keep=True).states
    ram = playing.ram
    for engine in ENGINES:
        with Emulator(engine=engine) as other:
            result = other.play_batch([state, state.to_bytes()], [0, 0], 0)
            assert (result.memory == ram).all()
            other.play_batch(state, [0])
            assert list(other.inputs) == [*state.past.log(), *list(other.inputs)[-1:]]


def test_four_pads(engine: str) -> None:
    with Emulator(engine=engine) as emulator:
        state = emulator.save_state()
        masks = np.array([[[1, 2, 4, 8]], [[0, 0, 0, 16]]])
        result = emulator.play_batch(state, masks, 3, keep=True)
        (hold,) = result.states[0].past.log()
        assert (hold.pads, hold.frames) == ((1, 2, 4, 8), 3)
        emulator.step(frames=3, pads={1: 1, 2: 2, 3: 4, 4: 8}, load=state, draw=False)
        assert (emulator.ram == result.memory[0]).all()


def test_pictures_of_kept_states(playing: Emulator) -> None:
    playing.step(frames=1)
    drawn = playing.save_state()
    result = playing.play_batch([drawn, drawn, None], [1, 1, 1], [0, 1, 0], keep=True)
    always = playing.engine == "fceux"
    assert [s.has_picture for s in result.states] == [True, always, always]
    if not always:
        with pytest.raises(CopainError, match="was not drawn"):
            playing.screen()


def test_an_empty_batch_and_one_that_plays_nothing(playing: Emulator) -> None:
    state, ram, frame = playing.save_state(), playing.ram, playing.frame_count
    empty = playing.play_batch([], np.zeros((0, 2), int))
    assert len(empty.states) == len(empty.frames) == len(empty.memory) == 0
    look = playing.play_batch([state, None], [5, 6], 0, keep=True)
    assert (look.memory == ram).all()
    assert look.frames.tolist() == [frame] * 2
    playing.step("B", 3, draw=False)
    playing.load_state(look.states[1])
    assert (playing.ram == ram).all()


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((None, [256]), {}, "masks have a 256; allowed are 0 to 255"),
        ((None, [-1]), {}, "masks have a -1"),
        ((None, [0.5]), {}, "masks are of type float64; they must be integers"),
        ((None, 3), {}, r"masks has shape \(\)"),
        ((None, np.zeros((1, 1, 5), int)), {}, r"masks has shape \(1, 1, 5\)"),
        ((None, [0], -1), {}, "frames have a -1; allowed are 0 to 1000000"),
        ((None, [0], 1_000_001), {}, "frames have a 1000001"),
        ((None, [0, 0], 600_000), {}, "the batch has 1200000 frames"),
        ((None, [[0, 0]], [1, 2, 3]), {}, "does not fit 1 items of 2 holds"),
        (([None, None], [0]), {}, "there are 2 states for 1 items"),
        ((7, [0]), {}, "a savestate is a SaveState or bytes, not int"),
        (([b"x"], [0]), {}, "not a savestate of this package"),
        ((None, [0]), {"keep": 3}, "keep is 3"),
        ((None, [0]), {"keep": [True, False]}, "keep is"),
        ((None, [0]), {"memory": [(0x10000, 1)]}, "memory has 1 bytes from"),
        ((None, [0]), {"memory": [(0xFFFF, 2)]}, "addresses end at .FFFF"),
        ((None, [0]), {"memory": [3, 4]}, "pairs of an address and a length"),
        ((None, np.zeros(9999, int), 0), {"memory": [(0, 60000)]}, "are allowed"),
        ((None, [0]), {"until": [Until(0, "=", 1)]}, "until compares by '='; allowed are ==, !="),
        ((None, [0]), {"until": [Until(0x10000, "==", 1)]}, "addresses of until"),
        ((None, [0]), {"until": [Until(0, "==", 256)]}, "masks and values of until"),
    ],
)
def test_wrong_arguments(
    emulator: Emulator, arguments: tuple[object, ...], options: dict[str, object], message: str
) -> None:
    emulator.step(frames=5)
    ram, log = emulator.ram.copy(), list(emulator.inputs)
    with pytest.raises((ValueError, TypeError, CopainError), match=message):
        emulator.play_batch(*arguments, **options)  # type: ignore[arg-type]
    assert (emulator.step(frames=0) == ram).all()
    assert list(emulator.inputs) == log


def test_states_that_find_no_room() -> None:
    """The batch ends with an error; what it had kept is freed again."""
    with Emulator(engine="headless", options=["--state-memory", "2"]) as emulator:
        emulator.step(frames=1, draw=False)
        state = emulator.save_state()
        for _ in range(3):
            with pytest.raises(LuaError, match=r"item \d+ of the batch: there is no room"):
                emulator.play_batch([state] * 500, [0] * 500, 1, keep=True)
            gc.collect()
            emulator.run_lua("collectgarbage()")
            result = emulator.play_batch([state] * 100, [0] * 100, 1, keep=True)
            assert all(result.states)
            del result


def test_killed_in_a_batch(engine: str) -> None:
    with Emulator(engine=engine, transport="shm") as emulator:
        threading.Timer(0.5, os.kill, (emulator.pid, signal.SIGKILL)).start()
        begin = time.monotonic()
        with pytest.raises(EmulatorCrashed, match="SIGKILL"):
            emulator.play_batch(None, [0] * 1000, 1000)
        assert time.monotonic() - begin < 30
        assert emulator.closed


def test_the_time_out_grows_with_the_frames(engine: str) -> None:
    """A batch may take longer than the time-out of one request; a step may, too."""
    with Emulator(engine=engine, timeout=0.3) as emulator:
        frames = 30_000 if engine == "headless" else 1500
        assert emulator.play_batch(None, [0] * 3, frames).frames[-1] == 3 * frames
