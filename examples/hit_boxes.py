"""Draws the hit boxes of Hirondelle's objects on FCEUX's picture.

    python examples/hit_boxes.py [--seconds 30] [--play]

The window runs at the console's speed. Play with the keyboard; with --play, the ship moves by
itself. The scripts SMB-HitBoxes.lua and Gradius-BulletHell.lua, which FCEUX installs, do the same
in Lua: they read the positions of all objects from RAM and draw boxes with `gui.*`. The addresses
are the same in Gradius.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import numpy.typing as npt

from copain_gym import Emulator
from copain_gym.envs.start import play_start
from copain_gym.games import find_game

# What the object arrays hold: first slot, number of slots, half width, half height, colour.
KINDS = (
    ("ship", 0, 1, 12, 5, "#00FF00A0"),
    ("option", 1, 2, 6, 6, "#FFA000A0"),
    ("shot", 3, 9, 6, 2, "#FFFF00A0"),
    ("enemy", 12, 10, 8, 8, "#FF0000A0"),
    ("bullet", 22, 10, 3, 3, "#FF00FFFF"),
)
STATUS, TYPE, Y, X = 0x0100, 0x0300, 0x0320, 0x0360


def draw_boxes(emulator: Emulator, ram: npt.NDArray[np.uint8]) -> int:
    """Draw a box around each object, with one request for all of them.

    Args:
        emulator: the emulator to draw in.
        ram: its RAM, (2048,).

    Returns:
        Number of boxes.
    """
    boxes = 0
    with emulator.lua.batch() as batch:
        for name, first, count, half_width, half_height, colour in KINDS:
            for slot in range(first, first + count):
                alive = ram[STATUS] == 1 if name == "ship" else ram[TYPE + slot] != 0
                if not alive:
                    continue
                x, y = int(ram[X + slot]), int(ram[Y + slot])
                batch.gui.box(
                    x - half_width,
                    y - half_height,
                    x + half_width,
                    y + half_height,
                    "clear",
                    colour,
                )
                boxes += 1
        batch.gui.text(4, 12, f"objects {boxes - 1}")
    return boxes


def main() -> None:
    """Play in the window."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long (default 60)")
    parser.add_argument("--play", action="store_true", help="move the ship automatically")
    args = parser.parse_args()
    with Emulator(window=True) as emulator:
        emulator.lua.emu.speedmode("maximum")
        play_start(emulator, find_game("hirondelle"))
        emulator.lua.emu.speedmode("normal")

        # The picture shows the sprites that were in RAM one frame earlier.
        before = emulator.ram

        # FCEUX calls this before it shows each frame, so the boxes always match the picture.
        @emulator.lua.gui.register()
        def draw() -> None:
            nonlocal before
            draw_boxes(emulator, before)
            before = emulator.ram

        begin, frames = time.monotonic(), 0
        while time.monotonic() - begin < args.seconds:
            if args.play:
                emulator.step("A+up" if frames // 40 % 2 else "A+down")
            else:
                emulator.lua.emu.frameadvance()  # with the buttons that the user holds
            frames += 1
        print(f"{frames / (time.monotonic() - begin):.1f} frames per second")


if __name__ == "__main__":
    main()
