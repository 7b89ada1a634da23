#!/usr/bin/env python3
"""Work out the fewest frames in which the game can be finished, from the stages and the source.

limits.py          prints the steps of the route with the warp, and the limits of all routes
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import stage

HERE = Path(__file__).resolve().parents[1]

START = 9
"""Frames from power-on until START has been pressed twice; found by trying all frames."""

JINGLE = 79  # src/modes.s, jingle
BOSS_ENTERS = 252 - 204  # src/objects.s, spawn; src/boss.s, STAY_X: a pixel a frame
BOSS_DIES = 110  # src/boss.s, die
CLEARED = 200  # src/play.s, cleared
WARP = 96  # src/play.s, warp
SCORE_SHOWN = 30  # src/ending.s, show_score
SHOOTERS = 3  # src/weapons.s: ship and two options
DAMAGE_AT_ONCE = SHOOTERS * (2 + 2)  # two shots in the air each, and a missile that counts two


@dataclass(frozen=True)
class Step:
    """A part of a route.

    Attributes:
        what: what happens.
        states: the play states, with the stage, in which it happens.
        frames: how long it takes at least.
        where: file and place that say so.
    """

    what: str
    states: tuple[tuple[int, int], ...]
    frames: int
    where: str


def constant(file: str, name: str) -> int:
    """The value of ``NAME = 27`` in a source file."""
    text = (HERE / "src" / file).read_text(encoding="utf-8")
    found = re.search(rf"^{name}\s*=\s*(\d+)", text, re.MULTILINE)
    if found is None:
        raise SystemExit(f"limits.py: no {name} in src/{file}")
    return int(found[1])


def byte_list(file: str, label: str) -> list[int]:
    """The numbers of the ``.byte`` line behind a label."""
    text = (HERE / "src" / file).read_text(encoding="utf-8")
    found = re.search(rf"^{label}:\n\s*\.byte ([\d, ]+)$", text, re.MULTILINE)
    if found is None:
        raise SystemExit(f"limits.py: no {label} in src/{file}")
    return [int(number) for number in found[1].split(",")]


def way(number: int) -> Step:
    """A stage from its first frame of play to its end."""
    drawn = stage.read_stage(HERE / "stages" / f"stage{number + 1}.txt")
    end = drawn.width - stage.SCREEN - 1
    # A set piece that holds the ground sets it free in the frame of its last object.
    held = sum(
        event.argument * event.drop - 1
        for event in drawn.events
        if event.what == stage.EVENT_STORM and event.extra & 1
    )
    what = f"stage {number + 1}: {end} columns of 16 frames"
    if held:
        what += f", {held} frames in which a set piece holds the ground"
    return Step(what, ((number, 0x80),), end * 16 + held, f"stages/stage{number + 1}.txt")


def intro(number: int) -> Step:
    """From the black screen to control."""
    states = tuple((number, state) for state in range(5))
    return Step("intro", states, constant("intro.s", "INTRO_FRAMES"), "src/intro.s")


def boss(number: int) -> list[Step]:
    """From the end of a stage until its boss is gone."""
    quiet = constant("play.s", "QUIET_FRAMES")
    closed, opening = byte_list("boss.s", "durations")[1:3]
    hits = byte_list("boss.s", "hits")[number]
    open_for = -(-hits // DAMAGE_AT_ONCE)  # a shot that hits is fired anew in the next frame
    return [
        Step("no enemy is left", ((number, 0x81),), 1, "src/play.s, stage_end"),
        Step("silence", ((number, 0x82),), quiet, "src/play.s, quiet"),
        Step("warning", ((number, 0x83),), quiet, "src/play.s, warning"),
        Step("the boss comes in", ((number, 0x84),), BOSS_ENTERS, "src/boss.s, boss_frame"),
        Step(
            f"its core opens after {closed + opening} frames, {hits} hits, {BOSS_DIES} frames of "
            "explosions",
            ((number, 0x85),),
            closed + opening + open_for + BOSS_DIES - 1,
            "src/boss.s, core_frame, die",
        ),
        Step("stage cleared", ((number, 0x86),), CLEARED, "src/play.s, cleared"),
    ]


def warp(number: int) -> list[Step]:
    """From the end of a stage through the corner of the screen."""
    return [
        Step("no enemy is left", ((number, 0x81),), 1, "src/play.s, stage_end"),
        Step("into the corner", ((number, 0x82),), 1, "src/play.s, gate_frame"),
        Step("the warp flashes", ((number, 0x8E), (number, 0x8F)), WARP + 1, "src/play.s, warp"),
    ]


def ending() -> Step:
    """From the last boss to the end of the ending."""
    text = (HERE / "src" / "ending.s").read_text(encoding="utf-8")
    lines = re.findall(r'^text\d: \.byte "(.*)", \$F[EF]', text, re.MULTILINE)
    letters = sum(len(line) + 1 for line in lines) * constant("ending.s", "LETTER_FRAMES")
    waits = constant("ending.s", "WAIT_PICTURE") + constant("ending.s", "WAIT_TEXT")
    frames = 2 + waits + letters + SCORE_SHOWN
    return Step(
        f"ending: {letters} frames of text, {waits} of waiting",
        tuple((2, state) for state in range(0x87, 0x8D)),
        frames,
        "src/ending.s",
    )


def start() -> list[Step]:
    """From power-on to the black screen of the first stage."""
    return [
        Step("power-on, START, START", (), START, "src/modes.s, title, menu"),
        Step("jingle, hand-over", (), JINGLE + 1, "src/modes.s, jingle"),
    ]


def route(warps: bool) -> list[Step]:
    """All steps of the fastest way, past stage 2 by the warp or through all stages."""
    steps = [*start(), intro(0), way(0)]
    if warps:
        steps += warp(0)
    else:
        for number in (0, 1):
            following = Step("next stage", ((number, 0x90),), 1, "src/play.s, next_stage")
            steps += [*boss(number), following, intro(number + 1), way(number + 1)]
    if warps:
        steps += [intro(2), way(2)]
    return [*steps, *boss(2), ending()]


def through_the_gates() -> int:
    """Frames of the way through the two gates that open while the ground moves."""
    frames = sum(step.frames for step in start())
    for number in (0, 1):
        drawn = stage.read_stage(HERE / "stages" / f"stage{number + 1}.txt")
        column = next(e.column for e in drawn.events if e.what == stage.EVENT_GATE)
        whole = way(number).frames - (drawn.width - stage.SCREEN - 1) * 16
        # The event of a column comes when half of it is on the screen, 32 columns ahead.
        frames += intro(number).frames + whole + (column - stage.SCREEN + 1) * 16 + 8 + WARP + 1
    last = [intro(2), way(2), *boss(2), ending()]
    return frames + sum(step.frames for step in last)


def main() -> None:
    """Print the steps and the limits."""
    total = 0
    for step in route(warps=True):
        total += step.frames
        print(f"{total:6}  {step.frames:5}  {step.what}  ({step.where})")
    print("by the warp at the end of stage 1:", total)
    print("by the gates of stages 1 and 2:   ", through_the_gates())
    print("without a warp:                   ", sum(s.frames for s in route(warps=False)))


if __name__ == "__main__":
    main()
