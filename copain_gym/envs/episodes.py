"""`Episodes`: the course of episodes in one or more emulators.

`NesEnv` has one, a vector environment has one for each lane. Counters, random draws, rewards, ends,
observations and infos are decided here, and nowhere else. It holds no emulator: whoever has them
writes what they answer into two arrays, and says when a step has ended.
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
from copain_gym.games.reader import Where

__all__ = ["Episodes", "StepEnd"]

Array: TypeAlias = "npt.NDArray[Any]"

_COUNTERS = ("frame_count", "lag_count", "episode_frames")


class StepEnd(NamedTuple):
    """What a step led to, for k emulators.

    Attributes:
        rewards: (k,) float64.
        terminated: (k,) bool.
        truncated: (k,) bool.
        events: which events happened, (k,) bool by name.
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
        counts: their frames and lag frames since power-on, (n, 2) int64, likewise.
        max_steps: environment steps after which an episode is truncated; None is no limit.

    Attributes:
        randoms: the random generator of each emulator.
        frames: frames of each episode, (n,) int64.
        steps: environment steps of each episode, (n,) int64.
        pads: what was held in the last step, (n, players) int64.
        live: whether an episode was begun, (n,) bool.
        done: whether it has ended, (n,) bool.
        broken: emulators whose episode has ended because they failed, and why they did.
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
        # One array, so that a step adds to both in one operation.
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
            pads: what their actions hold, (k, players).
            idle: those that draw nothing, because they begin an episode.

        Returns:
            What they hold, (k, players), and for how many frames, (k,) int64.
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

    # ---- the course of episodes --------------------------------------------

    def begin(self, lanes: list[int]) -> None:
        """Episodes have begun in some emulators; their memory is in `images`."""
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
        where: Where,
        pads: Array,
        frames: Array,
        begun: Collection[int] = (),
        faults: Mapping[int, str] | None = None,
    ) -> StepEnd:
        """A step has ended; its memory is in `images`.

        Args:
            where: which emulators.
            pads: what they held, (k, players).
            frames: for how many frames, (k,).
            begun: those that began an episode in place of playing.
            faults: those that failed, and why.
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

    def _add_scripts(self, rewards: Array, where: Where, idle: Collection[int]) -> None:
        assert self._scripts is not None
        for k, i in enumerate(self._numbers(where).tolist()):
            if i not in idle:
                rewards[k] += self._scripts.step(i, self._reader.one(i))

    def _numbers(self, where: Where) -> Array:
        return np.arange(len(self.frames))[where]

    def copy_from(self, other: Episodes) -> None:
        """Go on where other episodes of the same task are; `images` are theirs."""
        self._reader.read()
        self.randoms = copy.deepcopy(other.randoms)
        self._elapsed[:], self.pads[:] = other._elapsed, other.pads
        self.live[:], self.done[:], self.broken = other.live, other.done, dict(other.broken)
        if self._scripts is not None and other._scripts is not None:
            self._scripts.copy_from(other._scripts)
        if self.stack is not None and other.stack is not None:
            self.stack.copy_from(other.stack)

    def look(self) -> None:
        """Read the memory outside of any step: what changed is not rewarded."""
        self._reader.read()

    # ---- observations and infos ---------------------------------------------

    def observe(self, where: Where = slice(None), screens: Array | None = None) -> Observation:
        """The observations of some emulators; `screens` are theirs, see `Task.observe`."""
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

    def no_events(self, where: Where = slice(None)) -> dict[str, Array]:
        """Events of a moment in which nothing has happened."""
        count = len(self.frames[where])
        return {name: np.zeros(count, np.bool_) for name in self._task.game.events}

    def infos(self, where: Where, events: Mapping[str, Array]) -> dict[str, Any]:
        """The infos of some emulators: arrays by name, each with a mask, as Gymnasium has them."""
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
        """The info of the only emulator: int64 numbers, bool arrays (), arrays of array variables.

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
