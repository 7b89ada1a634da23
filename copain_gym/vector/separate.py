"""`SeparatePool`: a pool in which each lane has an emulator of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy.typing as npt

from copain_gym.bridge.history import Past
from copain_gym.bridge.screen import HEIGHT, WIDTH
from copain_gym.emulator import PooledEmulator, SaveState
from copain_gym.emulator.group import StepGroup
from copain_gym.envs.pictures import Scaler
from copain_gym.envs.start import StateLike, read_image
from copain_gym.errors import CopainError
from copain_gym.games.game import Game
from copain_gym.inputs import InputLog
from copain_gym.tas.movie import Movie
from copain_gym.tas.recording import movie_of
from copain_gym.vector.pool import Exchange, Pool
from copain_gym.vector.worker import FAULTS, Worker

__all__ = ["SeparatePool"]

Array: TypeAlias = "npt.NDArray[Any]"

_MOST_GROUPS = 64  # groups of lanes that are kept; most programs use one or two


@dataclass
class _Exchange(Exchange):
    """A step that was sent.

    Attributes:
        group: the group that stepped the playing lanes together; None if each was sent alone.
    """

    group: StepGroup | None = None


class SeparatePool(Pool):
    """Emulators that step at the same time, one for each lane.

    Args:
        workers: one for each lane.
        game: see `Pool`.
        screens: for each lane, whether its picture is fetched.
        pictures: see `Pool`.
        small: see `Pool`.
        pads: number of pads in use.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        game: Game,
        screens: Sequence[bool],
        pictures: str | None,
        small: tuple[int, int] | None,
        pads: int,
    ) -> None:
        super().__init__(workers, len(workers), game, pictures, small)
        self._screens = screens
        self._small = small is not None
        self._scale = Scaler(small or (HEIGHT, WIDTH))
        # If only RAM and one pad are needed, one call steps many emulators.
        self._grouped = not (any(screens) or self._small) and pads == 1 and not game.memory
        self._groups: dict[bytes, tuple[list[int], StepGroup]] = {}  # until an emulator is replaced

    def begin(
        self, noops: dict[int, int], states: Sequence[StateLike | None] | None = None
    ) -> None:
        """See `Pool.begin`."""
        for i in noops:
            if self._workers[i].begin():
                self._groups.clear()
        todo = list(noops)
        while todo:
            failed = []
            for i in todo:
                try:
                    self._send_start(i, noops[i], states[i] if states else None)
                except FAULTS as error:
                    self._fail(i, error)
                    failed.append(i)
            for i in todo:
                if i not in failed:
                    try:
                        self.receive_lane(i)
                        self._begun.add(i)
                    except FAULTS as error:
                        self._fail(i, error)
                        failed.append(i)
            todo = failed

    def _send_start(self, lane: int, noops: int, state: StateLike | None = None) -> None:
        worker = self._workers[lane]
        start = worker.start(state)
        if lane in self._begun:
            self.ended[lane] = worker.emulator.history.past()
            self._begun.discard(lane)
        self._send_one(lane, {}, noops, start)

    def _send_one(
        self, lane: int, pads: dict[int, int], frames: int, load: SaveState | bytes | None = None
    ) -> None:
        emulator, screen = self._workers[lane].emulator, self._screens[lane]
        emulator.send_step(
            frames=frames, pads=pads, screen=screen, small=self._small and not screen, load=load
        )

    def send(self, lanes: Array, pads: Array, frames: Array, starts: dict[int, int]) -> _Exchange:
        """See `Pool.send`."""
        failed: dict[int, CopainError] = {}
        if self._grouped and len(lanes):
            playing, group = self._group_of(lanes)
            exchange = _Exchange(playing, starts, group=group)
            failed = group.send(pads[:, 0], frames)
        else:
            exchange = _Exchange(lanes.tolist(), starts)
            held = zip(exchange.playing, pads.tolist(), frames.tolist(), strict=True)
            for k, (i, masks, count) in enumerate(held):
                try:
                    self._send_one(i, dict(enumerate(masks, 1)), count)
                except CopainError as error:
                    failed[k] = error
        for k, fault in failed.items():
            exchange.faults[exchange.playing[k]] = self._fail(exchange.playing[k], fault)
        for i, noops in starts.items():  # last: a new emulator may have to be waited for
            try:
                self._send_start(i, noops)
            except FAULTS as error:
                exchange.faults[i] = self._fail(i, error)
        return exchange

    def _group_of(self, lanes: Array) -> tuple[list[int], StepGroup]:
        """The numbers of these lanes, and the group that steps them together."""
        key = lanes.tobytes()
        found = self._groups.get(key)
        if found is None:
            if len(self._groups) == _MOST_GROUPS:
                self._groups.clear()
            numbers = lanes.tolist()
            emulators = [self._workers[i].emulator for i in numbers]
            found = numbers, StepGroup(emulators, self.images, self.counts, numbers)
            self._groups[key] = found
        return found

    def receive(self, exchange: _Exchange) -> dict[int, str]:
        """See `Pool.receive`."""
        faults, playing, one_by_one = exchange.faults, exchange.playing, list(exchange.starts)
        if exchange.group is not None:
            for k, error in exchange.group.receive().items():
                faults[playing[k]] = self._fail(playing[k], error)
        else:
            one_by_one = playing + one_by_one
        for i in one_by_one:
            if i not in faults:
                try:
                    self.receive_lane(i)
                except FAULTS as error:
                    faults[i] = self._fail(i, error)
        self._begun.update(exchange.starts.keys() - faults.keys())
        if faults and exchange.starts:
            again = {i: noops for i, noops in exchange.starts.items() if i in faults}
            self.begin(again)
            faults = {i: why for i, why in faults.items() if i not in again}
        return faults

    def receive_lane(self, lane: int) -> None:
        """Receive one emulator's answer to a step, and store it."""
        emulator = self._workers[lane].emulator
        emulator.receive_step()
        self.images[lane] = read_image(emulator, self._game)
        self.counts[lane] = emulator.frame_count, emulator.lag_count
        if self.pictures is None:
            return
        if not self._small:
            self.pictures[lane] = emulator.screen(grey=self._grey)
        elif not self._screens[lane]:
            self.pictures[lane] = emulator.small_screen()
        else:  # the whole picture was fetched, for `render`
            whole = emulator.screen(grey=True)[None, ..., None]
            self.pictures[lane] = self._scale(whole)[0, ..., 0]

    def load(self, lane: int, state: SaveState | bytes, past: Past | None = None) -> None:
        """See `Pool.load`."""
        emulator = self._workers[lane].emulator
        state = emulator.import_state(state)
        state.past = past or state.past
        if self.pictures is not None or self._screens[lane]:
            state = emulator.state_with_picture(state)
        self._send_one(lane, {}, 0, state)
        self.receive_lane(lane)

    def save(self, lane: int) -> SaveState:
        """See `Pool.save`."""
        return self._workers[lane].emulator.save_state()

    def movie(self, lane: int, author: str, inputs: InputLog | None = None) -> Movie:
        """See `Pool.movie`."""
        return movie_of(self._workers[lane].emulator, author, inputs)

    def emulators(self) -> tuple[PooledEmulator, ...]:
        """The emulator of each lane."""
        return tuple(worker.emulator for worker in self._workers)

    def take_over(self, other: Pool) -> None:
        """Play the lanes of another pool from now on, and fill its arrays."""
        lanes = range(len(other.images))
        self.copy_from(other, lanes)
        for i in lanes:  # the load of a copy is no attempt of the player
            self._workers[i].emulator.rerecords = other.save(i).past.loads
        self.images, self.counts, self.pictures = other.images, other.counts, other.pictures
        self._replaced = other.replaced

    def _adopt(self, states: Mapping[int, tuple[bytes, Past]]) -> None:
        for i in states:
            self._workers[i].begin()
        for i, (state, past) in states.items():
            emulator = self._workers[i].emulator
            copied = emulator.import_state(state)
            copied.past = past
            emulator.load_state(copied)
        self._begun.update(states)

    def _fail(self, lane: int, error: CopainError) -> str:
        if not isinstance(error, FAULTS):  # not a failure of the emulator
            raise error
        self._groups.clear()
        if lane in self._begun:
            self.ended[lane] = self._workers[lane].emulator.history.past()
            self._begun.discard(lane)
        return self._workers[lane].fail(error)

    def close(self) -> None:
        """See `Pool.close`."""
        self._groups.clear()
        for worker in self._workers:
            worker.close()
