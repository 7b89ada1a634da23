"""`Episodes`: the state of the episodes in one or more emulators.

`NesEnv` has one episode; a vector environment has one in each lane. Only this module computes
counters, random draws, rewards, ends of episodes, observations and infos. It does not use the
emulators itself: its caller writes their answers into two arrays and tells it when a step ended.
"""

from __future__ import annotations

import copy
import functools
import operator
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt

from copain_gym.envs.scripts import ScriptedRewards
from copain_gym.envs.stack import FrameStack
from copain_gym.envs.task import Observation, Task
from copain_gym.games.reader import RowIndex

__all__ = ["Episodes", "StepEnd"]

Array: TypeAlias = "npt.NDArray[Any]"

_COUNTERS = ("frame_count", "lag_count", "episode_frames")


class StepEnd(NamedTuple):
    """The result of a step in k emulators.

    Attributes:
        rewards: (k,) float64.
        terminated: (k,) bool.
        truncated: (k,) bool.
        events: whether each event happened, (k,) bool by name.
    """

    rewards: Array
    terminated: Array
    truncated: Array
    events: dict[str, Array]


class Episodes:
    """The episodes of n emulators.

    Args:
        task: the observations, actions and rewards.
        images: the emulators' memory, (n, 2048 or more) uint8, which the caller keeps up to date.
        counts: their frames and lag frames since power-on, (n, 2) int64; the caller keeps them up
            to date, too.
        max_steps: environment steps after which an episode is truncated; None means no limit.

    Attributes:
        randoms: the random generator of each emulator.
        frames: frames of each episode, (n,) int64.
        steps: environment steps of each episode, (n,) int64.
        pads: button masks held in the last step, (n, players) int64.
        live: whether an episode has begun, (n,) bool.
        done: whether it has ended, (n,) bool.
        broken: emulators whose episode ended because the emulator failed, with the reason.
        stack: their last observations; None without `frame_stack`.
    """

    def __init__(
        self, task: Task, images: Array, counts: Array, max_steps: int | None = None
    ) -> None:
        count = len(images)
        options = task.options
        self._task = task
        self._low, self._high = options.frame_range
        self._random_skip = self._high > self._low + 1
        self._sticky, self._noop_max = options.sticky_action_probability, options.noop_max
        self._max_frames, self._max_steps = options.max_episode_frames, max_steps
        self._counts = counts
        self._reader = task.reader(images)
        self._scripts = ScriptedRewards(task.scripts, count) if task.scripts else None
        self._fixed_frames = np.full(count, self._low)
        self._step = np.ones((2, count), np.int64)  # frames, environment steps
        self._describe_infos(count)
        self.randoms = [gymnasium.utils.seeding.np_random()[0] for _ in range(count)]
        # Both share one array, so that a step updates them in one operation.
        self._elapsed = np.zeros((2, count), np.int64)
        self.frames, self.steps = self._elapsed
        self.pads = np.zeros((count, task.actions.players), np.int64)
        self.live = np.zeros(count, np.bool_)
        self.done = np.zeros(count, np.bool_)
        self.broken: dict[int, str] = {}
        self.stack: FrameStack | None = None
        if options.frame_stack is not None:
            self.stack = FrameStack(options.frame_stack, task.observation_space, count)

    def _describe_infos(self, count: int) -> None:
        slots = self._task.info_slots
        self._present = np.ones(count, np.bool_)
        self._present.flags.writeable = False  # all infos share it
        names = [*self._task.game.events, *slots, *_COUNTERS]
        self._masks = {"_" + name: self._present for name in names}
        self._arrays = [(name, slot) for name, slot in slots.items() if isinstance(slot, slice)]
        self._singles = [name for name, slot in slots.items() if not isinstance(slot, slice)]
        self._single_slots = np.array([slots[name] for name in self._singles], np.intp)

    # ---- random draws ------------------------------------------------------

    def seed(self, seed: int | Sequence[int | None] | None, lanes: Sequence[int] | Array) -> None:
        """Seed the generators of some emulators; see `NesVectorEnv.reset`.

        Raises:
            ValueError: a wrong number of seeds.
        """
        if seed is None:
            return
        count = len(self.randoms)
        if isinstance(seed, (int, np.integer)):
            seeds: Sequence[int | None] = [int(seed) + i for i in range(count)]
        else:
            seeds = seed
        if len(seeds) != count:
            raise ValueError(f"{len(seeds)} seeds were given for {count} lanes")
        for i in lanes:
            if seeds[i] is not None:
                self.randoms[i] = gymnasium.utils.seeding.np_random(seeds[i])[0]

    def draw_noops(self, lane: int = 0) -> int:
        """Draw the number of no-op frames at the beginning of an episode."""
        most = self._noop_max
        return int(self.randoms[lane].integers(1, most + 1)) if most else 0

    def draw_step(
        self, lanes: Array, pads: Array, idle: Collection[int] = ()
    ) -> tuple[Array, Array]:
        """Draw sticky actions and frame skips, each emulator's from its own generator.

        Args:
            lanes: which emulators, (k,).
            pads: the button masks of their actions, (k, players).
            idle: emulators that draw nothing, because they begin an episode.

        Returns:
            The button masks to hold, (k, players), and the numbers of frames, (k,) int64.
        """
        frames: Array = self._fixed_frames
        if len(lanes) < len(frames):
            frames = frames[: len(lanes)]
        if not self._sticky and not self._random_skip:
            return pads, frames
        pads, frames = pads.copy(), frames.copy()
        for k, i in enumerate(lanes.tolist()):
            if i in idle:
                continue
            if self._sticky and self.randoms[i].random() < self._sticky:
                pads[k] = self.pads[i]
            if self._random_skip:
                frames[k] = self.randoms[i].integers(self._low, self._high)
        return pads, frames

    # ---- begin and advance -------------------------------------------------

    def begin(self, lanes: list[int]) -> None:
        """Record that episodes have begun in some emulators, whose memory is in `images`."""
        if not lanes:
            return
        self._reader.read(np.array(lanes))
        self.frames[lanes] = self.steps[lanes] = 0
        self.pads[lanes] = 0
        self.live[lanes] = True
        self.done[lanes] = False
        if self.stack is not None:
            self.stack.begin(lanes)
        for i in lanes:
            self.broken.pop(i, None)
            if self._scripts is not None:
                self._scripts.begin(i, self._reader.one(i))

    def advance(
        self,
        where: RowIndex,
        pads: Array,
        frames: Array,
        begun: Collection[int] = (),
        faults: Mapping[int, str] | None = None,
    ) -> StepEnd:
        """Record a finished step, after which the emulators' memory is in `images`.

        Args:
            where: which emulators.
            pads: the button masks that were held, (k, players).
            frames: the numbers of frames, (k,).
            begun: emulators that began an episode instead of playing.
            faults: emulators that failed, with the reasons.
        """
        self._reader.read(where)
        if self.stack is not None:
            self.stack.move(where, faults or ())
        self.pads[where] = pads
        if isinstance(where, slice):
            self._step[0] = frames
            self._elapsed += self._step
        else:
            self.frames[where] += frames
            self.steps[where] += 1
        rewards, events = self._reader.rewards(where), self._reader.events(where)
        truncated = np.zeros(len(rewards), np.bool_)
        if self._scripts is not None:
            self._add_scripts(rewards, where, {*begun, *(faults or ())})
        if begun or faults:
            lanes = self._numbers(where)
            self.broken.update(faults or {})
            truncated |= np.isin(lanes, list(faults or ()))
            idle = np.isin(lanes, list(begun)) | truncated
            rewards[idle] = 0.0
            events = {name: event & ~idle for name, event in events.items()}
            self.begin(list(begun))
        ends = [events[name] for name in self._task.ends] or [np.zeros_like(truncated)]
        terminated = functools.reduce(operator.or_, ends)
        if self._max_frames is not None:
            truncated |= self.frames[where] >= self._max_frames
        if self._max_steps is not None:
            truncated |= self.steps[where] >= self._max_steps
        never = not faults and self._max_frames is None and self._max_steps is None
        self.done[where] = terminated if never else terminated | truncated
        return StepEnd(rewards, terminated, truncated, events)

    def _add_scripts(self, rewards: Array, where: RowIndex, idle: Collection[int]) -> None:
        assert self._scripts is not None
        for k, i in enumerate(self._numbers(where).tolist()):
            if i not in idle:
                rewards[k] += self._scripts.step(i, self._reader.one(i))

    def _numbers(self, where: RowIndex) -> Array:
        return np.arange(len(self.frames))[where]

    def copy_from(self, other: Episodes) -> None:
        """Continue from other episodes of the same task; `images` must hold their memory."""
        self._reader.read()
        self.randoms = copy.deepcopy(other.randoms)
        self._elapsed[:], self.pads[:] = other._elapsed, other.pads
        self.live[:], self.done[:], self.broken = other.live, other.done, dict(other.broken)
        if self._scripts is not None and other._scripts is not None:
            self._scripts.copy_from(other._scripts)
        if self.stack is not None and other.stack is not None:
            self.stack.copy_from(other.stack)

    def look(self) -> None:
        """Read the memory outside of a step: changes are not rewarded."""
        self._reader.read()

    # ---- observations and infos ---------------------------------------------

    def observe(self, where: RowIndex = slice(None), screens: Array | None = None) -> Observation:
        """The observations of some emulators; for `screens`, see `Task.observe`."""
        newest = self._task.observe(self._reader, where, screens)
        if self.stack is None:
            return newest
        stacked: Observation = self.stack.observe(where, newest)
        return stacked

    def value(self, name: str, lane: int = 0) -> int | None:
        """A variable of one emulator after its last step; None if there is no such number."""
        if not isinstance(self._task.game.decoder.slots.get(name), int):
            return None
        number: int = self._reader.one(lane)[name]
        return number

    def no_events(self, where: RowIndex = slice(None)) -> dict[str, Array]:
        """Every event, marked as not happened, (k,) bool by name."""
        count = len(self.frames[where])
        return {name: np.zeros(count, np.bool_) for name in self._task.game.events}

    def infos(self, where: RowIndex, events: Mapping[str, Array]) -> dict[str, Any]:
        """The infos of some emulators in Gymnasium's form: arrays by name, each with a mask."""
        vector = self._reader.values(where).vector
        counts, frames = self._counts[where], self.frames[where].copy()
        infos: dict[str, Any] = self._masks.copy()
        if len(frames) < len(self.frames):
            infos = dict.fromkeys(infos, self._present[: len(frames)])
        infos.update(events)
        infos.update(zip(self._singles, vector.T.take(self._single_slots, axis=0), strict=True))
        for name, slot in self._arrays:
            infos[name] = vector[:, slot]
        infos["frame_count"], infos["lag_count"] = counts.T.copy()
        infos["episode_frames"] = frames
        return infos

    def info(self, events: Mapping[str, Array]) -> dict[str, Any]:
        """The info of a single emulator: int64 numbers, bool arrays (), arrays of array variables.

        All have a dtype, which TorchRL needs. Gymnasium's vector environments make arrays of dtype
        bool from bool arrays, but arrays of objects from single values of NumPy's bool.
        """
        info: dict[str, Any] = {name: event[0, ...] for name, event in events.items()}
        info["frame_count"], info["lag_count"] = self._counts[0]
        info["episode_frames"] = self.frames[0]
        vector = self._reader.one(0).vector
        info.update(zip(self._singles, vector.take(self._single_slots), strict=True))
        for name, slot in self._arrays:
            info[name] = vector[slot]
        return info
