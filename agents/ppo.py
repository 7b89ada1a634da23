"""Train PPO of Stable-Baselines3 on a pool of emulators.

python agents/ppo.py --env-id copain/Hirondelle-v0
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from stable_baselines3 import PPO

from copain_gym.cli.command import run_script
from copain_gym.train.runs import TrainArguments
from copain_gym.train.sb3_training import train_sb3
from copain_gym.train.videos import report_run


@dataclass(kw_only=True)
class Arguments(TrainArguments):
    """Train PPO of Stable-Baselines3."""

    deterministic: bool = True
    """In evaluations, choose the most probable action instead of sampling one."""


def main(arguments: Arguments) -> None:
    """Train PPO of Stable-Baselines3.

    The run's folder gets checkpoints, evaluations, logs for TensorBoard and a video.
    """
    run, evaluation = train_sb3(PPO, "ppo", arguments, arguments.deterministic)
    report_run(run, evaluation, arguments)


if __name__ == "__main__":
    sys.exit(run_script(main))
