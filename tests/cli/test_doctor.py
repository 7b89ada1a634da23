"""`copain doctor` as a user runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from copain_gym.paths import native_directory
from tests.emulator.test_full_disk import NAMESPACE


def copain(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
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


def libzmq() -> Path:
    """ZeroMQ's library that the bridge module loads."""
    module = native_directory() / "copain_native.so"
    listing = subprocess.run(["ldd", module], capture_output=True, text=True, check=True).stdout
    (path,) = re.findall(r"libzmq\.so\.5 => (\S+)", listing)
    return Path(path)


@pytest.mark.skipif(
    NAMESPACE != ["unshare", "-m"], reason="only root can hide a library, for this test alone"
)
def test_a_library_that_is_not_installed() -> None:
    """The remedy is the system's package, not another installation of ours."""
    library = libzmq()
    there = library.resolve().parent
    hide = (
        "mount -t tmpfs none /mnt && mkdir /mnt/upper /mnt/work"
        f" && mknod /mnt/upper/{library.name} c 0 0"  # how an overlay marks what is gone
        " && mount -t overlay none -o"
        f' lowerdir={there},upperdir=/mnt/upper,workdir=/mnt/work {there} && exec "$@"'
    )
    command = [str(Path(sys.executable).parent / "copain"), "doctor", "--json"]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", hide, "sh", *command], capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    module = checks["bridge module"]
    assert not module["ok"]
    assert module["detail"].endswith("needs libzmq.so.5")
    assert module["remedy"] == "install it: apt install libzmq5 (Debian, Ubuntu)"
    assert "libzmq.so.5: cannot open shared object file" in checks["headless: start"]["detail"]
