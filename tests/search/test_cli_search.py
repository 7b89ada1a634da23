"""`copain search init` and `copain search run`."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from copain_gym.cli.main import main
from copain_gym.search import find_problem
from copain_gym.tas.movie import Movie


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_from_the_example_to_a_verified_movie(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "init", "hirondelle", "mine.py"]) == 0
    file = Path("mine.py")
    text = file.read_text()
    (line,) = [line for line in text.splitlines() if "# win=" in line]
    file.write_text(text.replace(line, '    win=lambda v: v["scroll"] > 40,'))
    words = ["search", "run", "mine.py", "--workers", "2", "--seed", "1", "--out", "best.fm2"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "the goal is reached" in printed
    assert "depth" in printed
    assert main(["movie", "verify", "best.fm2"]) == 0
    assert "same as best.fm2.json" in capsys.readouterr().out
    assert main(words) == 1  # the movie is not replaced
    assert "best.fm2 exists" in capsys.readouterr().err


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "run", "hirondelle", "--frames", "300", "--json"]) == 1
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert result["reason"] == "frames"
    assert result["won"] is False
    assert "depth" in printed.err


def test_each_better_run_is_kept(
    gap_problem: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "steps"
    words = ["search", "run", str(gap_problem), "--seed", "1", "--steps", str(folder)]
    assert main([*words, "--frames", "60000", "--go-on"]) == 0
    steps = sorted(folder.glob("*.fm2"))
    frames = [Movie.read(step).frames for step in steps]
    assert [step.name for step in steps] == [f"{k:04d}.fm2" for k in range(1, len(steps) + 1)]
    assert frames == sorted(frames, reverse=True)
    assert len(set(frames)) == len(frames) > 1
    assert all(step.with_name(f"{step.name}.json").is_file() for step in steps)
    assert main(words) == 1
    assert "allowed is a new or an empty folder" in capsys.readouterr().err


def test_a_file_is_resumed(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["search", "run", "hirondelle", "--file", "search.db", "--seed", "4", "--json"]
    assert main([*words, "--frames", "3000"]) == 1
    first = json.loads(capsys.readouterr().out)
    assert main([*words, "--frames", "6000", "--resume"]) == 1
    second = json.loads(capsys.readouterr().out)
    assert second["seed"] == 4
    assert second["depth"] > first["depth"]
    assert second["frames"] >= 6000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "nothing"], "nothing"),
        (["run", "hirondelle", "--out", "a.txt"], "its suffix must be .fm2 or .bk2"),
        (["run", "hirondelle", "--seconds", "0"], "--seconds is 0"),
        (["run", "hirondelle", "--set", "horizon"], "write NAME=VALUE"),
        (["run", "hirondelle", "--set", "depth=3"], "allowed are horizon"),
        (["run", "hirondelle", "--algorithm", "luck"], "'luck'; allowed are"),
        (["run", "hirondelle", "--go-on"], "--go-on needs an end"),
        (["init", "nothing"], "nothing"),
    ],
)
def test_what_is_wrong_is_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", *words]) == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.startswith("copain search")


def test_an_example_is_not_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    Path("problem.py").write_text("mine")
    assert main(["search", "init", "hirondelle"]) == 1
    assert Path("problem.py").read_text() == "mine"
    assert main(["search", "init", "hirondelle", "--replace"]) == 0
    assert find_problem("problem.py").name == "hirondelle"


@pytest.mark.parametrize("algorithm", ["rolling", "archive"])
def test_a_pipe_gets_lines_with_all_figures(
    algorithm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["search", "run", "hirondelle", "--algorithm", algorithm, "--frames", "3000"]
    assert main(words) == 1
    lines = capsys.readouterr().out.splitlines()
    figures = (
        r" *[\d.]+ s  depth \d+  score \d+  \d+ plans/s  \d+ states/s  \d+ frames/s  \d+ states"
    )
    figures += r"  \d+ cells" if algorithm == "archive" else ""
    assert re.fullmatch(figures + r"  \d+ duplicates  \d+ MB", lines[-2]), lines[-2]


def test_a_narrow_terminal_shows_one_line() -> None:
    """A line that is longer than the terminal is cut, or each report would move on by a line."""
    words = "search run hirondelle --frames 3000"
    command = f"stty cols 40; {shlex.quote(sys.executable)} -m copain_gym.cli.main {words}"
    done = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        capture_output=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "COLUMNS"},
    )
    shown = done.stdout.partition(b"\r\n")[0].split(b"\r")[1:]
    assert len(shown) >= 1
    assert all(len(line) <= 39 for line in shown), shown


def test_a_terminal_shows_one_line() -> None:
    """`script` gives the command a terminal."""
    command = f"{shlex.quote(sys.executable)} -m copain_gym.cli.main"
    words = f"{command} search run hirondelle --frames 2000"
    done = subprocess.run(["script", "-qec", words, "/dev/null"], capture_output=True, check=False)
    assert done.stdout.count(b"\r") > done.stdout.count(b"\n")
    assert b"plans/s" in done.stdout
