"""`Algorithm`: what decides which plans a search tries next. `ALGORITHMS` has them by name.

A new algorithm is one file with a subclass of `Algorithm`, and a line in `ALGORITHMS`. A program
can also pass its class to `Search`.
"""

from __future__ import annotations

import dataclasses
import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from copain_gym.errors import ProblemError
from copain_gym.search.batch import Holds, Job, Outcome
from copain_gym.search.problem import Problem
from copain_gym.search.tree import Tree

__all__ = ["ALGORITHMS", "Algorithm", "Setting", "find_algorithm"]

ALGORITHMS = {
    "rolling": "rolling:Rolling",
    "beam": "beam:Beam",
    "archive": "archive:Archive",
    "die-and-retry": "die_and_retry:DieAndRetry",
    "improve": "improve:Improve",
}
"""Algorithms: the place of the class, below `copain_gym.search`."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """What an algorithm works with.

    Attributes:
        problem: the problem.
        tree: the states that are known. Add those that are worth going on from.
        random: draws all that is random, so that the same seed gives the same search.
    """

    problem: Problem
    tree: Tree
    random: np.random.Generator


class Algorithm(ABC):
    """Decides which plans a search tries.

    A search calls `propose`, plays the jobs in its workers, and calls `absorb` with the outcomes,
    in the order of the jobs, until `propose` returns none. The way to the best run is `best`.

    Everything that an algorithm does must depend only on its setting, its options and the outcomes.
    Then a search has the same result on any number of workers.

    Args:
        setting: what it works with.
        options: its options by name, see `Options`.

    Attributes:
        name: its name in `ALGORITHMS`.
        best: number of the state at the end of the best run so far.
        rounds: number of batches so far.
        duplicates: states that were dropped because they count as the same as another one.

    Raises:
        ProblemError: an option is unknown or its value is not allowed.
    """

    name: ClassVar[str]
    fields: tuple[str, ...] = ()
    """Variables of the game that outcomes shall have."""

    @dataclasses.dataclass(frozen=True)
    class Options:
        """The options of the algorithm, with their defaults."""

    def __init__(self, setting: Setting, options: Mapping[str, Any] | None = None) -> None:
        self.problem, self.tree, self.random = setting.problem, setting.tree, setting.random
        self.options = self._checked(dict(options or {}))
        self._route: tuple[tuple[int, Holds], ...] = ((-1, ()),)  # the last one
        # Rules are looked at where a hold begins.
        again = [press.every for press in self.problem.presses if press.every]
        self._longest = min(again, default=0)
        self.best = 0
        self.rounds = 0
        self.duplicates = 0
        self.begin()

    def _checked(self, options: dict[str, Any]) -> Any:
        known = {f.name: f for f in dataclasses.fields(self.Options)}
        for name, value in options.items():
            if name not in known:
                raise ProblemError(
                    f"problem {self.problem.name!r}: option {name!r} of the algorithm {self.name} "
                    f"is unknown; allowed are {', '.join(known) or 'none'}"
                )
            default = known[name].default
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            fits = number if isinstance(default, float) else type(value) is type(default)
            if not fits or (number and value < 0):
                raise ProblemError(
                    f"problem {self.problem.name!r}: option {name} of the algorithm {self.name} is "
                    f"{value!r}; allowed is {_kind(default)}"
                )
        return self.Options(**options)

    def begin(self) -> None:  # noqa: B027 - not every algorithm has something to prepare
        """Prepare the search; `self.problem` and the others are there."""

    @abstractmethod
    def propose(self) -> list[Job]:
        """The next plans to try; none ends the search."""

    @abstractmethod
    def absorb(self, jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
        """Learn where the plans have led."""

    def again(self) -> bool:
        """Begin to look for a better run, after the goal was reached; False if it cannot."""
        return False

    @abstractmethod
    def save(self) -> dict[str, Any]:
        """Everything but the tree and the random generator, as JSON can hold it."""

    @abstractmethod
    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""

    @property
    def resting(self) -> bool:
        """Whether `save` has everything now.

        If not, it must have everything up to the last time that this was true, and so must the
        tree. The search then goes on from there when it is resumed.
        """
        return True

    @property
    def settled(self) -> bool:
        """Whether a run that reaches the goal ends the search.

        If not, the algorithm is about to try other ways to it.
        """
        return True

    @property
    def kept(self) -> int:
        """Size of the archive from which it goes on; 0 if it has none."""
        return 0

    # ---- what algorithms share ----------------------------------------------

    def job(
        self,
        node: int,
        plan: Sequence[tuple[int, int]],
        new: int = -1,
        *,
        literal: bool = False,
    ) -> Job:
        """A job, with the end of the route to its state."""
        if self._route[-1][0] != node:
            self._route = self.tree.route(node, 6)
        holds = tuple(plan)
        if self._longest and not literal:
            holds = split(holds, self._longest)
        return Job(node, holds, new, self._route, literal)

    def random_plan(self, frames: int, longest: int) -> list[tuple[int, int]]:
        """Random actions, each held for a random time.

        Args:
            frames: length of the plan, in frames.
            longest: longest time that an action is held, in units of `frames_per_action`.
        """
        unit, masks = self.problem.frames_per_action, self.problem.masks
        plan: list[tuple[int, int]] = []
        left = frames
        while left > 0:
            mask = masks[int(self.random.integers(len(masks)))]
            held = min(left, unit * int(self.random.integers(1, longest + 1)))
            plan.append((mask, held))
            left -= held
        return plan

    def consider(self, number: int) -> bool:
        """Whether a state is a better end of a run than the best one; it is the best then."""
        if self.rank(number) > self.rank(self.best):
            self.best = number
            return True
        return False

    def rank(self, number: int) -> tuple[float, ...]:
        """A key by which runs are compared: won, then the objective, then the other one."""
        node = self.tree[number]
        if self.is_end(number):
            order = (node.score, -node.depth)
            return (1.0, *(order if self.problem.objective == "score" else order[::-1]))
        return (0.0, node.depth, node.score)

    def is_end(self, number: int) -> bool:
        """Whether a state is the end of a successful run."""
        node = self.tree[number]
        return self.problem.is_end(node.flags, node.depth)


def split(plan: Holds, longest: int) -> Holds:
    """The same plan without holds that are longer than so many frames.

    Examples:
        >>> split(((1, 8), (2, 28)), 12)
        ((1, 8), (2, 12), (2, 12), (2, 4))
    """
    return tuple(
        (mask, min(longest, count - begin))
        for mask, count in plan
        for begin in range(0, max(count, 1), longest)
    )


def _kind(default: object) -> str:
    if isinstance(default, bool):
        return "True or False"
    return (
        "a number, 0 or more"
        if isinstance(default, float)
        else (
            "an integer, 0 or more" if isinstance(default, int) else f"a {type(default).__name__}"
        )
    )


def find_algorithm(name: str) -> type[Algorithm]:
    """An algorithm by its name.

    Raises:
        ProblemError: there is no such algorithm.
    """
    if name not in ALGORITHMS:
        raise ProblemError(f"algorithm is {name!r}; allowed are {', '.join(ALGORITHMS)}")
    module, _, attribute = ALGORITHMS[name].partition(":")
    found: type[Algorithm] = getattr(
        importlib.import_module(f"copain_gym.search.{module}"), attribute
    )
    return found
