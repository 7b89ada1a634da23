"""`Search`: runs an algorithm on a problem until it is solved, or a limit is reached."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from copain_gym.errors import SearchError
from copain_gym.roms.rom import Rom
from copain_gym.search.algorithm import Algorithm, Setting, find_algorithm
from copain_gym.search.files import find_problem
from copain_gym.search.places import Deaths, Places
from copain_gym.search.problem import Problem
from copain_gym.search.progress import Progress, Timeline
from copain_gym.search.saved import Start, movie_of_run
from copain_gym.search.store import Store, fingerprint
from copain_gym.search.tree import Tree
from copain_gym.search.workers import Workers, check_count
from copain_gym.tas.movie import Movie

__all__ = ["Progress", "Result", "Search"]

_TELL_SECONDS = 0.5  # between two reports


@dataclass(frozen=True)
class Result:
    """What a search has found.

    Attributes:
        reason: why it ended: `won`, `exhausted` (the algorithm has nothing left to try),
            `interrupted` (Ctrl-C), or a limit: `seconds`, `frames`, `memory`.
        movie: the best run, from power-on.
        progress: how far it came.
    """

    reason: str
    movie: Movie
    progress: Progress

    @property
    def won(self) -> bool:
        """Whether the run reaches the goal."""
        return self.progress.won


class Search:
    """A search.

    The same problem, seed and options have the same result, on any number of workers, unless a
    limit of time ends the search.

    Args:
        problem: a `Problem`, the name of a bundled one, or a Python file that defines `PROBLEM`.
        algorithm: name or class of the algorithm; None takes that of the problem.
        options: options of the algorithm, beside those of the problem.
        workers: number of processes, 1 to 256; one for each processor core is best.
        seed: seed of all that is random.
        engine: engine of the emulators; None uses `COPAIN_ENGINE`, else `auto`.
        file: SQLite file in which the search is kept; None keeps it in memory only.
        resume: whether to go on with the search that is in the file. Its seed and options count.

    Raises:
        ProblemError: the problem or an option is not allowed.
        SearchError: the file cannot be used, or is the search of another problem.

    Examples:
        >>> from copain_gym.search import Problem, Search
        >>> problem = Problem("hirondelle", win=lambda v: v["scroll"] >= 40, objective="time")
        >>> result = Search(problem, workers=1, seed=1).run()
        >>> result.reason, result.movie.start
        ('won', 'power-on')
    """

    SAVE_SECONDS = 20.0
    """Time between two writes of the file."""

    def __init__(
        self,
        problem: str | os.PathLike[str] | Problem,
        *,
        algorithm: str | type[Algorithm] | None = None,
        options: Mapping[str, Any] | None = None,
        workers: int = 1,
        seed: int = 0,
        engine: str | None = None,
        file: str | os.PathLike[str] | None = None,
        resume: bool = False,
    ) -> None:
        if resume and file is None:
            raise SearchError("resume is True, and file is None; name the file of the search")
        self.problem = find_problem(problem)
        self.workers = check_count(workers)
        self._engine = engine
        self._tree = Tree()
        self._spent, self._frames, self._plans = 0.0, 0, 0  # before now
        self._store = Store(file, resume=resume) if file is not None else None
        try:
            self._prepare(algorithm, dict(options or {}), seed, resume)
        except BaseException:
            self.close()
            raise

    rom: Rom
    """The ROM; known as soon as `run` has begun."""

    def _prepare(
        self,
        algorithm: str | type[Algorithm] | None,
        options: dict[str, Any],
        seed: int,
        resume: bool,
    ) -> None:
        chosen = self.problem.algorithm if algorithm is None else algorithm
        facts: dict[str, Any] = {}
        if resume and self._store is not None:
            facts = self._store.load(self._tree)
            if facts["problem"] != fingerprint(self.problem):
                raise SearchError(
                    f"the search file {self._store.path} is of another problem than "
                    f"{self.problem.name!r}, or the problem was changed since"
                )
            if not isinstance(chosen, type) or chosen.name != facts["algorithm"]:
                chosen = facts["algorithm"]
            options, seed = facts["options"], facts["seed"]
        if isinstance(chosen, str):
            kind = find_algorithm(chosen)
            if chosen == self.problem.algorithm and not resume:
                options = {**self.problem.options, **options}
        else:
            kind = chosen
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise SearchError(f"seed is {seed!r}; allowed are integers, 0 and more")
        self.seed, self._options = seed, options
        self._random = np.random.default_rng(seed)
        self.algorithm = kind(Setting(self.problem, self._tree, self._random), options)
        self._timeline = Timeline()
        self._places = Places.of(self.problem.the_game)
        self._deaths = Deaths(self._places, len(self.algorithm.fields))
        if facts:
            assert self._store is not None
            self._store.load_history(self._timeline, self._deaths)
            self._tree.made = facts.get("made", len(self._tree))
            self._spent, self._frames = facts["seconds"], facts["frames"]
            self._plans = facts["plans"]
            self._random.bit_generator.state = facts["random"]
            self.algorithm.best, self.algorithm.rounds = facts["best"], facts["rounds"]
            self.algorithm.duplicates = facts["duplicates"]
            self.algorithm.load(facts["state"])
        self._rested = self._random.bit_generator.state  # when the algorithm was last resting

    # ---- running ---------------------------------------------------------------

    def run(
        self,
        seconds: float | None = None,
        *,
        frames: int | None = None,
        go_on: bool = False,
        tell: Callable[[Progress], object] | None = None,
        better: Callable[[Movie], object] | None = None,
    ) -> Result:
        """Search until the goal is reached, or a limit.

        Args:
            seconds: time limit; None takes that of the problem. The time before the search was
                resumed counts, too.
            frames: largest number of frames of all plans; None means no limit. In contrast to a
                time limit, it ends the same search at the same point each time.
            go_on: whether to go on after a run has reached the goal, to find better ones.
            tell: called about twice a second with the progress.
            better: called with the movie of each run that reaches the goal and is better than
                those before.

        Raises:
            SearchError: the search cannot go on; what it found so far is in its file.
        """
        limit = self.problem.seconds if seconds is None else seconds
        begin = time.monotonic()
        spent = self._spent
        reason = "exhausted"
        fields = (*self.algorithm.fields, *(self._places.names if self._places else ()))
        with Workers(self.problem, self._tree, self.workers, self._engine, fields) as workers:
            saved = told = begin
            progress = self._progress(workers)
            won: tuple[float, ...] = ()  # the rank of the best run that reaches the goal
            self.rom = workers.rom
            try:
                while True:
                    jobs = self.algorithm.propose()
                    if not jobs and go_on and self._is_won() and self.algorithm.again():
                        continue
                    if not jobs:
                        reason = "won" if progress.won else "exhausted"
                        break
                    outcomes = self._deaths.take(workers.expand(jobs))
                    self.algorithm.absorb(jobs, outcomes)
                    now = time.monotonic()
                    self._plans += len(jobs)
                    self._spent = spent + now - begin
                    self._frames += sum(outcome.frames for outcome in outcomes)
                    if self.algorithm.resting:
                        self._rested = self._random.bit_generator.state
                    if now - told > _TELL_SECONDS or self._is_won():
                        told, progress = now, self._progress(workers)
                        self._timeline.add(progress)
                        if tell is not None:
                            tell(progress)
                    if better is not None and self._is_won():
                        rank = self.algorithm.rank(self.algorithm.best)
                        if rank > won:
                            won = rank
                            better(self._movie(workers))
                    if self._is_won() and self.algorithm.settled and not go_on:
                        reason = "won"
                        break
                    if limit and self._spent >= limit:
                        reason = "seconds"
                        break
                    if frames is not None and self._frames >= frames:
                        reason = "frames"
                        break
                    if progress.megabytes > self.problem.megabytes:
                        reason = "memory"
                        break
                    if now - saved > self.SAVE_SECONDS:
                        saved = now
                        self.save()
            except KeyboardInterrupt:
                reason = "interrupted"
            progress = self._progress(workers)
            self._timeline.add(progress, last=True)
            self.save()
            return Result(reason, self._movie(workers), progress)

    def _is_won(self) -> bool:
        return self.algorithm.is_end(self.algorithm.best)

    def _progress(self, workers: Workers) -> Progress:
        algorithm = self.algorithm
        best = self._tree[algorithm.best]
        return Progress(
            self._spent,
            algorithm.rounds,
            self._plans,
            self._frames,
            len(self._tree),
            algorithm.duplicates,
            best.depth,
            best.score,
            self._is_won(),
            workers.megabytes,
            self._tree.made,
            algorithm.kept,
        )

    def _movie(self, workers: Workers) -> Movie:
        start = Start(workers.start_log, workers.rom, workers.region)
        return movie_of_run(self._tree, self.algorithm.best, start, self._plans)

    # ---- storage -----------------------------------------------------------------

    def save(self) -> None:
        """Write the search to its file, if it has one."""
        if self._store is None:
            return
        algorithm = self.algorithm
        self._store.save(
            self._tree,
            {
                "problem": fingerprint(self.problem),
                "origin": self.problem.origin,
                "algorithm": algorithm.name,
                "options": self._options,
                "seed": self.seed,
                "seconds": self._spent,
                "frames": self._frames,
                "plans": self._plans,
                "best": algorithm.best,
                "rounds": algorithm.rounds,
                "duplicates": algorithm.duplicates,
                "following": self._tree.following,
                "made": self._tree.made,
                "places": self._places.to_plain() if self._places is not None else None,
                "random": self._rested,
                "state": algorithm.save(),
            },
            self._timeline,
            self._deaths,
        )

    def close(self) -> None:
        """Close the file of the search."""
        if self._store is not None:
            self._store.close()

    def __enter__(self) -> Search:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
