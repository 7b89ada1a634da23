"""`Expected`: what a movie must lead to, kept in a small JSON file beside it.

The companion of `run.fm2` is `run.fm2.json`. Whoever makes a movie writes it with `expect`, and
`copain movie verify` compares stock FCEUX with it.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from copain_gym.errors import FileError, MovieError
from copain_gym.files import read_file, write_file
from copain_gym.files.schema import check_fields, check_format, hexadecimal, inflate, text
from copain_gym.games.registry import GameLike
from copain_gym.paths import expand_user
from copain_gym.roms.rom import Rom
from copain_gym.tas.movie import Movie
from copain_gym.tas.movie_roms import game_of_rom
from copain_gym.tas.outcome import Outcome, watch
from copain_gym.tas.replay import Replay

__all__ = ["Expected", "companion_path", "expect"]

_VERSION = 1
_LARGEST = 32 << 20  # bytes of a companion
_LARGEST_MOVIE = 256 << 20  # bytes of the movie in it
_DIGITS = re.compile("[0-9a-f]{8}")


def companion_path(movie: str | os.PathLike[str]) -> Path:
    """Path of a movie's companion: the movie's own path and `.json`.

    Examples:
        >>> companion_path("runs/best.fm2").as_posix()
        'runs/best.fm2.json'
    """
    path = expand_user(movie)
    return path.with_name(path.name + ".json")


@dataclass(frozen=True)
class Expected:
    """What a movie must lead to.

    Attributes:
        movie: the movie as it was then. If its file was changed later, both can be replayed to
            find the first frame that differs.
        rom_md5: MD5 of the ROM, as `Rom.md5`.
        game: name of the game whose variables and events are in the outcome; empty for none.
        engine: name of the engine that played it.
        outcome: what it led to.
    """

    movie: Movie
    rom_md5: str
    game: str
    engine: str
    outcome: Outcome

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the companion to a file, completely or not at all; return its path.

        Raises:
            FileError: the file cannot be written.
        """
        packed = base64.b64encode(zlib.compress(self.movie.to_bytes(), 9)).decode()
        content = {
            "version": _VERSION,
            "rom_md5": self.rom_md5,
            "game": self.game,
            "engine": self.engine,
            **asdict(self.outcome),
            "movie": packed,
        }
        return write_file(path, json.dumps(content, indent=1) + "\n")

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Expected:
        """Read a companion.

        Raises:
            MovieError: the file cannot be read, or it is no companion of a movie.
        """
        try:
            content = json.loads(read_file(expand_user(path), _LARGEST))
            check_format(content, _VERSION)
            check_fields(content, _FIELDS)
            data = inflate(base64.b64decode(content["movie"], validate=True), _LARGEST_MOVIE)
        except FileError as error:
            raise MovieError(f"the companion {path} cannot be read: {error}") from error
        except (ValueError, TypeError, RecursionError, binascii.Error) as error:
            raise MovieError(f"{path} is not the companion of a movie: {error}") from None
        outcome = Outcome(
            frames=content["frames"],
            lag_frames=content["lag_frames"],
            ram_sha1=content["ram_sha1"],
            every=content["every"],
            hashes=tuple(content["hashes"]),
            values=content["values"],
            flags=content["flags"],
            events=tuple((frame, name) for frame, name in content["events"]),
        )
        movie = Movie.from_bytes(data, f"the movie in {path}")
        return cls(movie, content["rom_md5"], content["game"], content["engine"], outcome)


def expect(
    movie: Movie, rom: Rom, game: GameLike | None = None, engine: str | None = None
) -> Expected:
    """Replay a movie and note what it leads to.

    Args:
        movie: the movie.
        rom: its ROM.
        game: the game; None looks it up by the ROM.
        engine: see `Emulator`.

    Raises:
        MovieError: the movie cannot be played as it was recorded; the message names the key.

    Examples:
        >>> from copain_gym.roms.rom import read_rom
        >>> movie = Movie.new([[8, 0]] * 60, read_rom())
        >>> expected = expect(movie, read_rom())
        >>> expected.outcome.frames, expected.outcome.values["score"]
        (60, 0)
    """
    known = game_of_rom(rom, game)
    with Replay(movie, rom, engine) as replay:
        outcome = watch(replay, movie.frames, known)
    return Expected(movie.copy(), rom.md5, known.name if known else "", replay.engine, outcome)


def _number(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 31


def _values(value: Any) -> bool:
    return isinstance(value, dict) and all(
        type(v) is int or (isinstance(v, list) and all(type(n) is int for n in v))
        for v in value.values()
    )


_FIELDS = {
    "version": _number,
    "rom_md5": hexadecimal(32),
    "game": text(100),
    "engine": text(100),
    "frames": _number,
    "lag_frames": _number,
    "ram_sha1": hexadecimal(40),
    "every": lambda value: _number(value) and value > 0,
    "hashes": lambda value: (
        isinstance(value, list) and all(isinstance(h, str) and _DIGITS.fullmatch(h) for h in value)
    ),
    "values": _values,
    "flags": lambda value: (
        isinstance(value, dict) and all(isinstance(flag, bool) for flag in value.values())
    ),
    "events": lambda value: (
        isinstance(value, list)
        and all(
            isinstance(event, list)
            and len(event) == 2
            and _number(event[0])
            and isinstance(event[1], str)
            for event in value
        )
    ),
    "movie": text(_LARGEST),
}
