"""Checks of the arguments of a vector environment's methods; errors say what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt

__all__ = ["check_actions", "check_lanes", "check_mask"]

Array: TypeAlias = "npt.NDArray[Any]"


def check_mask(mask: Any, count: int) -> npt.NDArray[np.bool_]:
    """A mask of the lanes that are reset."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        raise TypeError(f"reset_mask is {mask!r}; it must be a bool array")
    if mask.shape != (count,) or not mask.any():
        raise ValueError(f"reset_mask is {mask}; it must have shape ({count},) and a True")
    return mask


def check_lanes(lanes: Sequence[int] | Array, count: int) -> Array:
    """Numbers of lanes as an int64 array."""
    array = np.asarray(lanes)
    if array.ndim != 1 or not array.size or array.dtype.kind not in "iu":
        raise ValueError(f"lanes are {lanes!r}; they must be one or more integers")
    if array.min() < 0 or array.max() >= count or len(np.unique(array)) != len(array):
        raise ValueError(
            f"lanes are {array.tolist()}; allowed are 0 to {count - 1}, each once at most"
        )
    return array.astype(np.int64)


def check_actions(actions: Any, space: gymnasium.Space[Any], count: int) -> Array:
    """Actions of `count` lanes as an array of integers.

    As in `NesEnv`, the bits of a `MultiBinary` may also be the floats 0.0 and 1.0, which
    Stable-Baselines3 sends.
    """
    array = np.asarray(actions)
    shape = (count, *(space.shape or ()))
    if array.shape != shape:
        raise ValueError(f"actions have shape {array.shape}; allowed is {shape}")
    if array.dtype.kind == "f" and isinstance(space, gymnasium.spaces.MultiBinary):
        if not ((array == 0) | (array == 1)).all():
            raise ValueError(f"actions are {array.tolist()}; allowed is what {space} contains")
        return array.astype(np.int8)
    if array.dtype.kind not in "iub":
        raise ValueError(f"actions are of type {array.dtype}; they must be integers")
    if isinstance(space, gymnasium.spaces.Discrete):
        values = array.tolist()  # for few numbers, Python is faster than NumPy
        wrong = min(values) < 0 or max(values) >= space.n
    else:
        most = space.nvec if isinstance(space, gymnasium.spaces.MultiDiscrete) else 2
        wrong = bool((array < 0).any() or (array >= most).any())
    if wrong:
        raise ValueError(f"actions are {array.tolist()}; allowed is what {space} contains")
    return array
