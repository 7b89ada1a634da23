"""Random play through stage 1 of Hirondelle: of the plans that live, the first one is played."""

from __future__ import annotations

import dataclasses

from copain_gym.search.problems.hirondelle_stage1 import PROBLEM as STAGE

PROBLEM = dataclasses.replace(
    STAGE, name="hirondelle-random", value=lambda v: 0, options={"horizon": 72}
)
