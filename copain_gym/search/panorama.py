"""`Panorama`: the map of each stage, put together from the pictures of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.screen import HEIGHT, WIDTH
from copain_gym.search.places import Places

__all__ = ["Panorama"]

_EDGE = 8  # columns at the right edge of a picture that may not be drawn yet
_WIDEST = 1 << 14  # pixels of a map
_JUMP = 64  # pixels; a picture that has scrolled further is another screen

Picture = npt.NDArray[np.uint8]


class Panorama:
    """Maps that grow while a game scrolls to the right.

    Each picture adds the columns that have just come in at its right edge, where few enemies are.
    A game without scroll has the first picture of each stage, if its positions fit into it.

    Args:
        places: the variables that say where the player is.

    Attributes:
        route: for each frame that was read, in order: the number of the stage, X and Y in its map,
            or None while nothing is played.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self.route: list[tuple[int, int, int] | None] = []
        self._maps: dict[int, _Map] = {}
        self._wide: set[int] = set()  # stages whose positions do not fit into their pictures

    def read(self, values: Mapping[str, Any], playing: bool, picture: Picture | None) -> None:
        """Read a frame.

        Args:
            values: the game's variables.
            playing: whether the game is played.
            picture: (240, 256, 3) uint8; None if it was not drawn.
        """
        if not playing:
            self.route.append(None)
            return
        stage, x, _ = place = self._places.place(values)
        self.route.append(place)
        scroll = int(values[self._places.scroll]) if self._places.scroll else 0
        if not scroll <= x < scroll + WIDTH:
            self._wide.add(stage)
        if picture is not None and scroll + WIDTH <= _WIDEST:
            self._maps.setdefault(stage, _Map()).add(scroll, picture)

    def maps(self) -> dict[int, tuple[int, Picture]]:
        """By stage: where its map begins, and the map, (240, width, 3) uint8."""
        return {n: found.picture() for n, found in self._maps.items() if n not in self._wide}


class _Map:
    """The map of one stage."""

    def __init__(self) -> None:
        self._columns = np.zeros((HEIGHT, 0, 3), np.uint8)
        # Where each column comes from: 0 nowhere, -1 the right edge of a picture, else the number
        # of the way whose first picture had it. A way ends where the scroll jumps.
        self._source = np.zeros(0, np.int64)
        self._way, self._begin, self._scroll = 0, 0, 0

    def add(self, scroll: int, picture: Picture) -> None:
        """Add what a picture has more than those before."""
        if self._way == 0 or not 0 <= scroll - self._scroll <= _JUMP:
            self._way += 1
            self._begin = self._scroll = scroll
        last = scroll + WIDTH - _EDGE
        if last > len(self._source):
            more = max(last, 2 * len(self._source)) - len(self._source)
            self._columns = np.pad(self._columns, ((0, 0), (0, more), (0, 0)))
            self._source = np.pad(self._source, (0, more))
        if scroll == self._begin:  # the whole picture, over nothing but that of this way
            source = self._source[scroll:last]
            free = scroll + np.flatnonzero((source == 0) | (source == self._way))
            self._source[free] = self._way
        else:
            first = self._scroll + WIDTH - _EDGE
            free = first + np.flatnonzero(self._source[first:last] != -1)
            self._source[free] = -1
        self._columns[:, free] = picture[:, free - scroll]
        self._scroll = scroll

    def picture(self) -> tuple[int, Picture]:
        """Where the map begins, and the map."""
        known = np.flatnonzero(self._source)
        return int(known[0]), self._columns[:, known[0] : known[-1] + 1]
