"""Pictures as observations: colour or grey, whole or scaled down."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from copain_gym.emulator.screen import HEIGHT, WIDTH

__all__ = ["Scaler"]


class Scaler:
    """Scales pictures to another size; each new pixel is the mean of the area that it covers.

    Args:
        size: height and width in pixels; at most those of the screen.

    Raises:
        ValueError: a size out of range.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        height, width = size
        if not (1 <= height <= HEIGHT and 1 <= width <= WIDTH):
            raise ValueError(f"screen_size is {size!r}; allowed are (1 to {HEIGHT}, 1 to {WIDTH})")
        self.size = height, width
        self._rows = _area_weights(HEIGHT, height)
        self._columns = _area_weights(WIDTH, width)

    def __call__(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Scale n pictures, (n, 240, 256, c) to (n, height, width, c), uint8."""
        n, channels = len(pictures), pictures.shape[3]
        height, width = self.size
        if self.size == (HEIGHT, WIDTH):
            return pictures
        flat = pictures.reshape(n, HEIGHT, WIDTH * channels).astype(np.float32)
        rows = (self._rows @ flat).reshape(n, height, WIDTH, channels)
        scaled = self._columns @ rows if channels > 1 else rows[..., 0] @ self._columns.T
        return np.rint(scaled).astype(np.uint8).reshape(n, height, width, channels)


def _area_weights(old: int, new: int) -> npt.NDArray[np.float32]:
    """Share of each old pixel in each new one, (new, old); rows sum to 1."""
    edges = np.arange(new + 1) * (old / new)
    pixels = np.arange(old)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights: npt.NDArray[np.float32] = (overlap.clip(0.0) * (new / old)).astype(np.float32)
    return weights
