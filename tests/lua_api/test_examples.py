"""The examples, run as a user does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("windowed")
@pytest.mark.parametrize("name", ["hit_boxes.py", "memory_hooks.py"])
def test_script_in_the_window_runs_at_full_speed(name: str) -> None:
    arguments = ("--seconds", "4", *(["--play"] if name == "hit_boxes.py" else []))
    for _ in range(3):  # a busy machine may be too slow for a while
        printed = run(name, *arguments)
        fps = float(re.findall(r"([\d.]+) frames per second", printed)[0])
        if 55 < fps < 62:
            return
    raise AssertionError(f"{name} runs at {fps} frames per second; the console has 60.1")


def test_memory_hooks_tell_of_writes(windowed: None) -> None:
    printed = run("memory_hooks.py", "--seconds", "3")
    assert re.search(r"writes to the objects' X in the last second: \$[0-9A-F]{4} \d+", printed)


def test_run_loop() -> None:
    assert re.fullmatch(r"scores: \d+ \d+\n", run("run_loop.py", "--runners", "2"))
