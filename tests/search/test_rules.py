"""Constraints, rules that press buttons, and several tries of the way to a checkpoint."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from copain_gym import Emulator
from copain_gym.buttons import Button
from copain_gym.games import HIRONDELLE
from copain_gym.search import Press, Problem, Search
from copain_gym.search.algorithm import Setting
from copain_gym.search.batch import LOOK, ROOT, SKIP, Outcome
from copain_gym.search.judge import CHECKPOINT, FAILED, SKIPPED, WON
from copain_gym.search.rolling import Rolling
from copain_gym.search.tree import Tree
from copain_gym.tas.movie import Movie
from tests.search.conftest import scrolled


def variable(movie: Movie, name: str) -> list[int]:
    """What a variable is after each frame of a movie."""
    seen = []
    with Emulator() as emulator:
        for mask in movie.inputs[:, 0].tolist():
            seen.append(int(HIRONDELLE.decode(emulator.step(mask, draw=False))[name]))
    return seen


@pytest.mark.parametrize("algorithm", ["rolling", "beam", "archive"])
def test_a_constraint_holds_in_every_frame_of_play(algorithm: str) -> None:
    up = scrolled(60, value=lambda v: -v["ship_y"])
    problem = replace(up, constraint=lambda v: v["ship_y"] >= 90)
    result = Search(problem, algorithm=algorithm, workers=2, seed=1).run(frames=300_000)
    assert result.won
    playing = variable(result.movie, "play_state").index(0x80)
    assert min(variable(result.movie, "ship_y")[playing:]) >= 90
    free = Search(up, algorithm=algorithm, workers=2, seed=1).run(frames=300_000)
    assert min(variable(free.movie, "ship_y")[playing:]) < 90


def test_a_constraint_does_not_count_where_inputs_are_skipped() -> None:
    judge = Problem("hirondelle", constraint=lambda v: v["ship_x"] > 90).judge
    title = HIRONDELLE.decode(np.zeros(2048, np.uint8))
    assert judge.flags(title, title) == SKIPPED
    with Emulator() as emulator:
        emulator.step(0, 30)
        for mask in (Button.START, 0) * 4:
            emulator.step(mask, 30)
        play = HIRONDELLE.decode(emulator.ram)
    assert HIRONDELLE.predicates["playing"](play)
    assert judge.flags(play, play) == FAILED


def test_a_rule_is_looked_at_again_while_an_action_is_held() -> None:
    """A is pressed anew every four frames, though no action has it."""
    tap = Press(lambda v: (v["pad"] & 0x80) == 0, "A", every=4)
    problem = scrolled(60, actions=("", "up", "down"), presses=(tap,))
    result = Search(problem, seed=1).run()
    assert result.won
    playing = variable(result.movie, "play_state").index(0x80)
    held = (result.movie.inputs[playing + 1 :, 0] & Button.A) != 0
    pressed = np.flatnonzero(held)
    assert set(np.diff(pressed)) == {4}

    once = replace(problem, presses=(replace(tap, every=0),))
    held = (Search(once, seed=1).run().movie.inputs[playing + 1 :, 0] & Button.A) != 0
    assert max(np.diff(np.flatnonzero(held))) > 4


def rolling(problem: Problem, tries: int) -> Rolling:
    """Rolling plans before their first batch."""
    setting = Setting(problem, Tree(), np.random.default_rng(1))
    return Rolling(setting, {"tries": tries, "plans": 6, "tries_within": 200})


def lead(algorithm: Rolling, flags: int, frames: int, value: float) -> None:
    """Let all plans of the next batch end in the same way."""
    jobs = algorithm.propose()
    if jobs[0].plan == SKIP:  # where inputs are skipped, the game goes on until they matter
        algorithm.absorb(jobs, [Outcome(0, 100, ((0, 100),), 0.0, 0.0, 0)])
        jobs = algorithm.propose()
    algorithm.absorb(
        jobs,
        [
            Outcome(0, 0, (), 0.0, 0.0, 0)
            if job.plan == LOOK
            else Outcome(flags, frames, ((0, frames),), value, value, 0)
            for job in jobs
        ],
    )


@pytest.mark.parametrize(
    ("objective", "tries", "best"),
    [("time", [(48, 5.0), (30, 1.0), (40, 9.0)], 1), ("score", [(48, 5.0), (30, 1.0)], 0)],
)
def test_the_best_way_to_a_checkpoint_is_kept(
    objective: str, tries: list[tuple[int, float]], best: int
) -> None:
    problem = Problem("hirondelle", objective=objective)  # type: ignore[arg-type]
    algorithm = rolling(problem, len(tries))
    for frames, value in tries:
        assert algorithm.settled == ((frames, value) == tries[0])
        lead(algorithm, CHECKPOINT | SKIPPED, frames, value)
    assert algorithm.settled
    node = algorithm.tree[algorithm.propose()[0].node]
    assert (node.depth, node.value) == (100 + tries[best][0], tries[best][1])


def test_a_long_way_is_searched_once() -> None:
    algorithm = rolling(Problem("hirondelle", objective="time"), 9)
    for _ in range(30):
        lead(algorithm, 0, 48, 1.0)
    lead(algorithm, CHECKPOINT | SKIPPED, 48, 1.0)
    assert algorithm.settled
    assert algorithm.tree[algorithm.propose()[0].node].depth > 300


def test_the_last_tries_lead_to_the_end_too() -> None:
    algorithm = rolling(Problem("hirondelle", objective="time"), 3)
    for frames in (48, 30, 40):
        lead(algorithm, WON, frames, 1.0)
    assert algorithm.propose() == []
    assert algorithm.tree[algorithm.best].depth == 130


def test_more_tries_find_a_shorter_run() -> None:
    problem = Problem("hirondelle", objective="time", win=lambda v: v["score"] >= 1500)
    one, many = (Search(problem, seed=1, options={"tries": tries}).run() for tries in (1, 5))
    assert one.won
    assert many.won
    assert many.movie.frames < one.movie.frames


def test_a_dead_end_leaves_the_best_run_whole() -> None:
    """The search goes back some decisions; the deepest run so far is still there to be written."""
    algorithm = rolling(Problem("hirondelle"), 1)
    for _ in range(3):
        lead(algorithm, 0, 48, 1.0)
    deepest = algorithm.best
    for _ in range(9):
        lead(algorithm, FAILED, 20, 0.0)
    assert algorithm.best == deepest
    assert algorithm.tree.way(deepest)[0] == ROOT
