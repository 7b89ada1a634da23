"""One FCEUX process as a Python object."""

from copain_gym.bridge.savestate import SaveState
from copain_gym.emulator.emulator import Emulator
from copain_gym.emulator.pooled import PooledEmulator

__all__ = ["Emulator", "PooledEmulator", "SaveState"]
