"""What is known of games, as data."""

from __future__ import annotations

import os

from copain_gym.games.game import Game, GameRom, StageStart, StartStep
from copain_gym.games.gradius import GRADIUS
from copain_gym.games.hirondelle import HIRONDELLE
from copain_gym.games.retro.integration import find_integration, load_integration
from copain_gym.games.variables import Variable

__all__ = [
    "GAMES",
    "GRADIUS",
    "HIRONDELLE",
    "Game",
    "GameRom",
    "StageStart",
    "StartStep",
    "Variable",
    "find_game",
]

GAMES = {game.name: game for game in (HIRONDELLE, GRADIUS)}
"""Games by the name that `NesEnv(game=...)` takes."""


def find_game(name: str | os.PathLike[str], *, scenario: str | None = None) -> Game:
    """A game by its name.

    Args:
        name: one of `GAMES`, one of stable-retro's NES integrations, or the folder of one.
        scenario: which scenario of an integration; None is `scenario`.

    Raises:
        ValueError: there is none of that name, or the scenario is of no integration.
    """
    if not os.fspath(name):
        raise ValueError(
            "game is not named; pass one of stable-retro's NES integrations, "
            'game="SuperMarioBros-Nes", the folder of one, or one of '
            f"{', '.join(GAMES)}"
        )
    if isinstance(name, str) and name in GAMES:
        if scenario is not None:
            raise ValueError(f"scenario is {scenario!r}; {name} has none, allowed is None")
        return GAMES[name]
    try:
        find_integration(name)
    except ValueError as error:
        raise ValueError(f"{error}; the package's own games are {', '.join(GAMES)}") from None
    return load_integration(name, scenario=scenario or "scenario")
