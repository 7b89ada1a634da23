"""Hirondelle without a shot, as far as that goes: the wall of stage 1 can only be shot open."""

from __future__ import annotations

import dataclasses

import numpy as np

from copain_gym.search.problems.hirondelle import PROBLEM as WHOLE
from copain_gym.search.problems.hirondelle_no_warp import DIRECTIONS

WALL = 160 * 8 - 16 - 6
"""The scroll at which the wall's first column, 160, reaches the nose of a ship at the left edge."""

PROBLEM = dataclasses.replace(
    WHOLE,
    name="hirondelle-no-shot",
    actions=DIRECTIONS,
    presses=(),
    value=lambda v: -np.abs(v["ship_x"] - 16) - np.abs(v["ship_y"] - 96),
    win=lambda v: (v["scroll"] >= WALL - 2) & (v["ship_status"] == 1),
)
