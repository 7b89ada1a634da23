"""Checks of emulators' replies. An emulator on another machine may send anything."""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack

from copain_gym.bridge.protocol import (
    RAM_SIZE,
    WANT_PICTURE,
    WANT_RAM,
    WANT_SMALL_PICTURE,
    WANT_STATE,
)
from copain_gym.roms.regions import REGIONS

__all__ = [
    "About",
    "Observation",
    "bytes_of",
    "check_observation",
    "is_drawn",
    "is_handle",
    "is_text",
    "read_about",
    "shown",
    "unpack",
    "unpack_within_limits",
]

Observation = tuple[int, int, bytes | None, bytes | None, int | None]
"""Frames, lag frames, RAM, picture, and the handle of a savestate."""

_MAX_LISTS = 1_000_000  # lists and maps in one reply
_MAX_ITEMS = 4_000_000  # items in one list or map
_SMALL = 1 << 20  # bytes; a reply of this size unpacks to little more than 64 MiB at most
_WANT_ANY_PICTURE = WANT_PICTURE | WANT_SMALL_PICTURE
_LOWEST, _HIGHEST = -(1 << 31), 1 << 32  # range of the counters


def unpack(reply: bytes) -> Any:
    """Unpack a message; strings stay bytes.

    Raises:
        Exception: the message is not MessagePack. The library raises exceptions of many types.
    """
    return msgpack.unpackb(reply, strict_map_key=False, raw=True)


def unpack_within_limits(reply: bytes) -> Any:
    """Unpack a message that may be hostile.

    Raises:
        Exception: the message is not MessagePack, or it has too many lists.
    """
    if len(reply) <= _SMALL:
        return unpack(reply)
    left = _MAX_LISTS

    def count(container: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise ValueError(f"the reply has more than {_MAX_LISTS} lists")
        return container

    return msgpack.unpackb(
        reply,
        strict_map_key=False,
        raw=True,
        list_hook=count,
        object_hook=count,
        max_array_len=_MAX_ITEMS,
        max_map_len=_MAX_ITEMS,
    )


@dataclass(frozen=True)
class About:
    """What an emulator reports in the handshake.

    Attributes:
        protocol: protocol version.
        engine: `headless` or `fceux`.
        engine_version: the engine's version; empty if unknown.
        rom_md5: MD5 of the running ROM's content; empty if no ROM runs.
        screen_format: format of the pictures it sends, see `screen.decoder`.
        region: the console's television system: `NTSC`, `PAL` or `Dendy`.
    """

    protocol: int
    engine: str
    engine_version: str
    rom_md5: str
    screen_format: str
    region: str


def read_about(results: list[Any]) -> About:
    """Check the reply to `hello`.

    Raises:
        ValueError: a field is missing or has a wrong type or value.
    """
    fields = results[0] if len(results) == 1 else None
    if not isinstance(fields, dict) or type(fields.get(b"protocol")) is not int:
        raise ValueError(f"its handshake is {shown(results)}")
    fields = {b"region": b"NTSC", **fields}  # an adapter may leave it out
    names = ("engine", "engine_version", "rom_md5", "screen_format", "region")
    for name in names:
        if not is_text(fields.get(name.encode())):
            raise ValueError(f"its handshake says {name} {shown(fields.get(name.encode()))}")
    if fields[b"region"].decode() not in REGIONS:
        raise ValueError(f"its handshake says region {shown(fields[b'region'])}")
    return About(fields[b"protocol"], *(fields[name.encode()].decode() for name in names))


def check_observation(results: list[Any], want: int, picture_bytes: int) -> Observation:
    """Check the reply to a step or to `observe`.

    Args:
        results: the content of the reply.
        want: what was requested, a sum of `WANT_…`.
        picture_bytes: size of a picture in bytes, if one was requested.

    Raises:
        ValueError: a part is missing, was not requested, or has a wrong type or size.
    """
    if want == WANT_RAM and len(results) == 3:  # the most frequent step, in training
        frames, lag_frames, ram = results
        if (
            type(ram) is bytes
            and len(ram) == RAM_SIZE
            and type(frames) is int
            and type(lag_frames) is int
            and _LOWEST <= frames < _HIGHEST
            and _LOWEST <= lag_frames < _HIGHEST
        ):
            return frames, lag_frames, ram, None, None
    if len(results) < 5:
        results = results + [None] * (5 - len(results))
    frames, lag_frames, ram, picture, state = results
    if not (type(frames) is type(lag_frames) is int):
        raise ValueError("the counters are not integers")
    if not (_LOWEST <= frames < _HIGHEST and _LOWEST <= lag_frames < _HIGHEST):
        raise ValueError("a counter is out of range")
    if ram is None if want & WANT_RAM else ram is not None:
        raise ValueError("RAM is missing or was not requested")
    if ram is not None and (type(ram) is not bytes or len(ram) != RAM_SIZE):
        raise ValueError(f"RAM is not {RAM_SIZE} bytes")
    if want != WANT_RAM or picture is not None or state is not None:
        if not _is_optional(want & _WANT_ANY_PICTURE, bytes_of(picture_bytes), picture):
            raise ValueError(f"a picture is not {picture_bytes} bytes, or was not requested")
        if not _is_optional(want & WANT_STATE, is_handle, state):
            raise ValueError("a savestate has no handle, or was not requested")
    return frames, lag_frames, ram, picture, state


def _is_optional(wanted: int, test: Callable[[Any], bool], value: object) -> bool:
    return test(value) if wanted else value is None


def bytes_of(length: int) -> Callable[[Any], bool]:
    """Return a function that tells whether a value is bytes of this length."""
    return lambda value: type(value) is bytes and len(value) == length


def is_drawn(result: Any) -> bool:
    """Whether a result has the form of the reply to `drawn`: true, false or unknown (None)."""
    return result is None or isinstance(result, bool)


def is_handle(value: object) -> bool:
    """Whether a value can be the handle of a savestate."""
    return type(value) is int and 0 < value < 1 << 53


def is_text(value: object, longest: int = 200) -> bool:
    """Whether a value is UTF-8 text without control characters."""
    if type(value) is not bytes or len(value) > longest:
        return False
    try:
        return value.decode().isprintable()
    except UnicodeDecodeError:
        return False


_repr = reprlib.Repr()
_repr.maxlevel = 2
_repr.maxstring = _repr.maxlong = _repr.maxother = 60


def shown(value: object, depth: int = 2) -> str:
    """A short form of a value of any size and depth, for messages."""
    if isinstance(value, bytes):
        return repr(value[:20]) + (f"… ({len(value)} bytes)" if len(value) > 20 else "")
    if isinstance(value, list) and depth:
        parts = [shown(item, depth - 1) for item in value[:4]] + ["…"] * (len(value) > 4)
        return f"[{', '.join(parts)}]"
    return _repr.repr(value)
