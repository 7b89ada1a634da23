"""Every emulator can hand out the movie of what it has played; stock FCEUX replays it."""

from __future__ import annotations

import gc
import pickle
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from copain_gym import Emulator, MovieError
from copain_gym.bridge.history import History, Past, Tape
from copain_gym.tas.inputs import Hold, InputLog, Poke, Reset
from copain_gym.tas.recording import movie_of
from tests.tas.stock import end_ram


def play(emulator: Emulator, seed: int, steps: int = 200) -> None:
    """Everything that a movie can hold, in random order."""
    rng = random.Random(seed)
    states = [emulator.save_state()]
    for _ in range(steps):
        pads = {1: rng.randrange(256), 2: rng.choice([0, 0, 0x81]), 3: rng.choice([0, 1])}
        choice = rng.random()
        if choice < 0.1:
            states.append(emulator.save_state())
        elif choice < 0.2:
            emulator.load_state(states[-1])
        elif choice < 0.3:
            emulator.step(pads=pads, frames=2, load=states[-1], save=True)
            assert emulator.saved_state is not None
            states.append(emulator.saved_state)
        elif choice < 0.33:
            emulator.softreset()
            emulator.step(pads=pads)
        elif choice < 0.36:
            emulator.lua.joypad.set(1, {"A": True, "right": True, "left": None})
            emulator.lua.joypad.set(2, "B")
            emulator.lua.emu.frameadvance()
        elif choice < 0.38:
            state = emulator.lua.savestate.object()
            emulator.lua.savestate.save(state)
            emulator.step(255, 3)
            emulator.lua.savestate.load(state)
        elif choice < 0.4:
            emulator.state_with_picture(states[-1])
        else:
            emulator.step(pads=pads, frames=rng.randrange(6), draw=rng.random() < 0.3)


def test_stock_fceux_plays_the_movie_to_the_same_end(emulator: Emulator, tmp_path: Path) -> None:
    play(emulator, 4)
    movie = movie_of(emulator, author="me")
    assert movie.commands.any()
    assert movie.rerecords > 10
    assert movie.authors == ("me",)
    assert np.array_equal(end_ram(movie, emulator.rom.path, tmp_path), emulator.ram)


def test_a_pal_console(engine: str, tmp_path: Path) -> None:
    with Emulator(engine=engine, region="PAL") as emulator:
        play(emulator, 5)
        movie = movie_of(emulator)
        assert movie.region == "PAL"
        assert np.array_equal(end_ram(movie, emulator.rom.path, tmp_path), emulator.ram)


def test_inputs_replay_with_writes_and_resets(emulator: Emulator) -> None:
    emulator.step("start", 40)
    emulator.memory[0x10:0x12] = b"\x05\x06"
    emulator.lua.memory.writebyte(0x20, 7)
    emulator.step(3, 2)
    emulator.softreset()
    emulator.step(4, 9)
    log, ram = emulator.inputs, emulator.ram.copy()
    assert list(log) == [
        *(Hold(40, (8,)), Poke(0x10, 5), Poke(0x11, 6), Poke(0x20, 7)),
        *(Hold(2, (3,)), Reset(), Hold(9, (4,))),
    ]
    assert emulator.frame_count == log.frames_since_reset == 9
    emulator.step(frames=100)
    log.replay(emulator)
    assert np.array_equal(emulator.ram, ram)
    assert emulator.inputs.snapshot() == log.snapshot()
    assert InputLog.from_plain(log.to_plain()).snapshot() == log.snapshot()


def test_power_on_begins_again(emulator: Emulator) -> None:
    emulator.step(1, 5)
    emulator.memory[5] = 1
    emulator.poweron()
    assert list(emulator.inputs) == []
    emulator.step(2, 5)
    emulator.lua.emu.poweron()
    assert emulator.inputs.pure
    assert emulator.inputs.frames == 0


def test_a_state_brings_its_inputs_to_another_emulator(emulator: Emulator, engine: str) -> None:
    emulator.step(1, 5)
    first = emulator.save_state()
    emulator.load_state(first)
    emulator.load_state(first)
    emulator.step(2, 5)
    state = emulator.save_state()
    with Emulator(engine=engine) as other:
        other.step(64, 7)
        other.load_state(state)
        other.step(4, 1)
        assert list(other.inputs) == [Hold(5, (1,)), Hold(5, (2,)), Hold(1, (4,))]
        assert movie_of(other).rerecords == other.rerecords == 3  # two of the state, and its load
        other.rerecords = 9
        assert movie_of(other).rerecords == 9
        with pytest.raises(ValueError, match="rerecords is -1"):
            other.rerecords = -1


