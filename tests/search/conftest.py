"""Small problems, and a problem file for the game of docs/adding-a-game.md."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from copain_gym.search import Problem
from copain_gym.search.algorithm import ALGORITHMS
from tests.games.conftest import game_file, gap_rom, retro_folders

__all__ = ["gap_rom", "retro_folders"]


FROM_NOTHING = [name for name in ALGORITHMS if name != "improve"]
"""Algorithms that need no movie to begin with."""


def scrolled(pixels: int, **fields: object) -> Problem:
    """Hirondelle from power-on until the stage has scrolled so far."""
    return Problem("hirondelle", win=lambda v: v["scroll"] >= pixels, **fields)  # type: ignore[arg-type]


GAP_PROBLEM = """
from pathlib import Path

from copain_gym.search import Problem

PROBLEM = Problem(
    game=Path(__file__).with_name("gap.py"),
    objective="time",
    value=lambda v: v["x"] - (v["y"] > 56) * (v["x"] < 128) * 4 * (v["y"] - 56),
    same={"x": 4, "y": 4, "mode": 1},
    frames=2000,
)
"""


@pytest.fixture
def gap_problem(gap_rom: Path, tmp_path: Path) -> Path:
    """A problem file beside the game's file and its ROM."""
    shutil.copy(gap_rom, tmp_path / "gap.nes")
    (tmp_path / "gap.py").write_text(game_file())
    file = tmp_path / "gap_problem.py"
    file.write_text(GAP_PROBLEM)
    return file
