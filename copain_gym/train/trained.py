"""Loading the agents of earlier runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
import torch

from copain_gym.errors import CopainError
from copain_gym.train.evaluation import Agent
from copain_gym.train.runs import RunSpec

__all__ = ["CHECKPOINTS", "RandomAgent", "find_checkpoint", "load_agent"]

CHECKPOINTS = ("best", "last")


class RandomAgent:
    """Samples every action uniformly from the action space.

    Args:
        space: action space of one environment.
        seed: seed of the sampling.
    """

    def __init__(self, space: gymnasium.Space[Any], seed: int) -> None:
        self._space = space
        self._space.seed(seed)

    def act(self, observations: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return actions (n, …) for observations (n, …)."""
        return np.array([self._space.sample() for _ in range(len(observations))])


def find_checkpoint(run: Path, which: str = "best") -> Path:
    """Return the file of a checkpoint; the last one if there is no best one yet.

    Raises:
        ValueError: `which` is not one of `CHECKPOINTS`.
        CopainError: the run has no checkpoint.
    """
    if which not in CHECKPOINTS:
        raise ValueError(f"checkpoint is {which!r}; allowed are {', '.join(CHECKPOINTS)}")
    for name in (which, "last"):
        for suffix in (".zip", ".pt"):
            file = run / f"{name}{suffix}"
            if file.exists():
                return file
    raise CopainError(f"{run} has no checkpoint")


def load_agent(file: Path, spec: RunSpec, device: str = "cpu", *, trust: bool = False) -> Agent:
    """Load the agent of a checkpoint.

    Args:
        file: the checkpoint.
        spec: the run that it belongs to.
        device: device of its network.
        trust: whether a checkpoint of an older version may be unpickled, which can run any program.

    Raises:
        CopainError: the algorithm of the run is unknown, or the checkpoint cannot be read.
    """
    where = torch.device(device)
    if spec.algorithm == "q-learning":
        from copain_gym.train.q_checkpoints import load_q_agent

        return load_q_agent(file, where)
    from stable_baselines3 import DQN, PPO

    from copain_gym.train.sb3_checkpoints import load_sb3_agent

    if spec.algorithm == "ppo":
        return load_sb3_agent(PPO, file, spec, where, trust=trust)
    if spec.algorithm == "dqn":
        return load_sb3_agent(DQN, file, spec, where, trust=trust)
    raise CopainError(f"algorithm is {spec.algorithm!r}; allowed are ppo, dqn, q-learning")
