"""Parses untrusted data: sizes are limited and every field is checked."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import msgpack

__all__ = ["MAX_LISTS", "check_fields", "check_format", "hexadecimal", "inflate", "text", "unpack"]

MAX_LISTS = 1_000_000
"""Largest number of lists and maps in a message; most are entries of an input log."""

_MAX_FIELDS = 16  # in one map


def inflate(data: bytes, limit: int, *, gzip: bool = False) -> bytes:
    """Decompress data to at most `limit` bytes.

    Args:
        data: a zlib stream.
        limit: largest allowed size after decompression, in bytes.
        gzip: whether the data has a gzip header.

    Raises:
        ValueError: the data is damaged or incomplete, or larger than `limit`.
    """
    stream = zlib.decompressobj(31 if gzip else 15)
    try:
        out = stream.decompress(data, limit + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(out) > limit:
        raise ValueError(f"it unpacks to more than the {limit} bytes that are allowed")
    if not stream.eof:
        raise ValueError("the compressed data is cut off")
    return out


def unpack(body: bytes) -> Any:
    """Unpack MessagePack, with limits on its lists and maps.

    Raises:
        ValueError: the data is not MessagePack, or exceeds a limit.
    """
    left = MAX_LISTS + 1

    def count(container: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise ValueError(f"it has more than {MAX_LISTS} lists")
        return container

    try:
        return msgpack.unpackb(
            body,
            list_hook=count,
            object_hook=count,
            max_array_len=MAX_LISTS,
            max_map_len=_MAX_FIELDS,
            max_ext_len=0,
        )
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error) or type(error).__name__) from None


def check_format(fields: object, known: int) -> None:
    """Check the format's version number before the other fields.

    Raises:
        ValueError: the version is not `known`.
    """
    if isinstance(fields, dict) and fields.get("version", known) != known:
        raise ValueError(f"it has format {repr(fields['version'])[:20]}; {known} is supported")


def check_fields(
    fields: object, required: Mapping[str, Callable[[Any], bool]], **optional: Callable[[Any], bool]
) -> dict[str, Any]:
    """Check that exactly the expected fields are there and that each value passes its test.

    Args:
        fields: the data that was read.
        required: for each required field, a test that returns whether a value is allowed.
        optional: the same for fields that may be missing.

    Raises:
        ValueError: `fields` is not a map, or a field is missing, unknown or not allowed.
    """
    if not isinstance(fields, dict):
        raise ValueError(f"it contains {type(fields).__name__}, not a map of fields")
    tests = {**required, **optional}
    unknown = [key for key in fields if key not in tests]
    if unknown:
        raise ValueError(f"it has an unknown field {str(unknown[0])[:40]!r}")
    for name, test in tests.items():
        if name not in fields:
            if name in required:
                raise ValueError(f"it lacks the field {name!r}")
        elif not test(fields[name]):
            shown = repr(fields[name])[:60]
            raise ValueError(f"its field {name!r} is {shown}, which is not allowed")
    return fields


def hexadecimal(digits: int) -> Callable[[Any], bool]:
    """Return a test for a str of `digits` lower-case hexadecimal digits."""
    pattern = re.compile(f"[0-9a-f]{{{digits}}}")
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def text(longest: int) -> Callable[[Any], bool]:
    """Return a test for a str of at most `longest` characters."""
    return lambda value: isinstance(value, str) and len(value) <= longest
