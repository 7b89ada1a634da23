"""Checks of a game's fields; errors name the value and what is allowed."""

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
        what: name of the value in the message.
        value: the value.
        pattern: regular expression that the whole text must match.
        allowed: description of the pattern in the message.

    Raises:
        ValueError: the value is not a text, or it does not match the pattern.
    """
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
        raise ValueError(f"{what} is {value!r}; allowed is {allowed}")
    return value


def check_integer(what: str, value: object, low: int, high: int, base: str = "d") -> int:
    """Check an integer; a bool is not accepted.

    Args:
        what: name of the value in the message.
        value: the value.
        low: least allowed value.
        high: greatest allowed value.
        base: format of the limits in the message: `d` decimal, `#x` hexadecimal.

    Raises:
        ValueError: the value is not an integer, or it is out of range.
    """
    integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not integer or not low <= value <= high:  # type: ignore[operator]
        shown = format(value, base) if integer else repr(value)
        raise ValueError(
            f"{what} is {shown}; allowed are integers from {low:{base}} to {high:{base}}"
        )
    return int(value)  # type: ignore[call-overload,no-any-return]


def check_tuple(what: str, value: object, kind: type | tuple[type, ...], of: str) -> None:
    """Check a tuple or list whose elements are of one type; a text is not accepted.

    Args:
        what: name of the value in the message.
        value: the value.
        kind: type of the elements.
        of: name of the elements in the message.

    Raises:
        ValueError: the value is anything else.
    """
    if not isinstance(value, (tuple, list)):
        raise ValueError(f"{what} is {value!r}; allowed is a tuple of {of}")
    for element in value:
        if not isinstance(element, kind):
            raise ValueError(f"{what} has {element!r}; allowed is a tuple of {of}")


def check_mapping(what: str, value: object) -> None:
    """Check a mapping whose keys are names.

    Raises:
        ValueError: the value is anything else.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{what} is {value!r}; allowed is a dict with names as keys")
    for name in value:
        check_text(f"a name in {what}", name, allowed="a text that is not empty")


def check_names(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Check that all names are known.

    Raises:
        ValueError: a name is not known; the error lists the known ones.
    """
    allowed = tuple(known)
    for name in names:
        if name not in allowed:
            raise ValueError(f"{what} is {name!r}; allowed are {', '.join(allowed) or 'none'}")


def check_buttons(what: str, buttons: object) -> None:
    """Check names of buttons, joined by `+`; an empty text means no button.

    Raises:
        ValueError: the value is not a text, or a name is unknown.
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
    """The variables of a game, all of them 0."""

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

    The function is called once with all variables 0. The game may never be in such a state, so
    other errors of the function are ignored.

    Args:
        what: name of the function in the message.
        function: takes mappings of the variables.
        arguments: number of these mappings.
        counts: the variables; 0 for a single value, else the number of the array's elements.

    Raises:
        ValueError: it is not a function, takes other arguments, or uses an unknown variable.
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
        pass  # a built-in function whose signature is not known
    try:
        with np.errstate(all="ignore"):
            function(*sides)
    except _UnknownVariable as error:
        raise ValueError(
            f"{what} uses the variable {error.args[0]!r}; the game has {', '.join(counts)}"
        ) from None
    except Exception:
        return
