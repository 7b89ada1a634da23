"""Stable-Baselines3, sb3-contrib and SBX, with the pool and with their own worker processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import sb3_contrib
import sbx
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.callbacks import EvalCallback
from stable_baselines3.common.env_util import make_atari_env
from stable_baselines3.common.env_util import make_vec_env as make_workers
from stable_baselines3.common.vec_env import (
    SubprocVecEnv,
    VecFrameStack,
    VecNormalize,
    VecVideoRecorder,
)

from copain_gym.sb3 import make_vec_env

ID = "copain_gym:copain/Hirondelle-v0"
SHORT: dict[str, Any] = {"max_episode_frames": 120}
ROLLOUT: dict[str, Any] = {"n_steps": 32, "batch_size": 32, "device": "cpu"}


@pytest.mark.parametrize(
    ("algorithm", "policy", "settings"),
    [
        (PPO, "MlpPolicy", ROLLOUT),
        (A2C, "MlpPolicy", {"device": "cpu"}),
        (DQN, "MlpPolicy", {"learning_starts": 20}),
        (sb3_contrib.MaskablePPO, "MlpPolicy", ROLLOUT),
        (sb3_contrib.RecurrentPPO, "MlpLstmPolicy", ROLLOUT),
        (sb3_contrib.QRDQN, "MlpPolicy", {"learning_starts": 20}),
        (sb3_contrib.TRPO, "MlpPolicy", ROLLOUT),
        (sbx.PPO, "MlpPolicy", {"n_steps": 32, "batch_size": 32}),
        (sbx.DQN, "MlpPolicy", {"learning_starts": 20}),
    ],
    ids=lambda value: getattr(value, "__module__", "") if isinstance(value, type) else None,
)
def test_algorithms(algorithm: Any, policy: str, settings: dict[str, Any]) -> None:
    envs = make_vec_env(ID, 2, seed=1, **SHORT)
    model = algorithm(policy, envs, seed=1, **settings).learn(128)
    assert len(model.ep_info_buffer) >= 2
    envs.close()


def test_normalisation_evaluation_and_video(tmp_path: Path) -> None:
    envs = VecNormalize(make_vec_env(ID, 2, seed=1, **SHORT))
    evaluation: Any = make_vec_env(ID, 1, seed=2, render_mode="rgb_array", **SHORT)
    evaluation = VecVideoRecorder(
        evaluation, str(tmp_path), lambda step: step == 0, video_length=20, name_prefix="flight"
    )
    evaluation = VecNormalize(evaluation, training=False, norm_reward=False)
    callback = EvalCallback(evaluation, n_eval_episodes=2, eval_freq=32, verbose=0)
    PPO("MlpPolicy", envs, seed=1, **ROLLOUT).learn(128, callback)
    assert callback.last_mean_reward >= 0
    evaluation.close()
    envs.close()
    (video,) = tmp_path.glob("flight*.mp4")
    assert video.stat().st_size > 1000


def test_worker_processes_and_a_stack() -> None:
    envs = make_workers(ID, 2, seed=1, env_kwargs=SHORT, vec_env_cls=SubprocVecEnv)
    stacked = VecFrameStack(envs, 3)
    PPO("MlpPolicy", stacked, **ROLLOUT).learn(64)
    stacked.close()


def test_atari() -> None:
    envs = make_atari_env(
        ID,
        2,
        seed=1,
        env_kwargs={"obs_type": "rgb", "frame_skip": 1},
        wrapper_kwargs={"noop_max": 4},
    )
    stacked = VecFrameStack(envs, 4)
    assert stacked.observation_space.shape == (84, 84, 4)
    PPO("CnnPolicy", stacked, n_steps=16, batch_size=32, device="cpu").learn(32)
    stacked.close()


def test_a_policy_plays_a_single_environment() -> None:
    env = gymnasium.make(ID, **SHORT)
    model = PPO("MlpPolicy", env, **ROLLOUT).learn(32)
    action, _ = model.predict(env.reset()[0])
    assert env.action_space.contains(np.asarray(action)[()])
    env.close()
