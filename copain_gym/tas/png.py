"""`png`: a picture as the bytes of a PNG file, with a palette if it has few colours."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

__all__ = ["png"]

_COLOURS = 256  # of a palette


def png(picture: npt.NDArray[np.uint8]) -> bytes:
    r"""The PNG file of a picture.

    Args:
        picture: (height, width, 3) uint8, red, green and blue.

    Examples:
        >>> png(np.zeros((2, 2, 3), np.uint8))[:8]
        b'\x89PNG\r\n\x1a\n'
    """
    height, width, _ = picture.shape
    numbers = picture.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    colours, indices = np.unique(numbers, return_inverse=True)
    if len(colours) <= _COLOURS:
        kind, rows = 3, indices.reshape(height, width).astype(np.uint8)
        palette = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1)
        parts = [(b"PLTE", palette.astype(np.uint8).tobytes())]
    else:
        kind, rows, parts = 2, picture.reshape(height, width * 3), []
    lines = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1)  # 0: no filter
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = [
        (b"IHDR", header),
        *parts,
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
