"""`Pool`: the emulators of a vector environment, and arrays of what they last answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.emulator import SaveState
from copain_gym.emulator.group import StepGroup
from copain_gym.emulator.screen import HEIGHT, WIDTH
from copain_gym.envs.pictures import Scaler
from copain_gym.envs.start import StateLike, read_image
from copain_gym.errors import CopainError
from copain_gym.games.game import Game
from copain_gym.vector.lane import FAULTS, Lane

__all__ = ["Exchange", "Pool"]

Array: TypeAlias = "npt.NDArray[Any]"


@dataclass
class Exchange:
    """A step that was sent.

    Attributes:
        playing: lanes that play, as far as they could be told.
        starts: lanes that begin an episode, and the frames that they wait in it.
        group: what the playing lanes were sent with, if in one call.
        faults: why lanes could not be told.
    """

    playing: list[int]
    starts: dict[int, int]
    group: StepGroup | None = None
    faults: dict[int, str] = field(default_factory=dict)


class Pool:
    """Emulators that are told to step together.

    Args:
        lanes: a place for each emulator.
        game: what they play.
        screens: for each lane, whether its picture is fetched.
        pictures: what is kept of pictures: None, `rgb` or `grayscale`.
        small: height and width of grey pictures that the emulators scale down; None for whole
            pictures.
        pads: how many pads are played.

    Attributes:
        images: what was read of their memory last, (n, 2048 or more) uint8.
        counts: frames and lag frames since power-on, (n, 2) int64.
        pictures: (n, 240, 256, 3) or (n, height, width) uint8, or None.
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
        self._small = small is not None
        self._scale = Scaler(small or (HEIGHT, WIDTH))
        # Where RAM and one pad is all there is, many emulators are stepped in one call.
        self._grouped = not (any(screens) or self._small) and pads == 1 and not game.memory
        self._groups: list[StepGroup] = []  # for further use

    def begin(
        self, noops: dict[int, int], states: Sequence[StateLike | None] | None = None
    ) -> None:
        """Begin episodes, in new emulators where they fail.

        Args:
            noops: the lanes, and for how many frames nothing is held at first.
            states: where to begin, for each lane of all; None is the lane's own.

        Raises:
            PoolError: too many emulators failed.
        """
        for i in noops:
            self.lanes[i].begin()
        todo = list(noops)
        while todo:
            failed = []
            for i in todo:
                try:
                    self._send_start(i, noops[i], states[i] if states else None)
                except FAULTS as error:
                    self.lanes[i].fail(error)
                    failed.append(i)
            for i in todo:
                if i not in failed:
                    try:
                        self.receive_lane(i)
                    except FAULTS as error:
                        self.lanes[i].fail(error)
                        failed.append(i)
            todo = failed

    def _send_start(self, lane: int, noops: int, state: StateLike | None = None) -> None:
        place = self.lanes[lane]
        start = place.start(state)
        self._send_one(lane, {}, noops, start.state)

    def _send_one(
        self, lane: int, pads: dict[int, int], frames: int, load: SaveState | bytes | None = None
    ) -> None:
        emulator, screen = self.lanes[lane].emulator, self._screens[lane]
        emulator.send_step(
            frames=frames, pads=pads, screen=screen, small=self._small and not screen, load=load
        )

    def send(
        self,
        playing: list[int],
        held: Sequence[Sequence[int]],
        frames: Sequence[int],
        starts: dict[int, int],
    ) -> Exchange:
        """Begin a step.

        Args:
            playing: lanes that play.
            held: for each of them, what each pad holds.
            frames: for each of them, for how long.
            starts: lanes that begin an episode instead, and the frames that they wait in it.

        Raises:
            PoolError: too many emulators failed.
        """
        exchange = Exchange(playing, starts)
        failed: dict[int, CopainError] = {}
        emulators = [self.lanes[i].emulator for i in playing]
        if self._grouped:
            exchange.group = self._groups.pop() if self._groups else StepGroup(len(self.lanes))
            failed = exchange.group.send(emulators, [pads[0] for pads in held], frames)
        else:
            for k, i in enumerate(playing):
                try:
                    self._send_one(i, dict(enumerate(held[k], 1)), frames[k])
                except CopainError as error:
                    failed[k] = error
        if failed:
            exchange.faults = {playing[k]: self._fail(playing[k], e) for k, e in failed.items()}
            exchange.playing = [i for i in playing if i not in exchange.faults]
        for i, noops in starts.items():  # last: a new emulator may have to be waited for
            try:
                self._send_start(i, noops)
            except FAULTS as error:
                exchange.faults[i] = self._fail(i, error)
        return exchange

    def receive(self, exchange: Exchange) -> dict[int, str]:
        """Wait for a step's end; `images`, `counts` and `pictures` then have it.

        Returns:
            Why lanes could not do it. Those that lost the beginning of an episode are not among
            them: it was repeated in a new emulator.

        Raises:
            PoolError: too many emulators failed.
        """
        faults, playing, one_by_one = exchange.faults, exchange.playing, list(exchange.starts)
        if exchange.group is not None:
            emulators = [self.lanes[i].emulator for i in playing]
            failed = exchange.group.receive(emulators, self.images, self.counts, playing)
            for k, error in failed.items():
                faults[playing[k]] = self._fail(playing[k], error)
            self._groups.append(exchange.group)
        else:
            one_by_one = playing + one_by_one
        for i in one_by_one:
            if i not in faults:
                try:
                    self.receive_lane(i)
                except FAULTS as error:
                    faults[i] = self._fail(i, error)
        if faults and exchange.starts:
            again = {i: noops for i, noops in exchange.starts.items() if i in faults}
            self.begin(again)
            faults = {i: why for i, why in faults.items() if i not in again}
        return faults

    def receive_lane(self, lane: int) -> None:
        """Take over what one emulator answers to a step."""
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

    def load(self, lane: int, state: Any) -> None:
        """Load a savestate into a lane."""
        self._send_one(lane, {}, 0, state)
        self.receive_lane(lane)

    def _fail(self, lane: int, error: CopainError) -> str:
        if not isinstance(error, FAULTS):  # it is not the emulator's
            raise error
        return self.lanes[lane].fail(error)

    def close(self) -> None:
        """End all emulators. May be called again."""
        for lane in self.lanes:
            lane.close()
