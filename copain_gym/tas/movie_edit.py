"""Editing of movies: parts of them, joining, inserting, deleting, replacing, shifting, comparing.

Each function returns a new movie; the movie that is edited stays as it is. Subtitles stay with
their frames. `length` in the header and the bytes after the inputs are left out, because they are
of the movie before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from copain_gym.errors import MovieError
from copain_gym.tas.movie_facts import HeaderFacts, Subtitle
from copain_gym.tas.movie_header import Header
from copain_gym.tas.movie_records import Records

__all__ = ["Difference", "Editing"]

M = TypeVar("M", bound="Editing")


class Difference(NamedTuple):
    """Where two movies part.

    Attributes:
        frame: the first frame that differs, from 0.
        what: `port 0`, `port 1` and so on (held buttons), `zapper 0` and so on (where it points),
            `commands`, or `frames` (one movie ends before the other).
        first: the value in the first movie: a mask, the fields of the zapper, or the number of
            frames.
        second: the value in the second movie.
    """

    frame: int
    what: str
    first: int | tuple[int, ...]
    second: int | tuple[int, ...]


class Editing(HeaderFacts):
    """The base of `Movie` with the functions that edit it.

    Args:
        header: the header.
        records: the inputs.
        tail: bytes after the inputs.
    """

    def __init__(self, header: Header, records: Records, tail: bytes = b"") -> None:
        super().__init__(header)
        self._records = records
        self.tail = tail

    def __len__(self) -> int:
        return len(self._records.commands)

    def __getitem__(self: M, frames: slice) -> M:
        """Return a part of the movie, as `movie[10:20]` does.

        The part is played from the same start as the whole movie.

        Raises:
            TypeError: it is no slice.
            ValueError: the slice has a step.
        """
        if not isinstance(frames, slice):
            raise TypeError(f"a movie takes slices, such as movie[10:20], not {frames!r}")
        if frames.step not in (None, 1):
            raise ValueError(f"the step is {frames.step}; a part of a movie has no step")
        start, stop, _ = frames.indices(len(self))
        return self._pieces((self, start, max(start, stop)))

    def join(self: M, *others: M) -> M:
        """Return this movie followed by others.

        The others go on where the one before ends: their own start does not count. Their authors
        are added, and their rerecords.

        Raises:
            MovieError: the movies have other devices or regions, or another begins at another
                savestate.
        """
        for other in others:
            self._check_fits(other)
        joined = self._pieces(*((movie, 0, len(movie)) for movie in (self, *others)))
        authors = [author for movie in (self, *others) for author in movie.authors]
        joined.authors = list(dict.fromkeys(authors))
        joined.rerecords = sum(max(0, movie.rerecords) for movie in (self, *others))
        return joined

    def __add__(self: M, other: M) -> M:
        return self.join(other) if isinstance(other, Editing) else NotImplemented

    def insert(self: M, frame: int, what: M | int) -> M:
        """Return the movie with frames inserted before a frame.

        Args:
            frame: the frame, from 0 to the number of frames.
            what: a movie, or a number of frames in which nothing is held.

        Raises:
            ValueError: there is no such frame, or the number is negative.
            MovieError: see `join`.
        """
        self._check_frame(frame)
        if isinstance(what, int):
            what = self._empty(what)
        else:
            self._check_fits(what)
        return self._pieces((self, 0, frame), (what, 0, len(what)), (self, frame, len(self)))

    def delete(self: M, start: int, stop: int | None = None) -> M:
        """Return the movie without the frames from `start` to before `stop`.

        Args:
            start: the first frame to delete.
            stop: the frame after the last one; None deletes one frame.

        Raises:
            ValueError: there are no such frames.
        """
        stop = start + 1 if stop is None else stop
        self._check_frame(start)
        self._check_frame(stop)
        if stop < start:
            raise ValueError(f"stop is {stop}, but start is {start}")
        return self._pieces((self, 0, start), (self, stop, len(self)))

    def replace(self: M, frame: int, other: M) -> M:
        """Return the movie with another movie's inputs from a frame on.

        After the other movie's end, it goes on as before. It may become longer.

        Raises:
            ValueError: there is no such frame.
            MovieError: see `join`.
        """
        self._check_frame(frame)
        self._check_fits(other)
        end = min(len(self), frame + len(other))
        return self._pieces((self, 0, frame), (other, 0, len(other)), (self, end, len(self)))

    def shift(self: M, frames: int, start: int = 0, port: int | None = None) -> M:
        """Return the movie with its inputs from a frame on earlier or later.

        Args:
            frames: positive to play them later: so many frames in which nothing is held are
                inserted. Negative to play them earlier: so many frames are deleted.
            start: the first frame that is shifted.
            port: shift the inputs of this port only. The movie then keeps its length; what leaves
                it at its end is gone.

        Raises:
            ValueError: there are no such frames, or there is no such port.
        """
        self._check_frame(start)
        if port is None:
            if frames >= 0:
                return self.insert(start, frames)
            return self.delete(start, start - frames)
        if port not in range(len(self.ports)):
            raise ValueError(f"port is {port}; allowed are 0 to {len(self.ports) - 1}")
        if frames < 0:
            self._check_frame(start - frames)
        shifted = self._pieces((self, 0, len(self)))
        for name in ("inputs", "zappers"):
            column = getattr(shifted._records, name)[:, port]
            empty = np.zeros(abs(frames), column.dtype)
            if frames >= 0:
                moved = np.concatenate((empty, column[start:]))
            else:
                moved = np.concatenate((column[start - frames :], empty))
            column[start:] = moved[: len(self) - start]
        return shifted

    def compare(self: M, other: M) -> Difference | None:
        """Return where the inputs of two movies part; None if they are the same.

        Only the inputs are compared, not the headers.

        Raises:
            MovieError: the movies have other devices.
        """
        if self.ports != other.ports:
            raise MovieError(
                f"the movies have other devices: {', '.join(self.ports)} and "
                f"{', '.join(other.ports)}"
            )
        common = min(len(self), len(other))
        found: list[Difference] = []
        one, two = self._records, other._records
        columns = [("commands", one.commands, two.commands)]
        for port in range(len(self.ports)):
            columns.append((f"port {port}", one.inputs[:, port], two.inputs[:, port]))
            columns.append((f"zapper {port}", one.zappers[:, port], two.zappers[:, port]))
        for what, ours, theirs in columns:
            differs = ours[:common] != theirs[:common]
            if differs.any():
                frame = int(differs.argmax())
                found.append(Difference(frame, what, ours[frame].item(), theirs[frame].item()))
        if not found and len(self) != len(other):
            return Difference(common, "frames", len(self), len(other))
        return min(found, key=lambda difference: difference.frame, default=None)

    # ---- parts -----------------------------------------------------------------

    def _pieces(self: M, *pieces: tuple[M, int, int]) -> M:
        """A movie with this header that consists of parts of movies: (movie, start, stop)."""
        arrays = (
            np.concatenate(
                [getattr(movie._records, name)[start:stop] for movie, start, stop in pieces]
            )
            for name in Records._fields
        )
        header = self._header.copy()
        header.set_all("length", [])
        made = type(self)(header, Records(*arrays))
        subtitles: list[Subtitle] = []
        at = 0
        for movie, start, stop in pieces:
            last = stop if stop < len(movie) else None  # one may be after the last frame
            for frame, text in movie.subtitles:
                if frame >= start and (last is None or frame < last):
                    subtitles.append(Subtitle(frame - start + at, text))
            at += stop - start
        if subtitles != list(made.subtitles):
            made.subtitles = subtitles
        return made

    def _empty(self: M, frames: int) -> M:
        if frames < 0:
            raise ValueError(f"the number of frames is {frames}; allowed are 0 and more")
        made = type(self)(self._header.copy(), Records.empty(frames, len(self.ports)))
        made.subtitles = []
        return made

    def _check_frame(self, frame: int) -> None:
        if frame not in range(len(self) + 1):
            raise ValueError(f"frame is {frame}; allowed are 0 to {len(self)}")

    def _check_fits(self, other: Editing) -> None:
        if not isinstance(other, Editing):
            raise TypeError(f"{other!r} is no movie")
        facts: Sequence[str] = ("ports", "region", "new_ppu", "microphone", "fds")
        for fact in facts:
            ours, theirs = getattr(self, fact), getattr(other, fact)
            if ours != theirs:
                raise MovieError(f"the {fact} of the movies are {ours} and {theirs}")
        if other.state not in (None, self.state):
            raise other._header.error(
                "savestate", "is another one; a movie that begins there cannot continue this one"
            )
