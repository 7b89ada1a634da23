"""Score a random player, as a baseline for agents.

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

from copain_gym.cli.command import Flag, print_json, run_script
from copain_gym.engines.engine import EngineName
from copain_gym.train.episodes import play_episode
from copain_gym.train.evaluation import Agent, evaluate, mean_text
from copain_gym.train.runs import RunSpec, choose_game
from copain_gym.train.settings import check_env_id
from copain_gym.train.trained import RandomAgent


@dataclass(kw_only=True)
class Arguments:
    """Score a random player, as a baseline for agents."""

    env_id: str = "copain/Hirondelle-v0"
    """Environment to play in."""
    game: str | None = None
    """Game to play, in place of the environment's: a name, a Python file that defines `GAME`, or
    a folder. The environment is then `copain/Nes-v0`."""
    episodes: int = 40
    """Episodes to play."""
    seed: int = 1
    """Seed of the player and of the random wait at the beginning of an episode."""
    autofire: bool = False
    """Hold directions for several steps and press A in every other step, as version 1 did."""
    window: bool = False
    """Play in FCEUX's window, one episode after the other."""
    engine: EngineName | None = None
    """Engine of the emulators. By default COPAIN_ENGINE, else auto."""
    json: Flag = False
    """Print one JSON object at the end instead of text."""


@dataclass
class AutofireAgent:
    """Presses and releases buttons at random, and presses A in every other step.

    Attributes:
        buttons: names of the buttons, in the order of `multi_binary` actions.
        seed: seed of the random numbers.
        change: probability that a button is pressed or released in a step.
    """

    buttons: Sequence[str]
    seed: int
    change: float = 0.2
    _held: npt.NDArray[np.int8] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self._step = 0

    def act(self, observations: npt.NDArray[Any]) -> npt.NDArray[np.int8]:
        """Actions (n, buttons) int8 for observations (n, …)."""
        shape = (len(observations), len(self.buttons))
        if self._held is None or self._held.shape != shape:
            self._held = np.zeros(shape, np.int8)
        self._held ^= (self._rng.random(shape) < self.change).astype(np.int8)
        self._step += 1
        if "A" in self.buttons:
            self._held[:, list(self.buttons).index("A")] = self._step % 2
        held: npt.NDArray[np.int8] = self._held.copy()
        return held


def main(arguments: Arguments) -> None:
    """Score a random player, as a baseline for agents.

    In each step it draws an action, all with the same probability. Nothing is trained.
    """
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
        _report(result.scores, result.frames, str(result), arguments)
        return
    scores, frames = [], []
    for number in range(arguments.episodes):
        episode = play_episode(
            agent, spec, seed=arguments.seed + number, window=True, engine=arguments.engine
        )
        scores.append(episode.score)
        frames.append(episode.frames)
        if not arguments.json:
            print(f"game {number + 1}: score {episode.score:.0f}, {episode.frames} frames")
    _report(scores, frames, f"score {mean_text(scores)}", arguments)


def _report(
    scores: Sequence[float], frames: Sequence[int], text: str, arguments: Arguments
) -> None:
    if not arguments.json:
        print(f"{arguments.episodes} games: {text}")
        return
    episodes = [{"score": s, "frames": f} for s, f in zip(scores, frames, strict=True)]
    print_json(
        {
            "env_id": arguments.env_id,
            "game": arguments.game,
            "mean_score": float(np.mean(scores)),
            "episodes": episodes,
        }
    )


if __name__ == "__main__":
    sys.exit(run_script(main))
