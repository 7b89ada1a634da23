"""Checkpoints of Stable-Baselines3: what is read of them, and what is not."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import DQN, PPO

from copain_gym.cli.command import run_script
from copain_gym.cli.train import load_script
from copain_gym.errors import CopainError
from copain_gym.train.runs import RunSpec
from copain_gym.train.trained import find_checkpoint, load_agent

SMALL = {
    "ppo": ["--set", "n_steps=32", "batch_size=32", "n_epochs=1"],
    "dqn": ["--set", "learning_starts=64", "buffer_size=1000"],
}
QUICK = ["--num-envs", "2", "--no-progress", "--no-video", "--eval-episodes", "0"]


def script(name: str, *words: str | Path) -> int:
    return run_script(load_script(name).main, [str(word) for word in words])


def trained(name: str, folder: Path, *words: str) -> Path:
    run = folder / name
    words = ("--timesteps", "192", *QUICK, *words, *SMALL[name])
    assert script(name, "--run", run, *words) == 0
    return run


@pytest.fixture(scope="module", params=["ppo", "dqn"])
def trained_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(request.param, tmp_path_factory.mktemp("runs"))


@pytest.fixture
def run(trained_run: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    shutil.copytree(trained_run, tmp_path / "run")
    return tmp_path / "run"


class Program:
    """Its pickle runs a command when it is loaded."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


