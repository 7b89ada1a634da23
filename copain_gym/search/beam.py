"""Beam search: all actions from the best states of a layer; the best results are the next layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from copain_gym.search.algorithm import Algorithm
from copain_gym.search.batch import ROOT, SKIP, Job, Outcome
from copain_gym.search.judge import FAILED, SKIPPED

__all__ = ["Beam"]

_Found: TypeAlias = tuple[int, tuple[Job, Outcome]]

_LAYERS = 64  # that a search can go back
_CLEAN = 16  # layers between two removals of states that lead nowhere


class Beam(Algorithm):
    """Beam search; see the module.

    Where all states of a layer have failed, it goes back some layers, to states that were good but
    not among the best, and further each time.
    """

    name: ClassVar[str] = "beam"

    @dataclass(frozen=True)
    class Options:
        """Options of the beam search.

        Attributes:
            width: states of a layer.
            spare: further states of each layer, to go back to.
            hold: time that an action is held, in units of `frames_per_action`.
        """

        width: int = 32
        spare: int = 64
        hold: int = 2

    options: Options

    def begin(self) -> None:
        """See `Algorithm.begin`."""
        self._layer = [ROOT]
        self._spares: list[list[int]] = []  # of the last layers
        self._dead_ends = 0

    def propose(self) -> list[Job]:
        """See `Algorithm.propose`."""
        if self.is_end(self.best):
            return []
        jobs = []
        frames = self.options.hold * self.problem.frames_per_action
        for number in self._layer:
            if number == ROOT or self.tree[number].flags & SKIPPED:
                jobs.append(self.job(number, SKIP, self.tree.reserve()))
            else:
                for mask in self.problem.masks:
                    jobs.append(self.job(number, ((mask, frames),), self.tree.reserve()))
        return jobs

    def absorb(self, jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
        """See `Algorithm.absorb`."""
        self.rounds += 1
        limit = self.problem.frames
        found: dict[int, tuple[Job, Outcome]] = {}
        alive = 0
        for job, outcome in zip(jobs, outcomes, strict=True):
            depth = self.tree[job.node].depth + outcome.frames
            if outcome.flags & FAILED or (limit and depth > limit):
                continue
            alive += 1
            known = found.get(outcome.cell)
            if known is None or outcome.value > known[1].value:
                found[outcome.cell] = job, outcome
        self.duplicates += alive - len(found)
        ties = self.random.permutation(len(found)).tolist()
        ordered = [t for _, t in sorted(zip(ties, found.values(), strict=True), key=_order)]
        ordered = ordered[: self.options.width + self.options.spare]
        numbers = [self.tree.add(job.node, outcome, job.new) for job, outcome in ordered]
        for number in numbers:
            self.consider(number)
        self._layer = numbers[: self.options.width]
        self._spares = [*self._spares, numbers[self.options.width :]][-_LAYERS:]
        if not self._layer:
            self._go_back()
        elif self.rounds % _CLEAN == 0:
            spares = [number for layer in self._spares for number in layer]
            self.tree.keep_only([*self._layer, *spares, self.best])

    def _go_back(self) -> None:
        self._dead_ends += 1
        for _ in range(min(1 << self._dead_ends, len(self._spares))):
            candidates = self._spares.pop()
            if candidates:
                self._layer = candidates[: self.options.width]

    def save(self) -> dict[str, Any]:
        """See `Algorithm.save`."""
        return {"layer": self._layer, "spares": self._spares, "dead_ends": self._dead_ends}

    def load(self, saved: Mapping[str, Any]) -> None:
        """See `Algorithm.load`."""
        self._layer, self._spares = saved["layer"], saved["spares"]
        self._dead_ends = saved["dead_ends"]


def _order(found: _Found) -> tuple[float, int]:
    """The best value first; a number that was drawn decides between equal ones."""
    tie, (_, outcome) = found
    return -outcome.value, tie
