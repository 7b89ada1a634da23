"""Ways of naming buttons."""

from __future__ import annotations

import pytest

from copain_gym.buttons import Button, button_mask


@pytest.mark.parametrize(
    ("buttons", "mask"),
    [
        (0, 0),
        ("", 0),
        (0x81, 0x81),
        (Button.A | Button.RIGHT, 0x81),
        ("a + Right", 0x81),
        (["A", "right"], 0x81),
        (("start",), 0x08),
        ({"A": True, "right": True, "B": False}, 0x81),
        (set(), 0),
    ],
)
def test_all_ways_give_a_mask(buttons: object, mask: int) -> None:
    assert button_mask(buttons) == mask  # type: ignore[arg-type]


def test_each_button_has_a_bit_of_its_own() -> None:
    assert sorted(int(b) for b in Button) == [1 << bit for bit in range(8)]


@pytest.mark.parametrize(
    ("buttons", "error", "message"),
    [
        ("fire", ValueError, "unknown button 'fire'; allowed are A, B, SELECT, START, UP"),
        (["A", 3], ValueError, "unknown button 3"),
        (300, ValueError, "button mask 300 is out of range"),
        (1.0, TypeError, "buttons are 1.0; allowed are a mask"),
        (None, TypeError, "buttons are None"),
    ],
)
def test_nonsense_is_refused(buttons: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        button_mask(buttons)  # type: ignore[arg-type]
