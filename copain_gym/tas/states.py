"""`GameState`: a savestate with its game and the inputs that lead to it; the store of them.

`copain state` lists, shares and verifies game states. An environment begins episodes at one with
`state="NAME"`.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgpack

from copain_gym.bridge.savestate import unpack_state
from copain_gym.emulator import Emulator
from copain_gym.errors import FileError, StateError
from copain_gym.files import check_name, is_name, read_file, write_file
from copain_gym.files.schema import (
    MAX_LISTS,
    check_fields,
    check_format,
    hexadecimal,
    inflate,
    text,
    unpack,
)
from copain_gym.paths import data_directory, expand_user
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
_LARGEST = 24 << 20  # bytes of the content; the inputs have about five bytes per entry
_LONGEST_NOTE = 10_000  # characters
_FIELDS = {
    "version": lambda value: type(value) is int,
    "game": lambda value: is_name(value, title=True),
    "rom_md5": hexadecimal(32),
    "state": lambda value: isinstance(value, bytes),
    "inputs": lambda value: value is None or isinstance(value, list),
    "ram_sha1": hexadecimal(40),
    "note": text(_LONGEST_NOTE),
    "name": lambda value: value == "" or is_name(value),
}


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 31


@dataclass(frozen=True)
class GameState:
    """A savestate with its game and the inputs that lead to it.

    Attributes:
        game: name of the game.
        rom_md5: MD5 of the ROM's content.
        state: bytes of the savestate, for `Emulator.load_state`.
        inputs: the inputs that lead to it from power-on, with the number of rerecords.
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
        """Return the content of a game state file.

        Raises:
            ValueError: a field has a value that `from_bytes` does not allow.
        """
        inputs = self.inputs.to_plain()
        fields = {
            "version": _VERSION,
            "game": self.game,
            "rom_md5": self.rom_md5,
            "state": self.state,
            "inputs": inputs,
            "ram_sha1": self.ram_sha1,
            "note": self.note,
            "name": self.name,
        }
        if self.inputs.rerecords:
            fields["rerecords"] = self.inputs.rerecords
        check_fields(fields, _FIELDS, rerecords=_is_count)
        body = msgpack.packb(fields)
        if len(body) > _LARGEST or len(inputs or ()) >= MAX_LISTS:
            raise ValueError(
                f"the state of {self.game} has {len(body)} bytes and {len(inputs or ())} entries "
                f"of inputs; {_LARGEST} and {MAX_LISTS - 1} are allowed"
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
            body = inflate(data[12:], _LARGEST)
            if zlib.crc32(body) != int.from_bytes(data[8:12], "little"):
                raise ValueError("wrong checksum")
            fields = unpack(body)
            check_format(fields, _VERSION)
            check_fields(fields, _FIELDS, rerecords=_is_count)
            inputs = InputLog.from_plain(fields["inputs"])
            inputs.rerecords = fields.pop("rerecords", 0)
            rom_md5, _ = unpack_state(fields["state"])
            if rom_md5 != fields["rom_md5"]:
                raise ValueError(
                    f"it belongs to the ROM with MD5 {fields['rom_md5']}, but the savestate in it "
                    f"belongs to {rom_md5}"
                )
        except ValueError as error:
            raise StateError(f"the game state of {len(data)} bytes is damaged: {error}") from None
        del fields["version"]
        return cls(**{**fields, "inputs": inputs})

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the game state to a file, completely or not at all; return its path.

        Raises:
            FileError: the file cannot be written.
            ValueError: see `to_bytes`.
        """
        return write_file(path, self.to_bytes())


def load_state_file(path: str | os.PathLike[str]) -> GameState:
    """Read a game state from a file.

    Raises:
        StateError: the file cannot be read or is not a game state.
    """
    data = read_state_file(path)
    try:
        return GameState.from_bytes(data)
    except StateError as error:
        raise StateError(f"state {path}: {error}") from None


def read_state_file(path: str | os.PathLike[str]) -> bytes:
    """Read the content of a file that may be a game state or a savestate.

    Raises:
        StateError: the file cannot be read, or it is larger than a game state can be.
    """
    try:
        return read_file(expand_user(path), _LARGEST)
    except FileError as error:
        raise StateError(f"state {path} cannot be read: {error}") from None


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
    """Return the folder of a game's named game states.

    Raises:
        ValueError: the game's name is not allowed.
    """
    return data_directory() / "states" / check_name("the game's name", game, title=True)


def _file(game: str, name: str) -> Path:
    return states_directory(game) / f"{check_name('the state name', name)}{_SUFFIX}"


def store_state(state: GameState, name: str, *, replace: bool = False) -> GameState:
    """Keep a state under a name.

    Args:
        state: the state.
        name: letters, digits, `.`, `_` and `-`; a letter or digit first.
        replace: whether a state of that name may be replaced.

    Raises:
        ValueError: its name or the name of its game is not allowed, or its name is in use.
        FileError: the file cannot be written.
    """
    target = _file(state.game, name)
    if target.exists() and not replace:
        raise ValueError(f"{state.game} has a state {name!r} already")
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
    if not is_name(name) or not is_name(game, title=True):
        return None
    file = _file(game, name)
    return load_state_file(file) if file.is_file() else None


def list_states(game: str | None = None) -> list[tuple[str, str, Path]]:
    """List the named game states as (game, name, file).

    Args:
        game: list only those of this game; None lists all.
    """
    folders = [states_directory(game)] if game else (data_directory() / "states").glob("*")
    files = sorted(file for folder in folders for file in folder.glob(f"*{_SUFFIX}"))
    return [(f.parent.name, f.name.removesuffix(_SUFFIX), f) for f in files]


def remove_state(game: str, name: str) -> None:
    """Remove a named game state.

    Raises:
        ValueError: the game has no state of that name.
    """
    file = _file(game, name)
    if not file.is_file():
        names = ", ".join(n for _, n, _ in list_states(game)) or "none"
        raise ValueError(f"{game} has no state {name!r}; its states are {names}")
    file.unlink()
