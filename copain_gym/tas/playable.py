"""Whether a movie can be played as it was recorded; a movie that cannot is refused by its key."""

from __future__ import annotations

from copain_gym.engines.firmware import require_firmware
from copain_gym.errors import MovieError, RomError
from copain_gym.roms.contents import Region
from copain_gym.roms.rom import Rom
from copain_gym.roms.store import rom_region
from copain_gym.tas.movie import COMMANDS, Movie

__all__ = ["check_playable", "doubts", "region_of"]

_KNOWN_COMMANDS = sum(COMMANDS.values())
_RANDOM = 3  # RAMInitOption
_STATE_MAGIC = b"FCSX"
_STATE_HEADER = 16


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
    """What is wrong with the frame of a savestate; FCEUX itself reads such a state blindly."""
    if state[:4] != _STATE_MAGIC or len(state) < _STATE_HEADER:
        return "is no savestate of FCEUX 2: it does not begin with FCSX"
    total, packed = (int.from_bytes(state[at : at + 4], "little") for at in (4, 12))
    stored = total if packed == 0xFFFFFFFF else packed
    if len(state) - _STATE_HEADER != stored:
        return f"has {len(state) - _STATE_HEADER} bytes, not the {stored} that it says"
    return ""


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
