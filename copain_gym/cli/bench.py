"""`copain bench`."""

from __future__ import annotations

import sys
from pathlib import Path

from copain_gym.cli.command import Exit, Flag, output_file, print_json

__all__ = ["bench"]


def bench(
    file: Path | None = None,
    /,
    *,
    quick: Flag = False,
    game: str | None = None,
    json: Flag = False,
    plot: Path | None = None,
) -> int:
    """Measure the speed and compare it with other packages.

    The others are stable-retro, cynes and nes-py, if they are installed (extra `bench`). All play
    the same game and take turns. Exit status: 0 done, 1 score or lives differ from
    those in stable-retro.

    Args:
        file: File to write the results to, as JSON.
        quick: Measure only what the ratios need, in less than two minutes.
        game: Measure this game alone: a name, a Python file that defines `GAME`, or a folder.
        json: Print the results as JSON instead of text. With FILE, they are written there.
        plot: File to draw the results in (PNG).
    """
    for output in (file, plot):
        if output is not None:
            output_file(output)

    from copain_gym.bench import report, suite

    def say(text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    results = suite.run(quick, say, game)
    say("")
    out = sys.stdout
    if json and file is None:
        print_json(results)
        out = sys.stderr
    else:
        report.print_report(results)
    if file is not None:
        report.write_json(results, file)
        print(f"results: {file}")
    if plot is not None:
        drawn = report.write_plot(results, plot)
        print(f"plot: {plot}" if drawn else "no plot: matplotlib is not installed", file=out)
    behaviour = results["behaviour"]
    same = behaviour["equal"] if behaviour["compared"] else True
    return Exit.SUCCESS if same else Exit.FAILURE
