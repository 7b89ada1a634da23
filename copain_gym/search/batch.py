"""`Expander`: plays plans from savestates in one emulator, and judges where they lead.

Algorithms see only plans and outcomes, so that another way of playing a batch can take its place.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.history import Past
from copain_gym.buttons import button_mask
from copain_gym.emulator import SaveState
from copain_gym.emulator.pooled import PooledEmulator
from copain_gym.envs.start import StartBook, read_image
from copain_gym.errors import SearchError
from copain_gym.games.variables import Values
from copain_gym.inputs import InputLog
from copain_gym.roms.store import resolve_rom
from copain_gym.search.judge import CHECKPOINT, FAILED, SKIPPED, WON
from copain_gym.search.problem import POWER_ON, Problem

__all__ = ["LOOK", "ROOT", "SKIP", "Expander", "Holds", "Job", "Missing", "Outcome"]

Holds: TypeAlias = tuple[tuple[int, int], ...]
"""Buttons held one after another: masks of pad 1, and numbers of frames."""

ROOT = 0
"""The number of the state in which a problem begins."""

SKIP: Holds = ()
"""A plan: let the game go on until inputs matter."""

LOOK: Holds = ((0, 0),)
"""A plan: play nothing, only judge the state."""

_LONGEST_SKIP = 3600  # frames; a minute in which no input matters
_STATE_BYTES = 40_000  # that a state takes in an emulator, at most


class Job(NamedTuple):
    """A plan to play.

    Attributes:
        node: number of the state that it begins from.
        plan: the buttons to hold. It ends early when it fails or wins, or when inputs do not matter
            any more. `SKIP` plays until they do.
        new: number under which the state at its end is kept; -1 does not keep it.
        route: the way to `node`, for an emulator that does not have its state: numbers of states,
            and what is held from each state to the next. The last one is `node`.
        literal: whether the rules of the problem press nothing.
    """

    node: int
    plan: Holds
    new: int = -1
    route: tuple[tuple[int, Holds], ...] = ()
    literal: bool = False


class Outcome(NamedTuple):
    """Where a plan has led.

    Attributes:
        flags: see `Judge.flags`.
        frames: number of frames that were played.
        held: what was held: the plan up to its end, and the buttons that rules pressed.
        score: the points at the end.
        value: how good the end is.
        cell: see `Judge.cell`.
        seen: the variables that the algorithm asked for.
    """

    flags: int
    frames: int
    held: Holds
    score: float
    value: float
    cell: int
    seen: tuple[int, ...] = ()


class Missing(Exception):
    """The emulator has neither the state of a job nor one on the way to it."""


class Expander:
    """An emulator that plays plans from savestates.

    Args:
        problem: the problem.
        megabytes: memory for states; the one that was not used for the longest time is dropped.
        engine: engine of the emulator; None uses `COPAIN_ENGINE`, else `auto`.
        fields: variables of the game, single values, that outcomes have.

    Attributes:
        frames: number of frames that were played.
        start_log: the inputs from power-on to the start of the problem.
        rom: the ROM.
        region: the television system of the console.

    Raises:
        SearchError: a movie could not hold the inputs that lead to the problem's start.
        StartError: the game did not begin to play.

    Examples:
        >>> with Expander(Problem("hirondelle", start="start")) as expander:
        ...     outcome, = expander.expand([Job(ROOT, ((129, 8), (0, 4)), new=1)])
        ...     more, = expander.expand([Job(1, ((0, 40),))])
        >>> outcome.frames, outcome.held, more.frames
        (12, ((129, 8), (0, 4)), 40)
    """

    def __init__(
        self,
        problem: Problem,
        megabytes: float = 200,
        engine: str | None = None,
        fields: Sequence[str] = (),
    ) -> None:
        self.problem, self._fields = problem, tuple(fields)
        self._game, self._judge = problem.the_game, problem.judge
        self._limit = max(16, int(megabytes * 1e6 / _STATE_BYTES))
        self._states: OrderedDict[int, tuple[SaveState, Values]] = OrderedDict()
        self.frames = 0
        rom = resolve_rom(self._game, None)
        self._emulator = PooledEmulator(rom, engine=engine, transport="auto", patience=30)
        try:
            self._root = self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> SaveState:
        emulator = self._emulator
        if self.problem.start == POWER_ON:
            root = emulator.save_state()
        else:
            root = StartBook(emulator, self._game).get(self.problem.start)
            emulator.load_state(root)
        self.start_log = root.past.log()
        self._loads = emulator.rerecords
        self.rom, self.region = emulator.rom, emulator.region
        root.past = Past()  # the search knows its inputs; emulators need not keep them
        self._states[ROOT] = root, self._values()[0]
        check_start(self.start_log, self.problem)
        return root

    @property
    def loads(self) -> int:
        """Number of savestates that were loaded."""
        return self._emulator.rerecords - self._loads

    @property
    def pid(self) -> int:
        """Process id of the emulator."""
        return self._emulator.pid

    def expand(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Play plans; the outcomes are in their order.

        Raises:
            Missing: the emulator does not have the state of a job, nor one on its route.
        """
        return [self._expand(job) for job in jobs]

    def _expand(self, job: Job) -> Outcome:
        state, before = self._state(job)
        if job.plan == SKIP:
            return self._skip(job, state, before)
        if job.plan == LOOK:
            self._emulator.load_state(state)
            values, ram = self._values()
            flags = self._judge.flags(before, values)
            return self._outcome(job, flags, 0, [], values, ram)
        emulator, judge = self._emulator, self._judge
        held: list[tuple[int, int]] = []
        played, flags, checkpoint, values = 0, 0, 0, before
        load: SaveState | None = state
        for mask, count in job.plan:
            more = 0 if job.literal else judge.pressed(before, values) & ~mask
            parts = [(mask, count)]
            if more:
                parts = [(mask | more, 1), (mask, count - 1)]
            for part in parts:
                if part[1]:
                    emulator.step(*part, draw=False, load=load)
                    load = None
                    held.append(part)
            played += count
            before, (values, ram) = values, self._values()
            flags = judge.flags(before, values)
            checkpoint |= flags & CHECKPOINT
            if flags & (WON | FAILED | SKIPPED):
                break
        self.frames += played
        return self._outcome(job, flags | checkpoint, played, held, values, ram)

    def _skip(self, job: Job, state: SaveState, values: Values) -> Outcome:
        """Play without buttons, or by the game's rules for its start, until inputs matter."""
        emulator, game, judge = self._emulator, self._game, self._judge
        emulator.load_state(state)
        # Before play has begun, variables may be anything, so nothing is won or lost there.
        first = job.node == ROOT
        wait = game.start_wait if first and self.problem.start == POWER_ON else -1
        before, (values, ram) = values, self._values()
        held: list[tuple[int, int]] = []
        played = 0
        while played < _LONGEST_SKIP:
            flags = judge.flags(before, values)
            skips = judge.skips(before, values) or emulator.frame_count <= wait
            if not skips or (flags & (WON | FAILED) and not first):
                break
            rule = None
            if first and emulator.frame_count > wait:
                rule = next((r for r in game.start if r.players in (0, 1) and r.when(values)), None)
            parts = [(0, 1)]
            if rule is not None:
                parts = [(button_mask(rule.buttons), rule.hold), (0, rule.release)]
            for mask, count in parts:
                if count:
                    emulator.step(mask, count, draw=False)
                    held.append((mask, count))
                    played += count
            before, (values, ram) = values, self._values()
        else:
            flags = SKIPPED
        self.frames += played
        return self._outcome(job, flags, played, held, values, ram)

    def _outcome(
        self,
        job: Job,
        flags: int,
        played: int,
        held: list[tuple[int, int]],
        values: Values,
        ram: npt.NDArray[np.uint8],
    ) -> Outcome:
        if job.new >= 0 and not flags & FAILED:
            self._keep(job.new, self._emulator.save_state(), values)
        judge = self._judge
        return Outcome(
            flags,
            played,
            tuple(held),
            judge.score(values),
            judge.value(values),
            judge.cell(values, ram),
            tuple(int(values[name]) for name in self._fields),
        )

    def _values(self) -> tuple[Values, npt.NDArray[np.uint8]]:
        image = read_image(self._emulator, self._game)
        return self._game.decode(image), image

    # ---- states ------------------------------------------------------------

    def _keep(self, node: int, state: SaveState, values: Values) -> None:
        state.past = self._root.past
        self._states[node] = state, values
        self._states.move_to_end(node)
        if len(self._states) > self._limit:
            oldest = next(k for k in self._states if k != ROOT)
            del self._states[oldest]

    def _state(self, job: Job) -> tuple[SaveState, Values]:
        """The state that a job begins from; if it is not there, its route is played."""
        known = self._states.get(job.node)
        if known is not None:
            self._states.move_to_end(job.node)
            return known
        for first in range(len(job.route) - 1, -1, -1):
            node = job.route[first][0]
            if node in self._states:
                self._play(node, job.route[first + 1 :])
                return self._states[job.node]
        raise Missing(job.node)

    def _play(self, node: int, route: Sequence[tuple[int, Holds]]) -> None:
        load: SaveState | None = self._states[node][0]
        for node, holds in route:
            for mask, frames in holds:
                self._emulator.step(mask, frames, draw=False, load=load)
                self.frames += frames
                load = None
            self._keep(node, self._emulator.save_state(), self._values()[0])

    def export(self, node: int) -> bytes | None:
        """The bytes of a state, for another emulator; None if it is not there any more."""
        known = self._states.get(node)
        return None if known is None else known[0].to_bytes()

    def adopt(self, node: int, data: bytes) -> None:
        """Take over a state of another emulator."""
        self._emulator.load_state(data)
        self._keep(node, self._emulator.save_state(), self._values()[0])

    def close(self) -> None:
        """End the emulator."""
        self._emulator.close()

    def __enter__(self) -> Expander:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def check_start(log: InputLog, problem: Problem) -> None:
    """Check that a movie can hold the inputs that lead to the start of a problem.

    Raises:
        SearchError: it cannot; the message says why.
    """
    why = log.impurity()
    if why is not None:
        raise SearchError(
            f"problem {problem.name!r}: start is {str(problem.start)[:60]!r}, and a movie from "
            f"power-on cannot begin there: {why}; use 'power-on', 'start', or a state that was "
            "saved with its inputs"
        )
