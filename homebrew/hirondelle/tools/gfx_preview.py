"""Draw PNG sheets of tiles, sprites and screens, to look at while drawing."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from gfx_source import Art
from gfx_tiles import Layout, ScreenMap

Colour = tuple[int, int, int]

# The NES has no RGB colours of its own; these 64 are FCEUX's default palette, rounded.
NES_COLOURS = bytes.fromhex(
    "747474 24188c 0000a8 44009c 8c0074 a80010 a40000 7c0800"
    "402c00 004400 005000 003c14 183c5c 000000 000000 000000"
    "bcbcbc 0070ec 2038ec 8000f0 bc00bc e40058 d82800 c84c0c"
    "887000 009400 00a800 009038 008088 000000 000000 000000"
    "fcfcfc 3cbcfc 5c94fc cc88fc f478fc fc74b4 fc7460 fc9838"
    "f0bc3c 80d010 4cdc48 58f898 00e8d8 787878 000000 000000"
    "fcfcfc a8e4fc c4d4fc d4c8fc fcc4fc fcc4d8 fcbcb0 fcd8a8"
    "fce4a0 e0fca0 a8f0bc b0fccc 9cfcf0 c4c4c4 000000 000000".replace(" ", "")
)


class Image:
    """An RGB picture in memory."""

    def __init__(self, width: int, height: int, colour: Colour = (0, 0, 0)) -> None:
        self.width, self.height = width, height
        self.pixels = bytearray(bytes(colour) * (width * height))

    def set(self, x: int, y: int, colour: Colour) -> None:
        """Set one pixel; outside the picture nothing happens."""
        if 0 <= x < self.width and 0 <= y < self.height:
            at = (y * self.width + x) * 3
            self.pixels[at : at + 3] = bytes(colour)

    def write(self, path: Path, scale: int) -> None:
        """Write a PNG file, each pixel as a square of ``scale`` pixels."""
        lines = []
        for y in range(self.height):
            row = self.pixels[y * self.width * 3 : (y + 1) * self.width * 3]
            wide = b"".join(bytes(row[x : x + 3]) * scale for x in range(0, len(row), 3))
            lines.append((b"\0" + wide) * scale)
        header = struct.pack(">IIBBBBB", self.width * scale, self.height * scale, 8, 2, 0, 0, 0)
        data = zlib.compress(b"".join(lines), 9)
        chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks))


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def nes_colour(number: int) -> Colour:
    """RGB of a colour number 0-63."""
    red, green, blue = NES_COLOURS[number * 3 : number * 3 + 3]
    return red, green, blue


def write_previews(art: Art, layout: Layout, out: Path) -> list[Path]:
    """Write all sheets into a folder and return their paths."""
    paths = []

    def save(image: Image, name: str, scale: int) -> None:
        path = out / f"preview-{name}.png"
        image.write(path, scale)
        paths.append(path)

    for palette in art.palettes.values():
        save(_tile_sheet(layout, palette.colours), f"tiles-{palette.name}", 3)
    stage = next((p.colours for name, p in art.palettes.items() if "stage" in name), None)
    if stage:
        save(_sprite_sheet(layout, art, stage), "sprites", 4)
    for name, screen in layout.screens.items():
        colours = art.palettes[name].colours if name in art.palettes else stage
        if colours:
            save(_screen_image(layout, screen, colours), name, 3)
    return paths


def _tile_sheet(layout: Layout, colours: bytes) -> Image:
    image = Image(16 * 9, 16 * 9 * 2, (40, 40, 40))
    for half, palette in enumerate((0, 3)):
        for index, tile in enumerate(layout.background):
            x, y = index % 16 * 9, index // 16 * 9 + half * 144
            for dy, row in enumerate(tile):
                for dx, pixel in enumerate(row):
                    image.set(x + dx, y + dy, nes_colour(colours[palette * 4 + pixel]))
    return image


def _sprite_sheet(layout: Layout, art: Art, colours: bytes) -> Image:
    places, width = [], 256
    x = y = line = 0
    for name, sprite in art.sprites.items():
        wide, high = len(sprite.bitmap[0]), len(sprite.bitmap)
        if x + wide > width:
            x, y, line = 0, y + line + 4, 0
        places.append((name, x + sprite.origin[0], y + sprite.origin[1]))
        x, line = x + wide + 4, max(line, high)
    image = Image(width, y + line, nes_colour(colours[0]))
    for name, centre_x, centre_y in places:
        draw_metasprite(image, layout, name, centre_x, centre_y, colours)
    return image


def draw_metasprite(
    image: Image, layout: Layout, name: str, x: int, y: int, colours: bytes
) -> None:
    """Draw a metasprite as the console does, from its OAM entries."""
    for cell in reversed(layout.metasprites[name]):
        bitmap = layout.sprite_cells[cell.tile >> 1]
        for row in range(16):
            for column in range(8):
                source_x = 7 - column if cell.attributes & 0x40 else column
                source_y = 15 - row if cell.attributes & 0x80 else row
                pixel = bitmap[source_y][source_x]
                if pixel:
                    colour = nes_colour(colours[16 + (cell.attributes & 3) * 4 + pixel])
                    image.set(x + cell.dx + column, y + cell.dy + 1 + row, colour)


def _screen_image(layout: Layout, screen: ScreenMap, colours: bytes) -> Image:
    image = Image(screen.width * 8, screen.height * 8)
    for index, tile in enumerate(screen.tiles):
        column, row = index % screen.width, index // screen.width
        attribute = screen.attributes[row // 4 * 8 + column // 4]
        palette = attribute >> ((row & 2) * 2 + (column & 2)) & 3
        for dy, pixels in enumerate(layout.background[tile]):
            for dx, pixel in enumerate(pixels):
                image.set(column * 8 + dx, row * 8 + dy, nes_colour(colours[palette * 4 + pixel]))
    return image
