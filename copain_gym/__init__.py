"""Play, learn and speedrun NES games from Python, in real FCEUX emulators."""

from copain_gym.buttons import Button
from copain_gym.emulator import Emulator, SaveState
from copain_gym.envs.registration import register_envs as _register_envs
from copain_gym.envs.registration import register_game
from copain_gym.errors import (
    CopainError,
    DisplayError,
    EmulatorClosed,
    EmulatorCrashed,
    EmulatorLost,
    EmulatorNotFound,
    EmulatorTimeout,
    EndpointError,
    FileError,
    ForkError,
    LimitError,
    LuaError,
    MovieError,
    MovieWarning,
    PoolError,
    ProtocolError,
    RemoteLuaError,
    RomError,
    StartError,
    StateError,
)

__all__ = [
    "Button",
    "CopainError",
    "DisplayError",
    "Emulator",
    "EmulatorClosed",
    "EmulatorCrashed",
    "EmulatorLost",
    "EmulatorNotFound",
    "EmulatorTimeout",
    "EndpointError",
    "FileError",
    "ForkError",
    "LimitError",
    "LuaError",
    "MovieError",
    "MovieWarning",
    "PoolError",
    "ProtocolError",
    "RemoteLuaError",
    "RomError",
    "SaveState",
    "StartError",
    "StateError",
    "register_game",
]
__version__ = "0.1.0"

_register_envs()
