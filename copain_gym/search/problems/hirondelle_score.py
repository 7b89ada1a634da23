"""Hirondelle with as many points as one loop holds."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from copain_gym.search.problem import Press
from copain_gym.search.problems.hirondelle import PROBLEM as WHOLE
from copain_gym.search.problems.hirondelle_no_warp import DIRECTIONS, TAP

CAPSULE, EXPLOSION, TURRET, NEST = 0x01, 0x02, 0x8B, 0x8C

BONUSES = ((0, 142, 5), (0, 174, 13), (1, 189, 9), (1, 231, 7), (2, 186, 18), (2, 270, 13))
"""Blocks that hide a bonus: stage, column, row. Those in rows 5 and 7 are hit from below only."""


def wants(v: Any) -> Any:
    """Whether to buy what the meter shows: missiles reach the ground, the double the ceiling."""
    meter = v["meter"]
    return (
        ((meter == 1) & (v["speed"] < 2))
        | ((meter == 2) & (v["missile"] == 0))
        | ((meter == 3) & (v["weapon"] != 2))
        | ((meter == 5) & (v["options"] < 2))
        | ((meter == 6) & (v["shield"] == 0))
    )


def bonus(v: Any) -> Any:
    """How far the ship is from where it would hit the next hidden block, in pixels."""
    off = 0
    for number, (stage, column, row) in enumerate(BONUSES):
        ahead = 8 * column - v["scroll"] - v["ship_x"]
        below = np.clip(ahead, 30, 90) * (row < 8)  # the double's second shot rises by 45 degrees
        near = (v["stage"] == stage) & (ahead > 10) & (ahead < 150) & (v["bonuses"] <= number)
        off = off + near * np.clip(np.abs(v["ship_y"] - 8 * row - 4 - below), 0, 75)
    return off


def value(v: Any) -> Any:
    """Points, and what will give points: capsules, hidden blocks, turrets and nests ahead."""
    x, y, kind = v["ship_x"], v["ship_y"], v["enemy_type"]
    dx, dy = v["enemy_x"] - x, v["enemy_y"] - y
    capsules = (kind == CAPSULE) * np.clip(350 - 1.5 * np.abs(dx) - 1.5 * np.abs(dy), 50, 350)
    capsules = capsules + 300 * ((kind == EXPLOSION) & (v["enemy_drop"] == 1))
    standing = (kind == TURRET) + 3 * (kind == NEST)
    away = standing * (dx > 0) * np.clip(150 - dx, 0, 150) * np.abs(dy) / 100
    boss = (v["play_state"] == 0x84) | (v["play_state"] == 0x85)
    core = v["enemy_y"][..., 0]
    fight = boss * (1000 * v["enemy_damage"][..., 0] - 6 * np.abs(y - core))
    at_place = 0.5 * np.abs(x - 50) + 0.2 * np.abs(y - 96)
    targets = (capsules - away).sum(-1) * (1 - boss)
    return v["score"] + targets - 8 * bonus(v) + 60 * v["shield"] + fight - at_place


PROBLEM = dataclasses.replace(
    WHOLE,
    name="hirondelle-score",
    actions=DIRECTIONS,
    presses=(Press(wants, "B"), TAP),
    value=value,
    checkpoint=lambda before, after: (
        (after["checkpoint"] > before["checkpoint"])
        | ((before["play_state"] < 0x84) & (after["play_state"] >= 0x84))
        | ((before["play_state"] < 0x86) & (after["play_state"] >= 0x86))
    ),
    options={"plans": 16, "tries": 3},
)
