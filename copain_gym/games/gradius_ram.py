"""The RAM table that Gradius (USA) and Hirondelle share.

Sources of the addresses: M, a frame-exact port of the cartridge (Fabulu/Mixup, games/gradius);
F, `Gradius-BulletHell.lua` that ships with FCEUX; R, stable-retro's `Gradius-Nes` integration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copain_gym.games.game import Predicate, StartStep
from copain_gym.games.variables import Variable

__all__ = ["ACTIONS", "PREDICATES", "START", "VARIABLES"]

VARIABLES = (
    Variable("mode", 0x00, meaning="0 title, 1 menu, 2 demo, 3 start, 4 hand-over, 5 play"),
    Variable("frame_counter", 0x02, meaning="runs freely; the only randomness", unit="frames"),
    Variable("paused", 0x15, meaning="1 while paused"),
    Variable("rank", 0x17, meaning="difficulty"),
    Variable("stage", 0x19, meaning="stage, from 0"),
    Variable("loop", 0x1A, meaning="times the game was finished"),
    Variable("play_state", 0x1B, meaning="$80 playing, $A0 dying, $C0 game over, $87-$8D ending"),
    Variable("lives", 0x20, meaning="lives left, 255 at game over"),
    Variable("checkpoint", 0x24, meaning="checkpoint of the stage"),
    Variable("scroll", 0x3E, "u16", meaning="how far the stage has scrolled", unit="pixels"),
    Variable("speed", 0x40, meaning="speed level"),
    Variable("missile", 0x41, meaning="1 with missiles"),
    Variable("meter", 0x42, meaning="cursor of the power meter, 0 none, 6 shield"),
    Variable("weapon", 0x44, meaning="0 normal, 1 laser, 2 double"),
    Variable("options", 0x45, meaning="options, 0 to 2"),
    Variable("shield", 0x46, meaning="hits that the shield still takes"),
    Variable("ship_status", 0x0100, meaning="1 alive, 2 dying"),
    Variable("ship_x", 0x0360, meaning="ship, 16 to 240", unit="pixels"),
    Variable("ship_y", 0x0320, meaning="ship, 16 to 192", unit="pixels"),
    Variable("enemy_type", 0x030C, count=10, meaning="0 free, bit 7 active"),
    Variable("enemy_x", 0x036C, count=10, meaning="enemies", unit="pixels"),
    Variable("enemy_y", 0x032C, count=10, meaning="enemies", unit="pixels"),
    Variable("bullet_type", 0x0316, count=10, meaning="0 free"),
    Variable("bullet_x", 0x0376, count=10, meaning="enemy bullets", unit="pixels"),
    Variable("bullet_y", 0x0336, count=10, meaning="enemy bullets", unit="pixels"),
    Variable("top_score", 0x07E0, "bcd", meaning="high score", unit="points", scale=10),
    Variable("score", 0x07E4, "bcd", meaning="score of player 1", unit="points", scale=10),
)


def _playing(v: Mapping[str, Any]) -> Any:
    in_play = (v["mode"] == 5) & ((v["play_state"] & 0xE0) == 0x80)
    return in_play & (v["ship_status"] == 1)


def _game_over(v: Mapping[str, Any]) -> Any:
    return (v["lives"] == 0xFF) | (v["play_state"] == 0xC0)


def _dying(v: Mapping[str, Any]) -> Any:
    return (v["mode"] == 5) & (v["play_state"] == 0xA0)


def _ending(v: Mapping[str, Any]) -> Any:
    return (v["mode"] == 5) & (v["play_state"] >= 0x87) & (v["play_state"] <= 0x8D)


PREDICATES: Mapping[str, Predicate] = {
    "playing": _playing,
    "dying": _dying,
    "game_over": _game_over,
    "ending": _ending,
}

START = (StartStep(when=lambda v: v["mode"] <= 2, buttons="start"),)

_DIRECTIONS = ("", "up", "down", "left", "right", "up+left", "up+right", "down+left", "down+right")

ACTIONS: Mapping[str, tuple[str, ...]] = {
    # A is held: both games then fire by themselves.
    "simple": tuple(f"A+{d}" if d else "A" for d in _DIRECTIONS),
}
