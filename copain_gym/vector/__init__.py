"""Many emulators at once: Gymnasium's vector environment."""

from copain_gym.vector.nes_vector_env import LaneState, NesVectorEnv

__all__ = ["LaneState", "NesVectorEnv"]
