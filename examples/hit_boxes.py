"""Draws the hit boxes of Hirondelle's objects on FCEUX's picture, as a script of FCEUX would.

    python examples/hit_boxes.py [--seconds 30] [--play]

The window plays at the console's speed; play with the keyboard, or let --play do it. The idea is
that of the scripts SMB-HitBoxes.lua and Gradius-BulletHell.lua that ship with FCEUX: the RAM says
where everything is, and `gui.*` draws it. The addresses are those of Gradius, so the script
serves both games.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import numpy.typing as npt

from copain_gym import Emulator
from copain_gym.envs.start import play_start
from copain_gym.games import find_game
from copain_gym.tas.inputs import InputLog

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
    """Draw the boxes that a RAM image tells of; all calls go in one request.

    Returns:
        How many boxes were drawn.
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
    """Play, with the window."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long (default 60)")
    parser.add_argument("--play", action="store_true", help="fly by itself")
    args = parser.parse_args()
    with Emulator(window=True) as emulator:
        emulator.lua.emu.speedmode("maximum")
        play_start(emulator, find_game("hirondelle"), InputLog())
        emulator.lua.emu.speedmode("normal")

        # The console shows sprites as they were in RAM one frame before.
        before = emulator.ram

        # Called by FCEUX before it shows each frame, so boxes and picture never part.
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
                emulator.lua.emu.frameadvance()  # the buttons are the user's
            frames += 1
        print(f"{frames / (time.monotonic() - begin):.1f} frames per second")


if __name__ == "__main__":
    main()
