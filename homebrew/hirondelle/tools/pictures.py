#!/usr/bin/env python3
"""Take the pictures of docs/hirondelle/ out of the recorded game: pictures.py MOVIE.fm2 FOLDER.

Stock FCEUX plays the movie. Needs the copain_gym package.
"""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from copain_gym import Emulator
from copain_gym.tas.movie import Movie

# Frames of the movie.
PICTURES = {
    195: "title",
    2610: "stage1",
    5560: "boss1",
    8950: "stage2",
    10736: "boss2",
    13800: "stage3",
    16008: "boss3",
    17150: "ending",
}


def write_png(path: Path, picture: npt.NDArray[np.uint8]) -> None:
    """Write a (height, width, 3) picture."""
    height, width, _ = picture.shape

    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def main(arguments: list[str]) -> int:
    """Play the movie and stop for each picture."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    movie, folder = Path(arguments[0]), Path(arguments[1])
    folder.mkdir(parents=True, exist_ok=True)
    pads = Movie.read(movie).inputs[:, 0].tolist()
    with Emulator(engine="fceux") as emulator:
        for frame, pad in enumerate(pads, 1):
            emulator.step(pad)
            if frame in PICTURES:
                write_png(folder / f"{PICTURES[frame]}.png", emulator.screen())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
