"""`SharedPool`: a pool whose emulators play several lanes each, one after another.

An emulator has one console. Between two steps, the machine of each lane is a savestate inside the
emulator. A step is one request for all lanes of an emulator: load the savestate of each, hold its
buttons, and save its new state. This avoids most switches between processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.history import History, Past, Tape
from copain_gym.bridge.protocol import RAM_SIZE
from copain_gym.bridge.shm_groups import ConsoleTable
from copain_gym.emulator import PooledEmulator, SaveState
from copain_gym.emulator.consoles import ConsoleGroup
from copain_gym.envs.start import StateLike
from copain_gym.errors import CopainError
from copain_gym.games.game import Game
from copain_gym.inputs import InputLog
from copain_gym.tas.movie import Movie
from copain_gym.tas.recording import make_movie
from copain_gym.vector.pool import Exchange, Pool
from copain_gym.vector.worker import FAULTS, Worker

__all__ = ["SharedPool"]

Array: TypeAlias = "npt.NDArray[Any]"

_MOST_GROUPS = 64  # groups of lanes that are kept; most programs use one or two


class _Group(NamedTuple):
    """A set of lanes, and the emulators that play them.

    Attributes:
        consoles: steps them.
        workers: the numbers of the emulators.
        lanes: the lanes, those of each emulator side by side, (k,) int64.
        first: where the lanes of each emulator begin in `lanes`, and the end.
        order: place of each of `lanes` in what was asked for; None if it is the same order.
    """

    consoles: ConsoleGroup
    workers: list[int]
    lanes: Array
    first: list[int]
    order: Array | None


@dataclass
class _Flight:
    """A step of a group that was sent.

    Attributes:
        group: the group.
        faults: the lanes that failed, with the reasons; None until the answers were received.
    """

    group: _Group
    faults: dict[int, str] | None = None


@dataclass
class _Exchange(Exchange):
    """A step that was sent.

    Attributes:
        flight: what the emulators do; None if all lanes have failed before.
    """

    flight: _Flight | None = None


class SharedPool(Pool):
    """Lanes that step at the same time, several of them in each emulator.

    Args:
        workers: the emulators.
        per_worker: number of lanes that each of them plays; the last one may play fewer.
        states: where the episodes of each lane begin.
        game: see `Pool`.
        small: height and width of grey pictures that emulators scale down; None for no pictures.
        players: number of players.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        per_worker: int,
        states: Sequence[StateLike],
        game: Game,
        small: tuple[int, int] | None,
        players: int,
    ) -> None:
        count = len(states)
        super().__init__(workers, count, game, "grayscale" if small else None, small)
        self._states, self._players = states, players
        self._places = 1 << 8 * np.arange(players)  # of the pads' masks in one number
        self._home = np.arange(count) // per_worker  # the worker of each lane
        ranges = [(0, RAM_SIZE), *game.memory]
        self._table = ConsoleTable(self.images, self.counts, ranges, players, self.pictures)
        self._histories = [History() for _ in range(count)]
        self._saved: dict[int, SaveState] = {}  # the lanes' savestates that others have, too
        self._lost: dict[int, str] = {}  # lanes whose machine is gone, with the reason
        self._flights: dict[int, _Flight] = {}  # the step under way, by worker
        self._groups: dict[bytes, _Group] = {}  # until an emulator is replaced
        self._tapes: dict[bytes, Tape] = {}

    # ---- begin -------------------------------------------------------------

    def begin(
        self, noops: dict[int, int], states: Sequence[StateLike | None] | None = None
    ) -> None:
        """See `Pool.begin`."""
        for number in {int(self._home[i]) for i in noops}:
            self._finish(number)
            if self._workers[number].begin():
                self._forget(number)
        todo = noops
        while todo:
            faults = self._start(todo, states)
            lanes = np.array([i for i in todo if i not in faults], np.int64)
            if len(lanes):
                frames = np.array([todo[i] for i in lanes.tolist()], np.int64)
                flight = self._send(lanes, np.zeros((len(lanes), self._players), np.int64), frames)
                faults |= self._land(flight)
            self._begun.update(todo.keys() - faults.keys())
            todo = {i: todo[i] for i in faults}

    def _start(
        self, noops: Mapping[int, int], states: Sequence[StateLike | None] | None = None
    ) -> dict[int, str]:
        """Let the next step of some lanes go on from their starts.

        Returns:
            The lanes whose emulator has failed, with the reasons.
        """
        faults: dict[int, str] = {}
        for i, frames in noops.items():
            number = int(self._home[i])
            self._finish(number)  # a start may have to be made in the emulator
            try:
                state = states[i] if states else None
                start = self._workers[number].start(self._states[i] if state is None else state)
            except FAULTS as error:
                faults |= dict.fromkeys(
                    self._lanes_of(number) & noops.keys(), self._fail(number, error)
                )
                continue
            history = self._histories[i]
            if i in self._begun:
                self.ended[i] = history.past()
                self._begun.discard(i)
            history.load(start.past)
            history.hold(0, frames)
            self._lost.pop(i, None)
            self._go_on_from(i, start)
        return faults

    def _go_on_from(self, lane: int, state: SaveState) -> None:
        """Let the next step of a lane begin in a savestate of its emulator."""
        table = self._table
        if table.handles[lane] and not table.fixed[lane]:
            emulator = self._workers[self._home[lane]].emulator
            emulator.free_states([int(table.handles[lane])], at_least=256)
        table.handles[lane], table.fixed[lane] = state.handle, 1
        self._saved[lane] = state

    # ---- steps -------------------------------------------------------------

    def send(self, lanes: Array, pads: Array, frames: Array, starts: dict[int, int]) -> _Exchange:
        """See `Pool.send`."""
        exchange = _Exchange(lanes.tolist(), starts)
        if self._lost:
            gone = [i for i in exchange.playing if i in self._lost]
            exchange.faults = {i: self._lost.pop(i) for i in gone}
            here = ~np.isin(lanes, gone)
            lanes, pads, frames = lanes[here], pads[here], frames[here]
        if len(lanes):
            self._tape_of(lanes).add(pads @ self._places, frames)
        if starts:
            exchange.faults |= self._start(starts)
            begun = np.array([i for i in starts if i not in exchange.faults], np.int64)
            lanes = np.concatenate((lanes, begun))
            pads = np.concatenate((pads, np.zeros((len(begun), self._players), np.int64)))
            noops = np.array([starts[i] for i in begun.tolist()], np.int64)
            frames = np.concatenate((frames, noops))
        if len(lanes):
            exchange.flight = self._send(lanes, pads, frames)
        return exchange

    def _send(self, lanes: Array, pads: Array, frames: Array) -> _Flight:
        """Send a step of some lanes, once what their emulators do has ended."""
        group = self._group_of(lanes)
        if group.order is not None:
            pads, frames = pads[group.order], frames[group.order]
        for number in group.workers:
            self._finish(number)
        group.consoles.send(pads, frames)
        for i in self._saved.keys() & group.lanes.tolist() if self._saved else ():
            del self._saved[i]  # after the request: deleting it may free the savestate
        flight = _Flight(group)
        self._flights.update(dict.fromkeys(group.workers, flight))
        return flight

    def _group_of(self, lanes: Array) -> _Group:
        key = lanes.tobytes()
        found = self._groups.get(key)
        if found is None:
            if len(self._groups) == _MOST_GROUPS:
                self._groups.clear()
            order = np.argsort(self._home[lanes], kind="stable")
            sorted_lanes = lanes[order]
            numbers, first = np.unique(self._home[sorted_lanes], return_index=True)
            first = np.append(first, len(lanes))
            workers = numbers.tolist()
            emulators = [self._workers[number].emulator for number in workers]
            consoles = ConsoleGroup(emulators, self._table, first, sorted_lanes)
            same = (order == np.arange(len(lanes))).all()
            found = _Group(consoles, workers, sorted_lanes, first.tolist(), None if same else order)
            self._groups[key] = found
        return found

    def _tape_of(self, lanes: Array) -> Tape:
        key = lanes.tobytes()
        found = self._tapes.get(key)
        if found is None:
            if len(self._tapes) == _MOST_GROUPS:
                self._tapes.clear()
            found = self._tapes[key] = Tape([self._histories[i] for i in lanes.tolist()])
        return found

    def _finish(self, number: int) -> None:
        """Wait for the step that an emulator plays, if any, and store its results."""
        flight = self._flights.get(number)
        if flight is not None:
            self._land(flight)

    def _land(self, flight: _Flight) -> dict[int, str]:
        """Wait for a step and store its results; returns the lanes that failed."""
        if flight.faults is None:
            group = flight.group
            errors = group.consoles.receive()
            flight.faults = {}
            for number in group.workers:
                self._flights.pop(number, None)
            for e, error in errors.items():
                lanes = group.lanes[group.first[e] : group.first[e + 1]].tolist()
                flight.faults |= dict.fromkeys(lanes, self._fail(group.workers[e], error))
                for i in lanes:  # these are told now
                    self._lost.pop(i, None)
        return flight.faults

    def receive(self, exchange: _Exchange) -> dict[int, str]:
        """See `Pool.receive`."""
        faults = exchange.faults
        if exchange.flight is not None:
            faults |= self._land(exchange.flight)
        if exchange.starts:
            self._begun.update(exchange.starts.keys() - faults.keys())
            again = {i: noops for i, noops in exchange.starts.items() if i in faults}
            self.begin(again)
            faults = {i: why for i, why in faults.items() if i not in again}
        return faults

    # ---- emulators ---------------------------------------------------------

    def _lanes_of(self, number: int) -> set[int]:
        return set(np.flatnonzero(self._home == number).tolist())

    def _forget(self, number: int) -> None:
        """Forget the savestates of an emulator that has ended."""
        self._groups.clear()
        self._flights.pop(number, None)
        for i in self._lanes_of(number):
            self._table.handles[i] = self._table.stale[i] = self._table.fixed[i] = 0
            self._saved.pop(i, None)

    def _fail(self, number: int, error: CopainError) -> str:
        if not isinstance(error, FAULTS):  # not a failure of the emulator
            raise error
        for i in self._lanes_of(number) & self._begun:
            self.ended[i] = self._histories[i].past()
        why = self._workers[number].fail(error)
        self._lost |= dict.fromkeys(self._lanes_of(number) & self._begun, why)
        self._begun -= self._lanes_of(number)
        self._forget(number)
        return why

    def emulators(self) -> tuple[PooledEmulator, ...]:
        """See `Pool.emulators`."""
        raise TypeError("these lanes have no emulators of their own")

    # ---- single lanes ------------------------------------------------------

    def save(self, lane: int) -> SaveState:
        """See `Pool.save`."""
        number = int(self._home[lane])
        self._finish(number)
        table = self._table
        if lane not in self._saved:
            past, emulator = self._histories[lane].past(), self._workers[number].emulator
            drawn = self.pictures is not None
            self._saved[lane] = emulator.state_of(int(table.handles[lane]), past, drawn=drawn)
            table.fixed[lane] = 1
        return self._saved[lane]

    def load(self, lane: int, state: SaveState | bytes, past: Past | None = None) -> None:
        """See `Pool.load`."""
        number = int(self._home[lane])
        self._finish(number)
        emulator = self._workers[number].emulator
        state = emulator.import_state(state)
        state.past = past or state.past
        if self.pictures is not None:
            state = emulator.state_with_picture(state)
        self._go_on_from(lane, state)
        pads, frames = np.zeros((1, self._players), np.int64), np.zeros(1, np.int64)
        flight = self._send(np.array([lane]), pads, frames)
        errors = flight.group.consoles.receive()
        self._flights.pop(number, None)
        for error in errors.values():
            raise error
        self._histories[lane].load(state.past)

    def movie(self, lane: int, author: str, inputs: InputLog | None = None) -> Movie:
        """See `Pool.movie`."""
        emulator = self._workers[self._home[lane]].emulator
        if inputs is None:
            inputs = self._histories[lane].past().log()
        return make_movie(inputs, emulator.rom, emulator.region, author)

    def _adopt(self, states: Mapping[int, tuple[bytes, Past]]) -> None:
        for number in {int(self._home[i]) for i in states}:
            self._workers[number].begin()
        for i, (state, past) in states.items():
            self.load(i, state, past)
        self._begun.update(states)

    def close(self) -> None:
        """See `Pool.close`."""
        for number, worker in enumerate(self._workers):
            worker.close()
            self._forget(number)
