"""The description that Gradius (USA) and Hirondelle share: variables, rewards, features and others.

Sources of the addresses: M, a frame-exact port of the cartridge (Fabulu/Mixup, games/gradius);
F, `Gradius-BulletHell.lua`, which FCEUX installs; R, stable-retro's `Gradius-Nes` integration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from copain_gym.games.features import Scalars, equals, linear
from copain_gym.games.game import Change, Predicate, SearchRules, StageStart, StartStep
from copain_gym.games.shooter.features import Objects, Terrain
from copain_gym.games.variables import Variable

__all__ = [
    "ACTIONS",
    "ENDINGS",
    "EVENTS",
    "FEATURES",
    "PREDICATES",
    "REWARDS",
    "SEARCH",
    "STAGE_START",
    "START",
    "VARIABLES",
]


def _slots(prefix: str, first: int, count: int, what: str, *fields: Variable) -> list[Variable]:
    """Some slots of the object arrays: every field of all of these slots."""
    return [
        Variable(
            f"{prefix}_{f.name}",
            f.address + first,
            f.type,
            f"{what}: {f.meaning}",
            f.unit,
            f.source,
            count=count,
        )
        for f in fields
    ]


_TYPE = Variable("type", 0x0300, meaning="type, 0 is a free slot", source="MF")
_X = Variable("x", 0x0360, meaning="X", unit="pixels", source="MF")
_Y = Variable("y", 0x0320, meaning="Y", unit="pixels", source="MF")
_DROP = Variable("drop", 0x03A0, meaning="1 leaves a capsule, 2 or 3 of a squadron", source="M")
_DAMAGE = Variable("damage", 0x0460, meaning="damage taken", unit="hits", source="M")
_STATE = Variable("state", 0x0480, meaning="sub-state", source="M")

VARIABLES = (
    Variable(
        "mode",
        0x00,
        meaning="0 title, 1 menu, 2 attract demo, 3 start jingle, 4 hand-over, 5 stage play",
        source="M",
    ),
    Variable("phase", 0x01, meaning="phase within the mode", source="M"),
    Variable("frame_counter", 0x02, meaning="runs freely; the only randomness", source="M"),
    Variable("cursor", 0x0F, meaning="line of the menu", source="M"),
    Variable("paused", 0x15, meaning="1 while paused", source="MF"),
    Variable("rank", 0x17, meaning="difficulty", source="M"),
    Variable("player", 0x18, meaning="player on turn, from 0", source="M"),
    Variable("stage", 0x19, meaning="stage, from 0", source="M"),
    Variable("loop", 0x1A, meaning="times that the game was finished", source="M"),
    Variable(
        "play_state",
        0x1B,
        meaning="0-4 intro, 128 playing, 129-131 stage end, 132-133 boss, 134 stage cleared, "
        "135-141 ending, 142-143 warp, 144 next stage, 160 dying, 192 game over",
        source="MF",
    ),
    Variable("lives", 0x20, meaning="lives of player 1, 255 at game over", source="MFR"),
    Variable("lives2", 0x21, meaning="lives of player 2", source="M"),
    Variable("checkpoint", 0x24, meaning="checkpoint of the stage, from 0", source="M"),
    Variable("scroll", 0x3E, "u16", "how far the stage has scrolled", "pixels", "M"),
    Variable("speed", 0x40, meaning="speed level", source="M"),
    Variable("missile", 0x41, meaning="1 with missiles", source="M"),
    Variable(
        "meter",
        0x42,
        meaning="cursor of the power meter: 0 none, 1 speed, 2 missile, 3 double, 4 laser, "
        "5 option, 6 shield",
        source="M",
    ),
    Variable("weapon", 0x44, meaning="0 normal, 1 laser, 2 double", source="M"),
    Variable("options", 0x45, meaning="options, 0 to 2", source="M"),
    Variable("shield", 0x46, meaning="hits that the shield still takes", unit="hits", source="M"),
    Variable("capsules", 0x47, meaning="capsules taken", source="M"),
    Variable("timer", 0x4C, meaning="counts down; 120 at death", unit="frames", source="MF"),
    Variable("ship_status", 0x0100, meaning="1 alive, 2 dying", source="MF"),
    Variable("ship_x", 0x0360, meaning="the ship's X, 16 to 240", unit="pixels", source="MF"),
    Variable("ship_y", 0x0320, meaning="the ship's Y, 16 to 192", unit="pixels", source="MF"),
    *_slots("option", 1, 2, "trailing options", _X, _Y),
    *_slots("shot", 3, 9, "the ship's shots and missiles", _TYPE, _X, _Y),
    *_slots("enemy", 12, 10, "enemies and capsules", _TYPE, _X, _Y, _DROP, _DAMAGE, _STATE),
    *_slots("bullet", 22, 10, "enemy bullets", _TYPE, _X, _Y),
    Variable("top_score", 0x07E0, "bcd", "high score", "points", "M", scale=10),
    Variable("score", 0x07E4, "bcd", "score of player 1", "points", "MR", scale=10),
    Variable("score2", 0x07E8, "bcd", "score of player 2", "points", "M", scale=10),
)

# ---- predicates and events ---------------------------------------------

Now = Mapping[str, Any]


def _playing(v: Now) -> Any:
    """The ship is alive in stage play, the boss and the stage's end included."""
    in_play = (v["mode"] == 5) & ((v["play_state"] & 0xE0) == 0x80)
    return in_play & (v["ship_status"] == 1)


