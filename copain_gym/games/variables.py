"""Named variables in a console's RAM, decoded for many emulators in one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.games import c_tables
from copain_gym.games.checks import check_integer, check_text
from copain_gym.native import address_of, as_contiguous, c_function

__all__ = ["RAM_SIZE", "TYPES", "Decoder", "Values", "Variable"]

RAM_SIZE = 0x800
"""Bytes of a NES's work RAM."""

_CARTRIDGE = 0x4020, 0xFFFF  # addresses of its memory

TYPES: dict[str, int | None] = {
    **{"u8": 1, "i8": 1},
    **{"u16": 2, "i16": 2, "u24": 3, "u32": 4},
    **{"u16be": 2, "i16be": 2, "u24be": 3, "u32be": 4},
    **{"bcd": None, "bcdbe": None, "digits": None, "digitsbe": None},
}
"""Types of variables and their sizes in bytes; None means any size.

`u` is unsigned, `i` is signed (two's complement), followed by the number of bits. `be` is
big-endian; all others are little-endian. `bcd` has two decimal digits a byte, `digits` has one.
"""


@dataclass(frozen=True)
class Variable:
    """One variable in RAM, or an array of them.

    Args:
        name: name in `info` and in observations.
        address: address of its first byte.
        type: one of `TYPES`.
        meaning: its meaning, for the documentation.
        unit: pixels, frames, points, …
        source: where the address comes from.
        size: number of bytes of a decimal type; other types have a fixed size.
        mask: bits of the byte that are used; the lowest of them becomes bit 0.
        count: number of elements of an array; 0 for a single value.
        stride: number of bytes from one element to the next.
        scale: factor of the value, for instance 10 for a score that is stored without its last
            zero.

    Raises:
        ValueError: a value is not allowed.
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
        check_text("name of a variable", self.name, allowed="a text that is not empty")
        what = f"variable {self.name!r}"
        if not isinstance(self.type, str) or self.type not in TYPES:
            raise ValueError(f"{what}: type is {self.type!r}; allowed are {', '.join(TYPES)}")
        check_integer(f"{what}: address", self.address, 0, 0xFFFF, "#x")
        check_integer(f"{what}: mask", self.mask, 1, 0xFF, "#x")
        check_integer(f"{what}: size", self.size, 1, 8)
        check_integer(f"{what}: count", self.count, 0, 0x10000)
        check_integer(f"{what}: stride", self.stride, 1, 0x10000)
        check_integer(f"{what}: scale", self.scale, 1, 2**62)
        if self.range[1] >= 2**63:
            raise ValueError(
                f"{what}: scale is {self.scale}; allowed are scales with which {self.bytes} bytes "
                f"of type {self.type} fit in 64 bits"
            )
        if self.mask != 0xFF and self.bytes > 1:
            raise ValueError(
                f"{what}: mask is {self.mask:#x}; allowed is 0xff, because only variables of one "
                f"byte can have a mask"
            )

    @property
    def bytes(self) -> int:
        """Bytes of one element."""
        return TYPES[self.type] or self.size

    @property
    def range(self) -> tuple[int, int]:
        """The least and the greatest value that an element can have."""
        bits = 8 * self.bytes
        if self.type.startswith("i"):
            low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        elif self.type.startswith(("bcd", "digits")):
            low, high = 0, 10 ** (self.bytes * (2 if self.type.startswith("bcd") else 1)) - 1
        else:
            low, high = 0, self.mask // (self.mask & -self.mask) if self.bytes == 1 else 2**bits - 1
        return low * self.scale, high * self.scale

    def addresses(self, element: int = 0) -> list[int]:
        """The addresses of an element's bytes, the least significant byte first."""
        first = self.address + element * self.stride
        places = range(first, first + self.bytes)
        return list(reversed(places) if self.type.endswith("be") else places)

    def contributions(self, place: int) -> npt.NDArray[np.int64]:
        """What a byte of an element adds to the element's value, (256,) int64 by the byte.

        Args:
            place: which byte; 0 is the least significant.
        """
        byte = np.arange(256, dtype=np.int64)
        byte = (byte & self.mask) // (self.mask & -self.mask)
        if self.type.startswith("bcd"):
            # A nibble above 9 is not a digit; as in stable-retro, it is taken modulo 10.
            value, base = (byte >> 4) % 10 * 10 + (byte & 15) % 10, 100
        elif self.type.startswith("digits"):
            value, base = (byte & 15) % 10, 10
        else:
            value, base = byte, 256
            if self.type.startswith("i") and place == self.bytes - 1:
                value = np.where(byte < 128, byte, byte - 256)
        contribution: npt.NDArray[np.int64] = value * base**place * self.scale
        return contribution


