"""`Judge`: what a search asks about a moment: has it failed, how good is it, which cell is it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.buttons import button_mask
from copain_gym.games import Game
from copain_gym.games.checks import (
    check_buttons,
    check_function,
    check_integer,
    check_mapping,
    check_names,
)
from copain_gym.games.variables import Values

__all__ = ["CHECKPOINT", "FAILED", "SKIPPED", "WON", "Judge", "Moment", "Press", "Quantity"]

WON, FAILED, SKIPPED, CHECKPOINT = 1, 2, 4, 8
"""Bits of the flags of a moment."""

Moment: TypeAlias = "str | Callable[..., Any]"
"""A yes/no question: the name of one of the game's predicates or events, or a function of the
variables, or a function of the variables before and after an action."""

Quantity: TypeAlias = "str | Callable[[Mapping[str, Any]], Any]"
"""A number: the name of one of the game's variables, or a function of the variables."""

Test: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Press:
    """A rule of play: buttons that are pressed in addition whenever something is true.

    A search has fewer actions to try if it need not think about such presses.

    Args:
        when: whether to press them; looked at before each action.
        buttons: the buttons, joined by `+`. They are held in the first frame of the action.
        every: while an action is held on, `when` is looked at again after so many frames; 0 means
            that it is not.

    Raises:
        ValueError: a button is unknown, or a number is out of range.
    """

    when: Moment
    buttons: str
    every: int = 0

    def __post_init__(self) -> None:
        check_buttons("press: buttons", self.buttons)
        check_integer("press: every", self.every, 0, 10_000)
        if not self.buttons:
            raise ValueError("press: buttons is ''; allowed is a text such as 'B'")


class Judge:
    """Judges moments of a game by the rules of a problem. See `Problem` for the arguments.

    Raises:
        ValueError: a name is unknown, or a function does not fit; the message says what is allowed.
    """

    def __init__(
        self,
        game: Game,
        *,
        fail: Moment | None = None,
        win: Moment | None = None,
        constraint: Moment | None = None,
        checkpoint: Moment | None = None,
        skip: Moment | None = None,
        score: Quantity | None = None,
        value: Quantity | None = None,
        presses: Sequence[Press] = (),
        same: Mapping[str, int] | None = None,
    ) -> None:
        self._game = game
        self._win = _test("win", win or _named(game, "ending"), game)
        self._fail = _test("fail", fail or _named(game, "dead"), game) or _ended(game)
        self._constraint = _test("constraint", constraint, game)
        self._checkpoint = _test("checkpoint", checkpoint, game)
        self._skip = _test("skip", skip, game) or _not_playing(game)
        self._score = _quantity("score", score or _variable(game, "score"), game)
        self._value = self._score if value is None else _quantity("value", value, game)
        self._presses = [
            (_test("press: when", p.when, game), button_mask(p.buttons)) for p in presses
        ]
        same = {} if same is None else same
        check_mapping("same", same)
        check_names("a variable in same", same, game.decoder.variables)
        for name, resolution in same.items():
            check_integer(f"same: resolution of {name!r}", resolution, 1, 1 << 40)
        slots = [game.decoder.slots[name] for name in same]
        self._slots = np.array([s for slot in slots for s in _range(slot)], np.int64)
        sizes = [len(_range(slot)) for slot in slots]
        self._resolutions = np.repeat(np.array(list(same.values()), np.int64), sizes)

    @property
    def has_win(self) -> bool:
        """Whether there is a goal to reach."""
        return self._win is not None

    @property
    def has_score(self) -> bool:
        """Whether points are known."""
        return self._score is not None

    def flags(self, before: Values, after: Values) -> int:
        """What is true of a moment: a set of the bits `WON`, `FAILED`, `SKIPPED`, `CHECKPOINT`.

        Args:
            before: the variables before the last action.
            after: the variables now.
        """
        flags = SKIPPED if self._skip(before, after) else 0
        if self._constraint is not None and not flags and not self._constraint(before, after):
            return FAILED
        if self._win is not None and self._win(before, after):
            return flags | WON
        if self._fail(before, after):
            return flags | FAILED
        if self._checkpoint is not None and self._checkpoint(before, after):
            flags |= CHECKPOINT
        return flags

    def skips(self, before: Values, after: Values) -> bool:
        """Whether no input matters now, whatever else is true."""
        return bool(self._skip(before, after))

    def pressed(self, before: Values, after: Values) -> int:
        """The buttons that the rules press now, as a mask."""
        mask = 0
        for when, buttons in self._presses:
            if when is not None and when(before, after):
                mask |= buttons
        return mask

    def score(self, values: Values) -> float:
        """The points of a moment; 0 if they are not known."""
        return 0.0 if self._score is None else float(self._score(values))

    def value(self, values: Values) -> float:
        """How good a moment is on the way; 0 if nothing says it."""
        return 0.0 if self._value is None else float(self._value(values))

    def cell(self, values: Values, ram: npt.NDArray[np.uint8]) -> int:
        """A number of 64 bits; moments that count as the same have the same one."""
        data = ram.tobytes()
        if len(self._slots):
            data = (values.vector[self._slots] // self._resolutions).tobytes()
        return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little", signed=True)


def _range(slot: int | slice) -> Sequence[int]:
    return range(slot.start, slot.stop) if isinstance(slot, slice) else (slot,)


def _named(game: Game, predicate: str) -> str | None:
    return predicate if predicate in game.predicates else None


def _variable(game: Game, name: str) -> str | None:
    return name if name in game.decoder.variables else None


def _test(what: str, moment: Moment | None, game: Game) -> Test | None:
    """A question as a function of the variables before and after an action."""
    if moment is None:
        return None
    if isinstance(moment, str):
        if moment in game.predicates:
            predicate = game.predicates[moment]
            return lambda before, after: predicate(after)
        check_names(what, [moment], (*game.predicates, *game.events))
        return game.events[moment]
    counts = {v.name: v.count for v in game.variables}
    try:
        check_function(what, moment, 1, counts)
    except ValueError as error:
        if not callable(moment) or "must be a function" not in str(error):
            raise
        check_function(what, moment, 2, counts)
        return moment
    return lambda before, after: moment(after)


def _quantity(
    what: str, quantity: Quantity | None, game: Game
) -> Callable[[Mapping[str, Any]], Any] | None:
    if quantity is None:
        return None
    if isinstance(quantity, str):
        check_names(what, [quantity], [v.name for v in game.variables if not v.count])
        return lambda values: values[quantity]
    check_function(what, quantity, 1, {v.name: v.count for v in game.variables})
    return quantity


def _ended(game: Game) -> Test:
    """Whether an event has happened that ends an episode of the game."""
    endings = game.endings
    names = endings.get("life") or next(iter(endings.values()), ())
    events = [game.events[name] for name in names if name in game.events]
    return lambda before, after: any(event(before, after) for event in events)


def _not_playing(game: Game) -> Test:
    playing = game.predicates["playing"]
    return lambda before, after: not playing(after)
