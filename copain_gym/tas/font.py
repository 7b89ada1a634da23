"""Letters for texts in pictures: those of the bundled game, and a few more."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

__all__ = ["SIZE", "write_text"]

SIZE = 8
"""Width and height of a letter in pixels."""

# Eight rows of eight pixels, from the top; the highest bit is on the left.
_GLYPHS = {
    " ": 0x0000000000000000,
    "!": 0x1C1C181830003000,
    "'": 0x3030204000000000,
    "+": 0x0010107C10100000,
    "-": 0x0000007C00000000,
    ".": 0x0000000000303000,
    "/": 0x02060C1830604000,
    "0": 0x384CC6C6C6643800,
    "1": 0x1838181818187E00,
    "2": 0x7CC60E3C78E0FE00,
    "3": 0x7E0C183C06C67C00,
    "4": 0x1C3C6CCCFE0C0C00,
    "5": 0xFCC0FC0606C67C00,
    "6": 0x3C60C0FCC6C67C00,
    "7": 0xFEC60C1830303000,
    "8": 0x78C4E4789E867C00,
    "9": 0x7CC6C67E060C7800,
    ":": 0x0030300030300000,
    "<": 0x10307EFE7E301000,
    ">": 0x1018FCFEFC181000,
    "?": 0x7CC60C1818001800,
    "A": 0x386CC6C6FEC6C600,
    "B": 0xFCC6C6FCC6C6FC00,
    "C": 0x3C66C0C0C0663C00,
    "D": 0xF8CCC6C6C6CCF800,
    "E": 0xFEC0C0FCC0C0FE00,
    "F": 0xFEC0C0FCC0C0C000,
    "G": 0x3E60C0CEC6663E00,
    "H": 0xC6C6C6FEC6C6C600,
    "I": 0x7E18181818187E00,
    "J": 0x1E060606C6C67C00,
    "K": 0xC6CCD8F0F8DCCE00,
    "L": 0x6060606060607E00,
    "M": 0xC6EEFED6C6C6C600,
    "N": 0xC6E6F6FEDECEC600,
    "O": 0x7CC6C6C6C6C67C00,
    "P": 0xFCC6C6C6FCC0C000,
    "Q": 0x7CC6C6C6DECC7A00,
    "R": 0xFCC6C6CEF8DCCE00,
    "S": 0x78CCC07C06C67C00,
    "T": 0x7E18181818181800,
    "U": 0xC6C6C6C6C6C67C00,
    "V": 0xC6C6C6EE7C381000,
    "W": 0xC6C6C6D6FEEEC600,
    "X": 0xC6EE7C387CEEC600,
    "Y": 0x6666663C18181800,
    "Z": 0xFE0E1C3870E0FE00,
    "^": 0x10387CFE38383800,
    "_": 0x000000000000FE00,
    "|": 0x383838FE7C381000,
}


@cache
def _letter(letter: str) -> npt.NDArray[np.bool_]:
    """The pixels of a letter, (8, 8)."""
    rows = _GLYPHS.get(letter.upper(), _GLYPHS["?"]).to_bytes(SIZE, "big")
    return np.unpackbits(np.frombuffer(rows, np.uint8)).reshape(SIZE, SIZE).astype(np.bool_)


def write_text(
    picture: npt.NDArray[np.uint8], text: str, x: int, y: int, colour: tuple[int, int, int]
) -> None:
    """Write a text into a picture. There are no small letters; an unknown one becomes `?`.

    Args:
        picture: (height, width, 3) uint8.
        text: the text; what does not fit is cut off.
        x: left edge of the text in pixels.
        y: upper edge of the text in pixels.
        colour: red, green and blue.
    """
    for k, letter in enumerate(text):
        left = x + k * SIZE
        place = picture[y : y + SIZE, left : left + SIZE]
        place[_letter(letter)[: place.shape[0], : place.shape[1]]] = colour
