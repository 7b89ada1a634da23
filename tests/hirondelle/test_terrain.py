"""The terrain map in RAM is the stage as it is drawn, and the picture follows it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from copain_gym import Emulator
from tests.hirondelle.support import HIRONDELLE, PLAYING, RAM, Ram, start_at

sys.path.insert(0, str(HIRONDELLE / "tools"))

import stage as stage_tool

ROWS = 26


def kinds_in_ram(ram: Ram, column: int) -> list[int]:
    """The 26 tiles of a column of the stage: 0 free, 1 solid, 2 breakable, 3 hides a bonus."""
    first = RAM["terrain"] + column % 64 * 8
    packed = ram[first : first + 8]
    return [int(packed[row // 4]) >> 2 * (row % 4) & 3 for row in range(ROWS)]


def drawn(number: int) -> stage_tool.Stage:
    return stage_tool.read_stage(Path(HIRONDELLE / "stages" / f"stage{number + 1}.txt"))


def compare(ram: Ram, number: int) -> int:
    """Compare all columns that are on the screen; gives how many."""
    source = drawn(number)
    scroll = int(ram[RAM["scroll_low"]]) + 256 * int(ram[RAM["scroll_page"]])
    columns = range(scroll // 8, scroll // 8 + 33)
    for column in columns:
        wanted = [stage_tool.tile(source, column, row)[1] for row in range(ROWS)]
        assert kinds_in_ram(ram, column) == wanted, f"column {column} of stage {number + 1}"
    return len(columns)


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("checkpoint", [0, 1, 2, 3, 4])
def test_the_map_at_each_checkpoint_is_the_drawing(number: int, checkpoint: int) -> None:
    with Emulator() as emulator:
        ram = start_at(emulator, number, checkpoint)
        assert compare(ram, number) == 33


def test_the_map_follows_the_scroll_through_stage_1() -> None:
    """Every 64 frames; the ship is kept out of the way, so that it breaks and touches nothing."""
    compared = 0
    with Emulator() as emulator:
        ram = start_at(emulator, 0, 0)
        while ram[RAM["play_state"]] == PLAYING:
            for _ in range(64):
                emulator.memory[RAM["obj_status"]] = 0  # no ship, no collision
                ram = emulator.step()
            # A column is written when the scroll reaches it, 32 columns further on.
            compared += compare(ram, 0)
    assert compared > 60 * 33


@pytest.mark.parametrize("column", [154, 162])
def test_a_tile_that_is_shot_away_leaves_the_map_and_the_picture(column: int) -> None:
    """One column for each of the two nametables: they hold 32 columns in turn."""
    with Emulator() as emulator:
        ram = start_at(emulator, 2, 3)
        rows = [row for row, kind in enumerate(kinds_in_ram(ram, column)) if kind == 2]
        row, shot = rows[len(rows) // 2], 3
        scroll = int(ram[RAM["scroll_low"]]) + 256 * int(ram[RAM["scroll_page"]])
        x, y = column * 8 - scroll, row * 8
        before = emulator.screen()[y : y + 8, x : x + 8].copy()
        neighbour = emulator.screen()[y + 8 : y + 16, x : x + 8].copy()
        assert len(np.unique(before.reshape(-1, 3), axis=0)) > 1
        for name, value in (("obj_x", x + 3), ("obj_y", y + 4), ("obj_status", 1), ("obj_type", 1)):
            emulator.memory[RAM[name] + shot] = value
        ram = emulator.step()
        assert kinds_in_ram(ram, column)[row] == 0
        assert ram[RAM["obj_type"] + shot] == 0
        # The next picture shows the scroll that this frame has computed.
        x = column * 8 - int(ram[RAM["scroll_low"]]) - 256 * int(ram[RAM["scroll_page"]])
        emulator.step()
        picture = emulator.screen()
        assert len(np.unique(picture[y : y + 8, x : x + 8].reshape(-1, 3), axis=0)) == 1
        assert np.array_equal(picture[y + 8 : y + 16, x : x + 8], neighbour)
