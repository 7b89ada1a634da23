"""Code that contenders share: their work, and inputs that any emulator can play."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from copain_gym.buttons import button_mask
from copain_gym.games import find_game

__all__ = ["ACTIONS", "Work", "episodes", "script"]

ACTIONS = 512  # number of random actions, drawn beforehand
_FRAME_COUNTER = 2  # address in the bundled game's RAM


class Work:
    """A contender made of a function that works and a function that closes it."""

    def __init__(self, work: Callable[[int], object], close: Callable[[], None]) -> None:
        self.work = work
        self.close = close


def episodes(env: gymnasium.Env[Any, Any], actions: npt.NDArray[Any]) -> Work:
    """Make a contender that steps one environment with these actions, again and again."""

    def work(steps: int) -> None:
        for k in range(steps):
            _, _, terminated, truncated, _ = env.step(actions[k % ACTIONS])
            if terminated or truncated:
                env.reset()

    return Work(work, env.close)


def script(step: Callable[[int, int], npt.NDArray[np.uint8]], steps: int) -> list[list[int]]:
    """Play from power-on with inputs that any emulator can be given.

    Args:
        step: holds a mask of buttons for some frames and returns the RAM, (2048,) uint8.
        steps: how many steps of four frames are played once the game has begun.

    Returns:
        Score and lives after each step.
    """
    game = find_game("hirondelle")
    waited = False
    step(0, 60)  # the console has started by then
    for _ in range(game.start_frames):
        ram = step(0, 1)
        values = game.decode(ram)
        if game.predicates["playing"](values):
            break
        for rule in game.start:
            if rule.when(values):
                # Cores need different numbers of frames to boot, and the game takes its random
                # numbers from its frame counter: begin when the counter has the same value.
                while not waited and ram[_FRAME_COUNTER] != 0:
                    ram = step(0, 1)
                waited = True
                step(int(button_mask(rule.buttons)), rule.hold)
                step(0, rule.release)
                break
    else:
        raise RuntimeError("play did not begin")
    masks = game.action_masks("simple")
    rng = np.random.default_rng(1)
    seen = []
    for _ in range(steps):
        values = game.decode(step(masks[int(rng.integers(len(masks)))], 4))
        seen.append([int(values["score"]), int(values["lives"])])
    return seen
