"""`Overlay`: a strip below the game's picture with pressed buttons, frame number and variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from copain_gym.tas.font import write_text
from copain_gym.tas.video import Picture

__all__ = ["Overlay"]

_ROW, _COLUMN = 10, 8  # pixels of a line and of a character
_PAPER, _DARK, _LIGHT = (12, 12, 18), (96, 96, 108), (255, 255, 255)
# Text, column and bit of the mask of each button of a pad. The signs < ^ | > are drawn as arrows.
_KEYS = (
    *(("<", 0, 6), ("^", 1, 4), ("|", 2, 5), (">", 3, 7)),
    *(("SEL", 5, 2), ("STA", 9, 3), ("B", 13, 1), ("A", 15, 0)),
)


class Overlay:
    """Adds a strip to pictures.

    Args:
        width: width of the pictures in pixels.
        pads: indices of the pads whose buttons are shown.
        frame_number: whether to show the number of the frame.
        variables: names of the variables to show.

    Attributes:
        height: height of the strip in pixels, even; 0 if there is nothing to show.

    Examples:
        >>> overlay = Overlay(256, pads=[0], frame_number=True, variables=["score"])
        >>> picture = np.zeros((240, 256, 3), np.uint8)
        >>> overlay.add(picture, 1, [0x81], {"score": 100}).shape
        (262, 256, 3)
    """

    def __init__(
        self,
        width: int,
        *,
        pads: Sequence[int] = (),
        frame_number: bool = False,
        variables: Sequence[str] = (),
    ) -> None:
        self._width, self._pads, self._frame_number = width, list(pads), frame_number
        self._variables = list(variables)
        self._first_row = max(len(self._pads), int(frame_number))
        rows = self._first_row + (len(self._variables) + 1) // 2
        self.height = rows * _ROW + 2 if rows else 0

    def add(
        self, picture: Picture, frame: int, held: Sequence[int], values: Mapping[str, int]
    ) -> Picture:
        """Return a picture with the strip below it.

        Args:
            picture: (height, width, 3) uint8.
            frame: number of the frame.
            held: mask of the held buttons of each pad.
            values: values of the variables.
        """
        if not self.height:
            return picture
        strip = np.empty((self.height, self._width, 3), np.uint8)
        strip[:] = _PAPER
        for row, pad in enumerate(self._pads):
            for text, column, bit in _KEYS:
                colour = _LIGHT if held[pad] >> bit & 1 else _DARK
                write_text(strip, text, 4 + column * _COLUMN, 2 + row * _ROW, colour)
        if self._frame_number:
            text = f"FRAME{frame:7d}"
            write_text(strip, text, self._width - len(text) * _COLUMN - 2, 2, _LIGHT)
        half = self._width // 2
        letters = half // _COLUMN - 1
        for k, name in enumerate(self._variables):
            value = str(values[name])
            shown = name[: max(1, letters - len(value) - 1)].ljust(letters - len(value)) + value
            y = 2 + (self._first_row + k // 2) * _ROW
            write_text(strip, shown, 4 + (k % 2) * half, y, _LIGHT)
        return np.concatenate([picture, strip])
