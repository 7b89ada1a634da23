"""The messages of a batch, as arrays. `lua/src/batch.c` describes them and plays the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.protocol import BATCH_HASH, BATCH_SMALL_PICTURE

__all__ = ["BatchReply", "pack_batch", "unpack_batch"]

_HANDLE_LIMIT = 1 << 53


@dataclass(frozen=True)
class BatchReply:
    """The reply to a batch of n items.

    Attributes:
        kept: handles of the states at the ends, (n,) uint64; 0 if it was not kept.
        hashes: (n,) uint64; empty if none were requested.
        frames: frame counts, (n,) uint32.
        lag_frames: lag frames, (n,) uint32.
        played: numbers of frames that were played, (n,) uint32.
        ended: 1 + the number of the condition that ended the item, or 0, (n,) uint32.
        memory: (n, m) uint8.
        pictures: (n, height, width) uint8; empty if none were requested.
    """

    kept: npt.NDArray[np.uint64]
    hashes: npt.NDArray[np.uint64]
    frames: npt.NDArray[np.uint32]
    lag_frames: npt.NDArray[np.uint32]
    played: npt.NDArray[np.uint32]
    ended: npt.NDArray[np.uint32]
    memory: npt.NDArray[np.uint8]
    pictures: npt.NDArray[np.uint8]


def pack_batch(
    handles: Sequence[int],
    masks: npt.NDArray[np.uint8],
    frames: npt.NDArray[np.uint32],
    keep: npt.NDArray[np.uint8],
    *,
    ranges: Sequence[tuple[int, int]],
    conditions: Sequence[tuple[int, int, int, int]],
    freed: Sequence[int],
    hashes: bool,
    picture: tuple[int, int] | None = None,
) -> bytes:
    """Write the message of n items with h holds each.

    Args:
        handles: the state that each item loads, n; 0 for none.
        masks: (n, h, pads).
        frames: (n, h).
        keep: whether the state at the end is kept, (n,).
        ranges: addresses and lengths.
        conditions: address, mask, comparison and value of each.
        freed: handles of states to free.
        hashes: whether to send hashes.
        picture: height and width of pictures to send; None for none.
    """
    n, h, pads = masks.shape
    flags = (BATCH_HASH if hashes else 0) | (BATCH_SMALL_PICTURE if picture else 0)
    size = picture[0] << 16 | picture[1] if picture else 0
    head = [flags, n, n * h, pads, len(ranges), len(conditions), len(freed), size]
    parts: list[npt.NDArray[Any]] = [
        np.array(head, "<u4"),
        np.array(handles, "<u8"),
        np.array(freed, "<u8"),
        np.full(n, h, "<u4"),
        frames.astype("<u4", copy=False),
        np.array(ranges, "<u4"),
        np.array(conditions, "<u4"),
        masks,
        keep,
    ]
    return b"".join(part.tobytes() for part in parts)


def unpack_batch(
    reply: object,
    keep: npt.NDArray[np.uint8],
    frames: npt.NDArray[np.uint32],
    *,
    row: int,
    conditions: int,
    hashes: bool,
    picture: tuple[int, int] | None = None,
) -> BatchReply:
    """Read and check the reply to `pack_batch`.

    Args:
        reply: the message.
        keep: as it was sent.
        frames: as they were sent.
        row: bytes of memory that were requested of each item.
        conditions: number of conditions.
        hashes: whether hashes were requested.
        picture: size of pictures, as it was sent.

    Raises:
        ValueError: it is not such a reply.
    """
    n = len(keep)
    height, width = picture or (0, 0)
    size = n * (8 + 8 * hashes + 16 + row + height * width)
    if type(reply) is not bytes or len(reply) != size:
        raise ValueError(f"the results of {n} items are not {size} bytes")
    at = 0

    def take(dtype: str, width: int, count: int) -> npt.NDArray[Any]:
        nonlocal at
        at += width * count
        return np.frombuffer(reply, dtype, count, at - width * count)

    kept, found = take("<u8", 8, n), take("<u8", 8, n if hashes else 0)
    counts, lags, played, ended = (take("<u4", 4, n) for _ in range(4))
    memory = take("u1", 1, n * row).reshape(n, row)
    pictures = take("u1", 1, n * height * width).reshape(n, height, width)
    if kept.astype(bool).tobytes() != keep.tobytes() or (n and kept.max() >= _HANDLE_LIMIT):
        raise ValueError("a savestate has no handle, or was not requested")
    if (played > frames.sum(axis=1)).any() or (n and ended.max() > conditions):
        raise ValueError("an item was played for too long, or was ended by an unknown condition")
    return BatchReply(kept, found, counts, lags, played, ended, memory, pictures)
