"""`Pool`: the emulators of a vector environment, and arrays with their last answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.history import Past
from copain_gym.bridge.screen import HEIGHT, WIDTH
from copain_gym.emulator import SaveState
from copain_gym.emulator.group import StepGroup
from copain_gym.envs.pictures import Scaler
from copain_gym.envs.start import StateLike, read_image
from copain_gym.errors import CopainError
from copain_gym.games.game import Game
from copain_gym.vector.lane import FAULTS, Lane

__all__ = ["Exchange", "Pool"]

Array: TypeAlias = "npt.NDArray[Any]"


@dataclass
class Exchange:
    """A step that the pool has sent to its emulators.

    Attributes:
        playing: lanes that play.
        starts: lanes that begin an episode, with the number of no-op frames of each.
        group: the group that stepped the playing lanes together; None if each was sent alone.
        faults: lanes to which the step could not be sent, with the reasons.
    """

    playing: list[int]
    starts: dict[int, int]
    group: StepGroup | None = None
    faults: dict[int, str] = field(default_factory=dict)


_MOST_GROUPS = 64  # groups of lanes that are kept; most programs use one or two


class Pool:
    """Emulators that step at the same time.

    Args:
        lanes: one for each emulator.
        game: the game that they play.
        screens: for each lane, whether its picture is fetched.
        pictures: which pictures are kept: None, `rgb` or `grayscale`.
        small: height and width of grey pictures that the emulators scale down; None for whole
            pictures.
        pads: number of pads in use.

    Attributes:
        images: their memory after the last step, (n, 2048 or more) uint8.
        counts: frames and lag frames since power-on, (n, 2) int64.
        pictures: (n, 240, 256, 3) or (n, height, width) uint8, or None.
        ended: the inputs of each lane up to the end of its last episode that ended.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        game: Game,
        screens: Sequence[bool],
        pictures: str | None,
        small: tuple[int, int] | None,
        pads: int,
    ) -> None:
        self.lanes = lanes
        self._game = game
        self._screens = screens
        count = len(lanes)
        self.images = np.zeros((count, game.decoder.image_size), np.uint8)
        self.counts = np.zeros((count, 2), np.int64)
        self._grey = pictures == "grayscale"
        self.pictures: npt.NDArray[np.uint8] | None = None
        if pictures is not None:
            shape = small or ((HEIGHT, WIDTH) if self._grey else (HEIGHT, WIDTH, 3))
            self.pictures = np.zeros((count, *shape), np.uint8)
        self.ended: dict[int, Past] = {}
        self._begun: set[int] = set()  # lanes whose episode has begun
        self._small = small is not None
        self._scale = Scaler(small or (HEIGHT, WIDTH))
        # If only RAM and one pad are needed, one call steps many emulators.
        self._grouped = not (any(screens) or self._small) and pads == 1 and not game.memory
        self._groups: dict[bytes, tuple[list[int], StepGroup]] = {}  # until an emulator is replaced

    def begin(
        self, noops: dict[int, int], states: Sequence[StateLike | None] | None = None
    ) -> None:
        """Begin episodes; an emulator that fails is replaced.

        Args:
            noops: which lanes, with the number of no-op frames at the beginning of each.
            states: where to begin, one for every lane of the pool; None means the lane's own.

        Raises:
            PoolError: too many emulators failed.
        """
        for i in noops:
            if self.lanes[i].begin():
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
        place = self.lanes[lane]
        start = place.start(state)
        if lane in self._begun:
            self.ended[lane] = place.emulator.history.past()
            self._begun.discard(lane)
        self._send_one(lane, {}, noops, start)

    def _send_one(
        self, lane: int, pads: dict[int, int], frames: int, load: SaveState | bytes | None = None
    ) -> None:
        emulator, screen = self.lanes[lane].emulator, self._screens[lane]
        emulator.send_step(
            frames=frames, pads=pads, screen=screen, small=self._small and not screen, load=load
        )

    def send(self, lanes: Array, pads: Array, frames: Array, starts: dict[int, int]) -> Exchange:
        """Begin a step.

        Args:
            lanes: lanes that play, (k,).
            pads: their button masks, (k, players) int64.
            frames: their numbers of frames, (k,) int64.
            starts: lanes that begin an episode instead, with the number of no-op frames of each.

        Raises:
            PoolError: too many emulators failed.
        """
        failed: dict[int, CopainError] = {}
        if self._grouped and len(lanes):
            playing, group = self._group_of(lanes)
            exchange = Exchange(playing, starts, group)
            failed = group.send(pads[:, 0], frames)
        else:
            exchange = Exchange(lanes.tolist(), starts)
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
            emulators = [self.lanes[i].emulator for i in numbers]
            found = numbers, StepGroup(emulators, self.images, self.counts, numbers)
            self._groups[key] = found
        return found

    def receive(self, exchange: Exchange) -> dict[int, str]:
        """Wait for the end of a step, and update `images`, `counts` and `pictures`.

        Returns:
            The lanes that failed, with the reasons. Lanes that failed while beginning an episode
            are not included: the beginning was repeated in a new emulator.

        Raises:
            PoolError: too many emulators failed.
        """
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
        emulator = self.lanes[lane].emulator
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
        """Load a savestate into a lane.

        Args:
            lane: the lane.
            state: the savestate.
            past: the inputs that lead to it, for bytes, which do not hold them.
        """
        emulator = self.lanes[lane].emulator
        state = emulator.import_state(state)
        state.past = past or state.past
        if self.pictures is not None or self._screens[lane]:
            state = emulator.state_with_picture(state)
        self._send_one(lane, {}, 0, state)
        self.receive_lane(lane)

    def copy_from(self, other: Pool, lanes: Sequence[int]) -> None:
        """Start emulators in some lanes, and continue from the states of another pool."""
        saved = [other.lanes[i].emulator.save_state() for i in lanes]
        states = [(state.to_bytes(), state.past) for state in saved]
        for i in lanes:
            self.lanes[i].begin()
        for i, (state, past) in zip(lanes, states, strict=True):
            emulator = self.lanes[i].emulator
            copied = emulator.import_state(state)
            copied.past = past
            emulator.load_state(copied)
        self._begun.update(lanes)
        self.ended = dict(other.ended)
        self.images[:], self.counts[:] = other.images, other.counts
        if self.pictures is not None and other.pictures is not None:
            self.pictures[:] = other.pictures

    def _fail(self, lane: int, error: CopainError) -> str:
        if not isinstance(error, FAULTS):  # not a failure of the emulator
            raise error
        self._groups.clear()
        if lane in self._begun:
            self.ended[lane] = self.lanes[lane].emulator.history.past()
            self._begun.discard(lane)
        return self.lanes[lane].fail(error)

    def close(self) -> None:
        """End all emulators. May be called again."""
        self._groups.clear()
        for lane in self.lanes:
            lane.close()