def _dying(v: Now) -> Any:
    """The ship was hit and explodes."""
    return (v["mode"] == 5) & (v["play_state"] == 0xA0)


def _game_over(v: Now) -> Any:
    """All lives are lost."""
    return (v["mode"] == 5) & ((v["lives"] == 0xFF) | (v["play_state"] == 0xC0))


def _dead(v: Now) -> Any:
    """The ship explodes, or all lives are lost."""
    return _dying(v) | _game_over(v)


def _boss(v: Now) -> Any:
    """A boss is there."""
    return (v["mode"] == 5) & ((v["play_state"] == 0x84) | (v["play_state"] == 0x85))


def _cleared(v: Now) -> Any:
    """The stage's boss is beaten."""
    return (v["mode"] == 5) & (v["play_state"] == 0x86)


def _ending(v: Now) -> Any:
    """The last boss is beaten: the game's ending is shown."""
    return (v["mode"] == 5) & (v["play_state"] >= 0x87) & (v["play_state"] <= 0x8D)


PREDICATES: Mapping[str, Predicate] = {
    "playing": _playing,
    "dying": _dying,
    "game_over": _game_over,
    "dead": _dead,
    "boss": _boss,
    "stage_cleared": _cleared,
    "ending": _ending,
}


def _life_lost(before: Now, after: Now) -> Any:
    """A life was lost in this step, the last one included."""
    died = np.logical_not(_dying(before)) & _dying(after)
    # A long step may skip the explosion.
    fewer = ((before["lives"] - after["lives"]) & 0xFF) == 1
    return died | (fewer & np.logical_not(_dying(before)) & np.logical_not(_game_over(before)))


def _stage_cleared(before: Now, after: Now) -> Any:
    """A stage's boss was beaten in this step."""
    return np.logical_not(_cleared(before)) & _cleared(after)


def _is_over(before: Now, after: Now) -> Any:
    """All lives are lost: the game is over."""
    return _game_over(after)


def _has_ended(before: Now, after: Now) -> Any:
    """The last boss is beaten: the end of the game, before the next loop begins."""
    return _ending(after)


EVENTS: Mapping[str, Change] = {
    "life_lost": _life_lost,
    "stage_cleared": _stage_cleared,
    "game_over": _is_over,
    "ending": _has_ended,
}
ENDINGS = {
    "game_over": ("game_over", "ending"),
    "life": ("life_lost", "game_over", "ending"),
}

# ---- rewards -----------------------------------------------------------


def _score(before: Now, after: Now) -> Any:
    """Points gained in the step, of both players."""
    gained = after["score"] - before["score"] + after["score2"] - before["score2"]
    return np.maximum(gained, 0)  # a new game's score begins at 0 again


def _progress(before: Now, after: Now) -> Any:
    """Pixels that the stage scrolled in the step; going back to a checkpoint costs nothing."""
    same = (before["stage"] == after["stage"]) & (before["loop"] == after["loop"])
    return np.maximum(after["scroll"] - before["scroll"], 0) * same


def _survival(before: Now, after: Now) -> Any:
    """1 for each step after which the ship is alive."""
    return _playing(after) * 1


def _bought(what: str, variable: str, level: int | None = None) -> Change:
    """A reward term for buying a power-up: its variable rises, or it gets this level."""

    def bought(before: Now, after: Now) -> Any:
        if level is None:
            return (after[variable] > before[variable]) * 1
        return ((after[variable] == level) & (before[variable] != level)) * 1

    bought.__doc__ = f"1 for each step in which {what} was bought."
    return bought


