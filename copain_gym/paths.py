"""Where the package's files that are not Python are found.

In an installed wheel they lie inside the package; in a source checkout that is installed in
editable mode the compiled module lies in site-packages and the rest in the checkout.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
import warnings
from pathlib import Path

from copain_gym.errors import CopainError

__all__ = [
    "agents_directory",
    "bundled_rom",
    "cache_directories",
    "cache_directory",
    "data_directory",
    "engine_directory",
    "expand_user",
    "lua_directory",
    "native_directory",
]

_told = False  # that a folder of the user's is replaced


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


def expand_user(path: str | os.PathLike[str]) -> Path:
    """A path with `~` and `~name` at its beginning replaced by that user's home directory.

    Raises:
        CopainError: there is no such directory: HOME is not set, or there is no such user.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        user = Path(path).parts[0]
        why = "HOME is not set" if user == "~" else f"there is no user {user[1:]!r}"
        raise CopainError(
            f"the home directory in {os.fspath(path)!r} is not known: {why}; write the whole path"
        ) from None


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
    """The user's folder for ROMs and named states: `COPAIN_DATA_DIR`, else as XDG has it.

    A folder in the temporary directory, with a warning, where the user has no home directory, or
    none that can be written.
    """
    named = os.environ.get("COPAIN_DATA_DIR")
    if named:
        return expand_user(named).absolute()
    folder = _users("XDG_DATA_HOME", ".local/share")
    if folder is not None and (folder.is_dir() or _writable(folder)):
        return folder
    return _substitute("data", folder)


def cache_directory() -> Path:
    """The folder to write builds and downloads to: `COPAIN_CACHE`, else the user's cache.

    See `data_directory` for where there is none.
    """
    named = os.environ.get("COPAIN_CACHE")
    if named:
        return expand_user(named)
    folder = _users("XDG_CACHE_HOME", ".cache")
    if folder is not None and _writable(folder):
        return folder
    return _substitute("cache", folder)


def cache_directories() -> list[Path]:
    """The folders to look in for builds: the user's, even if it cannot be written, comes first."""
    folder = _users("XDG_CACHE_HOME", ".cache")
    if not os.environ.get("COPAIN_CACHE") and folder is not None and folder.is_dir():
        return [folder] if _writable(folder) else [folder, _private() / "cache"]
    return [cache_directory()]


def _users(variable: str, default: str) -> Path | None:
    """Our folder in one of the user's; None where the user has no home directory."""
    named = os.environ.get(variable)
    try:
        return (Path(named) if named else Path.home() / default) / "copain-gym"
    except RuntimeError:  # HOME is not set and the user has no entry
        return None


def _writable(folder: Path) -> bool:
    """Whether files can be written there; the folder and those above it may still be missing."""
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError):  # one above it cannot be looked into
            if place.exists():
                return place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    return False


def _private() -> Path:
    """A folder of this user's alone in the temporary directory; made if it is missing."""
    folder = Path(tempfile.gettempdir()) / f"copain-gym-{os.geteuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(0o700)
    status = folder.lstat()
    # In a directory where everybody writes, somebody else may have made it.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise CopainError(
            f"{folder} is not a directory of this user's alone; remove it, or name other folders "
            f"by COPAIN_DATA_DIR and COPAIN_CACHE"
        )
    return folder


def _substitute(kind: str, folder: Path | None) -> Path:
    """A folder in the temporary directory in place of one of the user's; warns once."""
    global _told
    private = _private()
    if not _told:
        _told = True
        why = "there is no home directory (HOME)"
        if folder is not None:
            why = f"{folder} cannot be written"
        warnings.warn(
            f"{why}; ROMs, states and builds of the engine are looked for in {private}, which may "
            f"be gone after a restart (COPAIN_DATA_DIR and COPAIN_CACHE name other folders)",
            RuntimeWarning,
            stacklevel=3,
        )
    return private / kind
