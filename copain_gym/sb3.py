"""The pool as a Stable-Baselines3 `VecEnv`; see `copain_gym.vector.sb3`."""

from copain_gym.vector.sb3 import NesVecEnv
from copain_gym.vector.sb3_make import make_vec_env

__all__ = ["NesVecEnv", "make_vec_env"]
