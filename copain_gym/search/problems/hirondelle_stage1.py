"""Stage 1 of Hirondelle with many points, until its boss is gone."""

from __future__ import annotations

import dataclasses

from copain_gym.search.problems.hirondelle import PROBLEM as WHOLE

PROBLEM = dataclasses.replace(
    WHOLE,
    name="hirondelle-stage1",
    actions="power",
    presses=(),
    value="score",
    win=lambda v: v["play_state"] == 0x86,
)
