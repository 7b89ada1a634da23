"""`NesEnv`: a game in a real FCEUX as a Gymnasium environment."""

from __future__ import annotations

import os
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.utils import EzPickle

from copain_gym.emulator import Emulator, SaveState
from copain_gym.games import GAMES, Game
from copain_gym.games.variables import RAM_SIZE, Values

__all__ = ["NesEnv", "play_start"]

NTSC_FPS = 60.0988
"""Frames per second of a NTSC console."""


class NesEnv(gymnasium.Env[npt.NDArray[np.uint8], np.int64], EzPickle):
    """One game in one emulator, observed through its RAM.

    An episode begins at the start of play (power-on and the title are passed once a process,
    then a savestate is loaded) and terminates at game over or the game's ending. The reward is
    the score gained in the step. The emulator starts at the first `reset`.

    Observation: the console's RAM, `Box(0, 255, (2048,), uint8)`.
    Action: `Discrete`, the index of a set of held buttons, see `Game.actions`.
    Info: every variable of the game's table, `frame_count` (frames since power-on) and
    `lag_count` (lag frames since power-on).

    Args:
        game: name of a game in `copain_gym.games.GAMES`.
        render_mode: None; `rgb_array`, `render()` gives (240, 256, 3) uint8; `human`, FCEUX's
            own window at the console's speed.
        frame_skip: frames that each action is held; at least 1.
        action_set: name of the game's action set.
        rom: ROM file; None is the one that the game brings.
        engine: `auto`, `headless` or `fceux`.

    Raises:
        ValueError: an argument is not one of those that are allowed.

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
        game: str = "hirondelle",
        render_mode: str | None = None,
        *,
        frame_skip: int = 4,
        action_set: str = "simple",
        rom: str | os.PathLike[str] | None = None,
        engine: str | None = None,
    ) -> None:
        EzPickle.__init__(
            self,
            game,
            render_mode,
            frame_skip=frame_skip,
            action_set=action_set,
            rom=rom,
            engine=engine,
        )
        if game not in GAMES:
            raise ValueError(f"game is {game!r}; allowed are {', '.join(GAMES)}")
        modes = self.metadata["render_modes"]
        if render_mode is not None and render_mode not in modes:
            raise ValueError(
                f"render_mode is {render_mode!r}; allowed are None, {', '.join(modes)}"
            )
        if not isinstance(frame_skip, int) or not 1 <= frame_skip <= 1000:
            raise ValueError(f"frame_skip is {frame_skip!r}; allowed are 1 to 1000")
        self.game: Game = GAMES[game]
        self.render_mode = render_mode
        self._frame_skip = frame_skip
        self._masks = self.game.action_masks(action_set)
        self._rom, self._engine = rom if rom is not None else self.game.rom, engine
        self.metadata = {**self.metadata, "render_fps": NTSC_FPS / frame_skip}
        self.action_space = gymnasium.spaces.Discrete(len(self._masks))
        self.observation_space = gymnasium.spaces.Box(0, 255, (RAM_SIZE,), np.uint8)
        self._emulator: Emulator | None = None
        self._start: SaveState | None = None
        self._values: Values | None = None

    @property
    def emulator(self) -> Emulator:
        """The emulator; started by the first use or `reset`."""
        if self._emulator is None:
            self._emulator = Emulator(
                self._rom, engine=self._engine, window=self.render_mode == "human"
            )
        return self._emulator

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[np.uint8], dict[str, Any]]:
        """Begin an episode at the start of play.

        An emulator that crashed, was killed or hung before is replaced by a new one.
        """
        super().reset(seed=seed)
        if self._emulator is not None and self._emulator.closed:
            self._emulator = self._start = None
        emulator = self.emulator
        if self._start is None:
            play_start(emulator, self.game)
            self._start = emulator.save_state()
        else:
            emulator.load_state(self._start)
        self._values = self.game.decode(emulator.ram)
        return emulator.ram.copy(), self._info(self._values)

    def step(
        self, action: np.int64
    ) -> tuple[npt.NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        """Hold the action's buttons for `frame_skip` frames.

        Raises:
            ValueError: no such action.
            gymnasium.error.ResetNeeded: `reset` was not called.
            EmulatorCrashed, EmulatorTimeout: the emulator is gone; `reset` starts a new one.
        """
        if self._values is None:
            raise gymnasium.error.ResetNeeded("call reset() before step()")
        if not self.action_space.contains(action):
            raise ValueError(f"action is {action!r}; allowed are 0 to {len(self._masks) - 1}")
        ram = self.emulator.step(self._masks[int(action)], self._frame_skip)
        before, after = self._values, self.game.decode(ram)
        self._values = after
        reward = float(self.game.rewards["score"](before, after))
        over = self.game.predicates
        terminated = bool(over["game_over"](after) or over["ending"](after))
        return ram.copy(), reward, terminated, False, self._info(after)

    def _info(self, values: Values) -> dict[str, Any]:
        emulator = self.emulator
        return {
            **values,
            "frame_count": emulator.frame_count,
            "lag_count": emulator.lag_count,
        }

    def render(self) -> npt.NDArray[np.uint8] | None:
        """The picture, (240, 256, 3) uint8, with `rgb_array`; None with the other modes."""
        return self.emulator.screen() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """End the emulator. May be called again."""
        if self._emulator is not None:
            self._emulator.close()
        self._emulator = self._start = self._values = None


def play_start(emulator: Emulator, game: Game) -> None:
    """Play from power-on to the first frame of play, by the rules of `game.start`.

    Raises:
        RuntimeError: play did not begin within `game.start_frames`.
    """
    emulator.poweron()
    while emulator.frame_count < game.start_frames:
        values = game.decode(emulator.step())
        if game.predicates["playing"](values):
            return
        for rule in game.start:
            if rule.when(values):
                emulator.step(rule.buttons, rule.hold)
                emulator.step(0, rule.release)
                break
    raise RuntimeError(
        f"{game.name} did not begin to play within {game.start_frames} frames of power-on; "
        f"is {emulator.rom.path} the right ROM?"
    )
