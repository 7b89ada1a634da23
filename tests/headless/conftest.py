"""The headless engine, programs for it, and how to run it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from copain_gym.engines.engine import find_fceux
from copain_gym.engines.headless import find_headless
from copain_gym.paths import bundled_rom

_SOURCES = Path(__file__).parent / "roms"
BOARDS = {"NROM": 0, "MMC1": 1, "UNROM": 2, "CNROM": 3, "MMC3": 4}
_BANKED = {"MMC1", "UNROM", "MMC3"}


@pytest.fixture(scope="session")
def headless() -> Path:
    """The headless engine; set-up builds it."""
    executable = find_headless()
    assert executable is not None, "the headless engine is not built; `copain engine build` does it"
    return executable


@pytest.fixture(scope="session")
def stock() -> Path:
    """Stock FCEUX."""
    return find_fceux()


@pytest.fixture(scope="session")
def board_roms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The test program, assembled for each cartridge board."""
    folder = tmp_path_factory.mktemp("roms")
    return {
        name: assemble(
            "mapper",
            folder / f"{name}.nes",
            config="banked" if name in _BANKED else "linear",
            BOARD=board,
        )
        for name, board in BOARDS.items()
    }


def assemble(source: str, rom: Path, *, config: str = "linear", **symbols: int) -> Path:
    """Assemble a program of `roms/` into a ROM file."""
    code = rom.with_suffix(".o")
    definitions = [text for name, value in symbols.items() for text in ("-D", f"{name}={value}")]
    subprocess.run(
        ["ca65", *definitions, str(_SOURCES / f"{source}.s"), "-o", str(code)], check=True
    )
    linker = ["ld65", "-C", str(_SOURCES / f"{config}.cfg"), str(code), "-o", str(rom)]
    subprocess.run(linker, check=True)
    return rom


RunScript = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(headless: Path, tmp_path: Path) -> RunScript:
    """Runs the headless engine with some Lua source, on the bundled game."""
    counter = iter(range(1000))

    def start(
        source: str | None = None, *options: str, rom: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [str(headless), "--rom", str(rom or bundled_rom()), *options]
        if source is not None:
            script = tmp_path / f"script{next(counter)}.lua"
            script.write_text(source)
            command += ["--lua", str(script)]
        environment = dict(os.environ, HOME=str(tmp_path), TMPDIR=str(tmp_path))
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return start
