#!/usr/bin/env python3
"""Turn the stages, drawn as text in stages/, into assembler source.

stage.py build STAGE.txt... OUT.s   writes build/stages.s
stage.py info STAGE.txt...          says how long each stage is and what it holds

The format is described in stages/README.md.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROWS, SCREEN = 26, 32
SOLID, BREAKABLE, HIDDEN = 1, 2, 3
EVENT_SQUAD, EVENT_STORM, EVENT_GATE, EVENT_END = 1, 2, 3, 0xFF

KINDS = {
    "grive": 0x84,
    "alouette": 0x85,
    "guepe": 0x86,
    "crabe": 0x87,
    "faucon": 0x88,
    "corbeau": 0x89,
    "meduse": 0x8A,
    "tourelle": 0x8B,
    "nid": 0x8C,
    "moucheron": 0x8D,
    "pie": 0x8E,
    "epervier": 0x8F,
}
STANDING = {"t": "tourelle", "n": "nid", "c": "crabe", "g": "guepe"}
SOLID_CHARS = "#/\\|~="
FREE_TILES = {
    "0": "DECO0",
    "1": "DECO1",
    "2": "DECO2",
    "3": "DECO3",
    "5": "SKY0",
    "6": "SKY1",
    "7": "SKY2",
}
STORM_FROM = {"right": 0, "above": 1}


class StageError(Exception):
    """A line of a stage that cannot be understood, with its file and number."""


@dataclass(order=True)
class Event:
    """Something that happens when a column enters the screen at the right."""

    column: int
    what: int
    y: int
    argument: int = 0
    drop: int = 0
    extra: int = 0


@dataclass
class Stage:
    """One stage as its file describes it."""

    path: Path
    settings: dict[str, list[str]] = field(default_factory=dict)
    rows: list[str] = field(default_factory=lambda: [""] * ROWS)
    events: list[Event] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Columns."""
        return len(self.rows[0])

    def at(self, column: int, row: int) -> str:
        """The letter at a place; the outermost rows and columns go on for ever."""
        row = min(max(row, 0), ROWS - 1)
        return self.rows[row][min(max(column, 0), self.width - 1)]

    def solid(self, column: int, row: int) -> bool:
        """Whether ground is drawn there."""
        return self.at(column, row) in SOLID_CHARS

    def setting(self, name: str, count: int) -> list[str]:
        """The words of a setting, of which there must be ``count``."""
        words = self.settings.get(name)
        if words is None or len(words) != count:
            raise StageError(f"{self.path}: needs a line '{name}' with {count} value(s)")
        return words


def number(words: dict[str, str], name: str, default: int, limit: int, where: str) -> int:
    """A number among an event's words, checked against its largest value."""
    value = int(words.get(name, default))
    if not 0 <= value <= limit:
        raise StageError(f"{where}: {name}={value}, allowed are 0 to {limit}")
    return value


def read_event(text: str, first: int, where: str) -> Event:
    """One ``at COLUMN: WHAT key=value...`` line."""
    match = re.fullmatch(r"at (\d+): (\w+)(.*)", text)
    if not match:
        raise StageError(f"{where}: not understood: {text}")
    column, what = int(match[1]), match[2]
    words = dict([*w.split("=", 1), "1"][:2] for w in match[3].split())
    known = {"y", "arg", "red", "kind", "count", "gap", "hold", "from", "time"}
    if column >= SCREEN or not set(words) <= known:
        raise StageError(f"{where}: column 0 to 31 and words of {sorted(known)}: {text}")
    column += first
    y = number(words, "y", 96, 200, where)
    argument = number(words, "arg", 0, 255, where)
    if what == "squad":
        members = number(words, "count", 4, 15, where) << 4
        gap = number(words, "gap", 16, 60, where) // 4
        return Event(column, EVENT_SQUAD, y, argument, KINDS[words["kind"]], members | gap)
    if what == "storm":
        count = number(words, "count", 20, 255, where)
        gap = number(words, "gap", 20, 255, where)
        how = number(words, "hold", 0, 1, where) | STORM_FROM[words.get("from", "right")] << 1
        return Event(column, EVENT_STORM, KINDS[words["kind"]], count, gap, how)
    if what == "gate":
        return Event(column, EVENT_GATE, 0, number(words, "time", 100, 255, where))
    if what not in KINDS:
        raise StageError(f"{where}: no enemy {what!r}, there are {sorted(KINDS)}")
    return Event(column, KINDS[what], y, argument, number(words, "red", 0, 1, where))