REWARDS: Mapping[str, Change] = {
    "score": _score,
    "progress": _progress,
    "survival": _survival,
    "bought_speed": _bought("a speed level", "speed"),
    "bought_missile": _bought("the missile", "missile"),
    "bought_double": _bought("the double shot", "weapon", 2),
    "bought_laser": _bought("the laser", "weapon", 1),
    "bought_option": _bought("an option", "options"),
    "bought_shield": _bought("the shield", "shield"),
}

# ---- start -------------------------------------------------------------

# In the attract demo, START only leads back to the title.
START = (StartStep(when=lambda v: v["mode"] <= 2, buttons="start"),)


def _stage_begins(v: Now) -> Any:
    """The hand-over has set up a new game, and no stage is drawn yet."""
    return (v["mode"] == 5) & (v["play_state"] == 0)


STAGE_START = StageStart(_stage_begins, stage=0x19, checkpoint=0x24, stages=7, checkpoints=5)

# A is held: both games then fire by themselves.
SEARCH = SearchRules(
    x="ship_x",
    y="ship_y",
    positions=((48, 96), (48, 60), (48, 148), (240, 96)),
    held="A",
)

# ---- actions and features ----------------------------------------------

_DIRECTIONS = ("", "up", "down", "left", "right", "up+left", "up+right", "down+left", "down+right")


def _with(held: str) -> tuple[str, ...]:
    return tuple("+".join(filter(None, (held, d))) for d in _DIRECTIONS)


ACTIONS: Mapping[str, tuple[str, ...]] = {
    # A is held: both games then fire by themselves.
    "simple": _with("A"),
    # B buys what the power meter shows. One action with B is learnt sooner than nine.
    "power": (*_with("A"), "A+B"),
    "full": _with("") + _with("A") + _with("B") + _with("A+B"),
}

# Points of the score are scaled down, so that rewards are about 1, and a lost life costs.
_REWARD = {"score": 0.01, "life_lost": -10.0}

TRAINING: Mapping[str, Mapping[str, Any]] = {
    "Simple": {"action_set": "simple", "noop_max": 30, "reward": _REWARD},
    # Without the terms for power-ups, an agent spends its capsules on more speed than it can
    # control, and never learns the value of the others.
    "Power": {
        "action_set": "power",
        "noop_max": 30,
        "reward": {
            **_REWARD,
            "bought_speed": -3.0,
            "bought_missile": 4.0,
            "bought_double": -3.0,
            "bought_laser": 6.0,
            "bought_option": 10.0,
            "bought_shield": 8.0,
        },
    },
}

_METER = ("none", "speed", "missile", "double", "laser", "option", "shield")

FEATURES = (
    Scalars(
        "ship",
        (
            linear("ship_x", 0, 255, "X in pixels", "x"),
            linear("ship_y", 0, 255, "Y in pixels", "y"),
            equals("alive", "ship_status", (1,), "if it is alive"),
            equals("control", "play_state", tuple(range(0x80, 0x87)), "if the player has control"),
            linear("lives", 0, 5, "lives"),
        ),
    ),
    Scalars(
        "power",
        (
            linear("speed", 0, 5, "speed level"),
            linear("missile", 0, 1, "missiles"),
            equals("laser", "weapon", (1,), "with the laser"),
            equals("double", "weapon", (2,), "with the double shot"),
            linear("options", 0, 2, "options"),
            linear("shield", 0, 5, "hits that the shield takes"),
            *(
                equals(f"meter_{name}", "meter", (k,), f"if the meter's cursor is at {k}, {name}")
                for k, name in enumerate(_METER)
            ),
        ),
    ),
    Scalars(
        "progress",
        (
            linear("stage", 0, 6, "stage"),
            linear("scroll", 0, 4096, "scroll in pixels"),
            linear("rank", 0, 15, "difficulty"),
            equals("boss", "play_state", (0x84, 0x85), "if a boss is there"),
            equals("stage_end", "play_state", (0x81, 0x82, 0x83), "if the scroll has stopped"),
        ),
    ),
    Objects(
        "enemies",
        "enemy_type",
        "enemy_x",
        "enemy_y",
        ("ship_x", "ship_y"),
        (
            ("dangerous", lambda t: (t & 0x80) != 0, "if touching it kills"),
            ("capsule", lambda t: t == 0x01, "if it is a capsule"),
            ("boss", lambda t: (t == 0x98) | (t == 0x99), "if it is a part of a boss"),
        ),
        "enemy, capsule or explosion",
    ),
    Objects(
        "bullets", "bullet_type", "bullet_x", "bullet_y", ("ship_x", "ship_y"), (), "enemy bullet"
    ),
    Terrain("terrain", 0x0500, "scroll", ("ship_x", "ship_y"), tuple(range(-2, 20, 2))),
)
