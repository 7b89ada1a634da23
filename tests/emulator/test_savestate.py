"""Savestates: handles, bytes, and what may go wrong with them."""

from __future__ import annotations

import pytest

from copain_gym import CopainError, Emulator, EmulatorClosed, SaveState, StateError
from copain_gym.roms.rom import read_rom
from tests.conftest import ENGINES
from tests.emulator.test_emulator import play


@pytest.fixture
def playing(emulator: Emulator) -> Emulator:
    """An emulator in the middle of something."""
    emulator.step(frames=60)
    emulator.step("start", frames=5)
    emulator.step(frames=200)
    return emulator


def test_loading_leads_to_the_same_future(playing: Emulator) -> None:
    state = playing.save_state()
    frame, ram, picture = playing.frame_count, playing.ram.copy(), playing.screen()
    first = play(playing)
    playing.load_state(state)
    assert playing.frame_count == frame
    assert (playing.ram == ram).all()
    assert (playing.screen() == picture).all()
    assert play(playing) == first


def test_a_state_that_was_loaded_is_saved_with_its_picture(playing: Emulator) -> None:
    state, picture = playing.save_state(), playing.screen()
    for loaded in (state, state.to_bytes()):
        playing.step(frames=30, draw=False)
        playing.load_state(loaded)
        again = playing.save_state()
        playing.step(frames=30)
        playing.load_state(again.to_bytes())
        assert (playing.screen() == picture).all()


def test_bytes_load_in_the_same_emulator(playing: Emulator) -> None:
    data = playing.save_state().to_bytes()
    first = play(playing)
    playing.load_state(data)
    assert play(playing) == first


@pytest.mark.parametrize("other", ENGINES)
def test_bytes_load_in_another_emulator_of_either_engine(playing: Emulator, other: str) -> None:
    data = bytes(playing.save_state())
    first = play(playing)
    with Emulator(engine=other) as fresh:
        fresh.load_state(data)
        assert play(fresh) == first


def test_a_handle_loads_in_another_emulator(playing: Emulator, engine: str) -> None:
    state = playing.save_state()
    first = play(playing)
    with Emulator(engine=engine) as other:
        other.load_state(state)
        assert play(other) == first


def test_bytes_do_not_disturb_the_machine(playing: Emulator) -> None:
    state = playing.save_state()
    playing.step("A", 30)
    ram = playing.ram.copy()
    state.to_bytes()
    assert (playing.step(frames=0) == ram).all()


def test_states_are_freed(playing: Emulator) -> None:
    handles = [playing.save_state().handle for _ in range(50)]
    fresh = playing.save_state()
    assert fresh.handle not in handles
    stale = SaveState(playing._states, handles[0], fresh.rom_md5)
    with pytest.raises(Exception, match=f"savestate handle {handles[0]} is unknown"):
        playing.load_state(stale)


def test_a_state_of_another_rom_is_refused(playing: Emulator, engine: str, tmp_path) -> None:
    other = bytearray(read_rom().path.read_bytes())
    other[-1] ^= 0xFF
    path = tmp_path / "other.nes"
    path.write_bytes(other)
    ram = playing.ram.copy()
    with Emulator(path, engine=engine) as stranger:
        state = stranger.save_state()
        for foreign in (state, state.to_bytes()):
            with pytest.raises(StateError, match=f"of the ROM with MD5 {state.rom_md5}"):
                playing.load_state(foreign)
    assert (playing.step(frames=0) == ram).all()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: b"", "not a savestate of this package"),
        (lambda data: b"FCSX" + data, "it begins with b'FCSXCOPA'"),
        (lambda data: data[:-1], "is damaged: wrong checksum"),
        (lambda data: data[:100] + b"\x00\x01" + data[102:], "is damaged"),
    ],
)
def test_damaged_bytes_are_refused(playing: Emulator, damage, message: str) -> None:
    data = playing.save_state().to_bytes()
    ram = playing.ram.copy()
    with pytest.raises(StateError, match=message):
        playing.load_state(damage(data))
    assert (playing.step(frames=0) == ram).all()


def test_what_is_no_state_is_refused(playing: Emulator) -> None:
    with pytest.raises(TypeError, match="a SaveState or bytes, not int"):
        playing.load_state(3)  # type: ignore[arg-type]


def test_a_state_dies_with_its_emulator(engine: str) -> None:
    with Emulator(engine=engine) as first:
        state = first.save_state()
    with (
        Emulator(engine=engine) as second,
        pytest.raises(EmulatorClosed, match="that holds this savestate is closed"),
    ):
        second.load_state(state)


@pytest.mark.parametrize("other", ENGINES)
def test_no_picture_of_another_frame_is_shown(other: str) -> None:
    """States of frames that were not drawn have none; the picture before is not theirs."""
    with Emulator(engine="headless") as emulator, Emulator(engine=other) as reader:
        emulator.step("start", 120)
        emulator.step(frames=30, draw=False, save=True)
        saved, state = emulator.saved_state, emulator.save_state()
        assert saved is not None
        assert not saved.has_picture
        assert not state.has_picture
        data = state.to_bytes()
        emulator.step(frames=60)
        assert emulator.save_state().has_picture
        pairs = [(emulator, state), (emulator, data), (reader, state), (reader, data)]
        for reading, loaded in pairs:
            reading.step(frames=2)
            reading.load_state(loaded)
            with pytest.raises(CopainError, match="was not drawn"):
                reading.screen()
            reading.step(frames=2)
            assert reading.screen().any()
            reading.step(frames=0, load=loaded)
            with pytest.raises(CopainError, match="was not drawn"):
                reading.screen()


def test_a_picture_for_a_state_without_one(emulator: Emulator) -> None:
    emulator.step("start", 120)
    emulator.step(frames=200, draw=False)
    state = emulator.save_state()
    ram = emulator.ram.copy()
    next_picture = (emulator.step(), emulator.screen())[1]
    later = emulator.step(frames=100).copy()
    seen = emulator.state_with_picture(state)
    assert seen.has_picture
    assert (emulator.ram == later).all()
    emulator.step(frames=300)
    emulator.load_state(seen)
    assert (emulator.ram == ram).all()
    if emulator.engine == "headless":
        assert (emulator.screen() == next_picture).all()
    first = play(emulator)
    emulator.load_state(state)
    assert play(emulator) == first
    assert emulator.state_with_picture(seen) is seen
