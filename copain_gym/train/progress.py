"""`Progress`: a bar on a terminal; in a file or a pipe, a line now and then."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from tqdm import tqdm

__all__ = ["Progress"]

_FIRST = 5.0
"""Seconds until the first line: short work needs none."""

_EVERY = 30.0
"""Seconds between two lines."""


class Progress:
    """Shows on stderr how far some work is.

    Args:
        total: units of the work; None if that is not known.
        unit: name of a unit, in the singular.
        first: units that were done before.
        what: what the lines begin with.
        show: whether it shows anything.
    """

    def __init__(
        self, total: int | None, unit: str, *, first: int = 0, what: str = "", show: bool = True
    ) -> None:
        self._unit, self._what, self._first = unit, what, first
        self._total, self._done, self._note = total, first, ""
        self._started = time.monotonic()
        self._next = self._started + _FIRST
        terminal = sys.stderr.isatty()
        self._lines = show and not terminal
        self._bar: tqdm[Any] | None = None
        if show and terminal:
            self._bar = tqdm(
                total=total,
                initial=first,
                desc=what or None,
                unit=unit,
                unit_scale=True,
                dynamic_ncols=True,
            )

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def update(self, done: int, note: str = "", total: int | None = None) -> None:
        """Show that so many units are done.

        Args:
            done: units done in all, those before included.
            note: further text; the last one stays where it is empty.
            total: a new total.
        """
        self._done = done
        self._note = note or self._note
        self._total = total or self._total
        if self._bar is not None:
            self._bar.total = self._total
            if note:
                self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(done - self._bar.n)
        elif self._lines and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            print(self._line(), file=sys.stderr, flush=True)

    def _line(self) -> str:
        of = "" if self._total is None else f" of {self._total:,}"
        seconds = time.monotonic() - self._started
        speed = (self._done - self._first) / seconds
        parts = [f"{self._done:,}{of} {self._unit}s", f"{speed:,.0f} {self._unit}s/s", self._note]
        return (f"{self._what}: " if self._what else "") + ", ".join(filter(None, parts))

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
