"""The checkers of Gymnasium and Stable-Baselines3, with warnings as errors."""

from __future__ import annotations

import warnings
from typing import get_args

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_sb3

import copain_gym  # noqa: F401 - registers the environments
from copain_gym.envs.options import ObsType

CASES = [
    *((obs_type, "simple") for obs_type in get_args(ObsType)),
    ("features", "full"),
    ("features", "multi_binary"),
]


@pytest.mark.usefixtures("windowed")
@pytest.mark.parametrize(("obs_type", "action_set"), CASES)
def test_gymnasium(engine: str, obs_type: str, action_set: str) -> None:
    # The checker opens every render mode, and only FCEUX has a window.
    env = gymnasium.make(
        "copain/Hirondelle-v0",
        obs_type=obs_type,
        action_set=action_set,
        engine="auto" if engine == "headless" else engine,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)
    env.close()


@pytest.mark.parametrize(("obs_type", "action_set"), CASES)
def test_stable_baselines3(engine: str, obs_type: str, action_set: str) -> None:
    env = gymnasium.make(
        "copain/Hirondelle-v0", obs_type=obs_type, action_set=action_set, engine=engine
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env_sb3(env)
    env.close()


def test_small_pictures_suit_stable_baselines3(engine: str) -> None:
    env = gymnasium.make(
        "copain/Hirondelle-v0", obs_type="grayscale", screen_size=(84, 84), engine=engine
    )
    assert env.observation_space.shape == (84, 84, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env_sb3(env)
    env.close()


def test_the_ids() -> None:
    for env_id in ("copain/Hirondelle-v0", "copain/Gradius-v0", "copain/Retro-v0"):
        assert env_id in gymnasium.registry
    env = gymnasium.make("copain_gym:copain/Hirondelle-v0")
    assert env.observation_space.shape == (135,)
    assert env.action_space == gymnasium.spaces.Discrete(9)
    env.close()
