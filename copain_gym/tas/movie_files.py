"""Files of movies of any format: FM2 or BizHawk's `.bk2`, by what is in them or their suffix."""

from __future__ import annotations

import os
from pathlib import Path

from copain_gym.errors import FileError, MovieError
from copain_gym.files import read_file
from copain_gym.paths import expand_user
from copain_gym.roms.rom import Rom
from copain_gym.tas.bk2 import from_bk2, write_bk2
from copain_gym.tas.movie import LARGEST_MOVIE, Movie

__all__ = ["is_bk2", "load_movie", "save_movie"]


def is_bk2(path: str | os.PathLike[str]) -> bool:
    """Whether the suffix of a file says that it is a `.bk2`.

    Examples:
        >>> is_bk2("run.bk2"), is_bk2("run.fm2")
        (True, False)
    """
    return Path(path).suffix.lower() == ".bk2"


def load_movie(path: str | os.PathLike[str]) -> tuple[Movie, list[str]]:
    """Read a movie; what is in the file tells its format.

    Returns:
        The movie, and what cannot survive in it, a sentence each; nothing for an FM2 file.

    Raises:
        MovieError: the file cannot be read, or it is no movie.

    Warns:
        MovieWarning: see `Movie.read`.
    """
    try:
        data = read_file(expand_user(path), LARGEST_MOVIE)
    except FileError as error:
        raise MovieError(f"the movie {path} cannot be read: {error}") from error
    if is_bk2(path) or data.startswith(b"PK\x03\x04"):
        return from_bk2(data, str(path))
    return Movie.from_bytes(data, str(path)), []


def save_movie(movie: Movie, path: str | os.PathLike[str], rom: Rom | None = None) -> list[str]:
    """Write a movie; the suffix tells the format: `.fm2` or `.bk2`.

    Args:
        movie: the movie.
        path: the file.
        rom: the ROM, for `.bk2`; see `write_bk2`.

    Returns:
        What cannot survive, a sentence each; nothing for an FM2 file.

    Raises:
        MovieError: the suffix is another one, or the movie holds what FM2 has no place for.
        FileError: the file cannot be written.
    """
    if is_bk2(path):
        return write_bk2(movie, path, rom)
    if Path(path).suffix.lower() != ".fm2":
        raise MovieError(f"the suffix of {path} must be .fm2 or .bk2; it tells the format")
    movie.write(path)
    return []
