"""The packaged ROM is what the sources build, and its RAM map is what ram.toml says."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from copain_gym.roms.rom import read_rom
from tests.hirondelle.support import HIRONDELLE

PACKAGED = HIRONDELLE.parents[1] / "copain_gym" / "data" / "hirondelle.nes"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the sources without anything built, and the packaged ROM where it belongs."""
    copy = tmp_path / "homebrew" / "hirondelle"
    shutil.copytree(HIRONDELLE, copy, ignore=shutil.ignore_patterns("build", "__pycache__"))
    data = tmp_path / "copain_gym" / "data"
    data.mkdir(parents=True)
    shutil.copy(PACKAGED, data)
    return copy


def make(folder: Path, target: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "-C", folder, target], capture_output=True, text=True)


def test_a_clean_build_is_the_packaged_rom_byte_for_byte(sources: Path) -> None:
    done = make(sources, "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (sources / "build" / "hirondelle.nes").read_bytes() == PACKAGED.read_bytes()


def test_check_fails_when_the_packaged_rom_differs(sources: Path) -> None:
    packaged = sources.parents[1] / "copain_gym" / "data" / "hirondelle.nes"
    content = bytearray(packaged.read_bytes())
    content[0x4000] ^= 1
    packaged.write_bytes(content)
    assert make(sources, "check").returncode != 0


def test_check_fails_when_the_readme_s_ram_map_is_out_of_date(sources: Path) -> None:
    table = sources / "ram.toml"
    text = table.read_text(encoding="utf-8")
    assert "trail rings" in text
    table.write_text(text.replace("trail rings", "rings of the trail"), encoding="utf-8")
    done = make(sources, "check")
    assert done.returncode != 0
    assert "RAM map out of date" in done.stdout + done.stderr


def test_it_is_nrom_with_vertical_mirroring() -> None:
    content = PACKAGED.read_bytes()
    assert content[:8] == b"NES\x1a" + bytes([2, 1, 1, 0])
    assert len(content) == 16 + 32 * 1024 + 8 * 1024


def test_the_package_s_default_rom_is_this_one() -> None:
    assert hashlib.md5(read_rom(None).path.read_bytes()).digest() == (
        hashlib.md5(PACKAGED.read_bytes()).digest()
    )
