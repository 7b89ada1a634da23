"""Hirondelle, the bundled free game."""

from __future__ import annotations

from copain_gym.games import gradius_ram
from copain_gym.games.game import Game

__all__ = ["HIRONDELLE"]

HIRONDELLE = Game(
    name="Hirondelle",
    variables=gradius_ram.VARIABLES,
    actions=gradius_ram.ACTIONS,
    predicates=gradius_ram.PREDICATES,
    start=gradius_ram.START,
    rewards={"score": lambda before, after: after["score"] - before["score"]},
)
