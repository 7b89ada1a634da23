"""The runs of docs/hirondelle/runs.md: stock FCEUX, limits, constraints.

Each movie was found by the command that the page gives. It is kept in the folder `runs`.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from copain_gym import Emulator
from copain_gym.games import HIRONDELLE
from copain_gym.roms.rom import read_rom
from copain_gym.search import find_problem
from copain_gym.tas.movie import Movie
from copain_gym.tas.verify import verify
from tests.hirondelle.support import HIRONDELLE as SOURCES

DOCS = Path(__file__).parents[2] / "docs/hirondelle"
PAGE = (DOCS / "runs.md").read_text(encoding="utf-8")
FOLDER = Path(__file__).with_name("runs")
ROW = re.compile(
    r"^\| \[(\S+)\]\(\S+\) \| `copain search run (\S+) [^|]*\| ([\d,]+) \| ([\d,]+) \|"
)
COMPLETE = 17_206
"""Frames of complete.fm2, which was made by hand."""


def table() -> dict[str, tuple[str, int, int]]:
    """Movie -> problem, frames and points, as the page has them."""
    rows = [found for line in PAGE.splitlines() if (found := ROW.match(line))]
    number = [[int(row[k].replace(",", "")) for k in (3, 4)] for row in rows]
    return {row[1]: (row[2], *n) for row, n in zip(rows, number, strict=True)}  # type: ignore[misc]


RUNS = table()


@cache
def replay(name: str) -> npt.NDArray[np.uint8]:
    """The RAM after each frame of a movie, after a row for power-on."""
    with Emulator() as emulator:
        rams = [emulator.ram.copy()]
        for mask in Movie.read(FOLDER / name).inputs[:, 0].tolist():
            rams.append(emulator.step(mask, draw=False).copy())
    return np.array(rams)


def values(name: str) -> dict[str, npt.NDArray[np.int64]]:
    """The variables in all frames."""
    decoded = HIRONDELLE.decode(replay(name))
    return {variable: np.asarray(decoded[variable]) for variable in decoded}


def played(v: dict[str, npt.NDArray[np.int64]]) -> npt.NDArray[np.bool_]:
    """The frames in which the player has control."""
    return (v["mode"] == 5) & (v["play_state"] >= 0x80) & (v["play_state"] < 0x86)


def tool(name: str) -> object:
    """A module of the game's tools."""
    folder = str(SOURCES / "tools")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(folder)


def test_the_page_has_all_movies() -> None:
    assert sorted(RUNS) == sorted(path.name for path in FOLDER.glob("*.fm2"))
    for name, (problem, *_) in RUNS.items():
        assert find_problem(problem).name == problem, name


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", RUNS)
def test_it_is_verified_on_stock_fceux(name: str) -> None:
    _, frames, points = RUNS[name]
    movie = Movie.read(FOLDER / name)
    verdict = verify(movie, read_rom(None), HIRONDELLE)
    assert verdict.same
    assert (movie.start, movie.frames) == ("power-on", frames)
    assert verdict.stock.values["score"] == points
    assert "life_lost" not in [event for _, event in verdict.stock.events]


# ---- speed -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "warps", "within"), [("fast.fm2", True, 1.02), ("no-warp.fm2", False, 1.01)]
)
def test_a_fast_run_is_near_the_limit(name: str, warps: bool, within: float) -> None:
    """Each step takes as long as the limit says, or longer; only the fights take longer."""
    limits = tool("limits")
    steps = limits.route(warps)  # type: ignore[attr-defined]
    v = values(name)
    key = np.where(v["mode"] == 5, v["stage"] * 256 + v["play_state"], -1)[:-1]
    begin = limits.START + limits.JINGLE + 1  # type: ignore[attr-defined]
    assert np.argmax(key >= 0) - begin in (0, 1)
    for step in steps[2:]:
        taken = sum(int((key == stage * 256 + state).sum()) for stage, state in step.states)
        if step.states[0][1] == 0x85:
            assert step.frames <= taken <= step.frames + 60, step.what
        else:
            assert taken == step.frames, step.what
    assert v["play_state"][-1] == 0x8D
    limit = sum(step.frames for step in steps)
    assert limit <= len(key) <= within * limit
    if warps:
        assert len(key) <= 0.8 * COMPLETE


