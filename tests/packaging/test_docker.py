"""The Dockerfile: order of its layers, its user, what it takes from the checkout.

A test machine has no Docker: its steps are read, and those that can run here are run.
"""

from __future__ import annotations

import fnmatch
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Step:
    """One instruction of the Dockerfile."""

    name: str
    words: str


def steps() -> list[Step]:
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    code = [line for line in lines if line.strip() and not line.startswith("#")]
    return [Step(*(part.strip() for part in line.split(maxsplit=1))) for line in code]


STEPS = steps()
IGNORED = (ROOT / ".dockerignore").read_text().split()


def place(name: str, words: str) -> int:
    """The number of the one step that has these words."""
    (found,) = [k for k, step in enumerate(STEPS) if step.name == name and words in step.words]
    return found


def copied(before: int) -> list[str]:
    """What of the checkout is in the image before a step."""
    return [
        source
        for step in STEPS[:before]
        if step.name == "COPY"
        for source in step.words.split()[:-1]
    ]


def is_ignored(path: str) -> bool:
    patterns = {pattern.removeprefix("**/") for pattern in IGNORED}
    return any(fnmatch.fnmatch(part, p) for part in path.split("/") for p in patterns) or any(
        fnmatch.fnmatch(path, pattern) for pattern in IGNORED
    )


def test_large_layers_come_before_what_is_edited() -> None:
    system = place("RUN", "scripts/system_packages.sh")
    python = place("RUN", "scripts/python_packages.sh")
    build = place("RUN", "scripts/setup.sh")
    everything = place("COPY", ". .")
    assert system < python < build < everything
    # An edit of the package, a test or a page is in none of what the large layers begin with.
    assert copied(system) == ["scripts/system_packages.sh"]
    assert copied(python) == [
        *copied(system),
        *("pyproject.toml", "constraints.txt"),
        *("scripts/python_packages.sh", "scripts/torch.sh", "scripts/requirements.py"),
    ]
    assert not {".", "tests", "docs", "examples"} & set(copied(build))


def test_what_is_copied_is_there_and_not_ignored() -> None:
    for source in copied(len(STEPS)):
        assert (ROOT / source).exists(), source
        assert not is_ignored(source), source


def test_the_large_layers_have_all_that_they_need(tmp_path: Path) -> None:
    """Their scripts run with what is copied before them."""
    for script in ("system_packages", "python_packages"):
        step = place("RUN", f"scripts/{script}.sh")
        for source in copied(step):
            (tmp_path / source).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / source, tmp_path / source)
        if script == "python_packages":  # all packages are there: nothing has to be downloaded
            venv = tmp_path / "venv"
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
            (site,) = venv.glob("lib/python*/site-packages")
            (site / "there.pth").write_text("\n".join([*sys.path, sysconfig.get_path("purelib")]))
        done = subprocess.run(
            [tmp_path / "scripts" / f"{script}.sh"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "VENV": str(tmp_path / "venv"), "PIP_NO_INDEX": "1"},
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_runs_is_not_root_and_finds_the_engine() -> None:
    users = [k for k, step in enumerate(STEPS) if step.name == "USER"]
    assert len(users) == 1
    assert STEPS[users[0]].words not in ("root", "0")
    assert users[0] > max(k for k, step in enumerate(STEPS) if step.name in ("RUN", "COPY"))
    assert f"useradd --create-home {STEPS[users[0]].words}" in STEPS[users[0] - 1].words
    # The cache of the user who builds is not where others look.
    cache = place("ENV", "COPAIN_CACHE=")
    assert cache < place("RUN", "scripts/setup.sh")
    folder = STEPS[cache].words.partition("=")[2]
    (workdir,) = [step.words for step in STEPS if step.name == "WORKDIR"]
    assert folder.startswith(f"{workdir}/")
    # Any user may write results.
    assert "mkdir -p runs videos && chmod 1777 runs videos" in STEPS[users[0] - 1].words


def test_what_git_ignores_is_not_sent_to_docker() -> None:
    for line in (ROOT / ".gitignore").read_text().split():
        name = line.strip("/").replace("[cod]", "c").replace("*", "x")
        assert is_ignored(name), line
    for name in ("runs/first/model.zip", "bench-results/results.json", "a/__pycache__/b.pyc"):
        assert is_ignored(name), name
