"""`copain doctor` as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def copain(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [str(Path(sys.executable).parent / "copain"), *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_all_is_well() -> None:
    done = copain("doctor")
    assert done.returncode == 0, done.stdout
    assert "ok   fceux: start: bridge answers after" in done.stdout
    assert "frames/s" in done.stdout
    assert "FAIL" not in done.stdout


def test_json() -> None:
    done = copain("doctor", "--json")
    report = json.loads(done.stdout)
    assert report["ok"] is True
    names = {check["name"] for check in report["checks"]}
    assert {"FCEUX", "bundled ROM", "bridge module", "fceux: savestate"} <= names


@pytest.mark.parametrize("as_json", [False, True])
def test_fceux_missing(as_json: bool) -> None:
    done = copain("doctor", *(["--json"] if as_json else []), COPAIN_FCEUX="/nowhere/fceux")
    assert done.returncode == 1
    if as_json:
        report = json.loads(done.stdout)
        assert report["ok"] is False
        failed = {check["name"] for check in report["checks"] if not check["ok"]}
        assert {"FCEUX", "fceux: start"} <= failed
    else:
        assert "FAIL FCEUX: COPAIN_FCEUX is '/nowhere/fceux', which is not a file" in done.stdout
        assert "apt install fceux" in done.stdout


def test_wrong_usage() -> None:
    done = copain("dance")
    assert done.returncode == 2
    assert "copain: unknown command 'dance'" in done.stderr


def test_version_and_help() -> None:
    assert copain("--version").stdout.strip().count(".") == 2
    assert "doctor" in copain("--help").stdout
