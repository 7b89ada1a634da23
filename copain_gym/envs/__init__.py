"""Gymnasium environments."""

from copain_gym.envs.nes_env import NesEnv
from copain_gym.envs.task import Task

__all__ = ["NesEnv", "Task"]
