"""Gymnasium's wrappers around a single environment and around a pool."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium import wrappers as w
from gymnasium.wrappers import vector as v

from copain_gym.vector import NesVectorEnv

ID = "copain/Hirondelle-v0"
Env = gymnasium.Env[Any, Any]
VectorEnv = gymnasium.vector.VectorEnv[Any, Any, Any]

FEATURES: dict[str, Any] = {"obs_type": "features"}
GREY: dict[str, Any] = {"obs_type": "grayscale", "screen_size": (84, 84)}
COLOUR: dict[str, Any] = {"obs_type": "rgb"}
FILMED: dict[str, Any] = {**FEATURES, "render_mode": "rgb_array"}


VALUES: dict[str, Any] = {"obs_type": "dict"}
NINE = spaces.Discrete(9)
LOW, HIGH = np.float32(0), np.float32(1)


def first(episode: int) -> bool:
    return episode == 0


def limited(env: Env) -> Env:
    return w.TimeLimit(env, 100)


def scaled(env: Env) -> spaces.Box:
    space = env.observation_space
    assert isinstance(space, spaces.Box)
    return spaces.Box(2 * space.low, 2 * space.high, dtype=np.float32)


# The options of the environment, and what wraps it. `to` is a folder for videos.
SINGLE: dict[str, tuple[dict[str, Any], Callable[[Env, Path], Env]]] = {
    "AddRenderObservation": (FILMED, lambda env, to: w.AddRenderObservation(env)),
    "AddWhiteNoise": (FILMED, lambda env, to: w.AddWhiteNoise(env, 0.5)),
    "Autoreset": (FEATURES, lambda env, to: w.Autoreset(env)),
    "ClipReward": (FEATURES, lambda env, to: w.ClipReward(env, -1.0, 1.0)),
    "DelayObservation": (FEATURES, lambda env, to: w.DelayObservation(env, delay=2)),
    "DtypeObservation": (FEATURES, lambda env, to: w.DtypeObservation(env, np.float64)),
    "FilterObservation": (VALUES, lambda env, to: w.FilterObservation(env, ["ship"])),
    "FlattenObservation": (GREY, lambda env, to: w.FlattenObservation(env)),
    "FrameStackObservation": (FEATURES, lambda env, to: w.FrameStackObservation(env, 4)),
    "GrayscaleObservation": (COLOUR, lambda env, to: w.GrayscaleObservation(env)),
    "MaxAndSkipObservation": (GREY, lambda env, to: w.MaxAndSkipObservation(env)),
    "NormalizeObservation": (FEATURES, lambda env, to: w.NormalizeObservation(env)),
    "NormalizeReward": (FEATURES, lambda env, to: w.NormalizeReward(env)),
    "NumpyToTorch": (FEATURES, lambda env, to: w.NumpyToTorch(env)),
    "ObstructView": (FILMED, lambda env, to: w.ObstructView(env, 0.5, 8)),
    "OrderEnforcing": (FEATURES, lambda env, to: w.OrderEnforcing(env)),
    "PassiveEnvChecker": (FEATURES, lambda env, to: w.PassiveEnvChecker(env)),
    "RecordEpisodeStatistics": (FEATURES, lambda env, to: w.RecordEpisodeStatistics(env)),
    "RecordVideo": (FILMED, lambda env, to: w.RecordVideo(env, str(to), episode_trigger=first)),
    "RenderCollection": (FILMED, lambda env, to: w.RenderCollection(env)),
    "RepeatAction": (FEATURES, lambda env, to: w.RepeatAction(env, 2)),
    "RescaleObservation": (FEATURES, lambda env, to: w.RescaleObservation(env, LOW, HIGH)),
    "ReshapeObservation": (GREY, lambda env, to: w.ReshapeObservation(env, (42, 168))),
    "ResizeObservation": (COLOUR, lambda env, to: w.ResizeObservation(env, (84, 84))),
    "StickyAction": (FEATURES, lambda env, to: w.StickyAction(env, 0.5)),
    "TimeAwareObservation": (FEATURES, lambda env, to: w.TimeAwareObservation(limited(env))),
    "TimeLimit": (FEATURES, lambda env, to: w.TimeLimit(env, 5)),
    "TransformAction": (FEATURES, lambda env, to: w.TransformAction(env, lambda a: a % 9, NINE)),
    "TransformObservation": (
        FEATURES,
        lambda env, to: w.TransformObservation(env, lambda o: 2 * o, scaled(env)),
    ),
    "TransformReward": (FEATURES, lambda env, to: w.TransformReward(env, lambda r: 2 * r)),
}  # fmt: skip

VECTOR: dict[str, tuple[dict[str, Any], Callable[[VectorEnv, Path], VectorEnv]]] = {
    "ClipReward": (FEATURES, lambda envs, to: v.ClipReward(envs, -1.0, 1.0)),
    "DictInfoToList": (FEATURES, lambda envs, to: v.DictInfoToList(envs)),
    "DtypeObservation": (FEATURES, lambda envs, to: v.DtypeObservation(envs, np.float64)),
    "FilterObservation": (VALUES, lambda envs, to: v.FilterObservation(envs, ["ship"])),
    "FlattenObservation": (GREY, lambda envs, to: v.FlattenObservation(envs)),
    "GrayscaleObservation": (COLOUR, lambda envs, to: v.GrayscaleObservation(envs)),
    "NormalizeObservation": (FEATURES, lambda envs, to: v.NormalizeObservation(envs)),
    "NormalizeReward": (FEATURES, lambda envs, to: v.NormalizeReward(envs)),
    "NumpyToTorch": (FEATURES, lambda envs, to: v.NumpyToTorch(envs)),
    "RecordEpisodeStatistics": (FEATURES, lambda envs, to: v.RecordEpisodeStatistics(envs)),
    "RecordVideo": (FILMED, lambda envs, to: v.RecordVideo(envs, str(to), episode_trigger=first)),
    "RescaleObservation": (FEATURES, lambda envs, to: v.RescaleObservation(envs, LOW, HIGH)),
    "ReshapeObservation": (GREY, lambda envs, to: v.ReshapeObservation(envs, (42, 168))),
    "ResizeObservation": (COLOUR, lambda envs, to: v.ResizeObservation(envs, (84, 84))),
    "TransformAction": (FEATURES, lambda envs, to: v.TransformAction(envs, lambda a: a % 9)),
    "TransformObservation": (FEATURES, lambda envs, to: v.TransformObservation(envs, lambda o: o)),
    "TransformReward": (FEATURES, lambda envs, to: v.TransformReward(envs, lambda r: 2 * r)),
    "VectorizeTransformAction": (
        FEATURES,
        lambda envs, to: v.VectorizeTransformAction(
            envs, w.TransformAction, func=lambda a: a % 9, action_space=NINE
        ),
    ),
    "VectorizeTransformObservation": (
        FEATURES,
        lambda envs, to: v.VectorizeTransformObservation(
            envs, w.DtypeObservation, dtype=np.float64
        ),
    ),
    "VectorizeTransformReward": (
        FEATURES,
        lambda envs, to: v.VectorizeTransformReward(
            envs, w.TransformReward, func=lambda r: 2 * r
        ),
    ),
}  # fmt: skip


# Gymnasium 1.2 lacks this wrapper. It does not widen the space of what a pool's wrapper normalises.
if not hasattr(w, "RepeatAction"):
    del SINGLE["RepeatAction"]
NO_BOUNDS = {"NormalizeObservation"}


@pytest.mark.parametrize("name", SINGLE)
def test_single(name: str, tmp_path: Path) -> None:
    options, wrap = SINGLE[name]
    env = wrap(gymnasium.make(ID, **options), tmp_path)
    assert type(env).__name__ == name
    observation, _ = env.reset(seed=1)
    env.action_space.seed(1)
    for _ in range(10):
        check(env.observation_space, observation)
        observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        assert np.isscalar(reward)
        if terminated or truncated:
            break
    assert truncated == (name == "TimeLimit")
    if name == "RenderCollection":
        pictures = env.render()
        assert [picture.shape for picture in pictures] == [(240, 256, 3)] * 11
    env.close()
    assert bool(list(tmp_path.glob("*.mp4"))) == (name == "RecordVideo")


@pytest.mark.parametrize("name", VECTOR)
def test_pool(name: str, tmp_path: Path) -> None:
    options, wrap = VECTOR[name]
    envs = wrap(NesVectorEnv(num_envs=3, **options), tmp_path)
    assert type(envs).__name__ == name
    observations, _ = envs.reset(seed=1)
    envs.action_space.seed(1)
    for _ in range(10):
        check(envs.observation_space, observations, bounds=name not in NO_BOUNDS)
        observations, rewards, terminated, truncated, infos = envs.step(envs.action_space.sample())
        assert rewards.shape == terminated.shape == truncated.shape == (3,)
        assert len(infos) == 3 or name != "DictInfoToList"
    envs.close()
    assert bool(list(tmp_path.glob("*.mp4"))) == (name == "RecordVideo")


def check(space: gymnasium.Space[Any], observation: Any, *, bounds: bool = True) -> None:
    """Check that an observation is of its space; of a tensor the shape alone."""
    if type(observation).__module__ == "torch" or not bounds:
        assert tuple(observation.shape) == space.shape
    else:
        assert observation in space
