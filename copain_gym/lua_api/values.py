"""Conversions between Python values and the arguments and results of FCEUX's Lua functions."""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.screen import decoder
from copain_gym.buttons import BUTTON_NAMES, Button, Buttons, button_mask
from copain_gym.paths import expand_user

__all__ = ["Colour", "Held", "Image", "Picture", "Pixel"]

Colour: TypeAlias = "str | int | tuple[int, int, int] | tuple[int, int, int, int]"
"""A colour: a name of FCEUX's ("red"), "#RRGGBB" or "#RRGGBBAA", "P00" to "P3F" of the NES
palette; red, green, blue and perhaps alpha from 0 to 255; or an integer 0xRRGGBBAA."""

Held: TypeAlias = "Buttons | Mapping[str, bool | str | None]"
"""Buttons to hold. A mask, string or list releases the buttons that it does not name. A mapping
gives True, False, None (the user decides) or "invert" for each button; the user decides about the
others."""

Image: TypeAlias = npt.NDArray[np.uint8]
"""(height, width, 3) RGB or (height, width, 4) RGBA, uint8; alpha 255 is opaque."""

Picture: TypeAlias = npt.NDArray[np.uint8]
"""(240, 256, 3) uint8 RGB."""

_COLOUR_NAMES = (
    *("white", "black", "clear", "gray", "grey", "red", "orange", "yellow", "chartreuse"),
    *("green", "teal", "cyan", "blue", "purple", "magenta"),
)
_COLOUR_CODE = re.compile(r"#[0-9A-Fa-f]{1,8}|P[0-7]?[0-9A-Fa-f]|rand\w*")


class Pixel(NamedTuple):
    """Four numbers of a pixel or colour: red, green, blue and alpha or palette index."""

    red: int
    green: int
    blue: int
    extra: int


# ---- arguments -------------------------------------------------------------


def to_integer(name: str, value: object, low: int, high: int) -> int:
    """Check an integer, also one of NumPy, and its bounds."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} is {value!r}; it must be an integer") from None
    if not low <= number <= high:
        raise ValueError(f"{name} is {number}; allowed are {low} to {high}")
    return number


def to_number(name: str, value: float, low: float, high: float) -> float:
    """Check a number and its bounds."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {value!r}; it must be a number") from None
    if not low <= number <= high:
        raise ValueError(f"{name} is {number}; allowed are {low} to {high}")
    return number


def to_flag(name: str, value: object) -> bool:
    """Check a boolean."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is {value!r}; it must be True or False")
    return bool(value)


def to_string(name: str, value: object, longest: int) -> str:
    """Check a string and its length in UTF-8."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r}; it must be a string")
    size = len(value.encode())
    if size > longest:
        raise ValueError(f"{name} has {size} bytes; {longest} are allowed")
    return value


def to_choice(name: str, value: object, choices: tuple[str, ...]) -> str:
    """Check that a string is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; allowed are {', '.join(choices)}")
    return str(value)


def to_path(name: str, value: str | os.PathLike[str]) -> str:
    """Return the absolute path, since FCEUX runs in another folder."""
    path = os.path.abspath(expand_user(value))  # noqa: PTH100 - links are kept
    if "\0" in path or len(os.fsencode(path)) > 400:
        raise ValueError(f"{name} is {path[:60]!r}...; FCEUX takes paths of up to 400 bytes")
    return path


def to_slot(value: int | str | os.PathLike[str] | None) -> int | str | None:
    """Check where a savestate is stored: None, a slot or a file."""
    if value is None:
        return None
    if isinstance(value, (str, os.PathLike)):
        return to_path("which", value)
    return to_integer("which", value, 1, 10)


def to_bytes(name: str, value: object) -> bytes:
    """Return the bytes of a bytes-like object."""
    try:
        return bytes(memoryview(value))  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} is {value!r}; it must be bytes") from None


def to_frames(name: str, value: Iterable[int]) -> list[int]:
    """Check a sequence of frame numbers."""
    return [to_integer(name, frame, 0, 1_000_000_000) for frame in value]


def to_colour(name: str, value: Colour) -> str | int | list[int]:
    """Convert a colour to what FCEUX's Lua accepts."""
    if isinstance(value, str):
        # FCEUX silently uses the default for an unknown name.
        if value.lower() in _COLOUR_NAMES:
            return value.lower()
        if _COLOUR_CODE.fullmatch(value):
            return value
        raise ValueError(
            f"{name} is {value!r}; allowed are {', '.join(_COLOUR_NAMES)}, random, "
            f"#RRGGBB, #RRGGBBAA and P00 to P7F"
        )
    if isinstance(value, Iterable):
        parts = [to_integer(name, part, 0, 255) for part in value]
        if len(parts) not in (3, 4):
            raise ValueError(f"{name} has {len(parts)} numbers; allowed are 3 (RGB) or 4 (RGBA)")
        return parts
    return to_integer(name, value, 0, 0xFFFFFFFF)


