"""`Progress`: how far a search is; `Timeline`: how it came there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields, replace
from typing import Any

__all__ = ["Progress", "Timeline"]

_LEAST_SECONDS = 1.0  # between two entries of a timeline
_ENTRIES = 500  # of a search of any length in its last two thirds, about


@dataclass(frozen=True)
class Progress:
    """How far a search is.

    Attributes:
        seconds: time that it took, with the time before it was resumed.
        rounds: batches of plans.
        plans: plans that were played.
        frames: frames of these plans. Emulators play some more, to reach states that they do not
            have.
        states: states that are known.
        duplicates: states that were dropped, because they count as the same as another one.
        depth: length of the best run in frames, from the start of the problem.
        score: its points.
        won: whether it reaches the goal.
        megabytes: memory of the workers, their emulators, and what this process has gained.
        made: states that were ever added to the known ones.
        kept: size of the algorithm's archive, see `Algorithm.kept`.
    """

    seconds: float
    rounds: int
    plans: int
    frames: int
    states: int
    duplicates: int
    depth: int
    score: float
    won: bool
    megabytes: float
    made: int = 0
    kept: int = 0

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of the fields, in their order."""
        return tuple(field.name for field in fields(cls))


class Timeline:
    """The progress of a search over time. Entries become rarer the longer it takes.

    Examples:
        >>> timeline = Timeline()
        >>> for tenth in range(600):
        ...     _ = timeline.add(Progress(tenth / 10, 0, tenth, 0, 0, 0, 0, 0.0, False, 1.0))
        >>> len(timeline.entries), timeline.entries[-1].plans
        (60, 590)
    """

    def __init__(self) -> None:
        self.entries: list[Progress] = []
        self._saved = 0

    def add(self, progress: Progress, *, last: bool = False) -> None:
        """Note the progress, unless the last entry is too near.

        Args:
            progress: the progress.
            last: whether to note it even then, unless nothing was played since.
        """
        before = self.entries[-1] if self.entries else None
        if before is not None:
            apart = max(_LEAST_SECONDS, progress.seconds / _ENTRIES)
            if progress.plans <= before.plans:
                return
            if progress.seconds - before.seconds < apart and not last:
                return
        self.entries.append(progress)

    def changes(self) -> list[tuple[Any, ...]]:
        """The entries since `saved`, as tuples."""
        return [astuple(entry) for entry in self.entries[self._saved :]]

    def saved(self) -> None:
        """Begin to collect `changes` anew."""
        self._saved = len(self.entries)

    def restore(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Replace all entries by stored ones, in which `won` may be a number."""
        self.entries = [
            replace(entry, won=bool(entry.won)) for entry in (Progress(*row) for row in rows)
        ]
        self._saved = len(self.entries)
