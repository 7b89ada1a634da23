"""The long tests, one after another, with a summary. `make torture` runs it.

Each part is a program of its own, whose output goes to a log. docs/tested.md has the last figures;
`--write` puts those of this run there.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/tested.md"
PYTHON = sys.executable


@dataclass(frozen=True)
class Part:
    """A part of the long tests.

    Attributes:
        command: what runs it in the root of the checkout; has places for `{seeds}`, `{folder}`.
        figures: what it measured, read from its log and the folder of results.
    """

    command: tuple[str, ...]
    figures: Callable[[str, Path], str]


@dataclass(frozen=True)
class Outcome:
    """How a part ended."""

    name: str
    passed: bool
    figures: str
    seconds: float


def last_line(log: str, folder: Path) -> str:
    """The last line of a log."""
    lines = log.strip().splitlines()
    return lines[-1] if lines else ""


def soak_figures(log: str, folder: Path) -> str:
    """The summary of benchmarks/soak.py in words."""
    found = json.loads(log[log.index("{") :])
    before, after = found["before"], found["after"]
    left = sum(max(0, after[name] - before[name]) for name in before)
    return (
        f"{found['steps']:,} steps in {found['seconds']:.0f} s, {found['killed']} emulators killed "
        f"and {found['replaced']} replaced; {left} processes, descriptors, threads or files left; "
        f"Python grew by {found['python_mib_growth_after_a_quarter']:.1f} MiB"
    )


def pytest_figures(log: str, folder: Path) -> str:
    """The number of tests, and the figures that tests recorded with `record_property`."""
    suite = next(ET.parse(folder / "tests.xml").iter("testsuite"))
    count = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
    recorded = [p.get("value", "") for p in suite.iter("property") if p.get("name") == "figure"]
    passed = count["tests"] - count["failures"] - count["errors"] - count["skipped"]
    failed = count["failures"] + count["errors"]
    return "; ".join(
        [f"{passed} tests passed, {failed} failed, {count['skipped']} skipped", *recorded]
    )


PARTS = {
    "boards": Part(
        (PYTHON, "-m", "tests.headless.board_sweep", "--seeds", "{seeds}"), last_line
    ),
    "engines": Part(
        (PYTHON, "-m", "copain_gym.cli.main", "engine", "check", "--frames", "20000"), last_line
    ),
    "tests": Part(
        (PYTHON, "-m", "pytest", "-q", "-m", "torture", "--junitxml", "{folder}/tests.xml"),
        pytest_figures,
    ),
    "frameworks": Part((PYTHON, "-m", "pytest", "-q", "tests/frameworks"), last_line),
    "soak": Part((PYTHON, "benchmarks/soak.py", "--log", "{folder}/soak.jsonl"), soak_figures),
}  # fmt: skip


def run_part(name: str, folder: Path, seeds: int) -> Outcome:
    """Run a part; its output goes to a file of its name in the folder."""
    part = PARTS[name]
    command = [word.format(seeds=seeds, folder=folder) for word in part.command]
    path = folder / f"{name}.log"
    started = time.monotonic()
    with path.open("w") as log:
        status = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT).returncode
    seconds = time.monotonic() - started
    text = path.read_text()
    try:
        figures = part.figures(text, folder)
    except (LookupError, OSError, StopIteration, ValueError, ET.ParseError):
        return Outcome(name, False, f"ended without a result: {last_line(text, folder)}", seconds)
    return Outcome(name, status == 0, figures, seconds)


def write_page(outcomes: Sequence[Outcome], page: str, date: str) -> str:
    """docs/tested.md with the figures of the parts that passed."""
    passed = {outcome.name: outcome.figures for outcome in outcomes if outcome.passed}

    def row(found: re.Match[str]) -> str:
        name = found[1]
        return f"| `{name}` | {passed[name]} | {date} |" if name in passed else found[0]

    return re.sub(r"^\| `(\w+)` \|.*$", row, page, flags=re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts; returns 0 where all passed."""
    parser = argparse.ArgumentParser(prog="torture", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--seeds", type=int, default=1, help="programs for each cartridge")
    parser.add_argument("--folder", type=Path, default=ROOT / "torture-results", help="for logs")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/tested.md")
    args = parser.parse_args(arguments)
    args.folder.mkdir(parents=True, exist_ok=True)
    outcomes = []
    for name in args.only:
        print(f"{name}: its log is {args.folder / name}.log", flush=True)
        outcomes.append(run_part(name, args.folder.resolve(), args.seeds))
    print("\nSummary")
    for outcome in outcomes:
        verdict = "passed" if outcome.passed else "FAILED"
        print(f"{outcome.name}: {verdict} in {outcome.seconds:.0f} s: {outcome.figures}")
    failures = sum(not outcome.passed for outcome in outcomes)
    print(f"{failures} of {len(outcomes)} parts failed")
    if args.write:
        today = datetime.date.today().isoformat()
        PAGE.write_text(write_page(outcomes, PAGE.read_text("utf-8"), today), "utf-8")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
