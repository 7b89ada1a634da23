"""`NesVectorEnv`: one game in many emulators that play at the same time."""

from __future__ import annotations

import functools
import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from copain_gym.emulator import Emulator, PooledEmulator, SaveState
from copain_gym.engines.owner import Owner
from copain_gym.envs.nes_env import NesEnv
from copain_gym.envs.start import StateLike, check_state
from copain_gym.envs.task import Observation
from copain_gym.games import GameLike
from copain_gym.games.reader import Where
from copain_gym.vector.checks import (
    check_actions,
    check_lanes,
    check_mask,
    check_mode,
    per_lane,
)
from copain_gym.vector.episodes import Episodes
from copain_gym.vector.lane import FaultBudget, Lane, SharedStarts
from copain_gym.vector.pool import Exchange, Pool

__all__ = ["LaneState", "NesVectorEnv"]

Array: TypeAlias = "npt.NDArray[Any]"
StepResult: TypeAlias = "tuple[Observation, Array, Array, Array, dict[str, Any]]"


@dataclass(frozen=True)
class LaneState:
    """Where one lane was: the machine and the episode.

    Attributes:
        state: the machine. Its bytes are in the emulator until they are asked for.
        episode_frames: frames of the episode so far.
        episode_steps: environment steps of the episode so far.
        pads: what was held in the last step, for sticky actions.
    """

    state: SaveState | bytes
    episode_frames: int
    episode_steps: int
    pads: tuple[int, ...]


@dataclass
class _Sent:
    """A step that was begun.

    Attributes:
        lanes: which lanes, (k,).
        pads: what they were told to hold, (k, players).
        frames: for how long, (k,).
        faults: lanes whose emulator had failed before, with autoreset disabled.
        exchange: what was sent to the others.
    """

    lanes: Array
    pads: Array
    frames: Array
    faults: dict[int, str]
    exchange: Exchange


