"""`copain search`: look for runs of a problem file, and write one."""

from __future__ import annotations

import ast
import itertools
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from copain_gym.cli.command import Exit, Flag, output_file, print_json
from copain_gym.engines.engine import EngineName
from copain_gym.errors import SearchError
from copain_gym.files import write_file
from copain_gym.search import Progress, Result, Search, find_problem
from copain_gym.search.template import example
from copain_gym.tas.expected import companion_path, expect
from copain_gym.tas.movie import Movie
from copain_gym.tas.movie_files import save_movie

__all__ = ["Display", "search_init", "search_run"]

_REASONS = {
    "won": "the goal is reached",
    "exhausted": "nothing is left to try",
    "seconds": "the time is over",
    "frames": "the frames are used up",
    "memory": "the limit of memory is reached",
    "interrupted": "interrupted",
}
_LINE_SECONDS = 10.0  # between two lines in a file or a pipe


def search_init(game: str, output: Path = Path("problem.py"), /, *, replace: Flag = False) -> None:
    """Write an example of a problem file, with a comment on each part.

    Args:
        game: Game of the problem: a name, a Python file that defines `GAME`, or a folder.
        output: File to write.
        replace: Replace a file of that name.
    """
    text = example(game, output.name)
    if output.exists() and not replace:
        raise ValueError(f"{output} exists; name another file, or pass --replace")
    write_file(output_file(output), text)
    print(f"{output}: change it, then run 'copain search run {output}'")


def search_run(
    problem: str,
    /,
    *,
    seconds: float | None = None,
    frames: int | None = None,
    workers: int = 1,
    seed: int = 0,
    out: Path | None = None,
    steps: Path | None = None,
    algorithm: str | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set")] = (),
    go_on: Flag = False,
    file: Path | None = None,
    resume: Flag = False,
    engine: EngineName | None = None,
    replace: Flag = False,
    json: Flag = False,
) -> int:
    """Search for a run that solves a problem, and write it as a movie.

    The search ends when the goal is reached, or at a limit. The movie of the best run begins at
    power-on; beside it, a file says what it leads to, and `copain movie verify` compares stock
    FCEUX with it. The same problem, seed and options find the same run on any number of workers,
    if no limit of time ends the search.

    Exit status: 0 the goal was reached, 1 it was not.

    Args:
        problem: Python file that defines `PROBLEM`, or the name of a bundled problem, such as
            `hirondelle` or `hirondelle-fast`.
        seconds: Time limit. By default that of the problem.
        frames: Largest number of frames of all plans. By default there is no limit.
        workers: Number of processes, each with an emulator. One for each processor core is best.
        seed: Seed of all that is random.
        out: Movie to write, `.fm2` or `.bk2`.
        steps: Folder for movies of all runs that reach the goal and are better than those before:
            `0001.fm2` and so on.
        algorithm: Name of the algorithm. By default that of the problem.
        settings: Options of the algorithm, NAME=VALUE.
        go_on: Go on after the goal was reached, to find better runs, up to a limit.
        file: File in which the whole search is kept, written at least every 30 seconds.
        resume: Go on with the search in this file.
        engine: Engine of the emulators. By default COPAIN_ENGINE, else auto.
        replace: Replace a movie of that name.
        json: Print one JSON object at the end instead of text.
    """
    if out is not None:
        if out.exists() and not replace:
            raise ValueError(f"{out} exists; name another file, or pass --replace")
        if out.suffix.lower() not in (".fm2", ".bk2"):
            raise ValueError(f"--out is {out}; its suffix must be .fm2 or .bk2")
        output_file(out)
    if steps is not None:
        steps.mkdir(parents=True, exist_ok=True)
        if any(steps.iterdir()):
            raise ValueError(f"--steps is {steps}; allowed is a new or an empty folder")
    for name, value in (("--seconds", seconds), ("--frames", frames)):
        if value is not None and not value > 0:
            raise ValueError(f"{name} is {value}; it must be more than 0")
    if go_on and seconds is None and frames is None and not find_problem(problem).seconds:
        raise SearchError("--go-on needs an end: give --seconds or --frames")
    with Search(
        find_problem(problem),
        algorithm=algorithm,
        options=dict(map(_setting, settings)),
        workers=workers,
        seed=seed,
        engine=engine,
        file=file,
        resume=resume,
    ) as search:
        display = Display(sys.stderr if json else sys.stdout)
        numbers = itertools.count(1)

        def save(movie: Movie, path: Path) -> None:
            save_movie(movie, path)
            expected = expect(movie, search.rom, search.problem.the_game, engine)
            expected.write(companion_path(path))

        def step(movie: Movie) -> None:
            assert steps is not None
            save(movie, steps / f"{next(numbers):04d}.fm2")

        result = search.run(
            seconds,
            frames=frames,
            go_on=go_on,
            tell=display.show,
            better=None if steps is None else step,
        )
        display.end(result.progress)
        if out is not None:
            save(result.movie, out)
    _report(result, search, out, json=json)
    if result.reason == "interrupted":
        return Exit.INTERRUPTED
    return Exit.SUCCESS if result.won else Exit.FAILURE


def _report(result: Result, search: Search, out: Path | None, *, json: bool) -> None:
    if json:
        print_json(
            {
                "problem": search.problem.name,
                "algorithm": search.algorithm.name,
                "seed": search.seed,
                "reason": result.reason,
                **asdict(result.progress),
                "movie": out,
                "movie_frames": result.movie.frames,
            }
        )
        return
    p = result.progress
    print(
        f"{_REASONS[result.reason]} after {p.seconds:.1f} s: {p.plans} plans, {p.frames} frames; "
        f"the best run has {result.movie.frames} frames and {p.score:.0f} points"
        + ("" if p.won else ", and does not reach the goal")
    )
    if out is not None:
        print(f"{out}: 'copain movie verify {out}' replays it in stock FCEUX")


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValueError(f"--set is {text!r}; write NAME=VALUE")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


class Display:
    """Shows the progress: one line that changes in a terminal, else a line every 10 seconds."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._last: Progress | None = None
        self._width = 0

    def show(self, progress: Progress) -> None:
        """Show how far a search is."""
        last = self._last
        if last is not None and not self._live and progress.seconds - last.seconds < _LINE_SECONDS:
            return
        self._last = progress
        self._print(_line(progress, last))

    def _print(self, line: str) -> None:
        if self._live:
            # A line that is longer than the terminal would move on with each report.
            line = line[: shutil.get_terminal_size().columns - 1]
            self._stream.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()

    def end(self, progress: Progress) -> None:
        """Show the last state, and leave the line."""
        self._print(_line(progress, None))
        if self._live:
            self._stream.write("\n")


def _line(progress: Progress, last: Progress | None) -> str:
    seconds = progress.seconds - (last.seconds if last else 0.0)
    plans = progress.plans - (last.plans if last else 0)
    frames = progress.frames - (last.frames if last else 0)
    made = progress.made - (last.made if last else 0)
    span = max(seconds, 0.1)
    archive = f"  {progress.kept} cells" if progress.kept else ""
    return (
        f"{progress.seconds:7.1f} s  depth {progress.depth}  score {progress.score:.0f}  "
        f"{plans / span:.0f} plans/s  {made / span:.0f} states/s  {frames / span:.0f} frames/s  "
        f"{progress.states} states{archive}  {progress.duplicates} duplicates  "
        f"{progress.megabytes:.0f} MB" + ("  goal reached" if progress.won else "")
    )
