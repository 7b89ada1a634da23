"""Calls this package's C code through ctypes, so that one build works with every Python version.

C functions take numbers and the addresses of arrays and structures. Python makes arrays as
contiguous NumPy arrays, structures with `Structure`, and arrays of structures with
`structure_array`.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.paths import native_directory

__all__ = [
    "POINTER",
    "Structure",
    "address_of",
    "as_contiguous",
    "c_function",
    "structure_array",
]

POINTER = ctypes.c_void_p
"""The type of a structure's address fields."""

_TYPES: dict[str, Any] = {
    **{"p": ctypes.c_void_p, "s": ctypes.c_char_p},
    **{"n": ctypes.c_int64, "u": ctypes.c_uint32, "i": ctypes.c_int},
}


@functools.cache
def c_function(library: str, name: str, arguments: str, result: str = "") -> Any:
    """Load a function of one of this package's C libraries.

    Args:
        library: the library's file name without `.so`.
        name: name of the function.
        arguments: one letter for each argument: `p` address, `s` bytes, `n` int64, `u` uint32.
        result: the letter of the result (also `i` int; `s` may be NULL); empty for no result.

    Raises:
        OSError: this system cannot load the library.
    """
    loaded = ctypes.CDLL(str(native_directory() / f"{library}.so"))
    found = getattr(loaded, name)
    found.argtypes = [_TYPES[kind] for kind in arguments]
    found.restype = _TYPES[result] if result else None
    return found


def address_of(array: npt.NDArray[Any]) -> int:
    """Address of an array's first element; valid as long as the array exists."""
    try:  # takes a third of the time of `array.ctypes`
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # type: ignore[arg-type]
    except (TypeError, ValueError):  # read-only, empty or not contiguous
        address: int = array.ctypes.data
        return address


def as_contiguous(values: Any, dtype: Any) -> npt.NDArray[Any]:
    """Return the values as a contiguous array of this type; copies only if needed."""
    return np.ascontiguousarray(values, dtype)


class Structure(ctypes.Structure):
    """A C structure whose fields are set once, when it is made.

    A subclass declares its fields in `_fields_`, in the same order as in C. The value of a
    `POINTER` field is a contiguous array, another `Structure` or None. The structure keeps a
    reference to these values.

    Args:
        fields: the value of each field, in that order.

    Raises:
        TypeError: a field is missing, unknown or out of order.
    """

    def __init__(self, **fields: Any) -> None:
        if list(fields) != [name for name, *_ in self._fields_]:
            raise TypeError(f"{type(self).__name__} has the fields {self._fields_}, not {fields}")
        self._kept = fields
        super().__init__(**{name: _as_c(value) for name, value in fields.items()})

    @property
    def address(self) -> int:
        """Address of the structure; valid as long as it exists."""
        return ctypes.addressof(self)


def _as_c(value: Any) -> Any:
    if isinstance(value, Structure):
        return value.address
    if isinstance(value, np.ndarray):
        if not value.flags.c_contiguous:
            raise ValueError("C takes contiguous arrays only")
        return address_of(value)
    return value


class _StructureArray(np.ndarray[Any, Any]):
    """An array that keeps references to the objects that its elements point to."""

    kept: Sequence[Any] = ()


def structure_array(kind: type[Structure], rows: Iterable[Sequence[Any]]) -> npt.NDArray[Any]:
    """Make an array of C structures.

    Args:
        kind: the structure.
        rows: the field values of each structure, in the fields' order; see `Structure`.
    """
    rows = [tuple(row) for row in rows]
    array = np.array([tuple(map(_as_c, row)) for row in rows], np.dtype(kind))
    kept = array.view(_StructureArray)
    kept.kept = rows
    return kept
