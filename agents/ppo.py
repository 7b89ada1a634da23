"""Train PPO of Stable-Baselines3 on a pool of emulators.

python agents/ppo.py --env-id copain/Hirondelle-v0
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from stable_baselines3 import PPO

from copain_gym.train.command import run_command
from copain_gym.train.runs import TrainArguments
from copain_gym.train.sb3_training import train_sb3
from copain_gym.train.videos import report_run


@dataclass
class Arguments(TrainArguments):
    """Train PPO of Stable-Baselines3."""

    deterministic: bool = True
    """Evaluate the most probable action rather than drawn ones."""


def train(arguments: Arguments) -> None:
    """Train, evaluate, and leave a video."""
    run, evaluation = train_sb3(PPO, "ppo", arguments, arguments.deterministic)
    report_run(run, evaluation, arguments)


def main(words: Sequence[str] | None = None, prog: str | None = None) -> int:
    """Run the command."""
    return run_command(Arguments, train, words, prog)


if __name__ == "__main__":
    sys.exit(main())
