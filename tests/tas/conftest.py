"""The ROMs of the recordings."""

from __future__ import annotations

import pytest

from copain_gym.roms.rom import Rom, read_rom

from . import record_movies


@pytest.fixture(scope="session")
def roms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rom]:
    """The ROMs of the recordings by name."""
    folder = tmp_path_factory.mktemp("roms")
    return {name: read_rom(file) for name, file in record_movies.roms(folder).items()}
