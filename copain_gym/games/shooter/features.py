"""Groups of features of games in which a ship flies over a scrolling map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.games.checks import check_integer, check_names, check_text, check_tuple
from copain_gym.games.features import GroupTable, single_value
from copain_gym.games.features_c import MAX_OBJECTS
from copain_gym.games.variables import Decoder

__all__ = ["Objects", "Terrain"]

Array: TypeAlias = npt.NDArray[Any]

# The same numbers as in tables.h.
_ROWS = 26  # rows of tiles of the playfield
_COLUMNS = 64  # columns of the map, which is a ring
_COLUMN_BYTES = 8


@dataclass(frozen=True)
class Objects:
    """The objects of some slots as seen from the ship, the nearest first: (count, 3 + flags).

    The features of an object are: 1 if there is one; its X and its Y relative to the ship, in
    screens of 256 pixels; then the flags. For a slot without an object, all are 0.

    Args:
        name: name of the group.
        type: array variable of single bytes that is 0 in free slots.
        x: array variable of the X coordinates, with as many elements.
        y: array variable of the Y coordinates, with as many elements.
        origin: the variables of the ship's X and Y, single bytes.
        flags: further features, as (name, function of the types, meaning).
        meaning: what the objects are.
    """

    name: str
    type: str
    x: str
    y: str
    origin: tuple[str, str]
    flags: tuple[tuple[str, Callable[[Array], Array], str], ...]
    meaning: str

    def check(self, decoder: Decoder) -> None:
        """See `features.Group`."""
        what = f"objects {self.name!r}"
        counts = {}
        for role, name in (("type", self.type), ("x", self.x), ("y", self.y)):
            check_names(f"{what}: {role}", [name], decoder.variables)
            counts[name] = decoder.variables[name].count
            check_integer(f"{what}: elements of {name!r}", counts[name], 1, MAX_OBJECTS)
            _check_byte(what, decoder, name)
        if len(set(counts.values())) != 1:
            found = ", ".join(f"{name!r} has {count}" for name, count in counts.items())
            raise ValueError(f"{what}: {found} elements; allowed is the same number")
        _check_origin(what, decoder, self.origin)
        check_tuple(f"{what}: flags", self.flags, tuple, "(name, function, meaning)")
        for flag in self.flags:
            if len(flag) != 3 or not callable(flag[1]):
                raise ValueError(f"{what}: flag is {flag!r}; allowed is (name, function, meaning)")
            check_text(f"{what}: name of a flag", flag[0])

    def table(self, decoder: Decoder) -> GroupTable:
        """See `features.Group`."""
        fields = [
            ("present", f"1 if there is one: {self.meaning}"),
            ("dx", "X relative to the ship, in screens of 256 pixels"),
            ("dy", "Y relative to the ship, in screens of 256 pixels"),
            *((name, f"1 {meaning}") for name, _, meaning in self.flags),
        ]
        shape = decoder.variables[self.type].count, len(fields)
        numbers = range(shape[0])
        slots = [decoder.slots[name] for name in (self.type, self.x, self.y)]
        firsts = [slot.start if isinstance(slot, slice) else slot for slot in slots]
        ship = [decoder.slots[name] for name in self.origin]
        return GroupTable(
            shape,
            [f"[{k}].{name}" for k in numbers for name, _ in fields],
            [meaning for _ in numbers for _, meaning in fields],
            {"objects": [(0, *shape, *firsts, *ship, self._by_type())]},
        )

    def _by_type(self) -> Array:
        """For each type, (256, 3 + flags): 1 if there is an object, scales of X and Y, flags."""
        types = np.arange(256)
        present = (types != 0).astype(float)
        flags = []
        for name, function, _ in self.flags:
            flag = np.asarray(function(types))
            if flag.shape != types.shape or not ((flag >= -1) & (flag <= 1)).all():
                raise ValueError(
                    f"objects {self.name!r}: flag {name!r} is {flag!r} for the types 0 to 255; "
                    f"allowed is a number from -1 to 1 for each type"
                )
            flags.append(flag * present)
        return np.stack([present, present / 256, present / 256, *flags], axis=1)


@dataclass(frozen=True)
class Terrain:
    """Free space above and below the ship in the columns ahead: (columns, 2).

    The map is a ring of 64 columns of 8 bytes. A byte has four tiles of 2 bits, the upper one in
    the low bits. A tile that is not 0 is an obstacle. Distances are measured from the ship's row,
    in screens of 26 tiles; 0 means an obstacle in that row.

    Args:
        name: name of the group.
        address: address of the map, whose 512 bytes must be in RAM or in a part of the game's
            `memory`.
        scroll: variable of the scroll position in pixels.
        origin: the variables of the ship's X and Y, single bytes.
        offsets: the columns, counted from the ship's column, -64 to 63.
    """

    name: str
    address: int
    scroll: str
    origin: tuple[str, str]
    offsets: tuple[int, ...]

    def check(self, decoder: Decoder) -> None:
        """See `features.Group`."""
        what = f"terrain {self.name!r}"
        check_integer(f"{what}: address", self.address, 0, 0xFFFF, "#x")
        decoder.find(f"{what}: the map", self.address, _COLUMNS * _COLUMN_BYTES)
        single_value(f"{what}: scroll", decoder, self.scroll)
        _check_origin(what, decoder, self.origin)
        check_tuple(f"{what}: offsets", self.offsets, (int, np.integer), "integers")
        for offset in self.offsets:
            check_integer(f"{what}: an offset", offset, -_COLUMNS, _COLUMNS - 1)

    def table(self, decoder: Decoder) -> GroupTable:
        """See `features.Group`."""
        names, meanings = [], []
        for k, offset in enumerate(self.offsets):
            names += [f"[{k}].above", f"[{k}].below"]
            where = f"{offset} tiles ahead" if offset >= 0 else f"{-offset} tiles behind"
            meanings += [
                f"free space from the ship's row {way}, {where}, in screens of {_ROWS} tiles"
                for way in ("upwards", "downwards")
            ]
        count = len(self.offsets)
        place = decoder.find(self.name, self.address, _COLUMNS * _COLUMN_BYTES)
        slots = [decoder.slots[name] for name in (self.scroll, *self.origin)]
        rows = [(0, count, place, *slots, self.offsets)]
        return GroupTable((count, 2), names, meanings, {"terrains": rows})


def _check_origin(what: str, decoder: Decoder, origin: tuple[str, str]) -> None:
    check_tuple(f"{what}: origin", origin, str, "two names")
    if len(origin) != 2:
        raise ValueError(f"{what}: origin is {origin!r}; allowed are the names of X and Y")
    for name in origin:
        single_value(f"{what}: origin", decoder, name)
        _check_byte(what, decoder, name)


def _check_byte(what: str, decoder: Decoder, name: str) -> None:
    """Check that a variable has the values of a byte.

    Otherwise features could leave [-1, 1], and types could leave their table.

    Raises:
        ValueError: the variable has other values.
    """
    low, high = decoder.variables[name].range
    if low < 0 or high > 0xFF:
        raise ValueError(
            f"{what}: variable {name!r} has values from {low} to {high}; allowed are variables "
            f"with values from 0 to 255"
        )
