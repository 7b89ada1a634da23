"""The structures of `tables.h`, with the same names and fields, as Python fills them.

A test compares them with C's. `check` must accept a reader before it is used.
"""

from __future__ import annotations

from ctypes import c_int32, c_int64
from typing import Any

from copain_gym.native import POINTER, Structure, c_function

__all__ = [
    "MAX_INSTRUCTIONS",
    "MAX_OBJECTS",
    "Column",
    "Decoder",
    "Features",
    "Instruction",
    "Objects",
    "Part",
    "Reader",
    "Rules",
    "Terrain",
    "check",
]

MAX_INSTRUCTIONS = 512
"""Largest number of instructions of a game's rules."""

MAX_OBJECTS = 64
"""Largest number of slots of one group of objects."""


def _int32(*names: str) -> list[tuple[str, Any]]:
    return [(name, c_int32) for name in names]


def _int64(*names: str) -> list[tuple[str, Any]]:
    return [(name, c_int64) for name in names]


def _pointers(*names: str) -> list[tuple[str, Any]]:
    return [(name, POINTER) for name in names]


class Part(Structure):
    """A byte of a variable, and what it adds to the variable's value: (256,) int64."""

    _fields_ = (*_int32("address", "value"), *_pointers("adds"))


class Decoder(Structure):
    """All bytes of a table's variables."""

    _fields_ = (*_int64("count", "variables", "image_size"), *_pointers("parts"))


class Instruction(Structure):
    """An instruction of the rules."""

    _fields_ = tuple(_int32("op", "a", "b", "c"))


class Rules(Structure):
    """The instructions that compute the events and the reward of a step."""

    _fields_ = (
        *_int64("length", "constants", "events", "terms"),
        *_pointers("code", "constant", "event", "term", "weight"),
    )


class Column(Structure):
    """A feature that is looked up by the value of a variable: (values,) float32."""

    _fields_ = (*_int32("at", "slot", "low", "values"), *_pointers("table"))


class Objects(Structure):
    """Objects as seen from the origin, the nearest first; `by_kind` is (256, fields) float32."""

    _fields_ = (
        *_int32("at", "count", "fields", "type", "x", "y", "origin_x", "origin_y"),
        *_pointers("by_kind"),
    )


class Terrain(Structure):
    """Free space above and below the origin in some map columns; `offsets` is (count,) int32."""

    _fields_ = (
        *_int32("at", "count", "address", "scroll", "origin_x", "origin_y"),
        *_pointers("offsets"),
    )


class Features(Structure):
    """All features of a game."""

    _fields_ = (
        *_int64("size", "columns", "groups", "maps"),
        *_pointers("column", "objects", "terrain"),
    )


class Reader(Structure):
    """The tables, and the arrays that a reader fills; `reader.py` has their shapes."""

    _fields_ = (
        *_pointers("decoder", "rules", "features"),
        *_int64("emulators"),
        *_pointers("images", "before", "after", "happened", "rewards", "observed"),
    )


def check(reader: Reader) -> None:
    """Check that no table refers to anything outside of its arrays.

    Raises:
        ValueError: a table does.
    """
    wrong = c_function("copain_games", "copain_check", "p", "s")(reader.address)
    if wrong is not None:
        raise ValueError(f"the tables of a game are wrong: {wrong.decode()}")
