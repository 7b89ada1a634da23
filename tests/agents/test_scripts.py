"""The scripts as a user runs them, with a few hundred steps."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from imageio_ffmpeg import count_frames_and_secs

from copain_gym.cli import main as cli
from copain_gym.cli.command import run_script
from copain_gym.cli.train import load_script
from copain_gym.train import compare
from copain_gym.train.runs import RunSpec
from copain_gym.train.trained import find_checkpoint, load_agent
from tests.conftest import wait_until

ROOT = Path(__file__).parents[2]
SMALL = {
    "ppo": ["--set", "n_steps=32", "batch_size=32", "n_epochs=1"],
    "dqn": ["--set", "learning_starts=64", "buffer_size=1000"],
    "q_learning": ["--set", "learning_starts=64", "replay_size=1000", "n_step=3"],
}
QUICK = ["--num-envs", "2", "--no-progress", "--no-video", "--eval-episodes", "0"]


def script(name: str, *words: str | Path) -> int:
    return run_script(load_script(name).main, [str(word) for word in words])


def train(name: str, run: Path, steps: int, *words: str | Path) -> int:
    return script(
        name, "--run", run, "--timesteps", str(steps), *QUICK, *words, *SMALL.get(name, [])
    )


def steps_of(run: Path) -> int:
    """Environment steps of a run's last checkpoint."""
    file = find_checkpoint(run, "last")
    if file.suffix == ".pt":
        import torch

        return int(torch.load(file, weights_only=True)["steps"])
    from stable_baselines3 import DQN, PPO

    algorithm = {"ppo": PPO, "dqn": DQN}[RunSpec.read(run).algorithm]
    return int(algorithm.load(file, device="cpu").num_timesteps)


