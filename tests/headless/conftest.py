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
    roms = {}
    for name, board in BOARDS.items():
        code, roms[name] = folder / f"{name}.o", folder / f"{name}.nes"
        subprocess.run(
            ["ca65", "-D", f"BOARD={board}", str(_SOURCES / "mapper.s"), "-o", str(code)],
            check=True,
        )
        config = _SOURCES / ("banked.cfg" if name in _BANKED else "linear.cfg")
        subprocess.run(["ld65", "-C", str(config), str(code), "-o", str(roms[name])], check=True)
    return roms


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
