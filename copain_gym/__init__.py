"""Play, learn and speedrun NES games from Python, in real FCEUX emulators."""

import importlib as _importlib
import importlib.util as _importlib_util
import sys as _sys
from importlib.machinery import ModuleSpec as _ModuleSpec
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from copain_gym.buttons import Button
from copain_gym.errors import (
    CopainError,
    EmulatorClosed,
    EmulatorCrashed,
    EmulatorLost,
    EmulatorNotFound,
    EmulatorTimeout,
    EndpointError,
    ForkError,
    LimitError,
    LuaError,
    PoolError,
    ProtocolError,
    RomError,
    StateError,
)

if _TYPE_CHECKING:
    from copain_gym.emulator import Emulator, SaveState
    from copain_gym.envs.registration import register_game

__all__ = [
    "Button",
    "CopainError",
    "Emulator",
    "EmulatorClosed",
    "EmulatorCrashed",
    "EmulatorLost",
    "EmulatorNotFound",
    "EmulatorTimeout",
    "EndpointError",
    "ForkError",
    "LimitError",
    "LuaError",
    "PoolError",
    "ProtocolError",
    "RomError",
    "SaveState",
    "StateError",
    "register_game",
]
__version__ = "0.1.0"

_LAZY = {
    "Emulator": "emulator",
    "SaveState": "emulator",
    "register_game": "envs.registration",
}
"""Names that are imported when they are used, and where they are: `copain --help` is quick."""


def __getattr__(name: str) -> _Any:
    if name in _LAZY:
        return getattr(_importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    if not name.startswith("_") and _importlib_util.find_spec(f"{__name__}.{name}"):
        return _importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _RegisterWithGymnasium:
    """Registers the environments as soon as Gymnasium is imported.

    The package does not import it by itself: it takes longer than all the rest.
    """

    @classmethod
    def find_spec(cls, name: str, path: _Any = None, target: _Any = None) -> _ModuleSpec | None:
        if name != "gymnasium":
            return None
        _sys.meta_path.remove(cls)
        spec = _importlib_util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: _Any) -> None:
                load(module)
                cls.register()

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec

    @staticmethod
    def register() -> None:
        _importlib.import_module("copain_gym.envs.registration")


if "gymnasium" in _sys.modules:
    _RegisterWithGymnasium.register()
else:
    _sys.meta_path.insert(0, _RegisterWithGymnasium)
