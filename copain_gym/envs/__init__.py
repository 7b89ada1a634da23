"""Gymnasium environments."""

from copain_gym.envs.nes_env import NesEnv

__all__ = ["NesEnv"]
