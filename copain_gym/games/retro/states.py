"""Savestates of stable-retro's emulator, FCEUmm, as savestates of FCEUX.

FCEUmm and FCEUX have a common origin. Both save the same console as sections of named fields. A
state is converted by putting its fields into a state that FCEUX saved with the same ROM. This is
exact if both have the same fields, apart from the fields listed here, which the emulated console
does not see. Otherwise the state is refused.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from copain_gym.engines.headless.states import FCEUX_STATE_MAGIC, OWN_FIELDS
from copain_gym.errors import FileError, StateError
from copain_gym.files import read_file
from copain_gym.files.schema import inflate

__all__ = ["convert_state", "state_ram"]

_FCEUMM = b"FCS\xff"
_HEADER = 16
_RAM_SIZE = 0x800
_LARGEST = 16 << 20  # bytes
_NOT_COMPRESSED = 0xFFFFFFFF
_CPU, _CPU_STATE, _PADS, _SOUND, _PICTURE, _NEW_PPU, _BOARD = 1, 2, 4, 5, 8, 31, 16
# Fields that only FCEUX has: copies and counters for its user, and fields of MMC5 sound.
_ONLY_FCEUX = {b"ZBG0", b"ZBG1", b"LAGF", b"LAGC", b"FRAM", b"5HVD", b"5HVS"}
_ONLY_FCEUX |= {name.split(".")[1].encode() for name in OWN_FIELDS}  # of the headless engine
_ONLY_FCEUMM = {b"5VDM", b"5VSP", b"BUSC"}  # BUSC: whether the board has bus conflicts

Fields = dict[bytes, bytes]


def convert_state(data: bytes, template: bytes, what: str = "the state") -> bytes:
    """Convert a state of stable-retro to FCEUX's format.

    Args:
        data: the content of a `.state` file.
        template: a state in FCEUX's own format, of the same ROM.
        what: name of the state in messages.

    Raises:
        StateError: the state is damaged, or it cannot be converted exactly.
    """
    found = _read_fceumm(data, what)
    _, version, packed = struct.unpack("<III", template[4:_HEADER])
    if template[:4] != FCEUX_STATE_MAGIC:
        raise StateError(f"the template begins with {template[:4]!r}, not {FCEUX_STATE_MAGIC!r}")
    body = template[_HEADER:]
    if packed != _NOT_COMPRESSED:
        body = zlib.decompress(body)
    # FCEUX keeps a second copy of the CPU's flags, so that an IRQ sees a change of them late.
    found.get(_CPU_STATE, {})[b"MooP"] = found.get(_CPU, {}).get(b"P\0\0\0", b"")
    out = bytearray()
    for kind, content in _sections(body):
        if kind not in (_PICTURE, _NEW_PPU):  # the last picture, and the state of the new PPU
            content = _replace(kind, content, found.pop(kind, {}), what)
        out += struct.pack("<BI", kind, len(content)) + content
    if found:
        raise StateError(f"{what} has sections that FCEUX does not have: {sorted(found)}")
    return FCEUX_STATE_MAGIC + struct.pack("<III", len(out), version, _NOT_COMPRESSED) + bytes(out)


def state_ram(data: bytes, what: str = "the state") -> bytes:
    """The 2 KiB of RAM in a state of stable-retro.

    Raises:
        StateError: the state is damaged.
    """
    try:
        ram = _read_fceumm(data, what)[_CPU][b"RAM\0"]
    except KeyError:
        raise StateError(f"{what} has no RAM") from None
    if len(ram) != _RAM_SIZE:
        raise StateError(f"{what} has {len(ram)} bytes of RAM; the console has {_RAM_SIZE}")
    return ram


def read_ram(file: Path) -> bytes:
    """The RAM in a `.state` file.

    Raises:
        StateError: the file cannot be read, or it is damaged.
    """
    try:
        data = read_file(file, _LARGEST)
    except FileError as error:
        raise StateError(f"{file} cannot be read: {error}") from None
    return state_ram(data, str(file))


def _read_fceumm(data: bytes, what: str) -> dict[int, Fields]:
    if data[:2] == b"\x1f\x8b":
        try:
            data = inflate(data, _LARGEST, gzip=True)
        except ValueError as error:
            raise StateError(f"{what} is damaged: {error}") from None
    if data[:4] != _FCEUMM:
        raise StateError(f"{what} is not a state of FCEUmm: it begins with {data[:4]!r}")
    try:
        (length,) = struct.unpack("<I", data[4:8])
        if len(data) < _HEADER + length:
            raise struct.error
        return {
            kind: dict(_fields(content))
            for kind, content in _sections(data[_HEADER : _HEADER + length])
        }
    except struct.error:
        raise StateError(f"{what} is damaged: it is cut off") from None


def _sections(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(body):
        kind, length = struct.unpack_from("<BI", body, at)
        if at + 5 + length > len(body):
            raise struct.error
        yield kind, body[at + 5 : at + 5 + length]
        at += 5 + length


def _fields(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(content):
        name, length = struct.unpack_from("<4sI", content, at)
        if at + 8 + length > len(content):
            raise struct.error
        yield name, content[at + 8 : at + 8 + length]
        at += 8 + length


def _replace(kind: int, content: bytes, new: Fields, what: str) -> bytes:
    out = bytearray()
    for name, old in _fields(content):
        value = new.pop(name, None)
        if value is None and name in _ONLY_FCEUX:
            value = old
        if value is None:
            raise StateError(f"{what} lacks the field {name!r} of section {kind}")
        if len(value) != len(old):
            raise StateError(
                f"{what} has {len(value)} bytes in the field {name!r}; FCEUX has {len(old)}"
            )
        out += struct.pack("<4sI", name, len(value)) + value
    left = set(new) - _ONLY_FCEUMM
    if left:
        raise StateError(f"{what} has fields that FCEUX does not have: {sorted(left)}")
    return bytes(out)
