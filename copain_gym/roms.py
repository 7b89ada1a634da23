"""ROM files: reading, checking and identifying them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from copain_gym.errors import RomError
from copain_gym.paths import bundled_rom

__all__ = ["Rom", "read_rom"]

_KINDS = {
    b"NES\x1a": "iNES",
    b"FDS\x1a": "FDS",
    b"\x01*NI": "FDS",
    b"UNIF": "UNIF",
    b"NESM": "NSF",
}


@dataclass(frozen=True)
class Rom:
    """A checked ROM file.

    Attributes:
        path: where it is.
        kind: `iNES` (also NES 2.0), `FDS`, `UNIF` or `NSF`.
        md5: MD5 of PRG and CHR, so without the iNES header, in hexadecimal: what FCEUX's
            `rom.gethash("md5")` gives. For the other kinds, of the whole file.
    """

    path: Path
    kind: str
    md5: str


def read_rom(path: str | os.PathLike[str] | None = None) -> Rom:
    """Read and check a ROM file.

    Args:
        path: the file; None is Hirondelle, the bundled game.

    Raises:
        RomError: the file is missing, no file, unreadable, empty, of an unknown kind, or
            shorter than its header says.
    """
    file = bundled_rom() if path is None else Path(path).expanduser().absolute()
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise RomError(f"ROM {file} does not exist") from None
    except OSError as error:
        raise RomError(f"ROM {file} cannot be read: {error.strerror}") from error
    if not data:
        raise RomError(f"ROM {file} is empty")
    kind = _KINDS.get(data[:4])
    if kind is None:
        raise RomError(
            f"ROM {file} is not an iNES file: it begins with {data[:4]!r}, not b'NES\\x1a' "
            f"(FDS, UNIF and NSF files are allowed, too)"
        )
    if kind != "iNES":
        return Rom(file, kind, hashlib.md5(data).hexdigest())
    start, end = _ines_content(data, file)
    if len(data) < end:
        raise RomError(f"ROM {file} is truncated: {len(data)} bytes, its header says {end} bytes")
    return Rom(file, kind, hashlib.md5(data[start:end]).hexdigest())


def _ines_content(data: bytes, file: Path) -> tuple[int, int]:
    """Where PRG and CHR begin and end by the header (https://www.nesdev.org/wiki/NES_2.0)."""
    if len(data) < 16:
        raise RomError(f"ROM {file} is truncated: {len(data)} bytes, the header alone takes 16")
    prg, chr_ = data[4], data[5]
    if data[7] & 0x0C == 0x08:  # NES 2.0
        prg_size = _nes20_size(prg, data[9] & 0x0F, 16384)
        chr_size = _nes20_size(chr_, data[9] >> 4, 8192)
    else:
        prg_size, chr_size = (prg or 256) * 16384, chr_ * 8192
    start = 16 + (512 if data[6] & 0x04 else 0)  # a trainer lies between header and PRG
    return start, start + prg_size + chr_size


def _nes20_size(low: int, high: int, unit: int) -> int:
    if high < 0x0F:
        return int((high << 8 | low) * unit)
    return int(2 ** (low >> 2) * ((low & 3) * 2 + 1))
