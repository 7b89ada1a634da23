#!/usr/bin/env python3
"""Write the game's number tables as assembler source: tables.py OUT.s."""

from __future__ import annotations

import math
import sys
from pathlib import Path

BULLET_SPEEDS = (1.1, 1.4, 1.7, 2.0)  # pixels a frame, a level for every four of rank


def byte_rows(values: list[int]) -> str:
    """``.byte`` lines of sixteen; negative values become their two's complement."""
    rows = [values[i : i + 16] for i in range(0, len(values), 16)]
    return "".join("    .byte " + ", ".join(f"${v & 255:02X}" for v in row) + "\n" for row in rows)


def aim() -> list[int]:
    """Index dy * 8 + dx, both 0 to 7: direction 0 (right) to 8 (down), 32 make a turn."""
    return [round(math.atan2(dy, dx) * 16 / math.pi) for dy in range(8) for dx in range(8)]


def circle(function: object) -> list[int]:
    """Cosine or sine of the 32 directions times each bullet speed, in 1/32 pixel."""
    assert callable(function)
    return [
        round(function(direction * math.pi / 16) * speed * 32)
        for speed in BULLET_SPEEDS
        for direction in range(32)
    ]


def sine() -> list[int]:
    """One turn in 64 steps, from -24 to 24."""
    return [round(24 * math.sin(step * math.pi / 32)) for step in range(64)]


def main(arguments: list[str]) -> int:
    """Write all tables to the file that is named."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    tables = {
        "aim_table": aim(),
        "direction_cos": circle(math.cos),
        "direction_sin": circle(math.sin),
        "sine_table": sine(),
    }
    text = '; Written by tools/tables.py.\n.segment "RODATA"\n'
    for name, values in tables.items():
        text += f".export {name}\n{name}:\n{byte_rows(values)}"
    Path(arguments[0]).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
