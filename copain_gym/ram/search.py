"""`RamSearch`: narrows the addresses of a variable by what happened to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from copain_gym.errors import RamSearchError
from copain_gym.games.variables import RAM_SIZE, TYPES, Variable
from copain_gym.ram.condition import Condition
from copain_gym.ram.trace import Trace

__all__ = ["Candidate", "RamSearch"]

_BLOCK = 1 << 22  # values that are decoded at once

Booleans = npt.NDArray[np.bool_]


class Candidate(NamedTuple):
    """A place where the variable may be.

    Attributes:
        address: address of its first byte.
        type: one of `TYPES` of `copain_gym.games.variables`.
        size: number of its bytes.
    """

    address: int
    type: str
    size: int

    def variable(self, name: str = "value") -> Variable:
        """The variable at this place, as tables of games have it."""
        return Variable(name, self.address, self.type, size=self.size)


class RamSearch:
    """A search for one variable in a trace.

    It begins with every address and each of some types. Each condition drops the candidates that do
    not meet it.

    A decimal type has only digits: where a byte is none in a frame that is compared, it is dropped.

    Args:
        trace: the frames to search in. More can be added to it between two conditions.
        types: types to try, see `copain_gym.games.variables.TYPES`.
        size: number of bytes of decimal types.
        delay: frames from the moment when a button is held to the change, for `while`.
        candidates: where to begin instead of everywhere.

    Attributes:
        candidates: those that are left, in the order of types and addresses.

    Raises:
        RamSearchError: a type, a size or the delay is not allowed.

    Examples:
        >>> trace = Trace()
        >>> ram = np.zeros(2048, np.uint8)
        >>> for ram[0x20] in (3, 3, 2, 2):
        ...     trace.add(ram)
        >>> search = RamSearch(trace).where("equals 3 at 1", "decreased by 1 from 1 to 4")
        >>> search.candidates
        [Candidate(address=32, type='u8', size=1)]
        >>> search.values(search.candidates[0]).tolist()
        [3, 3, 2, 2]
    """

    def __init__(
        self,
        trace: Trace,
        types: Sequence[str] = ("u8",),
        *,
        size: int = 3,
        delay: int = 0,
        candidates: Iterable[Candidate] | None = None,
    ) -> None:
        self.trace, self.delay = trace, delay
        if not 0 <= delay <= 60:
            raise RamSearchError(f"delay is {delay}; allowed are 0 to 60")
        if candidates is None:
            candidates = _everywhere(types, size)
        self.candidates = list(candidates)

    def where(self, *conditions: str) -> RamSearch:
        """Keep the candidates that meet all conditions; returns the search.

        Args:
            conditions: such as "increased by 10 since 600", see `Condition`.

        Raises:
            RamSearchError: a condition is not allowed, or names frames that the trace lacks. No
                candidate is dropped then.
        """
        read = [Condition.parse(text) for text in conditions]
        left = self.candidates
        for condition in read:
            left = [
                candidate
                for group, met in self._judged(left, condition)
                for candidate, yes in zip(group, met.tolist(), strict=True)
                if yes
            ]
        self.candidates = left
        return self

    def values(self, candidate: Candidate) -> npt.NDArray[np.int64]:
        """The value of a candidate in each frame, (frames,) int64."""
        values, _ = self._decode([candidate], slice(None))
        return np.asarray(values[0], np.int64)

    # ---- conditions --------------------------------------------------------------

    def _judged(
        self, candidates: list[Candidate], condition: Condition
    ) -> Iterator[tuple[list[Candidate], Booleans]]:
        """Some candidates at a time, all of one type, and whether they meet a condition."""
        first, last = self._frames(condition)
        if condition.moments:
            frames: slice | list[int] = [first, last]
            count = 2
        else:
            frames = slice(first, last + 1)
            count = last - first + 1
        chosen = self._chosen(condition, first, last)
        step = max(1, _BLOCK // count)
        for _, same in groupby(candidates, key=lambda c: (c.type, c.size)):
            group = list(same)
            for begin in range(0, len(group), step):
                some = group[begin : begin + step]
                values, digits = self._decode(some, frames)
                met = _compare(condition, values, chosen)
                yield some, met if digits is None else met & digits

    def _frames(self, condition: Condition) -> tuple[int, int]:
        """The first and the last frame of a condition, counted from 0."""
        trace = self.trace
        first = trace.first if condition.first is None else condition.first
        last = trace.last if condition.last is None else condition.last
        if trace.last < trace.first:
            raise RamSearchError("the trace has no frames yet")
        for frame in (first, last):
            if not trace.first <= frame <= trace.last:
                raise RamSearchError(
                    f"frame {frame} is asked for; there are the frames {trace.first} to "
                    f"{trace.last}"
                )
        if first >= last and not condition.of_value:
            raise RamSearchError(
                f"a change needs two frames; the frames are {first} to {last}, and the last one "
                f"there is {trace.last}"
            )
        return first - trace.first, last - trace.first

    def _chosen(self, condition: Condition, first: int, last: int) -> Booleans | None:
        """In which frames the buttons of a condition are held; None if they do not matter."""
        if condition.held is None:
            return None
        held = self.trace.held
        delayed = np.zeros_like(held)
        delayed[self.delay :] = held[: len(held) - self.delay]
        among = 0xFF if condition.exactly else condition.held
        begin = first if condition.of_value else first + 1
        chosen: Booleans = np.asarray((delayed & among) == condition.held)[begin : last + 1]
        if not chosen.any():
            raise RamSearchError(
                f"in none of the frames {first + self.trace.first} to "
                f"{last + self.trace.first} are the buttons of the condition held"
            )
        return chosen

    def _decode(
        self, group: list[Candidate], frames: slice | list[int]
    ) -> tuple[npt.NDArray[np.signedinteger], Booleans | None]:
        """Values (candidates, frames) of one type, and whether all bytes are digits."""
        columns = self.trace.columns
        kind = Variable("value", 0, group[0].type, size=group[0].size)
        small = max(map(abs, kind.range)) < 2**30  # so that a difference fits in 32 bits
        addresses = np.array([candidate.address for candidate in group])
        values: npt.NDArray[np.signedinteger] | None = None
        digits: Booleans | None = None
        for place, offset in enumerate(kind.addresses()):
            table = kind.contributions(place).astype(np.int32 if small else np.int64)
            data = columns[addresses + offset][:, frames]
            values = table[data] if values is None else values + table[data]
            is_digit = _DIGITS.get(kind.type.removesuffix("be"))
            if is_digit is not None:
                all_digits = _all(is_digit[data])
                digits = all_digits if digits is None else digits & all_digits
        assert values is not None
        return values, digits


def _compare(
    condition: Condition, values: npt.NDArray[np.signedinteger], chosen: Booleans | None
) -> Booleans:
    """Which rows of values meet a condition, (candidates,) bool."""
    amount = condition.amount
    if condition.of_value:
        assert amount is not None
        some = values if chosen is None else values[:, chosen]
        return _all(_VALUES[condition.relation](some, amount))
    changes = np.diff(values, axis=1)
    inside = changes if chosen is None else changes[:, chosen]
    if condition.relation == "unchanged":
        return _all(inside == 0)
    if condition.relation == "decreased":
        inside = -inside
    elif condition.relation == "changed":
        inside = np.abs(inside)
    met = _all(inside >= 0) & ~_all(inside == 0)
    if amount is not None:
        met &= _all((inside == 0) | (inside == amount))
    if condition.only and chosen is not None:
        met &= _all(changes[:, ~chosen] == 0)
    return met


def _all(values: npt.NDArray[Any]) -> Booleans:
    return np.asarray(values.all(axis=1))


_VALUES = {
    "equals": np.equal,
    "differs": np.not_equal,
    "above": np.greater,
    "below": np.less,
}

_NIBBLES = np.arange(256)
_DIGITS = {
    "bcd": (_NIBBLES >> 4 < 10) & (_NIBBLES & 15 < 10),
    "digits": _NIBBLES & 15 < 10,
}
"""Which bytes are digits, by decimal type."""


def _everywhere(types: Sequence[str], size: int) -> Iterator[Candidate]:
    for name in dict.fromkeys(types):
        if name not in TYPES:
            raise RamSearchError(f"type is {name!r}; allowed are {', '.join(TYPES)}")
        if not 1 <= size <= 8:
            raise RamSearchError(f"size is {size}; allowed are 1 to 8")
        length = TYPES[name] or size
        for address in range(RAM_SIZE - length + 1):
            yield Candidate(address, name, length)