class Values(Mapping[str, Any]):
    """Decoded variables by name.

    For one RAM, a value is an int, or an int64 array (count,) for an array variable. For n RAMs it
    is an int64 array (n,) or (n, count).

    Attributes:
        vector: all values in the order of the variables, (k,) or (n, k) int64; read-only by
            convention.
        slots: index or slice of each variable in it.
    """

    __slots__ = ("slots", "vector")

    def __init__(self, vector: npt.NDArray[np.int64], slots: Mapping[str, int | slice]) -> None:
        self.vector = vector
        self.slots = slots

    def __getitem__(self, name: str) -> Any:
        slot = self.slots[name]
        if self.vector.ndim == 1:
            return self.vector[slot] if isinstance(slot, slice) else self.vector.item(slot)
        return self.vector[..., slot]

    def __iter__(self) -> Iterator[str]:
        return iter(self.slots)

    def __len__(self) -> int:
        return len(self.slots)

    def __contains__(self, name: object) -> bool:
        return name in self.slots

    def to_dict(self, slots: Mapping[str, int | slice] | None = None) -> dict[str, Any]:
        """The same values, or those of some slots, as a dict."""
        if slots is None:
            slots = self.slots
        if self.vector.ndim > 1:
            return {name: self.vector[:, slot] for name, slot in slots.items()}
        vector, plain = self.vector, self.vector.tolist()  # one call for all of them is cheaper
        return {
            name: plain[slot] if type(slot) is int else vector[slot] for name, slot in slots.items()
        }

    def __repr__(self) -> str:
        return f"Values({dict(self)!r})"


def _place_bytes(memory: Sequence[tuple[int, int]]) -> dict[int, int]:
    """The offset of each address in an image: the work RAM, then the parts of `memory`."""
    places = {byte: byte for byte in range(RAM_SIZE)}
    for part in memory:
        if not isinstance(part, (tuple, list)) or len(part) != 2:
            raise ValueError(f"memory has {part!r}; allowed are pairs of address and length")
        first = check_integer("address of memory", part[0], *_CARTRIDGE, "#x")
        length = check_integer(f"length of memory at {first:#x}", part[1], 1, 0x10000 - first)
        for byte in range(first, first + length):
            if byte in places:
                raise ValueError(f"memory has the address {byte:#x} twice; allowed is once")
            places[byte] = len(places)
    return places