def test_the_page_about_the_limit_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, SOURCES / "tools/limits.py"], capture_output=True, text=True, check=True
    )
    page = (DOCS / "speed-limit.md").read_text(encoding="utf-8")
    assert f"```text\n{done.stdout}```" in page


# ---- points ----------------------------------------------------------------


def test_the_account_of_the_points_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, SOURCES / "tools/points.py"], capture_output=True, text=True, check=True
    )
    assert f"```text\n{done.stdout}```" in PAGE


def test_a_run_has_nearly_all_points_of_a_loop() -> None:
    """Without what is not in the account: the gnats of the second boss."""
    account = tool("points").account  # type: ignore[attr-defined]
    v = values("score.fm2")
    assert v["loop"].max() == 0
    fight = (v["stage"] == 1) & (v["play_state"] == 0x85)
    bonus = np.ptp(v["score"][fight])
    assert v["score"][-1] - bonus >= 0.97 * sum(account(number).total() for number in range(3))


# ---- improving -------------------------------------------------------------


def test_random_play_was_improved_by_more_than_a_fifth() -> None:
    (*_, before), (*_, after) = RUNS["random.fm2"], RUNS["improved.fm2"]
    assert after >= 1.2 * before
    for name in ("random.fm2", "improved.fm2"):
        v = values(name)
        assert (v["stage"][-1], v["play_state"][-1]) == (0, 0x86)


# ---- constraints -----------------------------------------------------------


def test_no_shot_is_fired_up_to_the_wall() -> None:
    v = values("no-shot.fm2")
    assert not v["shot_type"][played(v)].any()
    assert not (Movie.read(FOLDER / "no-shot.fm2").inputs[:, 0] & 1).any()
    assert v["ship_status"][-1] == 1
    # One or two pixels more, and the wall is where the ship's nose must be: its X is 16 at least.
    assert v["ship_x"][-1] == 16
    assert 160 * 8 - 16 - 6 - v["scroll"][-1] in (1, 2)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_no_way_leads_through_a_stage_without_shots(number: int) -> None:
    """Air reaches from the first column to the last one only if blocks are shot."""
    stage = tool("stage")
    drawn = stage.read_stage(SOURCES / f"stages/stage{number + 1}.txt")  # type: ignore[attr-defined]
    solid = stage.SOLID_CHARS  # type: ignore[attr-defined]

    def farthest(walls: str) -> int:
        open_, seen = [(0, 12)], {(0, 12)}
        while open_:
            column, row = open_.pop()
            for there in ((column + 1, row), (column, row + 1), (column, row - 1)):
                inside = there[0] < drawn.width and 0 <= there[1] < 26
                if inside and there not in seen and drawn.at(*there) not in walls:
                    seen.add(there)
                    open_.append(there)
        return max(column for column, _ in seen)

    assert farthest(solid) == drawn.width - 1
    assert farthest(solid + "%$") == (159, 187, 153)[number]


def test_the_ship_stays_in_the_right_third() -> None:
    v = values("right.fm2")
    assert v["play_state"][-1] == 0x8D
    beginning = (v["play_state"] == 0x80) & (v["scroll"] < 50)
    assert v["ship_x"][played(v) & ~beginning].min() >= 170


def test_every_press_comes_with_the_music() -> None:
    """A note can begin every six frames; each press comes in such a frame, most with a note."""
    inputs = Movie.read(FOLDER / "music.fm2").inputs[:, 0]
    rams = replay("music.fm2")
    waits = rams[:-1, [0x710, 0x712, 0x714, 0x716]]  # of the sound driver, before each frame
    pressed = inputs & ~np.concatenate([[0], inputs[:-1]])
    presses = (pressed != 0) & played(values("music.fm2"))[:-1]
    assert presses.sum() > 300
    assert (waits[presses, 2] % 6 == 1).all()
    assert (waits[presses] == 1).any(1).mean() > 0.95
