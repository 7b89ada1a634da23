"""Games, described as data: variables, actions, rewards, events, features."""

from __future__ import annotations

from copain_gym.games.game import Game, GameRom, SearchRules, StageStart, StartStep
from copain_gym.games.gradius import GRADIUS
from copain_gym.games.hirondelle import HIRONDELLE
from copain_gym.games.registry import GameLike, all_games, find_game, package_games
from copain_gym.games.variables import Variable

__all__ = [
    "GRADIUS",
    "HIRONDELLE",
    "Game",
    "GameLike",
    "GameRom",
    "SearchRules",
    "StageStart",
    "StartStep",
    "Variable",
    "all_games",
    "find_game",
    "package_games",
]