class Decoder:
    """Decodes all variables of a game for n emulators in one call of C.

    A lookup table gives what each byte adds to the value of its variable.

    Args:
        variables: the variables; their names must differ.
        memory: memory of the cartridge, as (address, length) of each part. An image is the work
            RAM, followed by these parts.

    Attributes:
        memory: the same.
        image_size: bytes of an image: 2048 and those of `memory`.
        slots: index or slice of each variable in `Values.vector`.
        size: number of all values, k.
        structure: the structure for C.

    Raises:
        ValueError: two variables have the same name, an address is not in the image, or a part of
            `memory` overlaps another one or is not memory of the cartridge.

    Examples:
        >>> decoder = Decoder([Variable("score", 4, "bcd"), Variable("x", 1, "i8")])
        >>> ram = np.zeros(2048, np.uint8)
        >>> ram[4:7], ram[1] = (0x21, 0x43, 0x05), 0xFF
        >>> dict(decoder(ram))
        {'score': 54321, 'x': -1}
    """

    def __init__(
        self,
        variables: Sequence[Variable],
        memory: Sequence[tuple[int, int]] = (),
    ) -> None:
        self.variables = {v.name: v for v in variables}
        self.memory = tuple(memory)
        self._places = _place_bytes(self.memory)
        self.image_size = len(self._places)
        names = [v.name for v in variables]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"variables are named twice: {', '.join(twice)}")
        self.slots: dict[str, int | slice] = {}
        self.size = 0
        places: list[tuple[int, int]] = []  # of each byte that counts: address and value
        tables: dict[bytes, int] = {}  # the lookup tables; equal ones are kept once
        table_of: list[int] = []
        for v in variables:
            first = self.size
            for element in range(max(v.count, 1)):
                for place, address_ in enumerate(v.addresses(element)):
                    at = self.find(f"variable {v.name!r}", address_)
                    places.append((at, self.size))
                    key = v.contributions(place).tobytes()
                    table_of.append(tables.setdefault(key, len(tables)))
                self.size += 1
            self.slots[v.name] = first if v.count == 0 else slice(first, self.size)
        self._tables = np.frombuffer(bytearray().join(tables), np.int64)
        parts = np.zeros(len(places), np.dtype(c_tables.Part))
        if places:
            parts["address"], parts["value"] = np.array(places).T
            parts["adds"] = address_of(self._tables) + np.array(table_of) * (256 * 8)
        self.structure = c_tables.Decoder(
            count=len(parts), variables=self.size, image_size=self.image_size, parts=parts
        )
        self._decode = c_function("copain_games", "copain_decode", "ppnpn")

    def find(self, what: str, address: int, length: int = 1) -> int:
        """The offset of some bytes in an image.

        Args:
            what: name of the bytes in the message.
            address: address of the first byte.
            length: number of bytes; they must be consecutive in the image, too.

        Raises:
            ValueError: the image does not have these bytes.
        """
        places = self._places
        at = places.get(address, -1)
        if at < 0 or any(places.get(address + k) != at + k for k in range(length)):
            last = "" if length == 1 else f" to {address + length - 1:#x}"
            parts = ["0x0 to 0x7ff (RAM)"]
            parts += [f"{a:#x} to {a + n - 1:#x} (memory)" for a, n in self.memory]
            raise ValueError(
                f"{what} is at address {address:#x}{last}; allowed are {', '.join(parts)}"
            )
        return at

    def __call__(self, ram: npt.NDArray[np.uint8]) -> Values:
        """Decode one RAM (2048,) or n of them (n, 2048). See `vector`."""
        return Values(self.vector(ram), self.slots)

    def vector(self, ram: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """All values in the order of the variables, (k,) or (n, k) int64.

        Args:
            ram: an image or n of them, (`image_size`,) or (n, `image_size`) uint8.

        Raises:
            ValueError: `ram` has another shape or dtype.
        """
        if ram.dtype != np.uint8 or ram.ndim not in (1, 2) or ram.shape[-1] != self.image_size:
            raise ValueError(
                f"RAM has shape {ram.shape} and dtype {ram.dtype}; "
                f"allowed are ({self.image_size},) and (n, {self.image_size}) of uint8"
            )
        images = ram if ram.ndim == 2 else ram[None]
        if images.strides[1] != 1:
            images = as_contiguous(images, np.uint8)
        n = len(images)
        vector = np.empty((n, self.size), np.int64)
        at = self.structure.address
        self._decode(at, address_of(images), images.strides[0], address_of(vector), n)
        return vector if ram.ndim == 2 else vector[0]
