"""`GameState`: a savestate with its game and the inputs that lead to it; the store of them.

`copain state` lists, shares and verifies game states. An environment begins episodes at one with
`state="NAME"`.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgpack

from copain_gym.bridge.savestate import unpack_state
from copain_gym.emulator import Emulator
from copain_gym.errors import StateError
from copain_gym.paths import data_directory
from copain_gym.tas.inputs import InputLog

__all__ = [
    "GameState",
    "find_state",
    "list_states",
    "load_state_file",
    "remove_state",
    "states_directory",
    "store_state",
    "verify_state",
]

_MAGIC = b"COPAINGS"
_VERSION = 1
_SUFFIX = ".state"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class GameState:
    """A savestate with its game and the inputs that lead to it.

    Attributes:
        game: name of the game.
        rom_md5: MD5 of the ROM's content.
        state: bytes of the savestate, for `Emulator.load_state`.
        inputs: the inputs that lead to it from power-on.
        ram_sha1: SHA-1 of the 2 KiB of RAM, to verify the inputs with.
        note: a description for people.
        name: name in the store; empty outside the store.
    """

    game: str
    rom_md5: str
    state: bytes
    inputs: InputLog
    ram_sha1: str
    note: str = ""
    name: str = ""

    def to_bytes(self) -> bytes:
        """Return the content of a game state file."""
        body = msgpack.packb(
            {
                "version": _VERSION,
                "game": self.game,
                "rom_md5": self.rom_md5,
                "state": self.state,
                "inputs": self.inputs.to_plain(),
                "ram_sha1": self.ram_sha1,
                "note": self.note,
                "name": self.name,
            }
        )
        return bytes(_MAGIC + zlib.crc32(body).to_bytes(4, "little") + zlib.compress(body, 1))

    @classmethod
    def from_bytes(cls, data: bytes) -> GameState:
        """Read the content of a game state file.

        Raises:
            StateError: the data is not a game state, is damaged, or has another version.
        """
        if data[:8] != _MAGIC:
            raise StateError(
                f"this is not a game state: it begins with {data[:8]!r}, not with {_MAGIC!r}"
            )
        try:
            body = zlib.decompress(data[12:])
        except zlib.error as error:
            raise StateError(f"the game state of {len(data)} bytes is damaged: {error}") from None
        if zlib.crc32(body) != int.from_bytes(data[8:12], "little"):
            raise StateError(f"the game state of {len(data)} bytes is damaged: wrong checksum")
        fields = msgpack.unpackb(body)
        if fields.pop("version") != _VERSION:
            raise StateError(f"the game state has another format version; allowed is {_VERSION}")
        unpack_state(fields["state"])  # checks it
        return cls(**{**fields, "inputs": InputLog.from_plain(fields["inputs"])})

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the game state to a file and return its path."""
        target = Path(path).expanduser()
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
            part.write(self.to_bytes())
        return Path(part.name).replace(target)


def load_state_file(path: str | os.PathLike[str]) -> GameState:
    """Read a game state from a file.

    Raises:
        StateError: the file cannot be read or is not a game state.
    """
    try:
        data = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise StateError(f"state {path} cannot be read: {error.strerror}") from None
    try:
        return GameState.from_bytes(data)
    except StateError as error:
        raise StateError(f"state {path}: {error}") from None


def ram_sha1(emulator: Emulator) -> str:
    """Return the SHA-1 of the emulator's current RAM, in hexadecimal."""
    return hashlib.sha1(emulator.ram.tobytes()).hexdigest()


def verify_state(state: GameState, rom: str | os.PathLike[str], engine: str | None = None) -> bool:
    """Replay the inputs from power-on in a new emulator; whether they lead to the same RAM.

    Raises:
        ValueError: the inputs are not known.
        StateError: the game state belongs to another ROM.
    """
    with Emulator(rom, engine=engine) as emulator:
        if emulator.rom.md5 != state.rom_md5:
            raise StateError(
                f"the game state belongs to the ROM with MD5 {state.rom_md5}; {rom} has the MD5 "
                f"{emulator.rom.md5}"
            )
        state.inputs.replay(emulator)
        return ram_sha1(emulator) == state.ram_sha1


# ---- the store ---------------------------------------------------------


def states_directory(game: str) -> Path:
    """Return the folder of a game's named game states."""
    return data_directory() / "states" / game


def check_name(name: str) -> str:
    """Check the name of a game state and return it.

    Raises:
        ValueError: the name is not allowed.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"state name {name!r} is not allowed; allowed are letters, digits, '.', '_' and '-', "
            f"a letter or digit first"
        )
    return name


def store_state(state: GameState, name: str, *, replace: bool = False) -> GameState:
    """Store a game state under a name.

    Args:
        state: the game state.
        name: letters, digits, `.`, `_` and `-`; a letter or digit first.
        replace: whether a game state of that name may be replaced.

    Returns:
        The game state with its name.

    Raises:
        ValueError: the name is not allowed, or in use.
    """
    folder = states_directory(state.game)
    target = folder / f"{check_name(name)}{_SUFFIX}"
    if target.exists() and not replace:
        raise ValueError(f"{state.game} has a state {name!r} already")
    folder.mkdir(parents=True, exist_ok=True)
    named = GameState(
        state.game, state.rom_md5, state.state, state.inputs, state.ram_sha1, state.note, name
    )
    named.save(target)
    return named


def find_state(game: str, name: str) -> GameState | None:
    """Return a game's state of that name, or None.

    Raises:
        StateError: its file is damaged.
    """
    if not _NAME.fullmatch(name):
        return None
    file = states_directory(game) / f"{name}{_SUFFIX}"
    return load_state_file(file) if file.is_file() else None


def list_states(game: str | None = None) -> list[tuple[str, str, Path]]:
    """List the named game states as (game, name, file).

    Args:
        game: list only those of this game; None lists all.
    """
    root = data_directory() / "states"
    files = sorted(root.glob(f"{game or '*'}/*{_SUFFIX}"))
    return [(f.parent.name, f.name.removesuffix(_SUFFIX), f) for f in files]


def remove_state(game: str, name: str) -> None:
    """Remove a named game state.

    Raises:
        ValueError: the game has no state of that name.
    """
    file = states_directory(game) / f"{check_name(name)}{_SUFFIX}"
    if not file.is_file():
        names = ", ".join(n for _, n, _ in list_states(game)) or "none"
        raise ValueError(f"{game} has no state {name!r}; its states are {names}")
    file.unlink()
