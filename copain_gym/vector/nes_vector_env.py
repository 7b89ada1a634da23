"""`NesVectorEnv`: one game in many emulators that play at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.utils import EzPickle
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from copain_gym.bridge.endpoints import TransportName
from copain_gym.bridge.screen import NTSC_FPS
from copain_gym.emulator import Emulator, PooledEmulator
from copain_gym.engines.engine import EngineName
from copain_gym.envs.episodes import Episodes
from copain_gym.envs.nes_env import NesEnv
from copain_gym.envs.options import FrameSkip, ObsType, RenderMode
from copain_gym.envs.spec import FromArguments
from copain_gym.envs.start import StateLike, check_state
from copain_gym.envs.task import Observation, Task
from copain_gym.games import GameLike
from copain_gym.roms.contents import Region
from copain_gym.vector.checks import check_actions, check_lanes, check_mask
from copain_gym.vector.lane import FaultBudget, Lane, SharedStarts
from copain_gym.vector.options import VectorOptions, per_lane
from copain_gym.vector.pool import Pool
from copain_gym.vector.states import LaneState, load_lanes, save_lanes
from copain_gym.vector.stepping import Stepping, StepResult

__all__ = ["LaneState", "NesVectorEnv"]

Array: TypeAlias = "npt.NDArray[Any]"


class NesVectorEnv(FromArguments, VectorEnv[Any, Any, Any]):
    """One game in `num_envs` emulators, stepped together from one Python process.

    All emulators are told their steps before the first answer is waited for, so that they run at
    the same time; what they answer is decoded in one go. An emulator that crashes, hangs or is
    killed is replaced: its lane reports `truncated` and the reason in `info["fault"]`, and
    begins a new episode. docs/vector.md has examples.

    Infos are arrays (n,) by name with a mask `_name` each, as Gymnasium has it; what they hold
    is described at `NesEnv`. The masks are one array, which is read-only. `fault` is there only
    when there was one.

    A pickled vector environment begins anew where it is unpickled. `copy.deepcopy` clones the
    episodes of all lanes, with emulators of their own.

    Args:
        game: The game: a `Game`; the name of a registered game or of one of stable-retro's NES
            integrations; a Python file that defines `GAME`; or a folder with such a file named
            `game.py`, or with an integration.
        render_mode: As in `NesEnv`, or a list with a mode for each lane. `human` alone shows lane
            0 only.
        obs_type: The observation: `features`, (F,) float32 in [-1, 1]; `dict`, the same by group;
            `ram`, (2048,) uint8; `rgb`, (240, 256, 3) uint8; `grayscale`, (240, 256, 1) uint8.
        screen_size: Height and width in pixels to which `rgb` and `grayscale` are scaled down.
        action_set: One of the game's action sets, such as `simple`, `power` or `full`; or
            `multi_binary`, a bit for each button.
        frame_skip: Number of frames that each action is held. With `(low, high)`, each step draws
            a number from low to high - 1.
        sticky_action_probability: Probability of repeating the previous action.
        reward: Name of a reward term, or a weight for each of several. None is the game's default.
        terminate_on: What ends an episode: `game_over` or `life`. The game's ending always does.
        max_episode_frames: Number of frames after which an episode is truncated. None is no limit.
        state: Where episodes begin, as in `NesEnv`, or a list with a state for each lane.
        noop_max: Start each episode with a random number (1 to noop_max) of no-op frames. 0 is
            none.
        players: Number of players. An action has a part for each.
        info_variables: Names of the variables in `info`. None is all of them.
        rom_path: Path of the ROM file. None is the bundled ROM, or the one that `copain rom
            import` stored.
        verify: Refuse a ROM that is not the game's. False accepts a hack or translation and warns.
        scenario: Scenario file of a stable-retro integration. None is `scenario`.
        region: The console's television system: `NTSC`, `PAL` or `Dendy`. None is that of the ROM.
        engine: The emulator: `headless`, `fceux`, or `auto`, which is headless where possible.
            None is the value of COPAIN_ENGINE, or `auto`.
        transport: How Python and the emulator talk: `zmq` (ZeroMQ), `shm` (shared memory), or
            `auto`, the faster one that works.
        num_envs: Number of emulators, which are also called lanes. None is 1, or one for each
            endpoint.
        autoreset_mode: What follows the end of an episode: an `AutoresetMode` of Gymnasium's or
            its value.
        max_episode_steps: Number of environment steps after which an episode is truncated. None is
            no limit.
        timeout: Seconds after which an emulator that does not answer is replaced; more where the
            machine is too busy to let it run.
        max_faults: Number of emulators that may fail within a minute.
        endpoints: Emulators of `copain serve` to play on, `tcp://HOST:PORT` for each lane. None
            starts emulators here.
        keys: Path of the keys that `copain serve` wrote. None is the value of COPAIN_KEYS.

    Attributes:
        options: its options.

    Raises:
        ValueError: an option has a value that is not allowed; the error says what is allowed.
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
        **NesEnv.metadata,
        "autoreset_mode": VectorOptions.autoreset_mode,
    }

    def __init__(
        self,
        game: GameLike = "hirondelle",
        num_envs: int | None = None,
        render_mode: RenderMode | Sequence[RenderMode | None] | None = None,
        *,
        obs_type: ObsType = "features",
        screen_size: tuple[int, int] | None = None,
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
        endpoints: Sequence[str] | None = None,
        keys: str | os.PathLike[str] | None = None,
    ) -> None:
        self.options = options = VectorOptions(
            game=game,
            render_mode=render_mode,
            obs_type=obs_type,
            screen_size=screen_size,
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
            endpoints=endpoints,
            keys=keys,
        )
        EzPickle.__init__(self, **options.arguments())
        self.num_envs = options.count
        self.render_mode = render_mode if isinstance(render_mode, str) else None
        self.metadata = {
            **self.metadata,
            "render_fps": NTSC_FPS / options.mean_frame_skip,
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
        self._pool = self._make_pool()
        self._episodes = Episodes(
            task, self._pool.images, self._pool.counts, options.max_episode_steps
        )
        self._stepping = Stepping(task, self._pool, self._episodes, options.mode)

    def _make_pool(self) -> Pool:
        options, task = self.options, self._task
        budget, starts = FaultBudget(options.max_faults), SharedStarts()
        small = task.small  # the emulators scale pictures down at the same time
        whole = task.needs_screen and small is None
        lanes = [
            Lane(self._maker(i), self._game, state, self._executor, budget, starts, small)
            for i, state in enumerate(options.states)
        ]
        return Pool(
            lanes,
            self._game,
            [whole or mode == "rgb_array" for mode in options.render_modes],
            options.obs_type if task.needs_screen else None,
            small,
            options.players,
        )

    def _maker(self, lane: int) -> Callable[[Callable[[], bool]], PooledEmulator]:
        """What starts the emulator of a lane."""
        options, rom = self.options, self._rom

        def make(wanted: Callable[[], bool]) -> PooledEmulator:
            if options.endpoints is not None:
                return PooledEmulator.connect(
                    options.endpoints[lane],
                    keys=options.keys,
                    rom=rom,
                    timeout=options.timeout,
                    wanted=wanted,
                )
            return PooledEmulator(
                rom,
                engine=options.engine,
                window=options.render_modes[lane] == "human",
                transport=options.transport,
                timeout=options.timeout,
                region=options.region,
                wanted=wanted,
            )

        return make

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
                "reset() while a step is under way; call recv() before", "reset"
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
        chosen = self._lanes(lanes)
        checked = check_actions(actions, self.single_action_space, len(chosen))
        self._stepping.send(chosen, checked)

    def recv(self) -> StepResult:
        """Wait for the end of the step that was begun first.

        Returns:
            What `step` returns, for the lanes of that `send` in their order.

        Raises:
            gymnasium.error.NoAsyncCallError: `send` was not called.
            PoolError: an emulator does not start, or too many failed within a minute.
        """
        return self._stepping.receive()

    def _lanes(self, lanes: Sequence[int] | Array | None) -> Array:
        return self._stepping.all if lanes is None else check_lanes(lanes, self.num_envs)

    # ---- lanes -----------------------------------------------------------

    def render(self) -> tuple[Any, ...] | None:
        """The pictures of the lanes with `rgb_array`, (240, 256, 3) uint8 each, None of others."""
        modes = self.options.render_modes
        if "rgb_array" not in modes:
            return None
        return tuple(
            lane.emulator.screen() if mode == "rgb_array" else None
            for lane, mode in zip(self._pool.lanes, modes, strict=True)
        )

    @property
    def emulators(self) -> tuple[Emulator, ...]:
        """The emulator of each lane; one that was replaced is another object.

        Raises:
            gymnasium.error.ResetNeeded: `reset` was not called.
        """
        self._stepping.need_episodes(self._stepping.all)
        return tuple(lane.emulator for lane in self._pool.lanes)

    @property
    def replaced(self) -> int:
        """How many emulators failed and were replaced."""
        return sum(lane.replaced for lane in self._pool.lanes)

    # ---- savestates and copies ---------------------------------------------

    def save_states(self, lanes: Sequence[int] | Array | None = None) -> list[LaneState]:
        """Save where lanes are, in microseconds.

        Args:
            lanes: which; None is all.
        """
        chosen = self._lanes(lanes)
        self._stepping.need_episodes(chosen)
        return save_lanes(self._pool, self._episodes, chosen.tolist())

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
        chosen = self._lanes(lanes)
        self._stepping.need_episodes(chosen)
        load_lanes(self._pool, self._episodes, chosen.tolist(), states)
        return self._stepping.look(chosen)

    def __deepcopy__(self, memo: dict[int, Any]) -> NesVectorEnv:
        """A clone with emulators of its own, whose episodes are where this one's are.

        Raises:
            TypeError: the emulators are on another machine, where each serves one client.
            gymnasium.error.AlreadyPendingCallError: a step is under way.
            ForkError: the emulators belong to the parent of this forked process.
        """
        if self.options.endpoints is not None:
            raise TypeError(
                "emulators of `copain serve` serve one client each, so that a pool of them cannot "
                "be copied; carry its lanes into another pool by save_states() and load_states()"
            )
        if self._stepping.pending:
            raise gymnasium.error.AlreadyPendingCallError(
                "copy while a step is under way; call recv() before", "deepcopy"
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
        """End all emulators; called by `close`. Those of a parent process go on."""
        if hasattr(self, "_stepping") and self._stepping.is_owner:
            self._pool.close()
            self._executor.shutdown()
