"""The user's files that some games need: the FDS BIOS and the ROM of the Game Genie.

FCEUX looks for them in its folder, which for us is a new one in a private home.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from copain_gym.errors import CopainError, RomError
from copain_gym.paths import expand_user

__all__ = ["FCEUX_FOLDERS", "find_firmware", "provide_firmware", "require_firmware"]

FCEUX_FOLDERS = ("FCEUX_CONFIG_DIR", "FCEUX_HOME")
"""Environment variables that name another folder than `~/.fceux` to FCEUX."""

_FILES = {
    "disksys.rom": ("COPAIN_FDS_BIOS", "the BIOS of the Famicom Disk System"),
    "gg.rom": ("COPAIN_GAME_GENIE", "the ROM of the Game Genie"),
}
_GENIE_OPTIONS = ("--gamegenie", "-g", "--game-genie")  # of stock FCEUX and the headless engine


def find_firmware(name: str) -> Path | None:
    """The user's `disksys.rom` or `gg.rom`; None where there is none.

    It is the file that COPAIN_FDS_BIOS or COPAIN_GAME_GENIE names, else the one in FCEUX's folder.

    Raises:
        RomError: the variable names no file that can be read.
    """
    variable, what = _FILES[name]
    named = os.environ.get(variable)
    if named:
        file = expand_user(named).absolute()
        if not (file.is_file() and os.access(file, os.R_OK)):
            raise RomError(f"{variable} is {named!r}, which is no file that can be read ({what})")
        return file
    return next((folder / name for folder in _folders() if (folder / name).is_file()), None)


def _folders() -> list[Path]:
    """FCEUX's own folder of the user, as FCEUX finds it."""
    configured, home = (os.environ.get(name) for name in FCEUX_FOLDERS)
    if configured:
        return [Path(configured).absolute()]
    try:
        return [(Path(home) if home else expand_user("~")).absolute() / ".fceux"]
    except CopainError:  # the user has no home directory
        return []


def require_firmware(name: str, purpose: str) -> None:
    """See that the user has a file.

    Args:
        name: `disksys.rom` or `gg.rom`.
        purpose: what needs it, for the message.

    Raises:
        RomError: there is none; it tells where it is looked for.
    """
    if find_firmware(name) is None:
        variable, what = _FILES[name]
        looked = " nor ".join(str(folder / name) for folder in _folders())
        raise RomError(
            f"{purpose} needs {what}, {name}: "
            + (f"there is no {looked}; " if looked else "there is no home directory (HOME); ")
            + f"{variable} can name the file"
        )


def provide_firmware(home: Path, options: Sequence[str] = ()) -> None:
    """Link the user's files into an emulator's private home.

    Args:
        home: the private home.
        options: the emulator's options; where they ask for the Game Genie, its ROM must be there.

    Raises:
        RomError: it is not, or a variable names no file that can be read.
    """
    for option, value in itertools.pairwise([*options, "1"]):
        if option in _GENIE_OPTIONS and value != "0":
            require_firmware("gg.rom", f"the option {option}")
    for name in _FILES:
        file = find_firmware(name)
        if file is not None:
            folder = home / ".fceux"
            folder.mkdir(exist_ok=True)
            (folder / name).symlink_to(file)
