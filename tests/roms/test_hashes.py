"""`Rom.md5` is the hash that FCEUX shows and movies name, whatever the sizes and headers."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from copain_gym import Emulator
from copain_gym.errors import RomError
from copain_gym.roms.rom import parse_rom, read_rom
from copain_gym.tas.movie import Movie

rng = random.Random(5)
NOTHING = bytes(8)


def program(size: int) -> bytes:
    """Random bytes that, mapped anywhere in steps of 8 KiB, loop for ever."""
    data = bytearray(rng.randbytes(size))
    for end in range(0x2000, size + 1, 0x2000):
        data[end - 16 : end - 13] = bytes([0x4C, 0xF0, 0xFF])
        data[end - 6 : end] = bytes([0xF0, 0xFF] * 3)
    return bytes(data)


def ines(
    prg: int, char: int, mapper: int = 2, *, rest: bytes = NOTHING, trainer: bytes = b""
) -> bytes:
    """An iNES file; `prg` and `char` in units of 16 and 8 KiB."""
    flags = (mapper & 15) << 4 | (4 if trainer else 0)
    header = b"NES\x1a" + bytes([prg, char, flags, mapper & 0xF0]) + rest
    return header + trainer + program(prg * 0x4000) + rng.randbytes(char * 0x2000)


def nes20(prg: int, char: int, high: int, mapper: int, prg_size: int, char_size: int) -> bytes:
    """A NES 2.0 file; `prg`, `char` and `high` as in its header, the sizes in bytes."""
    flags = [(mapper & 15) << 4, mapper & 0xF0 | 8, mapper >> 8, high, 0, 7, 0, 0, 0, 1]
    header = b"NES\x1a" + bytes([prg, char, *flags])
    return header + program(prg_size) + rng.randbytes(char_size)


def unif(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(name + len(data).to_bytes(4, "little") + data for name, data in chunks)
    return b"UNIF" + (7).to_bytes(4, "little") + bytes(24) + body


KIB = 1024
SIDE = b"\x01*NINTENDO-HVC*" + rng.randbytes(65500 - 15)
NSF = b"NESM\x1a\1\1\1\0\x80\0\x80\3\x80".ljust(128, b"\0") + b"\x60" * 100
FILES = {
    "16 KiB.nes": ines(1, 0, 0),
    "48 KiB.nes": ines(3, 0),
    "48 KiB and CHR.nes": ines(3, 1, 3),
    "80 KiB and 40 KiB CHR.nes": ines(5, 5, 4),
    "32 KiB and 24 KiB CHR.nes": ines(2, 3, 3),
    "48 KiB with bytes behind.nes": ines(3, 1) + b"x" * 5000,
    "48 KiB with a trainer.nes": ines(3, 1, trainer=rng.randbytes(512)),
    "a name in the header.nes": ines(3, 1, 0x42, rest=b"iskDude!"),
    "another name in the header.nes": ines(2, 1, 0, rest=b"\0\0Ni03\0\0"),
    "a mapper that is not rounded.nes": ines(3, 1, 228),
    "NES 2.0, 48 KiB.nes": nes20(3, 1, 0, 2, 48 * KIB, 8 * KIB),
    "NES 2.0, 3 times 2^14.nes": nes20(14 << 2 | 1, 1, 0x0F, 2, 48 * KIB, 8 * KIB),
    "NES 2.0, 5 times 2^14.nes": nes20(14 << 2 | 2, 0, 0x0F, 2, 80 * KIB, 0),
    "NES 2.0, CHR of 3 times 2^13.nes": nes20(2, 13 << 2 | 1, 0xF0, 3, 32 * KIB, 24 * KIB),
    "NES 2.0, both.nes": nes20(14 << 2 | 1, 13 << 2 | 1, 0xFF, 2, 48 * KIB, 24 * KIB),
    "NES 2.0, mapper 547.nes": nes20(3, 1, 0, 547, 48 * KIB, 8 * KIB),
    "two chips.unf": unif(
        (b"MAPR", b"NES-UNROM\0"), (b"PRG0", program(48 * KIB)), (b"PRG1", program(16 * KIB))
    ),
    "CHR first.unf": unif(
        (b"MAPR", b"NES-TLROM\0"), (b"CHR0", rng.randbytes(1000)), (b"PRG0", program(40 * KIB))
    ),
    "tune.nsf": NSF,
    "headed.fds": b"FDS\x1a\2" + bytes(11) + SIDE + rng.randbytes(100),
    "bare.fds": SIDE + rng.randbytes(65500),
}


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPAIN_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "bios").write_bytes(program(8192))
    monkeypatch.setenv("COPAIN_FDS_BIOS", str(tmp_path / "bios"))


@pytest.mark.parametrize("name", FILES)
def test_the_hash_is_fceuxs(name: str, tmp_path: Path) -> None:
    rom = tmp_path / name
    rom.write_bytes(FILES[name])
    with Emulator(rom, engine="fceux") as emulator:
        assert emulator.lua.rom.gethash("md5") == read_rom(rom).md5


@pytest.mark.parametrize("name", ["48 KiB and CHR.nes", "NES 2.0, both.nes", "headed.fds"])
def test_the_hash_is_the_headless_engine_s(name: str, tmp_path: Path) -> None:
    rom = tmp_path / name
    rom.write_bytes(FILES[name])
    with Emulator(rom, engine="headless") as emulator:
        assert emulator.lua.rom.gethash("md5") == read_rom(rom).md5


def test_a_movie_names_fceuxs_hash(engine: str, tmp_path: Path) -> None:
    rom = tmp_path / "48 KiB and CHR.nes"
    rom.write_bytes(FILES[rom.name])
    movie = Movie.new([[0, 0]], read_rom(rom)).to_bytes().decode()
    with Emulator(rom, engine=engine) as emulator:
        assert f"romChecksum {emulator.lua.rom.gethash('base64')}" in movie


def test_a_unif_file_that_is_cut_off() -> None:
    data = FILES["two chips.unf"]
    for length in (len(data) - 1, len(data) - 16 * KIB - 4):
        with pytest.raises(RomError, match=r"ROM cut\.unf is truncated: it ends within"):
            parse_rom(data[:length], Path("cut.unf"))
