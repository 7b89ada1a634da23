"""The example of a problem file that `copain search init` writes."""

from __future__ import annotations

import json

from copain_gym.games import Game, find_game

__all__ = ["example"]

_PLACES = ("x", "y", "scroll", "ship_x", "ship_y")  # usual names of variables

_HEAD = '''"""A search problem for {title}.

    copain search run {file} --seconds 60 --workers 2 --seed 1 --out best.fm2

A function below gets the variables of one moment, such as v["{first}"].
{title} has {variables}.
"""

from copain_gym.search import Press, Problem

PROBLEM = Problem(
    game={game},
'''

_BODY = """\
    # Where the search begins: "power-on", "start" (the beginning of play), the name of a saved
    # state (`copain state list`), or its file.
    start="power-on",
    # The actions to choose from: a set of the game ({sets}),
    # or the buttons that each action holds: ("", "A", "A+right").
    actions={actions},
    # An action is held for this many frames at least.
    frames_per_action=4,
    # "score" looks for the most points, "time" for the fewest frames.
    objective="score",
{score}\
    # How good a moment is on the way to the goal, to choose between plans. By default the points.
    # value=lambda v: v["{first}"],
    # What ends a try. By default {fail}.
    # fail=lambda v: v["{first}"] == 0,
    # The goal. By default {win}.
{goal}\
    # What must be true all the time.
    # constraint=lambda v: v["{first}"] < 5,
    # What the search does not go back behind, such as the end of a stage.
    # checkpoint=lambda v: v["{first}"] == 1,
    # In which moments no input matters. By default those that are not `playing`.
    # skip=lambda v: v["{first}"] == 2,
    # Buttons that a rule presses, whatever the search chooses.
    # presses=(Press(lambda v: v["{first}"] == 3, "B"),),
    # The variables by which two states count as the same, each with its resolution.
    same={same},
    # How the search goes on: {algorithms}.
    algorithm="rolling",
    # Limits: frames of a run, seconds of a search (0 is no limit), memory of all processes.
    frames={frames},
    seconds=0,
    megabytes=1000,
)
"""


def example(game: str, file: str = "problem.py") -> str:
    """The text of a problem file for a game, with a comment on each part.

    Args:
        game: a name, a Python file that defines `GAME`, or a folder.
        file: name of the file, for its first lines.

    Raises:
        ValueError: there is no such game.

    Examples:
        >>> print(example("hirondelle").splitlines()[0])
        \"\"\"A search problem for Hirondelle.
    """
    from copain_gym.search.algorithm import ALGORITHMS

    found = find_game(game)
    single = [v.name for v in found.variables if not v.count]
    has_score, has_win = "score" in single, "ending" in found.predicates
    goal = "" if has_win else "    # Here a run succeeds when it has lived for `frames`.\n"
    goal += f'    # win=lambda v: v["{single[0]}"] == 4,\n'
    score = '    # The points: a variable, or a function. By default the variable "score".\n'
    named = f"    score={_quoted(single[0])},  # choose another one\n"
    score += '    # score="score",\n' if has_score else named
    words = {
        "title": found.title,
        "file": file,
        "game": _quoted(game),
        "first": single[0],
        "variables": _wrapped(single),
        "sets": ", ".join(found.actions),
        "actions": _quoted(next(iter(found.actions))),
        "score": score,
        "fail": "the game's predicate `dead`" if "dead" in found.predicates else _ended(found),
        "win": "the game's predicate `ending`" if has_win else "none",
        "goal": goal,
        "same": json.dumps({name: 8 for name in single if name in _PLACES}),
        "algorithms": ", ".join(ALGORITHMS),
        "frames": 0 if has_win else 3600,
    }
    return (_HEAD + _BODY).format(**words)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _ended(game: Game) -> str:
    names = game.endings.get("life") or next(iter(game.endings.values()), ())
    return f"the game's events {', '.join(names)}" if names else "nothing"


def _wrapped(names: list[str]) -> str:
    """Names in lines of at most 90 characters."""
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > 88:
            lines.append("")
        lines[-1] += f"{name}, "
    return "\n".join(line.rstrip() for line in lines).rstrip(",")
