"""`record_in_window`: a person plays in FCEUX's window, and FCEUX records the movie."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from pathlib import Path

from copain_gym.engines.engine import find_engine
from copain_gym.engines.firmware import require_firmware
from copain_gym.engines.home import Home
from copain_gym.engines.launch import launch
from copain_gym.engines.limits import enough_descriptors
from copain_gym.engines.process import EmulatorProcess
from copain_gym.errors import CopainError, EmulatorCrashed
from copain_gym.paths import expand_user
from copain_gym.roms.contents import Region
from copain_gym.roms.rom import read_rom
from copain_gym.roms.store import rom_region
from copain_gym.tas.movie import Movie

__all__ = ["KEYS", "record_in_window"]

KEYS = {
    "arrow keys": "directions",
    "F": "A",
    "D": "B",
    "Enter": "start",
    "S": "select",
    "Pause": "pause and go on",
    "backslash": "one frame, during a pause",
    "I and P": "save and load a state; a load is a rerecord",
    "Shift+F1 to F9": "save a state in a slot, which F1 to F9 loads",
    "Ctrl+R": "reset",
    "Tab": "fast, while it is held",
    "Ctrl+Q": "end",
}
"""The keys of FCEUX's window, and what they do."""

_SCRIPT = Path(__file__).with_name("record.lua")
_END_SECONDS = 10.0  # for FCEUX to end after the request


def record_in_window(
    path: str | os.PathLike[str],
    rom: str | os.PathLike[str] | None = None,
    *,
    author: str = "",
    region: Region | None = None,
    sound: bool = True,
) -> Movie:
    """Let a person play in FCEUX's window, and write the movie of it when the window is closed.

    FCEUX itself records from power-on. Pauses leave no trace in the movie; resets and power cycles
    are its commands; a loaded savestate takes back what was played since and counts as a rerecord.
    Ctrl-C ends the recording like closing the window does.

    While the game is played, FCEUX writes to a file `.NAME.PID.part` beside `path`. If Python is
    killed, that file is left: a movie up to a few seconds before.

    Args:
        path: the movie file, `.fm2`; it is written completely or not at all.
        rom: ROM file; None means the bundled game.
        author: name of the author in the movie.
        region: `NTSC` or `PAL`; None is that of the ROM.
        sound: play the game's sound.

    Returns:
        The movie.

    Raises:
        DisplayError: no display was found.
        EmulatorNotFound: stock FCEUX is not installed.
        EmulatorCrashed: FCEUX could not record, or crashed; the movie up to there is written.
        CopainError: nothing was played, or the region is Dendy.
        FileError: the file cannot be written.
    """
    target = expand_user(path).absolute()
    content = read_rom(rom)
    region = rom_region(content, region)
    if region == "Dendy":
        raise CopainError("a movie can be NTSC or PAL, not Dendy")
    if content.kind == "FDS":
        require_firmware("disksys.rom", f"the disk {content.path}")
    engine = dataclasses.replace(find_engine("fceux", window=True), sound=sound)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    with enough_descriptors():
        home = Home()
        end = home.path / "end"
        variables = {
            "COPAIN_RECORD_MOVIE": str(part),
            "COPAIN_RECORD_AUTHOR": author,
            "COPAIN_RECORD_END": str(end),
        }
        process = launch(engine, content.path, home, variables, script=_SCRIPT, region=region)
    try:
        _wait(process, end)
        crash = process.crashed()
    finally:
        process.end()
    return _take(part, target, crash)


def _wait(process: EmulatorProcess, end: Path) -> None:
    """Wait until the window is closed, or until Ctrl-C."""
    try:
        while not process.wait(0.5):
            pass
    except KeyboardInterrupt:
        with contextlib.suppress(FileNotFoundError):  # it has just ended
            end.touch()
        deadline = time.monotonic() + _END_SECONDS
        while not process.wait(0.2) and time.monotonic() < deadline:
            pass


def _take(part: Path, target: Path, crash: EmulatorCrashed) -> Movie:
    """Move a recording that has ended to its place."""
    failed = crash.returncode != 0
    if not part.is_file():
        raise crash if failed else CopainError(f"FCEUX has recorded no movie in {part}")
    movie = Movie.read(part)
    if movie.frames:
        movie.write(target)
    part.unlink()
    if failed:
        raise crash
    if not movie.frames:
        raise CopainError("nothing was played, so no movie was written")
    return movie
