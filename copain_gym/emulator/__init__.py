"""One FCEUX process as a Python object."""

from copain_gym.emulator.emulator import Emulator
from copain_gym.emulator.savestate import SaveState

__all__ = ["Emulator", "SaveState"]
