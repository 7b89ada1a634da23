"""Finds the package's non-Python files and the user's folders.

An installed wheel has its files inside the package. With an editable install of a source checkout,
the compiled module is in site-packages and the other files are in the checkout.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import stat
import sys
import tempfile
import warnings
from pathlib import Path
from urllib.parse import unquote, urlsplit

from copain_gym.errors import CopainError

__all__ = [
    "agents_directory",
    "bundled_rom",
    "cache_directories",
    "cache_directory",
    "data_directory",
    "engine_directory",
    "expand_user",
    "install_command",
    "lua_directory",
    "native_directory",
]

_warned = False  # whether the warning about a substitute folder was shown


def _find(*candidates: str) -> Path:
    """The first candidate that exists, relative to the package's folders."""
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
    """The folder of `bridge.lua`; a checkout's copy is preferred to an installed one."""
    return _find("../lua/bridge.lua", "lua/bridge.lua").parent


def native_directory() -> Path:
    """The folder of the compiled C libraries, such as `copain_native.so`."""
    return _find("lua/copain_native.so").parent


def agents_directory() -> Path:
    """The folder of the training scripts; a checkout's copy is preferred to an installed one."""
    return _find("../agents/ppo.py", "agents/ppo.py").parent


def engine_directory() -> Path:
    """The folder of the headless engine's sources: its driver, patches and CMakeLists.txt.

    Raises:
        FileNotFoundError: this installation does not include them.
    """
    return _find("../engine/CMakeLists.txt", "engine_src/CMakeLists.txt").parent


def bundled_rom() -> Path:
    """The file of Hirondelle, the bundled game."""
    return _find("data/hirondelle.nes")


def data_directory() -> Path:
    """The user's folder for ROMs and named states: `COPAIN_DATA_DIR`, else the XDG folder.

    If the user has no home directory or it is not writable, this is a folder in the temporary
    directory, with a warning.
    """
    named = os.environ.get("COPAIN_DATA_DIR")
    if named:
        return expand_user(named).absolute()
    folder = _users("XDG_DATA_HOME", ".local/share")
    if folder is not None and (folder.is_dir() or _writable(folder)):
        return folder
    return _substitute("data", folder)


def cache_directory() -> Path:
    """The folder to write builds and downloads to: `COPAIN_CACHE`, else the user's XDG cache.

    See `data_directory` if the user has no writable home directory.
    """
    named = os.environ.get("COPAIN_CACHE")
    if named:
        return expand_user(named)
    folder = _users("XDG_CACHE_HOME", ".cache")
    if folder is not None and _writable(folder):
        return folder
    return _substitute("cache", folder)


def cache_directories() -> list[Path]:
    """The folders to search for builds. The user's comes first, even if it is not writable."""
    folder = _users("XDG_CACHE_HOME", ".cache")
    if not os.environ.get("COPAIN_CACHE") and folder is not None and folder.is_dir():
        return [folder] if _writable(folder) else [folder, _private() / "cache"]
    return [cache_directory()]


def _users(variable: str, default: str) -> Path | None:
    """This package's folder in a user folder; None if the user has no home directory."""
    named = os.environ.get(variable)
    try:
        return (Path(named) if named else Path.home() / default) / "copain-gym"
    except RuntimeError:  # HOME is not set and the user has no entry
        return None


def _writable(folder: Path) -> bool:
    """Whether files can be written there; the folder and its parents need not exist yet."""
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError):  # a parent folder cannot be read
            if place.exists():
                return place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    return False


def _private() -> Path:
    """A private folder of this user in the temporary directory; made if it is missing."""
    folder = Path(tempfile.gettempdir()) / f"copain-gym-{os.geteuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(0o700)
    status = folder.lstat()
    # Anybody can write to the temporary directory, so another user may have made it.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise CopainError(
            f"{folder} is not a private directory of this user; remove it, or set "
            f"COPAIN_DATA_DIR and COPAIN_CACHE to other folders"
        )
    return folder


def _substitute(kind: str, folder: Path | None) -> Path:
    """A substitute for a user folder, in the temporary directory; warns once."""
    global _warned
    private = _private()
    if not _warned:
        _warned = True
        why = "there is no home directory (HOME)"
        if folder is not None:
            why = f"{folder} cannot be written"
        warnings.warn(
            f"{why}; ROMs, states and builds of the engine are kept in {private}, which may be "
            f"deleted at a restart (set COPAIN_DATA_DIR and COPAIN_CACHE to other folders)",
            RuntimeWarning,
            stacklevel=3,
        )
    return private / kind


def install_command(extra: str) -> str:
    """The command that installs an extra from where the package itself came from.

    pip notes a path or an address that it was given (`direct_url.json`); a name alone would lead it
    elsewhere.
    """
    from importlib import metadata  # takes long to import

    name = f"copain-gym[{extra}]"
    try:
        noted = json.loads(metadata.distribution("copain-gym").read_text("direct_url.json") or "")
        url = str(noted["url"])
        version_control = noted.get("vcs_info", {}).get("vcs")
        editable = noted.get("dir_info", {}).get("editable") is True
    except (metadata.PackageNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return f"pip install {shlex.quote(name)}"
    if version_control or not url.startswith("file:"):
        prefix = f"{version_control}+" if version_control else ""
        return f"pip install {shlex.quote(f'{name} @ {prefix}{url}')}"
    path = shlex.quote(f"{unquote(urlsplit(url).path)}[{extra}]")
    return f"pip install {'-e ' if editable else ''}{path}"
