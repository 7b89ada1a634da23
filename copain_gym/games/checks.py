"""Checks of what a game declares; messages name the value and what is allowed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from copain_gym.buttons import button_mask

__all__ = [
    "check_buttons",
    "check_function",
    "check_integer",
    "check_mapping",
    "check_names",
    "check_text",
    "check_tuple",
]


def check_text(what: str, value: object, pattern: str = r".+", allowed: str = "any text") -> str:
    """Check a text.

    Args:
        what: it is, for the message.
        value: what was given.
        pattern: regular expression that the whole text must match.
        allowed: what the pattern means, for the message.

    Raises:
        ValueError: it is no text, or another one.
    """
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
        raise ValueError(f"{what} is {value!r}; allowed is {allowed}")
    return value


def check_integer(what: str, value: object, low: int, high: int, base: str = "d") -> int:
    """Check an integer; a bool is none.

    Args:
        what: it is, for the message.
        value: what was given.
        low: the least that is allowed.
        high: the greatest.
        base: how the limits are written: `d` decimal, `#x` hexadecimal.

    Raises:
        ValueError: it is no integer, or out of range.
    """
    integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not integer or not low <= value <= high:  # type: ignore[operator]
        shown = format(value, base) if integer else repr(value)
        raise ValueError(
            f"{what} is {shown}; allowed are integers from {low:{base}} to {high:{base}}"
        )
    return int(value)  # type: ignore[call-overload,no-any-return]


def check_tuple(what: str, value: object, kind: type | tuple[type, ...], of: str) -> None:
    """Check a tuple or list whose elements are of one type; a lone text is not taken for one.

    Args:
        what: it is, for the message.
        value: what was given.
        kind: type of the elements.
        of: what the elements are called in the message.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, (tuple, list)):
        raise ValueError(f"{what} is {value!r}; allowed is a tuple of {of}")
    for element in value:
        if not isinstance(element, kind):
            raise ValueError(f"{what} has {element!r}; allowed is a tuple of {of}")


def check_mapping(what: str, value: object) -> None:
    """Check a mapping whose keys are names.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{what} is {value!r}; allowed is a dict with names as keys")
    for name in value:
        check_text(f"a name in {what}", name, allowed="a text that is not empty")


def check_names(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Check that all names are among those that are known.

    Raises:
        ValueError: one of them is not; it lists those that are.
    """
    allowed = tuple(known)
    for name in names:
        if name not in allowed:
            raise ValueError(f"{what} is {name!r}; allowed are {', '.join(allowed) or 'none'}")


def check_buttons(what: str, buttons: object) -> None:
    """Check names of buttons, joined by `+`; the empty text is no button.

    Raises:
        ValueError: it is no text, or a name is unknown.
    """
    if not isinstance(buttons, str):
        raise ValueError(f"{what} is {buttons!r}; allowed is a text such as 'A+right'")
    try:
        button_mask(buttons)
    except ValueError as error:
        raise ValueError(f"{what} is {buttons!r}: {error}") from None


class _UnknownVariable(KeyError):
    """A function asked for a variable that its game does not have."""


class _Zeros(Mapping[str, Any]):
    """Each variable of a game, all of them 0."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def __getitem__(self, name: str) -> Any:
        if name not in self._counts:
            raise _UnknownVariable(name)
        count = self._counts[name]
        return np.zeros(count, np.int64) if count else 0

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)


def check_function(
    what: str, function: Callable[..., Any], arguments: int, counts: Mapping[str, int]
) -> None:
    """Check a function of variables: how many arguments it takes, and which variables it uses.

    It is called once with all variables 0. That need not be a situation of the game, so other
    errors of the function are not looked at.

    Args:
        what: it is, for the message.
        function: takes mappings of the variables.
        arguments: how many of them.
        counts: the variables; 0 for a single value, else the number of the array's elements.

    Raises:
        ValueError: it is no function, takes other arguments, or uses an unknown variable.
    """
    if not callable(function):
        raise ValueError(f"{what} is {function!r}; allowed is a function")
    sides = [_Zeros(counts)] * arguments
    try:
        inspect.signature(function).bind(*sides)
    except TypeError as error:
        takes = "the variables" if arguments == 1 else "the variables before and after a step"
        raise ValueError(f"{what} must be a function of {takes}: {error}") from None
    except ValueError:
        pass  # a built-in function that does not tell its arguments
    try:
        with np.errstate(all="ignore"):
            function(*sides)
    except _UnknownVariable as error:
        raise ValueError(
            f"{what} uses the variable {error.args[0]!r}; the game has {', '.join(counts)}"
        ) from None
    except Exception:
        return
