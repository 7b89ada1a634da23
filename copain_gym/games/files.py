"""Games that a Python file defines."""

from __future__ import annotations

import importlib.util
import os
import sys
import zlib
from functools import lru_cache
from pathlib import Path

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
    name = f"copain_gym_game_{path.stem}_{zlib.crc32(bytes(path)):08x}"
    # As a package, so that it can import the files next to it.
    spec = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[str(path.parent)]
    )
    if spec is None or spec.loader is None:
        raise ValueError(f"game file {path} is not a Python file; allowed are files named *.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ValueError(
            f"game file {path} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    game = getattr(module, "GAME", None)
    if not isinstance(game, Game):
        raise ValueError(
            f"game file {path} has GAME = {game!r}; it must define GAME, a copain_gym.games.Game"
        )
    return game.set_origin(path, load_game_file, str(path))
