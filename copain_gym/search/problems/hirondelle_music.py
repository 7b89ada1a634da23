"""Stage 1 of Hirondelle to its music: all presses come with the notes of the bass."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from copain_gym.games import Variable
from copain_gym.search.problem import Press
from copain_gym.search.problems.hirondelle import PROBLEM as WHOLE
from copain_gym.search.problems.hirondelle import idle, wants
from copain_gym.search.problems.hirondelle_no_warp import DIRECTIONS

BASS = Variable(
    "bass",
    0x0714,  # `wait` of the third channel, homebrew/hirondelle/sound/sound.s
    meaning="time until the bass plays its next note",
    unit="frames",
)
GAME = WHOLE.the_game
EIGHTH = 12
"""Frames of an eighth note: 150 beats a minute."""


def beat(v: Any) -> Any:
    """Whether a note can begin in the next frame: notes last a multiple of six frames."""
    return v["bass"] % 6 == 1


PROBLEM = dataclasses.replace(
    WHOLE,
    game=dataclasses.replace(GAME, variables=(*GAME.variables, BASS)),
    name="hirondelle-music",
    actions=DIRECTIONS,
    frames_per_action=EIGHTH,
    presses=(Press(beat, "A", every=EIGHTH), Press(lambda v: beat(v) & wants(v), "B")),
    value=lambda v: v["score"] - 2 * np.abs(v["ship_x"] - 60) - np.abs(v["ship_y"] - 96),
    skip=lambda v: idle(v) | (v["bass"] % 6 != 1),  # off the beat, nothing is pressed
    win=lambda v: v["play_state"] == 0x82,  # the end of the stage, where its music stops
    options={"horizon": 4 * EIGHTH, "step": EIGHTH, "calm_step": EIGHTH, "plans": 12},
)
