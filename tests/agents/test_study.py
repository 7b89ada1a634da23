"""Studies over several seeds, and the player by rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from copain_gym.cli.command import run_script
from copain_gym.envs.nes_env import NesEnv
from copain_gym.games import HIRONDELLE
from copain_gym.train import study
from copain_gym.train.evaluation import Evaluation, evaluate
from copain_gym.train.results import EvaluationRecord, append_evaluation, read_evaluations
from copain_gym.train.runs import RunSpec
from copain_gym.train.scripted_agent import ScriptedAgent
from copain_gym.train.trained import RandomAgent

SPEC = RunSpec("random", "copain/Hirondelle-v0")


def record(minutes: float, score: float) -> EvaluationRecord:
    return EvaluationRecord(100, 60 * minutes, Evaluation((score,), (10,), (0,)))


def main(words: Sequence[str]) -> int:
    return run_script(study.study, words)


def test_scripted_player_beats_chance() -> None:
    scripted = evaluate(ScriptedAgent(HIRONDELLE), SPEC, episodes=10)
    env = NesEnv("hirondelle")
    random = evaluate(RandomAgent(env.action_space, 1), SPEC, episodes=10)
    assert scripted.mean_score > 2 * random.mean_score
    assert scripted.mean_frames > random.mean_frames


def test_evaluations_are_read_as_they_were_written(tmp_path: Path) -> None:
    results = [Evaluation((10.0, 250.0), (300, 4000), (0, 1)), Evaluation((70.0,), (5,), (0,))]
    for steps, result in enumerate(results, 1):
        append_evaluation(tmp_path, steps, steps / 2, result)
    assert read_evaluations(tmp_path) == [
        EvaluationRecord(1, 0.5, results[0]),
        EvaluationRecord(2, 1.0, results[1]),
    ]


def test_curve_is_the_mean_of_runs_at_the_same_time() -> None:
    runs = [[record(0, 0), record(2, 40)], [record(1, 10), record(3, 30)]]
    curve = study.mean_curve(runs, np.array([0.0, 1.0, 2.0]))
    np.testing.assert_allclose(curve[0], [5, 15, 30])
    half = 12.706 / np.sqrt(2)  # Student's t of two runs, times the deviation of a pair's mean
    np.testing.assert_allclose(curve[1], half * np.array([10, 10, 20]) / np.sqrt(2), rtol=1e-3)


def test_study_trains_what_is_missing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "study"
    (folder / "ppo-1.part").mkdir(parents=True)
    words = ["ppo", "--seeds", "1", "2", "--minutes", "0.02", "--baseline-episodes", "2"]
    words += ["--eval-episodes", "2"]
    interrupted = folder / "ppo-1.part"
    append_evaluation(interrupted, 1, 1.0, Evaluation((123456.0,), (1,), (0,)))
    assert main([*words, "--folder", str(folder)]) == 0
    assert not interrupted.exists()
    first = capfd.readouterr().out
    with Image.open(folder / "curves.png") as picture:
        assert picture.width > 600
    ends = [read_evaluations(folder / f"ppo-{seed}")[-1].result for seed in (1, 2)]
    low, high = sorted(end.mean_score for end in ends)
    expected = f"{(low + high) / 2:,.0f} ({low:,.0f} to {high:,.0f})"
    assert f"| ppo, at the end | {expected} |" in first
    assert "| ppo, best checkpoint |" in first
    assert "| random |" in first
    assert "| scripted |" in first
    assert main([*words, "--folder", str(folder)]) == 0
    second = capfd.readouterr().out
    assert "seed 1" in first
    assert "seed 1" not in second
    assert first[first.index("| player") :] == second[second.index("| player") :]
    words[words.index("--minutes") + 1] = "0.03"
    assert main([*words, "--folder", str(folder)]) != 0
    assert "ppo-1 was trained with minutes 0.02, not 0.03" in capfd.readouterr().err


def game_file(folder: Path, changes: str) -> str:
    """Write a file that defines a game: Hirondelle with other fields."""
    file = folder / "merle.py"
    file.write_text(
        "import dataclasses\nfrom copain_gym.games import HIRONDELLE\n"
        f"GAME = dataclasses.replace(HIRONDELLE, name='merle', title='Merle'{changes})\n"
    )
    return str(file)


def test_study_of_a_game_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    game = game_file(tmp_path, "")
    words = ["ppo", "--seeds", "1", "--minutes", "0.02", "--baseline-episodes", "1"]
    words += ["--eval-episodes", "1", "--folder", str(tmp_path / "study")]
    assert main([*words, "--game", game]) == 0
    spec = RunSpec.read(tmp_path / "study" / "ppo-1")
    assert (spec.env_id, spec.env_kwargs["game"]) == ("copain/Nes-v0", game)
    assert "| scripted |" in capfd.readouterr().out
    assert main(words) == 1
    assert f"ppo-1 was trained with game '{game}', not None" in capfd.readouterr().err


def test_a_game_that_the_scripted_player_cannot_play(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--game", game_file(tmp_path, ", features=()")]) == 1
    error = capsys.readouterr().err
    assert "the scripted player cannot play Merle: it has no features ship.x" in error
    assert error.endswith("--baseline-episodes 0 leaves it out\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--game", "hirondele"], "game is 'hirondele'; "),
        (["--minutes", "0"], "minutes is 0.0; it must be positive"),
        (["--env-id", "copain/None-v0"], "env_id is 'copain/None-v0'; allowed are"),
        (["--eval-episodes", "0"], "eval_episodes is 0; allowed are 1 and more"),
        (["--baseline-episodes", "-1"], "baseline_episodes is -1; it must not be < 0"),
    ],
)
def test_mistakes_are_named(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    assert message in capsys.readouterr().err
