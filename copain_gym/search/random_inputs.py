"""Random play in one emulator, up to the first death."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from copain_gym.buttons import Button
from copain_gym.emulator import Emulator
from copain_gym.envs.start import read_image
from copain_gym.games.game import Game

__all__ = ["RandomPlay", "check_random", "play_randomly"]

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
class RandomPlay:
    """The result of random play from a savestate to the first death.

    Attributes:
        frames: frames of play up to the first death.
        score: the variable `score` at the end; 0 in a game without one.
        ended: whether the game's ending was reached; False in a game without the predicate.
    """

    frames: int
    score: int
    ended: bool


def check_random(game: Game) -> None:
    """Check that a game declares what random play needs.

    Raises:
        ValueError: the game does not; the error says what to add.
    """
    if "dead" not in game.predicates:
        raise ValueError(
            f"it is not known when an episode of {game.title} ends: add to its Game "
            f"predicates={{'dead': …}}, a function of the variables that says whether the player "
            f"has died"
        )


def play_randomly(
    emulator: Emulator,
    game: Game,
    random: np.random.Generator,
    frame_per_action: int = 5,
    stopping: Callable[[], bool] = lambda: False,
) -> RandomPlay:
    """Play until the first death, from the emulator's current state.

    Each action holds one of nine directions for `frame_per_action` frames. In its first frame, A
    and B are each pressed with a probability of one half.

    Args:
        emulator: the emulator, at the beginning of play.
        game: its game, with the predicate `dead`.
        random: the generator that the actions are drawn from.
        frame_per_action: number of frames of each action.
        stopping: is called after each action; play ends if it returns true.

    Raises:
        ValueError: the game has no predicate `dead`, or a number is out of range.
    """
    check_random(game)
    if frame_per_action < 1:
        raise ValueError(f"frame_per_action is {frame_per_action}; it must be at least 1")
    begin = emulator.frame_count
    while True:
        direction = _DIRECTIONS[random.integers(len(_DIRECTIONS))]
        fire = int(random.integers(2)) * Button.A | int(random.integers(2)) * Button.B
        emulator.step(direction | fire, 1)
        if frame_per_action > 1:
            emulator.step(direction, frame_per_action - 1)
        values = game.decode(read_image(emulator, game))
        ended = "ending" in game.predicates and bool(game.predicates["ending"](values))
        if game.predicates["dead"](values) or ended or stopping():
            score = int(values["score"]) if "score" in values else 0
            return RandomPlay(emulator.frame_count - begin, score, ended)
