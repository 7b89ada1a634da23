"""Features: numbers of about the same size that a policy can learn from, made of variables.

A game lists groups of features; `Features` computes all of them for n emulators in one call.
Every feature lies in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.games.features_c import MAX_OBJECTS, Program
from copain_gym.games.variables import Decoder, Variable

__all__ = ["Column", "Features", "Group", "Objects", "Scalars", "Terrain", "equals", "linear"]

Array: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Column:
    """One feature that depends on one variable.

    Args:
        name: of the feature.
        variable: its variable, a single value.
        function: takes the values, int64 of any shape, and returns as many numbers in [-1, 1].
        meaning: for the documentation.
    """

    name: str
    variable: str
    function: Callable[[Array], Array]
    meaning: str


def linear(variable: str, low: float, high: float, meaning: str, name: str = "") -> Column:
    """A variable from `low` to `high`, scaled to 0 to 1 and clipped there."""
    return Column(
        name or variable,
        variable,
        lambda v: np.clip((v - low) / (high - low), 0.0, 1.0),
        f"{meaning}, {low:g} to {high:g} scaled to 0 to 1",
    )


def equals(name: str, variable: str, values: Sequence[int], meaning: str) -> Column:
    """1 where a variable has one of the values, else 0."""
    return Column(name, variable, lambda v: np.isin(v, values).astype(float), f"1 {meaning}")


@dataclass(frozen=True)
class Scalars:
    """A group of columns, (len(columns),)."""

    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Objects:
    """The objects of some slots as seen from the ship, the nearest first: (count, 3 + flags).

    The features of an object are: 1 if there is one; its X and its Y less the ship's, in screens
    of 256 pixels; then the flags. Of a slot without an object all are 0.

    Args:
        name: of the group.
        type: array variable that is 0 in free slots.
        x: array variable of the X coordinates.
        y: array variable of the Y coordinates.
        origin: the variables of the ship's X and Y.
        flags: further features: name, function of the types, meaning.
        meaning: what the objects are.
    """

    name: str
    type: str
    x: str
    y: str
    origin: tuple[str, str]
    flags: tuple[tuple[str, Callable[[Array], Array], str], ...]
    meaning: str


@dataclass(frozen=True)
class Terrain:
    """Free space above and below the ship in the columns ahead: (columns, 2).

    The map is a ring of 64 columns of 8 bytes; a byte has four tiles of 2 bits, the upper one in
    the low bits, and a tile that is not 0 is an obstacle. Distances are in screens of 26 tiles
    from the ship's row; 0 is an obstacle in that row.

    Args:
        name: of the group.
        address: of the map.
        scroll: variable with the scroll in pixels.
        origin: the variables of the ship's X and Y.
        offsets: columns, counted from the ship's.
    """

    name: str
    address: int
    scroll: str
    origin: tuple[str, str]
    offsets: tuple[int, ...]


Group: TypeAlias = "Scalars | Objects | Terrain"

_TABLE_SIZE = 0x10000  # variables with no more values are looked up in a table
_ROWS = 26  # rows of tiles of the playfield


class Features:
    """Computes the features of n emulators.

    Args:
        groups: what to compute, in this order.
        decoder: the decoder of the game's table.

    Attributes:
        size: number of features, F.
        names: name of each feature, F of them.
        meanings: meaning of each.
        parts: slice and shape of each group.
        structure: what C takes.
        wide: whether C leaves out some, see `fill_wide`.
    """

    def __init__(self, groups: Sequence[Group], decoder: Decoder) -> None:
        self.names: list[str] = []
        self.meanings: list[str] = []
        self.parts: dict[str, tuple[slice, tuple[int, ...]]] = {}
        self._wide: list[tuple[Column, int, int]] = []
        columns: list[tuple[Any, ...]] = []
        objects: list[tuple[Any, ...]] = []
        terrains: list[tuple[Any, ...]] = []
        for group in groups:
            first = len(self.names)
            if isinstance(group, Scalars):
                shape: tuple[int, ...] = (len(group.columns),)
                for at, column in enumerate(group.columns, first):
                    variable, slot = _single(decoder, column.variable)
                    low, high = variable.range
                    if high - low < _TABLE_SIZE:
                        table = column.function(np.arange(low, high + 1))
                        columns.append((at, slot, low, len(table), table))
                    else:
                        self._wide.append((column, slot, at))
                    self.names.append(f"{group.name}.{column.name}")
                    self.meanings.append(column.meaning)
            elif isinstance(group, Objects):
                shape = (decoder.variables[group.type].count, 3 + len(group.flags))
                self._describe_objects(group, shape)
                objects.append((first, *_objects(group, decoder, shape)))
            else:
                shape = (len(group.offsets), 2)
                self._describe_terrain(group)
                terrains.append((first, *_terrain(group, decoder)))
            self.parts[group.name] = slice(first, len(self.names)), shape
        self.size = len(self.names)
        self.structure = Program(self.size, columns, objects, terrains).structure
        self.wide = bool(self._wide)

    def _describe_objects(self, group: Objects, shape: tuple[int, int]) -> None:
        fields = [
            ("present", f"1 if there is one: {group.meaning}"),
            ("dx", "X less the ship's, in screens of 256 pixels"),
            ("dy", "Y less the ship's, in screens of 256 pixels"),
            *((name, f"1 {meaning}") for name, _, meaning in group.flags),
        ]
        for k in range(shape[0]):
            self.names += [f"{group.name}[{k}].{name}" for name, _ in fields]
            self.meanings += [meaning for _, meaning in fields]

    def _describe_terrain(self, group: Terrain) -> None:
        for k, offset in enumerate(group.offsets):
            self.names += [f"{group.name}[{k}].above", f"{group.name}[{k}].below"]
            where = f"{offset} tiles ahead" if offset >= 0 else f"{-offset} tiles behind"
            self.meanings += [
                f"free space from the ship's row {way}, {where}, in screens of {_ROWS} tiles"
                for way in ("upwards", "downwards")
            ]

    def fill_wide(self, vector: Array, out: npt.NDArray[np.float32]) -> None:
        """Fill in what C leaves out: features of variables with too many values for a table."""
        for column, slot, at in self._wide:
            out[:, at] = column.function(vector[:, slot])


def _single(decoder: Decoder, name: str) -> tuple[Variable, int]:
    variable, slot = decoder.variables[name], decoder.slots[name]
    if not isinstance(slot, int):
        raise ValueError(f"a column needs a single value; {name!r} is an array")
    return variable, slot


def _objects(group: Objects, decoder: Decoder, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """What `features.c` needs to know of a group of objects."""
    if shape[0] > MAX_OBJECTS:
        raise ValueError(f"{group.name!r} has {shape[0]} slots; {MAX_OBJECTS} are allowed")
    slots = [decoder.slots[name] for name in (group.type, group.x, group.y)]
    firsts = [slot.start if isinstance(slot, slice) else slot for slot in slots]
    kinds = np.arange(256)
    present = (kinds != 0).astype(float)
    flags = [function(kinds) * present for _, function, _ in group.flags]
    by_kind = np.stack([present, present / 256, present / 256, *flags], axis=1)
    return *shape, *firsts, *(_single(decoder, name)[1] for name in group.origin), by_kind


def _terrain(group: Terrain, decoder: Decoder) -> tuple[Any, ...]:
    """What `features.c` needs to know of a group of columns of the map."""
    slots = (_single(decoder, name)[1] for name in (group.scroll, *group.origin))
    return len(group.offsets), group.address, *slots, group.offsets
