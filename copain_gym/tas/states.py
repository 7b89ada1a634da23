"""Game states: savestates that know their game and the inputs that lead to them, and their store.

`copain state` lists, shares and verifies them; an environment begins episodes at one with
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
_LARGEST = 24 << 20  # bytes of a state's content; its inputs have some five bytes an entry
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


@dataclass(frozen=True)
class GameState:
    """A savestate with its story.

    Attributes:
        game: name of the game.
        rom_md5: MD5 of the ROM's content.
        state: the savestate's bytes, for `Emulator.load_state`.
        inputs: what leads to it from power-on.
        ram_sha1: SHA-1 of the 2 KiB of RAM, to verify the inputs with.
        note: what it shows, for people.
        name: its name in the store; empty outside of it.
    """

    game: str
    rom_md5: str
    state: bytes
    inputs: InputLog
    ram_sha1: str
    note: str = ""
    name: str = ""

    def to_bytes(self) -> bytes:
        """The state as the content of a file.

        Raises:
            ValueError: a field is not as `from_bytes` takes it.
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
        check_fields(fields, _FIELDS)
        body = msgpack.packb(fields)
        if len(body) > _LARGEST or len(inputs or ()) >= MAX_LISTS:
            raise ValueError(
                f"the state of {self.game} has {len(body)} bytes and {len(inputs or ())} entries "
                f"of inputs; {_LARGEST} and {MAX_LISTS - 1} are allowed"
            )
        return bytes(_MAGIC + zlib.crc32(body).to_bytes(4, "little") + zlib.compress(body, 1))

    @classmethod
    def from_bytes(cls, data: bytes) -> GameState:
        """Undo `to_bytes`.

        Raises:
            StateError: it is no such file, damaged, or of another version.
        """
        if data[:8] != _MAGIC:
            raise StateError(f"no game state of this package: it begins with {data[:8]!r}")
        try:
            body = inflate(data[12:], _LARGEST)
            if zlib.crc32(body) != int.from_bytes(data[8:12], "little"):
                raise ValueError("wrong checksum")
            fields = unpack(body)
            check_format(fields, _VERSION)
            check_fields(fields, _FIELDS)
            inputs = InputLog.from_plain(fields["inputs"])
            rom_md5, _ = unpack_state(fields["state"])
            if rom_md5 != fields["rom_md5"]:
                raise ValueError(
                    f"it is of the ROM with MD5 {fields['rom_md5']}, the savestate in it "
                    f"of {rom_md5}"
                )
        except ValueError as error:
            raise StateError(f"the game state of {len(data)} bytes is damaged: {error}") from None
        del fields["version"]
        return cls(**{**fields, "inputs": inputs})

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file, whole or not at all.

        Raises:
            FileError: it cannot be written.
            ValueError: see `to_bytes`.
        """
        return write_file(path, self.to_bytes())


def load_state_file(path: str | os.PathLike[str]) -> GameState:
    """Read a game state from a file.

    Raises:
        StateError: it cannot be read, or is none.
    """
    data = read_state_file(path)
    try:
        return GameState.from_bytes(data)
    except StateError as error:
        raise StateError(f"state {path}: {error}") from None


def read_state_file(path: str | os.PathLike[str]) -> bytes:
    """The content of a file that may be a state.

    Raises:
        StateError: it cannot be read, or is larger than a state can be.
    """
    try:
        return read_file(Path(path).expanduser(), _LARGEST)
    except FileError as error:
        raise StateError(f"state {path} cannot be read: {error}") from None


def ram_sha1(emulator: Emulator) -> str:
    """SHA-1 of the RAM as it is now."""
    return hashlib.sha1(emulator.ram.tobytes()).hexdigest()


def verify_state(state: GameState, rom: str | os.PathLike[str], engine: str | None = None) -> bool:
    """Whether the inputs from power-on lead to the state's RAM, in an emulator of its own.

    Raises:
        ValueError: the inputs are not known.
        StateError: it is of another ROM.
    """
    with Emulator(rom, engine=engine) as emulator:
        if emulator.rom.md5 != state.rom_md5:
            raise StateError(
                f"the state is of the ROM with MD5 {state.rom_md5}; {rom} has {emulator.rom.md5}"
            )
        state.inputs.replay(emulator)
        return ram_sha1(emulator) == state.ram_sha1


# ---- the store ---------------------------------------------------------


def states_directory(game: str) -> Path:
    """The folder of a game's named states.

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
        ValueError: its name or that of its game is not allowed, or in use.
        FileError: it cannot be written.
    """
    target = _file(state.game, name)
    if target.exists() and not replace:
        raise ValueError(f"there is a state {name!r} of {state.game} already")
    named = GameState(
        state.game, state.rom_md5, state.state, state.inputs, state.ram_sha1, state.note, name
    )
    named.save(target)
    return named


def find_state(game: str, name: str) -> GameState | None:
    """A game's state of that name, or None.

    Raises:
        StateError: its file is damaged.
    """
    if not is_name(name) or not is_name(game, title=True):
        return None
    file = _file(game, name)
    return load_state_file(file) if file.is_file() else None


def list_states(game: str | None = None) -> list[tuple[str, str, Path]]:
    """Named states: game, name, file.

    Args:
        game: of this game only; None is all games.
    """
    folders = [states_directory(game)] if game else (data_directory() / "states").glob("*")
    files = sorted(file for folder in folders for file in folder.glob(f"*{_SUFFIX}"))
    return [(f.parent.name, f.name.removesuffix(_SUFFIX), f) for f in files]


def remove_state(game: str, name: str) -> None:
    """Remove a named state.

    Raises:
        ValueError: there is none of that name.
    """
    file = _file(game, name)
    if not file.is_file():
        names = ", ".join(n for _, n, _ in list_states(game)) or "none"
        raise ValueError(f"there is no state {name!r} of {game}; states are {names}")
    file.unlink()
