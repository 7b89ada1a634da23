"""`Film`: a movie that is played in an emulator, with its pictures, sound, variables and events."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from copain_gym.emulator import Emulator
from copain_gym.engines.engine import find_engine
from copain_gym.errors import MovieError
from copain_gym.games.game import Game
from copain_gym.roms.rom import Rom
from copain_gym.tas.film_events import EventFinder, FilmEvent
from copain_gym.tas.movie_files import load_movie
from copain_gym.tas.overlay import Overlay
from copain_gym.tas.playable import check_playable
from copain_gym.tas.replay import play_in_emulator
from copain_gym.tas.sound import SOUND_OPTIONS, record_sound, stop_sound
from copain_gym.tas.video import Picture

__all__ = ["FRAME_RATES", "Film", "check_variables", "variable_names"]

FRAME_RATES = {"NTSC": Fraction(39375000, 655171), "PAL": Fraction(53203425, 1063920)}
"""Frames per second, 60.0988 and 50.0070: the CPU's clock over the CPU's cycles of a frame."""

_MOST_FRAMES = 1_000_000  # nearly five hours
_TELL_EVERY = 30  # frames between two calls of `on_frame`


class Film:
    """A movie and what can be seen, heard and read while FCEUX itself plays it.

    Frames have numbers from 1: frame k is the machine after k inputs, as in
    `Emulator.frame_count`.

    Args:
        path: the movie file, FM2 or `.bk2`.
        rom: the ROM that it is played with.
        game: the game of the ROM, for its variables and events; None if it is not known.
        first: first frame to show.
        last: last frame to show; None for the movie's last one.
        engine: `auto`, `headless` or `fceux`; None is the default.

    Attributes:
        movie: the movie.
        first: first frame of the film.
        last: last frame of the film.
        fps: frames per second of the console.
        values: values of each variable that is a single number, (frames,) int64 by name; filled
            by `play`.
        lag: whether the game did not read the pads, (frames,) bool; filled by `play`.
        events: what happened, in the order of the frames; filled by `play`.
        on_frame: is called with the number of each frame that was played; None for nothing.
        on_read: is called with the variables and the picture of each frame of the film, (240, 256,
            3) uint8 or None where none is drawn; None for nothing.

    Raises:
        MovieError: the movie cannot be read or played, or has no such frames.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        rom: Rom,
        game: Game | None = None,
        *,
        first: int = 1,
        last: int | None = None,
        engine: str | None = None,
    ) -> None:
        self.path, self.rom, self.game, self._engine = Path(path).absolute(), rom, game, engine
        self.movie, _ = load_movie(path)
        if self.movie.frames > _MOST_FRAMES:
            raise MovieError(
                f"{path} has {self.movie.frames} frames; allowed are 1 to {_MOST_FRAMES}"
            )
        check_playable(self.movie, rom)
        self.first, self.last = first, self.movie.frames if last is None else last
        if not 1 <= self.first <= self.last <= self.movie.frames:
            raise MovieError(
                f"frames {self.first} to {self.last} are asked for; {path} has the frames 1 to "
                f"{self.movie.frames}"
            )
        self.fps = FRAME_RATES[self.movie.region]
        self.values: dict[str, npt.NDArray[np.int64]] = {}
        self.lag: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        self.events: list[FilmEvent] = []
        self.on_frame: Callable[[int], object] | None = None
        self.on_read: Callable[[Mapping[str, int], Picture | None], object] | None = None

    @property
    def frames(self) -> int:
        """Number of frames of the film."""
        return self.last - self.first + 1

    @property
    def inputs(self) -> npt.NDArray[np.uint8]:
        """Held buttons of the film's frames, (frames, ports) uint8."""
        return self.movie.inputs[self.first - 1 : self.last]

    @property
    def can_record_sound(self) -> bool:
        """Whether the engine that plays can record sound."""
        return find_engine(self._engine).name == "headless"

    def play(
        self, *, every: int = 1, sound: Path | None = None, overlay: Overlay | None = None
    ) -> Iterator[Picture]:
        """Play the movie; yield the picture of each `every`-th frame, the first one included.

        Args:
            every: number of frames from one picture to the next.
            sound: a WAV file to record the sound into; needs `can_record_sound`.
            overlay: adds a strip to the pictures.

        Yields:
            (240, 256, 3) uint8, or higher with an overlay.

        Raises:
            MovieError: the movie cannot be played as it was recorded.
            EmulatorCrashed: the emulator has ended.
        """
        finder = EventFinder(self.movie, self.game)
        names = [] if self.game is None else variable_names(self.game)
        values = np.zeros((self.frames, len(names)), np.int64)
        self.lag = np.zeros(self.frames, np.bool_)
        self.values = {name: values[:, k] for k, name in enumerate(names)}
        options = SOUND_OPTIONS if sound else ()
        with play_in_emulator(self.movie, self.rom, self._engine, options=options) as emulator:
            for frame in range(1, self.last + 1):
                if frame == self.first and sound is not None:
                    record_sound(emulator, sound)
                at = frame - self.first
                wanted = at >= 0 and at % every == 0
                lags = emulator.lag_count
                emulator.send_step(screen=wanted)
                ram = emulator.receive_step()
                read = finder.read(frame, self._image(emulator, ram))
                if self.on_frame is not None and frame % _TELL_EVERY == 0:
                    self.on_frame(frame)
                if at < 0:
                    continue
                values[at] = [read[name] for name in names]
                self.lag[at] = emulator.lag_count > lags
                picture = emulator.screen() if wanted else None
                if self.on_read is not None:
                    self.on_read(read, picture)
                if picture is not None:
                    if overlay is not None:
                        held = self.movie.inputs[frame - 1].tolist()
                        picture = overlay.add(picture, frame, held, read)
                    yield picture
            if sound is not None:
                stop_sound(emulator)
        self.events = [event for event in finder.events if self.first <= event.frame <= self.last]

    def _image(self, emulator: Emulator, ram: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """What the game's variables are in: RAM, then the parts of the cartridge's memory."""
        if self.game is None or not self.game.memory:
            return ram
        parts = [emulator.memory[first : first + size] for first, size in self.game.memory]
        return np.concatenate([ram, *(np.frombuffer(part, np.uint8) for part in parts)])


def variable_names(game: Game) -> list[str]:
    """Names of the variables of a game that are single numbers."""
    return [variable.name for variable in game.variables if variable.count == 0]


def check_variables(names: Sequence[str], game: Game | None) -> list[str]:
    """Check names of variables that a user wants to see; return them.

    Raises:
        ValueError: the game has no such variable, or the game is not known.
    """
    known = [] if game is None else variable_names(game)
    for name in names:
        if name not in known:
            allowed = ", ".join(known) if known else "none, because the game is not known"
            raise ValueError(f"there is no variable {name!r}; variables are {allowed}")
    return list(names)
