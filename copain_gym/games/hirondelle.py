"""Hirondelle, the bundled free game."""

from __future__ import annotations

import dataclasses

from copain_gym.games import gradius_ram
from copain_gym.games.game import Game

__all__ = ["HIRONDELLE"]

HIRONDELLE = Game(
    name="hirondelle",
    title="Hirondelle",
    description="A free shooter in three stages, written for this project. Its RAM is laid out "
    "as Gradius's is.",
    variables=gradius_ram.VARIABLES,
    actions=gradius_ram.ACTIONS,
    predicates=gradius_ram.PREDICATES,
    events=gradius_ram.EVENTS,
    rewards=gradius_ram.REWARDS,
    endings=gradius_ram.ENDINGS,
    features=gradius_ram.FEATURES,
    start=gradius_ram.START,
    stage_start=dataclasses.replace(gradius_ram.STAGE_START, stages=3, verified=True),
    bundled=True,
)
