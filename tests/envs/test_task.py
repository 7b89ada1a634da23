"""`Task`: n emulators at once give what each of them gives alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from copain_gym.envs.actions import ActionSet
from copain_gym.envs.options import EnvOptions, ObsType
from copain_gym.envs.task import Task
from copain_gym.games import GRADIUS, HIRONDELLE, find_game

N = 6


@pytest.fixture(scope="module")
def rams() -> tuple[np.ndarray, np.ndarray]:
    """RAM of n emulators before and after a step."""
    rng = np.random.default_rng(2)
    before = rng.integers(0, 256, (N, 2048), dtype=np.uint8)
    before[:, 0x00] = 5
    before[:, 0x1B] = [0x80, 0x80, 0x85, 0xA0, 0x86, 0x80]
    after = before.copy()
    after[:, 0x1B] = [0x80, 0xA0, 0x86, 0xC0, 0x87, 0x81]
    after[:, 0x07E4] = 0x42
    return before, after


@pytest.mark.parametrize("obs_type", get_args(ObsType))
def test_observations(obs_type: str, rams: tuple[np.ndarray, np.ndarray]) -> None:
    task = Task(EnvOptions(game=HIRONDELLE, obs_type=obs_type))
    after = rams[1]
    rng = np.random.default_rng(1)
    shape = (N, 240, 256) if task.grey else (N, 240, 256, 3)
    screens = rng.integers(0, 256, shape, dtype=np.uint8)

    def observe(images: np.ndarray, pictures: np.ndarray) -> Any:
        reader = task.reader(images)
        reader.read()
        return task.observe(reader, screens=pictures)

    batch = observe(after, screens)
    for k in range(N):
        one = observe(after[k : k + 1].copy(), screens[k : k + 1])
        if isinstance(batch, dict):
            single = {name: part[k] for name, part in batch.items()}
            assert all((one[name][0] == part).all() for name, part in single.items())
        else:
            single = batch[k]
            assert (one[0] == single).all()
        assert single in task.observation_space


def judge(task: Task, before: np.ndarray, after: np.ndarray) -> tuple[Any, dict[str, Any]]:
    images = before.copy()
    reader = task.reader(images)
    reader.read()
    images[:] = after
    reader.read()
    return reader.rewards(), reader.events()


@pytest.mark.parametrize("reward", [*HIRONDELLE.reward_terms, "mixed"])
def test_rewards_and_events(reward: str, rams: tuple[np.ndarray, np.ndarray]) -> None:
    weights = {"score": 0.5, "life_lost": -3, "survival": 1} if reward == "mixed" else reward
    task = Task(EnvOptions(game=HIRONDELLE, reward=weights))
    before, after = rams
    paid, events = judge(task, before, after)
    assert paid.shape == (N,)
    assert paid.dtype == np.float64
    for k in range(N):
        row = slice(k, k + 1)
        one_paid, one_events = judge(task, before[row], after[row])
        assert one_paid == paid[row]
        for name, lanes in events.items():
            assert lanes.shape == (N,)
            assert one_events[name] == lanes[row]
    assert events["life_lost"].tolist() == [False, True, False, False, False, False]
    assert events["ending"].tolist() == [False] * 4 + [True, False]


def test_rules_without_variables_have_a_value_for_each(pads_game: Path) -> None:
    (pads_game / "scenario.json").write_text("{}")
    game = find_game(pads_game)
    task = Task(EnvOptions(game=game, reward="survival"))
    images = np.zeros((N, game.decoder.image_size), np.uint8)
    rewards, events = judge(task, images, images)
    assert rewards.tolist() == [1] * N
    assert events["done"].tolist() == [False] * N


@pytest.mark.parametrize("name", ["simple", "full", "multi_binary"])
@pytest.mark.parametrize("players", [1, 2])
def test_actions(name: str, players: int) -> None:
    actions = ActionSet(GRADIUS, name, players)
    actions.space.seed(3)
    chosen = [actions.space.sample() for _ in range(50)]
    batch = actions.batch(np.stack(chosen))
    assert batch.shape == (50, players)
    assert [tuple(row) for row in batch.tolist()] == [actions.pads(a) for a in chosen]


def test_some_of_the_emulators(rams: tuple[np.ndarray, np.ndarray]) -> None:
    """Rows that are not read stay; what is handed out is no view of what comes next."""
    before, after = rams
    task = Task(EnvOptions(game=HIRONDELLE, reward={"score": 1, "life_lost": -5}))
    images = before.copy()
    reader = task.reader(images)
    reader.read()
    first = reader.values(), reader.rewards(), reader.events(), reader.features()
    held = [part.copy() for part in (first[0].vector, first[1], first[3])]
    images[:] = after
    some = np.array([4, 1])
    reader.read(some)
    paid, events = judge(task, before, after)
    assert reader.rewards(some).tolist() == paid[some].tolist()
    assert reader.events(some)["life_lost"].tolist() == events["life_lost"][some].tolist()
    assert (reader.values(some).vector == HIRONDELLE.decode(after[some]).vector).all()
    others = np.array([0, 2, 3, 5])
    assert (reader.values(others).vector == HIRONDELLE.decode(before[others]).vector).all()
    assert (reader.one(1).vector == HIRONDELLE.decode(after[1]).vector).all()
    for part, copy in zip((first[0].vector, first[1], first[3]), held, strict=True):
        assert (part == copy).all()
