"""ROM files: reading, checking and identifying them."""

from __future__ import annotations

import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from copain_gym.errors import FileError, RomError
from copain_gym.files import read_file
from copain_gym.paths import bundled_rom, expand_user
from copain_gym.roms.contents import (
    Region,
    clean_header,
    fceux_md5,
    header_region,
    ines_sizes,
)

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
        md5: MD5 in hexadecimal as FCEUX's `rom.gethash("md5")` returns it and movies name it: of
            PRG and CHR as FCEUX reads them, each filled up to a power of two. All digits are 0
            for `NSF`, for which FCEUX has none.
        sha1: SHA-1 of PRG and CHR without the iNES header, in hexadecimal. For the other kinds,
            SHA-1 of the whole file.
        crc32: CRC-32 of the same bytes as `sha1`.
        header: `iNES` or `NES 2.0`; the same as `kind` for the other kinds.
        prg: size of program ROM in bytes; 0 for the other kinds.
        chr: size of character ROM in bytes; 0 if it has character RAM, and for the other kinds.
        mapper: mapper number; -1 for the other kinds.
        region: `NTSC` or `PAL` if the file itself says so, else None; most iNES files do not.
            `copain_gym.roms.store.rom_region` decides.
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
    region: Region | None = None
    sha1_file: str = ""

    @property
    def description(self) -> str:
        """Header kind, sizes and mapper in one phrase."""
        if self.kind != "iNES":
            return f"{self.kind} file"
        char = f"{self.chr // 1024} KiB CHR" if self.chr else "CHR RAM"
        return f"{self.header} header, {self.prg // 1024} KiB PRG + {char}, mapper {self.mapper}"


def read_rom(path: str | os.PathLike[str] | None = None) -> Rom:
    """Read and check a ROM file.

    Args:
        path: the file; None selects Hirondelle, the bundled game.

    Raises:
        RomError: the path is missing or not a file, or the file is unreadable, empty, of an
            unknown kind, or shorter than its header says.
    """
    file = bundled_rom() if path is None else expand_user(path).absolute()
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
        file: its path, used in messages.

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
        sha1, crc32 = _hashes(data)
        region = header_region(data, kind)
        return Rom(file, kind, _md5(data, kind, file), sha1, crc32, kind, 0, 0, -1, region, sha1)
    if len(data) < _HEADER:
        raise RomError(
            f"ROM {file} is truncated: {len(data)} bytes, the header alone takes {_HEADER}"
        )
    head = clean_header(data[:_HEADER])
    nes20 = head[7] & 0x0C == 0x08
    prg, char = ines_sizes(head)
    start = _HEADER + (_TRAINER if head[6] & 0x04 else 0)  # a trainer comes before PRG
    end = start + prg + char
    if len(data) < end:
        raise RomError(f"ROM {file} is truncated: {len(data)} bytes, its header says {end} bytes")
    sha1, crc32 = _hashes(data[start:end])
    return Rom(
        path=file,
        kind=kind,
        md5=_md5(data, kind, file),
        sha1=sha1,
        crc32=crc32,
        header="NES 2.0" if nes20 else "iNES",
        prg=prg,
        chr=char,
        mapper=head[6] >> 4 | head[7] & 0xF0 | ((head[8] & 0x0F) << 8 if nes20 else 0),
        region=header_region(data, kind),
        sha1_file=hashlib.sha1(data[_HEADER:]).hexdigest(),
    )


def _hashes(content: bytes) -> tuple[str, str]:
    return hashlib.sha1(content).hexdigest(), f"{zlib.crc32(content):08x}"


def _md5(data: bytes, kind: str, file: Path) -> str:
    try:
        return fceux_md5(data, kind)
    except RomError as error:
        raise RomError(f"ROM {file} is truncated: {error}") from None
