"""rl-zoo3 trains, evaluates and plays with the package's ids and hyperparameters."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from copain_gym.train import settings

HYPERPARAMETERS = Path(settings.__file__).parent / "hyperparameters"


def zoo(module: str, *words: str, folder: Path) -> str:
    """Run a module of rl-zoo3 in a folder; returns what it has printed."""
    done = subprocess.run(
        [sys.executable, "-m", f"rl_zoo3.{module}", *words],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize(
    ("algorithm", "env_id", "file"),
    [
        ("ppo", "copain/HirondellePower-v0", "ppo.yml"),
        ("dqn", "copain/HirondelleSimple-v0", "dqn.yml"),
        ("ppo", "copain/HirondelleSimplePixels-v0", "ppo-pixels.yml"),
    ],
)
def test_training_evaluating_and_playing(
    algorithm: str, env_id: str, file: str, tmp_path: Path
) -> None:
    same = ("--algo", algorithm, "--env", env_id, "--gym-packages", "copain_gym", "-f", "logs")
    said = zoo(
        "train",
        *same,
        *("--conf-file", str(HYPERPARAMETERS / file), "-n", "4000", "--eval-freq", "2000"),
        *("--eval-episodes", "1", "--n-eval-envs", "1"),
        folder=tmp_path,
    )
    assert re.search(r"Eval num_timesteps=\d+, episode_reward=", said)
    zoo("enjoy", *same, "-n", "200", "--no-render", "--exp-id", "1", folder=tmp_path)
