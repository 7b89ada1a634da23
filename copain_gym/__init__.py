"""Play, learn and speedrun NES games from Python, in real FCEUX emulators.

What takes long to import is imported when it is used, so that `import copain_gym.tas` is quick.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

from copain_gym.buttons import Button
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
    ProblemError,
    ProtocolError,
    RemoteLuaError,
    RomError,
    SearchError,
    StartError,
    StateError,
)

if TYPE_CHECKING:
    from copain_gym.emulator import Emulator, SaveState
    from copain_gym.envs.record_movie import RecordMovie
    from copain_gym.envs.registration import register_game

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
    "ProblemError",
    "ProtocolError",
    "RecordMovie",
    "RemoteLuaError",
    "RomError",
    "SaveState",
    "SearchError",
    "StartError",
    "StateError",
    "register_game",
]
__version__ = "0.1.0"

_LATE = {
    "Emulator": "copain_gym.emulator",
    "RecordMovie": "copain_gym.envs.record_movie",
    "SaveState": "copain_gym.emulator",
    "register_game": "copain_gym.envs.registration",
}
"""Names that are imported when they are used, and their modules."""

_PACKAGES = frozenset(
    (
        *("bridge", "emulator", "engines", "envs", "files", "games", "lua_api", "paths", "remote"),
        *("roms", "tas"),
    )
)
"""Packages and modules that are attributes of this one without being imported by name."""


def __getattr__(name: str) -> object:
    if name in _LATE:
        value = getattr(importlib.import_module(_LATE[name]), name)
        globals()[name] = value
        return value
    if name in _PACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE, *_PACKAGES})


# ---- environments ----------------------------------------------------------


def _register_envs() -> None:
    from copain_gym.envs.registration import register_envs

    register_envs()


class _GymnasiumFinder:
    """An entry of `sys.meta_path`: registers the environments when Gymnasium is imported."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "gymnasium" or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)  # the search below must not find this finder again
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                execute(module)
                _register_envs()

            spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec


if "gymnasium" in sys.modules:
    _register_envs()
else:
    sys.meta_path.insert(0, _GymnasiumFinder())
