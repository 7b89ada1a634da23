"""The user's FDS BIOS and Game Genie ROM are found although each emulator has a home of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from copain_gym import CopainError, Emulator
from copain_gym.engines.headless import find_headless
from copain_gym.errors import RomError

from ..roms.test_hashes import program

DISK = b"FDS\x1a\1" + bytes(11) + b"\x01*NINTENDO-HVC*".ljust(65500, b"\0")


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A disk, and a user with an empty home."""
    headless = find_headless()
    if headless is not None:  # its builds are in the real user's home
        monkeypatch.setenv("COPAIN_HEADLESS", str(headless))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("COPAIN_FDS_BIOS", "COPAIN_GAME_GENIE", "FCEUX_HOME", "FCEUX_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    for folder in ("home/.fceux", "other/.fceux", "config"):
        (tmp_path / folder).mkdir(parents=True)
    file = tmp_path / "game.fds"
    file.write_bytes(DISK)
    return file


def bios(path: Path) -> Path:
    path.write_bytes(program(8192))
    return path


PLACES = {
    "its usual folder": ("home/.fceux/disksys.rom", None, ""),
    "FCEUX's other home": ("other/.fceux/disksys.rom", "FCEUX_HOME", "other"),
    "FCEUX's other folder": ("config/disksys.rom", "FCEUX_CONFIG_DIR", "config"),
    "a file that the variable names": ("bios.bin", "COPAIN_FDS_BIOS", "bios.bin"),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_bios_is_found(
    place: str, engine: str, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, variable, value = PLACES[place]
    own = bios(tmp_path / path)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / value))
    with Emulator(disk, engine=engine) as emulator:
        assert emulator.memory[0xE000:0x10000].tobytes() == own.read_bytes()
        emulator.step(frames=2)
    assert sorted(f.name for f in own.parent.iterdir()) == sorted(
        {own.name, *(("config", "game.fds", "home", "other") if place.startswith("a file") else ())}
    )


def test_a_missing_bios_is_told(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = (
        rf"the disk {disk} needs the BIOS of the Famicom Disk System, disksys\.rom: there is no "
        rf"{tmp_path}/home/\.fceux/disksys\.rom; COPAIN_FDS_BIOS can name the file"
    )
    with pytest.raises(RomError, match=message):
        Emulator(disk)
    monkeypatch.setenv("COPAIN_FDS_BIOS", str(tmp_path / "nowhere"))
    with pytest.raises(RomError, match=r"COPAIN_FDS_BIOS is .*nowhere', which is no file"):
        Emulator(disk)


def test_the_game_genie_is_found(engine: str, disk: Path, tmp_path: Path) -> None:
    options = ("--game-genie",) if engine == "headless" else ("--gamegenie", "1")
    with pytest.raises(CopainError, match=r"needs the ROM of the Game Genie, gg\.rom: there is no"):
        Emulator(engine=engine, options=options)
    genie = program(0x2000)[-0x1000:]
    (tmp_path / "home/.fceux/gg.rom").write_bytes(genie + bytes(256))  # and its pictures
    with Emulator(engine=engine, options=options) as emulator:
        assert emulator.memory[0xF000:0x10000].tobytes() == genie