class NesVectorEnv(VectorEnv[Any, Any, Any]):
    """One game in `num_envs` emulators, stepped together from one Python process.

    All emulators are told their steps before the first answer is waited for, so that they run at
    the same time; what they answer is decoded in one go. An emulator that crashes, hangs or is
    killed is replaced: its lane reports `truncated` and the reason in `info["fault"]`, and
    begins a new episode. docs/vector.md has examples.

    Infos are arrays (n,) by name with a mask `_name` each, as Gymnasium has it; what they hold
    is described at `NesEnv`. The masks are one array, which is read-only. `fault` is there only
    when there was one.

    Args:
        num_envs: how many emulators, which are also called lanes; None is 1, or as many as
            there are endpoints.
        render_mode: None, `rgb_array`, `human`, or one of these for each lane. `human` alone
            shows the window of lane 0.
        autoreset_mode: an `AutoresetMode` or its value. With `DISABLED`, episodes are begun by
            `reset(options={"reset_mask": mask})`.
        state: where episodes begin, or one of these for each lane; see `NesEnv`.
        max_episode_steps: environment steps after which an episode is truncated.
        transport: `auto`, `zmq` or `shm`; see `Emulator`.
        timeout: seconds after which an emulator that does not answer counts as hung; more where
            the machine is too busy to let it run.
        max_faults: how many emulators may fail within a minute.
        endpoints: emulators of `copain serve` to play on, `tcp://HOST:PORT` for each lane; None
            starts emulators here.
        keys: the file of keys that `copain serve` wrote; None is what `COPAIN_KEYS` names.
        game: see `NesEnv`, as for all other arguments.

    Raises:
        ValueError: an argument is not one of those that are allowed.
        RomError: the ROM is missing or another one.

    Examples:
        >>> envs = gymnasium.make_vec("copain/Hirondelle-v0", num_envs=2)
        >>> observations, infos = envs.reset(seed=1)
        >>> observations, rewards, terminations, truncations, infos = envs.step(np.array([4, 0]))
        >>> rewards.shape, infos["lives"]
        ((2,), array([3, 3]))
        >>> envs.close()
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium declares it
        "render_modes": ["human", "rgb_array"],
        "render_fps": 60.0988,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        game: GameLike = "hirondelle",
        num_envs: int | None = None,
        render_mode: str | Sequence[str | None] | None = None,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        state: StateLike | Sequence[StateLike] = "start",
        max_episode_steps: int | None = None,
        transport: str = "auto",
        timeout: float = 1.0,
        max_faults: int = 10,
        endpoints: Sequence[str] | None = None,
        keys: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if num_envs is None:
            num_envs = 1 if endpoints is None else len(endpoints)
        if isinstance(num_envs, bool) or not isinstance(num_envs, int) or num_envs < 1:
            raise ValueError(f"num_envs is {num_envs!r}; allowed are 1 and more")
        if max_episode_steps is not None and max_episode_steps < 1:
            raise ValueError(f"max_episode_steps is {max_episode_steps}; allowed are 1 and more")
        if not 0 < timeout < float("inf"):
            raise ValueError(f"timeout is {timeout} s; it must be positive")
        if max_faults < 0:
            raise ValueError(f"max_faults is {max_faults}; allowed are 0 and more")
        if endpoints is not None and len(endpoints) != num_envs:
            raise ValueError(f"there are {len(endpoints)} endpoints for {num_envs} lanes")
        # Checks the options and holds them; it never starts an emulator.
        self._one = one = NesEnv(game, None, **kwargs)
        self.num_envs = num_envs
        self._mode = check_mode(autoreset_mode)
        self._endpoints, self._keys = endpoints, keys
        self._renders = self._check_render_mode(render_mode)
        self.render_mode = render_mode if isinstance(render_mode, str) else None
        self._states = [check_state(one.game, s) for s in per_lane("state", state, num_envs)]
        self.metadata = {**self.metadata, **one.metadata, "autoreset_mode": self._mode}
        self.single_observation_space = one.observation_space
        self.single_action_space = one.action_space
        self.observation_space = batch_space(one.observation_space, num_envs)
        self.action_space = batch_space(one.action_space, num_envs)
        self._task = one.task
        self._game = one.game
        self._max_steps = max_episode_steps
        self._transport, self._timeout = transport, timeout
        self._owner: Owner | None = None  # since the first reset
        self._executor = ThreadPoolExecutor(min(num_envs, 16), "copain-start")
        budget, starts = FaultBudget(max_faults), SharedStarts()
        small = self._task.small  # the emulators scale pictures down at the same time
        whole = self._task.needs_screen and small is None
        self._pool = Pool(
            [
                Lane(self._maker(i), self._game, start, self._executor, budget, starts, small)
                for i, start in enumerate(self._states)
            ],
            self._game,
            [whole or mode == "rgb_array" for mode in self._renders],
            self._task.obs_type if self._task.needs_screen else None,
            small,
            self._task.actions.players,
        )
        self._all = np.arange(num_envs)
        self._episodes = Episodes(
            self._task, self._pool, skip=one._skip, sticky=one._sticky, noop_max=one._noop_max
        )
        self._sent: deque[_Sent] = deque()
        self._away = np.zeros(num_envs, np.bool_)  # lanes whose step is under way

    def _maker(self, lane: int) -> Callable[[Callable[[], bool]], PooledEmulator]:
        def make(wanted: Callable[[], bool]) -> PooledEmulator:
            if self._endpoints is not None:
                return PooledEmulator.connect(
                    self._endpoints[lane],
                    keys=self._keys,
                    rom=self._one._rom,
                    timeout=self._timeout,
                    wanted=wanted,
                )
            return PooledEmulator(
                self._one._rom,
                engine=self._one._engine,
                window=self._renders[lane] == "human",
                transport=self._transport,
                timeout=self._timeout,
                wanted=wanted,
            )

        return make

    def _check_render_mode(self, mode: str | Sequence[str | None] | None) -> list[str | None]:
        modes: list[str | None]
        if mode == "human":
            modes = ["human"] + [None] * (self.num_envs - 1)
        else:
            modes = per_lane("render_mode", mode, self.num_envs)
        for one in modes:
            if one not in (None, "human", "rgb_array"):
                raise ValueError(f"render_mode is {one!r}; allowed are None, human, rgb_array")
        if "human" in modes and self._endpoints is not None:
            raise ValueError("render_mode 'human' has no window on another machine")
        return modes

    # ---- episodes --------------------------------------------------------

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin episodes.

        Emulators that were closed, by Ctrl-C for instance, are started anew.

        Args:
            seed: of lane 0; the others get the numbers after it. Or one for each lane.
            options: `{"reset_mask": mask}`, bool (n,): only these lanes; the others keep their
                episodes. `{"state": …}`: where to begin, for all or one for each lane.

        Raises:
            ValueError: an unknown option or state, or a wrong number of them.
            PoolError: an emulator does not start, or too many failed within a minute.
            ForkError: the emulators belong to the parent of this forked process.
        """
        self._check_owner()
        options = dict(options or {})
        mask = options.pop("reset_mask", None)
        states = per_lane("state", options.pop("state", None), self.num_envs)
        if options:
            raise ValueError(
                f"options has the key {next(iter(options))!r}; allowed are 'reset_mask', 'state'"
            )
        for state in states:
            if state is not None:
                check_state(self._game, state)
        if self._sent:
            raise gymnasium.error.AlreadyPendingCallError(
                "reset() while a step is under way; call recv() before", "reset"
            )
        lanes = self._all if mask is None else np.flatnonzero(check_mask(mask, self.num_envs))
        self._episodes.seed(seed, lanes)
        self._owner = self._owner or Owner()
        try:
            self._begin({i: self._episodes.noops(i) for i in lanes.tolist()}, states)
        except BaseException:
            self._abandon()
            raise
        infos = self._episodes.infos(slice(None), dict.fromkeys(self._game.events, False))
        if mask is not None:
            infos = {name: mask if name[0] == "_" else value for name, value in infos.items()}
        return self._episodes.observe(slice(None)), infos

    def _begin(
        self, noops: dict[int, int], states: Sequence[StateLike | None] | None = None
    ) -> None:
        self._pool.begin(noops, states)
        self._episodes.begun(list(noops))

    # ---- steps -----------------------------------------------------------

    def step(self, actions: Any) -> StepResult:
        """Step all lanes.

        Args:
            actions: one for each lane, in `action_space`.

        Returns:
            Observations (n, …); rewards (n,) float64; terminations and truncations (n,) bool;
            infos.

        Raises:
            ValueError: an action is out of range, or there are not n of them.
            gymnasium.error.ResetNeeded: there is no episode in a lane.
            PoolError: an emulator does not start, or too many failed within a minute.
            ForkError: the emulators belong to the parent of this forked process.
        """
        self.send(actions)
        return self.recv()

    def send(self, actions: Any, lanes: Sequence[int] | Array | None = None) -> None:
        """Begin a step and return at once; `recv` waits for its end.

        Args:
            actions: one for each lane of `lanes`.
            lanes: which lanes; None is all. They must not be under way already.

        Raises:
            ValueError: a wrong action, number of actions, or lane.
            gymnasium.error.ResetNeeded: there is no episode in a lane.
        """
        where = self._all if lanes is None else check_lanes(lanes, self.num_envs)
        checked = check_actions(actions, self.single_action_space, len(where))
        at: Any = self._rows(where)
        if self._sent and self._away[at].any():
            raise gymnasium.error.AlreadyPendingCallError(
                "send() to lanes whose step is under way; call recv() before", "send"
            )
        self._need_live(at)
        playing: Any = slice(None)
        starts: dict[int, int] = {}
        faults: dict[int, str] = {}
        done = self._episodes.done[at]
        if done.any():
            playing = ~done
            starts, faults = self._ended(where[done].tolist())
        pads = self._task.actions.batch(checked)
        frames = self._episodes.draw(where, pads, starts)
        try:
            exchange = self._pool.send(where[playing], pads[playing], frames[playing], starts)
        except BaseException:
            self._abandon()
            raise
        self._sent.append(_Sent(where, pads, frames, faults, exchange))
        self._away[at] = True

    def _rows(self, lanes: Array) -> Where:
        """Lanes as an index; all of them as a slice, which costs less than numbers."""
        return slice(None) if lanes is self._all else lanes

    def _ended(self, lanes: list[int]) -> tuple[dict[int, int], dict[int, str]]:
        """What is done with lanes whose episode has ended: begin another, or report a fault."""
        if self._mode is AutoresetMode.NEXT_STEP:
            return {i: self._episodes.noops(i) for i in lanes}, {}
        if any(i not in self._episodes.broken for i in lanes):
            raise gymnasium.error.ResetNeeded(
                f"the episodes of lanes {lanes} have ended; call reset() with a reset_mask"
            )
        return {}, {i: self._episodes.broken[i] for i in lanes}

    def recv(self) -> StepResult:
        """Wait for the end of the step that was begun first.

        Returns:
            What `step` returns, for the lanes of that `send` in their order.

        Raises:
            gymnasium.error.NoAsyncCallError: `send` was not called.
            PoolError: an emulator does not start, or too many failed within a minute.
        """
        self._check_owner()
        if not self._sent:
            raise gymnasium.error.NoAsyncCallError("recv() without send()", "recv")
        sent = self._sent.popleft()
        try:
            sent.faults |= self._pool.receive(sent.exchange)
            self._away[sent.lanes] = False
            return self._finish(sent)
        except BaseException:
            self._abandon()
            raise

    def _finish(self, sent: _Sent) -> StepResult:
        """What a step has led to; the images are there."""
        where: Any = self._rows(sent.lanes)
        starts, faults, episodes = sent.exchange.starts, sent.faults, self._episodes
        rewards, events = episodes.advance(where, sent.pads, sent.frames)
        lanes = sent.lanes.tolist()
        if self._task.has_scripts:
            for k, i in enumerate(lanes):
                if i not in starts and i not in faults:
                    rewards[k] += episodes.script_reward(i)
        truncated = np.zeros(len(lanes), np.bool_)
        if starts or faults:
            episodes.broken.update(faults)
            truncated |= np.isin(sent.lanes, list(faults))
            idle = np.isin(sent.lanes, list(starts)) | truncated
            rewards[idle] = 0.0
            events = {name: event & ~idle for name, event in events.items()}
            episodes.begun(list(starts))
        terminated = functools.reduce(
            np.logical_or,
            (events[name] for name in self._task.ends),
            np.zeros(len(lanes), np.bool_),  # a game may have no end
        )
        if self._one._limit is not None:
            truncated |= episodes.frames[where] >= self._one._limit
        if self._max_steps is not None:
            truncated |= episodes.steps[where] >= self._max_steps
        done = episodes.done[where] = terminated | truncated
        observation, infos = episodes.observe(where), episodes.infos(where, events)
        if faults:
            reasons = np.full(len(lanes), None, object)
            for k, i in enumerate(lanes):
                reasons[k] = faults.get(i)
            infos["fault"], infos["_fault"] = reasons, reasons != None  # noqa: E711
        if self._mode is AutoresetMode.SAME_STEP and done.any():
            observation, infos = self._begin_again(where, done, observation, infos)
        return observation, rewards, terminated, truncated, infos

    def _begin_again(
        self, where: Any, done: Array, observation: Observation, infos: dict[str, Any]
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
        self._begin({i: self._episodes.noops(i) for i in self._all[where][done].tolist()})
        events = {name: infos[name] & ~done for name in self._game.events}
        fresh = self._episodes.infos(where, events)
        for name in ("fault", "_fault"):
            if name in infos:
                fresh[name] = infos[name]
        fresh["final_obs"], fresh["_final_obs"] = final, done
        fresh["final_info"], fresh["_final_info"] = last, done
        return self._episodes.observe(where), fresh

    def _abandon(self) -> None:
        """End all emulators: what was interrupted cannot be gone on with."""
        self._pool.close()
        self._sent.clear()
        self._away[:] = self._episodes.live[:] = False

    # ---- looking ---------------------------------------------------------

    def render(self) -> tuple[Any, ...] | None:
        """The pictures of the lanes with `rgb_array`, (240, 256, 3) uint8 each, None of others."""
        if "rgb_array" not in self._renders:
            return None
        return tuple(
            self._pool.lanes[i].emulator.screen() if mode == "rgb_array" else None
            for i, mode in enumerate(self._renders)
        )

    @property
    def emulators(self) -> tuple[Emulator, ...]:
        """The emulator of each lane; one that was replaced is another object.

        Raises:
            gymnasium.error.ResetNeeded: `reset` was not called.
        """
        self._need_live(self._all)
        return tuple(lane.emulator for lane in self._pool.lanes)

    @property
    def replaced(self) -> int:
        """How many emulators failed and were replaced."""
        return sum(lane.replaced for lane in self._pool.lanes)

    def _check_owner(self) -> None:
        if self._owner is not None:
            self._owner.check("the pool of emulators")

    def _need_live(self, lanes: Where) -> None:
        self._check_owner()
        if not self._episodes.live[lanes].all():
            raise gymnasium.error.ResetNeeded("call reset() before")

    # ---- savestates ------------------------------------------------------

    def save_states(self, lanes: Sequence[int] | Array | None = None) -> list[LaneState]:
        """Save where lanes are, in microseconds.

        Args:
            lanes: which; None is all.
        """
        where = self._all if lanes is None else check_lanes(lanes, self.num_envs)
        self._need_live(where)
        return [
            LaneState(
                self._pool.lanes[i].emulator.save_state(),
                int(self._episodes.frames[i]),
                int(self._episodes.steps[i]),
                tuple(self._episodes.pads[i].tolist()),
            )
            for i in where.tolist()
        ]

    def load_states(
        self, states: Sequence[LaneState], lanes: Sequence[int] | Array | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Go on where lanes of this or another environment were when they were saved.

        Args:
            states: from `save_states`, one for each lane of `lanes`.
            lanes: which; None is all.

        Returns:
            Observations and infos of these lanes.

        Raises:
            ValueError: there are not as many states as lanes.
            StateError: a state is damaged or of another ROM.
            EmulatorClosed: the emulator that holds a state is gone; its bytes would have lasted.
        """
        where = self._all if lanes is None else check_lanes(lanes, self.num_envs)
        if len(states) != len(where):
            raise ValueError(f"{len(states)} states were given for {len(where)} lanes")
        self._need_live(where)
        for i, saved in zip(where.tolist(), states, strict=True):
            self._pool.load(i, saved.state)
        self._episodes.begun(where.tolist())
        self._episodes.frames[where] = [s.episode_frames for s in states]
        self._episodes.steps[where] = [s.episode_steps for s in states]
        self._episodes.pads[where] = [s.pads for s in states]
        return self._episodes.observe(where), self._episodes.infos(
            where, dict.fromkeys(self._game.events, False)
        )

    # ---- end -------------------------------------------------------------

    def close_extras(self, **kwargs: Any) -> None:
        """End all emulators; called by `close`. Those of a parent process go on."""
        if hasattr(self, "_pool") and (self._owner is None or self._owner.is_here):
            self._pool.close()
            self._executor.shutdown()
