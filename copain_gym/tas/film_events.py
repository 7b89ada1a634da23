"""What happens in a movie: the game's events, stages, subtitles, and the player's resets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.games.game import Game
from copain_gym.games.reader import Reader
from copain_gym.tas.movie import COMMANDS, Movie

__all__ = ["EventFinder", "EventKind", "FilmEvent"]

EventKind: TypeAlias = Literal["stage", "loss", "ending", "subtitle", "command", "other"]

_WORDS: tuple[tuple[EventKind, tuple[str, ...]], ...] = (
    ("ending", ("ending", "completed", "won")),
    ("loss", ("lost", "death", "died", "dead", "game_over")),
    ("stage", ("stage", "level", "world", "boss")),
)
"""Words in the names of a game's events that tell of which kind they are."""


class FilmEvent(NamedTuple):
    """Something that happened.

    Attributes:
        frame: number of the frame, from 1.
        kind: kind of event.
        text: name of the event for people.
    """

    frame: int
    kind: EventKind
    text: str


class EventFinder:
    """Finds the events of a movie while its frames are read one after the other.

    Args:
        movie: the movie; its subtitles and commands are events.
        game: the game; None if it is not known.
    """

    def __init__(self, movie: Movie, game: Game | None) -> None:
        self._found = [*_subtitles(movie), *_commands(movie)]
        self._game = game
        self._before: dict[str, bool] = {}
        self._stage: int | None = None
        if game is None:
            return
        self._images = np.zeros((1, game.decoder.image_size), np.uint8)
        self._reader = Reader(self._images, game.decoder, game.events, [])
        start = game.stage_start
        stages = [v.name for v in game.variables if start and v.address == start.stage]
        self._stage_variable = stages[0] if stages else None

    @property
    def events(self) -> list[FilmEvent]:
        """All events that were found, in the order of the frames."""
        return sorted(self._found, key=lambda event: event.frame)

    def read(self, frame: int, image: npt.NDArray[np.uint8]) -> Mapping[str, int]:
        """Read the next frame.

        Args:
            frame: its number.
            image: the memory that the game's variables are in.

        Returns:
            The variables; empty if the game is not known.
        """
        if self._game is None:
            return {}
        self._images[0] = image
        if frame == 1:
            self._reader.read()  # there is no frame before the first one: nothing changes in it
        self._reader.read()
        values = self._reader.one(0)
        for name, happened in self._reader.events().items():
            now = bool(happened[0])
            if now and not self._before.get(name):  # some events last for many frames
                self._add(frame, _kind(name), name.replace("_", " "))
            self._before[name] = now
        if self._stage_variable is not None:
            stage = int(values[self._stage_variable])
            if self._stage is not None and stage != self._stage:
                self._add(frame, "stage", f"stage {stage + 1}")
            self._stage = stage
        return values

    def _add(self, frame: int, kind: EventKind, text: str) -> None:
        self._found.append(FilmEvent(frame, kind, text))


def _kind(name: str) -> EventKind:
    for kind, words in _WORDS:
        if any(word in name for word in words):
            return kind
    return "other"


def _subtitles(movie: Movie) -> list[FilmEvent]:
    return [
        FilmEvent(min(max(1, frame), movie.frames), "subtitle", text)
        for frame, text in movie.subtitles
    ]


def _commands(movie: Movie) -> list[FilmEvent]:
    found = []
    for index in np.flatnonzero(movie.commands).tolist():
        bits = int(movie.commands[index])
        names = [name for name, bit in COMMANDS.items() if bits & bit]
        found.append(FilmEvent(index + 1, "command", ", ".join(names) or f"command {bits}"))
    return found