def read_stage(path: Path) -> Stage:
    """Read a stage's file: settings, then screens of 26 lines with their events."""
    stage = Stage(path)
    pending = 0
    for line_number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path}:{line_number}"
        if pending:
            if len(raw) != SCREEN:
                raise StageError(f"{where}: {len(raw)} letters instead of {SCREEN}")
            stage.rows[ROWS - pending] += raw
            pending -= 1
            continue
        line = raw.split(";")[0].strip()
        if not line:
            continue
        if line.startswith("screen"):
            pending = ROWS
        elif line.startswith("at "):
            try:
                stage.events.append(read_event(line, stage.width - SCREEN, where))
            except (KeyError, ValueError) as error:
                raise StageError(f"{where}: {error}: {line}") from error
        else:
            name, *words = line.split()
            stage.settings[name] = words
    if pending:
        raise StageError(f"{path}: the last screen lacks {pending} lines")
    stage.setting("tiles", 1)
    place_standing(stage)
    stage.events.sort()
    return stage


def place_standing(stage: Stage) -> None:
    """Make events of the letters that are drawn on the ground; a capital is a red one."""
    for row in range(ROWS):
        for column in range(stage.width):
            letter = stage.rows[row][column]
            if letter.lower() not in STANDING:
                continue
            kind = KINDS[STANDING[letter.lower()]]
            ceiling = not stage.solid(column, row + 1) and stage.solid(column, row - 1)
            y = row * 8 + 8 if ceiling else row * 8
            argument = int(ceiling) if letter.lower() in "tn" else 0
            stage.events.append(Event(column, kind, y, argument, int(letter.isupper())))


def variant_of(column: int) -> int:
    """0 or 1, which of two surface tiles a column shows."""
    return column * 73 % 997 % 2


def tile(stage: Stage, column: int, row: int) -> tuple[str, int]:
    """Name of the tile at a place (without TILE_) and what it is to the game, 0 to 3."""
    letter = stage.at(column, row)
    prefix = stage.settings["tiles"][0] + "_"
    above, below = stage.solid(column, row - 1), stage.solid(column, row + 1)
    left, right = stage.solid(column - 1, row), stage.solid(column + 1, row)
    variant = variant_of(column)
    if letter == "#":
        if not above:
            return prefix + f"FLOOR{variant}", SOLID
        if not below:
            return prefix + f"CEIL{variant}", SOLID
        if not left:
            return prefix + "EDGE_L", SOLID
        if not right:
            return prefix + "EDGE_R", SOLID
        return prefix + "FILL0", SOLID
    if letter in "/\\":
        side = "FLOOR" if below else "CEIL"
        return prefix + f"{side}_{'UP' if letter == '/' else 'DOWN'}", SOLID
    if letter == "|":
        if stage.at(column, row - 1) != "|":
            return prefix + "PILLAR_TOP", SOLID
        if stage.at(column, row + 1) != "|":
            return prefix + "PILLAR_BASE", SOLID
        return prefix + "PILLAR", SOLID
    if letter == "~":
        return prefix + f"SEA{column % 2}", SOLID
    if letter == "=":
        return prefix + f"SEA_DEEP{variant}", SOLID
    if letter == "%":
        return prefix + "BREAK", BREAKABLE
    if letter == "$":
        return prefix + "BLOCK", HIDDEN
    if letter in FREE_TILES:
        return prefix + FREE_TILES[letter], 0
    if letter == "." or letter.lower() in STANDING:
        tops = [int(top) for top in stage.settings.get("haze", [])]
        depth = sum(row >= top for top in tops)
        return (f"{prefix}SKY{min(depth, 3) - 1}" if depth else "BLANK"), 0
    raise StageError(f"{stage.path}: column {column}, row {row}: unknown letter {letter!r}")


