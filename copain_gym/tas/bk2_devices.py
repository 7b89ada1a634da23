"""What BizHawk calls the buttons and devices of an NES, and what they are in FM2 movies."""

from __future__ import annotations

from copain_gym.buttons import Button
from copain_gym.tas.movie import COMMANDS

__all__ = ["CONSOLE", "DEVICES", "EXPANSIONS", "FOUR_SCORE", "PAD", "RAM_PATTERNS"]

# In the order of BizHawk's columns.
PAD = {
    "Up": Button.UP,
    "Down": Button.DOWN,
    "Left": Button.LEFT,
    "Right": Button.RIGHT,
    "Start": Button.START,
    "Select": Button.SELECT,
    "B": Button.B,
    "A": Button.A,
}
CONSOLE = {
    "Reset": COMMANDS["reset"],
    "Power": COMMANDS["power"],
    "Insert Coin P1": COMMANDS["vs-coin-1"],
    "Insert Coin P2": COMMANDS["vs-coin-2"],
    "Service Switch": COMMANDS["vs-service"],
}
# On a Four Score, BizHawk numbers the pads by plug: pads 1 and 3 are in the left one.
FOUR_SCORE = (0, 2, 1, 3)
DEVICES = {
    "UnpluggedNES": "none",
    "ControllerNES": "pad",
    "Zapper": "zapper",
    "VSZapper": "zapper",
    "ArkanoidNES": "arkanoid",
    "PowerPad": "power-pad-a",
    "ControllerSNES": "snes-pad",
}
EXPANSIONS = {
    "UnpluggedFam": "none",
    "ArkanoidFam": "arkanoid",
    "FamilyBasicKeyboard": "family-keyboard",
    "OekaKids": "oeka-kids",
}
RAM_PATTERNS: dict[int, list[int]] = {0: [], 1: [255], 2: [0]}
