"""Reads the fields of FCEUX's savestates."""

from __future__ import annotations

import struct

__all__ = ["FCEUX_STATE_MAGIC", "INCOMPLETE", "OWN_FIELDS", "read_fields"]

FCEUX_STATE_MAGIC = b"FCSX"
"""The first bytes of a savestate in FCEUX's own format."""

_CHUNKS = {
    1: "CPU",
    2: "CPU",
    3: "PPU",
    4: "input",
    5: "sound",
    6: "movie",
    16: "board",
    31: "new PPU",
}
_MOVIE, _PICTURE = 7, 8

INCOMPLETE = frozenset({14, 112, 157, 235, 245})
"""Mappers whose savestates lack something, in FCEUX as in the headless engine: a load changes how a
program goes on. `make torture` finds them."""

OWN_FIELDS = frozenset(
    {"sound.5BUF", "sound.5PER", "sound.SWRL", "sound.E0RD", "sound.E1RD", "sound.E2RD"}
) | {
    "PPU.SPHX",
    "PPU.SPHD",
}
"""Fields that only the headless engine writes."""

# FCEUX saves the VRC7's twelve sound slots as raw memory, each with a pointer in it.
_ADDRESSES = {"board.VRC7": range(0xF8, 0xF8 + 12 * 136, 136)}
_ADDRESS_SIZE = 8


def read_fields(state: bytes) -> dict[str, bytes]:
    """The fields of an uncompressed savestate by name, such as `CPU.RAM`; without the picture.

    FCEUX saves memory pointers of its process for one board; they are set to zero.

    Raises:
        ValueError: the state is not an uncompressed FCEUX savestate.
    """
    if state[:4] != FCEUX_STATE_MAGIC or state[12:16] != b"\xff\xff\xff\xff":
        raise ValueError("not an uncompressed savestate of FCEUX")
    fields: dict[str, bytes] = {}
    at = 16
    while at < len(state):
        chunk, size = struct.unpack_from("<BI", state, at)
        at += 5
        end = at + size
        while chunk not in (_MOVIE, _PICTURE) and at < end:
            name, length = struct.unpack_from("<4sI", state, at)
            short = name.split(b"\0")[0].decode("latin-1")  # what follows a zero is arbitrary
            key = f"{_CHUNKS.get(chunk, chunk)}.{short}"
            fields[key] = state[at + 8 : at + 8 + length]
            at += 8 + length
        at = end
    for key, offsets in _ADDRESSES.items():
        if key in fields:
            value = bytearray(fields[key])
            for offset in offsets:
                value[offset : offset + _ADDRESS_SIZE] = bytes(_ADDRESS_SIZE)
            fields[key] = bytes(value)
    return fields
