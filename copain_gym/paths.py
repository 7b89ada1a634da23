"""Where the package's files that are not Python are found.

In an installed wheel they lie inside the package; in a source checkout that is installed in
editable mode the compiled module lies in site-packages and the rest in the checkout.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = [
    "agents_directory",
    "bundled_rom",
    "data_directory",
    "engine_directory",
    "lua_directory",
    "native_directory",
]


def _find(*candidates: str) -> Path:
    """The first file that exists, relative to the package's folders."""
    for candidate in candidates:
        for folder in sys.modules[__package__].__path__:
            path = Path(folder) / candidate
            if path.exists():
                return path.resolve()
    raise FileNotFoundError(
        f"{candidates[0]} is missing from the installed package; install it again "
        f"(from a checkout: `make setup`)"
    )


def lua_directory() -> Path:
    """The folder of `bridge.lua`; a checkout's own comes before an installed copy."""
    return _find("../lua/bridge.lua", "lua/bridge.lua").parent


def native_directory() -> Path:
    """The folder of the Lua C module `copain_native.so`."""
    return _find("lua/copain_native.so").parent


def agents_directory() -> Path:
    """The folder of the training scripts; a checkout's own comes before an installed copy."""
    return _find("../agents/ppo.py", "agents/ppo.py").parent


def engine_directory() -> Path:
    """The folder of the headless engine's sources: its driver, patches and CMakeLists.txt.

    Raises:
        FileNotFoundError: this installation has none.
    """
    return _find("../engine/CMakeLists.txt", "engine_src/CMakeLists.txt").parent


def bundled_rom() -> Path:
    """The file of Hirondelle, the bundled game."""
    return _find("data/hirondelle.nes")


def data_directory() -> Path:
    """The user's folder for ROMs and named states: `COPAIN_DATA_DIR`, else as XDG has it."""
    named = os.environ.get("COPAIN_DATA_DIR")
    if named:
        return Path(named).expanduser().absolute()
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "copain-gym"
