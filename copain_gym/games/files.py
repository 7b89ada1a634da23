"""Games that a Python file defines."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from copain_gym.files.python_file import run_python_file
from copain_gym.games.game import Game
from copain_gym.paths import expand_user

__all__ = ["GAME_FILE", "load_game_file"]

GAME_FILE = "game.py"
"""The file of a folder that defines a game."""


def load_game_file(file: str | os.PathLike[str]) -> Game:
    """Run a Python file and return its `GAME`.

    A file that has not changed is run only once in a process. It can import other files of its
    folder with `from . import NAME`.

    Args:
        file: the file.

    Raises:
        ValueError: the file does not exist, fails, or defines no `GAME`.
    """
    path = expand_user(file).absolute()
    try:
        status = path.stat()
    except OSError as error:
        raise ValueError(f"game file {path} cannot be read: {error.strerror}") from None
    return _load(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _load(path: Path, modified: int, size: int) -> Game:
    game = run_python_file(path, "game", "GAME")
    if not isinstance(game, Game):
        raise ValueError(
            f"game file {path} has GAME = {game!r}; it must define GAME, a copain_gym.games.Game"
        )
    return game.set_origin(path, load_game_file, str(path))
