"""Hirondelle from power-on to its ending without a death, with many points."""

from __future__ import annotations

from typing import Any

import numpy as np

from copain_gym.search.problem import Press, Problem


def wants(v: Any) -> Any:
    """Whether to buy what the power meter shows."""
    meter = v["meter"]
    return (
        ((meter == 1) & (v["speed"] < 1))
        | ((meter == 2) & (v["missile"] == 0))
        | ((meter == 4) & (v["weapon"] != 1) & (v["options"] > 0))
        | ((meter == 5) & (v["options"] < 2))
        | ((meter == 6) & (v["shield"] == 0))
    )


def value(v: Any) -> Any:
    """Points, and what leads to points: a place to shoot from, and hits of a boss."""
    x, y = v["ship_x"], v["ship_y"]
    boss = (v["play_state"] == 0x84) | (v["play_state"] == 0x85)
    target = np.where(boss, v["enemy_y"][..., 0], 96)
    fight = boss * (1000 * v["enemy_damage"][..., 0] - 6 * np.abs(y - target))
    return v["score"] + fight - 2 * np.abs(x - 60) - np.abs(y - target)


def idle(v: Any) -> Any:
    """Whether no input matters: no stage is played, or its boss is beaten."""
    return (v["mode"] != 5) | (v["play_state"] < 0x80) | (v["play_state"] >= 0x86)


PROBLEM = Problem(
    game="hirondelle",
    value=value,
    win=lambda v: (v["mode"] == 5) & (v["play_state"] == 0x8D),
    skip=idle,
    presses=(Press(wants, "B"),),
    checkpoint="stage_cleared",
    same={"stage": 1, "scroll": 8, "ship_x": 8, "ship_y": 8, "play_state": 1},
    frames=30_000,
)
