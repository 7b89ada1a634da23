"""Random play through stage 1 of Hirondelle: of the plans that live, the first one is played."""

from __future__ import annotations

import dataclasses

from copain_gym.search.problems.hirondelle import PROBLEM as WHOLE

PROBLEM = dataclasses.replace(
    WHOLE,
    name="hirondelle-random",
    actions="power",
    presses=(),
    value=lambda v: 0,
    win=lambda v: v["play_state"] == 0x86,
    options={"horizon": 72},
)