def to_buttons(value: Held) -> dict[str, bool | str]:
    """Convert buttons to the table that `joypad.set` accepts."""
    if not isinstance(value, Mapping):
        mask = button_mask(value)
        return {name: bool(mask >> bit & 1) for bit, name in enumerate(BUTTON_NAMES)}
    table: dict[str, bool | str] = {}
    for key, held in value.items():
        (name,) = (BUTTON_NAMES[bit] for bit in range(8) if button_mask(key) == 1 << bit)
        if held == "invert":
            table[name] = "invert"
        elif held is not None:
            table[name] = to_flag(f"button {key}", held)
    return table


def to_zapper(x: int | None, y: int | None, fire: bool | None) -> dict[str, int | bool]:
    """Make the table that `zapper.set` accepts."""
    table: dict[str, int | bool] = {}
    if x is not None:
        table["x"] = to_integer("x", x, -1, 255)
    if y is not None:
        table["y"] = to_integer("y", y, -1, 239)
    if fire is not None:
        table["fire"] = to_flag("fire", fire)
    return table


def to_image(name: str, value: Image) -> bytes:
    """Convert an image to the GD format."""
    image = np.asarray(value)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4):
        raise ValueError(
            f"{name} is an array {image.shape} {image.dtype}; "
            f"allowed are (height, width, 3 or 4) uint8"
        )
    height, width = image.shape[:2]
    if not (1 <= height <= 480 and 1 <= width <= 512):
        raise ValueError(f"{name} is {width}x{height}; allowed are 1x1 to 512x480")
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[:, :, 1:] = image[:, :, :3]
    # GD's alpha is 0 for opaque to 127 for invisible.
    pixels[:, :, 0] = (255 - image[:, :, 3]) // 2 if image.shape[2] == 4 else 0
    sizes = width.to_bytes(2, "big") + height.to_bytes(2, "big")
    header: bytes = b"\xff\xfe" + sizes + b"\x01\xff\xff\xff\xff"
    return b"".join([header, pixels.tobytes()])


# ---- results ---------------------------------------------------------------


def no_result(results: list[Any]) -> None:
    """Return None."""


def an_int(results: list[Any]) -> int:
    """Return an integer; Lua has floating-point numbers only."""
    return int(results[0])


def int_or_none(results: list[Any]) -> int | None:
    """Return an integer, or None for -1 and nil."""
    return None if not results or results[0] in (None, -1) else int(results[0])


def a_bool(results: list[Any]) -> bool:
    """Return a boolean; no result is False."""
    return bool(results and results[0])


def some_bytes(results: list[Any]) -> bytes:
    """Return bytes."""
    return _bytes(results[0])


def a_str(results: list[Any]) -> str:
    """Return a string."""
    return _bytes(results[0]).decode(errors="replace")


def str_or_none(results: list[Any]) -> str | None:
    """Return a string, or None for no result or an empty one. Of a list it returns the first."""
    value = results[0] if results else None
    if isinstance(value, list):
        value = value[0] if value else None
    return _bytes(value).decode(errors="replace") if value else None


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):  # bytes(10**9) would be a gigabyte
        raise TypeError(f"{type(value).__name__} in place of a string")
    return value


def buttons(results: list[Any]) -> Button:
    """Return the buttons that a table names."""
    table = results[0]
    return Button(button_mask(name for name in BUTTON_NAMES if name.encode() in table))


def buttons_held(results: list[Any]) -> Button:
    """Return the buttons whose value in a table is true."""
    table = results[0]
    return Button(button_mask(name for name in BUTTON_NAMES if table.get(name.encode())))


def buttons_or_none(results: list[Any]) -> Button | None:
    """Return the buttons whose value in a table is true, or None."""
    return buttons_held(results) if results and results[0] is not None else None


def a_pixel(results: list[Any]) -> Pixel:
    """Return the four numbers of a pixel or colour."""
    return Pixel(*(int(value) for value in results))


_decode_picture = decoder("gd")


def a_picture(results: list[Any]) -> Picture:
    """Return a picture, (240, 256, 3) uint8."""
    return _decode_picture(results[0])


def frames_or_none(results: list[Any]) -> list[int] | None:
    """Return frame numbers, or None."""
    return [int(frame) for frame in results[0]] if results and results[0] else None


def a_value(results: list[Any]) -> Any:
    """Return the first result."""
    return from_lua(results[0]) if results else None


def from_lua(value: Any) -> Any:
    """Convert a Lua value. Strings become bytes, but keys of tables become str."""
    if isinstance(value, list):
        return [from_lua(item) for item in value]
    if isinstance(value, dict):
        return {
            key.decode(errors="surrogateescape") if isinstance(key, bytes) else key: from_lua(item)
            for key, item in value.items()
        }
    return value