def rewrite(file: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """Change the members of a zip file; None removes one."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            new = change(name, content)
            if new is not None:
                archive.writestr(name, new)


def with_program(file: Path, marker: Path) -> None:
    """Put a program that makes a file into each place where a pickle is."""
    program = base64.b64encode(pickle.dumps(Program(f"touch {marker}"))).decode()

    def change(name: str, content: bytes) -> bytes:
        if name != "data":
            return content
        data = json.loads(content)
        pickled = [k for k, v in data.items() if isinstance(v, dict) and ":serialized:" in v]
        assert "policy_class" in pickled
        for key in pickled:
            data[key][":serialized:"] = program
        return json.dumps(data).encode()

    rewrite(file, change)


def algorithm(run: Path) -> Any:
    return {"ppo": PPO, "dqn": DQN}[RunSpec.read(run).algorithm]


def test_a_checkpoint_runs_no_program(run: Path, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    with_program(run / "last.zip", marker)
    with contextlib.suppress(Exception):
        algorithm(run).load(run / "last.zip", device="cpu")
    assert marker.exists()  # the program is one
    marker.unlink()
    name = RunSpec.read(run).algorithm
    shutil.copy(run / "last.zip", run / "best.zip")
    assert script("play", run, "--max-frames", "64", "--video", tmp_path / "x.mp4") == 0
    more = ["--timesteps", "256", *QUICK[:2], "--no-progress", "--eval-episodes", "0"]
    words = [*more, "--video-seconds", "1", *SMALL[name]]
    assert script(name, "--resume", run, *words) == 0
    assert not marker.exists()


def test_parameters_run_no_program(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marker = tmp_path / "marker"
    buffer = io.BytesIO()
    torch.save(Program(f"touch {marker}"), buffer)
    rewrite(run / "last.zip", lambda n, c: buffer.getvalue() if n == "policy.pth" else c)
    assert script("play", run) == 1
    assert "last.zip cannot be read as a checkpoint" in capsys.readouterr().err
    assert not marker.exists()


def test_the_agent_is_the_one_that_was_saved(trained_run: Path) -> None:
    file = find_checkpoint(trained_run, "last")
    spec = RunSpec.read(trained_run)
    ours = load_agent(file, spec)
    theirs = algorithm(trained_run).load(file, device="cpu")
    rng = np.random.default_rng(1)
    seen = rng.uniform(-1, 1, (50, 135 * spec.frame_stack)).astype(np.float32)
    mean, variance = (np.array(part) for part in theirs.observation_statistics[:2])
    assert variance.std() > 0
    normal = np.clip((seen - mean) / np.sqrt(variance + 1e-8), -10, 10).astype(np.float32)
    expected, _ = theirs.predict(normal, deterministic=True)
    np.testing.assert_array_equal(ours.act(seen), expected)
    assert len(set(expected.tolist())) > 1


def test_training_goes_on_where_it_was(trained_run: Path, tmp_path: Path) -> None:
    """Parameters, the state of the optimizer and the counters are those of the checkpoint."""
    from copain_gym.train import sb3_checkpoints

    file = trained_run / "last.zip"
    kind = algorithm(trained_run)
    expected = kind.load(file, device="cpu")
    new = load_agent(file, RunSpec.read(trained_run)).model  # type: ignore[attr-defined]
    for name in sb3_checkpoints._COUNTERS:
        assert getattr(new, name, None) == getattr(expected, name, None)
    assert new.num_timesteps == 192
    assert new.policy.optimizer.state_dict()["state"].keys()
    for one, two in zip(
        new.policy.optimizer.state_dict()["state"].values(),
        expected.policy.optimizer.state_dict()["state"].values(),
        strict=True,
    ):
        torch.testing.assert_close(one, two, rtol=0, atol=0)


def make_old(run: Path) -> None:
    """As the version before wrote it: the statistics a pickle, no hyperparameters in run.json."""
    from stable_baselines3.common.save_util import data_to_json

    note = json.loads((run / "run.json").read_text())
    del note["hyperparameters"]
    (run / "run.json").write_text(json.dumps(note))

    def change(name: str, content: bytes) -> bytes:
        if name != "data":
            return content
        data = json.loads(content)
        mean, variance, count = data["observation_statistics"]
        statistics = {"observation_statistics": (np.array(mean), np.array(variance), count)}
        return json.dumps({**data, **json.loads(data_to_json(statistics))}).encode()

    rewrite(run / "last.zip", change)


def test_a_run_of_an_older_version_needs_trust(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = RunSpec.read(run).algorithm
    before = load_agent(run / "last.zip", RunSpec.read(run))
    make_old(run)
    assert script("play", run, "--max-frames", "64") == 1
    said = capsys.readouterr().err
    assert "can run any program on this machine" in said
    assert "add --trust" in said
    words = ["--timesteps", "256", *QUICK, *SMALL[name]]
    assert script(name, "--resume", run, *words) == 1
    assert "add --trust" in capsys.readouterr().err
    after = load_agent(run / "last.zip", RunSpec.read(run), trust=True)
    seen = np.random.default_rng(1).uniform(-1, 1, (50, 270)).astype(np.float32)
    np.testing.assert_array_equal(before.act(seen), after.act(seen))
    assert script("play", run, "--max-frames", "64", "--trust") == 0
    assert script(name, "--resume", run, "--trust", *words) == 0


GAME = """\
from pathlib import Path
from copain_gym.games import HIRONDELLE
import dataclasses
Path({marker!r}).touch()
GAME = dataclasses.replace(HIRONDELLE, name="own", title="Own")
"""


def test_a_run_that_names_a_program_needs_trust(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marker, file = tmp_path / "marker", tmp_path / "own.py"
    file.write_text(GAME.format(marker=str(marker)))
    run = trained("ppo", tmp_path, "--game", str(file))
    assert marker.exists()
    marker.unlink()
    file.write_text(file.read_text() + "\n")  # another file: it would be run again
    assert script("play", run) == 1
    assert f"{run} names the game {file}, a Python file" in capsys.readouterr().err
    words = ["--timesteps", "256", *QUICK, *SMALL["ppo"]]
    assert script("ppo", "--resume", run, *words) == 1
    assert "add --trust" in capsys.readouterr().err
    assert not marker.exists()
    assert script("play", run, "--max-frames", "64", "--trust") == 0
    assert marker.exists()
    assert script("ppo", "--resume", run, "--trust", *words) == 0


def scaled(content: bytes, **changes: Any) -> bytes:
    return json.dumps({**json.loads(content), **changes}).encode()


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("data", None),
        ("data", b"[]"),
        ("data", b"{"),
        ("data", b"[" * 100_000),
        ("data", {"num_timesteps": "x"}),
        ("data", {"num_timesteps": None}),
        ("data", {"deterministic": 3}),
        ("data", {"observation_statistics": [[0.0], [1.0, 1.0, 1.0]]}),
        ("data", {"observation_statistics": [["a"], ["b"], 1]}),
        ("policy.pth", None),
        ("policy.pth", b""),
        ("policy.pth", b"PK\x03\x04 and no more"),
    ],
)
def test_damaged_checkpoints_are_errors_that_name_them(
    run: Path, member: str, content: bytes | dict[str, Any] | None
) -> None:
    def change(name: str, old: bytes) -> bytes | None:
        if name != member:
            return old
        return scaled(old, **content) if isinstance(content, dict) else content

    rewrite(run / "last.zip", change)
    with pytest.raises(CopainError, match=r"last\.zip"):
        load_agent(run / "last.zip", RunSpec.read(run))


def test_a_file_that_is_no_checkpoint(run: Path) -> None:
    (run / "last.zip").write_bytes(b"nothing of the kind")
    with pytest.raises(CopainError, match=r"last\.zip cannot be read as a checkpoint"):
        load_agent(run / "last.zip", RunSpec.read(run))


def test_parameters_of_other_networks_are_refused(run: Path) -> None:
    note = json.loads((run / "run.json").read_text())
    note["hyperparameters"]["policy_kwargs"] = {"net_arch": [7]}
    (run / "run.json").write_text(json.dumps(note))
    with pytest.raises(CopainError, match="does not fit the networks of its run"):
        load_agent(run / "last.zip", RunSpec.read(run))
    note["hyperparameters"]["policy_kwargs"] = {"net_arch": "wide", "no": 1}
    (run / "run.json").write_text(json.dumps(note))
    with pytest.raises(CopainError, match=r"run\.json describes no network"):
        load_agent(run / "last.zip", RunSpec.read(run))


def test_damaged_parameters_of_the_q_learner(tmp_path: Path) -> None:
    file = tmp_path / "last.pt"
    spec = RunSpec("q-learning", "copain/Hirondelle-v0")
    marker = tmp_path / "marker"
    torch.save({"shape": {"inputs": 3}}, file)
    with pytest.raises(CopainError, match=r"last\.pt cannot be read as a checkpoint"):
        load_agent(file, spec)
    torch.save(Program(f"touch {marker}"), file)
    with pytest.raises(CopainError, match=r"last\.pt cannot be read as a checkpoint"):
        load_agent(file, spec)
    assert not marker.exists()
