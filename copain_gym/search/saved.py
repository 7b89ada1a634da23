"""`SavedSearch`: what is in the file of a search, and the movie of its best run."""

from __future__ import annotations

import hashlib
import os
import uuid
from typing import Any, NamedTuple

from copain_gym.errors import SearchError
from copain_gym.inputs import InputLog
from copain_gym.roms.rom import Rom
from copain_gym.search.batch import Expander
from copain_gym.search.files import find_problem
from copain_gym.search.places import Deaths, Places
from copain_gym.search.problem import Problem
from copain_gym.search.progress import Progress, Timeline
from copain_gym.search.store import Store, fingerprint
from copain_gym.search.tree import Tree
from copain_gym.tas.movie import Movie

__all__ = ["SavedSearch", "Start", "movie_of_run"]


class Start(NamedTuple):
    """Where a problem begins.

    Attributes:
        log: the inputs from power-on to there.
        rom: the ROM.
        region: the television system of the console.
    """

    log: InputLog
    rom: Rom
    region: str


def movie_of_run(tree: Tree, end: int, start: Start, plans: int) -> Movie:
    """The movie of a run, from power-on.

    Args:
        tree: the states of the search.
        end: number of the state in which the run ends.
        start: where the problem begins.
        plans: number of plans that were played; they count as rerecords.
    """
    log = InputLog(start.log, rerecords=plans)
    for mask, frames in tree.holds(end):
        log.hold((mask, 0), frames)
    name = hashlib.md5(repr(log.to_plain()).encode()).digest()
    return Movie.from_log(
        log,
        start.rom,
        region=start.region,
        author="copain search",
        guid=str(uuid.UUID(bytes=name)),
    )


class SavedSearch:
    """The search in a file. The file is only read, also while a search writes it.

    Args:
        path: the file.
        problem: its problem, see `find_problem`; None takes the one that the file names.
        engine: engine of the emulator that finds out where the problem begins.

    Attributes:
        problem: the problem.
        facts: what the search has stored: `algorithm`, `options`, `seed`, `seconds`, `plans`, …
        places: the variables that say where the player is; None if there are none.
        deaths: where plans have failed; empty in files of older versions.
        entries: the progress over time; empty in files of older versions.
        won: whether the best run reaches the goal.
        start: where the problem begins.
        movie: the movie of the best run, from power-on.

    Raises:
        SearchError: the file cannot be read, is of another problem, or has no run yet.
        ProblemError: the problem cannot be found.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        problem: str | os.PathLike[str] | Problem | None = None,
        *,
        engine: str | None = None,
    ) -> None:
        tree, timeline, deaths = Tree(), Timeline(), Deaths(None)
        store = Store(path, resume=True, write=False)
        try:
            self.facts: dict[str, Any] = store.load(tree)
            store.load_history(timeline, deaths)
        finally:
            store.close()
        if problem is None and self.facts["origin"] is None:
            raise SearchError(
                f"the search file {path} does not name its problem, which a program has made; "
                f"name a problem file"
            )
        self.problem = find_problem(self.facts["origin"] if problem is None else problem)
        if self.facts["problem"] != fingerprint(self.problem):
            raise SearchError(
                f"the search file {path} is of another problem than {self.problem.name!r}, or the "
                f"problem was changed since"
            )
        self.deaths, self.entries = deaths.counts, timeline.entries
        plain = self.facts.get("places")
        self.places = Places(**plain) if plain else Places.of(self.problem.the_game)
        self._tree, self._best = tree, int(self.facts["best"])
        node = tree[self._best]
        if not node.depth:
            raise SearchError(f"the search in {path} has found no run yet")
        self.won = self.problem.is_end(node.flags, node.depth)
        with Expander(self.problem, engine=engine) as expander:
            self.start = Start(expander.start_log, expander.rom, expander.region)
        self.movie = movie_of_run(tree, self._best, self.start, self.facts["plans"])

    @property
    def progress(self) -> Progress:
        """How far the search is."""
        node, facts = self._tree[self._best], self.facts
        last = self.entries[-1] if self.entries else None
        return Progress(
            facts["seconds"],
            facts["rounds"],
            facts["plans"],
            facts["frames"],
            len(self._tree),
            facts["duplicates"],
            node.depth,
            node.score,
            self.won,
            last.megabytes if last is not None else 0.0,
            facts.get("made", len(self._tree)),
            last.kept if last is not None else 0,
        )
