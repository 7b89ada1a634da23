"""`watch_best`: shows the best run of a search in FCEUX's window."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from copain_gym.emulator import Emulator
from copain_gym.errors import EmulatorCrashed
from copain_gym.search.problem import Problem
from copain_gym.search.saved import SavedSearch
from copain_gym.tas.replay import play_in_emulator

__all__ = ["watch_best"]

_LOOK_SECONDS = 2.0  # between two looks into the file
_PICTURE_FRAMES = 4  # of a step; the window is drawn in each of them


def watch_best(
    path: str | os.PathLike[str],
    problem: str | os.PathLike[str] | Problem | None = None,
    *,
    follow: bool = False,
    sound: bool = True,
    tell: Callable[[SavedSearch], object] = lambda search: None,
) -> None:
    """Play the best run of a search in FCEUX's window, at the console's speed.

    It ends when the run or the window does.

    Args:
        path: the file of the search; a search may be writing it.
        problem: see `SavedSearch`.
        follow: at the end of the run, wait for a better one, until the window is closed.
        sound: play the game's sound.
        tell: called with the search before its best run is played.

    Raises:
        DisplayError: no display was found.
        SearchError: see `SavedSearch`.
        EmulatorCrashed: FCEUX crashed.
    """
    search = SavedSearch(path, problem)
    try:
        while True:
            tell(search)
            with play_in_emulator(
                search.movie, search.start.rom, "fceux", window=True, sound=sound
            ) as emulator:
                emulator.lua.emu.speedmode("normal")
                left = search.movie.frames
                while left > 0:
                    emulator.step(frames=min(left, _PICTURE_FRAMES))
                    left -= _PICTURE_FRAMES
                if not follow:
                    return
                search = _better(search, path, problem, emulator)
    except EmulatorCrashed as crash:
        if crash.returncode != 0:
            raise


def _better(
    search: SavedSearch,
    path: str | os.PathLike[str],
    problem: str | os.PathLike[str] | Problem | None,
    emulator: Emulator,
) -> SavedSearch:
    """Wait for a better run."""
    while True:
        time.sleep(_LOOK_SECONDS)
        emulator.step(frames=0)  # raises an error if the window was closed
        now = SavedSearch(path, problem)
        if now.movie.guid != search.movie.guid:
            return now
