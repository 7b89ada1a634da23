"""What a training and a playing agent say while they work, and at Ctrl-C."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from copain_gym.cli import main as cli
from copain_gym.train import progress
from copain_gym.train.progress import Progress
from copain_gym.train.results import read_evaluations, read_seconds
from copain_gym.train.runs import RunSpec
from copain_gym.train.trained import find_checkpoint, load_agent
from tests.agents.test_scripts import QUICK, SMALL, script, steps_of, train
from tests.conftest import wait_until

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["ppo", "q_learning"])
@pytest.mark.parametrize("when", ["training", "evaluation"])
def test_ctrl_c_saves_and_ends(name: str, when: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = ["--run", str(run), "--num-envs", "2", "--timesteps", "1000000"]
    words += ["--checkpoint-every", "64", "--eval-every", "64" if when == "evaluation" else "0"]
    with subprocess.Popen(
        [sys.executable, f"agents/{name}.py", *words, *SMALL[name]],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        saved = run / {"ppo": "last.zip", "q_learning": "last.pt"}[name]
        assert wait_until(lambda: saved.exists() or process.poll() is not None, 120)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        out, error = process.communicate(timeout=100)
        seconds = time.monotonic() - begun
    assert process.returncode == 130, error
    assert seconds < 15, error  # two when the machine does nothing else; an evaluation takes more
    assert "Traceback" not in error
    (message,) = (line for line in error.splitlines() if "interrupted after" in line)
    assert f"copain train {RunSpec.read(run).algorithm} --resume {run}" in message
    assert f"copain play {run}" in message
    assert "video" not in out
    assert not (run / "videos").exists()
    found = re.search(r"after ([\d,]+) steps", message)
    assert found is not None
    assert abs(steps_of(run) - int(found[1].replace(",", ""))) <= 2  # a step of the emulators
    load_agent(find_checkpoint(run, "last"), RunSpec.read(run))


def test_seconds_go_on_where_a_run_is_resumed(tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = [*QUICK[:-1], "2", "--eval-every", "0"]
    assert script("ppo", "--run", run, "--timesteps", "512", *words, *SMALL["ppo"]) == 0
    first = read_seconds(run)
    assert first == pytest.approx(read_evaluations(run)[-1].seconds, abs=0.2)
    (run / "progress.json").write_text(json.dumps({"seconds": 5000.0}))
    assert script("ppo", "--resume", run, "--timesteps", "640", *words, *SMALL["ppo"]) == 0
    seconds = [
        float(r["seconds"])
        for r in csv.DictReader((run / "evaluations.csv").read_text().splitlines())
    ]
    assert seconds[0] < 100
    assert 5000 < seconds[1] < 5100
    # A run of a version that did not note them goes on from its last evaluation.
    (run / "progress.json").unlink()
    assert read_seconds(run) == seconds[1]
    assert read_seconds(tmp_path) == 0


def test_resuming_needs_nothing_but_the_folder(tmp_path: Path) -> None:
    """Environment, observation and hyperparameters are those of the run."""
    run = tmp_path / "run"
    words = ["--env-id", "copain/HirondelleSimple-v0", "--observation", "pixels"]
    assert train("ppo", run, 64, *words, "--set", "gamma=0.5") == 0
    assert script("ppo", "--resume", run, "--timesteps", "128", *QUICK) == 0
    assert steps_of(run) == 128
    note = json.loads((run / "run.json").read_text())
    assert note["hyperparameters"]["gamma"] == 0.5
    assert note["spec"]["env_kwargs"]["obs_type"] == "grayscale"


def test_lines_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Never a bar, which would be written ten times a second."""
    seconds = 0.0
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: seconds))
    with Progress(1000, "step", first=100, what="x") as bar:
        for done in range(101, 161):
            seconds += 1
            bar.update(done, "score 3" if done == 101 else "")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [  # after 5 and 35 seconds
        "x: 105 of 1,000 steps, 1 steps/s, score 3",
        "x: 135 of 1,000 steps, 1 steps/s, score 3",
    ]
    with Progress(None, "frame", show=False) as bar:
        seconds += 100
        bar.update(1)
    assert capsys.readouterr().err == ""


def test_long_trainings_and_episodes_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_FIRST", 0.0)
    run = tmp_path / "run"
    words = [w for w in QUICK if w != "--no-progress"]
    assert script("ppo", "--run", run, "--timesteps", "64", *words, *SMALL["ppo"]) == 0
    assert re.search(r"^[\d,]+ of 64 steps, ", capsys.readouterr().err, re.M)
    assert script("play", run, "--max-frames", "64") == 0
    assert re.search(r"^game 1: \d+ frames, .* score \d+", capsys.readouterr().err, re.M)
    assert script("play", run, "--max-frames", "64", "--json") == 0
    said = capsys.readouterr()
    assert said.err == ""
    json.loads(said.out)


def test_few_games_have_no_interval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["baseline", "random", "--episodes", "2"]) == 0
    said = capsys.readouterr().out
    assert "±" not in said
    assert re.match(r"2 games: score \d+ \(\d+ to \d+\), ", said)
    run = tmp_path / "run"
    assert train("ppo", run, 64) == 0
    capsys.readouterr()
    assert script("play", run, "--max-frames", "64", "--episodes", "2") == 0
    assert re.search(r"^2 games: score \d+ \(\d+ to \d+\)$", capsys.readouterr().out, re.M)


def test_ids_may_have_a_module(tmp_path: Path) -> None:
    run = tmp_path / "run"
    env_id = "copain_gym:copain/Hirondelle-v0"
    assert train("ppo", run, 64, "--env-id", env_id) == 0
    assert RunSpec.read(run).env_id == "copain/Hirondelle-v0"


def test_a_module_that_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("ppo", tmp_path / "run", 64, "--env-id", "no_such:copain/Hirondelle-v0") == 1
    assert "the module 'no_such' cannot be imported" in capsys.readouterr().err
    assert cli.main(["baseline", "random", "--env-id", "no_such:x"]) == 1
    assert cli.main(["train", "study", "--env-id", "no_such:x"]) == 1
    assert "env_id is 'no_such:x'" in capsys.readouterr().err


def test_playing_uses_one_thread(tmp_path: Path) -> None:
    """Several threads for one small network wait for each other on a busy machine."""
    run = tmp_path / "run"
    assert train("ppo", run, 64) == 0
    program = (
        "import sys, torch; from copain_gym.cli.main import main; torch.set_num_threads(2);"
        "main(sys.argv[1:]); print('threads', torch.get_num_threads())"
    )
    words = ["play", str(run), "--max-frames", "64"]
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, env=environment
    )
    assert done.stdout.endswith("threads 1\n"), done.stderr
