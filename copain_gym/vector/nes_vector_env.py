"""`NesVectorEnv`: one game in many emulators that play at the same time."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.utils import EzPickle
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from copain_gym.bridge.endpoints import TransportName
from copain_gym.emulator import Emulator
from copain_gym.engines.display import check_display
from copain_gym.engines.engine import EngineName
from copain_gym.envs.conventions import action_masks, action_meanings
from copain_gym.envs.episodes import Episodes
from copain_gym.envs.options import FrameSkip, ObsType, RenderMode
from copain_gym.envs.rendering import RENDER_METADATA, render_metadata
from copain_gym.envs.spec import FromArguments
from copain_gym.envs.start import StateLike, check_state
from copain_gym.envs.task import Observation, Task
from copain_gym.games import GameLike
from copain_gym.roms.contents import Region
from copain_gym.tas.movie import Movie
from copain_gym.vector.checks import check_actions, check_lanes, check_mask
from copain_gym.vector.make import make_pool, make_separate_pool
from copain_gym.vector.options import VectorOptions, per_lane
from copain_gym.vector.shared import SharedPool
from copain_gym.vector.states import LaneState, load_lanes, save_lanes
from copain_gym.vector.stepping import Stepping, StepResult

__all__ = ["LaneState", "NesVectorEnv"]

Array: TypeAlias = "npt.NDArray[Any]"


class NesVectorEnv(FromArguments, VectorEnv[Any, Any, Any]):
    """One game in `num_envs` emulators, stepped together from one Python process.

    A step is sent to all emulators before the first answer is awaited, so that they run at the
    same time; the answers are decoded together. An emulator that crashes, hangs or is killed is
    replaced: its lane reports `truncated` and the reason in `info["fault"]`, and begins a new
    episode. docs/vector.md has examples.

    As in Gymnasium, infos are arrays (n,) by name, each with a mask `_name`; `NesEnv` describes
    their contents. The masks share one read-only array. `fault` is present only if an emulator
    failed.

    Unpickling makes a new vector environment with the same arguments, which must be reset.
    `copy.deepcopy` also copies the episodes of all lanes; the copy has its own emulators.

    Args:
        game: The game: a `Game`; the name of a registered game or of one of stable-retro's NES
            integrations; a Python file that defines `GAME`; or a folder with such a file named
            `game.py`, or with an integration.
        render_mode: As in `NesEnv`, or a list with a mode for each lane. `human` alone shows lane
            0 only.
        obs_type: The observation: `features`, (F,) float32 in [-1, 1]; `dict`, the same by group;
            `ram`, (2048,) uint8; `rgb`, (240, 256, 3) uint8; `grayscale`, (240, 256, 1) uint8.
        screen_size: Height and width in pixels to which `rgb` and `grayscale` are scaled down. One
            number is both.
        frame_stack: Number of the last observations that are joined to one, the oldest first,
            along their only axis. Pictures have their channels first: (n, height, width), or (3n,
            height, width) in colour. None means no stack.
        action_set: One of the game's action sets, such as `simple`, `power` or `full`; or
            `multi_binary`, a bit for each button.
        frame_skip: Number of frames that each action is held. With `(low, high)`, each step draws
            a number from low to high - 1.
        sticky_action_probability: Probability of repeating the previous action.
        reward: Name of a reward term, or a weight for each of several. None means the game's
            default.
        terminate_on: What ends an episode: `game_over`, or `life` (a life is lost). Completing the
            game also ends it.
        max_episode_frames: Number of frames after which an episode is truncated. None means no
            limit.
        state: Where episodes begin, as in `NesEnv`, or a list with a state for each lane.
        noop_max: Start each episode with a random number (1 to noop_max) of no-op frames. 0 means
            none.
        players: Number of players. An action has a part for each.
        info_variables: Names of the variables in `info`. None means all of them.
        rom_path: Path of the ROM file. None means the bundled ROM, or the one that `copain rom
            import` stored.
        verify: Refuse a ROM that is not the game's. False accepts a hack or translation and warns.
        scenario: Scenario file of a stable-retro integration. None means `scenario`.
        region: The console's television system: `NTSC`, `PAL` or `Dendy`. None is that of the ROM.
        engine: The engine: `headless`, `fceux`, or `auto`, which is headless where possible. None
            means the value of COPAIN_ENGINE, or `auto`.
        transport: How Python and the emulator talk: `zmq` (ZeroMQ), `shm` (shared memory), or
            `auto`, the faster one that works.
        num_envs: Number of emulators, which are also called lanes. None means 1, or one for each
            endpoint.
        autoreset_mode: What happens after the end of an episode: an `AutoresetMode` of Gymnasium,
            or its value.
        max_episode_steps: Number of environment steps after which an episode is truncated. None
            means no limit.
        timeout: Seconds to wait for an answer before an emulator is replaced. The wait is longer
            if the machine is too busy to run the emulator.
        max_faults: Number of emulators that may fail within a minute.
        lanes_per_process: Number of lanes that one emulator process plays in turn. 1 gives each
            lane an emulator of its own. None divides the lanes among the processor cores where the
            options allow it.
        endpoints: Emulators of `copain serve` to play on, `tcp://HOST:PORT` for each lane. None
            starts emulators here.
        keys: Path of the keys that `copain serve` wrote. None means the value of COPAIN_KEYS.

    Attributes:
        options: its options.
        autoreset_mode: what follows the end of an episode, as in `metadata`.

    Raises:
        ValueError: an option has a value that is not allowed; the error says what is allowed.
        RomError: the ROM file is missing, or it is not the game's ROM.
        DisplayError: a render mode is `human`, and no display was found.

    Examples:
        >>> envs = gymnasium.make_vec("copain/Hirondelle-v0", num_envs=2)
        >>> observations, infos = envs.reset(seed=1)
        >>> observations, rewards, terminations, truncations, infos = envs.step(np.array([4, 0]))
        >>> rewards.shape, infos["lives"]
        ((2,), array([3, 3]))
        >>> envs.close()
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium declares it
        **RENDER_METADATA,
        "autoreset_mode": VectorOptions.autoreset_mode,
    }

    def __init__(
        self,
        game: GameLike = "hirondelle",
        num_envs: int | None = None,
        render_mode: RenderMode | Sequence[RenderMode | None] | None = None,
        *,
        obs_type: ObsType = "features",
        screen_size: int | tuple[int, int] | None = None,
        frame_stack: int | None = None,
        action_set: str = "simple",
        frame_skip: FrameSkip = 4,
        sticky_action_probability: float = 0.0,
        reward: str | Mapping[str, float] | None = None,
        terminate_on: str = "game_over",
        max_episode_frames: int | None = None,
        state: StateLike | Sequence[StateLike] = "start",
        noop_max: int = 0,
        players: int = 1,
        info_variables: Sequence[str] | None = None,
        rom_path: str | os.PathLike[str] | None = None,
        verify: bool = True,
        scenario: str | None = None,
        region: Region | None = None,
        engine: EngineName | None = None,
        transport: TransportName = "auto",
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        max_episode_steps: int | None = None,
        timeout: float = 1.0,
        max_faults: int = 10,
        lanes_per_process: int | None = None,
        endpoints: Sequence[str] | None = None,
        keys: str | os.PathLike[str] | None = None,
    ) -> None:
        self.options = options = VectorOptions(
            game=game,
            render_mode=render_mode,
            obs_type=obs_type,
            screen_size=screen_size,
            frame_stack=frame_stack,
            action_set=action_set,
            frame_skip=frame_skip,
            sticky_action_probability=sticky_action_probability,
            reward=reward,
            terminate_on=terminate_on,
            max_episode_frames=max_episode_frames,
            state=state,
            noop_max=noop_max,
            players=players,
            info_variables=info_variables,
            rom_path=rom_path,
            verify=verify,
            scenario=scenario,
            region=region,
            engine=engine,
            transport=transport,
            num_envs=num_envs,
            autoreset_mode=autoreset_mode,
            max_episode_steps=max_episode_steps,
            timeout=timeout,
            max_faults=max_faults,
            lanes_per_process=lanes_per_process,
            endpoints=endpoints,
            keys=keys,
        )
        EzPickle.__init__(self, **options.arguments())
        if "human" in options.render_modes:
            check_display()
        self.num_envs = options.count
        self.autoreset_mode = options.mode
        self.render_mode = render_mode if isinstance(render_mode, str) else None
        self.metadata = {
            **self.metadata,
            **render_metadata(options),
            "autoreset_mode": options.mode,
        }
        self._task = task = Task(options)
        self._game = task.game
        self.single_observation_space = task.observation_space
        self.single_action_space = task.actions.space
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._rom = options.find_rom()
        self._executor = ThreadPoolExecutor(min(self.num_envs, 16), "copain-start")
        self._pool = make_pool(options, task, self._rom, self._executor)
        self._episodes = Episodes(
            task, self._pool.images, self._pool.counts, options.max_episode_steps
        )
        self._stepping = Stepping(task, self._pool, self._episodes, options.mode)

    # ---- episodes --------------------------------------------------------

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin episodes.

        Emulators that were closed, for instance by Ctrl-C, are started again.

        Args:
            seed: seed of lane 0, where lane i gets `seed + i`; or a list with a seed for each lane.
            options: `{"reset_mask": mask}`, bool (n,), resets only these lanes; the others keep
                their episodes. `{"state": …}` is where to begin: one state for all lanes, or a
                list with one for each.

        Raises:
            ValueError: an unknown option or state, or a wrong number of them.
            PoolError: an emulator does not start, or too many failed within a minute.
            ForkError: the emulators belong to the parent of this forked process.
        """
        self._stepping.check_owner()
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
        if self._stepping.pending:
            raise gymnasium.error.AlreadyPendingCallError(
                "reset() while a step is under way; call recv() first", "reset"
            )
        every = self._stepping.all
        lanes = every if mask is None else np.flatnonzero(check_mask(mask, self.num_envs))
        self._episodes.seed(seed, lanes)
        self._stepping.reset(lanes, states)
        observation, infos = self._stepping.look(every)
        if mask is not None:
            infos = {name: mask if name[0] == "_" else value for name, value in infos.items()}
        return observation, infos

    def step(self, actions: Any) -> StepResult:
        """Step all lanes.

        Args:
            actions: one action for each lane, in `action_space`.

        Returns:
            Observations (n, …); rewards (n,) float64; terminations and truncations (n,) bool;
            infos.

        Raises:
            ValueError: an action is out of range, or the number of actions is not n.
            gymnasium.error.ResetNeeded: a lane has no episode.
            PoolError: an emulator does not start, or too many failed within a minute.
            ForkError: the emulators belong to the parent of this forked process.
        """
        self.send(actions)
        return self.recv()

    def send(self, actions: Any, lanes: Sequence[int] | Array | None = None) -> None:
        """Begin a step and return at once; `recv` waits for its end.

        Args:
            actions: one action for each lane of `lanes`.
            lanes: which lanes; None means all. None of them may have a step under way.

        Raises:
            ValueError: an action, the number of actions, or a lane is wrong.
            gymnasium.error.ResetNeeded: a lane has no episode.
        """
        chosen = self._lanes(lanes)
        checked = check_actions(actions, self.single_action_space, len(chosen))
        self._stepping.send(chosen, checked)

    def recv(self) -> StepResult:
        """Wait for the oldest step that was sent and not yet received.

        Returns:
            The same values as `step`, for the lanes of that `send`, in their order.

        Raises:
            gymnasium.error.NoAsyncCallError: `send` was not called.
            PoolError: an emulator does not start, or too many failed within a minute.
        """
        return self._stepping.receive()

    def _lanes(self, lanes: Sequence[int] | Array | None) -> Array:
        return self._stepping.all if lanes is None else check_lanes(lanes, self.num_envs)

    # ---- lanes -----------------------------------------------------------

    def render(self) -> tuple[Any, ...] | None:
        """The picture of each lane: (240, 256, 3) uint8 with `rgb_array`, else None."""
        modes = self.options.render_modes
        if "rgb_array" not in modes:
            return None
        return tuple(
            emulator.screen() if mode == "rgb_array" else None
            for emulator, mode in zip(self.emulators, modes, strict=True)
        )

    @property
    def emulators(self) -> tuple[Emulator, ...]:
        """The emulator of each lane; after a replacement it is another object.

        If several lanes share an emulator, each lane gets one of its own from now on, which plays
        on from the same state. To see only the processes, use `process_ids`, which leaves the
        emulators shared.

        Raises:
            gymnasium.error.ResetNeeded: `reset` was not called.
        """
        self._stepping.need_episodes(self._stepping.all)
        if isinstance(self._pool, SharedPool):
            self._stepping.need_rest(self._stepping.all, "emulators")
            self._use_separate_emulators(self._pool)
        return self._pool.emulators()

    def _use_separate_emulators(self, shared: SharedPool) -> None:
        pool = make_separate_pool(self.options, self._task, self._rom, self._executor)
        try:
            pool.take_over(shared)
        except BaseException:
            pool.close()
            raise
        shared.close()
        self._pool = pool
        self._stepping.use(pool)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The process of each emulator: one for each lane, or for several lanes.

        Raises:
            gymnasium.error.ResetNeeded: `reset` was not called.
        """
        self._stepping.need_episodes(self._stepping.all)
        return self._pool.process_ids

    def get_action_meanings(self) -> list[str]:
        """The name of each action; see `NesEnv.get_action_meanings`."""
        return action_meanings(self._task.actions)

    def action_masks(self) -> Array:
        """Which actions are allowed in each lane, (n, k) bool; see `NesEnv.action_masks`."""
        return np.tile(action_masks(self._task.actions), (self.num_envs, 1))

    @property
    def replaced(self) -> int:
        """Number of emulators that failed and were replaced."""
        return self._pool.replaced

    # ---- savestates and copies ---------------------------------------------

    def save_states(self, lanes: Sequence[int] | Array | None = None) -> list[LaneState]:
        """Save the states of lanes, which takes microseconds.

        Args:
            lanes: which lanes; None means all.

        Returns:
            One state for each of these lanes, in their order.

        Raises:
            ValueError: there is no such lane.
            gymnasium.error.ResetNeeded: a lane has no episode.
        """
        chosen = self._lanes(lanes)
        self._stepping.need_episodes(chosen)
        return save_lanes(self._pool, self._episodes, chosen.tolist())

    def load_states(
        self, states: Sequence[LaneState], lanes: Sequence[int] | Array | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Continue from states that lanes of this or another environment saved.

        Args:
            states: from `save_states`, one for each lane of `lanes`.
            lanes: which lanes; None means all.

        Returns:
            Observations and infos of these lanes.

        Raises:
            ValueError: the numbers of states and lanes differ.
            StateError: a state is damaged or belongs to another ROM.
            EmulatorClosed: the emulator that holds a state has ended. To keep a state longer, keep
                its bytes.
        """
        chosen = self._lanes(lanes)
        self._stepping.need_episodes(chosen)
        load_lanes(self._pool, self._episodes, chosen.tolist(), states)
        return self._stepping.look(chosen)

    def movie(self, lane: int, *, ended: bool = False, author: str = "") -> Movie:
        """The movie of a lane: everything from power-on to now, which any FCEUX can replay.

        A state that was loaded brings its inputs along, also from another lane or environment.

        Args:
            lane: number of the lane.
            ended: the movie up to the end of the lane's last episode that ended, after which a new
                one has begun.
            author: name of the author in the movie.

        Raises:
            ValueError: there is no such lane, or with `ended`, none of its episodes has ended.
            MovieError: a movie cannot hold the inputs; the error says why.
            gymnasium.error.ResetNeeded: the lane has no episode.
            gymnasium.error.AlreadyPendingCallError: a step of the lane is under way.
        """
        chosen = self._lanes([lane])
        self._stepping.need_episodes(chosen)
        self._stepping.need_rest(chosen, "movie")
        if not ended:
            return self._pool.movie(lane, author)
        past = self._pool.ended.get(lane)
        if past is None:
            raise ValueError(f"no episode of lane {lane} has ended yet")
        return self._pool.movie(lane, author, past.log())

    def __deepcopy__(self, memo: dict[int, Any]) -> NesVectorEnv:
        """A copy with its own emulators, at the same points of the episodes.

        Raises:
            TypeError: the emulators belong to `copain serve`; each one serves a single client.
            gymnasium.error.AlreadyPendingCallError: a step is under way.
            ForkError: the emulators belong to the parent of this forked process.
        """
        if self.options.endpoints is not None:
            raise TypeError(
                "each emulator of `copain serve` serves one client, so a pool of them cannot be "
                "copied; use save_states() and load_states() to continue in another pool"
            )
        if self._stepping.pending:
            raise gymnasium.error.AlreadyPendingCallError(
                "copy while a step is under way; call recv() first", "deepcopy"
            )
        self._stepping.check_owner()
        clone = self._make_again(memo)
        live = np.flatnonzero(self._episodes.live)
        if live.size:
            clone._stepping.own()
            try:
                clone._pool.copy_from(self._pool, live.tolist())
                clone._episodes.copy_from(self._episodes)
            except BaseException:
                clone.close()
                raise
        return clone

    # ---- end -------------------------------------------------------------

    def close_extras(self, **kwargs: Any) -> None:
        """End all emulators; called by `close`. The emulators of a parent process keep running."""
        if hasattr(self, "_stepping") and self._stepping.is_owner:
            self._pool.close()
            self._executor.shutdown()
