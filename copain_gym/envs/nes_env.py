"""`NesEnv`: a game in a real FCEUX as a Gymnasium environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.utils import EzPickle

from copain_gym.bridge.endpoints import TRANSPORTS
from copain_gym.bridge.screen import NTSC_FPS
from copain_gym.emulator import PooledEmulator, SaveState
from copain_gym.engines.engine import ENGINES
from copain_gym.envs.start import Start, StartBook, StateLike, check_state, read_image
from copain_gym.envs.task import Observation, Task
from copain_gym.games import GameLike, find_game
from copain_gym.games.game import Game
from copain_gym.games.variables import Values
from copain_gym.roms.store import resolve_rom
from copain_gym.tas.inputs import InputLog
from copain_gym.tas.states import GameState, ram_sha1

__all__ = ["NesEnv"]

FrameSkip: TypeAlias = "int | tuple[int, int]"


class NesEnv(gymnasium.Env[Observation, Any], EzPickle):
    """One game in one emulator.

    The emulator starts at the first `reset`. Power-on and the way to play are done once; every
    later episode begins by loading a savestate. docs/environments.md describes the options, and
    docs/games has each game's variables, features, actions, rewards and events.

    Info: the game's variables by name; its events, bools; `frame_count` and `lag_count` since
    power-on; `episode_frames`.

    Args:
        game: a `Game`; the name of a registered game, or of one of stable-retro's NES
            integrations; a Python file that defines `GAME`; a folder with such a file named
            `game.py`, or with an integration.
        render_mode: None; `rgb_array`, `render()` gives (240, 256, 3) uint8; `human`, FCEUX's
            own window at the console's speed.
        obs_type: `features`, float32 in [-1, 1]; `dict`, the same by group; `ram`, (2048,)
            uint8; `rgb`, (240, 256, 3) uint8; `grayscale`, (240, 256, 1) uint8.
        screen_size: height and width to which `rgb` and `grayscale` are scaled down.
        action_set: `simple`, `power`, `full` or `multi_binary`.
        frame_skip: frames that each action is held, or `(low, high)`: as many as a draw from
            low to high - 1 gives at each step.
        sticky_action_probability: that a step repeats the action before in place of its own.
        reward: name of a term, or weights by name of term.
        terminate_on: `game_over` or `life`; the game's ending terminates with both.
        max_episode_frames: frames after which an episode is truncated; None is no limit.
        state: where episodes begin: `start`, `stage2`, `stage2/checkpoint3`, a named state, the
            path or the bytes of a state.
        noop_max: most frames that nothing is held at the beginning; 1 to as many are drawn.
        players: how many play.
        info_variables: the variables that infos hold; None is all. Few cost less.
        rom_path: ROM file; None is the bundled one, or the one of `copain rom import`.
        verify: whether another ROM than the game's is refused.
        scenario: which scenario of a stable-retro integration; None is `scenario`.
        engine: `auto`, `headless` or `fceux`.
        transport: `auto`, `zmq` or `shm`; see `Emulator`.

    Raises:
        ValueError: an argument is not one of those that are allowed.
        RomError: the ROM is missing or another one.

    Examples:
        >>> env = gymnasium.make("copain/Hirondelle-v0")
        >>> observation, info = env.reset(seed=1)
        >>> info["lives"], info["score"]
        (3, 0)
        >>> observation, reward, terminated, truncated, info = env.step(4)
        >>> env.close()
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium declares it
        "render_modes": ["human", "rgb_array"],
        "render_fps": NTSC_FPS,
    }

    def __init__(
        self,
        game: GameLike = "hirondelle",
        render_mode: str | None = None,
        *,
        obs_type: str = "features",
        screen_size: tuple[int, int] | None = None,
        action_set: str = "simple",
        frame_skip: FrameSkip = 4,
        sticky_action_probability: float = 0.0,
        reward: str | Mapping[str, float] | None = None,
        terminate_on: str = "game_over",
        max_episode_frames: int | None = None,
        state: StateLike = "start",
        noop_max: int = 0,
        players: int = 1,
        info_variables: Sequence[str] | None = None,
        rom_path: str | os.PathLike[str] | None = None,
        verify: bool = True,
        scenario: str | None = None,
        engine: str | None = None,
        transport: str = "auto",
    ) -> None:
        EzPickle.__init__(
            self,
            game,
            render_mode,
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
            engine=engine,
            transport=transport,
        )
        modes = self.metadata["render_modes"]
        if render_mode is not None and render_mode not in modes:
            raise ValueError(
                f"render_mode is {render_mode!r}; allowed are None, {', '.join(modes)}"
            )
        if engine is not None and engine not in ENGINES:
            raise ValueError(f"engine is {engine!r}; allowed are None, {', '.join(ENGINES)}")
        if transport not in TRANSPORTS:
            raise ValueError(f"transport is {transport!r}; allowed are {', '.join(TRANSPORTS)}")
        self.game: Game = find_game(game, scenario=scenario)
        self.task = Task(
            self.game,
            obs_type=obs_type,
            screen_size=screen_size,
            action_set=action_set,
            reward=self.game.default_reward if reward is None else reward,
            terminate_on=terminate_on,
            players=players,
            info_variables=info_variables,
        )
        self.render_mode = render_mode
        self._skip = check_frame_skip(frame_skip)
        self._sticky = _check_range(
            "sticky_action_probability", sticky_action_probability, 0.0, 1.0
        )
        self._noop_max = int(_check_range("noop_max", noop_max, 0, 10_000))
        self._limit = check_limit(max_episode_frames)
        self._state = check_state(self.game, state)
        self._rom = resolve_rom(self.game, rom_path, verify=verify)
        self._engine, self._transport = engine, transport
        self.action_space = self.task.actions.space
        self.observation_space = self.task.observation_space
        mean_skip = (self._skip[0] + self._skip[1] - 1) / 2
        self.metadata = {**self.metadata, "render_fps": NTSC_FPS / mean_skip}
        # A grey picture is scaled down by the emulator, unless the whole one is to be rendered.
        rendered = render_mode == "rgb_array"
        self._small = None if rendered else self.task.small
        self._whole = rendered or (self.task.needs_screen and self._small is None)
        self._emulator: PooledEmulator | None = None
        self._starts: StartBook | None = None
        self._image = np.zeros((1, self.game.decoder.image_size), np.uint8)
        self._reader = self.task.reader(self._image)
        self._begun = False
        self._scripts: Callable[[Values], float] | None = None
        self._log = InputLog(None)
        self._pads: tuple[int, ...] = ()
        self._frames = 0

    @property
    def emulator(self) -> PooledEmulator:
        """The emulator; started by the first use or `reset`."""
        return self._running()[0]

    def _running(self) -> tuple[PooledEmulator, StartBook]:
        """The emulator and its starts; another one if it was closed."""
        if self._emulator is None or self._starts is None or self._emulator.closed:
            self._emulator = PooledEmulator(
                self._rom,
                engine=self._engine,
                window=self.render_mode == "human",
                transport=self._transport,
            )
            if self._small is not None:
                self._emulator.shrink_pictures(*self._small)
            self._starts = StartBook(self._emulator, self.game, self.task.actions.players)
            self._begun = False
        return self._emulator, self._starts

    # ---- episodes --------------------------------------------------------

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode.

        An emulator that crashed, was killed or hung before is replaced by a new one.

        Args:
            seed: of the draws that `frame_skip`, `sticky_action_probability` and `noop_max` ask
                for; the game itself has no randomness but its inputs.
            options: `{"state": …}` begins this episode at another state.

        Raises:
            ValueError: an unknown option or state.
            StateError: the state is damaged or of another ROM.
        """
        super().reset(seed=seed)
        for key in options or {}:
            if key != "state":
                raise ValueError(f"options has the key {key!r}; allowed is 'state'")
        start: Start = self._running()[1].get((options or {}).get("state", self._state))
        noops = int(self.np_random.integers(1, self._noop_max + 1)) if self._noop_max else 0
        self._hold({"buttons": 0}, noops, start.state)
        self._log = InputLog(start.inputs)
        self._log.hold((), noops)
        self._pads = (0,) * self.task.actions.players
        self._frames = 0
        values = self._look()
        self._begun = True
        if self.task.has_scripts:
            self._scripts = self.task.begin_scripts(values)
        return self._observation(), self._info(dict.fromkeys(self.game.events, False), values)

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Hold the action's buttons for some frames.

        Raises:
            ValueError: no such action.
            gymnasium.error.ResetNeeded: `reset` was not called, or the emulator was replaced.
            EmulatorCrashed, EmulatorTimeout: the emulator is gone; `reset` starts a new one.
        """
        if not self._begun or self._emulator is None:
            raise gymnasium.error.ResetNeeded("call reset() before step()")
        pads = self.task.actions.pads(action)
        if self._sticky and self.np_random.random() < self._sticky:
            pads = self._pads
        low, high = self._skip
        frames = low if high == low + 1 else int(self.np_random.integers(low, high))
        held = {"buttons": pads[0]} if len(pads) == 1 else {"pads": dict(enumerate(pads, 1))}
        self._hold(held, frames)
        self._pads = pads
        self._frames += frames
        self._log.hold(pads, frames)
        values = self._look()
        reward = self._reader.rewards().item()
        if self._scripts is not None:
            reward += self._scripts(values)
        events = {name: event.item() for name, event in self._reader.events().items()}
        terminated = any(events[name] for name in self.task.ends)
        truncated = self._limit is not None and self._frames >= self._limit
        return self._observation(), reward, terminated, truncated, self._info(events, values)

    def _look(self) -> Values:
        """Read the emulator's memory."""
        assert self._emulator is not None
        self._image[0] = read_image(self._emulator, self.game)
        self._reader.read()
        return self._reader.one(0)

    def _hold(
        self, held: dict[str, Any], frames: int, load: SaveState | bytes | None = None
    ) -> None:
        # Not `self.emulator`: in place of one that is gone it would start another at power-on.
        emulator, small = self._emulator, self._small is not None
        assert emulator is not None
        emulator.send_step(frames=frames, screen=self._whole, small=small, load=load, **held)
        emulator.receive_step()

    def _observation(self) -> Observation:
        screens = None
        if self.task.needs_screen:
            if self._small is None:
                screens = self.emulator.screen(grey=self.task.grey)[None]
            else:
                screens = self.emulator.small_screen()[None]
        batch = self.task.observe(self._reader, screens=screens)
        if isinstance(batch, dict):
            return {name: part[0] for name, part in batch.items()}
        single: npt.NDArray[Any] = batch[0]
        return single

    def _info(self, events: Mapping[str, bool], values: Values) -> dict[str, Any]:
        assert self._emulator is not None
        return {
            **events,
            "frame_count": self._emulator.frame_count,
            "lag_count": self._emulator.lag_count,
            "episode_frames": self._frames,
            **values.to_dict(self.task.info_slots),
        }

    def wait(self, frames: int) -> None:
        """Hold nothing for some frames, outside of any step; nothing is rewarded.

        Raises:
            gymnasium.error.ResetNeeded: `reset` was not called.
        """
        if not self._begun:
            raise gymnasium.error.ResetNeeded("call reset() before wait()")
        self._hold({"buttons": 0}, frames)
        self._log.hold((), frames)
        self._look()

    # ---- states ----------------------------------------------------------

    @property
    def inputs(self) -> InputLog:
        """The inputs from power-on to here, as a copy; not known after a bare savestate."""
        return InputLog(self._log.snapshot())

    def save_state(self, note: str = "") -> GameState:
        """Save where the game is now, with the inputs from power-on.

        Args:
            note: what it shows, for people.

        Returns:
            The state, for `state=`, `options={"state": …}` or `copain_gym.tas.states.store_state`.

        Raises:
            gymnasium.error.ResetNeeded: `reset` was not called.
        """
        if not self._begun:
            raise gymnasium.error.ResetNeeded("call reset() before save_state()")
        emulator = self.emulator
        return GameState(
            game=self.game.name,
            rom_md5=emulator.rom.md5,
            state=emulator.save_state().to_bytes(),
            inputs=self.inputs,
            ram_sha1=ram_sha1(emulator),
            note=note,
        )

    # ---- picture and end -------------------------------------------------

    def render(self) -> npt.NDArray[np.uint8] | None:
        """The picture, (240, 256, 3) uint8, with `rgb_array`; None with the other modes."""
        return self.emulator.screen() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """End the emulator. May be called again."""
        if self._emulator is not None:
            self._emulator.close()
        self._emulator = self._starts = None
        self._begun = False


