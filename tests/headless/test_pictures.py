"""Pictures as Python gets them are those of the stock emulator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from copain_gym import Emulator


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
