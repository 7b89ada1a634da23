"""`Stepping`: steps of a pool's lanes, and what follows when an episode or an emulator ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from copain_gym.engines.owner import Owner
from copain_gym.envs.episodes import Episodes
from copain_gym.envs.start import StateLike
from copain_gym.envs.task import Observation, Task
from copain_gym.games.reader import RowIndex
from copain_gym.vector.pool import Exchange, Pool

__all__ = ["StepResult", "Stepping"]

Array: TypeAlias = "npt.NDArray[Any]"
StepResult: TypeAlias = "tuple[Observation, Array, Array, Array, dict[str, Any]]"


@dataclass
class _Sent:
    """A step that was sent and not yet received, with what its result needs.

    Attributes:
        lanes: which lanes, (k,).
        pads: their button masks, (k, players).
        frames: their numbers of frames, (k,).
        faults: with autoreset disabled, lanes whose emulator had failed before, with the reasons.
        exchange: the step that was sent to the other lanes.
    """

    lanes: Array
    pads: Array
    frames: Array
    faults: dict[int, str]
    exchange: Exchange


class Stepping:
    """Sends steps to lanes and receives them.

    Args:
        task: the observations, actions and rewards.
        pool: the emulators.
        episodes: the episodes of the emulators.
        mode: what happens after the end of an episode.

    Attributes:
        all: the numbers of all lanes, (n,) int64.
    """

    def __init__(self, task: Task, pool: Pool, episodes: Episodes, mode: AutoresetMode) -> None:
        self._task, self._pool, self._episodes, self._mode = task, pool, episodes, mode
        self.all = np.arange(len(pool.images))
        self._sent: deque[_Sent] = deque()
        self._under_way = np.zeros(len(pool.images), np.bool_)
        self._owner: Owner | None = None  # since the first reset

    @property
    def is_owner(self) -> bool:
        """Whether this process started the emulators, if any; a forked child did not."""
        return self._owner is None or self._owner.is_here

    def check_owner(self) -> None:
        """Raise `ForkError` if the emulators belong to the parent of this forked process."""
        if self._owner is not None:
            self._owner.check("the pool of emulators")

    def use(self, pool: Pool) -> None:
        """Step the lanes in another pool from now on, which has the same arrays."""
        self._pool = pool

    @property
    def pending(self) -> bool:
        """Whether a step was sent and not received."""
        return bool(self._sent)

    def _index(self, lanes: Array) -> RowIndex:
        """Lanes as an index; a slice for all of them, which is faster than an array."""
        return slice(None) if lanes is self.all else lanes

    # ---- begin -------------------------------------------------------------

    def reset(self, lanes: Array, states: Sequence[StateLike | None]) -> None:
        """Begin episodes in some lanes.

        Args:
            lanes: which lanes.
            states: where to begin, one for every lane; None means the lane's own state.
        """
        self.own()
        try:
            self._begin(lanes.tolist(), states)
        except BaseException:
            self.abandon()
            raise

    def own(self) -> None:
        """Record that the emulators belong to this process."""
        self._owner = self._owner or Owner()

    def _begin(self, lanes: list[int], states: Sequence[StateLike | None] | None = None) -> None:
        self._pool.begin({i: self._episodes.draw_noops(i) for i in lanes}, states)
        self._episodes.begin(lanes)

    def need_episodes(self, lanes: Array) -> None:
        """Raise `ResetNeeded` if no episode was begun in one of the lanes."""
        self.check_owner()
        if not self._episodes.live[self._index(lanes)].all():
            raise gymnasium.error.ResetNeeded("call reset() first")

    def need_rest(self, lanes: Array, what: str) -> None:
        """Raise `AlreadyPendingCallError` if a step of one of the lanes is under way."""
        if self._sent and self._under_way[self._index(lanes)].any():
            raise gymnasium.error.AlreadyPendingCallError(
                f"{what}() of lanes whose step is under way; call recv() first", what
            )

    # ---- send --------------------------------------------------------------

    def send(self, lanes: Array, actions: Array) -> None:
        """Begin a step of some lanes; the arguments have been checked."""
        where: Any = self._index(lanes)
        self.need_rest(lanes, "send")
        self.need_episodes(lanes)
        playing: Any = slice(None)
        starts: dict[int, int] = {}
        faults: dict[int, str] = {}
        done = self._episodes.done[where]
        if done.any():
            playing = ~done
            starts, faults = self._after_end(lanes[done].tolist())
        pads, frames = self._episodes.draw_step(lanes, self._task.actions.batch(actions), starts)
        try:
            exchange = self._pool.send(lanes[playing], pads[playing], frames[playing], starts)
        except BaseException:
            self.abandon()
            raise
        self._sent.append(_Sent(lanes, pads, frames, faults, exchange))
        self._under_way[where] = True

    def _after_end(self, lanes: list[int]) -> tuple[dict[int, int], dict[int, str]]:
        """The lanes that begin a new episode, and the faults to report, after episodes ended."""
        if self._mode is AutoresetMode.NEXT_STEP:
            return {i: self._episodes.draw_noops(i) for i in lanes}, {}
        if any(i not in self._episodes.broken for i in lanes):
            raise gymnasium.error.ResetNeeded(
                f"the episodes of lanes {lanes} have ended; call reset() with a reset_mask"
            )
        return {}, {i: self._episodes.broken[i] for i in lanes}

    # ---- receive -----------------------------------------------------------

    def receive(self) -> StepResult:
        """Wait for the end of the step that was sent first."""
        self.check_owner()
        if not self._sent:
            raise gymnasium.error.NoAsyncCallError("recv() without send()", "recv")
        sent = self._sent.popleft()
        try:
            sent.faults |= self._pool.receive(sent.exchange)
            self._under_way[sent.lanes] = False
            return self._result(sent)
        except BaseException:
            self.abandon()
            raise

    def _result(self, sent: _Sent) -> StepResult:
        """The result of a step, whose images have arrived."""
        where, episodes = self._index(sent.lanes), self._episodes
        end = episodes.advance(
            where, sent.pads, sent.frames, begun=sent.exchange.starts, faults=sent.faults
        )
        observation, infos = self.observe(where), episodes.infos(where, end.events)
        if sent.faults:
            reasons = np.full(len(sent.lanes), None, object)
            for k, i in enumerate(sent.lanes.tolist()):
                reasons[k] = sent.faults.get(i)
            infos["fault"], infos["_fault"] = reasons, reasons != None  # noqa: E711
        if self._mode is AutoresetMode.SAME_STEP:
            done = end.terminated | end.truncated
            if done.any():
                observation, infos = self._begin_again(sent.lanes, done, observation, infos)
        return observation, end.rewards, end.terminated, end.truncated, infos

    def _begin_again(
        self, lanes: Array, done: Array, observation: Observation, infos: dict[str, Any]
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin new episodes within the step in which the old ones ended."""
        final = np.full(len(done), None, object)
        for k in np.flatnonzero(done):
            final[k] = (
                {name: part[k].copy() for name, part in observation.items()}
                if isinstance(observation, dict)
                else observation[k].copy()
            )
        last = {name: done & v if name[0] == "_" else v for name, v in infos.items()}
        self._begin(lanes[done].tolist())
        where = self._index(lanes)
        events = {name: infos[name] & ~done for name in self._task.game.events}
        fresh = self._episodes.infos(where, events)
        for name in ("fault", "_fault"):
            if name in infos:
                fresh[name] = infos[name]
        fresh["final_obs"], fresh["_final_obs"] = final, done
        fresh["final_info"], fresh["_final_info"] = last, done
        return self.observe(where), fresh

    def observe(self, where: RowIndex) -> Observation:
        """The observations of some lanes."""
        pictures = self._pool.pictures
        return self._episodes.observe(
            where, None if pictures is None else np.array(pictures[where])
        )

    def look(self, lanes: Array) -> tuple[Observation, dict[str, Any]]:
        """The observations and infos of some lanes, outside of a step."""
        where = self._index(lanes)
        return self.observe(where), self._episodes.infos(where, self._episodes.no_events(where))

    # ---- end ---------------------------------------------------------------

    def abandon(self) -> None:
        """End all emulators, because an interrupted step cannot be continued."""
        self._pool.close()
        self._sent.clear()
        self._under_way[:] = self._episodes.live[:] = False
