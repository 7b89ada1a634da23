"""An archive of cells: go back to a state of the archive, explore from there, keep what is new.

This is the first phase of Go-Explore (Ecoffet and others, 2019, arXiv 1901.10995). A cell is what
`Problem.same` says counts as the same; the archive holds the best state of each cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from copain_gym.search.algorithm import Algorithm
from copain_gym.search.batch import ROOT, SKIP, Job, Outcome
from copain_gym.search.judge import FAILED, SKIPPED

__all__ = ["Archive"]


class Archive(Algorithm):
    """An archive of cells; see the module."""

    name: ClassVar[str] = "archive"

    @dataclass(frozen=True)
    class Options:
        """Options of the archive.

        Attributes:
            cells: largest number of cells; those that were visited most are dropped.
            batch: number of plans that are tried at once.
            frames: length of a plan in frames.
            longest: longest time that an action is held, in units of `frames_per_action`.
            frontier: share of the plans that begin at one of the newest cells.
        """

        cells: int = 20_000
        batch: int = 32
        frames: int = 24
        longest: int = 6
        frontier: float = 0.5

    options: Options

    def begin(self) -> None:
        """See `Algorithm.begin`."""
        self._cells: dict[int, list[int]] = {}  # state and visits of each cell; the newest is last
        self._goes_on = False

    def propose(self) -> list[Job]:
        """See `Algorithm.propose`."""
        if self.is_end(self.best) and not self._goes_on:
            return []
        if not self._cells:
            return [self.job(ROOT, SKIP, self.tree.reserve())] if not self.rounds else []
        entries = list(self._cells.values())
        visits = np.array([entry[1] for entry in entries])
        weights = 1 / np.sqrt(visits + 1)
        newest = max(8, len(entries) // 10)
        jobs = []
        for _ in range(self.options.batch):
            low = 0
            if self.random.random() < self.options.frontier:
                low = max(0, len(entries) - newest)
            chances = weights[low:] / weights[low:].sum()
            entry = entries[low + int(self.random.choice(len(chances), p=chances))]
            entry[1] += 1
            number = entry[0]
            if self.tree[number].flags & SKIPPED:
                plan = SKIP
            else:
                plan = tuple(self.random_plan(self.options.frames, self.options.longest))
            jobs.append(self.job(number, plan, self.tree.reserve()))
        return jobs

    def absorb(self, jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
        """See `Algorithm.absorb`."""
        self.rounds += 1
        for job, outcome in zip(jobs, outcomes, strict=True):
            depth = self.tree[job.node].depth + outcome.frames
            too_long = self.problem.frames and depth > self.problem.frames
            if outcome.flags & FAILED or too_long:
                continue
            known = self._cells.get(outcome.cell)
            if known is not None and not self._is_better(outcome, depth, known[0]):
                self.duplicates += 1
                continue
            visits = known[1] if known is not None else 0
            number = self.tree.add(job.node, outcome, job.new)
            self._cells.pop(outcome.cell, None)
            self._cells[outcome.cell] = [number, visits]
            self.consider(number)
        if len(self._cells) > self.options.cells:
            self._shrink()
        elif self.rounds % 256 == 0:
            self._clean()

    def again(self) -> bool:
        """See `Algorithm.again`. Exploring goes on."""
        self._goes_on = True
        return True

    @property
    def kept(self) -> int:
        """See `Algorithm.kept`: the number of cells."""
        return len(self._cells)

    def _is_better(self, outcome: Outcome, depth: int, known: int) -> bool:
        node = self.tree[known]
        if self.problem.objective == "time":
            return (-depth, outcome.value) > (-node.depth, node.value)
        return (outcome.value, -depth) > (node.value, -node.depth)

    def _shrink(self) -> None:
        """Drop a quarter of the cells, those that were visited most."""
        kept = self.options.cells * 3 // 4
        order = sorted(self._cells, key=lambda cell: self._cells[cell][1])
        wanted = set(order[:kept])
        self._cells = {cell: entry for cell, entry in self._cells.items() if cell in wanted}
        self._clean()

    def _clean(self) -> None:
        self.tree.keep_only([self.best, *(entry[0] for entry in self._cells.values())])

    def save(self) -> dict[str, Any]:
        """See `Algorithm.save`."""
        return {
            "goes_on": self._goes_on,
            "cells": [[cell, *entry] for cell, entry in self._cells.items()],
        }

    def load(self, saved: Mapping[str, Any]) -> None:
        """See `Algorithm.load`."""
        self._goes_on = saved["goes_on"]
        self._cells = {cell: [number, visits] for cell, number, visits in saved["cells"]}
