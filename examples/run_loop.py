"""Plays in several emulators at once with `CopainRun`: each loop has a thread, all ask one agent.

    python examples/run_loop.py [--runners 4]

In one call, the agent answers all loops that wait for it, as a neural network would do with a
batch. Here, it chooses buttons by the height of the ship.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from copain_gym.envs.start import play_start
from copain_gym.games import find_game
from copain_gym.run import CopainRun, Runner

GAME = find_game("hirondelle")


def agent(questions: list[np.ndarray[Any, Any]]) -> list[str]:
    """Choose buttons for a batch of RAM images."""
    ships_y = np.stack(questions)[:, 0x320]
    return ["A+down" if y < 90 else "A+up" if y > 120 else "A" for y in ships_y]


def loop(runner: Runner) -> int:
    """Play one life; returns the score at its end."""
    play_start(runner.emulator, GAME)
    ram = runner.emulator.ram
    while not runner.stopping:
        ram = runner.emulator.step(runner.ask(ram), frames=4)
        if GAME.is_("dying", ram):
            break
    return int(GAME.decode(ram)["score"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--runners", type=int, default=4, help="emulators at once (default 4)")
    scores = CopainRun(loop, num_runners=parser.parse_args().runners, agent=agent).run()
    print("scores:", *scores)
