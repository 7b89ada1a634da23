"""Many emulators at once: Gymnasium's vector environment."""

from copain_gym.vector.nes_vector_env import NesVectorEnv
from copain_gym.vector.record_movie import RecordMovie
from copain_gym.vector.states import LaneState

__all__ = ["LaneState", "NesVectorEnv", "RecordMovie"]
