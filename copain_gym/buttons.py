"""The buttons of an NES controller as bit masks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntFlag
from typing import TypeAlias

__all__ = ["BUTTON_NAMES", "Button", "Buttons", "button_mask"]


class Button(IntFlag):
    """A set of held buttons; the bits are in the order in which the controller shifts them out.

    Examples:
        >>> Button.A | Button.RIGHT
        <Button.A|RIGHT: 129>
    """

    A = 0x01
    B = 0x02
    SELECT = 0x04
    START = 0x08
    UP = 0x10
    DOWN = 0x20
    LEFT = 0x40
    RIGHT = 0x80


BUTTON_NAMES = ("A", "B", "select", "start", "up", "down", "left", "right")
"""Names of the buttons, as FCEUX's Lua functions spell them, in the order of the bits."""

Buttons: TypeAlias = "int | str | Iterable[str] | Mapping[str, bool]"
"""What `button_mask` takes: a mask or `Button`, a name, several names, or a mapping of names."""


def button_mask(buttons: Buttons) -> int:
    """Convert buttons in any accepted form to a bit mask.

    Args:
        buttons: a mask from 0 to 255 or a `Button`; a name (case does not matter); names
            joined by `+`; an iterable of names; or a mapping from name to held.

    Raises:
        ValueError: an unknown name or a mask out of range.
        TypeError: anything else.

    Examples:
        >>> button_mask("A+right"), button_mask(["start"]), button_mask({"B": True, "up": False})
        (129, 8, 2)
    """
    if isinstance(buttons, int):
        if not 0 <= buttons <= 0xFF:
            raise ValueError(f"button mask {buttons} is out of range; allowed are 0 to 255")
        return int(buttons)
    if isinstance(buttons, str):
        names: Iterable[str] = buttons.split("+") if buttons else ()
    elif isinstance(buttons, Mapping):
        names = [name for name, held in buttons.items() if held]
        for name in buttons:
            _bit(name)
    elif isinstance(buttons, Iterable):
        names = buttons
    else:
        raise TypeError(
            f"buttons are {buttons!r}; allowed are a mask, a name, names, or a mapping of names"
        )
    mask = 0
    for name in names:
        mask |= _bit(name)
    return mask


def _bit(name: object) -> int:
    try:
        return int(Button[str(name).strip().upper()])
    except KeyError:
        allowed = ", ".join(b.name or "" for b in Button)
        raise ValueError(f"unknown button {name!r}; allowed are {allowed}") from None
