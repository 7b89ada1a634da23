"""The CPU's address space as a Python sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.replies import bytes_of

if TYPE_CHECKING:
    from copain_gym.bridge.client import Client

__all__ = ["Memory"]

_SIZE = 0x10000
_is_byte = bytes_of(1)


class Memory:
    """Reads and writes the CPU's 64 KiB address space, as FCEUX's `memory` library does.

    An index reads one byte as int; a slice reads an (n,) uint8 array. A slice can be assigned any
    object with the buffer protocol. Reading a PPU or APU register has no side effects in FCEUX.
    """

    def __init__(self, client: Client, changed: Callable[[int, bytes], None]) -> None:
        self._client = client
        self._changed = changed  # called after each write, with the address and the bytes

    def __len__(self) -> int:
        return _SIZE

    @overload
    def __getitem__(self, key: int) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> npt.NDArray[np.uint8]: ...

    def __getitem__(self, key: int | slice) -> int | npt.NDArray[np.uint8]:
        """Read a byte, or the bytes of a slice.

        Raises:
            IndexError: an address outside 0 to 65535.
            ValueError: a slice with a step other than 1.
        """
        if isinstance(key, slice):
            start, stop = _bounds(key)
            data = self._client.ask(bytes_of(stop - start), "read", start, stop - start)
            return np.frombuffer(data, np.uint8)
        data = self._client.ask(_is_byte, "read", _address(key), 1)
        return int(data[0])

    def __setitem__(self, key: int | slice, value: int | bytes | npt.NDArray[np.uint8]) -> None:
        """Write one byte, or exactly the bytes of a slice.

        Raises:
            IndexError: an address outside 0 to 65535.
            ValueError: a byte outside 0 to 255, or the wrong number of bytes.
        """
        if isinstance(key, slice):
            start, stop = _bounds(key)
            if isinstance(value, int):
                raise ValueError(f"a slice is written with bytes, not with the integer {value}")
            data = bytes(value)
            if len(data) != stop - start:
                raise ValueError(f"{len(data)} bytes do not fit in {stop - start} addresses")
        else:
            start = _address(key)
            if not isinstance(value, (int, np.integer)) or not 0 <= value <= 0xFF:
                raise ValueError(f"a byte is {value!r}; allowed are 0 to 255")
            data = bytes([int(value)])
        self._client.request("write", start, data)
        self._changed(start, data)


def _address(key: int) -> int:
    if not 0 <= key < _SIZE:
        raise IndexError(f"address {key} is out of range; allowed are 0 to {_SIZE - 1}")
    return int(key)


def _bounds(key: slice) -> tuple[int, int]:
    start = 0 if key.start is None else key.start
    stop = _SIZE if key.stop is None else key.stop
    if key.step not in (None, 1):
        raise ValueError(f"a slice of memory has the step {key.step}; only 1 is allowed")
    if not 0 <= start <= stop <= _SIZE:
        raise IndexError(f"addresses {start}:{stop} are out of range; allowed are 0:{_SIZE}")
    return int(start), int(stop)
