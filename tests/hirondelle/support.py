"""What the tests of the game share: its RAM by name, its states, ways to get somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from copain_gym import Emulator
from copain_gym.tas.movie import Movie

HIRONDELLE = Path(__file__).parents[2] / "homebrew" / "hirondelle"
MODE_PLAY = 5
PLAYING, STAGE_END, BOSS, CLEARED, WARP, DYING, GAME_OVER = 0x80, 0x81, 0x85, 0x86, 0x8E, 0xA0, 0xC0
INTRO = range(5)
ENDING = range(0x87, 0x8E)
PLAY_STATES = {*INTRO, *range(0x80, 0x91), DYING, GAME_OVER}
SHIP, OPTIONS, SHOTS, ENEMIES, BULLETS = 0, (1, 3), (3, 12), (12, 22), (22, 32)

Ram = npt.NDArray[np.uint8]


def addresses() -> dict[str, int]:
    """Name → address of every variable of ram.toml."""
    text = (HIRONDELLE / "ram.toml").read_text(encoding="utf-8")
    found = re.findall(r'name = "(\w+)"\naddress = (\w+)', text)
    return {name: int(address, 16) for name, address in found}


RAM = addresses()


def score(ram: Ram) -> int:
    """Points as shown."""
    digits = "".join(f"{ram[RAM['score'] + i]:02x}" for i in (2, 1, 0))
    return int(digits) * 10


def read_movie(path: Path) -> list[int]:
    """Button mask of pad 1 for every frame of an FM2 movie."""
    movie = Movie.read(path)
    assert not movie.commands.any(), "the movie resets the console"
    return list(movie.inputs[:, 0].tolist())


def runs(masks: Iterable[int]) -> list[tuple[int, int]]:
    """The same inputs as pairs of mask and number of frames."""
    result: list[tuple[int, int]] = []
    for mask in masks:
        if result and result[-1][0] == mask:
            result[-1] = (mask, result[-1][1] + 1)
        else:
            result.append((mask, 1))
    return result


def start_game(emulator: Emulator) -> Ram:
    """From power-on to the first frame in which the ship listens."""
    emulator.step(frames=200)
    ram = emulator.step("start")
    for _ in range(200):
        if ram[RAM["mode"]] == MODE_PLAY and ram[RAM["play_state"]] == PLAYING:
            return ram
        ram = emulator.step()
    raise AssertionError(f"no play 200 frames after START: mode {ram[RAM['mode']]}")


def start_at(emulator: Emulator, stage: int, checkpoint: int) -> Ram:
    """Like `start_game`, but at a checkpoint of a stage (it writes these two into RAM)."""
    start_game(emulator)
    emulator.memory[RAM["stage"]] = stage
    emulator.memory[RAM["checkpoint"]] = checkpoint
    emulator.memory[RAM["play_state"]] = 0
    ram = emulator.step(frames=27)
    assert ram[RAM["play_state"]] == PLAYING
    return ram


def run_until(emulator: Emulator, play_state: int, frames: int, buttons: str = "") -> Ram:
    """Step until the play state is reached; fails after so many frames."""
    ram = emulator.ram
    for _ in range(frames):
        if ram[RAM["play_state"]] == play_state:
            return ram
        ram = emulator.step(buttons)
    if ram[RAM["play_state"]] == play_state:
        return ram
    raise AssertionError(f"play state {ram[RAM['play_state']]:#x} after {frames} frames")
