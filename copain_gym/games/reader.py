"""`Reader`: decodes the memory of n emulators after each step, in one call of C."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.games import c_tables
from copain_gym.games.features import Features
from copain_gym.games.game import Change
from copain_gym.games.rules import CannotCompile, Rules
from copain_gym.games.variables import Decoder, Values
from copain_gym.native import address_of, as_contiguous, c_function

__all__ = ["Reader", "RowIndex"]

Array: TypeAlias = "npt.NDArray[Any]"
RowIndex: TypeAlias = "slice | Array"
"""Selects emulators by row: `slice(None)` for all of them, or an array of their numbers."""


class Reader:
    """The variables, rewards, events and features of n emulators after their last step.

    Args:
        images: their memory, (n, `decoder.image_size`) uint8, contiguous; the caller keeps it up
            to date.
        decoder: the decoder of the game's variables.
        events: functions that say whether something happened in a step, by name.
        terms: weights and functions whose weighted sum is the reward.
        features: the features to compute; None means none.

    Attributes:
        images: the same.

    Raises:
        ValueError: the images have another shape or type, or the tables do not fit each other.
    """

    def __init__(
        self,
        images: npt.NDArray[np.uint8],
        decoder: Decoder,
        events: Mapping[str, Change],
        terms: Sequence[tuple[float, Change]],
        features: Features | None = None,
    ) -> None:
        n, k = len(images), decoder.size
        if images.shape != (n, decoder.image_size) or images.dtype != np.uint8:
            raise ValueError(
                f"images have shape {images.shape} and dtype {images.dtype}; "
                f"allowed is (n, {decoder.image_size}) of uint8"
            )
        self._decoder, self._events, self._terms = decoder, dict(events), list(terms)
        self._features = features
        self._before, self._after = np.zeros((2, n, k), np.int64)
        self._happened = np.zeros((len(self._events), n), np.bool_)
        self._rewards = np.zeros(n, np.float64)
        self._observed = np.zeros((n, features.size if features else 0), np.float32)
        self._rules: Rules | None = None
        with contextlib.suppress(CannotCompile):
            self._rules = Rules(decoder, self._events.values(), self._terms)
        self.images = images
        self._structure = c_tables.Reader(
            decoder=decoder.structure,
            rules=self._rules.structure if self._rules else None,
            features=features.structure if features else None,
            emulators=n,
            images=images,
            before=self._before,
            after=self._after,
            happened=self._happened,
            rewards=self._rewards,
            observed=self._observed,
        )
        c_tables.check(self._structure)
        self._address = self._structure.address
        self._read = c_function("copain_games", "copain_read", "ppn", "n")

    @property
    def in_c(self) -> bool:
        """Whether the events and terms could be compiled for C; else NumPy computes them."""
        return self._rules is not None

    def read(self, where: RowIndex = slice(None)) -> None:
        """Decode the images of some emulators. The last values become those before the step.

        Raises:
            IndexError: there is no such emulator; nothing was read.
        """
        if isinstance(where, slice):
            self._read(self._address, None, len(self._after))
        else:
            rows = as_contiguous(where, np.int64)
            count = self._read(self._address, address_of(rows), len(rows))
            if count < len(rows):
                raise IndexError(
                    f"there is no emulator {rows[count]}; allowed are 0 to {len(self._after) - 1}"
                )
        if self._rules is None:
            self._judge(where)
        if self._features is not None and self._features.wide:
            observed = self._observed[where]
            self._features.fill_wide(self._after[where], observed)
            self._observed[where] = observed

    def _judge(self, where: RowIndex) -> None:
        before, after = (Values(v[where], self._decoder.slots) for v in (self._before, self._after))
        total: Any = 0.0
        for weight, change in self._terms:
            total = total + weight * change(before, after)
        self._rewards[where] = total
        for row, event in zip(self._happened, self._events.values(), strict=True):
            row[where] = event(before, after)

    # ---- results; all arrays are copies ------------------------------------

    def values(self, where: RowIndex = slice(None)) -> Values:
        """The variables of n emulators."""
        return Values(self._copy(self._after, where), self._decoder.slots)

    def one(self, row: int) -> Values:
        """The variables of one emulator."""
        return Values(self._after[row].copy(), self._decoder.slots)

    def rewards(self, where: RowIndex = slice(None)) -> npt.NDArray[np.float64]:
        """The rewards of the step, (n,)."""
        return self._copy(self._rewards, where)

    def events(self, where: RowIndex = slice(None)) -> dict[str, npt.NDArray[np.bool_]]:
        """Whether each event happened in the step, (n,) by name."""
        happened = self._happened
        rows = happened.copy() if isinstance(where, slice) else happened[:, where]
        return dict(zip(self._events, rows, strict=True))

    def features(self, where: RowIndex = slice(None)) -> npt.NDArray[np.float32]:
        """The features, (n, F)."""
        return self._copy(self._observed, where)

    @staticmethod
    def _copy(array: Array, where: RowIndex) -> Array:
        return array.copy() if isinstance(where, slice) else array[where]
