"""Problems as data: their checks, their files, the example that is written."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from copain_gym import ProblemError
from copain_gym.search import Press, Problem, find_problem
from copain_gym.search.files import bundled_problems, load_problem_file
from copain_gym.search.template import example

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "game": ({"game": "nogame"}, "'nogame'"),
    "start": ({"start": "nowhere"}, "'nowhere'; allowed are start"),
    "actions": ({"actions": "hop"}, "'hop'; allowed are simple, power, full"),
    "an action": ({"actions": ("A", "Z")}, "'Z'"),
    "no actions": ({"actions": ()}, "actions is ()"),
    "frames per action": ({"frames_per_action": 0}, "integers from 1 to 10000"),
    "objective": ({"objective": "fun"}, "'fun'; allowed are 'score' and 'time'"),
    "score": ({"score": "points"}, "'points'; allowed are mode"),
    "value": ({"value": lambda v: v["nothing"]}, "'nothing'; the game has mode"),
    "fail": ({"fail": "sad"}, "'sad'; allowed are playing"),
    "win": ({"win": 3}, "win is 3; allowed is a function"),
    "win with arguments": ({"win": lambda a, b, c: True}, "win must be a function"),
    "skip": ({"skip": "play"}, "'play'"),
    "checkpoint": ({"checkpoint": "flag"}, "'flag'"),
    "press": ({"presses": ("B",)}, "'B'; allowed is a tuple of Press"),
    "press when": ({"presses": (Press("never", "B"),)}, "'never'"),
    "constraint": ({"constraint": "still"}, "'still'; allowed are playing"),
    "same": ({"same": {"z": 1}}, "'z'; allowed are mode"),
    "resolution": ({"same": {"ship_x": 0}}, "resolution of 'ship_x' is 0"),
    "frames": ({"frames": -1}, "frames is -1"),
    "seconds": ({"seconds": "long"}, "seconds is 'long'"),
    "not a number": ({"seconds": float("nan")}, "seconds is nan"),
    "megabytes": ({"megabytes": 1}, "integers from 50"),
    "options": ({"options": [1]}, "options is [1]"),
}


@pytest.mark.parametrize(("fields", "message"), BAD.values(), ids=list(BAD))
def test_what_is_not_allowed_is_named(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError) as error:
        Problem(**{"game": "hirondelle", **fields})
    assert message in str(error.value)
    assert str(error.value).startswith("problem '")


def test_a_goal_or_a_length_is_needed(gap_problem: Path) -> None:
    game = str(gap_problem.with_name("gap.py"))
    text = gap_problem.with_name("gap.py").read_text()
    Path(game).write_text(text.replace('"ending": lambda v: v["mode"] == GOAL,', ""))
    with pytest.raises(ProblemError, match="win is None, and Gap has no predicate 'ending'"):
        Problem(game)
    assert not Problem(game, frames=600).judge.has_win


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("PROBLEM = 3", "PROBLEM = 3; it must define PROBLEM"),
        ("", "PROBLEM = None"),
        ("1/0", "ZeroDivisionError"),
        ("import sys; sys.exit(2)", "SystemExit"),
        ("PROBLEM = (", "SyntaxError"),
        (
            "from copain_gym.search import Problem\nPROBLEM = Problem('hirondelle', frames=-2)",
            "problem 'hirondelle': frames is -2",
        ),
    ],
)
def test_a_file_that_cannot_be_used(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text(text)
    with pytest.raises(ProblemError) as error:
        load_problem_file(file)
    assert message in str(error.value)
    assert str(file) in str(error.value)


@pytest.mark.parametrize("problem", ["nothing", "nothing.py"])
def test_a_problem_that_is_not_there(problem: str) -> None:
    with pytest.raises(ProblemError, match="nothing"):
        find_problem(problem)


@pytest.mark.parametrize("name", bundled_problems())
def test_a_bundled_problem_can_be_loaded(name: str) -> None:
    assert find_problem(name).origin == name


def test_other_processes_get_it(gap_problem: Path) -> None:
    by_file = find_problem(gap_problem)
    assert pickle.loads(pickle.dumps(by_file)).origin == str(gap_problem)
    made = Problem("hirondelle", win=lambda v: v["scroll"] > 3, frames=90)
    again = pickle.loads(pickle.dumps(made))
    assert (again.frames, again.name, again.origin) == (90, "hirondelle", None)
    values = {name: 0 for name in made.the_game.decoder.variables}
    assert again.judge._win(values, {**values, "scroll": 4})


@pytest.mark.parametrize("game", ["hirondelle", "gradius"])
def test_the_example_is_a_problem(game: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(example(game, file.name))
    assert load_problem_file(file).the_game.name == game


def test_the_example_for_a_file_and_an_integration(
    gap_problem: Path, retro_folders: dict[str, Path], tmp_path: Path
) -> None:
    for game in (str(gap_problem.with_name("gap.py")), "Gradius-Nes-v0"):
        file = tmp_path / "example.py"
        file.write_text(example(game, file.name))
        problem = load_problem_file(file)
        assert problem.judge.has_score
    assert retro_folders
