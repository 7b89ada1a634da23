"""Savestates: handles to states inside an emulator, and their bytes."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgpack

from copain_gym.bridge.history import NO_INPUTS, History, Past
from copain_gym.bridge.replies import is_handle
from copain_gym.errors import EmulatorClosed, StateError
from copain_gym.files.schema import check_fields, check_format, hexadecimal, inflate, unpack

if TYPE_CHECKING:
    from copain_gym.bridge.client import Client

__all__ = ["SAVESTATE_MAGIC", "SaveState", "StateTable", "pack_state", "unpack_state"]

SAVESTATE_MAGIC = b"COPAINSS"
"""The first bytes of every exported savestate."""

_VERSION = 1
_LARGEST = 16 << 20  # bytes of a state; most have a few hundred thousand
_is_md5 = hexadecimal(32)


def _is_state(value: object) -> bool:
    return type(value) is bytes and len(value) <= _LARGEST


class SaveState:
    """A state of the whole machine, kept inside the emulator that saved it.

    `Emulator.save_state` makes it. The emulator frees the state after this object is deleted.

    Attributes:
        rom_md5: MD5 of the content of the ROM that it belongs to.
        has_picture: whether it holds the picture of its frame; False if that was not drawn.
        handle: the state's number in requests; after this object is deleted, it is valid only
            until the next save.
        past: the inputs that lead to it. Its bytes do not hold them.
    """

    def __init__(
        self,
        states: StateTable,
        handle: int,
        rom_md5: str,
        *,
        has_picture: bool = True,
        past: Past | None = None,
    ) -> None:
        self.rom_md5 = rom_md5
        self.has_picture = has_picture
        self.past = past or Past(unknown=NO_INPUTS)
        self._states = states
        self.handle = handle

    def to_bytes(self) -> bytes:
        """The state as bytes, which any emulator with the same ROM can load, of either engine.

        Raises:
            EmulatorClosed: the emulator that holds the state was closed.
        """
        return self._states.to_bytes(self)

    def __bytes__(self) -> bytes:
        return self.to_bytes()

    def __del__(self) -> None:
        self._states.discard(self.handle)


class StateTable:
    """The states of one emulator, by handle.

    Args:
        client: connection to the emulator.
        rom_md5: MD5 of the content of its ROM.
        history: what it has played.
    """

    def __init__(self, client: Client, rom_md5: str, history: History) -> None:
        self._client = client
        self.history = history
        self._rom_md5 = rom_md5
        # The garbage collector may add handles at any time, even during a request. So handles are
        # only collected here, and freed later.
        self._garbage: deque[int] = deque()

    def discard(self, handle: int) -> None:
        """Mark a handle as unused; `free_garbage` frees its state later."""
        self._garbage.append(handle)

    def discard_all(self, handles: Iterable[int]) -> None:
        """See `discard`."""
        self._garbage.extend(handles)

    def take_garbage(self) -> list[int]:
        """The handles of states to free, for a request that frees them, too."""
        return [self._garbage.popleft() for _ in range(len(self._garbage))]

    def make(self, handle: int, past: Past, *, drawn: bool) -> SaveState:
        """Make the `SaveState` of a handle that the emulator sent."""
        return SaveState(self, handle, self._rom_md5, has_picture=drawn, past=past)

    def save(self, *, drawn: bool) -> SaveState:
        """Save the machine's current state; `drawn` says whether the last frame was drawn."""
        self.free_garbage()
        return self.adopt(self._client.ask(is_handle, "state_save"), drawn=drawn)

    def adopt(self, handle: int, *, drawn: bool) -> SaveState:
        """Make the `SaveState` of the current state from the handle that the emulator sent."""
        past = Past(unknown=NO_INPUTS) if self._client.in_callback else self.history.past()
        return self.make(handle, past, drawn=drawn)

    def import_state(self, state: SaveState | bytes) -> SaveState:
        """Return a state inside this emulator; states of others and bytes are copied in.

        Raises:
            StateError: the state is damaged or of another ROM.
        """
        if isinstance(state, SaveState):
            if state._states is self:
                return state
            self._check_rom(state.rom_md5)
            copied = self.from_bytes(state.to_bytes())
            copied.past = state.past
            return copied
        elif not isinstance(state, (bytes, bytearray, memoryview)):
            raise TypeError(f"a savestate is a SaveState or bytes, not {type(state).__name__}")
        return self.from_bytes(bytes(state))

    def load(self, state: SaveState) -> None:
        """Load a state of this emulator."""
        self._client.request("state_load", state.handle)
        self.history.load(state.past)

    def to_bytes(self, state: SaveState) -> bytes:
        """See `SaveState.to_bytes`."""
        if self._client.closed:
            raise EmulatorClosed("the emulator that holds this savestate is closed")
        data = self._client.ask(_is_state, "state_bytes", state.handle)
        return pack_state(data, state.rom_md5, has_picture=state.has_picture)

    def from_bytes(self, packed: bytes) -> SaveState:
        """Copy a state's bytes into the emulator."""
        rom_md5, data, has_picture = _unpack(packed)
        self._check_rom(rom_md5)
        self.free_garbage()
        handle = self._client.ask(is_handle, "state_from_bytes", data, zlib.crc32(data))
        return SaveState(self, handle, self._rom_md5, has_picture=has_picture)

    def _check_rom(self, rom_md5: str) -> None:
        if rom_md5 != self._rom_md5:
            raise StateError(
                f"the savestate is of the ROM with MD5 {rom_md5}; "
                f"the emulator runs the one with MD5 {self._rom_md5}"
            )

    def rom_changed(self, rom_md5: str) -> None:
        """Set the ROM of later states, as another ROM runs now."""
        self._rom_md5 = rom_md5

    def free_garbage(self, at_least: int = 1) -> None:
        """Free the emulator's states whose objects were deleted.

        Args:
            at_least: send a request only if there are at least this many.
        """
        if len(self._garbage) >= at_least:
            handles = [self._garbage.popleft() for _ in range(len(self._garbage))]
            self._client.request("state_free", *handles[:4000])
            self._garbage.extend(handles[4000:])


