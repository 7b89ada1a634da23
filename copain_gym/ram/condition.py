"""`Condition`: what happened to a variable, read from words such as "increased by 10 since 600"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

from copain_gym.buttons import button_mask
from copain_gym.errors import RamSearchError

__all__ = ["Condition", "Relation", "parse_number"]

Relation: TypeAlias = Literal[
    "equals", "differs", "above", "below", "increased", "decreased", "changed", "unchanged"
]

_OF_VALUES = ("equals", "differs", "above", "below")
_HELP = (
    "write 'equals N', 'differs N', 'above N' or 'below N', with 'at FRAME', 'during FRAME to "
    "FRAME' or nothing; or 'increased', 'decreased', 'changed' (each also 'by N') or 'unchanged', "
    "with 'since FRAME', 'from FRAME to FRAME', 'during FRAME to FRAME' or nothing. 'while "
    "BUTTONS', 'while exactly BUTTONS' and 'only while BUTTONS' may follow"
)


@dataclass(frozen=True)
class Condition:
    """A condition on a variable.

    It compares two moments (`since`, `from ... to`), or looks at every frame of a part (`at`,
    `during ... to`) or of all (nothing). `while` chooses those frames in which buttons are held;
    others may be held, too, if
    it is not `exactly`.

    Attributes:
        relation: what is compared.
        amount: the value, or by how much it changes; None for any change.
        first: first frame; None for the first of the trace.
        last: last frame; None for the last of the trace.
        moments: whether only the frames `first` and `last` are compared.
        held: mask of buttons; None means that buttons do not matter.
        exactly: whether no other button may be held.
        only: whether there must be no change in all other frames.

    Examples:
        >>> Condition.parse("increased by 10 from 600 to 900")
        Condition(relation='increased', amount=10, first=600, last=900, moments=True, held=None, \
exactly=False, only=False)
        >>> Condition.parse("changed only while right").held
        128
    """

    relation: Relation
    amount: int | None = None
    first: int | None = None
    last: int | None = None
    moments: bool = False
    held: int | None = None
    exactly: bool = False
    only: bool = False

    @property
    def of_value(self) -> bool:
        """Whether it is about values, not about changes."""
        return self.relation in _OF_VALUES

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition.

        Raises:
            RamSearchError: it is none; the message says what is allowed.
        """
        return _Parser(text).read()


class _Parser:
    """Reads the words of a condition, from the left to the right."""

    def __init__(self, text: str) -> None:
        self._text, self._words = text, text.lower().split()

    def read(self) -> Condition:
        relation = self._next("a relation")
        if relation not in get_args(Relation):
            raise self._wrong(f"{relation!r} is no relation")
        of_value = relation in _OF_VALUES
        amount = None
        if of_value:
            if relation == "differs":
                self._skip("from")
            amount = self._number()
        elif self._skip("by"):
            if relation == "unchanged":
                raise self._wrong("'unchanged' has no amount")
            amount = self._number()
            if amount < 1:
                raise self._wrong(f"the amount is {amount}; allowed are 1 and more")
        part = self._part(of_value)
        only = self._skip("only")
        held, exactly = self._held() if self._skip("while") else (None, False)
        if part is None and held is not None:  # these words may stand in front of the part
            part = self._part(of_value)
        first, last, moments = part or (None, None, False)
        if only and (held is None or of_value or relation == "unchanged"):
            raise self._wrong("'only' stands before 'while', behind a change")
        if held is not None and moments:
            raise self._wrong("'while' looks at every frame; write 'during FRAME to FRAME'")
        if self._words:
            raise self._wrong(f"{' '.join(self._words)!r} is too much")
        return Condition(
            cast(Relation, relation), amount, first, last, moments, held, exactly, only
        )

    def _part(self, of_value: bool) -> tuple[int, int | None, bool] | None:
        """The first and last frame, and whether only these two are compared; None for all."""
        word = self._words[0] if self._words else ""
        allowed = ("at", "during") if of_value else ("since", "from", "during")
        if word not in ("at", "during", "since", "from"):
            return None
        if word not in allowed:
            raise self._wrong(f"here, {word!r} is not allowed")
        self._words.pop(0)
        first = self._number()
        if word == "at":
            return first, first, False
        if word == "since":
            return first, None, True
        if not self._skip("to"):
            raise self._wrong(f"'to FRAME' is missing after '{word} {first}'")
        last = self._number()
        if last < first or (last == first and not of_value):
            raise self._wrong(f"frame {last} is not after frame {first}")
        return first, last, word == "from"

    def _held(self) -> tuple[int, bool]:
        """The mask of buttons, and whether no other may be held."""
        exactly = self._skip("exactly")
        buttons = self._next("buttons")
        self._skip("held")
        if buttons == "nothing":
            return 0, True
        try:
            return button_mask(buttons), exactly
        except ValueError as error:
            raise self._wrong(f"{error}, or 'nothing'") from None

    def _number(self) -> int:
        word = self._next("a number")
        try:
            return parse_number(word)
        except ValueError:
            raise self._wrong(f"{word!r} is no number") from None

    def _next(self, what: str) -> str:
        if not self._words:
            raise self._wrong(f"{what} is missing")
        return self._words.pop(0)

    def _skip(self, word: str) -> bool:
        if self._words[:1] == [word]:
            self._words.pop(0)
            return True
        return False

    def _wrong(self, what: str) -> RamSearchError:
        return RamSearchError(f"condition {self._text!r}: {what}; {_HELP}")


def parse_number(text: str) -> int:
    """An integer, in hexadecimal after `0x` or `$`.

    Raises:
        ValueError: it is none.

    Examples:
        >>> parse_number("0x7e4"), parse_number("$20"), parse_number("-3")
        (2020, 32, -3)
    """
    return int(text[1:], 16) if text.startswith("$") else int(text, 0)
