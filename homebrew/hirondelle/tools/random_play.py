#!/usr/bin/env python3
"""Measure random play: random_play.py [GAMES [SEED]].

Each of the six buttons A, B, up, down, left, right is held with probability 0.4, anew every 4 to
16 frames. A game begins where the ship first listens, after 0 to 30 idle frames, and ends at game
over; its frames count the explosions and restarts between lives. Needs the copain_gym package.
"""

from __future__ import annotations

import sys

import numpy as np

from copain_gym import Emulator

NAMES = ("A", "B", "up", "down", "left", "right")
PLAY_STATE, STAGE, CHECKPOINT, SCORE = 0x1B, 0x19, 0x24, 0x7E4


def score(ram: np.ndarray) -> int:
    """Points as shown."""
    return int("".join(f"{byte:02x}" for byte in ram[SCORE : SCORE + 3][::-1])) * 10


def describe(name: str, values: list[int]) -> str:
    """Mean, spread and range in one line."""
    array = np.array(values)
    return (
        f"{name}: mean {array.mean():.0f}, standard deviation {array.std():.0f}, "
        f"median {np.median(array):.0f}, from {array.min()} to {array.max()}"
    )


def main(arguments: list[str]) -> int:
    """Play and print."""
    games = int(arguments[0]) if arguments else 200
    random = np.random.default_rng(int(arguments[1]) if len(arguments) > 1 else 1)
    scores, frames, stages = [], [], []
    with Emulator() as emulator:
        emulator.step(frames=200)
        emulator.step("start")
        while emulator.step()[PLAY_STATE] != 0x80:
            pass
        start = emulator.save_state()
        for _ in range(games):
            emulator.load_state(start)
            ram = emulator.step(frames=int(random.integers(31)))
            first = emulator.frame_count
            while ram[PLAY_STATE] != 0xC0:
                held = [name for name in NAMES if random.random() < 0.4]
                ram = emulator.step(held, frames=int(random.integers(4, 17)))
            scores.append(score(ram))
            frames.append(emulator.frame_count - first)
            stages.append(int(ram[STAGE]) + 1)
    print(f"{games} games of random play")
    print(describe("score", scores))
    print(describe("frames until game over", frames))
    print(f"game over in stage 1: {100 * stages.count(1) / games:.0f} %")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
