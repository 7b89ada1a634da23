"""Stacked pictures are where `CnnPolicy` of Stable-Baselines3 and networks of PyTorch look."""

from __future__ import annotations

from typing import Any

import gymnasium
import pytest
import torch
from gymnasium.wrappers import FrameStackObservation
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecFrameStack

import copain_gym  # noqa: F401 - registers the environments
from copain_gym.sb3 import make_vec_env
from tests.conftest import ENGINES

ENGINE = ENGINES[-1]
GREY = {"obs_type": "grayscale", "screen_size": 84, "engine": ENGINE}
SETTINGS: dict[str, Any] = {"n_steps": 8, "batch_size": 8, "n_epochs": 1, "device": "cpu"}


@pytest.mark.parametrize(
    ("options", "channels"),
    [
        ({**GREY, "frame_stack": 4}, 4),
        ({**GREY, "obs_type": "rgb", "frame_stack": 2}, 6),
        ({**GREY, "frame_stack": 1}, 1),
        (GREY, 1),
    ],
)
def test_a_single_environment(options: dict[str, Any], channels: int) -> None:
    env = gymnasium.make("copain/Hirondelle-v0", **options)
    model = PPO("CnnPolicy", env, **SETTINGS)
    assert model.policy.features_extractor.cnn[0].in_channels == channels
    model.learn(8)
    env.close()


def test_the_pool() -> None:
    envs = make_vec_env("copain/Hirondelle-v0", 2, seed=1, frame_stack=4, **GREY)
    model = PPO("CnnPolicy", envs, **SETTINGS)
    assert model.policy.features_extractor.cnn[0].in_channels == 4
    model.learn(16)
    envs.close()


def test_stacked_by_stable_baselines3() -> None:
    """As the documentation advises where a wrapper is wanted."""
    envs = VecFrameStack(make_vec_env("copain/Hirondelle-v0", 2, seed=1, **GREY), 4)
    model = PPO("CnnPolicy", envs, **SETTINGS)
    assert model.policy.features_extractor.cnn[0].in_channels == 4
    envs.close()


def test_gymnasiums_wrapper_is_what_the_policy_refuses() -> None:
    """The reason for what the documentation says of it."""
    env = FrameStackObservation(gymnasium.make("copain/Hirondelle-v0", **GREY), 4)
    with pytest.raises(AssertionError, match="NatureCNN"):
        PPO("CnnPolicy", env, **SETTINGS)
    env.close()


def test_a_network_as_cleanrl_has_it() -> None:
    """A convolution over the observations of Gymnasium's vector environment as they come."""
    envs = gymnasium.make_vec("copain/Hirondelle-v0", num_envs=2, frame_stack=4, **GREY)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(4, 32, 8, stride=4), torch.nn.ReLU(), torch.nn.Flatten()
    )
    observations, _ = envs.reset(seed=1)
    assert network(torch.as_tensor(observations) / 255.0).shape == (2, 32 * 20 * 20)
    envs.close()
