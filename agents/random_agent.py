"""Play at random: the baseline that an agent has to beat.

python agents/random_agent.py --episodes 40
python agents/random_agent.py --autofire --window
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from copain_gym.train.command import run_command
from copain_gym.train.episodes import play_episode
from copain_gym.train.evaluation import Agent, evaluate, mean_and_interval
from copain_gym.train.runs import RunSpec, check_env_id, choose_game
from copain_gym.train.trained import RandomAgent


@dataclass
class Arguments:
    """Play at random and say what came of it."""

    env_id: str = "copain/Hirondelle-v0"
    """Environment to play in."""
    game: str | None = None
    """Game to play, in place of the environment's: a name, a Python file that defines `GAME`, or
    a folder. The environment is then copain/Nes-v0."""
    episodes: int = 40
    """Games to play."""
    seed: int = 1
    """Seed of the player, and of the waiting at the beginning of games."""
    autofire: bool = False
    """Press each button of its own accord, fire in every other step, as the first version did."""
    window: bool = False
    """Play in FCEUX's window, one game after the other."""
    engine: str | None = None
    """Which emulator: `auto`, `headless` or `fceux`; by default COPAIN_ENGINE, else `auto`."""


@dataclass
class AutofireAgent:
    """Holds each direction at random for a while, and presses A in every other step.

    Attributes:
        buttons: names of the buttons, in the order of `multi_binary` actions.
        seed: of the draws.
        change: how likely a button is let go or pressed in a step.
    """

    buttons: Sequence[str]
    seed: int
    change: float = 0.2
    _held: npt.NDArray[np.int8] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self._step = 0

    def act(self, observations: npt.NDArray[Any]) -> npt.NDArray[np.int8]:
        """Actions (n, buttons) for observations (n, …)."""
        shape = (len(observations), len(self.buttons))
        if self._held is None or self._held.shape != shape:
            self._held = np.zeros(shape, np.int8)
        self._held ^= (self._rng.random(shape) < self.change).astype(np.int8)
        self._step += 1
        if "A" in self.buttons:
            self._held[:, list(self.buttons).index("A")] = self._step % 2
        held: npt.NDArray[np.int8] = self._held.copy()
        return held


def play(arguments: Arguments) -> None:
    """Play, and print scores."""
    env_id, kwargs = choose_game(arguments.env_id, arguments.game)
    check_env_id(env_id)
    if arguments.episodes < 1:
        raise ValueError(f"episodes is {arguments.episodes}; allowed are 1 and more")
    if arguments.autofire:
        kwargs["action_set"] = "multi_binary"
    spec = RunSpec("random", env_id, kwargs)
    env = gymnasium.make(env_id, **kwargs)
    agent: Agent = (
        AutofireAgent(env.unwrapped.task.actions.names, arguments.seed)  # type: ignore[attr-defined]
        if arguments.autofire
        else RandomAgent(env.action_space, arguments.seed)
    )
    env.close()
    if not arguments.window:
        result = evaluate(
            agent,
            spec,
            episodes=arguments.episodes,
            seed=arguments.seed,
            engine=arguments.engine,
        )
        print(f"{arguments.episodes} games: {result}")
        return
    scores = []
    for number in range(arguments.episodes):
        episode = play_episode(
            agent, spec, seed=arguments.seed + number, window=True, engine=arguments.engine
        )
        scores.append(episode.score)
        print(f"game {number + 1}: score {episode.score:.0f}, {episode.frames} frames", flush=True)
    mean, half = mean_and_interval(scores)
    print(f"{len(scores)} games: score {mean:.0f} ± {half:.0f}")


def main(words: Sequence[str] | None = None, prog: str | None = None) -> int:
    """Run the command."""
    return run_command(Arguments, play, words, prog)


if __name__ == "__main__":
    sys.exit(main())
