"""`Expander`: plans that are played side by side lead where each leads alone, step by step."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from typing import Any

import pytest

from copain_gym import Emulator
from copain_gym.games import HIRONDELLE
from copain_gym.search import Problem
from copain_gym.search.batch import LOOK, ROOT, SKIP, Expander, Holds, Job, Missing
from copain_gym.search.judge import CHECKPOINT, FAILED, SKIPPED, WON, Press
from tests.search.conftest import scrolled


def press_often(values: Any) -> bool:
    return bool(values["scroll"] % 3 == 1)


PROBLEM = scrolled(60, presses=(Press(press_often, "B"),), checkpoint=lambda v: v["scroll"] == 30)


@pytest.fixture
def expander(engine: str) -> Iterator[Expander]:
    """An emulator at the beginning of play, which is state 1."""
    with Expander(PROBLEM, engine=engine, fields=["scroll", "lives"]) as running:
        running.expand([Job(ROOT, SKIP, new=1)])
        yield running


def plans(count: int, seed: int) -> list[Holds]:
    """Plans; the last of them are long, so that they fail or win before they end."""
    source = random.Random(seed)
    masks = PROBLEM.masks
    made = [
        tuple((source.choice(masks), source.randint(1, 9)) for _ in range(source.randint(1, 6)))
        for _ in range(count)
    ]
    return [*made, ((0x80, 120), (0, 9)), tuple((mask, 60) for mask in masks[:9])]


def step_by_step(
    emulator: Emulator, problem: Problem, plan: Holds, literal: bool
) -> tuple[Any, ...]:
    """Where a plan leads, one step after another."""
    judge = problem.judge
    values = before = HIRONDELLE.decode(emulator.ram)
    held, played, flags, checkpoint = [], 0, 0, 0
    for mask, count in plan:
        more = 0 if literal else judge.pressed(before, values) & ~mask
        parts = [(mask | more, 1), (mask, count - 1)] if more else [(mask, count)]
        for part in parts:
            if part[1]:
                emulator.step(*part, draw=False)
                held.append(part)
        played += count
        before, values = values, HIRONDELLE.decode(emulator.ram)
        flags = judge.flags(before, values)
        checkpoint |= flags & CHECKPOINT
        if flags & (WON | FAILED | SKIPPED):
            break
    seen = values["scroll"], values["lives"]
    return flags | checkpoint, played, tuple(held), judge.value(values), seen


@pytest.mark.parametrize("literal", [False, True])
def test_side_by_side_as_alone(expander: Expander, engine: str, literal: bool) -> None:
    jobs = [Job(1, plan, 10 + k, literal=literal) for k, plan in enumerate(plans(14, 3))]
    outcomes = expander.expand(jobs)
    start = expander.export(1)
    assert start is not None
    with Emulator(engine=engine) as emulator:
        for job, outcome in zip(jobs, outcomes, strict=True):
            emulator.load_state(start)
            expected = step_by_step(emulator, PROBLEM, job.plan, literal)
            assert (
                outcome.flags,
                outcome.frames,
                outcome.held,
                outcome.value,
                outcome.seen,
            ) == expected
            kept = expander.export(job.new)
            assert (kept is None) == bool(outcome.flags & FAILED)
            if kept is not None:
                ram = emulator.ram.copy()
                emulator.load_state(kept)
                assert (emulator.ram == ram).all()
    ends = [outcome.flags & (WON | FAILED | SKIPPED) for outcome in outcomes]
    assert any(ends)
    assert not all(ends)
    assert any(
        outcome.frames < sum(n for _, n in job.plan)
        for job, outcome in zip(jobs, outcomes, strict=True)
    )
    if not literal:
        assert any(
            len(o.held) > len(j.plan) for j, o in zip(jobs, outcomes, strict=True)
        )  # B was pressed


def test_one_at_a_time_or_all_together(expander: Expander) -> None:
    jobs = [Job(1, plan, 10 + k) for k, plan in enumerate([*plans(9, 5), LOOK])]
    frames = expander.frames
    together = expander.expand(jobs)
    assert expander.frames - frames == sum(outcome.frames for outcome in together)
    assert [expander.expand([job])[0] for job in jobs] == together


def test_a_plan_from_the_end_of_another_one_in_the_same_batch(expander: Expander) -> None:
    first, second = Job(1, ((0x80, 8), (0, 4)), 2), Job(2, ((0x01, 4),), 3)
    together = expander.expand([first, second])
    assert [expander.expand([job])[0] for job in (first, second)] == together


def test_a_route_is_played_to_a_state_that_was_dropped(expander: Expander) -> None:
    holds: list[Holds] = [((0x80, 8), (0, 4)), ((0x01, 4),), ((0x41, 6), (0, 2), (0x80, 1))]
    for k, plan in enumerate(holds):
        expander.expand([Job(1 + k, plan, 2 + k, literal=True)])
    expected, wanted = expander.expand([Job(4, ((0x80, 8),), 5)]), expander.export(4)
    # A state may be a skip of no frames away from the one before.
    route = ((1, ()), (7, ()), *((2 + k, plan) for k, plan in enumerate(holds)))
    for node in (2, 3, 4):
        del expander._states[node]
    with pytest.raises(Missing):
        expander.expand([Job(4, ((0x80, 8),), 5)])
    assert expander.expand([Job(4, ((0x80, 8),), 5, route=route)]) == expected
    assert expander.export(4) == wanted
    assert expander.expand([Job(8, LOOK, route=((4, ()), (8, ())))])[0].frames == 0


def test_memory_of_the_cartridge_is_seen(engine: str) -> None:
    """A game's variables may be outside of the console's RAM."""
    game = dataclasses.replace(HIRONDELLE, memory=((0x6000, 4),))
    problem = Problem(game, win=lambda v: v["scroll"] >= 60)
    with Expander(problem, engine=engine) as expander:
        expander.expand([Job(ROOT, SKIP, new=1)])
        (outcome,) = expander.expand([Job(1, ((0x80, 8),), 2)])
        assert outcome.frames == 8
