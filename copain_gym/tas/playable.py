"""Whether a movie can be played as it was recorded; a movie that cannot is refused by its key."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from copain_gym.engines.firmware import require_firmware
from copain_gym.engines.headless.states import FCEUX_STATE_MAGIC
from copain_gym.errors import MovieError, RomError
from copain_gym.files.schema import inflate
from copain_gym.games.variables import RAM_SIZE
from copain_gym.roms.contents import Region
from copain_gym.roms.rom import Rom
from copain_gym.roms.store import rom_region
from copain_gym.tas.movie import COMMANDS, Movie

__all__ = ["check_playable", "doubts", "region_of"]

_KNOWN_COMMANDS = sum(COMMANDS.values())
_RANDOM = 3  # RAMInitOption
_STATE_HEADER = 16
_NOT_PACKED = 0xFFFFFFFF
_LARGEST_STATE = 64 << 20  # bytes, unpacked
_CPU = 1  # the chunk with the RAM
_WITHOUT_FIELDS = (7, 8)  # chunks: the movie and the picture


def region_of(movie: Movie) -> Region:
    """The region in which a movie is played."""
    return "PAL" if movie.region == "PAL" else "NTSC"


def check_playable(movie: Movie, rom: Rom) -> None:
    """Check that FCEUX can play a movie as it was recorded.

    Args:
        movie: the movie.
        rom: the ROM that it will be played with.

    Raises:
        MovieError: it cannot; the message names the key of the movie.
    """
    error = movie.header.error
    if movie.rom_md5 is not None:
        movie.check_rom(rom)
    if not movie.frames:
        raise MovieError("the movie has no frames, so there is nothing to play")
    for key, device in (("port0", 0), ("port1", 1)):
        if device < len(movie.ports) and movie.ports[device] in movie.unrecorded:
            raise error(key, f"{movie.ports[device]}: FCEUX writes no inputs of it into movies")
    if movie.expansion in movie.unrecorded:
        raise error("port2", f"{movie.expansion}: FCEUX writes no inputs of it into movies")
    option = movie.ram_init.option
    if option not in range(4):
        raise error("RAMInitOption", f"{option} is unknown; FCEUX knows 0 to 3")
    if movie.fds != (rom.kind == "FDS"):
        raise error("FDS", f"is {int(movie.fds)}, and {rom.path} is an {rom.kind} file")
    if movie.fds:
        try:
            require_firmware("disksys.rom", "the movie (FDS 1)")
        except RomError as missing:
            raise MovieError(str(missing)) from None
    unknown = movie.commands & (0xFF ^ _KNOWN_COMMANDS)
    if unknown.any():
        frame = int(unknown.argmax()) + 1
        raise MovieError(
            f"frame {frame} has the command {int(movie.commands[frame - 1])}; FCEUX knows "
            f"{', '.join(f'{bit} ({name})' for name, bit in COMMANDS.items())} and their sums"
        )
    try:
        rom_region(rom, region_of(movie))
    except RomError as refused:
        raise error("palFlag", str(refused)) from None
    if movie.state is not None:
        wrong = _wrong_state(movie.state)
        if wrong:
            raise error("savestate", wrong)


def _wrong_state(state: bytes) -> str:
    """What is wrong with a savestate; FCEUX itself reads a damaged one blindly."""
    if state[:4] != FCEUX_STATE_MAGIC or len(state) < _STATE_HEADER:
        return "is no savestate of FCEUX 2: it does not begin with FCSX"
    total, packed = (int.from_bytes(state[at : at + 4], "little") for at in (4, 12))
    stored = total if packed == _NOT_PACKED else packed
    if len(state) - _STATE_HEADER != stored:
        return f"has {len(state) - _STATE_HEADER} bytes, not the {stored} that it says"
    content = state[_STATE_HEADER:]
    if packed != _NOT_PACKED:
        try:
            content = inflate(content, _LARGEST_STATE)
        except ValueError as error:
            return f"cannot be unpacked: {error}"
        if len(content) != total:
            return f"unpacks to {len(content)} bytes, not to the {total} that it says"
    return _wrong_chunks(content)


def _wrong_chunks(content: bytes) -> str:
    """What is wrong with the chunks of a savestate: their sizes, and those of the fields in them.

    A chunk is a type byte, a size and data; a field is a name of four bytes, a size and a value.
    """
    has_ram = False
    for kind, data in _parts(content, "<BI"):
        if data is None:
            return f"is damaged: it ends within chunk {kind}"
        if kind in _WITHOUT_FIELDS:
            continue
        for name, value in _parts(data, "<4sI"):
            if value is None:
                return f"is damaged: a field of chunk {kind} is longer than the chunk"
            has_ram = has_ram or (kind == _CPU and name[:3] == b"RAM" and len(value) == RAM_SIZE)
    return "" if has_ram else "holds no RAM"


def _parts(data: bytes, head: str) -> Iterator[tuple[Any, bytes | None]]:
    """The parts of some data: name and content; None as the content of one that is cut off."""
    at, size = 0, struct.calcsize(head)
    while at < len(data):
        if len(data) - at < size:
            yield None, None
            return
        name, length = struct.unpack_from(head, data, at)
        at += size
        if length > len(data) - at:
            yield name, None
            return
        yield name, data[at : at + length]
        at += length


def doubts(movie: Movie, rom: Rom) -> list[str]:
    """What may make a movie play differently elsewhere, a sentence each; usually nothing."""
    found = []
    if movie.rom_md5 is None:
        found.append("the movie does not name its ROM (romChecksum)")
    region = rom_region(rom)
    if region != movie.region:
        found.append(
            f"the movie is for {movie.region} (palFlag {int(movie.region == 'PAL')}), and the ROM "
            f"is for {region}"
        )
    if movie.ram_init.option == _RANDOM:
        found.append(
            "memory on the cartridge begins with random bytes that the movie does not hold "
            "(RAMInitOption 3)"
        )
    return found
