"""The bundled problem `hirondelle`: the whole game from power-on without a death."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from copain_gym.games import HIRONDELLE
from copain_gym.roms.rom import read_rom
from copain_gym.search import Search
from copain_gym.tas.movie import Movie
from copain_gym.tas.verify import Verdict, verify

KEPT = Path(__file__).parents[1] / "hirondelle/searched.fm2"
"""`copain search run hirondelle --seed 3 --set plans=20 --set more=24`, as a binary movie."""


def check(verdict: Verdict) -> None:
    """The game is finished, from power-on, without a death and without a warp."""
    assert verdict.same
    events = [name for _, name in verdict.stock.events]
    assert events == ["stage_cleared"] * 3 + ["ending"]
    assert verdict.stock.flags["ending"]
    assert verdict.stock.values["loop"] == 0


@pytest.mark.timeout(600)
def test_the_kept_run_is_verified_on_stock_fceux() -> None:
    movie = Movie.read(KEPT)
    assert movie.start == "power-on"
    verdict = verify(movie, read_rom(None), HIRONDELLE)
    check(verdict)
    # That of the same folder, complete.fm2, has 17,206 frames and 188,020 points.
    assert movie.frames == 16_974
    assert verdict.stock.values["score"] == 205_040


@pytest.mark.torture
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_each_seed_finishes_the_game(seed: int) -> None:
    """In frames, not in seconds: one core that does nothing else plays 20,000 in a second."""
    with Search("hirondelle", workers=os.cpu_count() or 1, seed=seed) as search:
        result = search.run(frames=1_200_000)
    assert result.won
    check(verify(result.movie, read_rom(None), HIRONDELLE))
