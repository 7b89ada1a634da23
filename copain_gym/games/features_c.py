"""What `features.c` computes: its structures, and the call."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from copain_gym.native import holds

__all__ = ["MOST_OBJECTS", "Column", "Objects", "Program", "Terrain"]

MOST_OBJECTS = 64
"""Largest number of slots of one group of objects."""

_FLOATS = ctypes.POINTER(ctypes.c_float)
_INTS = ctypes.POINTER(ctypes.c_int32)


def _ints(*names: str) -> list[tuple[str, Any]]:
    return [(name, ctypes.c_int32) for name in names]


class Column(ctypes.Structure):
    """A feature that is looked up by the value of a variable."""

    _fields_ = (*_ints("at", "slot", "low", "values"), ("table", _FLOATS))


class Objects(ctypes.Structure):
    """Objects of some slots, the nearest first."""

    _fields_ = (
        *_ints("at", "count", "fields", "type", "x", "y", "ship_x", "ship_y"),
        ("by_kind", _FLOATS),
    )


class Terrain(ctypes.Structure):
    """Free space above and below the ship in some columns of the map."""

    _fields_ = (
        *_ints("at", "count", "address", "scroll", "ship_x", "ship_y"),
        ("offsets", _INTS),
    )


class _Features(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int64) for name in ("size", "columns", "groups", "maps")),
        ("column", ctypes.POINTER(Column)),
        ("objects", ctypes.POINTER(Objects)),
        ("terrain", ctypes.POINTER(Terrain)),
    )


class Program:
    """Features that C computes.

    Args:
        size: features in all.
        columns: fields of the `Column`s.
        objects: fields of the `Objects`.
        terrains: fields of the `Terrain`s.

    Attributes:
        at: address of the structure that C takes.
    """

    def __init__(
        self,
        size: int,
        columns: Sequence[tuple[Any, ...]] = (),
        objects: Sequence[tuple[Any, ...]] = (),
        terrains: Sequence[tuple[Any, ...]] = (),
    ) -> None:
        self._kept: list[Any] = []  # what C points to
        parts = [
            self._structures(kind, fields)
            for kind, fields in ((Column, columns), (Objects, objects), (Terrain, terrains))
        ]
        counts = len(columns), len(objects), len(terrains)
        self._structure = _Features(size, *counts, *parts)
        self.at = ctypes.addressof(self._structure)

    def _structures(self, kind: Any, rows: Sequence[tuple[Any, ...]]) -> Any:
        """An array of structures; the last field of each is an array."""
        structures = (kind * len(rows))()
        type_of_last = kind._fields_[-1][1]
        for k, (*numbers, array) in enumerate(rows):
            dtype = np.float32 if type_of_last is _FLOATS else np.int32
            whole = holds(array, dtype)
            self._kept.append(whole)
            structures[k] = kind(*map(int, numbers), whole.ctypes.data_as(type_of_last))
        self._kept.append(structures)
        return ctypes.cast(structures, ctypes.POINTER(kind))
