"""`Expander`: plays plans from savestates in one emulator, and judges where they lead.

Plans are played side by side. The next holds of all of them are one request to the emulator, which
answers with the RAM at their ends; then they are judged, and those that go on are in the next
request.
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
from copain_gym.emulator.batch import RAM, BatchResult
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


class _Run:
    """A job that is being played.

    Attributes:
        place: where its outcome belongs.
        state: the state that its next hold begins from.
        before: the variables before the last hold.
        values: the variables now.
        next: which hold of the plan is next.
        played: number of frames that were played.
        held: what was held.
        checkpoint: the bit `CHECKPOINT` if a checkpoint was passed.
    """

    __slots__ = (
        "before",
        "checkpoint",
        "held",
        "job",
        "next",
        "place",
        "played",
        "state",
        "values",
    )

    def __init__(self, place: int, job: Job, state: SaveState, values: Values) -> None:
        self.place, self.job, self.state = place, job, state
        self.before = self.values = values
        self.next = self.played = self.checkpoint = 0
        self.held: list[tuple[int, int]] = []


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
        outcomes: list[Outcome | None] = [None] * len(jobs)
        runs: list[_Run] = []
        for place, job in enumerate(jobs):
            if job.node not in self._states and runs:
                self._play_together(runs, outcomes)  # the state may be the end of another plan
                runs = []
            state, before = self._state(job)
            if job.plan == SKIP:
                outcomes[place] = self._skip(job, state, before)
            elif job.plan == LOOK:
                self._emulator.load_state(state)
                values, ram = self._values()
                flags = self._judge.flags(before, values)
                outcomes[place] = self._outcome(job, flags, 0, [], values, ram)
            else:
                runs.append(_Run(place, job, state, before))
        self._play_together(runs, outcomes)
        return [outcome for outcome in outcomes if outcome is not None]

    def _play_together(self, runs: list[_Run], outcomes: list[Outcome | None]) -> None:
        """Play plans side by side: the next hold of each of them is one batch."""
        judge = self._judge
        going = runs
        while going:
            holds = []
            for run in going:
                mask, count = run.job.plan[run.next]
                more = 0 if run.job.literal else judge.pressed(run.before, run.values) & ~mask
                holds.append([(mask | more, 1), (mask, count - 1)] if more else [(mask, count)])
            result = self._batch([run.state for run in going], holds, keep=True)
            vectors = self._game.decode(result.memory).vector
            still = []
            for k, run in enumerate(going):
                run.held += [hold for hold in holds[k] if hold[1]]
                run.played += int(result.played[k])
                run.before, run.values = run.values, Values(vectors[k], run.values.slots)
                flags = judge.flags(run.before, run.values)
                run.checkpoint |= flags & CHECKPOINT
                run.next += 1
                run.state = result.states[k]
                if run.next < len(run.job.plan) and not flags & (WON | FAILED | SKIPPED):
                    still.append(run)
                    continue
                self.frames += run.played
                outcomes[run.place] = self._outcome(
                    run.job,
                    flags | run.checkpoint,
                    run.played,
                    run.held,
                    Values(vectors[k].copy(), run.values.slots),
                    result.memory[k],
                    run.state,
                )
            going = still

    def _batch(
        self,
        states: Sequence[SaveState | None],
        holds: Sequence[Sequence[tuple[int, int]]],
        keep: bool,
    ) -> BatchResult:
        """Play one item for each state; items may have different numbers of holds."""
        most = max(1, *map(len, holds))
        parts = np.array([[*item, *[(0, 0)] * (most - len(item))] for item in holds])
        memory = (*RAM, *self._game.memory) if self._game.memory else RAM
        return self._emulator.play_batch(
            states,
            parts[:, :, 0].astype(np.uint8),
            parts[:, :, 1].astype(np.uint32),
            keep=keep,
            memory=memory,
        )

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
        end: SaveState | None = None,
    ) -> Outcome:
        """What a plan has led to. `end` is the state there; None: the emulator is there."""
        if job.new >= 0 and not flags & FAILED:
            self._keep(job.new, end or self._emulator.save_state(), values)
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
        states = [self._states[node][0], *[None] * (len(route) - 1)]
        result = self._batch(states, [holds for _, holds in route], keep=True)
        self.frames += int(result.played.sum())
        values = self._game.decode(result.memory)
        for k, (node, _) in enumerate(route):
            self._keep(node, result.states[k], Values(values.vector[k].copy(), values.slots))

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
