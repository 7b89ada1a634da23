"""Cut drawings into tiles, give them numbers, and lay out sprites and screens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gfx_source import Art, Bitmap, Screen, Sprite, Step, flip
from source import Place, SourceError, exactly, number

TABLE_TILES = 256
BLANK: Bitmap = ((0,) * 8,) * 8
FLIP_BITS = {"none": 0x00, "h": 0x40, "v": 0x80, "hv": 0xC0}
BEHIND_BIT = 0x20
# Spellings of characters in screen texts that are no tile names themselves.
PUNCTUATION = {" ": "SPACE", ".": "DOT", "-": "DASH", "!": "BANG", ":": "COLON", "'": "APOSTROPHE"}


@dataclass(frozen=True)
class Cell:
    """One hardware sprite of a metasprite: offsets from the object's position, OAM bytes."""

    dy: int
    tile: int
    attributes: int
    dx: int


@dataclass
class ScreenMap:
    """A finished nametable: tile numbers row by row and its attribute table."""

    width: int
    height: int
    tiles: list[int]
    attributes: list[int]


@dataclass
class Layout:
    """All tiles with their numbers, and what is made of them."""

    background: list[Bitmap] = field(default_factory=lambda: [BLANK])
    sprite_cells: list[Bitmap] = field(default_factory=list)
    tile_numbers: dict[str, int] = field(default_factory=lambda: {"BLANK": 0})
    metasprites: dict[str, list[Cell]] = field(default_factory=dict)
    screens: dict[str, ScreenMap] = field(default_factory=dict)
    pictures: dict[str, list[list[int]]] = field(default_factory=dict)


def cells(bitmap: Bitmap, height: int) -> Iterator[tuple[int, int, Bitmap]]:
    """Yield (x, y, bitmap 8 pixels wide) for all cells of a drawing, row by row."""
    for y in range(0, len(bitmap), height):
        for x in range(0, len(bitmap[0]), 8):
            yield x, y, tuple(row[x : x + 8] for row in bitmap[y : y + height])


