"""Places in source files and the errors that name them; for all tools that read text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


class SourceError(ValueError):
    """A mistake in a source file; the message starts with ``file:line:``."""


@dataclass(frozen=True)
class Place:
    """A line of a source file."""

    path: Path
    line: int

    def error(self, text: str) -> SourceError:
        """Build (not raise) an error that names this line."""
        return SourceError(f"{self.path.name}:{self.line}: {text}")


def number(word: str, low: int, high: int, what: str, place: Place) -> int:
    """Read a decimal number in ``low..high``.

    Raises:
        SourceError: it is none, or outside; the message names both ends.
    """
    if not re.fullmatch(r"-?\d+", word) or not low <= int(word) <= high:
        raise place.error(f"{what} is {word!r}; allowed: {low} to {high}")
    return int(word)


def exactly(words: list[str], wanted: int, usage: str, place: Place) -> list[str]:
    """Return the words if there are as many as wanted.

    Raises:
        SourceError: there are more or fewer; the message gives the usage.
    """
    if len(words) != wanted:
        raise place.error(f"got {len(words)} words; write: {usage}")
    return words
