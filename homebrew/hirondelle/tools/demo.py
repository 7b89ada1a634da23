#!/usr/bin/env python3
"""Turn demo.txt, the inputs of the attract demo, into assembler source: demo.py IN.txt OUT.s.

A line of demo.txt is a number of frames and the buttons held for so long, by name.
"""

from __future__ import annotations

import sys
from pathlib import Path

BITS = {"right": 1, "left": 2, "down": 4, "up": 8, "B": 64, "A": 128}


def read(text: str) -> list[tuple[int, int]]:
    """Pairs of frames and button mask, in order.

    Raises:
        SystemExit: on a line that is not a number of frames and names of buttons.
    """
    inputs: list[tuple[int, int]] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(";")[0].split()
        if not words:
            continue
        if not words[0].isdigit() or not 0 < int(words[0]) < 256 or not set(words[1:]) <= set(BITS):
            raise SystemExit(f"demo.txt:{number}: 1 to 255 frames, then {', '.join(BITS)}: {line}")
        inputs.append((int(words[0]), sum(BITS[word] for word in set(words[1:]))))
    return inputs


def main(arguments: list[str]) -> int:
    """Convert one file."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    inputs = read(Path(arguments[0]).read_text(encoding="utf-8"))
    rows = "".join(f"    .byte {frames}, ${mask:02X}\n" for frames, mask in inputs)
    Path(arguments[1]).write_text(
        "; Written by tools/demo.py from demo.txt.\n.export demo_table\n"
        f'.segment "RODATA"\ndemo_table:\n{rows}    .byte 0\n',
        encoding="utf-8",
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
