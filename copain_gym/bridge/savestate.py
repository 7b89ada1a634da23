"""Savestates: handles to states inside an emulator, and their bytes."""

from __future__ import annotations

import zlib
from collections import deque
from typing import TYPE_CHECKING

import msgpack

from copain_gym.bridge.replies import is_handle
from copain_gym.errors import EmulatorClosed, StateError
from copain_gym.files.schema import check_fields, check_format, hexadecimal, inflate, unpack

if TYPE_CHECKING:
    from copain_gym.bridge.client import Client

__all__ = ["SAVESTATE_MAGIC", "SaveState", "StateTable", "pack_state", "unpack_state"]

SAVESTATE_MAGIC = b"COPAINSS"
"""What a savestate as bytes begins with."""

_VERSION = 1
_LARGEST = 16 << 20  # bytes of a state; those of cartridges have some hundred thousand
_is_md5 = hexadecimal(32)


def _is_state(value: object) -> bool:
    return type(value) is bytes and len(value) <= _LARGEST


class SaveState:
    """A state of the whole machine, kept inside the emulator that saved it.

    Made by `Emulator.save_state`. It is freed there when this object is garbage.

    Attributes:
        rom_md5: MD5 of the ROM's content that it belongs to.
        has_picture: whether it holds the picture of its frame; not if that was not drawn.
        handle: what stands for it in requests; good until the next save when it is garbage.
    """

    def __init__(
        self, states: StateTable, handle: int, rom_md5: str, *, has_picture: bool = True
    ) -> None:
        self.rom_md5 = rom_md5
        self.has_picture = has_picture
        self._states = states
        self.handle = handle

    def to_bytes(self) -> bytes:
        """The state as bytes, which load in any emulator with the same ROM, of either engine.

        Raises:
            EmulatorClosed: the emulator that holds the state was closed.
        """
        return self._states.to_bytes(self)

    def __bytes__(self) -> bytes:
        return self.to_bytes()

    def __del__(self) -> None:
        self._states.discard(self.handle)


class StateTable:
    """The states of one emulator, by handle."""

    def __init__(self, client: Client, rom_md5: str) -> None:
        self._client = client
        self._rom_md5 = rom_md5
        # Filled by the garbage collector at any time, so nothing is sent from there.
        self._garbage: deque[int] = deque()

    def discard(self, handle: int) -> None:
        """Note that a handle is no longer used."""
        self._garbage.append(handle)

    def save(self, *, drawn: bool) -> SaveState:
        """Save the machine as it is, after a frame that was drawn or not."""
        self.free_garbage()
        return self.adopt(self._client.ask(is_handle, "state_save"), drawn=drawn)

    def adopt(self, handle: int, *, drawn: bool) -> SaveState:
        """The object for a handle that the emulator has given."""
        return SaveState(self, handle, self._rom_md5, has_picture=drawn)

    def bring(self, state: SaveState | bytes) -> SaveState:
        """A state of this emulator or another, or its bytes, as one in this emulator.

        Raises:
            StateError: it is damaged or of another ROM.
        """
        if isinstance(state, SaveState):
            if state._states is self:
                return state
            self._check_rom(state.rom_md5)
            state = state.to_bytes()
        elif not isinstance(state, (bytes, bytearray, memoryview)):
            raise TypeError(f"a savestate is a SaveState or bytes, not {type(state).__name__}")
        return self.from_bytes(bytes(state))

    def load(self, state: SaveState) -> None:
        """Load a state of this emulator."""
        self._client.request("state_load", state.handle)

    def to_bytes(self, state: SaveState) -> bytes:
        """See `SaveState.to_bytes`."""
        if self._client.closed:
            raise EmulatorClosed("the emulator that holds this savestate is closed")
        data = self._client.ask(_is_state, "state_bytes", state.handle)
        return pack_state(data, state.rom_md5, has_picture=state.has_picture)

    def from_bytes(self, packed: bytes) -> SaveState:
        """Bring a state's bytes into the emulator."""
        rom_md5, data, has_picture = _unpack(packed)
        self._check_rom(rom_md5)
        self.free_garbage()
        handle = self._client.ask(is_handle, "state_from_bytes", data, zlib.crc32(data))
        return self.adopt(handle, drawn=has_picture)

    def _check_rom(self, rom_md5: str) -> None:
        if rom_md5 != self._rom_md5:
            raise StateError(
                f"the savestate is of the ROM with MD5 {rom_md5}; "
                f"the emulator runs the one with MD5 {self._rom_md5}"
            )

    def rom_changed(self, rom_md5: str) -> None:
        """Note that another ROM runs now."""
        self._rom_md5 = rom_md5

    def free_garbage(self, at_least: int = 1) -> None:
        """Free the states inside the emulator that no object stands for any more.

        Args:
            at_least: how many there must be for it to be worth a request.
        """
        if len(self._garbage) >= at_least:
            handles = [self._garbage.popleft() for _ in range(len(self._garbage))]
            self._client.request("state_free", *handles[:4000])
            self._garbage.extend(handles[4000:])


def pack_state(data: bytes, rom_md5: str, *, has_picture: bool = True) -> bytes:
    """Wrap FCEUX's state so that damage and a foreign ROM are noticed.

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
        StateError: it is no such state, or damaged.

    Examples:
        >>> unpack_state(pack_state(b"FCSX...", "0" * 32))[1]
        b'FCSX...'
    """
    return _unpack(packed)[:2]


def _unpack(packed: bytes) -> tuple[str, bytes, bool]:
    """MD5 of the ROM, the state, and whether it has a picture."""
    packed = bytes(packed)
    if packed[:8] != SAVESTATE_MAGIC:
        raise StateError(f"no savestate of this package: it begins with {packed[:8]!r}")
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
