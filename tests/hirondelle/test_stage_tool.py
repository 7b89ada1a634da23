"""The converter of the stages says what is wrong with a drawing, and where."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hirondelle.support import HIRONDELLE

STAGE = (HIRONDELLE / "stages" / "stage1.txt").read_text(encoding="utf-8")


def convert(tmp_path: Path, text: str) -> tuple[int, str, str]:
    """Exit status, message and result of tools/stage.py for a stage."""
    source, result = tmp_path / "stage.txt", tmp_path / "stages.s"
    source.write_text(text, encoding="utf-8")
    tool = HIRONDELLE / "tools" / "stage.py"
    done = subprocess.run(
        [sys.executable, tool, "build", source, result], capture_output=True, text=True
    )
    return done.returncode, done.stderr, result.read_text() if result.exists() else ""


def test_a_stage_becomes_columns_and_events(tmp_path: Path) -> None:
    status, _, result = convert(tmp_path, STAGE)
    assert status == 0
    assert "stage1_columns:" in result
    assert "stage1_events:" in result


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("squad kind=alouette", "squad kind=albatros", "albatros"),
        ("at 2: squad", "at 32: squad", "column 0 to 31"),
        ("count=4 gap=16", "count=16 gap=16", "count=16, allowed are 0 to 15"),
        ("grive y=", "grive speed=9 y=", "speed=9"),
        ("\n~~~~~~~~~~~", "\n~~~~~~~~~~", "31 letters instead of 32"),
        ("checkpoints 0 58", "checkpoints 60 58", "checkpoints must grow"),
        ("checkpoints 0 58", "checkpoints 58", "checkpoints"),
        ("\n.....", "\n..@..", "unknown letter '@'"),
        ("tiles S1", "tiles", "tiles"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in STAGE
    status, error, _ = convert(tmp_path, STAGE.replace(old, new, 1))
    assert status == 1
    assert message in error


def test_a_stage_that_ends_within_a_screen_is_refused(tmp_path: Path) -> None:
    lines = STAGE.splitlines()
    last = max(i for i, line in enumerate(lines) if line.startswith("screen"))
    status, error, _ = convert(tmp_path, "\n".join(lines[: last + 20]))
    assert status == 1
    assert "lacks 7 lines" in error
