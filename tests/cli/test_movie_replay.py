"""`copain movie verify` and `copain movie compare` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from copain_gym.cli import main as cli
from copain_gym.roms.rom import read_rom
from copain_gym.tas.movie import Movie
from copain_gym.tas.movie_files import save_movie

from ..hirondelle.test_complete_game import MOVIE as COMPLETE
from ..roms.test_regions import hack

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    """The first 15 seconds of the whole game, in which play begins."""
    return Movie.read(COMPLETE)[:900].write(tmp_path / "run.fm2")


def change(movie: Path, name: str = "other.fm2") -> Path:
    """The movie with another input in frame 801."""
    other = Movie.read(movie)
    other.inputs[800, 0] ^= 0x40
    return other.write(movie.with_name(name))


def answer(capsys: Capture) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_verified(movie: Path, capsys: Capture) -> None:
    assert cli.main(["movie", "verify", str(movie), "--write"]) == 0
    out = capsys.readouterr().out
    assert "run.fm2: 900 frames from power-on, NTSC" in out
    assert "same as a replay in the headless engine" in out
    assert "Hirondelle at the end: score " in out
    companion = movie.with_name("run.fm2.json")
    assert f"wrote {companion}" in out
    assert cli.main(["movie", "verify", str(movie), "--json"]) == 0
    report = answer(capsys)
    assert report["same"]
    assert report["companion"] == str(companion)
    assert report["stock"] == report["expected"]
    assert report["stock"]["flags"]["playing"]


def test_it_differs(movie: Path, capsys: Capture) -> None:
    assert cli.main(["movie", "verify", str(movie), "--write"]) == 0
    change(movie, "run.fm2")
    capsys.readouterr()
    assert cli.main(["movie", "verify", str(movie)]) == 1
    out = capsys.readouterr().out
    assert "DIFFERENT from " in out
    assert "frame 801 is the first with other inputs" in out
    assert "frame 801 (stock FCEUX / expected):\n  $0" in out
    assert "  ship_x" in out
    assert cli.main(["movie", "verify", str(movie), "--json"]) == 1
    report = answer(capsys)
    assert report["checked"]
    assert not report["same"]
    assert report["first_other_input"] == 801
    assert report["first_difference"]["frame"] == 801
    named = report["first_named_difference"]
    assert {"ship_x"} <= {variable["name"] for variable in named["variables"]}


def test_it_cannot_be_checked(movie: Path, tmp_path: Path, capsys: Capture) -> None:
    another = str(hack(tmp_path / "g.nes"))
    for words, why in (
        (["verify", "nothing.fm2"], "nothing.fm2 cannot be read"),
        (["verify", str(movie), "--rom", another], "names the ROM with MD5"),
        (["verify", str(movie), "--expected", "none.json"], "none.json cannot be read"),
        (["verify", str(movie), "--game", "nothing"], "nothing"),
        (["compare", str(movie), "--engines", "fceux"], "allowed are two of"),
        (["compare", str(movie), "nothing.fm2"], "nothing.fm2 cannot be read"),
    ):
        assert cli.main(["movie", *words]) == 2, words
        assert why in capsys.readouterr().err
    assert cli.main(["movie", "verify", "nothing.fm2", "--json"]) == 2
    report = answer(capsys)
    assert report["checked"] is False
    assert "nothing.fm2" in report["error"]


def test_one_movie_in_two_engines(movie: Path, capsys: Capture) -> None:
    assert cli.main(["movie", "compare", str(movie)]) == 0
    assert "900 frames, no difference" in capsys.readouterr().out
    assert cli.main(["movie", "compare", str(movie), "--engines", "headless,fceux", "--json"]) == 0
    report = answer(capsys)
    assert report["same"]
    assert [replay["engine"] for replay in report["replays"]] == ["headless", "fceux"]


def test_two_movies_in_one_engine(movie: Path, capsys: Capture) -> None:
    other = str(change(movie))
    words = ["movie", "compare", str(movie), other, "--engines", "headless"]
    assert cli.main(words) == 1
    out = capsys.readouterr().out
    assert "frame 801 is the first with other inputs" in out
    assert "frame 801 (run.fm2 / other.fm2):" in out
    assert cli.main([*words, "--json"]) == 1
    report = answer(capsys)
    assert report["first_difference"]["frame"] == 801
    assert [replay["engine"] for replay in report["replays"]] == ["headless", "headless"]


def test_movies_of_bizhawk(movie: Path, tmp_path: Path, capsys: Capture) -> None:
    converted = tmp_path / "run.bk2"
    save_movie(Movie.read(movie), converted, read_rom())
    assert cli.main(["movie", "verify", str(converted)]) == 0
    assert "900 frames from power-on" in capsys.readouterr().out
    assert cli.main(["movie", "compare", str(movie), str(converted), "--engines", "headless"]) == 0
