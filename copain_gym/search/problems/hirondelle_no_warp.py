"""Hirondelle without a warp, in the fewest frames: the bosses fall as soon as their cores open."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from copain_gym.games.parts import StartStep
from copain_gym.search.problem import Press
from copain_gym.search.problems import hirondelle

GAME = dataclasses.replace(
    hirondelle.PROBLEM.the_game,
    start=(StartStep(when=lambda v: v["mode"] <= 2, buttons="start", hold=1, release=1),),
)
"""The game, with START pressed as soon as it is read."""

DIRECTIONS = ("", "up", "down", "left", "right", "up+left", "up+right", "down+left", "down+right")

TAP = Press(lambda v: (v["pad"] & 0x80) == 0, "A", every=4)
"""A every four frames: each new press fires, and a held A fires every nine frames only."""


def fight(v: Any) -> Any:
    """Before a boss: hits, and ship and options at the height of its core."""
    core = v["enemy_y"][..., 0]
    aside = np.abs(v["option_y"].T - core).T * (v["option_y"] > 0)
    at_place = 2 * np.abs(v["ship_x"] - v["enemy_x"][..., 0] + 70) + 6 * np.abs(v["ship_y"] - core)
    boss = (v["play_state"] == 0x84) | (v["play_state"] == 0x85)
    return boss * (2000 * v["enemy_damage"][..., 0] - at_place - 4 * aside.sum(-1))


def value(v: Any) -> Any:
    """Points, which buy weapons, and short fights."""
    calm = v["play_state"] < 0x84
    at_place = 2 * np.abs(v["ship_x"] - 60) + np.abs(v["ship_y"] - 96)
    over = 100_000 * (v["play_state"] >= 0x86)
    return v["score"] + 100 * v["shield"] + fight(v) - calm * at_place + over


def reached(before: Any, after: Any) -> Any:
    """A boss comes in, or it is gone."""
    then, now = before["play_state"], after["play_state"]
    return ((then < 0x84) & (now >= 0x84)) | ((then < 0x86) & (now >= 0x86))


PROBLEM = dataclasses.replace(
    hirondelle.PROBLEM,
    game=GAME,
    name="hirondelle-no-warp",
    actions=DIRECTIONS,
    presses=(*hirondelle.PROBLEM.presses, TAP),
    objective="time",
    value=value,
    checkpoint=reached,
    options={"plans": 12, "tries": 4},
)
