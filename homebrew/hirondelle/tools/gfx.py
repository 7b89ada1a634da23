#!/usr/bin/env python3
"""Turn the text drawings of gfx/ into pattern memory and assembler tables, or into PNG previews.

python3 tools/gfx.py build --out build      hirondelle.chr, gfx.inc, gfx.s
python3 tools/gfx.py preview --out build    preview-*.png, to look at while drawing
python3 tools/gfx.py stats                  how many tiles are used
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gfx_preview import write_previews
from gfx_source import Art, read_art
from gfx_tiles import Layout, chr_bytes, lay_out
from source import SourceError

HOME = Path(__file__).resolve().parent.parent
GENERATED = "; Made by tools/gfx.py from the drawings in gfx/. Change those, not this file.\n"


def bytes_line(values: list[int] | bytes) -> str:
    """One ``.byte`` line; negative values become their two's complement."""
    return "    .byte " + ",".join(f"${value & 0xFF:02X}" for value in values) + "\n"


def include_file(art: Art, layout: Layout) -> str:
    """The constants: TILE_ numbers, MS_ numbers, FONT_A, FONT_0 and named constants."""
    lines = [GENERATED]
    lines += [f"TILE_{name} = ${value:02X}\n" for name, value in layout.tile_numbers.items()]
    lines += [f"FONT_{name} = TILE_{name}\n" for name in "A0" if name in layout.tile_numbers]
    lines += [f"MS_{name} = {index}\n" for index, name in enumerate(layout.metasprites)]
    lines.append(f"MS_COUNT = {len(layout.metasprites)}\n")
    lines += [f"{name} = {value}\n" for name, value in art.constants.items()]
    return "".join(lines)


def tables_file(art: Art, layout: Layout) -> str:
    """The data: metasprites, palettes, screens."""
    names = list(layout.metasprites)
    exports = ["metasprite_lo", "metasprite_hi"]
    exports += [f"pal_{name}" for name in art.palettes]
    exports += [f"{name}_map" for name in layout.screens]
    lines = [GENERATED, f".export {', '.join(exports)}\n", '.segment "RODATA"\n']
    for part, operator in (("lo", "<"), ("hi", ">")):
        lines.append(f"metasprite_{part}:\n")
        lines += [f"    .byte {operator}ms_{name}\n" for name in names]
    lines.append("; metasprites: count, then (dy, tile, attributes, dx) for each sprite\n")
    for name, cells in layout.metasprites.items():
        lines.append(f"ms_{name}:\n")
        lines.append(f"    .byte {len(cells)}\n")
        lines += [bytes_line([c.dy, c.tile, c.attributes, c.dx]) for c in cells]
    lines.append("; palettes: 16 bytes background, 16 bytes sprites\n")
    for palette in art.palettes.values():
        lines.append(f"pal_{palette.name}:\n")
        lines += [bytes_line(palette.colours[:16]), bytes_line(palette.colours[16:])]
    lines.append("; screens: width, height, tiles row by row, attribute table\n")
    for name, screen in layout.screens.items():
        lines.append(f"{name}_map:\n    .byte {screen.width},{screen.height}\n")
        for start in range(0, len(screen.tiles), screen.width):
            lines.append(bytes_line(screen.tiles[start : start + screen.width]))
        for start in range(0, len(screen.attributes), 8):
            lines.append(bytes_line(screen.attributes[start : start + 8]))
    return "".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code (1: a drawing has a mistake)."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("build", "preview", "stats"))
    parser.add_argument("--source", type=Path, default=HOME / "gfx", help="folder of drawings")
    parser.add_argument("--out", type=Path, default=HOME / "build", help="folder for the results")
    args = parser.parse_args(argv)
    try:
        art = read_art(args.source)
        layout = lay_out(art)
    except SourceError as exc:
        print(f"gfx: {exc}", file=sys.stderr)
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    if args.command == "build":
        (args.out / "hirondelle.chr").write_bytes(chr_bytes(layout))
        (args.out / "gfx.inc").write_text(include_file(art, layout), encoding="ascii")
        (args.out / "gfx.s").write_text(tables_file(art, layout), encoding="ascii")
    elif args.command == "preview":
        for path in write_previews(art, layout, args.out):
            print(path)
    else:
        print(f"background tiles {len(layout.background)} of 256")
        print(f"sprite cells     {len(layout.sprite_cells)} of 128")
    return 0


if __name__ == "__main__":
    sys.exit(main())