def pack_state(data: bytes, rom_md5: str, *, has_picture: bool = True) -> bytes:
    """Wrap an FCEUX state so that loading can detect damage or another ROM.

    Args:
        data: a state in FCEUX's own format.
        rom_md5: MD5 of the ROM's content.
        has_picture: see `SaveState`.
    """
    fields = {"version": _VERSION, "rom_md5": rom_md5, "fcs": zlib.compress(data, 1)}
    if not has_picture:
        fields["picture"] = False
    body = msgpack.packb(fields)
    return bytes(SAVESTATE_MAGIC + zlib.crc32(body).to_bytes(4, "little") + body)


def unpack_state(packed: bytes) -> tuple[str, bytes]:
    """Undo `pack_state`.

    Returns:
        MD5 of the ROM's content, and the state in FCEUX's own format.

    Raises:
        StateError: the bytes are not such a state, or are damaged.

    Examples:
        >>> unpack_state(pack_state(b"FCSX...", "0" * 32))[1]
        b'FCSX...'
    """
    return _unpack(packed)[:2]


def _unpack(packed: bytes) -> tuple[str, bytes, bool]:
    """MD5 of the ROM, the state, and whether it has a picture."""
    packed = bytes(packed)
    if packed[:8] != SAVESTATE_MAGIC:
        raise StateError(f"not a savestate of this package: it begins with {packed[:8]!r}")
    body = packed[12:]
    if zlib.crc32(body) != int.from_bytes(packed[8:12], "little"):
        raise StateError(f"the savestate of {len(packed)} bytes is damaged: wrong checksum")
    try:
        fields = unpack(body)
        check_format(fields, _VERSION)
        check_fields(
            fields,
            {
                "version": lambda value: type(value) is int,
                "rom_md5": lambda value: value == "" or _is_md5(value),
                "fcs": lambda value: isinstance(value, bytes),
            },
            picture=lambda value: isinstance(value, bool),
        )
        data = inflate(fields["fcs"], _LARGEST)
    except ValueError as error:
        raise StateError(f"the savestate of {len(packed)} bytes is damaged: {error}") from None
    return fields["rom_md5"], data, fields.get("picture", True)
