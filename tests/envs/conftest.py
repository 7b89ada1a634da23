"""Environments of the bundled game, closed at the end of the test."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from copain_gym.envs import NesEnv


@pytest.fixture(autouse=True)
def data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of ROMs and states of the test's own."""
    monkeypatch.setenv("COPAIN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("COPAIN_ROM_PATH", raising=False)
    return tmp_path / "data"


@pytest.fixture
def make(engine: str) -> Iterator[Callable[..., NesEnv]]:
    """Makes environments with either engine."""
    made: list[NesEnv] = []

    def make_env(**options: Any) -> NesEnv:
        env = NesEnv(**{"engine": engine, **options})
        made.append(env)
        return env

    yield make_env
    for env in made:
        env.close()


ROMS = Path(__file__).parent / "roms"
BUTTONS = {"A": 7, "B": 6, "select": 5, "start": 4, "up": 3, "down": 2, "left": 1, "right": 0}


@pytest.fixture(scope="session")
def pads_rom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A test program that writes into RAM what both pads hold."""
    folder = tmp_path_factory.mktemp("pads")
    rom = folder / "pads.nes"
    subprocess.run(["ca65", ROMS / "pads.s", "-o", folder / "pads.o"], check=True)
    subprocess.run(["ld65", "-C", ROMS / "nrom.cfg", folder / "pads.o", "-o", rom], check=True)
    return rom


@pytest.fixture
def pads_game(pads_rom: Path, tmp_path: Path) -> Path:
    """An integration folder of the test program, as stable-retro has them, with its ROM."""
    folder = tmp_path / "Pads-Nes"
    folder.mkdir()
    variables = {
        "pad1": {"address": 0x10, "type": "|u1"},
        "pad2": {"address": 0x11, "type": "|u1"},
        "frames": {"address": 0x12, "type": "|u1"},
        "lives": {"address": 0x13, "type": "|u1"},
        "score": {"address": 0x14, "type": "<u2"},
        "saved": {"address": 0x6000, "type": "|u1"},
    }
    scenario = {
        "done": {"variables": {"lives": {"op": "zero"}}},
        "reward": {
            "variables": {"score": {"reward": 2.0}, "lives": {"reward": 0.0, "penalty": 5.0}}
        },
    }
    files = {"data.json": {"info": variables}, "scenario.json": scenario, "metadata.json": {}}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    data = pads_rom.read_bytes()
    (folder / "rom.sha").write_text(hashlib.sha1(data[16:]).hexdigest() + "\n")
    (folder / "rom.nes").write_bytes(data)
    return folder


def held(value: int) -> set[str]:
    """The buttons in a byte of the test program."""
    return {name for name, bit in BUTTONS.items() if value >> bit & 1}
