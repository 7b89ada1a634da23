"""`Trace`: the RAM and the buttons of each frame of a movie, or of what a program plays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from copain_gym.buttons import Buttons, button_mask
from copain_gym.emulator import Emulator
from copain_gym.errors import RamSearchError
from copain_gym.games.variables import RAM_SIZE
from copain_gym.roms.rom import Rom
from copain_gym.tas.movie import Movie
from copain_gym.tas.replay import Replay

__all__ = ["MOST_FRAMES", "Trace"]

MOST_FRAMES = 200_000
"""Frames of a trace, nearly an hour; they take 400 MB."""


class Trace:
    """The RAM after each frame, and the buttons that were held in it.

    Frames have numbers from `first` to `last`, as in `Film`: frame k is the machine after k inputs.
    A new trace is empty; `record` or `add` fill it.

    Attributes:
        first: number of the first frame.
        rom_md5: MD5 of the ROM as FCEUX shows it; empty if it is not known.

    Examples:
        >>> from copain_gym import Emulator
        >>> trace = Trace()
        >>> with Emulator() as emulator:
        ...     trace.record(emulator, "start", frames=4)
        ...     trace.record(emulator, frames=6)
        >>> trace.last, trace.held.tolist(), trace.columns.shape
        (10, [8, 8, 8, 8, 0, 0, 0, 0, 0, 0], (2048, 10))
    """

    def __init__(self, *, first: int = 1, rom_md5: str = "") -> None:
        self.first, self.rom_md5 = first, rom_md5
        self._columns = np.zeros((RAM_SIZE, 0), np.uint8)
        self._new: list[bytes] = []  # frames that are not in the columns yet
        self._held = bytearray()

    @classmethod
    def of_movie(
        cls,
        movie: Movie,
        rom: Rom,
        engine: str | None = None,
        *,
        first: int = 1,
        last: int | None = None,
    ) -> Trace:
        """Play a movie and keep its frames.

        Args:
            movie: the movie.
            rom: its ROM.
            engine: `headless`, `fceux` or `auto`; None is the default.
            first: first frame to keep, from 1.
            last: last frame to keep; None for the movie's last one.

        Raises:
            MovieError: the movie cannot be played as it was recorded.
            RamSearchError: the movie has no such frames, or they are too many.
        """
        end = movie.frames if last is None else last
        if not 1 <= first <= end <= movie.frames:
            raise RamSearchError(
                f"frames {first} to {end} are asked for; the movie has the frames 1 to "
                f"{movie.frames}"
            )
        trace = cls(first=first, rom_md5=rom.md5)
        trace._check_room(end - first + 1)
        pads = movie.inputs[:, 0].tolist() if movie.inputs.shape[1] else [0] * movie.frames
        with Replay(movie, rom, engine) as replay:
            for frame in replay:
                if frame.number >= first:
                    trace._new.append(frame.ram)
                if frame.number == end:
                    break
        trace._held += bytes(pads[first - 1 : end])
        return trace

    def add(self, ram: npt.NDArray[np.uint8] | bytes, buttons: Buttons = 0) -> None:
        """Add a frame.

        Args:
            ram: the RAM after it, 2048 bytes.
            buttons: what was held on pad 1 in it.

        Raises:
            RamSearchError: it has another size, or the trace is full.
        """
        data = bytes(ram)
        if len(data) != RAM_SIZE:
            raise RamSearchError(f"RAM has {len(data)} bytes; allowed are {RAM_SIZE}")
        mask = button_mask(buttons)
        self._check_room(len(self._held) + 1)
        self._new.append(data)
        self._held.append(mask)

    def record(self, emulator: Emulator, buttons: Buttons = 0, frames: int = 1) -> None:
        """Hold buttons in an emulator for some frames, and add each of them.

        Args:
            emulator: the emulator.
            buttons: see `Emulator.step`.
            frames: number of frames.

        Raises:
            RamSearchError: the trace is full.
        """
        for _ in range(frames):
            self.add(emulator.step(buttons, draw=False), buttons)

    def _check_room(self, frames: int) -> None:
        if frames > MOST_FRAMES:
            raise RamSearchError(
                f"{frames} frames are asked for; allowed are {MOST_FRAMES}. Choose a part of them"
            )

    @property
    def last(self) -> int:
        """Number of the last frame; `first` - 1 if there is none."""
        return self.first + len(self._held) - 1

    @property
    def held(self) -> npt.NDArray[np.uint8]:
        """Buttons of pad 1 in each frame, (frames,) uint8."""
        return np.frombuffer(bytes(self._held), np.uint8)

    @property
    def columns(self) -> npt.NDArray[np.uint8]:
        """Each address over time, (2048, frames) uint8; read-only by convention."""
        if self._new:
            new = np.frombuffer(b"".join(self._new), np.uint8).reshape(-1, RAM_SIZE).T
            self._columns = np.ascontiguousarray(np.concatenate([self._columns, new], axis=1))
            self._new = []
        return self._columns
