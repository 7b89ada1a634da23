"""Chooses the FCEUX engine, its command line and its environment."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from copain_gym.engines.display import check_display
from copain_gym.engines.firmware import FCEUX_FOLDERS
from copain_gym.engines.headless import find_headless, was_built
from copain_gym.errors import EmulatorNotFound
from copain_gym.paths import cache_directories, expand_user

__all__ = ["ENGINES", "Engine", "EngineName", "find_engine", "find_fceux", "guessed_region"]

EngineName = Literal["auto", "headless", "fceux"]

ENGINES: tuple[EngineName, ...] = get_args(EngineName)

_warned = False  # that stock FCEUX is used in place of the headless engine


@dataclass(frozen=True)
class Engine:
    """An emulator executable and how to start it.

    Attributes:
        name: `headless` or `fceux`.
        executable: its file.
        windowed: whether it shows a window.
        sound: whether it plays sound; only `fceux` can.
    """

    name: str
    executable: Path
    windowed: bool = False
    sound: bool = False

    def command(
        self, rom: Path, script: Path, options: Sequence[str] = (), region: str = "NTSC"
    ) -> list[str]:
        """The command line.

        Args:
            rom: the ROM file.
            script: the Lua script to run with the game.
            options: further emulator options.
            region: `NTSC`, `PAL` or `Dendy`, whatever the ROM or its name says.
        """
        if self.name == "headless":
            return [
                str(self.executable),
                *(f"--{region.lower()}", *options),
                *("--rom", str(rom), "--lua", str(script)),
            ]
        # The default OpenGL driver crashes on Qt's offscreen platform and, on software
        # OpenGL, uses a whole core.
        sound = "1" if self.sound else "0"
        fixed = ["--videoDriver", "1", "--sound", sound, "--no-config", "1"]
        fixed += ["--autoPal", "0", "--pal", str(("NTSC", "PAL", "Dendy").index(region))]
        return [str(self.executable), *fixed, *options, "--loadlua", str(script), str(rom)]

    def environment(self, home: Path) -> dict[str, str]:
        """The environment of the process, with `home` as its private home."""
        environment = dict(os.environ, HOME=str(home), TMPDIR=str(home))
        for name in FCEUX_FOLDERS:  # with which FCEUX would not use its private home
            environment.pop(name, None)
        if not self.sound:
            environment["SDL_AUDIODRIVER"] = "dummy"
        if self.windowed:
            environment["COPAIN_WINDOW"] = "1"
        else:
            environment["QT_QPA_PLATFORM"] = "offscreen"
            environment["SDL_VIDEODRIVER"] = "dummy"
            environment["XDG_RUNTIME_DIR"] = str(home)
            for name in ("COPAIN_WINDOW", "DISPLAY", "WAYLAND_DISPLAY"):
                environment.pop(name, None)
        return environment


_PAL_NAME = re.compile(r"\((?:[EeFfGgIi]|Europe|PAL)\)")


def guessed_region(rom: Path) -> str:
    """The region in which FCEUX switches an iNES file on before it is told another one."""
    with contextlib.suppress(OSError), rom.open("rb") as file:
        header = file.read(16)
        if len(header) == 16 and header[7] & 0x0C == 0x08:
            return "PAL" if header[12] & 3 == 1 else "NTSC"
    return "PAL" if _PAL_NAME.search(rom.name) or _PAL_NAME.search(rom.resolve().name) else "NTSC"


def find_fceux() -> Path:
    """Find the stock emulator: `COPAIN_FCEUX`, then PATH, then the games directory.

    Raises:
        EmulatorNotFound: FCEUX was not found, or `COPAIN_FCEUX` is not an executable file.
    """
    named = os.environ.get("COPAIN_FCEUX")
    if named:
        return _check_executable(expand_user(named), "COPAIN_FCEUX")
    # Debian installs it in a directory that is not on every PATH.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/games", "/usr/local/games"])
    found = shutil.which("fceux", path=path)
    if found is None:
        raise EmulatorNotFound(
            "fceux was not found on PATH nor in the games directories; "
            "install it (Debian and Ubuntu: `apt install fceux`) or set COPAIN_FCEUX to its path"
        )
    return Path(found)


def _check_executable(path: Path, source: str) -> Path:
    if not path.is_file():
        raise EmulatorNotFound(f"{source} is {str(path)!r}, which is not a file")
    if not os.access(path, os.X_OK):
        raise EmulatorNotFound(f"{source} is {str(path)!r}, which is not executable")
    return path.absolute()


def find_engine(name: str | None = None, *, window: bool = False) -> Engine:
    """Choose the engine.

    Args:
        name: `headless`, `fceux`, or `auto`. `auto` chooses headless if it is built and no window
            is wanted. None uses `COPAIN_ENGINE`, else `auto`.
        window: whether to show a window; only `fceux` has one.

    Raises:
        ValueError: the name is unknown, or it is `headless` and a window is wanted.
        EmulatorNotFound: that engine is not installed.
        DisplayError: a window is asked for, and no display was found.
    """
    source = "engine"
    if name is None:
        name, source = os.environ.get("COPAIN_ENGINE") or "auto", "COPAIN_ENGINE"
    if name not in ENGINES:
        raise ValueError(f"{source} is {name!r}; allowed are {', '.join(ENGINES)}")
    if name == "headless" and window and source == "engine":
        raise ValueError("engine 'headless' has no window; use 'fceux' or 'auto'")
    if name != "fceux" and not window:
        headless = find_headless()
        if headless is not None:
            return Engine("headless", headless)
        if name == "headless":
            raise EmulatorNotFound(
                "the headless engine is not built; build it with `copain engine build`"
            )
        stock = Engine("fceux", find_fceux())
        _warn_of_stock()
        return stock
    engine = Engine("fceux", find_fceux(), window)
    if window:
        check_display()
    return engine


def _warn_of_stock() -> None:
    """Say once that stock FCEUX plays because no build of the headless engine was found."""
    global _warned
    if _warned:
        return
    _warned = True
    folders = " and ".join(str(folder / "engine") for folder in cache_directories())
    why = f"the headless engine is not built ({folders} has none)"
    if was_built():
        why = "the headless engine was built from the sources of another version"
    warnings.warn(
        f"{why}, so the several times slower stock FCEUX is used; run `copain engine build` "
        f"(engine='fceux' or COPAIN_ENGINE=fceux selects stock FCEUX without this warning)",
        RuntimeWarning,
        stacklevel=3,
    )
