"""FM2 movies, FCEUX's format: reading and writing the inputs from power-on."""

from __future__ import annotations

import base64
import uuid
from pathlib import Path

from copain_gym.errors import CopainError
from copain_gym.files import write_file
from copain_gym.roms.rom import read_rom
from copain_gym.roms.store import rom_region
from copain_gym.tas.inputs import Hold, InputLog

__all__ = ["read_movie", "write_movie"]

# An FM2 line has the buttons of a pad as RLDUTSBA; a mask has A in bit 0, right in bit 7.
_LETTERS = "RLDUTSBA"


def write_movie(path: Path, inputs: InputLog, rom: Path, author: str = "copain-gym") -> Path:
    """Write the inputs from power-on as a movie that any FCEUX can replay.

    Args:
        path: the movie file, `.fm2`.
        inputs: inputs of one or two pads.
        rom: the ROM file.
        author: name of the author in the file.

    Returns:
        `path`.

    Raises:
        CopainError: the inputs from power-on are not known, or they contain pokes.
        FileError: the file cannot be written.
    """
    if not inputs.pure:
        raise CopainError(
            "a movie needs inputs from power-on that are buttons only; begin the episode at `start`"
        )
    content = read_rom(rom)
    lines = [
        "version 3",
        "emuVersion 20605",
        "rerecordCount 0",
        f"palFlag {int(rom_region(content) == 'PAL')}",
        f"romFilename {rom.stem}",
        f"romChecksum base64:{base64.b64encode(bytes.fromhex(content.md5)).decode()}",
        f"guid {str(uuid.uuid4()).upper()}",
        "fourscore 0",
        "microphone 0",
        "port0 1",
        "port1 1",
        "port2 0",
        "FDS 0",
        "NewPPU 0",
        "RAMInitOption 0",
        "RAMInitSeed 0",
        f"comment author {author}",
    ]
    for entry in inputs:
        assert isinstance(entry, Hold)
        first, second, *_ = (*entry.pads, 0, 0)
        lines += [f"|0|{_buttons(first)}|{_buttons(second)}||"] * entry.frames
    return write_file(path, "\n".join(lines) + "\n")


def _buttons(mask: int) -> str:
    return "".join(letter if mask >> (7 - k) & 1 else "." for k, letter in enumerate(_LETTERS))


def read_movie(path: Path) -> InputLog:
    """Read the inputs of a movie that begins at power-on.

    Raises:
        CopainError: the file is not an FM2 movie, or it begins at a savestate, or it contains
            commands or controllers other than pads.
    """
    log = InputLog()
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CopainError(f"the movie {path} cannot be read: {error}") from error
    lines = text.splitlines()
    if not lines or lines[0].strip() != "version 3":
        raise CopainError(f"{path} is not an FM2 movie: its first line is not `version 3`")
    for number, line in enumerate(lines, 1):
        if line.startswith(("savestate ", "saveram ", "binary 1", "fourscore 1", "FDS 1")):
            raise CopainError(f"{path}:{number}: {line.split()[0]} is not supported")
        if not line.startswith("|"):
            continue
        fields = line.split("|")
        if len(fields) < 4 or fields[1] != "0":
            raise CopainError(f"{path}:{number}: only buttons of pads are supported, not {line!r}")
        log.hold([_mask(field) for field in fields[2:4]], 1)
    return log


def _mask(field: str) -> int:
    return sum(1 << (7 - k) for k, letter in enumerate(field[:8]) if letter not in ". ")
