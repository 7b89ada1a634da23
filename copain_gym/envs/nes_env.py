"""`NesEnv`: a game in a real FCEUX as a Gymnasium environment."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.utils import EzPickle

from copain_gym.bridge.endpoints import TransportName
from copain_gym.emulator import PooledEmulator, SaveState
from copain_gym.engines.display import check_display
from copain_gym.engines.engine import EngineName
from copain_gym.envs.conventions import AtariView, Conventions
from copain_gym.envs.episodes import Episodes
from copain_gym.envs.options import EnvOptions, FrameSkip, ObsType, RenderMode
from copain_gym.envs.rendering import RENDER_METADATA, render_metadata
from copain_gym.envs.spec import FromArguments
from copain_gym.envs.start import StartBook, StateLike, read_image
from copain_gym.envs.task import Observation, Task
from copain_gym.games import Game, GameLike
from copain_gym.roms.contents import Region
from copain_gym.tas.inputs import InputLog
from copain_gym.tas.movie import Movie
from copain_gym.tas.recording import movie_of
from copain_gym.tas.states import GameState, ram_sha1

__all__ = ["NesEnv"]

_LANES = np.zeros(1, np.int64)  # the numbers of its emulators: only 0


class NesEnv(FromArguments, Conventions, gymnasium.Env[Observation, Any]):
    """One game in one emulator.

    The emulator starts at the first `reset`. It goes from power-on to the start of play once;
    every later episode begins by loading a savestate. docs/environments.md describes the options,
    and docs/games lists each game's variables, features, actions, rewards and events.

    `info` has the game's variables by name; its events as bools; `frame_count` and `lag_count`
    since power-on; and `episode_frames`.

    Unpickling makes a new environment with the same arguments, which must be reset.
    `copy.deepcopy` also copies the episode: the copy has its own emulator, and the same actions
    lead to the same results in both.

    Args:
        game: The game: a `Game`; the name of a registered game or of one of stable-retro's NES
            integrations; a Python file that defines `GAME`; or a folder with such a file named
            `game.py`, or with an integration.
        render_mode: `rgb_array`: `render()` returns the picture, (240, 256, 3) uint8. `human`:
            FCEUX's own window, at the console's speed.
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
        state: Where episodes begin: `start`, `stage2`, `stage2/checkpoint3`, the name of a saved
            state, or the path or the bytes of one.
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

    Attributes:
        game: the game.
        options: its options.
        task: its observations, actions and rewards.

    Raises:
        ValueError: an option has a value that is not allowed; the error says what is allowed.
        RomError: the ROM file is missing, or it is not the game's ROM.
        DisplayError: `render_mode` is `human`, and no display was found.

    Examples:
        >>> env = gymnasium.make("copain/Hirondelle-v0")
        >>> observation, info = env.reset(seed=1)
        >>> print(info["lives"], info["score"])
        3 0
        >>> observation, reward, terminated, truncated, info = env.step(4)
        >>> env.close()
    """

    metadata: dict[str, Any] = RENDER_METADATA

    def __init__(
        self,
        game: GameLike = "hirondelle",
        render_mode: RenderMode | None = None,
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
        state: StateLike = "start",
        noop_max: int = 0,
        players: int = 1,
        info_variables: Sequence[str] | None = None,
        rom_path: str | os.PathLike[str] | None = None,
        verify: bool = True,
        scenario: str | None = None,
        region: Region | None = None,
        engine: EngineName | None = None,
        transport: TransportName = "auto",
    ) -> None:
        self.options = EnvOptions(
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
        )
        EzPickle.__init__(self, **self.options.arguments())
        self.game: Game = self.options.loaded_game
        if render_mode == "human":
            check_display()
        self.task = Task(self.options)
        self.render_mode = render_mode
        self._rom = self.options.find_rom()
        self.action_space = self.task.actions.space
        self.observation_space = self.task.observation_space
        self.metadata = {**self.metadata, **render_metadata(self.options)}
        # The emulator scales grey pictures down itself, unless `render` needs the whole picture.
        rendered = render_mode == "rgb_array"
        self._small = None if rendered else self.task.small
        self._whole = rendered or (self.task.needs_screen and self._small is None)
        self._emulator: PooledEmulator | None = None
        self._rerecords = 0  # of emulators that were replaced
        self._starts: StartBook | None = None
        self._image = np.zeros((1, self.game.decoder.image_size), np.uint8)
        self._counts = np.zeros((1, 2), np.int64)
        self._episodes = Episodes(self.task, self._image, self._counts)

    @property
    def emulator(self) -> PooledEmulator:
        """The emulator, which is started if it is not running."""
        return self._running()[0]

    def _running(self) -> tuple[PooledEmulator, StartBook]:
        """The emulator and its starts; a new emulator if there is none or it was closed."""
        if self._emulator is None or self._starts is None or self._emulator.closed:
            if self._emulator is not None:
                self._rerecords = self._emulator.rerecords
            self._emulator = PooledEmulator(
                self._rom,
                engine=self.options.engine,
                window=self.render_mode == "human",
                transport=self.options.transport,
                region=self.options.region,
            )
            if self._small is not None:
                self._emulator.shrink_pictures(*self._small)
            self._emulator.rerecords = self._rerecords
            self._starts = StartBook(self._emulator, self.game, self.options.players)
            self._episodes.live[:] = False
        return self._emulator, self._starts

    # ---- episodes --------------------------------------------------------

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode.

        If the emulator has crashed, hung or been killed, a new one is started.

        Args:
            seed: seed of the random numbers for `frame_skip`, `sticky_action_probability` and
                `noop_max`. The game itself is deterministic: it depends on its inputs only.
            options: `{"state": …}` begins this episode at another state.

        Raises:
            ValueError: an unknown option or state.
            StateError: the state is damaged or of another ROM.
        """
        super().reset(seed=seed)
        for key in options or {}:
            if key != "state":
                raise ValueError(f"options has the key {key!r}; allowed is 'state'")
        state = (options or {}).get("state", self.options.state)
        start = self._running()[1].get(state)
        episodes = self._episodes
        episodes.randoms[0] = self.np_random
        noops = episodes.draw_noops()
        self._hold((0,), noops, start)
        episodes.begin([0])
        return self._observation(), episodes.info(episodes.no_events())

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Hold the action's buttons for some frames.

        Raises:
            ValueError: the action is not in the action space.
            gymnasium.error.ResetNeeded: `reset` was not called, or the emulator was replaced.
            EmulatorCrashed, EmulatorTimeout: the emulator is gone; `reset` starts a new one.
        """
        self._need_episode("step")
        episodes = self._episodes
        pads, frames = episodes.draw_step(_LANES, self.task.actions.one(action))
        (held,), count = pads.tolist(), frames.item()
        self._hold(held, count)
        end = episodes.advance(slice(None), pads, frames)
        return (
            self._observation(),
            end.rewards.item(),
            end.terminated.item(),
            end.truncated.item(),
            episodes.info(end.events),
        )

    def wait(self, frames: int) -> None:
        """Advance some frames with no buttons held, outside of a step and without reward.

        Raises:
            gymnasium.error.ResetNeeded: `reset` was not called.
        """
        self._need_episode("wait")
        self._hold((0,), frames)
        self._episodes.look()

    def _hold(
        self, pads: Sequence[int], frames: int, load: SaveState | bytes | None = None
    ) -> None:
        """Hold buttons for some frames, and store the emulator's answer."""
        emulator, small = self._emulator, self._small is not None
        assert emulator is not None
        several = dict(enumerate(pads, 1)) if len(pads) > 1 else None
        emulator.send_step(
            pads[0], frames, pads=several, screen=self._whole, small=small, load=load
        )
        emulator.receive_step()
        self._image[0] = read_image(emulator, self.game)
        self._counts[0] = emulator.frame_count, emulator.lag_count

    def _need_episode(self, method: str) -> PooledEmulator:
        """The emulator of the episode, even if it has died: `emulator` would start a new one."""
        if self._emulator is None or not self._episodes.live.item():
            raise gymnasium.error.ResetNeeded(f"call reset() before {method}()")
        return self._emulator

    def _observation(self) -> Observation:
        screens = None
        if self.task.needs_screen:
            if self._small is None:
                screens = self.emulator.screen(grey=self.task.grey)[None]
            else:
                screens = self.emulator.small_screen()[None]
        batch = self._episodes.observe(screens=screens)
        if isinstance(batch, dict):
            return {name: part[0] for name, part in batch.items()}
        single: npt.NDArray[Any] = batch[0]
        return single

    # ---- states and copies -----------------------------------------------

    @property
    def inputs(self) -> InputLog:
        """A copy of the inputs from power-on to now.

        They are not known before the first `reset`, and after a plain savestate was loaded;
        `unknown` of the result says why.
        """
        if self._emulator is None:
            return InputLog(None, unknown="reset() was not called")
        return self._emulator.inputs

    def movie(self, author: str = "") -> Movie:
        """The movie of everything from power-on to now, which any FCEUX can replay.

        Args:
            author: name of the author in the movie.

        Raises:
            gymnasium.error.ResetNeeded: `reset` was not called.
            MovieError: a movie cannot hold the inputs; the error says why.
            EmulatorClosed: the emulator has crashed or was ended.
        """
        return movie_of(self._need_episode("movie"), author)

    def save_state(self, note: str = "") -> GameState:
        """Save the state of the game, with the inputs from power-on to now.

        Args:
            note: a description for people.

        Returns:
            The state, for `state=`, `options={"state": …}` or `copain_gym.tas.states.store_state`.

        Raises:
            gymnasium.error.ResetNeeded: `reset` was not called.
            EmulatorClosed: the emulator has crashed or was ended.
        """
        emulator = self._need_episode("save_state")
        return GameState(
            game=self.game.name,
            rom_md5=emulator.rom.md5,
            state=emulator.save_state().to_bytes(),
            inputs=self.inputs,
            ram_sha1=ram_sha1(emulator),
            note=note,
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> NesEnv:
        """A copy with its own emulator, at the same point of the episode.

        Raises:
            EmulatorClosed: this environment's emulator has crashed or was ended.
        """
        clone = self._make_again(memo)
        if self._emulator is not None and self._episodes.live.item():
            try:
                clone._continue_from(self)
            except BaseException:
                clone.close()
                raise
        return clone

    def _continue_from(self, other: NesEnv) -> None:
        self.emulator.load_state(other._need_episode("deepcopy").save_state())
        self._image[:], self._counts[:] = other._image, other._counts
        self._episodes.copy_from(other._episodes)
        self._episodes.randoms[0] = self.np_random

    # ---- picture and end -------------------------------------------------

    @property
    def ale(self) -> AtariView:
        """What wrappers for Atari games ask for: `lives()` and the last picture.

        Its methods need an episode.
        """
        return AtariView(self._lives, self._picture, self.task.picture_size)

    def _lives(self) -> int | None:
        self._need_episode("ale.lives")
        return self._episodes.value("lives")

    def _picture(self, grey: bool) -> npt.NDArray[np.uint8]:
        return self._need_episode("ale.getScreen").screen(grey=grey)

    def render(self) -> npt.NDArray[np.uint8] | None:
        """The picture, (240, 256, 3) uint8, with `rgb_array`; None with other render modes."""
        return self.emulator.screen() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """End the emulator. May be called again."""
        if self._emulator is not None:
            self._emulator.close()
        self._emulator = self._starts = None
        self._episodes.live[:] = False