def lay_out(art: Art) -> Layout:
    """Give every drawing its tiles.

    Named tiles come first and in order, so that names of one ``tiles`` block are consecutive
    numbers; equal tiles of pictures are stored once, sprite cells also where they are mirror
    images of each other.

    Raises:
        SourceError: more than 256 tiles in one table, or a screen names something unknown.
    """
    layout = Layout()
    for tiles in art.tiles:
        for index, (_, _, bitmap) in enumerate(cells(tiles.bitmap, 8)):
            if index < len(tiles.names):
                layout.tile_numbers[tiles.names[index]] = len(layout.background)
            layout.background.append(bitmap)
        _check_full(layout.background, TABLE_TILES, "background tiles", tiles.place)
    for picture in art.pictures.values():
        columns = len(picture.bitmap[0]) // 8
        numbers = [_shared(layout.background, b) for _, _, b in cells(picture.bitmap, 8)]
        layout.pictures[picture.name] = [
            numbers[i : i + columns] for i in range(0, len(numbers), columns)
        ]
        _check_full(layout.background, TABLE_TILES, "background tiles", picture.place)
    for sprite in art.sprites.values():
        layout.metasprites[sprite.name] = _metasprite(layout, sprite)
        _check_full(layout.sprite_cells, TABLE_TILES // 2, "sprite cells of 8x16", sprite.place)
    for screen in art.screens.values():
        layout.screens[screen.name] = _screen(layout, screen)
    return layout


def _check_full(stored: list[Bitmap], limit: int, what: str, place: Place) -> None:
    if len(stored) > limit:
        raise place.error(f"{len(stored)} {what} are needed up to here; allowed: {limit}")


def _shared(stored: list[Bitmap], bitmap: Bitmap) -> int:
    if bitmap not in stored:
        stored.append(bitmap)
    return stored.index(bitmap)


def _stored_cell(stored: list[Bitmap], bitmap: Bitmap) -> tuple[int, int]:
    """Number of a cell, and the attribute bits if it is a mirror image; new cells are added."""
    for how, bits in FLIP_BITS.items():
        if flip(bitmap, how) in stored:
            return stored.index(flip(bitmap, how)), bits
    stored.append(bitmap)
    return len(stored) - 1, 0


def _sprite_cells(sprite: Sprite) -> Iterator[tuple[int, int, Bitmap]]:
    """Cells of 8x16 pixels, row by row; a shifted column has one more, partly outside."""
    height = len(sprite.bitmap)
    empty = (0,) * 8
    for top in range(0, height + 16, 16):
        for column, shift in enumerate(sprite.shifts):
            y = top - (16 - shift if shift else 0)
            if y < height:
                rows = range(y, y + 16)
                cell = (
                    sprite.bitmap[r][column * 8 : column * 8 + 8] if 0 <= r < height else empty
                    for r in rows
                )
                yield column * 8, y, tuple(cell)


def _metasprite(layout: Layout, sprite: Sprite) -> list[Cell]:
    result = []
    origin_x, origin_y = sprite.origin
    for x, y, bitmap in _sprite_cells(sprite):
        if not any(map(any, bitmap)):
            continue
        cell, bits = _stored_cell(layout.sprite_cells, bitmap)
        # A shifted cell takes the palette of the row it overlaps that is nearer the middle.
        height = len(sprite.bitmap)
        row = (y + 8 - (2 * (y + 8) >= height)) // 16
        row = min(max(row, 0), height // 16 - 1)
        palette = sprite.palettes[row * (len(sprite.bitmap[0]) // 8) + x // 8]
        attributes = palette | bits | (BEHIND_BIT if sprite.behind else 0)
        # OAM's y is one line above the picture; bit 0 of the tile selects table $1000.
        result.append(Cell(y - origin_y - 1, (cell * 2 + 1) & 0xFF, attributes, x - origin_x))
    return result


class _Canvas:
    """A screen while its steps draw on it."""

    def __init__(self, layout: Layout, screen: Screen) -> None:
        self.layout = layout
        self.screen = screen
        self.width, self.height = 32, 30
        self.tiles = [0] * (self.width * self.height)
        self.palettes = [0] * (self.width // 2 * (self.height // 2))

    def tile(self, name: str, place: Place) -> int:
        if name not in self.layout.tile_numbers:
            raise place.error(f"{name!r} is no tile; allowed: names of tiles blocks, or BLANK")
        return self.layout.tile_numbers[name]

    def put(self, x: int, y: int, tile: int) -> None:
        self.tiles[y * self.width + x] = tile

    def area(self, words: list[str], place: Place) -> tuple[int, int, int, int]:
        x = number(words[0], 0, self.width - 1, "column", place)
        y = number(words[1], 0, self.height - 1, "row", place)
        wide = number(words[2], 1, self.width - x, "width", place)
        high = number(words[3], 1, self.height - y, "height", place)
        return x, y, wide, high


def _fill(canvas: _Canvas, step: Step) -> None:
    """``fill TILE[,TILE...] X Y W H``: the tiles follow each other along each row."""
    words = exactly(step.words, 5, "fill TILE[,TILE] X Y WIDTH HEIGHT", step.place)
    names = [canvas.tile(name, step.place) for name in words[0].split(",")]
    x, y, wide, high = canvas.area(words[1:], step.place)
    for row in range(high):
        for column in range(wide):
            canvas.put(x + column, y + row, names[(column + row) % len(names)])


def _row(canvas: _Canvas, step: Step) -> None:
    """``row X Y TILE TILE ...``: single tiles side by side, ``_`` leaves a place as it is."""
    if len(step.words) < 3:
        raise step.place.error("write: row X Y TILE TILE ...")
    x, y, _, _ = canvas.area([*step.words[:2], str(len(step.words) - 2), "1"], step.place)
    for column, name in enumerate(step.words[2:]):
        if name != "_":
            canvas.put(x + column, y, canvas.tile(name, step.place))


def _draw(canvas: _Canvas, step: Step) -> None:
    """``draw PICTURE X Y``; blank tiles of the picture leave what is below them."""
    name, *rest = exactly(step.words, 3, "draw PICTURE X Y", step.place)
    if name not in canvas.layout.pictures:
        allowed = ", ".join(canvas.layout.pictures)
        raise step.place.error(f"{name!r} is no picture; allowed: {allowed}")
    rows = canvas.layout.pictures[name]
    x, y, _, _ = canvas.area([*rest, str(len(rows[0])), str(len(rows))], step.place)
    for dy, row in enumerate(rows):
        for dx, tile in enumerate(row):
            if tile:
                canvas.put(x + dx, y + dy, tile)


def _text(canvas: _Canvas, step: Step) -> None:
    x_word, y_word, text = exactly(step.words, 3, 'text X Y "WORDS"', step.place)
    x, y, _, _ = canvas.area([x_word, y_word, str(len(text)), "1"], step.place)
    for column, char in enumerate(text):
        canvas.put(x + column, y, canvas.tile(PUNCTUATION.get(char, char), step.place))


def _palette(canvas: _Canvas, step: Step) -> None:
    """``palette N X Y W H`` in tiles; all even, as a palette covers 2x2 tiles."""
    words = exactly(step.words, 5, "palette NUMBER X Y WIDTH HEIGHT", step.place)
    palette = number(words[0], 0, 3, "palette", step.place)
    area = canvas.area(words[1:], step.place)
    if any(value % 2 for value in area):
        raise step.place.error(f"palette area {' '.join(words[1:])}: all four must be even")
    x, y, wide, high = (value // 2 for value in area)
    for row in range(y, y + high):
        for column in range(x, x + wide):
            canvas.palettes[row * 16 + column] = palette


_STEPS = {"fill": _fill, "row": _row, "draw": _draw, "text": _text, "palette": _palette}


def _screen(layout: Layout, screen: Screen) -> ScreenMap:
    canvas = _Canvas(layout, screen)
    for step in screen.steps:
        _STEPS[step.verb](canvas, step)
    attributes = []
    for y in range(0, 16, 2):
        for x in range(0, 16, 2):
            value = 0
            for corner, (dx, dy) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
                if y + dy < 15:
                    value |= canvas.palettes[(y + dy) * 16 + x + dx] << (2 * corner)
            attributes.append(value)
    return ScreenMap(canvas.width, canvas.height, canvas.tiles, attributes)


def chr_bytes(layout: Layout) -> bytes:
    """The 8192 bytes of pattern memory: background table, then sprite table."""
    sprites = [half for cell in layout.sprite_cells for half in (cell[:8], cell[8:])]
    data = b"".join(_planes(tile) for tile in layout.background).ljust(4096, b"\0")
    data += b"".join(_planes(tile) for tile in sprites).ljust(4096, b"\0")
    if len(data) != 8192:
        raise SourceError(f"pattern memory is {len(data)} bytes; allowed: 8192")
    return data


def _planes(tile: Bitmap) -> bytes:
    low = bytes(sum((p & 1) << (7 - x) for x, p in enumerate(row)) for row in tile)
    high = bytes(sum((p >> 1) << (7 - x) for x, p in enumerate(row)) for row in tile)
    return low + high
