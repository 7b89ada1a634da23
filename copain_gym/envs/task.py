"""`Task`: what an agent sees, does and is paid for in a game; all of it for n emulators at once.

It holds no emulator and no episode, so a single environment and a vector of them share it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt

from copain_gym.bridge.screen import HEIGHT, WIDTH
from copain_gym.envs.actions import ActionSet
from copain_gym.envs.pictures import Scaler
from copain_gym.games.game import Change, Game
from copain_gym.games.reader import Reader, Where
from copain_gym.games.variables import RAM_SIZE, Values

__all__ = ["OBS_TYPES", "Task"]

OBS_TYPES = ("features", "dict", "ram", "rgb", "grayscale")

Observation: TypeAlias = "npt.NDArray[Any] | dict[str, npt.NDArray[Any]]"


class Task:
    """The options of an environment that do not depend on an emulator, checked.

    Args:
        game: the game.
        obs_type: one of `OBS_TYPES`.
        action_set: `multi_binary` or one of the game's sets.
        reward: name of a term, or weights by name of term.
        terminate_on: one of the game's endings.
        players: how many play.
        screen_size: height and width of pictures; None is (240, 256).
        info_variables: the variables that infos hold; None is all.

    Attributes:
        observation_space: of one environment.
        actions: the action set.
        needs_screen: whether an observation is a picture.
        grey: whether it is one in shades of grey.
        small: height and width of grey pictures that the emulator scales down itself; None for
            whole pictures.
        ends: the events that end an episode.
        info_slots: place of each variable of infos in `Values.vector`.

    Raises:
        ValueError: an argument is not one of those that are allowed.
    """

    def __init__(
        self,
        game: Game,
        *,
        obs_type: str = "features",
        action_set: str = "simple",
        reward: str | Mapping[str, float] = "score",
        terminate_on: str = "game_over",
        players: int = 1,
        screen_size: tuple[int, int] | None = None,
        info_variables: Sequence[str] | None = None,
    ) -> None:
        self.game = game
        if obs_type not in OBS_TYPES:
            raise ValueError(f"obs_type is {obs_type!r}; allowed are {', '.join(OBS_TYPES)}")
        if terminate_on not in game.endings:
            raise ValueError(
                f"terminate_on is {terminate_on!r}; allowed are {', '.join(game.endings)}"
            )
        self.obs_type = obs_type
        self.grey = obs_type == "grayscale"
        self.needs_screen = obs_type in ("rgb", "grayscale")
        if screen_size is not None and not self.needs_screen:
            raise ValueError(
                f"screen_size is {screen_size!r}, but obs_type {obs_type!r} is no picture; "
                f"allowed is None"
            )
        self._scale = Scaler(screen_size or (HEIGHT, WIDTH))
        self.small = self._scale.size if self.grey and not self._scale.whole else None
        self.actions = ActionSet(game, action_set, players)
        self._events = {**game.events, **(game.two_player_events if players == 2 else {})}
        self._weights, self._scripts = _reward(game, self._events, reward)
        self.ends = game.endings[terminate_on]
        self.info_slots = _info_slots(game, info_variables)
        self.observation_space = self._space()

    def _space(self) -> gymnasium.Space[Any]:
        spaces = gymnasium.spaces
        if self.obs_type == "ram":
            return spaces.Box(0, 255, (RAM_SIZE,), np.uint8)
        if self.needs_screen:
            shape = (*self._scale.size, 1 if self.grey else 3)
            return spaces.Box(0, 255, shape, np.uint8)
        table = self.game.feature_table
        if self.obs_type == "features":
            return spaces.Box(-1.0, 1.0, (table.size,), np.float32)
        # Flat, as Stable-Baselines3 wants them.
        return spaces.Dict(
            {
                name: spaces.Box(-1.0, 1.0, (part.stop - part.start,), np.float32)
                for name, (part, _) in table.parts.items()
            }
        )

    def reader(self, images: npt.NDArray[np.uint8]) -> Reader:
        """What reads the memory of n emulators for this task.

        Args:
            images: their RAM (with the game's further memory), (n, 2048 or more) uint8, which the
                caller keeps up to date.
        """
        features = self.game.feature_table if self.obs_type in ("features", "dict") else None
        return Reader(images, self.game.decoder, self._events, self._weights, features)

    def observe(
        self,
        reader: Reader,
        where: Where = slice(None),
        screens: npt.NDArray[np.uint8] | None = None,
    ) -> Observation:
        """The observations of some emulators.

        Args:
            reader: has read them.
            where: which.
            screens: their pictures where `needs_screen`: (n, 240, 256, 3) uint8; with `grey`
                (n, 240, 256) or, scaled down already, (n, *small).

        Returns:
            An array (n, …) that belongs to the caller, or a dict of such arrays.
        """
        if self.needs_screen:
            assert screens is not None
            return self._scale(screens[..., None] if self.grey else screens)
        if self.obs_type == "ram":
            return np.array(reader.images[where][:, :RAM_SIZE])
        features = reader.features(where)
        if self.obs_type == "features":
            return features
        parts = self.game.feature_table.parts
        return {name: features[:, part].copy() for name, (part, _) in parts.items()}

    @property
    def has_scripts(self) -> bool:
        """Whether the reward has scripted terms, which keep a state of each episode."""
        return bool(self._scripts)

    def begin_scripts(self, values: Values) -> Callable[[Values], float]:
        """Begin an episode of the scripted terms.

        Args:
            values: the variables of one emulator at the episode's beginning.

        Returns:
            What a step is worth by the scripts, from the variables after it.
        """
        running = [(weight, make()) for weight, make in self._scripts]
        for _, script in running:
            script(values)  # so that it has seen the beginning
        return lambda after: sum(weight * script(after) for weight, script in running)


def _info_slots(game: Game, names: Sequence[str] | None) -> dict[str, int | slice]:
    slots = game.decoder.slots
    if names is None:
        return slots
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"info_variables is {names!r}; allowed are None and a list of names")
    for name in names:
        if name not in slots:
            raise ValueError(
                f"info_variables has {name!r}; allowed are variables of {game.title}: "
                f"{', '.join(slots)}"
            )
    return {name: slots[name] for name in names}


def _reward(
    game: Game, events: Mapping[str, Change], reward: str | Mapping[str, float]
) -> tuple[list[tuple[float, Change]], list[tuple[float, Any]]]:
    weights = {reward: 1.0} if isinstance(reward, str) else dict(reward)
    allowed = ", ".join(game.reward_terms)
    for name, weight in weights.items():
        if name not in game.reward_terms:
            what = "reward is" if isinstance(reward, str) else "reward has the term"
            raise ValueError(f"{what} {name!r}; allowed are {allowed}, or weights of these")
        if isinstance(weight, bool) or not isinstance(weight, (int, float, np.number)):
            raise ValueError(f"reward gives {name!r} the weight {weight!r}; it must be a number")
    terms = {**game.rewards, **events}
    plain = [(float(w), terms[name]) for name, w in weights.items() if name in terms]
    scripts = [(float(w), game.scripts[name]) for name, w in weights.items() if name not in terms]
    return plain, scripts
