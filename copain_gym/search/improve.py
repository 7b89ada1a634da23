"""Improve: take a movie, change a little somewhere, play the rest of it again, keep what is better.

In each round some changes are tried at random places: other actions for a moment, frames that are
left out. Those that are ahead of the movie soon after are played to the end with the rest
of the movie, also a few frames later or earlier, so that it can fall into step again.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from copain_gym.errors import ProblemError
from copain_gym.search.algorithm import Algorithm
from copain_gym.search.batch import LOOK, ROOT, Holds, Job, Outcome
from copain_gym.search.judge import FAILED, SKIPPED, WON
from copain_gym.search.problem import POWER_ON
from copain_gym.search.rolling import cut
from copain_gym.tas.movie import Movie

__all__ = ["Improve"]

_SHIFTS = {"score": (0,), "time": (0, 1, -1, 2)}
"""Frames by which the rest of the movie is moved, by the objective."""

_FINISHED = 4  # changes of a round that are played to the end, at most


class _Try(NamedTuple):
    """A change: the state that it begins from, the inputs, and where the movie goes on."""

    number: int
    plan: Holds
    place: int


class Improve(Algorithm):
    """Improves a movie; see the module.

    The problem must begin at power-on. Its rules (`presses`) press nothing: the movie has all
    buttons.
    """

    name: ClassVar[str] = "improve"

    @dataclass(frozen=True)
    class Options:
        """Options of improving.

        Attributes:
            movie: the movie, an FM2 file.
            tries: changes that are tried in a round.
            segment: frames between two places of the movie at which a change may begin.
            window: largest number of frames that are changed.
            check: frames of the movie after a change, before it is compared.
            patience: rounds after which the search ends if nothing was improved.
        """

        movie: str = ""
        tries: int = 16
        segment: int = 16
        window: int = 64
        check: int = 64
        patience: int = 2000

    options: Options

    def begin(self) -> None:
        """See `Algorithm.begin`."""
        if not self.options.movie:
            raise ProblemError(
                f"problem {self.problem.name!r}: the algorithm improve needs its option movie, the "
                "movie to improve: --set movie=FILE"
            )
        if self.problem.start != POWER_ON:
            raise ProblemError(
                f"problem {self.problem.name!r}: start is {str(self.problem.start)[:40]!r}; the "
                "algorithm improve needs 'power-on', where movies begin"
            )
        self._trunk: list[int] = []  # states along the movie
        self._places: list[int] = []  # their depths
        self._held: Holds = ()  # the whole movie
        self._unseen: list[int] = []  # states of the movie that were not judged yet
        self._promising: list[_Try] = []
        self._asked: list[_Try] = []
        self._stuck = self._begin = 0

    # ---- rounds --------------------------------------------------------------

    def propose(self) -> list[Job]:
        """See `Algorithm.propose`."""
        if not self._trunk:
            numbers = self._grow(ROOT, _inputs(self.options.movie))
            self._unseen, self._trunk = numbers, [ROOT, *numbers]
        if self._unseen:
            route = self.tree.route
            return [Job(n, LOOK, n, route(n, 6), literal=True) for n in self._unseen]
        if self._stuck >= self.options.patience:
            return []
        if self._promising:
            self._asked = [
                _Try(t.number, t.plan + cut(self._held, max(0, t.place + shift))[1], -1)
                for t in self._promising[:_FINISHED]
                for shift in _SHIFTS[self.problem.objective]
            ]
        else:
            self._asked = [self._change() for _ in range(self.options.tries)]
        return [self.job(t.number, t.plan, literal=True) for t in self._asked]

    def absorb(self, jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
        """See `Algorithm.absorb`."""
        self.rounds += 1
        if self._unseen:
            for number, outcome in zip(self._unseen, outcomes, strict=True):
                self.tree.correct(number, outcome)
            self._unseen = []
            self._settle()
        elif self._promising:
            self._promising = []
            self._finish(outcomes)
        else:
            self._stuck += 1
            self._compare(outcomes)

    def _settle(self) -> None:
        """The movie ends where its goal is reached, or at its last frame."""
        flags = [self.tree[n].flags for n in self._trunk]
        # Before play has begun, variables may be anything.
        self._begin = next((k for k, f in enumerate(flags) if k and not f & SKIPPED), 0)
        ends = [k for k, f in enumerate(flags) if k > self._begin and f & (WON | FAILED)]
        if ends and flags[ends[0]] & FAILED:
            depth = self.tree[self._trunk[ends[0]]].depth
            raise ProblemError(
                f"the movie {self.options.movie} fails within {depth} frames; allowed are movies "
                "without a failure"
            )
        won = self._trunk[ends[0] if ends else -1]
        self._trunk = self._trunk[: self._trunk.index(won) + 1]
        self.best = won
        self._places = [self.tree[n].depth for n in self._trunk]
        self._held = self.tree.holds(won)
        self.tree.keep_only([won])

    def _compare(self, outcomes: Sequence[Outcome]) -> None:
        """Which changes are ahead of the movie: a higher value, or the same cell sooner."""
        ahead: list[tuple[float, int, _Try]] = []
        for tried, outcome in zip(self._asked, outcomes, strict=True):
            if outcome.flags & FAILED:
                continue
            depth = self.tree[tried.number].depth + outcome.frames
            k = bisect.bisect_right(self._places, depth) - 1
            if self.problem.objective == "score":
                gain = outcome.value - self.tree[self._trunk[k]].value
            else:
                later = [n for n in self._trunk[k + 1 :] if self.tree[n].cell == outcome.cell]
                there = self.tree[later[-1]].depth if later else depth
                gain, tried = there - depth, tried._replace(place=there)
            if gain > 0 or outcome.flags & WON:
                ahead.append((-gain, len(ahead), tried))
        self._promising = [tried for _, _, tried in sorted(ahead)]

    def _finish(self, outcomes: Sequence[Outcome]) -> None:
        """Take the best run to the end as the movie, if it is better."""
        before = self.best
        for tried, outcome in zip(self._asked, outcomes, strict=True):
            if not outcome.flags & FAILED:
                end = self.tree.add(tried.number, outcome)
                if not self.consider(end):
                    self.tree.drop(end)
        if self.best == before:
            return
        self._stuck = 0
        node = self.tree[self.best]
        way = self.tree.way(node.parent)
        self._unseen = self._grow(node.parent, node.held)
        last = Outcome(node.flags, 0, (), node.score, node.value, node.cell)
        self.tree.correct(self._unseen[-1], last)
        self.best = self._unseen[-1]
        self._trunk = [*way, *self._unseen]

    # ---- the movie as states ----------------------------------------------------

    def _grow(self, number: int, held: Holds) -> list[int]:
        """Add the states along some inputs; they are judged later."""
        numbers = []
        while held:
            first, held = cut(held, self.options.segment)
            frames = sum(frames for _, frames in first)
            number = self.tree.add(number, Outcome(0, frames, first, 0.0, 0.0, 0))
            numbers.append(number)
        return numbers

    # ---- changes -----------------------------------------------------------------

    def _change(self) -> _Try:
        """A place of the movie, other inputs from there on, and where the movie goes on."""
        options, random = self.options, self.random
        last = max(self._begin + 1, len(self._trunk) - 1)
        number = self._trunk[int(random.integers(self._begin, last))]
        depth = self.tree[number].depth
        frames = int(random.integers(1, options.window + 1))
        kind = int(random.integers(3 if self.problem.objective == "time" else 2))
        place = depth + frames
        if kind == 0:
            change = tuple(self.random_plan(frames, 6))
        elif kind == 1:  # one button more or less
            bit = 1 << int(random.integers(8))
            old = cut(cut(self._held, depth)[1], frames)[0]
            change = tuple((mask ^ bit, count) for mask, count in old if not bit & 0x0C)
            change = change or tuple(self.random_plan(frames, 2))
        else:  # leave frames out
            change = ()
            place = depth + int(random.integers(1, 9))
        after = cut(cut(self._held, place)[1], options.check)[0]
        return _Try(number, change + after, place + sum(count for _, count in after))

    # ---- storage -------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """See `Algorithm.save`."""
        return {"trunk": self._trunk, "unseen": self._unseen, "stuck": self._stuck}

    def load(self, saved: Mapping[str, Any]) -> None:
        """See `Algorithm.load`."""
        self._trunk, self._unseen = saved["trunk"], saved["unseen"]
        self._stuck = saved["stuck"]
        if self._trunk and not self._unseen:
            self._settle()

    @property
    def resting(self) -> bool:
        """See `Algorithm.resting`. Changes that are promising are not saved."""
        return not self._promising


def _inputs(path: str) -> Holds:
    """What a movie holds on pad 1."""
    movie = Movie.read(path)
    if movie.start != "power-on" or movie.commands.any() or movie.inputs[:, 1:].any():
        raise ProblemError(
            f"the movie {path} cannot be improved; allowed are movies from power-on with inputs of "
            "pad 1 only, without resets"
        )
    holds: list[tuple[int, int]] = []
    for mask in movie.inputs[:, 0].tolist():
        if holds and holds[-1][0] == mask:
            holds[-1] = mask, holds[-1][1] + 1
        else:
            holds.append((mask, 1))
    return tuple(holds)
