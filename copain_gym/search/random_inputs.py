"""Random inputs: episodes of a random player in one emulator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from copain_gym.buttons import Button
from copain_gym.emulator import Emulator
from copain_gym.games.game import Game

__all__ = ["Episode", "play_episode"]

_DIRECTIONS = (
    Button.UP,
    Button.UP | Button.RIGHT,
    Button.RIGHT,
    Button.DOWN | Button.RIGHT,
    Button.DOWN,
    Button.DOWN | Button.LEFT,
    Button.LEFT,
    Button.UP | Button.LEFT,
    Button(0),
)


@dataclass(frozen=True)
class Episode:
    """What a random player reached.

    Attributes:
        frames: frames of play up to the first death.
        score: the game's score then.
        ended: whether the game's ending was reached.
    """

    frames: int
    score: int
    ended: bool


def play_episode(
    emulator: Emulator,
    game: Game,
    random: np.random.Generator,
    frame_per_action: int = 5,
    stopping: Callable[[], bool] = lambda: False,
) -> Episode:
    """Play from where the emulator stands to the first death.

    Each action is one of nine directions, held for `frame_per_action` frames, and A and B or
    not, pressed in its first frame only.

    Args:
        emulator: at the beginning of play.
        game: its game.
        random: where the actions come from.
        frame_per_action: frames of each action.
        stopping: asked after each action.
    """
    if frame_per_action < 1:
        raise ValueError(f"frame_per_action is {frame_per_action}; it must be at least 1")
    begin = emulator.frame_count
    while True:
        direction = _DIRECTIONS[random.integers(len(_DIRECTIONS))]
        fire = int(random.integers(2)) * Button.A | int(random.integers(2)) * Button.B
        ram = emulator.step(direction | fire, 1)
        if frame_per_action > 1:
            ram = emulator.step(direction, frame_per_action - 1)
        values = game.decode(ram)
        ended = bool(game.predicates["ending"](values))
        dead = game.predicates["dying"](values) or game.predicates["game_over"](values)
        if dead or ended or stopping():
            return Episode(emulator.frame_count - begin, int(values["score"]), ended)
