"""Pictures as observations: colour or grey, whole or scaled down."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.screen import HEIGHT, WIDTH

__all__ = ["Scaler", "check_size"]


def check_size(size: Any) -> tuple[int, int]:
    """Check a height and width in pixels, or one number for both; neither may exceed the screen's.

    Raises:
        ValueError: it is not an integer or a pair of them, or one is out of range.
    """
    given = size
    if isinstance(size, (int, np.integer)) and not isinstance(size, bool):
        size = size, size
    if (
        not isinstance(size, (tuple, list))
        or len(size) != 2
        or not all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in size)
        or not (1 <= size[0] <= HEIGHT and 1 <= size[1] <= WIDTH)
    ):
        raise ValueError(
            f"screen_size is {given!r}; allowed are (1 to {HEIGHT}, 1 to {WIDTH}), height and "
            f"width, or one number for both"
        )
    return int(size[0]), int(size[1])


class Scaler:
    """Scales pictures to another size; each new pixel is the mean of the area that it covers.

    Args:
        size: height and width in pixels, or one number for both; at most those of the screen.

    Attributes:
        size: height and width.
        whole: whether it is the size of the screen.

    Raises:
        ValueError: the size is not a pair of integers, or one is out of range.
    """

    def __init__(self, size: int | tuple[int, int]) -> None:
        self.size = height, width = check_size(size)
        self.whole = self.size == (HEIGHT, WIDTH)
        self._rows = _shares(HEIGHT, height)
        self._columns = _shares(WIDTH, width)

    def __call__(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Scale n pictures, (n, 240, 256, c) to (n, height, width, c), uint8.

        Pictures that already have that size are returned unchanged.
        """
        if pictures.shape[1:3] == self.size:
            return pictures
        # Products of whole rows: a matrix product would start BLAS threads in every worker.
        scaled = _mix(pictures, 1, self._rows)
        scaled = _mix(scaled, 2, self._columns)
        rounded: npt.NDArray[np.uint8] = (scaled + np.float32(0.5)).astype(np.uint8)
        return rounded


Shares: TypeAlias = "list[tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]]"


def _mix(pictures: npt.NDArray[Any], axis: int, shares: Shares) -> npt.NDArray[np.float32]:
    shape = [1] * pictures.ndim
    total: Any = 0
    for index, weight in shares:
        shape[axis] = len(index)
        total = total + pictures.take(index, axis=axis) * weight.reshape(shape)
    mixed: npt.NDArray[np.float32] = total
    return mixed


def _shares(old: int, new: int) -> Shares:
    """The old pixels that each new pixel covers, and their weights, which sum to 1.

    The k-th entry has the k-th covered old pixel of every new pixel, and its weight.
    """
    edges = np.arange(new + 1) * (old / new)
    first = np.floor(edges[:-1] + 1e-9).astype(np.intp)
    shares: Shares = []
    for k in range(int(np.ceil(old / new)) + 1):
        pixel = first + k
        covered = np.minimum(edges[1:], pixel + 1) - np.maximum(edges[:-1], pixel)
        weight = (covered.clip(0.0) * (new / old)).astype(np.float32)
        if weight.any():
            shares.append((np.minimum(pixel, old - 1), weight))
    return shares
