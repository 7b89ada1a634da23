"""What `make setup` relies on: when it installs again, and a checkout that was moved."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("CMakeLists.txt", "LICENSE", "constraints.txt", "pyproject.toml")
FOLDERS = ("agents", "copain_gym", "engine", "lua", "scripts")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the C code is built from."""
    place = tmp_path / "here"
    place.mkdir()
    for name in NAMES:
        shutil.copy(ROOT / name, place)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def run(*command: str | Path, place: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "VENV"}
    return subprocess.run(
        list(map(str, command)),
        cwd=place,
        env={**environment, **variables},
        capture_output=True,
        text=True,
    )


def stamp(place: Path) -> str:
    done = run(place / "scripts" / "build_stamp.sh", place=place)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_source_of_the_build_changes_the_stamp(checkout: Path) -> None:
    sources = [checkout / name for name in NAMES if name != "LICENSE"]
    sources += [*checkout.glob("lua/**/*.[ch]"), *checkout.glob("copain_gym/**/*.[ch]")]
    sources += checkout.glob("scripts/*.sh")
    assert {"tables.h", "mailbox.h", "protocol.h", "reader.c"} <= {p.name for p in sources}
    before = stamp(checkout)
    assert before == stamp(checkout)
    for path in sources:
        content = path.read_bytes()
        path.write_bytes(content + b"\n")
        assert stamp(checkout) != before, path.name
        path.write_bytes(content)
    assert stamp(checkout) == before


def test_python_files_do_not_change_the_stamp(checkout: Path) -> None:
    before = stamp(checkout)
    for path in (checkout / "copain_gym" / "errors.py", checkout / "lua" / "bridge.lua"):
        path.write_text(path.read_text() + "\n")
    assert stamp(checkout) == before


def configure(place: Path) -> subprocess.CompletedProcess[str]:
    return run("cmake", "-S", place, "-B", place / "build" / "any", place=place)


def test_a_moved_checkout_is_built_anew(checkout: Path) -> None:
    assert configure(checkout).returncode == 0
    moved = checkout.rename(checkout.with_name("there"))
    refused = configure(moved)
    assert refused.returncode != 0
    assert "does not match the source" in refused.stderr
    mended = run(moved / "scripts" / "mend_moved.sh", place=moved)
    assert mended.returncode == 0, mended.stderr
    assert f"was made in {checkout}: building anew" in mended.stdout
    configured = configure(moved)
    assert configured.returncode == 0, configured.stderr


def test_programs_of_a_moved_environment_run(checkout: Path) -> None:
    run(sys.executable, "-m", "venv", "--without-pip", checkout / ".venv", place=checkout)
    program = checkout / ".venv" / "bin" / "program"
    program.write_text(f"#!{checkout}/.venv/bin/python\nimport sys; print(sys.prefix)\n")
    program.chmod(0o755)
    moved = checkout.rename(checkout.with_name("there"))
    with pytest.raises(FileNotFoundError):
        run(moved / ".venv" / "bin" / "program", place=moved)
    mended = run(moved / "scripts" / "mend_moved.sh", place=moved)
    assert mended.returncode == 0, mended.stderr
    assert "its programs get the new place" in mended.stdout
    done = run(moved / ".venv" / "bin" / "program", place=moved)
    assert done.stdout.strip() == str(moved / ".venv")


def test_a_checkout_in_its_place_is_left_alone(checkout: Path) -> None:
    assert configure(checkout).returncode == 0
    run(sys.executable, "-m", "venv", "--without-pip", checkout / ".venv", place=checkout)
    mended = run(checkout / "scripts" / "mend_moved.sh", place=checkout)
    assert (mended.returncode, mended.stdout, mended.stderr) == (0, "", "")
    assert (checkout / "build" / "any" / "CMakeCache.txt").exists()


def test_a_changed_header_is_compiled_again(checkout: Path) -> None:
    """CMake knows which sources include which headers."""
    assert configure(checkout).returncode == 0
    build = ("cmake", "--build", checkout / "build" / "any")
    assert run(*build, place=checkout).returncode == 0
    for header, library in (("copain_gym/games/tables.h", "games"), ("lua/src/mailbox.h", "shm")):
        with (checkout / header).open("a") as file:
            file.write('_Static_assert(0, "the compiler has seen it");\n')
        failed = run(*build, place=checkout)
        assert failed.returncode != 0, library
        assert "the compiler has seen it" in failed.stdout + failed.stderr
        text = (checkout / header).read_text()
        (checkout / header).write_text(text.rpartition("_Static_assert(0")[0])
