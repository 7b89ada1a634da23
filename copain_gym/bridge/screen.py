"""Converts the engines' pictures to RGB and grey arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.protocol import (
    GD_HEADER_SIZE,
    PALETTE_SIZE,
    PICTURE_HEIGHT,
    PICTURE_WIDTH,
)
from copain_gym.errors import ProtocolError

__all__ = ["HEIGHT", "NTSC_FPS", "WIDTH", "decoder", "grey_decoder", "picture_bytes"]

HEIGHT, WIDTH = PICTURE_HEIGHT, PICTURE_WIDTH
NTSC_FPS = 60.0988
"""Frames per second of an NTSC console."""

_PIXELS = HEIGHT * WIDTH


def decoder(format_name: str) -> Callable[[bytes], npt.NDArray[np.uint8]]:
    """Return a function that converts a picture's bytes to a (240, 256, 3) uint8 RGB array.

    Args:
        format_name: `gd` or `indexed`. `gd` is the format of FCEUX's `gui.gdscreenshot`: 11 bytes
            of header, then alpha, red, green and blue for each pixel. `indexed` has one palette
            index per pixel, then the palette: red, green and blue for 256 indices (768 bytes).

    Raises:
        ProtocolError: an unknown format.
    """
    if format_name == "gd":
        return _decode_gd
    if format_name == "indexed":
        return lambda data: _palette(data[_PIXELS:])[_indices(data)]
    raise ProtocolError(f"the emulator's picture format {format_name!r} is unknown")


def grey_decoder(format_name: str) -> Callable[[bytes], npt.NDArray[np.uint8]]:
    """Return a function that converts a picture's bytes to (240, 256) uint8 shades of grey.

    Grey is 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601), rounded.

    Args:
        format_name: see `decoder`.

    Raises:
        ProtocolError: an unknown format.
    """
    if format_name == "indexed":
        return lambda data: _shades(data[_PIXELS:])[_indices(data)]
    decode = decoder(format_name)
    return lambda data: _grey(decode(data))


def picture_bytes(format_name: str) -> int:
    """How many bytes a picture has as it is sent. See `decoder`."""
    return _PIXELS + PALETTE_SIZE if format_name == "indexed" else GD_HEADER_SIZE + 4 * _PIXELS


def _indices(data: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8, _PIXELS).reshape(HEIGHT, WIDTH)


def _palette(colours: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(colours, np.uint8, PALETTE_SIZE).reshape(256, 3)


@functools.lru_cache(maxsize=64)  # games that use colour emphasis change it
def _shades(colours: bytes) -> npt.NDArray[np.uint8]:
    return _grey(_palette(colours))


def _grey(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    weighted = rgb.astype(np.uint32) @ np.array([299, 587, 114], np.uint32)
    grey: npt.NDArray[np.uint8] = ((weighted + 500) // 1000).astype(np.uint8)
    return grey


def _decode_gd(data: bytes) -> npt.NDArray[np.uint8]:
    pixels = np.frombuffer(data, np.uint8, offset=GD_HEADER_SIZE).reshape(HEIGHT, WIDTH, 4)
    return np.ascontiguousarray(pixels[:, :, 1:])