def raise_in_callback() -> None:
    raise ValueError("from the callback")


def loads_bytes(emulator: Emulator) -> None:
    emulator.load_state(emulator.save_state().to_bytes())


def loads_a_slot(emulator: Emulator) -> None:
    slot, same = emulator.lua.savestate.object(3), emulator.lua.savestate.object(3)
    emulator.lua.savestate.save(slot)
    emulator.step(1)
    emulator.lua.savestate.save(same)
    emulator.lua.savestate.load(slot)


def writes_in_a_callback(emulator: Emulator) -> None:
    def write() -> None:
        emulator.memory[0x10] = 1

    with emulator.lua.emu.registerbefore(write):
        emulator.step()


def fails_in_a_callback(emulator: Emulator) -> None:
    with emulator.lua.emu.registerbefore(raise_in_callback), pytest.raises(Exception, match="from"):
        emulator.step(frames=3)


def saves_twice_in_a_batch(emulator: Emulator) -> None:
    state = emulator.save_state()
    with emulator.lua.batch() as batch:
        batch.emu.softreset()
        batch.savestate.save(state)
    emulator.load_state(state)


def loads_a_script(emulator: Emulator) -> None:
    emulator.load_lua(Path(__file__).parent / "still.lua")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (loads_bytes, "a savestate was loaded that does not have its inputs"),
        (loads_a_slot, "a savestate was loaded that does not have its inputs"),
        (saves_twice_in_a_batch, "a savestate was loaded that does not have its inputs"),
        (writes_in_a_callback, "was changed in a callback"),
        (fails_in_a_callback, "a step was ended by an error"),
        (lambda e: e.run_lua("memory.writebyte(3, 1)"), "run_lua ran Lua code"),
        (lambda e: e.run_lua("emu.frameadvance()"), "run_lua ran Lua code"),
        (loads_a_script, "the Lua script .*still.lua was loaded"),
        (lambda e: e.lua.memory.setregister("a", 1), "the Lua function memory.setregister"),
        (lambda e: e.lua.zapper.set(1, 1), "the Lua function zapper.set"),
        (lambda e: e.lua.emu.addgamegenie("SXIOPO"), "the Lua function emu.addgamegenie"),
        (lambda e: e.lua.rom.writebyte(100, 1), "the Lua function rom.writebyte"),
    ],
)
def test_what_a_movie_cannot_hold(
    spoil: Callable[[Emulator], object], reason: str, emulator: Emulator
) -> None:
    emulator.step(1, 5)
    before = emulator.save_state()
    spoil(emulator)
    emulator.step(2, 5)
    state = emulator.save_state()
    for _ in range(2):
        with pytest.raises(MovieError, match=f"inputs from power-on are not known: .*{reason}"):
            movie_of(emulator)
        emulator.load_state(before)
        if "script" in reason or "genie" in reason or "rom." in reason:
            assert emulator.inputs.unknown  # a script, a code or a changed ROM stays
        else:
            assert movie_of(emulator).frames == 5
        emulator.load_state(state)


def test_reading_changes_nothing(emulator: Emulator) -> None:
    emulator.step(1, 5)
    _ = emulator.memory[5], emulator.lua.memory.readbyte(5), emulator.lua.joypad.get(1)
    emulator.lua.gui.text(1, 1, "x")
    emulator.lua.joypad.set(1, "A")  # a step replaces it
    with emulator.lua.batch() as batch:
        batch.memory.readbyte(1)
        batch.emu.framecount()
    emulator.step(2, 5)
    assert list(emulator.inputs) == [Hold(5, (1,)), Hold(5, (2,))]


def test_a_movie_needs_a_frame_after_a_reset(emulator: Emulator) -> None:
    emulator.step()
    emulator.softreset()
    with pytest.raises(MovieError, match="reset was pressed after frame 1, and no frame"):
        movie_of(emulator)
    emulator.step()
    assert movie_of(emulator).commands.tolist() == [0, 1]


def test_options_that_a_movie_does_not_hold(engine: str) -> None:
    option = {"fceux": ("--newppu", "1"), "headless": ("--newppu",)}[engine]
    with (
        Emulator(engine=engine, options=option) as emulator,
        pytest.raises(MovieError, match="started with the option --newppu"),
    ):
        movie_of(emulator)


