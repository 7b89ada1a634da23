"""The strip below a picture: buttons, the number of the frame, variables."""

from __future__ import annotations

import numpy as np

from copain_gym.tas.overlay import Overlay


def test_the_strip_shows_pressed_buttons() -> None:
    overlay = Overlay(256, pads=[0, 1])
    picture = np.zeros((240, 256, 3), np.uint8)
    none, right = (overlay.add(picture, 1, [held, 0], {}) for held in (0, 0x80))
    other = overlay.add(picture, 1, [0, 0x80], {})
    assert none.shape == (240 + overlay.height, 256, 3)
    lit = [np.argwhere((strip != none).any(axis=2)) for strip in (right, other)]
    # The same key, one line lower: that of the other pad.
    assert len(lit[0]) > 10
    assert (lit[0] + [10, 0] == lit[1]).all()


def test_the_strip_shows_numbers() -> None:
    overlay = Overlay(256, frame_number=True, variables=["score", "a_very_long_name_of_it"])
    picture = np.zeros((240, 256, 3), np.uint8)
    values = {"score": 100, "a_very_long_name_of_it": 5}
    one = overlay.add(picture, 7, [], values)
    assert not (one == overlay.add(picture, 8, [], values)).all()
    assert not (one == overlay.add(picture, 7, [], {**values, "score": 101})).all()
    assert not (one == overlay.add(picture, 7, [], {**values, "a_very_long_name_of_it": 6})).all()
