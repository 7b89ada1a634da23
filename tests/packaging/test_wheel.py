"""What `pip install .` gives, in a place of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*words: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        **options,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def options(help_text: str) -> list[str]:
    """The options that a help text names, but for those of the help itself."""
    return sorted(set(re.findall(r"--[\w-]+", help_text)) - {"--help"})


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built through the sdist, so that the sdist is complete, too."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.timeout(600)
def test_wheel_holds_what_is_not_python(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "lua/bridge.lua",
        "lua/fceux.lua",
        "lua/copain_native.so",
        "lua/copain_reaper",
        "data/hirondelle.nes",
        "engine_src/CMakeLists.txt",
        "py.typed",
    ):
        assert f"copain_gym/{name}" in names
    for path in (ROOT / "agents").glob("*.py"):
        assert f"copain_gym/agents/{path.name}" in names
    assert "copain_gym/train/hyperparameters/ppo.yml" in names
    assert not [name for name in names if name.endswith(".nes") and "hirondelle" not in name]


@pytest.mark.timeout(600)
def test_installed_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    # An environment with this one's dependencies but without its editable installation:
    # .pth files in a folder that is only on the path are not read.
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    (place,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (place / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(sys.executable, "-m", "pip", "install", "--no-deps", "--target", place, wheel)
    script = (
        "import copain_gym, copain_gym.cli.main\n"
        "print(copain_gym.__file__)\n"
        "raise SystemExit(copain_gym.cli.main.main(['doctor']))\n"
    )
    done = run(tmp_path / "venv/bin/python", "-c", script, cwd=tmp_path)
    assert done.stdout.startswith(str(place))
    assert f"bridge module: {place}" in done.stdout
    # `copain train ppo` and `python agents/ppo.py`: the same program with the same options.
    script = "import sys; from copain_gym.cli.main import main; sys.exit(main())"
    python = tmp_path / "venv/bin/python"
    command = run(python, "-c", script, "train", "ppo", "--help", cwd=tmp_path).stdout
    alone = run(python, place / "copain_gym/agents/ppo.py", "--help", cwd=tmp_path).stdout
    assert "--checkpoint-every" in command
    assert options(command) == options(alone)
