"""`Task`: the observations, actions and rewards of a game, for n emulators at once.

It uses no emulator and knows no episode, so `NesEnv` and `NesVectorEnv` share it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt

from copain_gym.bridge.screen import HEIGHT, WIDTH
from copain_gym.envs.actions import ActionSet
from copain_gym.envs.options import PICTURES, EnvOptions
from copain_gym.envs.pictures import Scaler
from copain_gym.envs.scripts import Script
from copain_gym.envs.stack import stacked_space
from copain_gym.games.game import Change
from copain_gym.games.reader import Reader, RowIndex
from copain_gym.games.variables import RAM_SIZE

__all__ = ["Observation", "Task"]

Observation: TypeAlias = "npt.NDArray[Any] | dict[str, npt.NDArray[Any]]"


class Task:
    """The observations, actions and rewards that the options of an environment choose.

    Args:
        options: the environment's options.

    Attributes:
        options: the same.
        game: the game.
        observation_space: the observation space of one environment.
        actions: the action set.
        needs_screen: whether an observation is a picture.
        grey: whether this picture is in shades of grey.
        small: height and width of grey pictures that the emulator scales down itself; None for
            whole pictures.
        ends: the events that end an episode.
        info_slots: index in `Values.vector` of each variable of the infos.
        scripts: the weight of each scripted reward term, and a function that makes its script.
    """

    def __init__(self, options: EnvOptions) -> None:
        self.options = options
        self.game = game = options.loaded_game
        self._obs_type = options.obs_type
        self.grey = options.obs_type == "grayscale"
        self.needs_screen = options.obs_type in PICTURES
        self._scale = Scaler(options.screen_size or (HEIGHT, WIDTH))
        self.small = self._scale.size if self.grey and not self._scale.whole else None
        self.actions = ActionSet(game, options.action_set, options.players)
        self._events = {**game.events, **(game.two_player_events if options.players == 2 else {})}
        self._weights: list[tuple[float, Change]] = []
        self.scripts: list[tuple[float, Callable[[], Script]]] = []
        terms = {**game.rewards, **self._events}
        for name, weight in options.reward_weights.items():
            if name in terms:
                self._weights.append((weight, terms[name]))
            else:
                self.scripts.append((weight, game.scripts[name]))
        self.ends = game.endings[options.terminate_on]
        slots = game.decoder.slots
        names = slots if options.info_variables is None else options.info_variables
        self.info_slots = {name: slots[name] for name in names}
        self._channels_first = self.needs_screen and options.frame_stack is not None
        self.observation_space = self._space()
        if options.frame_stack is not None:
            self.observation_space = stacked_space(self.observation_space, options.frame_stack)

    @property
    def picture_size(self) -> tuple[int, int]:
        """Height and width of pictures."""
        return self._scale.size

    def _space(self) -> gymnasium.Space[Any]:
        spaces = gymnasium.spaces
        if self._obs_type == "ram":
            return spaces.Box(0, 255, (RAM_SIZE,), np.uint8)
        if self.needs_screen:
            channels = 1 if self.grey else 3
            size = self._scale.size
            shape = (channels, *size) if self._channels_first else (*size, channels)
            return spaces.Box(0, 255, shape, np.uint8)
        table = self.game.feature_table
        if self._obs_type == "features":
            return spaces.Box(-1.0, 1.0, (table.size,), np.float32)
        # Flat, because Stable-Baselines3 does not accept nested spaces.
        return spaces.Dict(
            {
                name: spaces.Box(-1.0, 1.0, (part.stop - part.start,), np.float32)
                for name, (part, _) in table.parts.items()
            }
        )

    def reader(self, images: npt.NDArray[np.uint8]) -> Reader:
        """A reader of the memory of n emulators for this task.

        Args:
            images: their RAM and the game's further memory, (n, 2048 or more) uint8, which the
                caller keeps up to date.
        """
        vector = not self.needs_screen and self._obs_type != "ram"
        features = self.game.feature_table if vector else None
        return Reader(images, self.game.decoder, self._events, self._weights, features)

    def observe(
        self,
        reader: Reader,
        where: RowIndex = slice(None),
        screens: npt.NDArray[np.uint8] | None = None,
    ) -> Observation:
        """The observations of some emulators.

        Args:
            reader: the reader, which has read their memory.
            where: which emulators.
            screens: their pictures if `needs_screen`: (n, 240, 256, 3) uint8; with `grey`
                (n, 240, 256), or (n, *small) if already scaled down.

        Returns:
            An array (n, …) that belongs to the caller, or a dict of such arrays. With
            `frame_stack` it is what goes into the stack, pictures with their channels first.
        """
        if self.needs_screen:
            assert screens is not None
            pictures = self._scale(screens[..., None] if self.grey else screens)
            return pictures.transpose(0, 3, 1, 2) if self._channels_first else pictures
        if self._obs_type == "ram":
            return np.array(reader.images[where][:, :RAM_SIZE])
        features = reader.features(where)
        if self._obs_type == "features":
            return features
        parts = self.game.feature_table.parts
        return {name: features[:, part].copy() for name, (part, _) in parts.items()}
