"""docs/adding-a-game.md: its code runs as it stands, with nothing of the package touched."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.games.conftest import page_blocks

PYTHON = [block for block in page_blocks("python") if "GAME = Game(" not in block]
COMMANDS = [line for block in page_blocks("sh") for line in block.splitlines()]

PRINTED = {
    "np.flatnonzero": ["0x011: 16 became 24"],
    "make_vec": ["24 80.0", "[16 16 24 24] [ 0.  0. 80. 80.]"],
    "register_game": ["copain/Gap-v0"],
}
SAID = {
    "copain random": "runner 1 of 1: episode 1: score",
    "copain train ppo": "last evaluation: score",
    "copain brute-force": "the game's ending is reached",
    "copain bench": "pool of 8, 84x84 grey (steps/s)",
    "python -m": "gap.md",
}


def run(words: list[str], folder: Path) -> str:
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, "COPAIN_DATA_DIR": str(folder / "data"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("use", PRINTED)
def test_the_python_code_prints_what_it_should(use: str, gap: Path) -> None:
    (code,) = [block for block in PYTHON if use in block]
    printed = run([sys.executable, "-W", "error", "-c", code], gap.parent)
    for line in PRINTED[use]:
        assert line in printed


@pytest.mark.parametrize("use", SAID)
def test_the_commands_do_what_they_should(use: str, gap: Path) -> None:
    (line,) = [line for line in COMMANDS if line.startswith(use)]
    words = shlex.split(line)
    start = {"copain": [sys.executable, "-m", "copain_gym.cli.main"], "python": [sys.executable]}
    assert SAID[use] in run([*start[words[0]], *words[1:]], gap.parent)


def test_all_of_the_pages_code_is_run() -> None:
    assert len(PYTHON) == len(PRINTED)
    assert len(COMMANDS) == len(SAID)


def test_a_trained_agent_plays_from_another_folder(gap: Path, tmp_path: Path) -> None:
    copain = [sys.executable, "-m", "copain_gym.cli.main"]
    small = ["--num-envs", "2", "--timesteps", "64", "--eval-episodes", "0", "--no-video"]
    small += ["--run", "run", "--set", "n_steps=32", "batch_size=32"]
    run([*copain, "train", "ppo", "--game", "gap.py", *small], gap.parent)
    other = tmp_path / "other"
    other.mkdir()
    words = ["play", str(gap.parent / "run"), "--max-frames", "200", "--trust"]
    played = run([*copain, *words], other)
    assert "game 1: score" in played
