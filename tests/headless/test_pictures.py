"""Pictures as Python gets them are those of the stock emulator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from copain_gym import Emulator
from copain_gym.engines.headless.check import PAL, STOCK_STATES, Scenario, compare
from copain_gym.engines.headless.runs import make_plan
from copain_gym.paths import bundled_rom

from .conftest import BOARDS
from .fuzz_rom import make_rom

FRAMES = 300


@pytest.mark.parametrize(("board", "frames"), [("NROM", 460), ("NROM", 700), ("UNROM", 900)])
def test_colours_are_those_of_stock_fceux(
    board_roms: dict[str, Path], board: str, frames: int
) -> None:
    """Also with colour emphasis, for which the palette changes while the game runs."""
    with (
        Emulator(board_roms[board], engine="headless") as ours,
        Emulator(board_roms[board], engine="fceux") as stock,
    ):
        for emulator in (ours, stock):
            emulator.step(frames=frames)
        np.testing.assert_array_equal(ours.screen(), stock.screen())
        np.testing.assert_array_equal(ours.screen(grey=True), stock.screen(grey=True))


@pytest.mark.parametrize("program", [*BOARDS, "bundled game", "random", "random on PAL"])
def test_every_picture_is_that_of_stock_fceux(
    program: str, board_roms: dict[str, Path], tmp_path: Path, stock: Path, headless: Path
) -> None:
    """Byte for byte, with savestates that are loaded in between; also what frames without a
    picture leave behind."""
    if program in board_roms:
        rom = board_roms[program]
    elif program == "bundled game":
        rom = bundled_rom()
    else:
        rom = tmp_path / "random.nes"
        rom.write_bytes(make_rom(5))
    system = PAL if program == "random on PAL" else ((), ())
    options = (system[0] + STOCK_STATES[0], system[1] + STOCK_STATES[1])
    scenario = Scenario("pictures", make_plan(FRAMES, 3, reloads=60), options, picture_every=1)
    difference, _ = compare(rom, scenario, stock=stock, headless=headless)
    assert difference is None, str(difference)
