"""Hirondelle in the fewest frames: stage 1, the warp behind its four nests, stage 3."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from copain_gym.search.problems.hirondelle_no_warp import PROBLEM as NO_WARP
from copain_gym.search.problems.hirondelle_no_warp import fight

NESTS = (124, 180, 201, 244)
"""Columns of stage 1 in which the nests are."""


def value(v: Any) -> Any:
    """As without a warp; in stage 1 the nests count, and at its end the upper right corner."""
    x, y, first = v["ship_x"], v["ship_y"], v["stage"] == 0
    leaving = first & (v["scroll"] > 2200)
    at_place = np.where(
        leaving,
        6 * np.abs(x - 232) + 10 * np.abs(y - 20),
        2 * np.abs(x - 60) + np.abs(y - 96),
    )
    nests = (v["enemy_type"] == 0x8C) * (400 * v["enemy_damage"] - 4 * np.abs(v["enemy_y"].T - y).T)
    calm, over = v["play_state"] < 0x84, (v["play_state"] == 0x86) * 100_000
    return (
        v["score"]
        + first * (3000 * v["nests"] + nests.sum(-1))
        + 100 * v["shield"]
        + fight(v)
        - calm * at_place
        + over
    )


PROBLEM = dataclasses.replace(
    NO_WARP,
    name="hirondelle-fast",
    value=value,
    # A nest that leaves the screen ends the try: all four open the warp.
    constraint=lambda v: (
        (v["stage"] > 0) | (v["nests"] >= sum(v["scroll"] > 8 * column - 50 for column in NESTS))
    ),
)
