"""The ROMs of the recordings."""

from __future__ import annotations

import pytest

from copain_gym.paths import bundled_rom
from copain_gym.roms.rom import Rom, read_rom

from ..headless.conftest import assemble


@pytest.fixture(scope="session")
def roms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rom]:
    """The ROMs of the recordings by name."""
    program = assemble("ports", tmp_path_factory.mktemp("roms") / "ports.nes")
    return {"hirondelle": read_rom(bundled_rom()), "ports": read_rom(program)}
