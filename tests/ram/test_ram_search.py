"""`RamSearch` on real games: their variables are found without a look at their tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from copain_gym import Emulator
from copain_gym.errors import RamSearchError
from copain_gym.games import find_game
from copain_gym.ram import RamSearch, Trace
from copain_gym.roms.rom import read_rom
from copain_gym.tas.movie import Movie
from tests.games.conftest import gap_rom

__all__ = ["gap_rom"]

COMPLETE = Path(__file__).parents[1] / "hirondelle/complete.fm2"


@pytest.fixture(scope="module")
def trace() -> Trace:
    """The first stage of a recorded game of Hirondelle."""
    return Trace.of_movie(Movie.read(COMPLETE), read_rom(), last=3000)


@pytest.mark.parametrize(
    ("name", "types", "conditions"),
    [
        # The screen shows 0, 800, 3100, 11,100 and 24,070 points.
        (
            "score",
            ("u8", "u16", "bcd"),
            ("equals 0 at 300", "equals 80 at 600", "equals 310 at 900", "equals 2407 at 3000"),
        ),
        # A new game has three ships, and there is one more later.
        ("lives", ("u8",), ("equals 0 at 1", "equals 3 at 400", "equals 4 at 3000")),
        # The ship flies to both sides, and sprites follow it.
        (
            "ship_x",
            ("u8",),
            (
                "increased while right during 700 to 1800",
                "decreased while left during 700 to 1800",
                "unchanged while exactly A during 700 to 1800",
                "changed during 1000 to 1100",
            ),
        ),
    ],
)
def test_the_variables_of_hirondelle(
    trace: Trace, name: str, types: tuple[str, ...], conditions: tuple[str, ...]
) -> None:
    search = RamSearch(trace, types).where(*conditions)
    table = find_game("hirondelle").decoder.variables[name]
    mine = [c for c in search.candidates if not 0x200 <= c.address < 0x300]  # no sprites
    places = [(c.address, c.type) for c in mine]
    assert (table.address, table.type) in places
    assert len(places) <= 3, places


def test_a_movie_has_the_ram_and_buttons_of_each_frame(trace: Trace) -> None:
    movie = Movie.read(COMPLETE)
    part = Trace.of_movie(movie, read_rom(), first=301, last=400)
    assert (part.first, part.last) == (301, 400)
    assert np.array_equal(part.columns, trace.columns[:, 300:400])
    assert np.array_equal(part.held, movie.inputs[300:400, 0])
    assert RamSearch(part).where("equals 3 at 400").candidates
    with pytest.raises(RamSearchError, match="there are the frames 301 to 400"):
        RamSearch(part).where("equals 3 at 300")
    with pytest.raises(RamSearchError, match="the movie has the frames 1 to 17207"):
        Trace.of_movie(movie, read_rom(), first=0)


def test_a_live_session_of_another_game(gap_rom: Path) -> None:
    """Gap: the dot goes right by two pixels a frame, and its score grows."""
    trace = Trace()
    with Emulator(gap_rom) as emulator:
        trace.record(emulator, frames=60)
        trace.record(emulator, "start", frames=4)
        trace.record(emulator, frames=4)
        start = trace.last
        trace.record(emulator, "right", frames=20)
        x = RamSearch(trace).where(f"increased while right during {start} to {trace.last}")
        score = RamSearch(trace, ["u16"]).where(f"increased by 20 while right during {start} to 88")
        assert trace.last == 88
        middle = trace.last
        trace.record(emulator, "left", frames=10)
        x.where(f"decreased since {middle}")  # the search goes on with new frames
    assert [c.address for c in x.candidates] == [0x11, 0x203]  # and the X of its sprite
    assert 0x14 in [candidate.address for candidate in score.candidates]
