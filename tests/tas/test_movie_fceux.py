"""Movies that FCEUX recorded come out byte for byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from copain_gym import Button, Emulator
from copain_gym.bridge.savestate import unpack_state
from copain_gym.tas.movie import COMMANDS, Movie

PLAYED = [(Button.START, 5), (0, 20), (Button.RIGHT | Button.A, 10), (0xFF, 1)]


def play(emulator: Emulator, second: int = 0) -> None:
    """Hold some buttons; pads after the first get them in a later frame."""
    for buttons, frames in PLAYED:
        emulator.step(frames=frames, pads={1: buttons, **({2: Button.UP} if second else {})})


def held(frames: int) -> list[int]:
    return [mask for mask, count in PLAYED for _ in range(count)][:frames]


def check(file: Path, **facts: object) -> Movie:
    """Check that a file comes out byte for byte, and what it says."""
    movie = Movie.read(file)
    assert movie.to_bytes() == file.read_bytes()
    assert {name: getattr(movie, name) for name in facts} == facts
    movie.binary = True
    assert Movie.from_bytes(movie.to_bytes()) == movie
    movie.binary = False
    assert movie.to_bytes() == file.read_bytes()
    return movie


@pytest.mark.parametrize(
    ("options", "facts"),
    [
        ((), {"ports": ("pad", "pad"), "region": "NTSC", "new_ppu": False}),
        (("--newppu", "1"), {"new_ppu": True}),
        (("--fourscore", "1"), {"ports": ("pad",) * 4}),
        (("--input2", "Zapper.0"), {"ports": ("pad", "zapper")}),
    ],
    ids=["pads", "new PPU", "four score", "zapper"],
)
def test_recordings_of_stock_fceux(
    tmp_path: Path, options: tuple[str, ...], facts: dict[str, object]
) -> None:
    file = tmp_path / "a.fm2"
    with Emulator(engine="fceux", options=options) as emulator:
        emulator.lua.movie.record(file, author="Nobody Ä")
        play(emulator, second="zapper" not in facts.get("ports", ()))
        emulator.lua.movie.stop()
        rom = emulator.rom
    movie = check(file, authors=("Nobody Ä",), start="power-on", rerecords=0, **facts)
    movie.check_rom(rom)
    first = movie.inputs[:, 0].tolist()
    assert movie.frames in (35, 36)
    assert held(30) == first[movie.frames - 36 :][:30]
    if "zapper" not in movie.ports:
        assert Button.UP in movie.inputs[:, 1]


@pytest.mark.parametrize(
    ("device", "ports", "expansion"),
    [
        (("--input2", "Arkanoid"), ("pad", "arkanoid"), "none"),
        (("--input2", "PowerPad.1"), ("pad", "power-pad-b"), "none"),
        (("--input1", "None"), ("none", "pad"), "none"),
        (("--input3", "Arkanoid"), ("pad", "pad"), "arkanoid"),
        (("--input3", "FamilyKeyBoard"), ("pad", "pad"), "family-keyboard"),
        (("--input3", "4Player"), ("pad", "pad"), "four-players"),
        (("--input3", "OekaKids"), ("pad", "pad"), "oeka-kids"),
    ],
)
def test_recordings_with_other_devices(
    tmp_path: Path, device: tuple[str, str], ports: tuple[str, ...], expansion: str
) -> None:
    """FCEUX names them in the header, and writes no inputs of them."""
    file = tmp_path / "a.fm2"
    with Emulator(engine="fceux", options=device) as emulator:
        emulator.lua.movie.record(file)
        emulator.step(frames=10)
        emulator.lua.movie.stop()
    movie = check(file, ports=ports, expansion=expansion)
    assert not movie.inputs.any()
    devices = {*ports, expansion} - {"pad", "none"}
    assert set(movie.unrecorded) == devices


@pytest.mark.parametrize("kind", [1, 2])
def test_a_recording_from_a_savestate_or_save_ram(tmp_path: Path, kind: int) -> None:
    file = tmp_path / "a.fm2"
    with Emulator(engine="fceux") as emulator:
        play(emulator)
        emulator.lua.movie.record(file, kind)
        play(emulator)
        emulator.lua.movie.stop()
    movie = check(file, start={1: "savestate", 2: "saveram"}[kind])
    if kind == 1:
        assert movie.state is not None
        assert movie.state[:4] == b"FCSX"


def test_a_recording_with_resets(tmp_path: Path) -> None:
    file = tmp_path / "a.fm2"
    with Emulator(engine="fceux") as emulator:
        emulator.lua.movie.record(file)
        play(emulator)
        emulator.lua.emu.softreset()
        play(emulator)
        emulator.lua.emu.poweron()
        play(emulator)
        emulator.lua.movie.stop()
    movie = check(file)
    assert movie.commands[movie.commands > 0].tolist() == [COMMANDS["reset"], COMMANDS["power"]]


def test_a_recording_in_pal(tmp_path: Path) -> None:
    file = tmp_path / "a.fm2"
    with Emulator(engine="fceux", region="PAL") as emulator:
        emulator.lua.movie.record(file)
        play(emulator)
        emulator.lua.movie.stop()
    check(file, region="PAL")


@pytest.mark.parametrize("options", [(), ("--fourscore", "1"), ("--input2", "Zapper.0")])
def test_the_binary_movie_in_a_savestate(tmp_path: Path, options: tuple[str, ...]) -> None:
    """FCEUX writes binary movies into the savestates of a recording."""
    with Emulator(engine="fceux", options=options) as emulator:
        emulator.lua.movie.record(tmp_path / "a.fm2")
        play(emulator)
        _, state = unpack_state(bytes(emulator.save_state()))
        emulator.lua.movie.stop()
    at = state.index(b"version 3\n")
    data = state[at : at + int.from_bytes(state[at - 4 : at], "little")]
    movie = Movie.from_bytes(data)
    assert movie.binary
    assert movie.to_bytes() == data
    text = Movie.read(tmp_path / "a.fm2")
    movie.binary = False
    assert np.array_equal(movie.inputs, text.inputs[: movie.frames])
