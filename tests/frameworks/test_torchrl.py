"""TorchRL: single environments, the pool, worker processes, collectors, infos."""

from __future__ import annotations

import functools
from typing import Any

import gymnasium
import pytest
import torch
from torchrl.collectors import Collector
from torchrl.envs import GymEnv, GymWrapper, ParallelEnv
from torchrl.envs.utils import check_env_specs

ID = "copain_gym:copain/Hirondelle-v0"


def test_a_single_environment_with_its_infos() -> None:
    env = GymEnv("copain/Hirondelle-v0").auto_register_info_dict()
    check_env_specs(env)
    rollout = env.rollout(5)
    assert rollout["next", "observation"].shape == (5, 135)
    assert rollout["next", "score"].dtype == torch.int64
    assert rollout["next", "life_lost"].dtype == torch.bool
    env.close()


@pytest.mark.parametrize("mode", ["SameStep", "Disabled"])
def test_the_pool(mode: str) -> None:
    """TorchRL refuses NEXT_STEP of any vector environment."""
    envs = gymnasium.make_vec(ID, num_envs=2, autoreset_mode=mode, max_episode_frames=40)
    wrapped = GymWrapper(envs)
    rollout = wrapped.rollout(25, break_when_any_done=False)
    assert rollout["next", "observation"].shape == (2, 25, 135)
    assert rollout["next", "done"].sum() == 4
    wrapped.close()


def make(**options: Any) -> Any:
    return GymEnv(ID, **options)


def test_workers_and_a_collector() -> None:
    envs = ParallelEnv(2, functools.partial(make, max_episode_frames=40))
    collector = Collector(envs, None, frames_per_batch=32, total_frames=64)
    shapes = [batch["observation"].shape for batch in collector]
    collector.shutdown()
    assert shapes == [torch.Size([2, 16, 135])] * 2
