"""The Python blocks of the documentation run. `python fragment` marks what is no whole program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import PAGES, ROOT, blocks, name

ONE_PROGRAM = {"docs/environments.md", "docs/vector.md", "docs/lua.md", "docs/movies.md"}
"""Pages whose blocks follow each other in one program."""

TESTED_ELSEWHERE = {"docs/adding-a-game.md"}  # needs a ROM that its own test assembles


def programs() -> dict[str, str]:
    found = {}
    for page in PAGES:
        texts = [block.text for block in blocks(page) if block.language == "python"]
        if name(page) in ONE_PROGRAM:
            found[name(page)] = "\n".join(texts)
        elif name(page) not in TESTED_ELSEWHERE:
            found |= {f"{name(page)}, block {k}": text for k, text in enumerate(texts, 1)}
    return found


PROGRAMS = programs()


def test_the_readme_has_programs_only() -> None:
    languages = [block.language for block in blocks(ROOT / "README.md")]
    assert languages.count("python") >= 3
    assert "python fragment" not in languages


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=list(PROGRAMS))
def test_it_runs(program: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},  # PyTorch's threads would wait for each other
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_fragments_are_python(page: Path) -> None:
    for block in blocks(page):
        if block.language == "python fragment":
            compile(block.text, name(page), "exec")
