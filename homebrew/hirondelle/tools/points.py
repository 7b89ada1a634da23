#!/usr/bin/env python3
"""Add up the points that one loop of the game holds, from the stages and the tables of the source.

points.py          prints a table: a row for each kind of points, a column for each stage

Left out is what no stage has: the gnats that the second boss lets out while its core is closed.
They are paid for with waiting, and end when the boss leaves. What comes back after a death is left
out, too. Nests send out no gnats: src/ground.s counts them in obj_aux, which src/objects.s sets to
the height of the nest at its birth, and that is more than the six that are allowed.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import stage

HERE = Path(__file__).resolve().parents[1]

CAPSULE = 500  # src/collide.s, take_capsule
BLOCK = 10  # src/weapons.s, hit_ground
BONUS = 5000  # src/score.s, bonus_here
CAPSULE_EVERY = 8  # src/events.s, spawners_frame: objects of a set piece

NAMES = {number: name for name, number in stage.KINDS.items()}


def points() -> dict[str, int]:
    """Kind of enemy -> points, from the table in src/enemies.s."""
    text = (HERE / "src" / "enemies.s").read_text(encoding="utf-8")
    (row,) = re.findall(r"^type_score:\n\s*\.byte ([0-9$, ]+)\n", text, re.MULTILINE)
    tens = [int(number.strip().lstrip("$")) for number in row.split(",")]  # BCD
    return {name: 10 * tens[number & 0x7F] for name, number in stage.KINDS.items()}


def bosses() -> list[int]:
    """Points of the three bosses, from src/boss.s."""
    text = (HERE / "src" / "boss.s").read_text(encoding="utf-8")
    (row,) = re.findall(r"^rewards:\n\s*\.byte ([0-9$, ]+)$", text, re.MULTILINE)
    return [1000 * int(number.strip().lstrip("$")) for number in row.split(",")]


def squads(events: list[stage.Event]) -> list[tuple[stage.Event, int]]:
    """The squadrons, with the number of members that come.

    The next squadron takes the place of one that is still coming in.
    """
    found = [event for event in events if event.what == stage.EVENT_SQUAD]
    coming = []
    for event, following in zip(found, [*found[1:], None], strict=True):
        members, gap = event.extra >> 4, (event.extra & 15) * 4
        if following is not None:
            members = min(members, -(-(following.column - event.column) * 16 // gap))
        coming.append((event, members))
    return coming


def account(number: int) -> Counter[str]:
    """The points of a stage, 0 to 2, by kind."""
    drawn = stage.read_stage(HERE / "stages" / f"stage{number + 1}.txt")
    worth, total = points(), Counter[str]()
    for event in drawn.events:
        if event.what in NAMES:
            total["single enemies"] += worth[NAMES[event.what]]
            total["capsules of red enemies"] += CAPSULE * event.drop
        elif event.what == stage.EVENT_STORM:
            total["set pieces"] += event.argument * worth[NAMES[event.y]]
            total["capsules of set pieces"] += CAPSULE * (event.argument // CAPSULE_EVERY)
    for event, members in squads(drawn.events):
        total["squadrons"] += members * worth[NAMES[event.drop]]
        if members == event.extra >> 4:
            total["capsules of squadrons"] += CAPSULE
    tiles = "".join(drawn.rows)
    total["blocks"] = BLOCK * (tiles.count("%") + tiles.count("$"))
    total["hidden bonuses"] = BONUS * tiles.count("$")
    total["boss"] = bosses()[number]
    return total


def main() -> None:
    """Print the table."""
    stages = [account(number) for number in range(3)]
    print(f"{'':24}{'stage 1':>9}{'stage 2':>9}{'stage 3':>9}{'sum':>9}")
    for kind in stages[0]:
        row = [each[kind] for each in stages]
        print(f"{kind:24}" + "".join(f"{value:9,}" for value in (*row, sum(row))))
    sums = [each.total() for each in stages]
    print(f"{'sum':24}" + "".join(f"{value:9,}" for value in (*sums, sum(sums))))


if __name__ == "__main__":
    main()