def test_dendy(engine: str) -> None:
    with (
        Emulator(engine=engine, region="Dendy") as emulator,
        pytest.raises(MovieError, match="NTSC or PAL, not Dendy"),
    ):
        movie_of(emulator)


def test_another_rom(emulator: Emulator, tmp_path: Path) -> None:
    other = tmp_path / "other.nes"
    other.write_bytes(emulator.rom.path.read_bytes())
    emulator.step(5, 10)
    emulator.lua.emu.loadrom(other)
    emulator.step("start", 50)
    movie = movie_of(emulator)
    assert (movie.rom_name, movie.frames) == ("other", 50)
    assert np.array_equal(end_ram(movie, other, tmp_path), emulator.ram)


@pytest.mark.usefixtures("windowed")
def test_a_window_in_which_a_person_could_play(tmp_path: Path) -> None:
    with Emulator(window=True) as emulator:
        emulator.step("start", 30)
        state = emulator.save_state()
        emulator.step("A", 5)
        emulator.load_state(state)
        emulator.lua.joypad.set(1, "right")
        emulator.lua.joypad.set(2, 0)
        emulator.lua.emu.frameadvance()
        emulator.softreset()
        emulator.step(frames=10)
        movie = movie_of(emulator)
        assert movie.frames == 41
        assert np.array_equal(end_ram(movie, emulator.rom.path, tmp_path), emulator.ram)
        emulator.lua.joypad.set(1, {"A": True})
        emulator.lua.emu.frameadvance()
        with pytest.raises(MovieError, match="played a frame in which the user's keys count"):
            movie_of(emulator)


# ---- histories without an emulator -------------------------------------------


def test_random_trees_of_states() -> None:
    """Beside a recorder that copies everything, alone and in groups."""
    rng = random.Random(2)
    histories = [History() for _ in range(3)]
    logs = [InputLog() for _ in range(3)]
    tapes = [(Tape(histories), (0, 1, 2)), (Tape(histories[1:]), (1, 2))]
    states: list[tuple[Past, InputLog]] = []
    for _ in range(4000):
        i, choice = rng.randrange(3), rng.random()
        if choice < 0.6:
            tape, lanes = tapes[rng.random() < 0.2]
            pads, frames = [rng.choice([0, 1, 200]) for _ in lanes], rng.randrange(4)
            tape.add(np.array(pads), np.full(len(lanes), frames))
            for lane, mask in zip(lanes, pads, strict=True):
                logs[lane].hold((mask,), frames)
        elif choice < 0.8:
            frames = rng.randrange(4)
            histories[i].hold(1 | 7 << 8, frames)
            logs[i].hold((1, 7), frames)
        elif choice < 0.85:
            histories[i].write(3, b"ab")
            logs[i].poke(3, 97)
            logs[i].poke(4, 98)
        elif choice < 0.87:
            histories[i].reset()
            logs[i].reset()
        elif choice < 0.93 or not states:
            states.append((histories[i].past(), InputLog(logs[i].snapshot())))
        else:
            past, log = rng.choice(states[-5:])
            histories[i].load(past)
            logs[i] = InputLog(log.snapshot())
    for history, log in zip(histories, logs, strict=True):
        past = history.past()
        assert past.log().snapshot() == log.snapshot()
        assert pickle.loads(pickle.dumps(past)).log().snapshot() == log.snapshot()
        assert Past.from_log(log).log().snapshot() == log.snapshot()


def test_long_chains_of_states() -> None:
    history = History()
    for step in range(20_000):
        history.hold(step & 1, 1)
        past = history.past()
    assert past.log().frames == 20_000
    assert pickle.loads(pickle.dumps(past)).log().frames == 20_000
    del history, past
    gc.collect()


def test_episodes_leave_nothing_behind() -> None:
    """A training for a long time: the memory of a history does not grow."""
    histories = [History() for _ in range(8)]
    tape = Tape(histories)
    start = histories[0].past()
    pads = np.arange(8)
    for _ in range(200):
        for history in histories:
            history.load(start)
        for _ in range(300):
            tape.add(pads, np.full(8, 4))
    assert all(len(history._parts) <= 2 for history in histories)
    assert histories[3].past().log().snapshot() == (Hold(1200, (3,)),)
