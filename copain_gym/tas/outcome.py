"""`Outcome`: what a replay of a movie led to, in a form that can be kept and compared."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from copain_gym.games.game import Game
from copain_gym.games.reader import Reader
from copain_gym.games.variables import RAM_SIZE
from copain_gym.tas.replay import Frame

__all__ = ["Outcome", "Watcher", "period", "plain_value", "watch"]

_HASHES = 256  # of a movie, about: few enough for a small file
_MOST_EVENTS = 1000


@dataclass(frozen=True)
class Outcome:
    """What a replay led to.

    Attributes:
        frames: number of frames played.
        lag_frames: frames in which the game did not read the pads.
        ram_sha1: SHA-1 of the 2 KiB of RAM at the end.
        every: number of frames between two of `hashes`.
        hashes: CRC-32 of the lag flags and RAM of all frames so far, 8 digits, after each `every`
            frames and at the end.
        values: the game's variables at the end, by name.
        flags: the game's predicates at the end, such as `ending`, by name.
        events: frames and names of the game's events, the first 1,000 of them. An event that
            lasts is noted in its first frame.
    """

    frames: int
    lag_frames: int
    ram_sha1: str
    every: int
    hashes: tuple[str, ...]
    values: dict[str, int | list[int]]
    flags: dict[str, bool]
    events: tuple[tuple[int, str], ...]

    def differences(self, other: Outcome) -> tuple[str, ...]:
        """Names of the attributes that differ.

        Values, flags and events come from RAM by the game's table. Where no frame differs they
        are not compared, as the table may have changed since.
        """
        console = ["frames", "lag_frames", "ram_sha1"]
        if self.every == other.every:  # else the hashes say nothing about each other
            console.append("hashes")
        found = [name for name in console if getattr(self, name) != getattr(other, name)]
        if found and self.values and other.values:
            found += [
                name
                for name in ("values", "flags", "events")
                if getattr(self, name) != getattr(other, name)
            ]
        return tuple(found)


def period(frames: int) -> int:
    """Number of frames between two hashes of a movie of this length."""
    return max(1, -(-frames // _HASHES))


class Watcher:
    """Takes the frames of a replay and makes its outcome.

    Args:
        frames: length of the movie.
        game: the game; None if it is not known. Variables in the cartridge's memory are not
            watched.
        every: number of frames between two hashes; None chooses it by the length.
    """

    def __init__(self, frames: int, game: Game | None = None, every: int | None = None) -> None:
        self._every = every or period(frames)
        self._game = game if game is not None and not game.memory else None
        self._frames = self._lag_frames = self._hash = 0
        self._ram = bytes(RAM_SIZE)
        self._hashes: list[str] = []
        self._events: list[tuple[int, str]] = []
        if self._game is not None:
            self._images = np.zeros((1, RAM_SIZE), np.uint8)
            self._reader = Reader(self._images, self._game.decoder, self._game.events, ())
            self._last: dict[str, bool] = dict.fromkeys(self._game.events, False)

    def add(self, frame: Frame) -> None:
        """Take the next frame."""
        self._frames += 1
        self._lag_frames += frame.lagged
        self._ram = frame.ram
        self._hash = zlib.crc32(frame.ram, zlib.crc32(b"\1" if frame.lagged else b"\0", self._hash))
        if self._frames % self._every == 0:
            self._hashes.append(f"{self._hash:08x}")
        if self._game is not None:
            self._images[0] = np.frombuffer(frame.ram, np.uint8)
            self._reader.read()
            if self._frames > 1:  # the first frame has none before it
                self._note_events(frame.number)

    def _note_events(self, number: int) -> None:
        for name, (happened,) in self._reader.events().items():
            if happened and not self._last[name] and len(self._events) < _MOST_EVENTS:
                self._events.append((number, name))
            self._last[name] = happened

    def outcome(self) -> Outcome:
        """The outcome of the frames so far."""
        hashes = list(self._hashes)
        if self._frames % self._every:
            hashes.append(f"{self._hash:08x}")
        values: dict[str, Any] = {}
        flags: dict[str, bool] = {}
        if self._game is not None and self._frames:
            now = self._game.decode(np.frombuffer(self._ram, np.uint8))
            values = {name: plain_value(value) for name, value in now.items()}
            flags = {name: bool(test(now)) for name, test in self._game.predicates.items()}
        return Outcome(
            self._frames,
            self._lag_frames,
            hashlib.sha1(self._ram).hexdigest(),
            self._every,
            tuple(hashes),
            values,
            flags,
            tuple(self._events),
        )


def watch(
    replay: Iterable[Frame], frames: int, game: Game | None = None, every: int | None = None
) -> Outcome:
    """Watch a replay to its end; see `Watcher`."""
    watcher = Watcher(frames, game, every)
    for frame in replay:
        watcher.add(frame)
    return watcher.outcome()


def plain_value(value: Any) -> int | list[int]:
    """A value of a variable as JSON can hold it."""
    plain: int | list[int] = value.tolist() if hasattr(value, "tolist") else int(value)
    return plain
