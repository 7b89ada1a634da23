"""What `make setup` relies on: when it installs again, and a checkout that was moved."""

from __future__ import annotations

import os
import re
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
    sources += [*checkout.glob("scripts/*.sh"), *checkout.glob("scripts/*.py")]
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


def configure(place: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = ("cmake", *options, "-S", place, "-B", place / "build" / "any")
    return run(*command, place=place, **variables)


@pytest.mark.parametrize(
    ("options", "variables", "missing", "packages"),
    [
        ([], {"CC": "/nowhere/gcc"}, "a C compiler", "gcc libc6-dev"),
        (
            ["-DPKG_CONFIG_EXECUTABLE=/nowhere/pkg-config"],
            {},
            "the program pkg-config, Lua 5.1's headers, ZeroMQ's headers",
            "pkg-config liblua5.1-0-dev libzmq3-dev",
        ),
        (
            [],
            {"PKG_CONFIG_LIBDIR": "/nowhere"},
            "Lua 5.1's headers, ZeroMQ's headers",
            "liblua5.1-0-dev libzmq3-dev",
        ),
    ],
)
def test_a_build_says_first_what_is_missing(
    options: list[str], variables: dict[str, str], missing: str, packages: str, checkout: Path
) -> None:
    """The same as `pip install` runs it."""
    done = configure(checkout, *options, **variables)
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if line.strip()]
    assert said[0].startswith("CMake Error at CMakeLists.txt")
    assert said[1].strip() == "copain-gym cannot be built here."
    assert said[2].strip() == f"Missing: {missing}"
    assert said[3].endswith(f": apt install {packages} fceux")
    assert len(said) < 9, done.stderr


def oldest(*extras: str, place: Path = ROOT) -> subprocess.CompletedProcess[str]:
    script = place / "scripts" / "requirements.py"
    return run(sys.executable, script, ",".join(extras), "--oldest", place=place)


def test_each_requirement_has_one_lower_bound() -> None:
    done = oldest("train", "video", "dev")
    assert done.returncode == 0, done.stderr
    pins = [line.partition(";")[0].split("==") for line in done.stdout.splitlines()]
    assert {"gymnasium", "torch", "stable-baselines3", "pyzmq"} <= {name for name, _ in pins}
    names = [name for name, _ in pins]
    assert sorted(set(names)) == sorted(names)
    for name, version in pins:
        assert version[0].isdigit(), name


def test_lower_bounds_become_constraints(checkout: Path) -> None:
    (checkout / "pyproject.toml").write_text(
        """
        [project]
        dependencies = ["b>=1.2,<2", "c[x]>=3; python_version < '3.11'"]
        optional-dependencies = {more = ["a >= 1"], free = ["d"]}
        """
    )
    done = oldest("more", place=checkout)
    assert done.stdout == "a==1\nb==1.2\nc==3; python_version < '3.11'\n"
    assert "'d' has no lower bound" in oldest("free", place=checkout).stderr
    assert "unknown extras: other; there are more, free" in oldest("other", place=checkout).stderr


def test_workflows_use_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    used = [
        target
        for workflow in (ROOT / ".github" / "workflows").glob("*.yml")
        for target in re.findall(r"- run: make ([\w-]+)", workflow.read_text())
    ]
    assert {"lint", "test", "test-oldest", "coverage"} <= set(used)
    for target in used:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


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
