"""Problems by name or file: Python files that define `PROBLEM`."""

from __future__ import annotations

import os
import pkgutil
from pathlib import Path

from copain_gym.errors import ProblemError
from copain_gym.files.python_file import run_python_file
from copain_gym.paths import expand_user
from copain_gym.search import problems
from copain_gym.search.problem import Problem

__all__ = ["bundled_problems", "find_problem", "load_problem_file"]


def bundled_problems() -> tuple[str, ...]:
    """The names of the problems that come with the package."""
    modules = pkgutil.iter_modules(problems.__path__)
    return tuple(sorted(module.name.replace("_", "-") for module in modules))


def find_problem(problem: str | os.PathLike[str] | Problem) -> Problem:
    """A problem by its name or file.

    Args:
        problem: the name of a bundled problem, a Python file that defines `PROBLEM`, or a
            `Problem`.

    Raises:
        ProblemError: there is no such problem, or its file cannot be loaded.

    Examples:
        >>> find_problem("hirondelle").the_game.title
        'Hirondelle'
    """
    if isinstance(problem, Problem):
        return problem
    if isinstance(problem, str) and problem in bundled_problems():
        file = problem.replace("-", "_") + ".py"
        found = load_problem_file(Path(problems.__path__[0]) / file)
        return found.set_origin(problem)
    path = expand_user(problem)
    if path.suffix == ".py" or path.exists():
        return load_problem_file(path)
    raise ProblemError(
        f"problem is {os.fspath(problem)!r}; allowed are a Python file that defines PROBLEM, or "
        f"one of {', '.join(bundled_problems())}. 'copain search init GAME' writes such a file"
    )


def load_problem_file(file: str | os.PathLike[str]) -> Problem:
    """Run a Python file and return its `PROBLEM`.

    It can import other files of its folder with `from . import NAME`.

    Args:
        file: the file.

    Raises:
        ProblemError: the file cannot be read, fails, or defines no `PROBLEM`.
    """
    path = expand_user(file).absolute()
    if not path.is_file():
        raise ProblemError(f"problem file {path} cannot be read: it is not a file")
    try:
        problem = run_python_file(path, "problem", "PROBLEM")
    except ValueError as error:
        raise ProblemError(str(error)) from error
    if not isinstance(problem, Problem):
        raise ProblemError(
            f"problem file {path} has PROBLEM = {problem!r}; it must define PROBLEM, a "
            "copain_gym.search.Problem"
        )
    return problem.set_origin(str(path))
