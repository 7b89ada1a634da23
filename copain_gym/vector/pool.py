"""`Pool`: the lanes of a vector environment, and arrays with their last answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.history import Past
from copain_gym.bridge.screen import HEIGHT, WIDTH
from copain_gym.emulator import PooledEmulator, SaveState
from copain_gym.envs.start import StateLike
from copain_gym.games.game import Game
from copain_gym.inputs import InputLog
from copain_gym.tas.movie import Movie
from copain_gym.vector.worker import Worker

__all__ = ["Exchange", "Pool"]

Array: TypeAlias = "npt.NDArray[Any]"


@dataclass
class Exchange:
    """A step that the pool has sent to its emulators.

    Attributes:
        playing: lanes that play.
        starts: lanes that begin an episode, with the number of no-op frames of each.
        faults: lanes to which the step could not be sent, with the reasons.
    """

    playing: list[int]
    starts: dict[int, int]
    faults: dict[int, str] = field(default_factory=dict)


class Pool(ABC):
    """Lanes that step at the same time.

    Args:
        workers: the emulators.
        count: number of lanes.
        game: the game that they play.
        pictures: which pictures are kept: None, `rgb` or `grayscale`.
        small: height and width of grey pictures that the emulators scale down; None for whole
            pictures.

    Attributes:
        images: their memory after the last step, (n, 2048 or more) uint8.
        counts: frames and lag frames since power-on, (n, 2) int64.
        pictures: (n, 240, 256, 3) or (n, height, width) uint8, or None.
        ended: the inputs of each lane up to the end of its last episode that ended.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        count: int,
        game: Game,
        pictures: str | None,
        small: tuple[int, int] | None,
    ) -> None:
        self._workers = workers
        self._game = game
        self.images = np.zeros((count, game.decoder.image_size), np.uint8)
        self.counts = np.zeros((count, 2), np.int64)
        self._grey = pictures == "grayscale"
        self.pictures: npt.NDArray[np.uint8] | None = None
        if pictures is not None:
            shape = small or ((HEIGHT, WIDTH) if self._grey else (HEIGHT, WIDTH, 3))
            self.pictures = np.zeros((count, *shape), np.uint8)
        self.ended: dict[int, Past] = {}
        self._begun: set[int] = set()  # lanes whose episode has begun
        self._replaced = 0  # emulators of the pool that this one has taken over

    @property
    def replaced(self) -> int:
        """Number of emulators that failed and were replaced."""
        return self._replaced + sum(worker.replaced for worker in self._workers)

    # ---- steps -------------------------------------------------------------

    @abstractmethod
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

    @abstractmethod
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

    @abstractmethod
    def receive(self, exchange: Any) -> dict[int, str]:
        """Wait for the end of a step, and update `images`, `counts` and `pictures`.

        Returns:
            The lanes that failed, with the reasons. Lanes that failed while beginning an episode
            are not included: the beginning was repeated in a new emulator.

        Raises:
            PoolError: too many emulators failed.
        """

    # ---- single lanes ------------------------------------------------------

    @abstractmethod
    def save(self, lane: int) -> SaveState:
        """Save the state of a lane."""

    @abstractmethod
    def load(self, lane: int, state: SaveState | bytes, past: Past | None = None) -> None:
        """Load a savestate into a lane.

        Args:
            lane: the lane.
            state: the savestate.
            past: the inputs that lead to it, for bytes, which do not hold them.
        """

    @abstractmethod
    def movie(self, lane: int, author: str, inputs: InputLog | None = None) -> Movie:
        """The movie of a lane up to now, or of earlier inputs of it; see `movie_of`."""

    @abstractmethod
    def emulators(self) -> tuple[PooledEmulator, ...]:
        """The emulator of each lane.

        Raises:
            TypeError: lanes share emulators.
        """

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The process of each emulator."""
        return tuple(worker.emulator.pid for worker in self._workers)

    def copy_from(self, other: Pool, lanes: Iterable[int]) -> None:
        """Start emulators in some lanes, and continue from the states of another pool."""
        saved = [(i, other.save(i)) for i in lanes]
        self._adopt({i: (state.to_bytes(), state.past) for i, state in saved})
        self.ended = dict(other.ended)
        self.images[:], self.counts[:] = other.images, other.counts
        if self.pictures is not None and other.pictures is not None:
            self.pictures[:] = other.pictures

    @abstractmethod
    def _adopt(self, states: Mapping[int, tuple[bytes, Past]]) -> None:
        """Start emulators in some lanes, and load a state with its inputs in each."""

    @abstractmethod
    def close(self) -> None:
        """End all emulators. May be called again."""
