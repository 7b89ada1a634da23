"""Scaling of pictures, against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from copain_gym.envs.pictures import Scaler


def overlap(old: int, new: int) -> np.ndarray:
    """Share of each old pixel in each new one, (new, old)."""
    edges = np.linspace(0, old, new + 1)
    pixels = np.arange(old)
    shares = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return shares.clip(0) * new / old


@pytest.mark.parametrize("size", [(84, 84), (120, 128), (1, 1), (97, 33), (239, 255), (240, 256)])
@pytest.mark.parametrize("channels", [1, 3])
def test_each_pixel_is_the_mean_of_its_area(size: tuple[int, int], channels: int) -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (3, 240, 256, channels), dtype=np.uint8)
    scaled = Scaler(size)(pictures)
    expected = np.einsum(
        "ih,nhwc,jw->nijc", overlap(240, size[0]), pictures, overlap(256, size[1]), optimize=True
    )
    assert scaled.shape == expected.shape
    assert np.abs(scaled - expected).max() <= 0.501
