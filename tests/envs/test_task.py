"""`Task`: n emulators at once give what each of them gives alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from copain_gym.envs.actions import ActionSet
from copain_gym.envs.task import OBS_TYPES, Task
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


@pytest.mark.parametrize("obs_type", OBS_TYPES)
def test_observations(obs_type: str, rams: tuple[np.ndarray, np.ndarray]) -> None:
    task = Task(HIRONDELLE, obs_type=obs_type)
    after = rams[1]
    values = HIRONDELLE.decode(after)
    rng = np.random.default_rng(1)
    shape = (N, 240, 256) if task.grey else (N, 240, 256, 3)
    screens = rng.integers(0, 256, shape, dtype=np.uint8)
    batch = task.observe(after, values, screens)
    for k in range(N):
        row = slice(k, k + 1)
        one = task.observe(after[row], HIRONDELLE.decode(after[row]), screens[row])
        if isinstance(batch, dict):
            single = {name: part[k] for name, part in batch.items()}
            assert all((one[name][0] == part).all() for name, part in single.items())
        else:
            single = batch[k]
            assert (one[0] == single).all()
        assert single in task.observation_space


@pytest.mark.parametrize("reward", [*HIRONDELLE.reward_terms, "mixed"])
def test_rewards_and_events(reward: str, rams: tuple[np.ndarray, np.ndarray]) -> None:
    weights = {"score": 0.5, "life_lost": -3, "survival": 1} if reward == "mixed" else reward
    task = Task(HIRONDELLE, reward=weights)
    before, after = (HIRONDELLE.decode(r) for r in rams)
    paid, events = task.judge(before, after)
    assert paid.shape == (N,)
    for k in range(N):
        one_paid, one_events = task.judge(before.lane(k), after.lane(k))
        assert one_paid == paid[k]
        for name, lanes in events.items():
            assert lanes.shape == (N,)
            assert one_events[name] == lanes[k]
    assert events["life_lost"].tolist() == [False, True, False, False, False, False]
    assert events["ending"].tolist() == [False] * 4 + [True, False]


def test_rules_without_variables_have_a_value_for_each(pads_game: Path) -> None:
    (pads_game / "scenario.json").write_text("{}")
    game = find_game(pads_game)
    task = Task(game, reward="survival")
    values = game.decode(np.zeros((N, game.decoder.image_size), np.uint8))
    rewards, events = task.judge(values, values)
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
