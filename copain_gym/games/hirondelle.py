"""Hirondelle, the bundled free game."""

from __future__ import annotations

import dataclasses

from copain_gym.games.game import Game
from copain_gym.games.shooter import ram_table
from copain_gym.games.variables import Variable

__all__ = ["HIRONDELLE"]

_SOURCE = "H"

OWN_VARIABLES = (
    Variable(
        "pad",
        0x07,
        meaning="buttons held: right 1, left 2, down 4, up 8, START 16, SELECT 32, B 64, A 128",
        source=_SOURCE,
    ),
    Variable(
        "nests",
        0x5E,
        meaning="nests destroyed in this stage; four of stage 1 open a warp at its end",
        source=_SOURCE,
    ),
    Variable("boss_open", 0x62, meaning="1 while the boss's core is open", source=_SOURCE),
    Variable("bonuses", 0x64, meaning="hidden bonuses found", source=_SOURCE),
    Variable("kills", 0x87, "u16", "enemies destroyed", source=_SOURCE),
    Variable(
        "gate",
        0x8A,
        meaning="time that the way through the upper right corner stays open",
        unit="frames",
        source=_SOURCE,
    ),
)
"""Variables that only Hirondelle has."""

HIRONDELLE = Game(
    name="hirondelle",
    title="Hirondelle",
    description="A free shooter with three stages, written for this project. Its variables lie at "
    "the same RAM addresses as those of Gradius.",
    variables=(*ram_table.VARIABLES, *OWN_VARIABLES),
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
table below. **H** marks variables that only Hirondelle has. The letters **M**, **F** and **R** are
the sources of the same addresses in [Gradius](gradius.md).""",
)
