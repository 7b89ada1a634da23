"""Hirondelle, the bundled free game."""

from __future__ import annotations

import dataclasses

from copain_gym.games.game import Game
from copain_gym.games.shooter import ram_table

__all__ = ["HIRONDELLE"]

HIRONDELLE = Game(
    name="hirondelle",
    title="Hirondelle",
    description="A free shooter with three stages, written for this project. Its variables lie at "
    "the same RAM addresses as those of Gradius.",
    variables=ram_table.VARIABLES,
    actions=ram_table.ACTIONS,
    predicates=ram_table.PREDICATES,
    events=ram_table.EVENTS,
    rewards=ram_table.REWARDS,
    endings=ram_table.ENDINGS,
    features=ram_table.FEATURES,
    search=ram_table.SEARCH,
    training=ram_table.TRAINING,
    start=ram_table.START,
    stage_start=dataclasses.replace(ram_table.STAGE_START, stages=3, verified=True),
    bundled=True,
    notes="""\
Source: the game's own table of RAM, `homebrew/hirondelle/ram.toml`. A test compares it with the
table below. The letters **M**, **F** and **R** are the sources of the same addresses in
[Gradius](gradius.md).""",
)
