"""stable-retro, with whose tables these tests compare, and the game of docs/adding-a-game.md."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from pathlib import Path

import gymnasium
import pytest

from copain_gym.games import registry
from copain_gym.games.retro.integration import integrations


@pytest.fixture(scope="session")
def retro_folders() -> dict[str, Path]:
    """The folders of stable-retro's NES integrations."""
    found = integrations()
    if not found and platform.machine() != "x86_64":
        pytest.skip(f"stable-retro has no wheel for {platform.machine()}: nothing was compared")
    assert found, "stable-retro is missing: pip install stable-retro (extra `dev`)"
    return found


ROMS = Path(__file__).parent / "roms"


@pytest.fixture(scope="session")
def gap_rom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The game of docs/adding-a-game.md, assembled."""
    folder = tmp_path_factory.mktemp("gap")
    config = ROMS.parents[1] / "envs/roms/nrom.cfg"
    subprocess.run(["ca65", ROMS / "gap.s", "-o", folder / "gap.o"], check=True)
    subprocess.run(["ld65", "-C", config, folder / "gap.o", "-o", folder / "gap.nes"], check=True)
    return folder / "gap.nes"


@pytest.fixture
def gap(gap_rom: Path, tmp_path: Path) -> Path:
    """The page's `gap.py` in a folder of its own, beside its ROM."""
    shutil.copy(gap_rom, tmp_path / "gap.nes")
    file = tmp_path / "gap.py"
    file.write_text(game_file())
    return file


def page_blocks(language: str) -> list[str]:
    """The blocks of code in docs/adding-a-game.md."""
    page = Path(__file__).parents[2] / "docs/adding-a-game.md"
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def game_file() -> str:
    """The page's `gap.py`."""
    (text,) = [block for block in page_blocks("python") if "GAME = Game(" in block]
    return text


@pytest.fixture(autouse=True)
def no_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten at its end."""
    monkeypatch.setattr(registry, "_games", registry._games.copy())
    known = gymnasium.registry.copy()
    monkeypatch.setattr(gymnasium.envs.registration, "registry", known)
    monkeypatch.setattr(gymnasium, "registry", known)
