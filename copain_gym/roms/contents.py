"""What FCEUX reads of a ROM file: its hash and its television system.

FCEUX rounds PRG and CHR up to a power of two and fills them with $FF, so the hash that it shows,
and that movies name, is not always that of the file's bytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from typing import Literal

from copain_gym.errors import RomError

__all__ = ["Region", "clean_header", "fceux_md5", "header_region", "ines_sizes"]

Region = Literal["NTSC", "PAL", "Dendy"]

_PRG_UNIT, _CHR_UNIT = 0x4000, 0x2000
_NOT_ROUNDED = (53, 198, 228, 547)  # mappers whose PRG is read as it is
_DISK_SIDE = 65500


def clean_header(header: bytes) -> bytes:
    """The 16 bytes of an iNES header without what old tools wrote over its end, as in FCEUX."""
    if header[7:15] == b"DiskDude" or header[7:16] == b"demiforce":
        return header[:7] + bytes(9)
    if header[10:14] == b"Ni03":
        return header[:7] + bytes(9) if header[7:10] == b"Dis" else header[:10] + bytes(6)
    return header


def ines_sizes(header: bytes) -> tuple[int, int]:
    """Bytes of PRG and CHR by a clean header (https://www.nesdev.org/wiki/NES_2.0)."""
    if header[7] & 0x0C != 0x08:
        return (header[4] or 256) * _PRG_UNIT, header[5] * _CHR_UNIT
    return (
        _nes20_size(header[4], header[9] & 0x0F, _PRG_UNIT),
        _nes20_size(header[5], header[9] >> 4, _CHR_UNIT),
    )


def _nes20_size(low: int, high: int, unit: int) -> int:
    if high < 0x0F:
        return int((high << 8 | low) * unit)
    return int(2 ** (low >> 2) * ((low & 3) * 2 + 1))


def _power_of_two(units: int) -> int:
    return 1 << (units - 1).bit_length() if units else 0


# ---- the hash ----------------------------------------------------------


def fceux_md5(data: bytes, kind: str) -> str:
    """The MD5 in hexadecimal that FCEUX's `rom.gethash("md5")` gives.

    Args:
        data: the whole file.
        kind: `iNES`, `FDS`, `UNIF` or `NSF`, for which FCEUX has no hash: all digits are 0.

    Raises:
        RomError: a chunk of a UNIF file is cut off.
    """
    if kind == "NSF":
        return "0" * 32
    parts = {"iNES": _ines_parts, "FDS": _disk_sides, "UNIF": _unif_parts}[kind]
    digest = hashlib.md5()
    for part in parts(data):
        digest.update(part)
    return digest.hexdigest()


def _ines_parts(data: bytes) -> Iterator[bytes]:
    header = clean_header(data[:16])
    nes20 = header[7] & 0x0C == 0x08
    prg, char = (
        size // unit for size, unit in zip(ines_sizes(header), (_PRG_UNIT, _CHR_UNIT), strict=True)
    )
    rounded = _power_of_two(prg)
    if not (nes20 and header[9] >> 4 == 0x0F):  # such a size of CHR is taken as it is
        char = _power_of_two(char)
    mapper = header[6] >> 4 | header[7] & 0xF0 | ((header[8] & 0x0F) << 8 if nes20 else 0)
    at = 16 + (512 if header[6] & 0x04 else 0)
    # Where PRG is rounded up, what follows it in the file (CHR) is read as PRG, too.
    read = (prg if mapper in _NOT_ROUNDED else rounded) * _PRG_UNIT
    yield _filled(data[at : at + read], rounded * _PRG_UNIT)
    yield _filled(data[at + read : at + read + char * _CHR_UNIT], char * _CHR_UNIT)


def _filled(part: bytes, size: int) -> bytes:
    return part + b"\xff" * (size - len(part))


def _disk_sides(data: bytes) -> Iterator[bytes]:
    headed = data[:4] == b"FDS\x1a"
    sides = data[4] if headed else len(data) // _DISK_SIDE
    start = 16 if headed else 0
    for side in range(min(max(sides, 1), 8)):
        part = data[start + side * _DISK_SIDE :][:_DISK_SIDE]
        yield part + bytes(_DISK_SIDE - len(part))


def _unif_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 32
    while at < len(data):
        if len(data) - at < 8:
            raise RomError("it ends within the head of a chunk")
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name[:3] in (b"PRG", b"CHR") and at + 8 + size > len(data):
            raise RomError(f"it ends within the chunk {name.decode('ascii', 'replace')}")
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size


def _unif_parts(data: bytes) -> Iterator[bytes]:
    parts: dict[tuple[int, int], bytes] = {}
    for name, part in _unif_chunks(data):
        for kind, (chip, least) in enumerate(((b"PRG", 2048), (b"CHR", 8192))):
            if name[:3] == chip:
                parts[kind, name[3]] = _filled(part, max(_power_of_two(len(part)), least))
    for place in sorted(parts):
        yield parts[place]


# ---- the television system ---------------------------------------------


def header_region(data: bytes, kind: str) -> Region | None:
    """The region that a file itself names; None where it does not, as most iNES files."""
    if kind == "iNES":
        header = clean_header(data[:16])
        if header[7] & 0x0C == 0x08:
            return "PAL" if header[12] & 3 == 1 else "NTSC"
        # Where the bytes behind are not 0, something else was written over byte 9.
        return "PAL" if header[9] == 1 and not any(header[10:]) else None
    if kind == "NSF":
        return "PAL" if data[0x7A:0x7B] > b"\0" else "NTSC"
    if kind == "UNIF":
        try:
            for name, part in _unif_chunks(data):
                if name == b"TVCI" and part[:1] in (b"\0", b"\1"):
                    return "PAL" if part[0] else "NTSC"
        except RomError:
            pass
    return None
