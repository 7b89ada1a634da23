"""How Python calls the C code of this package, with ctypes: one build serves all Pythons."""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.paths import native_directory

__all__ = ["address", "function", "holds"]

_TYPES: dict[str, Any] = {
    **{"p": ctypes.c_void_p, "s": ctypes.c_char_p},
    **{"n": ctypes.c_int64, "u": ctypes.c_uint32, "i": ctypes.c_int},
}


@functools.cache
def function(library: str, name: str, arguments: str, result: str = "") -> Any:
    """A function of a library of this package.

    Args:
        library: the name of its file.
        name: of the function.
        arguments: the type of each: `p` pointer, `s` bytes, `n` int64, `u` uint32.
        result: `u`, `i` (int) or nothing.

    Raises:
        OSError: this system cannot load the library.
    """
    loaded = ctypes.CDLL(str(native_directory() / f"{library}.so"))
    found = getattr(loaded, name)
    found.argtypes = [_TYPES[kind] for kind in arguments]
    found.restype = _TYPES[result] if result else None
    return found


def address(array: npt.NDArray[Any]) -> int:
    """Where an array's elements begin in memory."""
    try:  # a third of the time that `array.ctypes` takes
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # type: ignore[arg-type]
    except (TypeError, ValueError):  # read-only, empty or not contiguous
        where: int = array.ctypes.data
        return where


def holds(values: Any, dtype: Any) -> npt.NDArray[Any]:
    """An array as C takes it: contiguous, of this type."""
    return np.ascontiguousarray(values, dtype)
