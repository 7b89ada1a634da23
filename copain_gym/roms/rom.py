"""ROM files: reading, checking and identifying them."""

from __future__ import annotations

import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from copain_gym.errors import FileError, RomError
from copain_gym.files import read_file
from copain_gym.paths import bundled_rom

__all__ = ["Rom", "parse_rom", "read_rom"]

_KINDS = {
    b"NES\x1a": "iNES",
    b"FDS\x1a": "FDS",
    b"\x01*NI": "FDS",
    b"UNIF": "UNIF",
    b"NESM": "NSF",
}
_HEADER = 16  # bytes of an iNES or NES 2.0 header
_TRAINER = 512
_LARGEST = 256 << 20  # bytes of a file


@dataclass(frozen=True)
class Rom:
    """A checked ROM file.

    Attributes:
        path: the ROM file.
        kind: `iNES` (also NES 2.0), `FDS`, `UNIF` or `NSF`.
        md5: MD5 of PRG and CHR without the iNES header, in hexadecimal, as FCEUX's
            `rom.gethash("md5")` returns it. For the other kinds, MD5 of the whole file.
        sha1: SHA-1 of the same bytes.
        crc32: CRC-32 of the same bytes.
        header: `iNES` or `NES 2.0`; the same as `kind` for the other kinds.
        prg: size of program ROM in bytes; 0 for the other kinds.
        chr: size of character ROM in bytes; 0 if it has character RAM, and for the other kinds.
        mapper: mapper number; -1 for the other kinds.
        region: `NTSC`, `PAL` or `unknown`, from the header and the file's name.
        sha1_file: SHA-1 of everything after the header. It differs from `sha1` if bytes follow
            CHR or a trainer precedes PRG.
    """

    path: Path
    kind: str
    md5: str
    sha1: str = ""
    crc32: str = ""
    header: str = ""
    prg: int = 0
    chr: int = 0
    mapper: int = -1
    region: str = "unknown"
    sha1_file: str = ""

    @property
    def description(self) -> str:
        """Header kind, sizes, mapper and region in one phrase."""
        if self.kind != "iNES":
            return f"{self.kind} file"
        char = f"{self.chr // 1024} KiB CHR" if self.chr else "CHR RAM"
        return (
            f"{self.header} header, {self.prg // 1024} KiB PRG + {char}, mapper {self.mapper}, "
            f"region {self.region}"
        )


def read_rom(path: str | os.PathLike[str] | None = None) -> Rom:
    """Read and check a ROM file.

    Args:
        path: the file; None selects Hirondelle, the bundled game.

    Raises:
        RomError: the path is missing or not a file, or the file is unreadable, empty, of an
            unknown kind, or shorter than its header says.
    """
    file = bundled_rom() if path is None else Path(path).expanduser().absolute()
    if not file.exists():
        raise RomError(f"ROM {file} does not exist")
    try:
        data = read_file(file, _LARGEST)
    except FileError as error:
        raise RomError(f"ROM {file} cannot be read: {error}") from error
    return parse_rom(data, file)


def parse_rom(data: bytes, file: Path) -> Rom:
    """Check and identify the bytes of a ROM file.

    Args:
        data: the whole file.
        file: its path, used in messages and to guess the region.

    Raises:
        RomError: the data is empty, of an unknown kind, or shorter than its header says.
    """
    if not data:
        raise RomError(f"ROM {file} is empty")
    if data[:4] == b"PK\x03\x04":
        raise RomError(f"ROM {file} is a zip archive; take the ROM out with `copain rom import`")
    kind = _KINDS.get(data[:4])
    if kind is None and len(data) < _HEADER:
        raise RomError(
            f"ROM {file} is too short: {len(data)} bytes; the header of an iNES file alone takes "
            f"{_HEADER}"
        )
    if kind is None:
        raise RomError(
            f"ROM {file} is not an iNES file: it begins with {data[:4]!r}, not b'NES\\x1a' "
            f"(FDS, UNIF and NSF files are allowed, too)"
        )
    if kind != "iNES":
        md5, sha1, crc32 = _hashes(data)
        return Rom(file, kind, md5, sha1, crc32, kind, sha1_file=sha1)
    if len(data) < _HEADER:
        raise RomError(
            f"ROM {file} is truncated: {len(data)} bytes, the header alone takes {_HEADER}"
        )
    nes20 = data[7] & 0x0C == 0x08
    prg, char = _ines_sizes(data, nes20)
    start = _HEADER + (_TRAINER if data[6] & 0x04 else 0)  # a trainer comes before PRG
    end = start + prg + char
    if len(data) < end:
        raise RomError(f"ROM {file} is truncated: {len(data)} bytes, its header says {end} bytes")
    md5, sha1, crc32 = _hashes(data[start:end])
    return Rom(
        path=file,
        kind=kind,
        md5=md5,
        sha1=sha1,
        crc32=crc32,
        header="NES 2.0" if nes20 else "iNES",
        prg=prg,
        chr=char,
        mapper=data[6] >> 4 | data[7] & 0xF0 | ((data[8] & 0x0F) << 8 if nes20 else 0),
        region=_region(data, nes20, file.name),
        sha1_file=hashlib.sha1(data[_HEADER:]).hexdigest(),
    )


def _hashes(content: bytes) -> tuple[str, str, str]:
    return (
        hashlib.md5(content).hexdigest(),
        hashlib.sha1(content).hexdigest(),
        f"{zlib.crc32(content):08x}",
    )


def _ines_sizes(data: bytes, nes20: bool) -> tuple[int, int]:
    """Sizes of PRG and CHR in bytes from the header (https://www.nesdev.org/wiki/NES_2.0)."""
    if nes20:
        return _nes20_size(data[4], data[9] & 0x0F, 16384), _nes20_size(data[5], data[9] >> 4, 8192)
    return (data[4] or 256) * 16384, data[5] * 8192


def _nes20_size(low: int, high: int, unit: int) -> int:
    if high < 0x0F:
        return int((high << 8 | low) * unit)
    return int(2 ** (low >> 2) * ((low & 3) * 2 + 1))


def _region(data: bytes, nes20: bool, name: str) -> str:
    """The console's region; old headers rarely state it, but names of dumps often do."""
    if nes20:
        return ("NTSC", "PAL", "NTSC", "PAL")[data[12] & 3]
    if data[9] & 1 or any(tag in name for tag in ("(E)", "(Europe)", "(PAL)")):
        return "PAL"
    if any(tag in name for tag in ("(U)", "(USA)", "(J)", "(Japan)", "(JU)", "(World)", "(W)")):
        return "NTSC"
    return "unknown"
