"""Read the text drawings of gfx/*.txt: tiles, pictures, sprites, screens and palettes.

Pixels are written ``.``, ``1``, ``2``, ``3`` (the colour within the palette, ``.`` is the
backdrop). The format is described in gfx/README.md.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from source import Place, SourceError, exactly, number

Bitmap = tuple[tuple[int, ...], ...]
"""Rows of colour numbers 0-3, top row first."""

PIXELS = {".": 0, "1": 1, "2": 2, "3": 3}
NAME = re.compile(r"[A-Z0-9][A-Z0-9_]*$")
LOWER_NAME = re.compile(r"[a-z][a-z0-9_]*$")
FLIPS = ("none", "h", "v", "hv")
MIRRORS = ("below", "right", "both")


@dataclass
class Tiles:
    """Named background tiles drawn side by side, placed at consecutive tile numbers."""

    names: list[str]
    bitmap: Bitmap
    place: Place


@dataclass
class Picture:
    """A background drawing of any size, cut into tiles that are shared where they are equal."""

    name: str
    bitmap: Bitmap
    place: Place


@dataclass
class Sprite:
    """A metasprite: a drawing cut into cells of 8x16 pixels.

    ``palettes`` is one number for each cell, row by row; ``origin`` the pixel that lies on the
    object's position; ``shifts`` moves the cut lines of each column of cells down; ``behind``
    draws the sprite behind the background.
    """

    name: str
    bitmap: Bitmap
    palettes: list[int]
    origin: tuple[int, int]
    shifts: list[int]
    behind: bool
    place: Place


@dataclass
class Step:
    """One line of a screen: its verb, its words, and where it stands."""

    verb: str
    words: list[str]
    place: Place


@dataclass
class Screen:
    """A nametable described by steps that draw over each other."""

    name: str
    steps: list[Step]
    place: Place


@dataclass
class PaletteSet:
    """Eight palettes of four colours: four for the background, four for sprites."""

    name: str
    colours: bytes
    place: Place


@dataclass
class Art:
    """Everything that the files of gfx/ hold, in their order."""

    tiles: list[Tiles] = field(default_factory=list)
    pictures: dict[str, Picture] = field(default_factory=dict)
    sprites: dict[str, Sprite] = field(default_factory=dict)
    screens: dict[str, Screen] = field(default_factory=dict)
    palettes: dict[str, PaletteSet] = field(default_factory=dict)
    constants: dict[str, int] = field(default_factory=dict)


@dataclass
class _Block:
    """A header line with the option and drawing lines below it."""

    kind: str
    args: list[str]
    place: Place
    options: list[Step] = field(default_factory=list)
    rows: list[tuple[str, Place]] = field(default_factory=list)


OPTIONS = {
    "tiles": ("paper",),
    "picture": ("paper",),
    "sprite": ("palette", "palettes", "origin", "mirror", "columns", "behind"),
    "copy": ("palette", "palettes", "behind"),
    "screen": ("fill", "draw", "text", "palette", "row"),
    "palettes": ("bg0", "bg1", "bg2", "bg3", "sp0", "sp1", "sp2", "sp3"),
    "constant": (),
}


def flip(bitmap: Bitmap, how: str) -> Bitmap:
    """Mirror a bitmap: ``none``, ``h`` left-right, ``v`` top-bottom or ``hv``."""
    rows = bitmap[::-1] if "v" in how else bitmap
    return tuple(row[::-1] for row in rows) if "h" in how else rows


def read_art(folder: Path) -> Art:
    """Read all ``*.txt`` files of a folder in the order of their names.

    Raises:
        SourceError: a line is not valid; the message names file, line and what is allowed.
    """
    art = Art()
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise SourceError(f"{folder}: no *.txt files with drawings")
    for path in paths:
        for block in _blocks(path):
            _READERS[block.kind](art, block)
    return art


def _blocks(path: Path) -> Iterator[_Block]:
    block: _Block | None = None
    for line_number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        place = Place(path, line_number)
        line = raw.rstrip()
        if not line or line.lstrip().startswith("#"):
            continue
        first = line.split()[0]
        if not line[0].isspace():
            if first not in OPTIONS:
                raise place.error(f"{first!r} starts no block; allowed: {', '.join(OPTIONS)}")
            if block:
                yield block
            block = _Block(first, _words(line, place)[1:], place)
        elif block is None:
            raise place.error(f"{first!r} stands outside a block; begin one without indent")
        elif first in OPTIONS[block.kind]:
            block.options.append(Step(first, _words(line, place)[1:], place))
        elif block.kind in ("tiles", "picture", "sprite"):
            block.rows.append((line.strip().replace(" ", ""), place))
        else:
            allowed = ", ".join(OPTIONS[block.kind]) or "nothing"
            raise place.error(f"{first!r} is not an option of {block.kind}; allowed: {allowed}")
    if block:
        yield block


def _words(line: str, place: Place) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as exc:
        raise place.error(f"cannot split {line.strip()!r} into words: {exc}") from None


def _bitmap(block: _Block, width_step: int, height_step: int) -> Bitmap:
    if not block.rows:
        raise block.place.error(f"{block.kind} {' '.join(block.args)} has no drawing")
    paper = 0
    for option in block.options:
        if option.verb == "paper":
            word = exactly(option.words, 1, "paper COLOUR", option.place)[0]
            paper = number(word, 0, 3, "paper", option.place)
    width = len(block.rows[0][0])
    bitmap = []
    for text, place in block.rows:
        for column, char in enumerate(text, 1):
            if char not in PIXELS:
                raise place.error(f"pixel {column} is {char!r}; allowed: . 1 2 3")
        if len(text) != width:
            raise place.error(f"row is {len(text)} pixels wide, the first row is {width}")
        bitmap.append(tuple(PIXELS[c] or paper for c in text))
    if width % width_step or len(bitmap) % height_step:
        raise block.place.error(
            f"drawing is {width}x{len(bitmap)} pixels; "
            f"the size must be a multiple of {width_step}x{height_step}"
        )
    return tuple(bitmap)


def _name(block: _Block, taken: dict[str, object] | set[str], lower: bool = False) -> str:
    name = exactly(block.args, 1, f"{block.kind} NAME", block.place)[0]
    _check_name(name, block.place, lower)
    if name in taken:
        raise block.place.error(f"{block.kind} {name} is drawn twice")
    return name


def _check_name(name: str, place: Place, lower: bool = False) -> None:
    if not (LOWER_NAME if lower else NAME).match(name):
        letters = "a-z" if lower else "A-Z"
        raise place.error(f"{name!r} is no name; allowed: {letters}, 0-9 and _")


def _read_tiles(art: Art, block: _Block) -> None:
    bitmap = _bitmap(block, 8, 8)
    taken = {name for tiles in art.tiles for name in tiles.names}
    for name in block.args:
        _check_name(name, block.place)
        if name in taken:
            raise block.place.error(f"tile {name} is drawn twice")
        taken.add(name)
    cells = len(bitmap[0]) // 8 * (len(bitmap) // 8)
    if len(block.args) not in (1, cells):
        raise block.place.error(
            f"{cells} tiles drawn but {len(block.args)} names; allowed: {cells} names, or one"
        )
    art.tiles.append(Tiles(block.args, bitmap, block.place))


def _read_picture(art: Art, block: _Block) -> None:
    name = _name(block, set(art.pictures))
    art.pictures[name] = Picture(name, _bitmap(block, 8, 8), block.place)


def _read_sprite(art: Art, block: _Block) -> None:
    name = _name(block, set(art.sprites))
    mirror = _single(block, "mirror", "")
    if mirror and mirror not in MIRRORS:
        raise block.place.error(f"mirror is {mirror!r}; allowed: {', '.join(MIRRORS)}")
    below, right = mirror in ("below", "both"), mirror in ("right", "both")
    bitmap = _bitmap(block, 4 if right else 8, 8 if below else 16)
    if right:
        bitmap = tuple(row + row[::-1] for row in bitmap)
    if below:
        bitmap += bitmap[::-1]
    if len(bitmap[0]) % 8 or len(bitmap) % 16:
        raise block.place.error(
            f"sprite is {len(bitmap[0])}x{len(bitmap)} pixels with its mirror half; "
            "the size must be a multiple of 8x16"
        )
    origin = (len(bitmap[0]) // 2, len(bitmap) // 2)
    for option in block.options:
        if option.verb == "origin":
            x, y = exactly(option.words, 2, "origin X Y", option.place)
            origin = (
                number(x, 0, len(bitmap[0]), "origin x", option.place),
                number(y, 0, len(bitmap), "origin y", option.place),
            )
    palettes = _cell_palettes(block, bitmap, 0)
    shifts = _shifts(block, len(bitmap[0]) // 8)
    behind = any(option.verb == "behind" for option in block.options)
    art.sprites[name] = Sprite(name, bitmap, palettes, origin, shifts, behind, block.place)


def _read_copy(art: Art, block: _Block) -> None:
    """``copy NAME of OTHER flip v``: a sprite made of another one."""
    words = block.args
    if len(words) not in (3, 5) or words[1] != "of" or (len(words) == 5 and words[3] != "flip"):
        raise block.place.error("write: copy NAME of SPRITE, or: copy NAME of SPRITE flip h|v|hv")
    name, source = words[0], words[2]
    how = words[4] if len(words) == 5 else "none"
    _check_name(name, block.place)
    if how not in FLIPS:
        raise block.place.error(f"flip is {how!r}; allowed: {', '.join(FLIPS)}")
    if source not in art.sprites:
        raise block.place.error(f"sprite {source} is not drawn above this line")
    if name in art.sprites:
        raise block.place.error(f"sprite {name} is drawn twice")
    old = art.sprites[source]
    bitmap = flip(old.bitmap, how)
    width, height = len(bitmap[0]), len(bitmap)
    x, y = old.origin
    origin = (width - x if "h" in how else x, height - y if "v" in how else y)
    columns = width // 8
    rows = [old.palettes[i : i + columns] for i in range(0, len(old.palettes), columns)]
    rows = rows[::-1] if "v" in how else rows
    kept = [p for row in rows for p in (row[::-1] if "h" in how else row)]
    changed = any(option.verb.startswith("palette") for option in block.options)
    palettes = _cell_palettes(block, bitmap, 0) if changed else kept
    behind = old.behind or any(option.verb == "behind" for option in block.options)
    shifts = old.shifts[::-1] if "h" in how else old.shifts
    if "v" in how:
        shifts = [(height - shift) % 16 for shift in shifts]
    art.sprites[name] = Sprite(name, bitmap, palettes, origin, shifts, behind, block.place)


def _shifts(block: _Block, columns: int) -> list[int]:
    """``columns 0 0 8 8``: how far down the cells of each column are cut."""
    for option in block.options:
        if option.verb == "columns":
            if len(option.words) != columns:
                raise option.place.error(
                    f"{len(option.words)} numbers; allowed: {columns}, one for each 8 pixels"
                )
            return [number(word, 0, 15, "shift", option.place) for word in option.words]
    return [0] * columns


def _single(block: _Block, verb: str, default: str) -> str:
    for option in block.options:
        if option.verb == verb:
            return exactly(option.words, 1, f"{verb} VALUE", option.place)[0]
    return default


def _cell_palettes(block: _Block, bitmap: Bitmap, default: int) -> list[int]:
    """One palette for all cells (``palette 1``) or one for each (``palettes 001 011``)."""
    columns, rows = len(bitmap[0]) // 8, len(bitmap) // 16
    result = [default] * (columns * rows)
    for option in block.options:
        if option.verb == "palette":
            word = exactly(option.words, 1, "palette NUMBER", option.place)[0]
            result = [number(word, 0, 3, "palette", option.place)] * (columns * rows)
        elif option.verb == "palettes":
            good = len(option.words) == rows and all(len(w) == columns for w in option.words)
            if not good:
                raise option.place.error(
                    f"palettes wants {rows} words (rows of cells) of {columns} digits each"
                )
            digits = "".join(option.words)
            result = [number(d, 0, 3, "palette", option.place) for d in digits]
    return result


def _read_screen(art: Art, block: _Block) -> None:
    name = _name(block, set(art.screens), lower=True)
    art.screens[name] = Screen(name, block.options, block.place)


def _read_palettes(art: Art, block: _Block) -> None:
    name = _name(block, set(art.palettes), lower=True)
    rows: dict[str, bytes] = {}
    for option in block.options:
        words = exactly(option.words, 4, f"{option.verb} 0F 02 14 36", option.place)
        for word in words:
            if not re.fullmatch(r"[0-3][0-9A-F]", word):
                raise option.place.error(f"colour is {word!r}; allowed: 00 to 3F (hexadecimal)")
        rows[option.verb] = bytes(int(word, 16) for word in words)
    missing = [verb for verb in OPTIONS["palettes"] if verb not in rows]
    if missing:
        raise block.place.error(f"palettes {name} lacks {', '.join(missing)}")
    backdrops = {row[0] for row in rows.values()}
    if len(backdrops) > 1:
        raise block.place.error(f"palettes {name}: the first colour must be the same in all rows")
    colours = b"".join(rows[verb] for verb in OPTIONS["palettes"])
    art.palettes[name] = PaletteSet(name, colours, block.place)


def _read_constant(art: Art, block: _Block) -> None:
    name, value = exactly(block.args, 2, "constant NAME NUMBER", block.place)
    _check_name(name, block.place)
    if name in art.constants:
        raise block.place.error(f"constant {name} is given twice")
    art.constants[name] = number(value, -128, 255, "constant", block.place)


_READERS = {
    "tiles": _read_tiles,
    "picture": _read_picture,
    "sprite": _read_sprite,
    "copy": _read_copy,
    "screen": _read_screen,
    "palettes": _read_palettes,
    "constant": _read_constant,
}
