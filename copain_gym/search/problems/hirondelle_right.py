"""Hirondelle in the right third of the screen, where enemies come in."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from copain_gym.search.problems.hirondelle import PROBLEM as WHOLE


def value(v: Any) -> Any:
    """Points, a place in the middle of that third, and hits of a boss."""
    boss = (v["play_state"] == 0x84) | (v["play_state"] == 0x85)
    height = np.where(boss, v["enemy_y"][..., 0], 96)
    at_place = 2 * np.abs(v["ship_x"] - 185) + np.abs(v["ship_y"] - height)
    return v["score"] + 100 * v["shield"] + 1000 * boss * v["enemy_damage"][..., 0] - at_place


PROBLEM = dataclasses.replace(
    WHOLE,
    name="hirondelle-right",
    value=value,
    # A stage begins with the ship on the left.
    constraint=lambda v: (v["ship_x"] >= 170) | ((v["play_state"] == 0x80) & (v["scroll"] < 50)),
)