@pytest.mark.parametrize("name", SMALL)
def test_checkpoint_resumes_and_plays(name: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert train(name, run, 192) == 0
    assert steps_of(run) == 192
    assert list(run.rglob("events.out.tfevents.*"))
    assert script(name, "--resume", run, "--timesteps", "320", *QUICK, *SMALL[name]) == 0
    assert steps_of(run) == 320
    spec = RunSpec.read(run)
    agent = load_agent(find_checkpoint(run), spec)
    width = 135 * spec.frame_stack
    assert agent.act(np.zeros((3, width), np.float32)).shape == (3,)


def test_ppo_as_a_script_evaluates_and_films(tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = ["--num-envs", "2", "--timesteps", "64", "--eval-episodes", "2", "--run", str(run)]
    words += ["--video-seconds", "4"]
    done = subprocess.run(
        [sys.executable, "agents/ppo.py", *words, *SMALL["ppo"]],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "last evaluation: score" in done.stdout
    assert "it/s" not in done.stderr  # no progress bar in a pipe
    assert "step/s" not in done.stderr
    assert find_checkpoint(run).name == "best.zip"
    (row,) = csv.DictReader((run / "evaluations.csv").read_text().splitlines())
    scores = [float(score) for score in row["scores"].split()]
    assert row["steps"] == "64"
    assert len(scores) == 2
    assert float(row["mean_score"]) == pytest.approx(np.mean(scores), abs=0.1)
    (video,) = (run / "videos").iterdir()
    frames, seconds = count_frames_and_secs(str(video))
    assert frames == 120
    assert seconds == pytest.approx(frames / 30.05, rel=0.05)


def test_a_ppo_episode_is_a_movie_that_verify_accepts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert train("ppo", run, 64) == 0
    assert script("play", run, "--movies", tmp_path, "--max-frames", "1200") == 0
    (movie,) = tmp_path.glob("*.fm2")
    capsys.readouterr()
    assert cli.main(["movie", "verify", str(movie), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["same"]
    assert report["stock"]["frames"] > 1200


def test_killed_run_keeps_its_last_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = ["--run", str(run), "--checkpoint-every", "64", "--timesteps", "1000000", *QUICK]
    with subprocess.Popen(
        [sys.executable, "agents/ppo.py", *words, *SMALL["ppo"]], cwd=ROOT
    ) as process:
        seen = wait_until(lambda: (run / "last.zip").exists() or process.poll() is not None, 120)
        os.kill(process.pid, signal.SIGKILL)
    assert seen
    assert process.returncode == -signal.SIGKILL
    before = steps_of(run)
    assert before >= 64
    more = str(before + 64)
    assert script("ppo", "--resume", run, "--timesteps", more, *QUICK, *SMALL["ppo"]) == 0
    assert steps_of(run) == before + 64


@pytest.mark.parametrize("name", SMALL)
def test_same_seed_same_agent(name: str, tmp_path: Path) -> None:
    actions = []
    for folder in ("one", "two"):
        run = tmp_path / folder
        assert train(name, run, 192, "--seed", "7") == 0
        agent = load_agent(find_checkpoint(run), RunSpec.read(run))
        network = getattr(agent, "network", None) or agent.model.policy  # type: ignore[attr-defined]
        actions.append([p.detach().numpy().copy() for p in network.parameters()])
    for one, two in zip(*actions, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--env-id", "copain/Hirondele-v0"], "env_id is 'copain/Hirondele-v0'; allowed are"),
        (["--set", "learning_rat=1"], "no hyperparameter 'learning_rat'; it has"),
        (["--set", "learning_rate"], "set is 'learning_rate'; allowed is NAME=VALUE"),
        (["--set", "env_kwargs.action_set=most"], "action_set is 'most'; allowed are"),
        (["--device", "abacus"], "device is 'abacus'; allowed are auto, cpu, cuda"),
        (["--resume", "/nowhere"], "/nowhere is not the folder of a run"),
    ],
)
@pytest.mark.parametrize("name", SMALL)
def test_mistakes_are_named(
    name: str,
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert script(name, *QUICK, *words) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", [*SMALL, "play", "random_agent"])
def test_choices_are_named(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert script(name, *(["run"] if name == "play" else []), "--engine", "steam") == 2
    message = 'Invalid value "steam" for --engine. Choose from: "auto", "headless", "fceux".'
    assert message in capsys.readouterr().err


def test_run_folder_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.json").write_text(
        json.dumps({"spec": {"algorithm": "ppo", "env_id": "copain/Hirondelle-v0"}})
    )
    assert train("ppo", tmp_path, 64) == 1
    assert "holds a run already" in capsys.readouterr().err
    assert script("dqn", "--resume", tmp_path, *QUICK) == 1
    assert "is a run of ppo" in capsys.readouterr().err


def test_pixels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    assert train("ppo", run, 64, "--observation", "pixels") == 0
    spec = RunSpec.read(run)
    assert spec.env_kwargs["screen_size"] == [84, 84]
    capsys.readouterr()
    assert script("play", run, "--max-frames", "64", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["run"] == str(run)
    assert [episode["frames"] for episode in result["episodes"]] == [64]


def test_ram_bytes_and_demonstrations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = tmp_path / "first"
    assert train("q_learning", first, 64, "--observation", "ram") == 0
    assert script("play", first, "--movies", tmp_path, "--max-frames", "400") == 0
    (movie,) = tmp_path.glob("*.fm2")
    capsys.readouterr()
    again = tmp_path / "again"
    assert train("q_learning", again, 192, "--demonstrations", movie) == 0
    # 400 frames of play, and the wait of up to 30 frames before it, at 4 frames a step.
    steps = int(capsys.readouterr().out.split(" steps of ")[0])
    assert 100 <= steps <= 108


@pytest.mark.parametrize("style", [[], ["--autofire"]])
def test_random_agent(style: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert script("random_agent", "--episodes", "2", *style) == 0
    first = capsys.readouterr().out
    assert first.startswith("2 games: score ")
    assert script("random_agent", "--episodes", "2", *style) == 0
    assert capsys.readouterr().out == first
    assert cli.main(["baseline", "random", "--episodes", "2", "--json", *style]) == 0
    result = json.loads(capsys.readouterr().out)
    scores = [episode["score"] for episode in result["episodes"]]
    assert len(scores) == 2
    assert f"score {result['mean_score']:.0f} " in first
    assert result["mean_score"] == pytest.approx(np.mean(scores))


def test_the_old_name_of_the_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "random", "--episodes", "0"]) == 1
    hint, error = capsys.readouterr().err.splitlines()
    assert hint == "'copain train random' is now 'copain baseline random'"
    assert error == "copain baseline random: episodes is 0; allowed are 1 and more"


def test_train_and_compare(tmp_path: Path) -> None:
    done = compare.train_and_compare(
        2, tmp_path / "both.mp4", episodes=2, max_seconds=4, progress=False
    )
    assert len(done.trained.scores) == len(done.random.scores) == 2
    assert min(done.random.scores) > 0
    assert count_frames_and_secs(str(done.video))[0] == 120
