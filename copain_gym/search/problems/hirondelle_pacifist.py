"""Hirondelle to its ending without hitting anybody: only walls are shot, and bosses leave."""

from __future__ import annotations

import dataclasses

import numpy as np

from copain_gym.search.problems.hirondelle import PROBLEM as WHOLE
from copain_gym.search.problems.hirondelle_no_warp import DIRECTIONS

PROBLEM = dataclasses.replace(
    WHOLE,
    name="hirondelle-pacifist",
    actions=(*DIRECTIONS, *("A+" + way if way else "A" for way in DIRECTIONS)),
    presses=(),
    value=lambda v: 5 * v["score"] - np.abs(v["ship_x"] - 30) - np.abs(v["ship_y"] - 100),
    constraint=lambda v: (v["kills"] == 0) & (v["enemy_damage"].sum(-1) == 0),
    frames=60_000,
    options={"horizon": 72, "plans": 9},
)
