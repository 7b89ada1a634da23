"""Die and retry: go towards a preferred position; after a death, go back and try another direction.

This is how the first version of the project searched. It finds a way, not a good one. After many
deaths without progress it goes back further and prefers another position for a while.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from copain_gym.buttons import button_mask
from copain_gym.errors import ProblemError
from copain_gym.games import SearchRules
from copain_gym.search.algorithm import Algorithm
from copain_gym.search.batch import ROOT, SKIP, Job, Outcome
from copain_gym.search.judge import FAILED, SKIPPED, WON

__all__ = ["DieAndRetry"]

_X = (0, 0, 1, 1, 1, 0, -1, -1, -1)
_Y = (0, -1, -1, 0, 1, 1, 1, 0, -1)
_NAMES = ("", "up", "up+right", "right", "down+right", "down", "down+left", "left", "up+left")
_VECTORS = np.array((_X, _Y), float).T
_VECTORS[1:] /= np.linalg.norm(_VECTORS[1:], axis=1, keepdims=True)


class DieAndRetry(Algorithm):
    """Die and retry; see the module. The game must declare `search`."""

    name: ClassVar[str] = "die-and-retry"

    @dataclass(frozen=True)
    class Options:
        """Options of die and retry.

        Attributes:
            hold: time that a direction is held, in units of `frames_per_action`.
            patience: deaths without progress before another position is preferred.
            back: actions to go back then.
            ahead: directions that are tried at once.
        """

        hold: int = 4
        patience: int = 128
        back: int = 24
        ahead: int = 2

    options: Options

    def begin(self) -> None:
        """See `Algorithm.begin`."""
        rules = self.problem.the_game.search
        if rules is None:
            raise ProblemError(
                f"problem {self.problem.name!r}: {self.problem.the_game.title} does not declare "
                "search=SearchRules(…), which the algorithm die-and-retry needs"
            )
        self._rules: SearchRules = rules
        self.fields = rules.x, rules.y
        held = button_mask(rules.held)
        self._masks = [button_mask(name) | held for name in _NAMES]
        self._here = ROOT
        self._dead: dict[int, list[int]] = {}  # directions that are dead, by state
        self._places: dict[int, tuple[int, int]] = {}  # where the player is in a state
        self._deaths = self._furthest = self._preferred = 0
        self._until = -1  # depth up to which another position is preferred
        self._ended = False

    def propose(self) -> list[Job]:
        """See `Algorithm.propose`."""
        if self._ended or self.is_end(self.best):
            return []
        if self._here == ROOT or self.tree[self._here].flags & SKIPPED:
            return [self.job(self._here, SKIP)]
        frames = self.options.hold * self.problem.frames_per_action
        order = self._order()[: self.options.ahead]
        return [self.job(self._here, ((self._masks[d], frames),)) for d in order]

    def _order(self) -> list[int]:
        """The directions that are not dead, the one that leads best to the position first."""
        way = np.subtract(self._rules.positions[self._preferred], self._places[self._here])
        order = (-(_VECTORS @ way)).argsort(kind="stable").tolist()
        dead = self._dead.get(self._here, ())
        return [direction for direction in order if direction not in dead]

    def absorb(self, jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
        """See `Algorithm.absorb`."""
        self.rounds += 1
        if jobs[0].plan == SKIP:
            if outcomes[0].flags & (FAILED | SKIPPED) and not outcomes[0].flags & WON:
                self._fail(None)
            else:
                self._go_on(outcomes[0])
            return
        order = self._order()
        limit = self.problem.frames
        for direction, outcome in zip(order[: len(jobs)], outcomes, strict=True):
            depth = self.tree[self._here].depth + outcome.frames
            if not outcome.flags & FAILED and not (limit and depth > limit):
                self._go_on(outcome)
                return
            self._fail(direction)

    def _go_on(self, outcome: Outcome) -> None:
        self._here = self.tree.add(self._here, outcome)
        self._places[self._here] = outcome.seen[0], outcome.seen[1]
        depth = self.tree[self._here].depth
        if depth > self._furthest:
            self._furthest, self._deaths = depth, 0
        if depth > self._until:
            self._preferred = 0
        self.consider(self._here)

    def _fail(self, direction: int | None) -> None:
        """A direction is dead; where all are, so is the state itself."""
        self._deaths += 1
        if direction is not None:
            self._dead.setdefault(self._here, []).append(direction)
        if self._deaths > self.options.patience:
            self._until, self._deaths = self._furthest, 0
            self._preferred = (self._preferred + 1) % len(self._rules.positions)
            for _ in range(self.options.back):
                self._leave()
            self._dead.pop(self._here, None)
            return
        while direction is None or len(self._dead.get(self._here, ())) == len(_NAMES):
            mask = self.tree[self._here].held[0][0] if self._here != ROOT else -1
            if not self._leave():
                self._ended = True
                return
            direction = self._masks.index(mask) if mask in self._masks else 0
            self._dead.setdefault(self._here, []).append(direction)

    def _leave(self) -> bool:
        """Go back to the state before; False at the first one."""
        node = self.tree[self._here]
        if self._here == ROOT or node.parent == ROOT:
            return False
        self._dead.pop(self._here, None)
        self._places.pop(self._here, None)
        if self._here != self.best:
            self.tree.drop(self._here)
        self._here = node.parent
        return True

    def save(self) -> dict[str, Any]:
        """See `Algorithm.save`."""
        return {
            "here": self._here,
            "dead": list(self._dead.items()),
            "places": list(self._places.items()),
            "numbers": [self._deaths, self._furthest, self._preferred, self._until],
            "ended": self._ended,
        }

    def load(self, saved: Mapping[str, Any]) -> None:
        """See `Algorithm.load`."""
        self._here, self._ended = saved["here"], saved["ended"]
        self._dead = dict(saved["dead"])
        self._places = {number: (x, y) for number, (x, y) in saved["places"]}
        self._deaths, self._furthest, self._preferred, self._until = saved["numbers"]
