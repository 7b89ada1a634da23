"""`Program`: the structures that `features.c` reads, made from rows of numbers and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.games import c_tables
from copain_gym.games.c_tables import MAX_OBJECTS
from copain_gym.native import as_contiguous, structure_array

__all__ = ["MAX_OBJECTS", "Program"]


class Program:
    """The features that C computes.

    Args:
        size: number of all features.
        columns: a row of fields for each `Column` of `c_tables.py`.
        objects: a row of fields for each `Objects`.
        terrains: a row of fields for each `Terrain`.

    Attributes:
        structure: the structure for C.
    """

    def __init__(
        self,
        size: int,
        columns: Sequence[tuple[Any, ...]] = (),
        objects: Sequence[tuple[Any, ...]] = (),
        terrains: Sequence[tuple[Any, ...]] = (),
    ) -> None:
        self.structure = c_tables.Features(
            size=size,
            columns=len(columns),
            groups=len(objects),
            maps=len(terrains),
            column=_array(c_tables.Column, columns, np.float32),
            objects=_array(c_tables.Objects, objects, np.float32),
            terrain=_array(c_tables.Terrain, terrains, np.int32),
        )


def _array(kind: Any, rows: Sequence[tuple[Any, ...]], dtype: Any) -> npt.NDArray[Any]:
    """An array of structures; the last field of each is an array of this type."""
    return structure_array(
        kind, [(*numbers, as_contiguous(last, dtype)) for *numbers, last in rows]
    )
