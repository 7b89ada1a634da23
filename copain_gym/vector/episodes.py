"""`Episodes`: where the episodes of a vector environment's lanes are, and what is drawn in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt

from copain_gym.envs.task import Observation, Task
from copain_gym.games.reader import Where
from copain_gym.vector.pool import Pool

__all__ = ["Episodes"]

Array: TypeAlias = "npt.NDArray[Any]"

_COUNTS = ("frame_count", "lag_count", "episode_frames")


class Episodes:
    """The variables, counters and random generators of n lanes.

    Args:
        task: what is played.
        pool: the emulators, whose images it decodes.
        skip: least, and one more than the greatest number of frames of a step.
        sticky: probability that a step repeats the action before.
        noop_max: most frames that are waited at the beginning.

    Attributes:
        frames: frames of each episode, (n,) int64.
        steps: environment steps of each episode, (n,) int64.
        pads: what was held in the last step, (n, players) int64.
        live: whether an episode was begun, (n,) bool.
        done: whether it has ended, (n,) bool.
        broken: lanes whose episode has ended because the emulator failed, and why it did.
    """

    def __init__(
        self, task: Task, pool: Pool, *, skip: tuple[int, int], sticky: float, noop_max: int
    ) -> None:
        count = len(pool.lanes)
        self._task, self._pool, self._game = task, pool, task.game
        self._skip, self._sticky, self._noop_max = skip, sticky, noop_max
        self._reader = task.reader(pool.images)
        self._steady = np.full(count, skip[0])
        slots = task.info_slots
        names = [*self._game.events, *slots, *_COUNTS]
        self._there = np.ones(count, np.bool_)
        self._there.flags.writeable = False  # all infos share it
        self._masks = {"_" + name: self._there for name in names}
        self._arrays = [(name, slot) for name, slot in slots.items() if isinstance(slot, slice)]
        self._singles = [name for name, slot in slots.items() if not isinstance(slot, slice)]
        self._single_slots = np.array([slots[name] for name in self._singles], np.intp)
        self._scripts: list[Any] = [None] * count
        self._randoms = [gymnasium.utils.seeding.np_random()[0] for _ in range(count)]
        self.frames = np.zeros(count, np.int64)
        self.steps = np.zeros(count, np.int64)
        self.pads = np.zeros((count, task.actions.players), np.int64)
        self.live = np.zeros(count, np.bool_)
        self.done = np.zeros(count, np.bool_)
        self.broken: dict[int, str] = {}

    # ---- chance ----------------------------------------------------------

    def seed(self, seed: int | Sequence[int | None] | None, lanes: Array) -> None:
        """Seed the generators of some lanes; see `NesVectorEnv.reset`.

        Raises:
            ValueError: a wrong number of seeds.
        """
        if seed is None:
            return
        count = len(self._randoms)
        if isinstance(seed, (int, np.integer)):
            seeds: Sequence[int | None] = [int(seed) + i for i in range(count)]
        else:
            seeds = seed
        if len(seeds) != count:
            raise ValueError(f"{len(seeds)} seeds were given for {count} lanes")
        for i in lanes:
            if seeds[i] is not None:
                self._randoms[i] = gymnasium.utils.seeding.np_random(seeds[i])[0]

    def noops(self, lane: int) -> int:
        """Draw how many frames an episode waits at its beginning."""
        most = self._noop_max
        return int(self._randoms[lane].integers(1, most + 1)) if most else 0

    def draw(self, lanes: Array, pads: Array, starts: dict[int, int]) -> Array:
        """Draw frame skips, (k,), and sticky actions, which replace those in `pads`, (k, players).

        Each lane draws from its own generator; lanes of `starts` draw nothing.
        """
        low, high = self._skip
        frames: Array = self._steady[: len(lanes)]
        if not self._sticky and high == low + 1:
            return frames
        frames = frames.copy()
        for k, i in enumerate(lanes.tolist()):
            if i in starts:
                continue
            if self._sticky and self._randoms[i].random() < self._sticky:
                pads[k] = self.pads[i]
            if high > low + 1:
                frames[k] = self._randoms[i].integers(low, high)
        return frames

    # ---- their course ----------------------------------------------------

    def begun(self, lanes: list[int]) -> None:
        """Episodes have begun in `lanes`; their images are there."""
        if not lanes:
            return
        self._reader.read(np.array(lanes))
        self.frames[lanes] = self.steps[lanes] = 0
        self.pads[lanes] = 0
        self.live[lanes] = True
        self.done[lanes] = False
        for i in lanes:
            self.broken.pop(i, None)
            if self._task.has_scripts:
                self._scripts[i] = self._task.begin_scripts(self._reader.one(i))

    def advance(self, where: Where, pads: Array, frames: Array) -> tuple[Array, dict[str, Array]]:
        """A step has ended; its images are there.

        Args:
            where: the lanes.
            pads: what they held, (k, players).
            frames: for how long, (k,).

        Returns:
            The rewards, (k,) float64, without scripted terms; the events by name, (k,) bool.
        """
        self._reader.read(where)
        if isinstance(where, slice):
            self.pads = pads
        else:
            self.pads[where] = pads
        self.frames[where] += frames
        self.steps[where] += 1
        return self._reader.rewards(where), self._reader.events(where)

    def script_reward(self, lane: int) -> float:
        """What the scripted terms of the reward give for the last step."""
        reward: float = self._scripts[lane](self._reader.one(lane))
        return reward

    # ---- looking ---------------------------------------------------------

    def observe(self, where: Where) -> Observation:
        """The observations of some lanes."""
        pictures = None
        if self._pool.pictures is not None:
            pictures = np.array(self._pool.pictures[where])
            if self._task.grey:
                return pictures[..., None]
        return self._task.observe(self._reader, where, pictures)

    def infos(self, where: Where, events: dict[str, Any]) -> dict[str, Any]:
        """The infos of some lanes, as Gymnasium has them."""
        vector = self._reader.values(where).vector
        counts, frames = self._pool.counts[where], self.frames[where].copy()
        infos: dict[str, Any] = self._masks.copy()
        if len(frames) < len(self.frames):
            infos = dict.fromkeys(infos, self._there[: len(frames)])
        for name, event in events.items():
            infos[name] = np.zeros(len(frames), np.bool_) if event is False else event
        infos.update(zip(self._singles, vector.T.take(self._single_slots, axis=0), strict=True))
        for name, slot in self._arrays:
            infos[name] = vector[:, slot]
        infos["frame_count"], infos["lag_count"] = counts.T.copy()
        infos["episode_frames"] = frames
        return infos
