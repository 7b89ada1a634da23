"""`FrameStack`: the last observations of n emulators, one behind the other."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt

from copain_gym.games.reader import RowIndex

__all__ = ["FrameStack", "Stacked", "stacked_space"]

Array: TypeAlias = "npt.NDArray[Any]"

Stacked: TypeAlias = "dict[str, Array]"
"""The stack of one emulator, by the names of a dict observation; an array is named ''."""


def stacked_space(space: gymnasium.Space[Any], depth: int) -> gymnasium.Space[Any]:
    """The space of `depth` observations that are joined along their first axis.

    Examples:
        >>> stacked_space(gymnasium.spaces.Box(0, 255, (1, 84, 84), np.uint8), 4).shape
        (4, 84, 84)
    """
    if isinstance(space, gymnasium.spaces.Dict):
        return gymnasium.spaces.Dict({k: stacked_space(s, depth) for k, s in space.items()})
    assert isinstance(space, gymnasium.spaces.Box)
    low, high = (np.concatenate([bound] * depth) for bound in (space.low, space.high))
    return gymnasium.spaces.Box(low, high, dtype=space.dtype)


class FrameStack:
    """The last observations of n emulators, joined along their first axis, the oldest first.

    The first observation of an episode fills the whole stack.

    Args:
        depth: number of observations in a stack.
        space: space of one emulator's stack.
        count: number of emulators.
    """

    def __init__(self, depth: int, space: gymnasium.Space[Any], count: int) -> None:
        self._depth = depth
        boxes = space.spaces if isinstance(space, gymnasium.spaces.Dict) else {"": space}
        self._stacks = {
            name: np.zeros((count, *(box.shape or ())), box.dtype) for name, box in boxes.items()
        }
        # What has happened to each emulator since its last `observe`.
        self._begun = np.zeros(count, np.bool_)
        self._moved = np.zeros(count, np.bool_)

    def begin(self, lanes: Collection[int]) -> None:
        """Episodes have begun in some emulators."""
        chosen = list(lanes)
        self._begun[chosen] = True
        self._moved[chosen] = False

    def move(self, where: RowIndex, lost: Collection[int] = ()) -> None:
        """Some emulators have made a step.

        Args:
            where: which.
            lost: those of them that failed, so that there is no new observation.
        """
        self._moved[where] = True
        if lost:
            self._moved[list(lost)] = False

    def observe(self, where: RowIndex, newest: Any) -> Any:
        """The stacks of some emulators.

        Args:
            where: which.
            newest: their observations, an array (k, …) or a dict of arrays. They go into the
                stacks of emulators that have made a step or begun an episode since the last call.

        Returns:
            An array (k, …) that belongs to the caller, or a dict of such arrays.
        """
        parts = newest if isinstance(newest, dict) else {"": newest}
        begun, moved = self._begun[where], self._moved[where]
        rows = np.arange(len(self._begun))[where]
        # All of them as a slice costs less than their numbers.
        pushed: Any = where if moved.all() else rows[moved]
        for name, part in parts.items():
            stack, size = self._stacks[name], part.shape[1]
            if moved.any():
                stack[pushed, :-size] = stack[pushed, size:]
                stack[pushed, -size:] = part if moved.all() else part[moved]
            if begun.any():
                stack[rows[begun]] = np.concatenate([part[begun]] * self._depth, axis=1)
        self._begun[where] = self._moved[where] = False
        stacks = {name: np.array(self._stacks[name][where]) for name in parts}
        return stacks if isinstance(newest, dict) else stacks[""]

    def save(self, lane: int) -> Stacked:
        """A copy of one emulator's stack."""
        return {name: stack[lane].copy() for name, stack in self._stacks.items()}

    def load(self, lane: int, saved: Stacked) -> None:
        """Go on with a stack that `save` returned.

        One with other observations is ignored: the stack is then as at the beginning of an episode.
        """
        shapes = {name: (part.shape, part.dtype) for name, part in saved.items()}
        if shapes == {name: (s.shape[1:], s.dtype) for name, s in self._stacks.items()}:
            for name, part in saved.items():
                self._stacks[name][lane] = part
            self._begun[lane] = self._moved[lane] = False

    def copy_from(self, other: FrameStack) -> None:
        """Go on with the stacks of others of the same kind."""
        for name, stack in other._stacks.items():
            self._stacks[name][:] = stack
        self._begun[:], self._moved[:] = other._begun, other._moved
