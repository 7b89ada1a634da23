"""Gradius (USA), Konami 1986. Its ROM is the user's own dump of a cartridge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copain_gym.games.game import Game, GameRom, StartStep
from copain_gym.games.shooter import ram_table

__all__ = ["GRADIUS"]


def _both_are_over(before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
    """Neither player has a life left."""
    return (after["mode"] == 5) & (after["lives"] == 0xFF) & (after["lives2"] == 0xFF)


GRADIUS = Game(
    name="gradius",
    title="Gradius",
    description="The shooter of 1986 in seven stages; two players take turns. The ROM is not "
    "part of the package: import a dump of your own cartridge with `copain rom import`.",
    variables=ram_table.VARIABLES,
    actions=ram_table.ACTIONS,
    predicates=ram_table.PREDICATES,
    events=ram_table.EVENTS,
    rewards=ram_table.REWARDS,
    endings=ram_table.ENDINGS,
    features=ram_table.FEATURES,
    search=ram_table.SEARCH,
    training=ram_table.TRAINING,
    start=(
        StartStep(lambda v: (v["mode"] == 1) & (v["cursor"] == 0), "select", players=2),
        *ram_table.START,
    ),
    stage_start=ram_table.STAGE_START,
    players=2,
    two_player_events={"game_over": _both_are_over},
    roms=(
        GameRom(
            "Gradius (USA)",
            sha1="9282e87c643557682aee674174821bf3a0fe3876",
            md5="49c0ffbd6fca692e7c567b4d72ae0847",
            crc32="350d835e",
            size=65536,
            source="SHA-1: stable-retro's Gradius-Nes; MD5: FCEUX's rom.gethash",
        ),
    ),
    notes="""\
Sources: **M**, a frame-exact port of the cartridge (Fabulu/Mixup, `games/gradius`); **F**,
`Gradius-BulletHell.lua`, which FCEUX installs; **R**, stable-retro's `Gradius-Nes` integration.

The table decodes the RAM in stable-retro's `Level1.state` correctly. Nothing else here was tried on
the cartridge. In particular, the order of tiles in the terrain map and the way to begin at another
stage were taken from Hirondelle.

With `players=2`, SELECT chooses the second line of the menu. The players take turns, and the game
is over when neither has a life left.""",
)
