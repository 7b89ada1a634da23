"""Lua's operators on numbers and strings, within limits: scripts come from foreign files."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable
from typing import Any

__all__ = ["BINARY", "MATH", "Steps", "negative", "truth"]

_EXACT = 2**53  # beyond it, Lua's numbers are not exact either
_LONGEST = 4096  # characters of a string
_STEPS = 200_000  # operations of one call, some tenths of a second


class Steps:
    """Counts the operations of a script, so that every call of it ends."""

    def __init__(self) -> None:
        self.left = _STEPS

    def begin(self) -> None:
        """Begin a call."""
        self.left = _STEPS

    def take(self, count: int = 1) -> None:
        """Count operations.

        Raises:
            ValueError: the call has had more than are allowed.
        """
        self.left -= count
        if self.left < 0:
            raise ValueError(f"it does not end within {_STEPS} operations")


def truth(value: Any) -> bool:
    """Whether a value counts as true; 0 does in Lua."""
    return value is not None and value is not False


def _kind(value: Any) -> str:
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, str):
        return "a string"
    return "a function" if callable(value) else "a table"


def _number(value: Any) -> int | float:
    if type(value) is int or type(value) is float:
        return value
    if isinstance(value, bool):
        raise ValueError("a truth value is used as a number")
    if isinstance(value, numbers.Real):  # NumPy's, too
        return int(value) if isinstance(value, numbers.Integral) else float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    raise ValueError(f"{_kind(value)} is used as a number")


def _lua(value: int | float) -> int | float:
    """A result as Lua has it: whole numbers stay exact up to 2^53."""
    return value if type(value) is float or -_EXACT <= value <= _EXACT else float(value)


def _arithmetic(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: _lua(function(_number(a), _number(b)))


def _divide(a: Any, b: Any) -> float:
    if b:
        return float(a / b)
    return math.nan if a == 0 or a != a else math.copysign(math.inf, a)


def _modulo(a: Any, b: Any) -> int | float:
    return _lua(a % b) if b and abs(a) != math.inf else math.nan


def _power(a: Any, b: Any) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf
    except ValueError:  # a root of a negative number, or a negative power of 0
        return math.inf if a == 0 else math.nan


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    number = _number(value)
    return str(number) if isinstance(number, int) else f"{number:.14g}"


def _concatenate(a: Any, b: Any) -> str:
    text = _text(a) + _text(b)
    if len(text) > _LONGEST:
        raise ValueError(f"a string has more than {_LONGEST} characters")
    return text


def _comparison(function: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(a: Any, b: Any) -> bool:
        if isinstance(a, str) and isinstance(b, str):
            return function(a, b)
        if isinstance(a, str) or isinstance(b, str):
            raise ValueError("a string is compared with another kind of value")
        return bool(function(_number(a), _number(b)))

    return compare


def _equal(a: Any, b: Any) -> bool:
    return isinstance(a, bool) is isinstance(b, bool) and bool(a == b)


BINARY: dict[str, tuple[int, Callable[[Any, Any], Any]]] = {
    "<": (3, _comparison(operator.lt)),
    ">": (3, _comparison(operator.gt)),
    "<=": (3, _comparison(operator.le)),
    ">=": (3, _comparison(operator.ge)),
    "==": (3, _equal),
    "~=": (3, lambda a, b: not _equal(a, b)),
    "..": (4, _concatenate),
    "+": (5, _arithmetic(operator.add)),
    "-": (5, _arithmetic(operator.sub)),
    "*": (6, _arithmetic(operator.mul)),
    "/": (6, _arithmetic(_divide)),
    "%": (6, _arithmetic(_modulo)),
    "^": (8, _arithmetic(_power)),
}
"""Operator → how tightly it binds, and what it does."""

negative = _arithmetic(lambda a, _: -a)


def _of_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        if not arguments:
            raise ValueError("a function of math needs a number")
        return _lua(function(*map(_number, arguments)))

    return call


def _whole(function: Callable[[Any], int]) -> Callable[..., Any]:
    return _of_numbers(lambda value, *_: function(value) if math.isfinite(value) else value)


MATH: dict[str, Callable[..., Any]] = {
    "floor": _whole(math.floor),
    "ceil": _whole(math.ceil),
    "abs": _of_numbers(lambda value, *_: abs(value)),
    "min": _of_numbers(lambda value, *others: min(value, *others) if others else value),
    "max": _of_numbers(lambda value, *others: max(value, *others) if others else value),
}
"""Lua's `math`, what scripts use of it."""