def check_frame_skip(frame_skip: FrameSkip) -> tuple[int, int]:
    """Check a frame skip; returns the least, and one more than the greatest number of frames.

    Raises:
        ValueError: it is out of range.
    """
    pair = (
        (frame_skip, frame_skip + 1)
        if isinstance(frame_skip, int) and not isinstance(frame_skip, bool)
        else frame_skip
    )
    if (
        not isinstance(pair, (tuple, list))
        or len(pair) != 2
        or not all(isinstance(p, int) and not isinstance(p, bool) for p in pair)
        or not 1 <= pair[0] < pair[1] <= 1001
    ):
        raise ValueError(
            f"frame_skip is {frame_skip!r}; allowed are 1 to 1000, or (low, high) of such "
            f"numbers with low < high"
        )
    return pair[0], pair[1]


def check_limit(max_episode_frames: int | None) -> int | None:
    """Check a limit of an episode's frames.

    Raises:
        ValueError: it is out of range.
    """
    if max_episode_frames is not None and (
        isinstance(max_episode_frames, bool)
        or not isinstance(max_episode_frames, (int, np.integer))
        or max_episode_frames < 1
    ):
        raise ValueError(
            f"max_episode_frames is {max_episode_frames!r}; allowed are None and 1 and more"
        )
    return max_episode_frames


def _check_range(name: str, value: float, low: float, high: float) -> float:
    integer = isinstance(low, int)
    kinds = (int, np.integer) if integer else (int, float, np.number)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        what = "an integer" if integer else "a number"
        raise ValueError(f"{name} is {value!r}; allowed is {what} from {low:g} to {high:g}")
    return value
