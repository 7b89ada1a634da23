"""Which build of PyTorch set-up installs. pip is real; the wheels are the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GIGABYTES = "about 3 GB to download and 5.4 GB"

Run = Callable[..., subprocess.CompletedProcess[str]]


def make_wheel(folder: Path, name: str, version: str, requires: Sequence[str] = ()) -> None:
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "\n".join(lines) + "\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def make_program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with pip and nothing else."""
    path = tmp_path_factory.mktemp("torch") / "venv"
    subprocess.run([sys.executable, "-m", "venv", path], check=True)
    return path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What decides which packages come. pip's index has the ordinary build of PyTorch only."""
    place = tmp_path / "checkout"
    shutil.copytree(ROOT / "scripts", place / "scripts")
    (place / "constraints.txt").write_text("# a version\ntorch==2.13.0\n")
    (place / "pyproject.toml").write_text(
        '[project]\ndependencies = ["small>=1"]\n'
        '[project.optional-dependencies]\ntrain = ["torch>=2.3"]\nvideo = []\n'
    )
    make_wheel(tmp_path / "index", "torch", "2.13.0", ["nvidia_cublas"])
    make_wheel(tmp_path / "index", "nvidia_cublas", "13.0")
    make_wheel(tmp_path / "index", "small", "1.5")
    return place


@pytest.fixture
def run(checkout: Path, environment: Path, tmp_path: Path) -> Run:
    """Run a script of set-up, with programs of the test's own first on PATH."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PIP_")}
    programs = tmp_path / "programs"
    make_program(programs, "nvidia-smi", "exit 9")  # as a driver without a GPU ends

    def run(script: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [checkout / "scripts" / script, *words],
            capture_output=True,
            text=True,
            env={
                **kept,
                "PATH": f"{programs}:/usr/bin:/bin",
                "VENV": str(environment),
                "PIP_CONFIG_FILE": "/dev/null",
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(tmp_path / "index"),
                **variables,
            },
        )

    for name, folder in packages(environment).items():
        if name != "pip":
            shutil.rmtree(folder)
    return run


def packages(environment: Path) -> dict[str, Path]:
    """Name and folder of each package but setuptools, of which older Pythons have one."""
    folders = environment.glob("lib/python*/site-packages/*.dist-info")
    found = {folder.name.partition("-")[0]: folder for folder in folders}
    found.pop("setuptools", None)
    return found


def installed(environment: Path) -> dict[str, str]:
    """Name and version of each package but pip."""
    found = {name: folder.stem.partition("-")[2] for name, folder in packages(environment).items()}
    assert found.pop("pip")
    return found


def test_the_cpu_build_that_the_index_has(run: Run, environment: Path, tmp_path: Path) -> None:
    make_wheel(tmp_path / "index", "torch", "2.13.0+cpu")
    done = run("torch.sh")
    assert done.returncode == 0, done.stderr
    assert installed(environment) == {"torch": "2.13.0+cpu"}
    assert "GB" not in done.stdout


def test_the_cpu_build_that_uv_finds(
    run: Run, checkout: Path, environment: Path, tmp_path: Path
) -> None:
    """PyTorch's own index cannot be reached from everywhere: a folder is in its place."""
    make_wheel(tmp_path / "elsewhere", "torch", "2.13.0+cpu")
    make_program(
        tmp_path / "programs",
        "uv",
        f'echo "$@" >"{tmp_path}/asked"\n'
        f'exec "{environment}/bin/python" -m pip install -f "{tmp_path}/elsewhere" torch==2.13+cpu',
    )
    done = run("torch.sh")
    assert installed(environment)["torch"] == "2.13.0+cpu", done.stdout + done.stderr
    asked = (tmp_path / "asked").read_text().split()
    assert {"--torch-backend=cpu", "--no-deps", "torch==2.13.0"} <= set(asked)
    assert installed(environment).keys() == {"torch"}
    assert "GB" not in done.stdout


def test_gigabytes_are_announced_where_no_cpu_build_can_be_had(
    run: Run, environment: Path, tmp_path: Path
) -> None:
    done = run("torch.sh")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert GIGABYTES in said
    assert "pip's package index has none" in said
    assert "make setup EXTRAS=video,dev" in said
    assert installed(environment) == {"torch": "2.13.0", "nvidia_cublas": "13.0"}


def test_gigabytes_are_announced_before_they_come(run: Run, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "index")
    (tmp_path / "index").mkdir()
    done = run("torch.sh")
    assert done.returncode != 0
    assert GIGABYTES in done.stdout


def test_a_gpu_gets_the_build_with_cuda(run: Run, environment: Path, tmp_path: Path) -> None:
    make_wheel(tmp_path / "index", "torch", "2.13.0+cpu")
    shutil.move(tmp_path / "index" / "torch-2.13.0+cpu-py3-none-any.whl", tmp_path)
    make_program(tmp_path / "programs", "nvidia-smi", 'echo "GPU 0: a big one (UUID: 1)"')
    done = run("torch.sh")
    assert installed(environment)["torch"] == "2.13.0", done.stdout + done.stderr
    assert GIGABYTES in done.stdout
    assert "make setup TORCH=cpu" in done.stdout


def test_a_gpu_gets_the_cpu_build_that_is_asked_for(
    run: Run, environment: Path, tmp_path: Path
) -> None:
    make_wheel(tmp_path / "index", "torch", "2.13.0+cpu")
    make_program(tmp_path / "programs", "nvidia-smi", 'echo "GPU 0: a big one (UUID: 1)"')
    done = run("torch.sh", TORCH="cpu")
    assert installed(environment)["torch"] == "2.13.0+cpu", done.stdout + done.stderr


def test_a_build_that_is_there_stays(run: Run, environment: Path, tmp_path: Path) -> None:
    """Also when all packages are installed, whatever the constraints name."""
    make_wheel(tmp_path / "elsewhere", "torch", "2.9.0+cu128")
    pip = [environment / "bin" / "python", "-m", "pip", "install", "-q", "--no-index"]
    subprocess.run([*pip, "-f", tmp_path / "elsewhere", "torch"], check=True)
    done = run("python_packages.sh", EXTRAS="train")
    assert done.returncode == 0, done.stderr
    assert installed(environment) == {"torch": "2.9.0+cu128", "small": "1.5"}


def test_without_training_there_is_no_torch(run: Run, environment: Path) -> None:
    done = run("python_packages.sh", EXTRAS="video")
    assert done.returncode == 0, done.stderr
    assert installed(environment) == {"small": "1.5"}


def test_without_constraints_pip_chooses(run: Run, environment: Path) -> None:
    done = run("torch.sh", CONSTRAINTS="/dev/null")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "torch" not in installed(environment)


def test_wrong_build(run: Run) -> None:
    done = run("torch.sh", TORCH="gpu")
    assert done.returncode == 1
    assert done.stderr == "setup: TORCH is gpu; allowed are auto, cpu and cuda\n"
