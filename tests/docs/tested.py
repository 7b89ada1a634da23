"""The tests that docs/tested.md names. `python -m tests.docs.tested` counts their cases anew."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from typing import NamedTuple

from .pages import ROOT

PAGE = ROOT / "docs/tested.md"
ROW = re.compile(
    r"^(\| (?P<promise>.*?) \| `(?P<test>tests/\S+::\w+)` \| )(?P<cases>\d+) \|$", re.M
)


class Promise(NamedTuple):
    """A row of the page."""

    text: str
    test: str
    cases: int


def promises(page: str) -> list[Promise]:
    """The rows of the page."""
    return [Promise(m["promise"], m["test"], int(m["cases"])) for m in ROW.finditer(page)]


def count_cases(files: list[str]) -> Counter[str]:
    """How many cases each test of some files has, by its name `tests/FILE::TEST`."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "", *files]
    listed = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False).stdout
    names = [line.split("[")[0] for line in listed.splitlines() if "::" in line]
    return Counter(names)


def files_of(rows: list[Promise]) -> list[str]:
    """The files of their tests that exist."""
    files = sorted({row.test.split("::")[0] for row in rows})
    return [file for file in files if (ROOT / file).is_file()]


def counted(page: str) -> str:
    """The page with the right numbers of cases."""
    cases = count_cases(files_of(promises(page)))
    return ROW.sub(lambda m: f"{m[1]}{cases[m['test']]} |", page)


if __name__ == "__main__":
    PAGE.write_text(counted(PAGE.read_text("utf-8")), "utf-8")
