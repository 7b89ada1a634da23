"""Checks of options. Each raises a ValueError that names the value and the allowed values.

A check takes the option's name, its value and the game: the allowed values depend on the game.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, get_args

import numpy as np

from copain_gym.envs.actions import MULTI_BINARY
from copain_gym.envs.pictures import check_size
from copain_gym.envs.start import check_state
from copain_gym.games.game import Game

__all__ = ["Check", "choice", "integer", "number"]

Check: TypeAlias = Callable[[str, Any, Game], None]


def refuse(name: str, value: Any, allowed: Iterable[Any]) -> ValueError:
    """The error for a value that is not one of the allowed ones."""
    return ValueError(f"{name} is {value!r}; allowed are {', '.join(map(str, allowed))}")


def anything(name: str, value: Any, game: Game) -> None:
    """Accept any value: the game, the ROM and the scenario are checked where they are used."""


def choice(literal: Any, *, none: bool = False) -> Check:
    """A check that the value is one of a `Literal` type's values.

    Args:
        literal: the type.
        none: whether None is also allowed.
    """
    allowed = (None, *get_args(literal)) if none else get_args(literal)

    def check(name: str, value: Any, game: Game) -> None:
        if value not in allowed:
            raise refuse(name, value, allowed)

    return check


def number(low: float, high: float) -> Check:
    """A check that the value is a number from `low` to `high`."""

    def check(name: str, value: Any, game: Game) -> None:
        if not _is(value, float) or not low <= value <= high:
            raise ValueError(f"{name} is {value!r}; allowed is a number from {low:g} to {high:g}")

    return check


def integer(low: int, high: int | None = None, *, none: bool = False) -> Check:
    """A check that the value is an integer.

    Args:
        low: least value.
        high: greatest value; None means no limit.
        none: whether None is also allowed.
    """

    def check(name: str, value: Any, game: Game) -> None:
        if none and value is None:
            return
        if not _is(value, int) or value < low or (high is not None and value > high):
            if high is None:
                raise refuse(name, value, [*(["None"] if none else []), f"{low} and more"])
            raise ValueError(f"{name} is {value!r}; allowed is an integer from {low} to {high}")

    return check


def _is(value: Any, kind: type) -> bool:
    kinds = (int, np.integer) if kind is int else (int, float, np.number)
    return isinstance(value, kinds) and not isinstance(value, bool)


def frame_skip(name: str, value: Any, game: Game) -> None:
    """Check that the value is a number of frames or a range of such numbers."""
    pair = (value, value + 1) if _is(value, int) else value
    if (
        not isinstance(pair, (tuple, list))
        or len(pair) != 2
        or not all(_is(end, int) for end in pair)
        or not 1 <= pair[0] < pair[1] <= 1001
    ):
        raise ValueError(
            f"{name} is {value!r}; allowed are 1 to 1000, or (low, high) of such "
            f"numbers with low < high"
        )


def screen_size(name: str, value: Any, game: Game) -> None:
    """Check a height and width; None means the size of the screen."""
    if value is not None:
        check_size(value)


def action_set(name: str, value: Any, game: Game) -> None:
    """Check that the value is one of the game's action sets or `multi_binary`."""
    allowed = (*game.actions, MULTI_BINARY)
    if value not in allowed:
        raise refuse(name, value, allowed)


def players(name: str, value: Any, game: Game) -> None:
    """Check that the game allows this number of players."""
    if not _is(value, int) or not 1 <= value <= game.players:
        most = f"1 to {game.players}" if game.players > 1 else "1 only"
        raise ValueError(f"{name} is {value!r}; {game.title} allows {most}")


def terminate_on(name: str, value: Any, game: Game) -> None:
    """Check that the value is one of the game's endings."""
    if value not in tuple(game.endings):
        raise refuse(name, value, game.endings)


def reward(name: str, value: Any, game: Game) -> None:
    """Check a reward term or weights of terms; None means the game's default."""
    if value is None:
        return
    if not isinstance(value, (str, Mapping)):
        raise ValueError(f"{name} is {value!r}; allowed are a name and a mapping of weights")
    for term in [value] if isinstance(value, str) else value:
        if term not in game.reward_terms:
            what = f"{name} is" if isinstance(value, str) else f"{name} has the term"
            terms = ", ".join(game.reward_terms)
            raise ValueError(f"{what} {term!r}; allowed are {terms}, or weights of these")
        if not isinstance(value, str) and not _is(value[term], float):
            raise ValueError(
                f"{name} gives {term!r} the weight {value[term]!r}; it must be a number"
            )


def info_variables(name: str, value: Any, game: Game) -> None:
    """Check names of the game's variables; None means all of them."""
    if value is None:
        return
    if isinstance(value, str) or not all(isinstance(entry, str) for entry in value):
        raise ValueError(f"{name} is {value!r}; allowed are None and a list of names")
    for entry in value:
        if entry not in game.decoder.slots:
            raise ValueError(
                f"{name} has {entry!r}; allowed are variables of {game.title}: "
                f"{', '.join(game.decoder.slots)}"
            )


def state(name: str, value: Any, game: Game) -> None:
    """Check where episodes begin; see `check_state`."""
    check_state(game, value)
