"""Minari, Tianshou, skrl and RLlib."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch

ID = "copain/Hirondelle-v0"


def test_minari_replays_bit_by_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import minari

    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    env = minari.DataCollector(gymnasium.make(ID, max_episode_frames=120, noop_max=5))
    for seed in (1, 2):
        env.reset(seed=seed)
        env.action_space.seed(seed)
        done = False
        while not done:
            _, _, terminated, truncated, _ = env.step(env.action_space.sample())
            done = terminated or truncated
    env.create_dataset("copain/test-v0", algorithm_name="random", author="tests")
    env.close()
    dataset = minari.load_dataset("copain/test-v0")
    again = dataset.recover_environment()
    assert dataset.total_episodes == 2
    for seed, episode in enumerate(dataset.iterate_episodes(), 1):
        observations = [again.reset(seed=seed)[0]]
        rewards = []
        for action in episode.actions:
            observation, reward, *_ = again.step(action)
            observations.append(observation)
            rewards.append(reward)
        assert np.array(observations).tobytes() == episode.observations.tobytes()
        assert np.array(rewards).tobytes() == episode.rewards.tobytes()
    again.close()


def test_tianshous_workers_and_buffer() -> None:
    from tianshou.data import Batch, VectorReplayBuffer
    from tianshou.env import DummyVectorEnv, SubprocVectorEnv

    # The id names the package: a worker process may be new, and import nothing else.
    make = functools.partial(gymnasium.make, f"copain_gym:{ID}", max_episode_frames=80)
    for kind in (DummyVectorEnv, SubprocVectorEnv):
        envs = kind([make] * 2)
        buffer = VectorReplayBuffer(256, 2)
        observation, _ = envs.reset(seed=1)
        for k in range(25):
            action = np.array([k % 9, 4])
            following, reward, terminated, truncated, info = envs.step(action)
            buffer.add(
                Batch(
                    obs=observation,
                    act=action,
                    rew=reward,
                    terminated=terminated,
                    truncated=truncated,
                    obs_next=following,
                    info=info,
                )
            )
            observation = following
            ended = np.flatnonzero(terminated | truncated)
            if len(ended):
                observation[ended], _ = envs.reset(ended)
        envs.close()
        batch, _ = buffer.sample(16)
        assert batch.obs.shape == (16, 135)
        assert batch.info.lives.dtype == np.int64
        assert len(buffer) == 50


def test_skrl_wraps_both() -> None:
    from skrl.envs.wrappers.torch import wrap_env

    for made in (
        gymnasium.make(ID),
        gymnasium.make_vec(ID, num_envs=3),
    ):
        env: Any = wrap_env(made, wrapper="gymnasium")
        observation, _ = env.reset()
        assert observation.shape == (env.num_envs, 135)
        for _ in range(3):
            action = torch.randint(0, 9, (env.num_envs, 1))
            observation, reward, _, _, _ = env.step(action)
        assert reward.shape == (env.num_envs, 1)
        env.close()


@pytest.mark.parametrize("runners", [0, 1])
def test_rllib(runners: int) -> None:
    """By the id with its module, in this process and in a worker process."""
    import ray
    from ray.rllib.algorithms.ppo import PPOConfig

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        config = (
            PPOConfig()
            .environment(f"copain_gym:{ID}", env_config={"max_episode_frames": 80})
            .env_runners(num_env_runners=runners, num_envs_per_env_runner=2)
            .training(train_batch_size=80, minibatch_size=40, num_epochs=1)
        )
        algorithm = config.build_algo()
        result = algorithm.train()
        algorithm.stop()
    finally:
        ray.shutdown()
    assert result["env_runners"]["num_env_steps_sampled"] >= 80