def column_bytes(stage: Stage, column: int) -> str:
    """One column as assembler: kind * 64 + run of rows, tile."""
    pairs: list[list[object]] = []
    for row in range(ROWS):
        name, kind = tile(stage, column, row)
        if pairs and pairs[-1][0] == name and pairs[-1][1] == kind:
            pairs[-1][2] = int(str(pairs[-1][2])) + 1
        else:
            pairs.append([name, kind, 1])
    return ", ".join(f"{kind}*64+{run}, TILE_{name}" for name, kind, run in pairs)


def assemble(stages: list[Stage]) -> str:
    """All stages as one source file."""
    out = [
        "; Written by tools/stage.py from the drawings in stages/.",
        '.include "gfx.inc"',
        '.include "sound.inc"',
        ".export stage_lo, stage_hi, stage_music",
        '.segment "RODATA"',
    ]
    names = [f"stage{i}" for i in range(1, len(stages) + 1)]
    out.append("stage_lo: .byte " + ", ".join(f"<{n}" for n in names))
    out.append("stage_hi: .byte " + ", ".join(f">{n}" for n in names))
    out.append(
        "stage_music: .byte " + ", ".join(f"MUSIC_{s.setting('music', 1)[0]}" for s in stages)
    )
    for name, stage in zip(names, stages, strict=True):
        end = stage.width - SCREEN - 1
        checkpoints = [int(c) for c in stage.setting("checkpoints", 5)]
        if sorted(set(checkpoints)) != checkpoints or checkpoints[-1] >= end:
            raise StageError(f"{stage.path}: checkpoints must grow and lie before column {end}")
        attributes = ", ".join(f"${a}" for a in stage.setting("attributes", 8))
        out += [
            f"{name}:",
            f"    .addr {name}_columns, {name}_events",
            f"    .word {end}",
            "    .word " + ", ".join(map(str, checkpoints)),
            f"    .byte {attributes}",
            f"    .byte TILE_{stage.settings['tiles'][0]}_FILL0, {int('stars' in stage.settings)}",
            f"{name}_events:",
        ]
        for e in stage.events:
            out.append(
                f"    .byte <{e.column}, >{e.column}, ${e.what:02X}, {e.y},"
                f" {e.argument}, ${e.drop:02X}, ${e.extra:02X}"
            )
        out.append(f"    .byte $FF, $FF, ${EVENT_END:02X}, 0, 0, 0, 0")
        known: dict[str, int] = {}
        order = []
        for column in range(stage.width):
            text = column_bytes(stage, column)
            order.append(known.setdefault(text, len(known)))
        out.append(f"{name}_columns:")
        out += [f"    .addr {name}_c{index}" for index in order]
        out += [f"{name}_c{index}: .byte {text}" for text, index in known.items()]
    return "\n".join(out) + "\n"


def info(stage: Stage) -> str:
    """One line on a stage: length and number of enemies of each kind."""
    names = {value: name for name, value in KINDS.items()}
    names |= {EVENT_SQUAD: "squads", EVENT_STORM: "storms", EVENT_GATE: "gates"}
    counts: dict[str, int] = {}
    for event in stage.events:
        counts[names[event.what]] = counts.get(names[event.what], 0) + 1
    seconds = (stage.width - SCREEN - 1) * 16 / 60.1
    held = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return f"{stage.path.name}: {stage.width} columns, {seconds:.0f} s to the boss; {held}"


def main(arguments: list[str]) -> int:
    """Run one of the commands of the module's docstring."""
    if len(arguments) < 2 or arguments[0] not in ("build", "info"):
        print(__doc__, file=sys.stderr)
        return 2
    build = arguments[0] == "build"
    try:
        stages = [read_stage(Path(name)) for name in arguments[1 : -1 if build else None]]
        if build:
            Path(arguments[-1]).write_text(assemble(stages), encoding="utf-8")
        else:
            print("\n".join(info(stage) for stage in stages))
    except StageError as error:
        print(f"stage.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
