"""How Python calls the C code of this package, with ctypes: one build serves all Pythons.

C takes numbers, and the addresses of arrays and of structures. An array is a contiguous NumPy
array, a structure a `Structure`, an array of structures what `structure_array` makes.
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
"""The type of a structure's fields that are addresses."""

_TYPES: dict[str, Any] = {
    **{"p": ctypes.c_void_p, "s": ctypes.c_char_p},
    **{"n": ctypes.c_int64, "u": ctypes.c_uint32, "i": ctypes.c_int},
}


@functools.cache
def c_function(library: str, name: str, arguments: str, result: str = "") -> Any:
    """A function of one of this package's C libraries.

    Args:
        library: the name of its file, without `.so`.
        name: of the function.
        arguments: a letter for the type of each: `p` address, `s` bytes, `n` int64, `u` uint32.
        result: the same (`i` int, `s` text that may be NULL), or nothing.

    Raises:
        OSError: this system cannot load the library.
    """
    loaded = ctypes.CDLL(str(native_directory() / f"{library}.so"))
    found = getattr(loaded, name)
    found.argtypes = [_TYPES[kind] for kind in arguments]
    found.restype = _TYPES[result] if result else None
    return found


def address_of(array: npt.NDArray[Any]) -> int:
    """Where an array's elements begin in memory, good as long as the array lives."""
    try:  # a third of the time that `array.ctypes` takes
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # type: ignore[arg-type]
    except (TypeError, ValueError):  # read-only, empty or not contiguous
        address: int = array.ctypes.data
        return address


def as_contiguous(values: Any, dtype: Any) -> npt.NDArray[Any]:
    """The values as C takes them: a contiguous array of this type, copied only where needed."""
    return np.ascontiguousarray(values, dtype)


class Structure(ctypes.Structure):
    """A structure of C, filled once.

    A class gives its fields as `_fields_`, as C has them. A field of type `POINTER` is filled
    with a contiguous array, another `Structure` or None, which live as long as this does.

    Args:
        fields: the value of each field.

    Raises:
        TypeError: a field is missing or unknown.
    """

    def __init__(self, **fields: Any) -> None:
        if list(fields) != [name for name, *_ in self._fields_]:
            raise TypeError(f"{type(self).__name__} has the fields {self._fields_}, not {fields}")
        self._kept = fields
        super().__init__(**{name: _as_c(value) for name, value in fields.items()})

    @property
    def address(self) -> int:
        """Where the structure lies in memory, good as long as it lives."""
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
    """An array that keeps what its elements point to."""

    kept: Sequence[Any] = ()


def structure_array(kind: type[Structure], rows: Iterable[Sequence[Any]]) -> npt.NDArray[Any]:
    """An array of structures as C takes it.

    Args:
        kind: the structure.
        rows: the values of each one's fields, in their order; see `Structure`.
    """
    rows = [tuple(row) for row in rows]
    array = np.array([tuple(map(_as_c, row)) for row in rows], np.dtype(kind))
    kept = array.view(_StructureArray)
    kept.kept = rows
    return kept
