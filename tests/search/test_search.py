"""Searches in real emulators: short problems, the same result each time, limits, movies."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from copain_gym import CopainError, Emulator, ProblemError, SearchError
from copain_gym.games import HIRONDELLE
from copain_gym.games.variables import Values
from copain_gym.roms.rom import read_rom
from copain_gym.search import Problem, Progress, Search
from copain_gym.search.judge import WON
from copain_gym.tas.movie import Movie
from copain_gym.tas.verify import verify
from tests.search.conftest import FROM_NOTHING, scrolled


def test_a_run_from_power_on_is_verified_on_stock_fceux() -> None:
    result = Search(scrolled(60), workers=2, seed=1).run()
    assert result.won
    assert result.reason == "won"
    verdict = verify(result.movie, read_rom(None), HIRONDELLE)
    assert verdict.same
    assert verdict.stock.values["scroll"] >= 60
    assert verdict.stock.values["lives"] == 3
    assert result.movie.frames == result.progress.depth


def test_the_first_600_frames_with_points() -> None:
    """The goal is out of reach: the best run lives to the end of its length, and gets points."""
    problem = Problem("hirondelle", win=lambda v: v["lives"] > 9, frames=600)
    result = Search(problem, workers=2, seed=1).run()
    assert (result.reason, result.won, result.movie.frames) == ("exhausted", False, 600)
    with Emulator() as emulator:
        for mask in result.movie.inputs[:, 0]:
            emulator.step(int(mask), draw=False)
        values = HIRONDELLE.decode(emulator.ram)
    assert HIRONDELLE.predicates["playing"](values)
    assert values["score"] == result.progress.score > 0


@pytest.mark.parametrize("algorithm", FROM_NOTHING)
def test_same_seed_same_result_on_any_number_of_workers(algorithm: str) -> None:
    runs = [
        Search(scrolled(40), algorithm=algorithm, workers=workers, seed=seed).run(frames=15_000)
        for workers, seed in ((1, 3), (2, 3), (3, 3), (2, 4))
    ]
    first, second, third, other = (run.movie.to_bytes() for run in runs)
    assert first == second == third
    assert other != first or algorithm == "die-and-retry"  # which draws nothing
    assert runs[0].progress.plans == runs[2].progress.plans


def test_another_game_from_a_problem_file(gap_problem: Path) -> None:
    result = Search(gap_problem, workers=1, seed=1).run(frames=200_000)
    assert result.won
    rom = gap_problem.with_name("gap.nes")
    with Emulator(rom) as emulator:
        for mask in result.movie.inputs[:, 0]:
            emulator.step(int(mask), draw=False)
        assert emulator.ram[0x10] == 3  # the goal is reached
        assert emulator.ram[0x13] == 3  # and no life was lost


@pytest.mark.parametrize("algorithm", FROM_NOTHING)
def test_each_algorithm_finds_a_goal(algorithm: str, gap_problem: Path) -> None:
    result = Search(gap_problem, algorithm=algorithm, seed=1).run(frames=300_000)
    assert result.won
    with Emulator(gap_problem.with_name("gap.nes")) as emulator:
        for mask in result.movie.inputs[:, 0]:
            emulator.step(int(mask), draw=False)
        assert emulator.ram[0x10] == 3


def test_an_archive_has_no_more_cells_than_allowed() -> None:
    cells = {"scroll": 1, "ship_x": 2, "ship_y": 2}
    search = Search(scrolled(900, same=cells), algorithm="archive", options={"cells": 50})
    search.run(frames=30_000)
    assert len(search.algorithm.save()["cells"]) <= 50 + 32
    assert len(search._tree) < 3000
    assert search.algorithm.duplicates > 0


def test_a_movie_is_improved(tmp_path: Path) -> None:
    """Poor play of 20 seconds becomes better by more than a fifth, and stays a movie."""
    movie = tmp_path / "poor.fm2"
    length = Problem("hirondelle", win=lambda v: v["lives"] > 9, frames=1200)
    Search(length, seed=1, options={"plans": 1, "more": 2}).run().movie.write(movie)
    problem = Problem("hirondelle", win=lambda v: v["scroll"] >= 430)
    poor = replayed(Movie.read(movie), problem)
    options = {"movie": str(movie)}
    search = Search(problem, algorithm="improve", options=options, workers=2, seed=1)
    steps: list[Movie] = []
    result = search.run(frames=150_000, go_on=True, better=steps.append)
    assert result.won
    assert np.array_equal(steps[-1].inputs, result.movie.inputs)
    points = [replayed(step, problem)["score"] for step in steps]
    assert points == sorted(points)
    assert points[0] < points[-1]
    verdict = verify(result.movie, read_rom(None), HIRONDELLE)
    assert verdict.same
    assert verdict.stock.values["score"] == result.progress.score > 1.2 * poor["score"]


def replayed(movie: Movie, problem: Problem) -> Values:
    """The variables in the first frame of play in which the goal is reached."""
    with Emulator() as emulator:
        for mask in movie.inputs[:, 0]:
            before = HIRONDELLE.decode(emulator.ram)
            emulator.step(int(mask), draw=False)
            values = HIRONDELLE.decode(emulator.ram)
            if problem.judge.flags(before, values) == WON:
                break
    return values


@pytest.mark.parametrize(
    ("options", "message"),
    [({}, "needs its option movie"), ({"movie": "nothing.fm2"}, "nothing.fm2 cannot be read")],
)
def test_a_movie_that_cannot_be_improved(options: dict[str, str], message: str) -> None:
    with pytest.raises(CopainError, match=message):
        Search(scrolled(40), algorithm="improve", options=options).run(frames=1000)


def test_a_start_whose_inputs_are_known(tmp_path: Path) -> None:
    result = Search(scrolled(30, start="start"), seed=1).run()
    assert result.movie.start == "power-on"
    assert result.movie.frames > result.progress.depth


def test_a_start_that_no_movie_can_hold() -> None:
    problem = Problem("hirondelle", start="stage2", win=lambda v: v["scroll"] > 3)
    with pytest.raises(SearchError, match="memory was written"):
        Search(problem).run()


@pytest.mark.parametrize("algorithm", ["rolling", "archive"])
def test_it_goes_on_to_better_runs(algorithm: str, gap_problem: Path) -> None:
    first = Search(gap_problem, algorithm=algorithm, seed=1).run()
    more = Search(gap_problem, algorithm=algorithm, seed=1).run(frames=60_000, go_on=True)
    assert more.reason == "frames"
    assert more.won
    assert more.progress.depth < first.progress.depth
    assert more.movie.frames == more.progress.depth


def test_limits_end_a_search() -> None:
    long = scrolled(5000)
    assert Search(long, seed=1).run(frames=2000).reason == "frames"
    assert Search(long, seed=1).run(0.1).reason == "seconds"
    small = scrolled(5000, megabytes=50)
    result = Search(small, seed=1).run()
    assert result.reason == "memory"
    assert not result.won


def test_memory_of_the_program_that_searches_does_not_count() -> None:
    large = b"x" * 150_000_000
    result = Search(scrolled(60, megabytes=150), seed=1).run()
    assert result.won
    assert len(large) > result.progress.megabytes * 1e6


def test_the_progress_is_told() -> None:
    told: list[Progress] = []
    result = Search(scrolled(60), seed=1).run(tell=told.append)
    assert told[-1].won
    assert told[-1].depth == result.progress.depth
    assert told[-1].frames > told[-1].depth
    assert told[-1].megabytes > 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizont": 3}, "'horizont' of the algorithm rolling is unknown; allowed are horizon"),
        ({"horizon": -3}, "horizon of the algorithm rolling is -3; allowed is an integer"),
        ({"horizon": "far"}, "is 'far'"),
    ],
)
def test_options_that_are_not_allowed(options: dict[str, object], message: str) -> None:
    with pytest.raises(ProblemError) as error:
        Search(scrolled(40), algorithm="rolling", options=options)
    assert message in str(error.value)


def test_arguments_that_are_not_allowed() -> None:
    for arguments, message in (
        ({"workers": 0}, "workers is 0; allowed are 1 to 256"),
        ({"seed": -1}, "seed is -1"),
        ({"algorithm": "magic"}, "'magic'; allowed are"),
        ({"resume": True}, "name the file"),
    ):
        with pytest.raises((SearchError, ProblemError)) as error:
            Search(scrolled(40), **arguments)  # type: ignore[arg-type]
        assert message in str(error.value)


def test_a_worker_that_is_killed_is_replaced() -> None:
    from copain_gym.search.workers import Workers

    killed: list[int] = []
    expand = Workers.expand

    class Killing(Workers):
        def expand(self, jobs):  # type: ignore[no-untyped-def]
            if self.frames > 1500 and not killed:
                killed.append(self._workers[0].process.pid)
                os.kill(killed[0], signal.SIGKILL)
            return expand(self, jobs)

    import copain_gym.search.search as module

    whole = Search(scrolled(60), workers=2, seed=1).run()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "Workers", Killing)
        result = Search(scrolled(60), workers=2, seed=1).run()
    assert killed
    assert np.array_equal(result.movie.inputs, whole.movie.inputs)
