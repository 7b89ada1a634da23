"""Savestates of stable-retro's emulator in FCEUX: the same RAM in every frame that follows."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from copain_gym.bridge.savestate import pack_state, unpack_state
from copain_gym.emulator import Emulator
from copain_gym.errors import StateError
from copain_gym.games.retro.states import convert_state, state_ram
from copain_gym.paths import bundled_rom
from tests.games.fceumm import ask

SOURCES = Path(__file__).parent / "roms"
BOARDS = {"NROM": 0, "MMC1": 1, "UNROM": 2, "CNROM": 3, "MMC3": 4}

pytestmark = pytest.mark.usefixtures("retro_folders")


def inputs(count: int, seed: int) -> list[list[str]]:
    """Buttons that a random player holds in each frame."""
    rng = np.random.default_rng(seed)
    names = ["A", "B", "up", "down", "left", "right"]
    held: list[str] = []
    frames = []
    for k in range(count):
        if k % 8 == 0:
            held = [n for n in names if rng.random() < 0.4]
        frames.append(held)
    return frames


START = [["start"] if k % 40 == 20 and k < 200 else [] for k in range(400)]


def compare(
    rom: Path, engine: str, folder: Path, before: list[list[str]], after: list[list[str]]
) -> None:
    """Play `before` in FCEUmm, take its state, and play `after` in both."""
    theirs = ask(folder, what="trace", rom=str(rom), before=before, after=after)
    with Emulator(rom, engine=engine) as emulator:
        emulator.step(frames=33)  # somewhere else
        md5, template = unpack_state(emulator.save_state().to_bytes())
        emulator.load_state(pack_state(convert_state(theirs["state"], template), md5))
        assert emulator.ram.tobytes() == theirs["rams"][0]
        for k, names in enumerate(after, 1):
            assert emulator.step(names).tobytes() == theirs["rams"][k], f"frame {k}"
    assert len(set(theirs["rams"])) > len(after) / 2


@pytest.mark.parametrize("before", [7, 100, 400, 900], ids=str)
def test_the_bundled_game(engine: str, tmp_path: Path, before: int) -> None:
    played = (START + inputs(900, 1))[:before]
    compare(bundled_rom(), engine, tmp_path, played, inputs(1000, 2))


@pytest.mark.parametrize("board", BOARDS)
def test_boards_of_cartridges(engine: str, tmp_path: Path, board: str) -> None:
    compare(assemble(board, tmp_path), engine, tmp_path, inputs(203, 1), inputs(500, 2))


def assemble(board: str, folder: Path) -> Path:
    """The test program for a board."""
    number = BOARDS[board]
    config = "linear.cfg" if board in ("NROM", "CNROM") else "banked.cfg"
    whole, rom = folder / "whole.nes", folder / f"{board}.nes"
    define = ["-D", f"BOARD={number}"]
    subprocess.run(["ca65", *define, SOURCES / "boards.s", "-o", folder / "boards.o"], check=True)
    subprocess.run(["ld65", "-C", SOURCES / config, folder / "boards.o", "-o", whole], check=True)
    data = whole.read_bytes()
    rom.write_bytes(data[: 16 + data[4] * 0x4000 + data[5] * 0x2000])  # CHR as the header says
    return rom


def test_every_state_of_the_nes_integrations_can_be_read(retro_folders: dict[str, Path]) -> None:
    states = [s for folder in retro_folders.values() for s in folder.glob("*.state")]
    assert len(states) >= 400
    for state in states:
        assert len(state_ram(state.read_bytes(), state.name)) == 2048


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A state of FCEUmm."""
    folder = tmp_path_factory.mktemp("state")
    answer = ask(folder, what="trace", rom=str(bundled_rom()), before=START[:50], after=[])
    state: bytes = answer["state"]
    return state


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda s: b"nothing", "not a state of FCEUmm: it begins with b'noth'"),
        (lambda s: gzip.compress(s)[:-200], "is damaged"),
        (lambda s: s.replace(b"NTAR", b"NTAX"), "lacks the field b'NTAR'"),
        (lambda s: s.replace(b"WRAM\x00\x20", b"WRAN\x00\x20"), "lacks the field b'WRAM'"),
        (lambda s: s[:3000], "cut off|lacks|bytes in the field"),
    ],
)
def test_states_that_do_not_convert_exactly_are_refused(
    theirs: bytes, damage: Callable[[bytes], bytes], message: str
) -> None:
    with Emulator() as emulator:
        _, template = unpack_state(emulator.save_state().to_bytes())
    with pytest.raises(StateError, match=message):
        convert_state(damage(theirs), template)


def test_a_state_of_another_board_is_refused(theirs: bytes, tmp_path: Path) -> None:
    with Emulator(assemble("MMC1", tmp_path)) as emulator:
        _, template = unpack_state(emulator.save_state().to_bytes())
    with pytest.raises(StateError, match=r"lacks the field|fields that FCEUX does not have"):
        convert_state(theirs, template)
