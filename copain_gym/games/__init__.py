"""What is known of games, as data."""

from copain_gym.games.game import Game
from copain_gym.games.hirondelle import HIRONDELLE
from copain_gym.games.variables import Variable

__all__ = ["GAMES", "HIRONDELLE", "Game", "Variable"]

GAMES = {"hirondelle": HIRONDELLE}
"""Games by the name that `NesEnv(game=...)` takes."""
