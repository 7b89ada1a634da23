"""Named variables in a console's RAM, decoded for many emulators in one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["RAM_SIZE", "TYPES", "Decoder", "Variable"]

RAM_SIZE = 0x800
"""Bytes of a NES's work RAM."""

TYPES = {"u8": 1, "i8": 1, "u16": 2, "i16": 2, "u16be": 2, "i16be": 2, "bcd": None}
"""Types of variables and their sizes in bytes; `bcd` (packed, little-endian) has any."""


@dataclass(frozen=True)
class Variable:
    """One variable in RAM, or an array of them.

    Args:
        name: how it is called in `info` and observations.
        address: of its first byte, 0 to 0x7FF.
        type: `u8`, `i8`, `u16` and `i16` (little-endian), `u16be` and `i16be`, or `bcd`, packed
            binary coded decimal with the lowest two digits first.
        meaning: what it says, for the documentation.
        unit: pixels, frames, points, …
        source: who found it.
        size: bytes of a `bcd`; other types have their own.
        mask: bits of each byte that count; the lowest of them becomes bit 0.
        count: elements of an array; 0 is a single value.
        stride: bytes from one element to the next.
        scale: factor of the value, for scores that are kept without their last zero.

    Raises:
        ValueError: an unknown type, or addresses outside of RAM.
    """

    name: str
    address: int
    type: str = "u8"
    meaning: str = ""
    unit: str = ""
    source: str = ""
    size: int = 3
    mask: int = 0xFF
    count: int = 0
    stride: int = 1
    scale: int = 1

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(
                f"variable {self.name!r} has type {self.type!r}; allowed are {', '.join(TYPES)}"
            )
        if not 0 < self.mask <= 0xFF:
            raise ValueError(f"variable {self.name!r} has mask {self.mask:#x}; allowed 1 to 0xff")
        if self.count < 0 or self.stride < 1 or self.size < 1:
            raise ValueError(f"variable {self.name!r} has a size, count or stride out of range")
        last = self.address + max(self.count - 1, 0) * self.stride + self.bytes - 1
        if not 0 <= self.address <= last < RAM_SIZE:
            raise ValueError(
                f"variable {self.name!r} lies at {self.address:#x} to {last:#x}; "
                f"RAM is 0 to {RAM_SIZE - 1:#x}"
            )

    @property
    def bytes(self) -> int:
        """Bytes of one element."""
        return TYPES[self.type] or self.size


class Values(Mapping[str, Any]):
    """Decoded variables by name.

    A value of one RAM is an int, or an int64 array (count,) for an array variable; of n RAMs it
    is an int64 array (n,) or (n, count).
    """

    __slots__ = ("_array", "_slots")

    def __init__(self, array: npt.NDArray[np.int64], slots: Mapping[str, int | slice]) -> None:
        self._array = array
        self._slots = slots

    def __getitem__(self, name: str) -> Any:
        value = self._array[..., self._slots[name]]
        return int(value) if value.ndim == 0 else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._slots)

    def __len__(self) -> int:
        return len(self._slots)

    def __repr__(self) -> str:
        return f"Values({dict(self)!r})"


class Decoder:
    """Decodes all variables of a table at once, without a Python loop over them.

    Every byte that is needed is gathered in one step; weights then make values of them.

    Examples:
        >>> decoder = Decoder([Variable("score", 4, "bcd"), Variable("x", 1, "i8")])
        >>> ram = np.zeros(2048, np.uint8)
        >>> ram[4:7], ram[1] = (0x21, 0x43, 0x05), 0xFF
        >>> dict(decoder(ram))
        {'score': 54321, 'x': -1}
    """

    def __init__(self, variables: Sequence[Variable]) -> None:
        self.variables = {v.name: v for v in variables}
        if len(self.variables) != len(variables):
            names = [v.name for v in variables]
            twice = sorted({n for n in names if names.count(n) > 1})
            raise ValueError(f"variables are named twice: {', '.join(twice)}")
        addresses: list[int] = []
        weights: list[int] = []
        masks: list[int] = []
        shifts: list[int] = []
        decimal: list[int] = []
        starts: list[int] = []
        signs: list[int] = []
        scales: list[int] = []
        self._slots: dict[str, int | slice] = {}
        for v in variables:
            first = len(starts)
            for element in range(max(v.count, 1)):
                starts.append(len(addresses))
                scales.append(v.scale)
                signs.append((1 << (8 * v.bytes - 1)) if v.type.startswith("i") else 0)
                shift = (v.mask & -v.mask).bit_length() - 1
                for k in range(v.bytes):
                    place = v.bytes - 1 - k if v.type.endswith("be") else k
                    addresses.append(v.address + element * v.stride + k)
                    weights.append((100 if v.type == "bcd" else 256) ** place)
                    shifts.append(shift)
                    masks.append(v.mask)
                    decimal.append(6 if v.type == "bcd" else 0)
            self._slots[v.name] = first if v.count == 0 else slice(first, len(starts))
        self._addresses = np.array(addresses, np.intp)
        self._masks = np.array(masks, np.int64)
        self._shifts = np.array(shifts, np.int64)
        self._decimal = np.array(decimal, np.int64)
        self._weights = np.array(weights, np.int64)
        self._starts = np.array(starts, np.intp)
        self._signs = np.array(signs, np.int64)
        self._scales = np.array(scales, np.int64)

    def __call__(self, ram: npt.NDArray[np.uint8]) -> Values:
        """Decode one RAM (2048,) or n of them (n, 2048).

        Raises:
            ValueError: another shape or dtype.
        """
        if ram.dtype != np.uint8 or ram.ndim not in (1, 2) or ram.shape[-1] != RAM_SIZE:
            raise ValueError(
                f"RAM has shape {ram.shape} and dtype {ram.dtype}; "
                f"allowed are (2048,) and (n, 2048) of uint8"
            )
        return Values(self.vector(ram), self._slots)

    def vector(self, ram: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """All values in the order of the table, (k,) or (n, k) int64."""
        data = (ram[..., self._addresses] & self._masks) >> self._shifts
        data -= (data >> 4) * self._decimal  # packed BCD 0x42 is 66; 66 - 6 * 4 is 42
        data *= self._weights
        values = np.add.reduceat(data, self._starts, axis=-1)
        return ((values ^ self._signs) - self._signs) * self._scales
