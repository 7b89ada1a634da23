"""Hirondelle, the bundled free game."""

from __future__ import annotations

import dataclasses

from copain_gym.games.game import Game
from copain_gym.games.shooter import ram_table

__all__ = ["HIRONDELLE"]

HIRONDELLE = Game(
    name="hirondelle",
    title="Hirondelle",
    description="A free shooter in three stages, written for this project. Its RAM is laid out "
    "as Gradius's is.",
    variables=ram_table.VARIABLES,
    actions=ram_table.ACTIONS,
    predicates=ram_table.PREDICATES,
    events=ram_table.EVENTS,
    rewards=ram_table.REWARDS,
    endings=ram_table.ENDINGS,
    features=ram_table.FEATURES,
    search=ram_table.SEARCH,
    start=ram_table.START,
    stage_start=dataclasses.replace(ram_table.STAGE_START, stages=3, verified=True),
    bundled=True,
    notes="""\
Sources: the game's own source, `homebrew/hirondelle/ram.toml`, with which a test compares the
table. The letters below are those of [Gradius](gradius.md), whose layout it follows: **M**, **F**
and **R**.""",
)
