"""Requests to many emulators in one call of C, and their replies in another."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.protocol import RAM_SIZE
from copain_gym.bridge.transport_shm import Mailboxes, ShmTransport
from copain_gym.native import POINTER, Structure, address_of, as_contiguous, c_function

__all__ = ["ConsoleTable", "ShmConsoles", "ShmGroup"]


class ShmGroup:
    """Steps a set of emulators: one C call sends all requests, another collects all replies.

    Args:
        transports: the emulators' transports.
        rams: output array for the RAM, (m, 2048 or more) uint8.
        counts: output array for frames and lag frames, (m, 2) int64.
        rows: the row of each emulator in both arrays.
    """

    def __init__(
        self,
        transports: Sequence[ShmTransport],
        rams: npt.NDArray[np.uint8],
        counts: npt.NDArray[np.int64],
        rows: Sequence[int],
    ) -> None:
        self._send_steps = c_function("copain_shm", "copain_shm_send_steps", "puppu")
        self._collect = c_function("copain_shm", "copain_shm_collect", "puupnppp", "u")
        self._boxes = Mailboxes(transports)
        self._taken = np.zeros(len(transports), np.uint8)
        # The C code does not check these.
        if rams.ndim != 2 or rams.dtype != np.uint8 or rams.strides[1] != 1:
            raise ValueError(f"rams are {rams.dtype} {rams.shape}; allowed are rows of uint8")
        if rams.shape[1] < RAM_SIZE or len(counts) < len(rams):
            raise ValueError(
                f"rams are {rams.shape} and counts {counts.shape}; "
                f"allowed are (m, {RAM_SIZE} or more) and (m, 2)"
            )
        if counts.shape[1:] != (2,) or counts.dtype != np.int64 or not counts.flags.c_contiguous:
            raise ValueError(f"counts are {counts.dtype} {counts.shape}; allowed is int64 (m, 2)")
        if len(rows) != len(transports) or not all(0 <= row < len(rams) for row in rows):
            raise ValueError(
                f"rows are {list(rows)}; allowed is one from 0 to {len(rams) - 1} for each of "
                f"{len(transports)} emulators"
            )
        self._kept = rams, counts, np.array(rows, np.int64)
        self._to = (rams.ctypes.data, rams.strides[0], *map(address_of, self._kept[1:]))
        self._boxes_at = address_of(self._boxes.addresses)
        self._taken_at = address_of(self._taken)

    def send(self, masks: npt.NDArray[np.int64], frames: npt.NDArray[np.int64]) -> None:
        """Send a step to each emulator; each must be connected already.

        Args:
            masks: buttons held on pad 1 of each emulator, (k,) int64.
            frames: number of frames for each emulator, (k,) int64.

        Raises:
            ProtocolError: an emulator has not replied to its last request; nothing was sent.
        """
        self._boxes.prepare()
        masks, frames = as_contiguous(masks, np.int64), as_contiguous(frames, np.int64)
        if masks.shape != self._taken.shape or frames.shape != self._taken.shape:
            raise ValueError(
                f"masks have shape {masks.shape} and frames {frames.shape}; allowed is one for "
                f"each of {len(self._boxes)} emulators"
            )
        self._send_steps(self._boxes_at, len(masks), address_of(frames), address_of(masks), 0)
        self._boxes.sent()

    def collect(self, milliseconds: int) -> list[int]:
        """Receive the replies to steps.

        Args:
            milliseconds: how long to wait for the next reply.

        Returns:
            Indices of the emulators whose reply must still be received, as it is late or is not a
            step's result.
        """
        count = len(self._boxes)
        if not self._boxes.readable:
            return list(range(count))
        number = self._collect(self._boxes_at, count, milliseconds, *self._to, self._taken_at)
        late = [] if number == count else np.flatnonzero(self._taken != 1).tolist()
        self._boxes.received(late)
        return late


class ConsoleTable:
    """Arrays with a row for each of n machines that are savestates in emulators.

    Args:
        images: (n, m) uint8, contiguous, m is the sum of the lengths in `ranges`.
        counts: (n, 2) int64.
        ranges: addresses and lengths of the memory that a step reads.
        pads: number of pads.
        pictures: (n, height, width) uint8, contiguous; None for no pictures.

    Attributes:
        images: the memory of each machine after its last step.
        counts: its frames and lag frames since power-on.
        handles: its savestate, (n,) uint64; 0 for none.
        stale: the savestate before, which its next step frees, (n,) uint64; 0 for none.
        fixed: 1 if the savestate belongs to somebody else, too, and is not freed, (n,) uint8.
        ranges: as given.
        pads: as given.
        pictures: the last frame of each machine in grey, scaled down; or None.
    """

    def __init__(
        self,
        images: npt.NDArray[np.uint8],
        counts: npt.NDArray[np.int64],
        ranges: Sequence[tuple[int, int]],
        pads: int,
        pictures: npt.NDArray[np.uint8] | None = None,
    ) -> None:
        count, row = len(images), sum(length for _, length in ranges)
        # The C code does not check these.
        if images.shape != (count, row) or images.dtype != np.uint8:
            raise ValueError(
                f"images are {images.dtype} {images.shape}; allowed is uint8 (n, {row})"
            )
        if counts.shape != (count, 2) or counts.dtype != np.int64:
            raise ValueError(f"counts are {counts.dtype} {counts.shape}; allowed is int64 (n, 2)")
        height, width = (0, 0) if pictures is None else pictures.shape[1:]
        if pictures is not None and (len(pictures) != count or pictures.dtype != np.uint8):
            raise ValueError(
                f"pictures are {pictures.dtype} {pictures.shape}; allowed is uint8 ({count}, h, w)"
            )
        self.images, self.counts, self.ranges, self.pads = images, counts, list(ranges), pads
        self.pictures = pictures
        self.handles, self.stale = np.zeros((2, count), np.uint64)
        self.fixed = np.zeros(count, np.uint8)
        self._structure = _Consoles(
            images=images,
            image_size=row,
            counts=counts,
            handles=self.handles,
            stale=self.stale,
            fixed=self.fixed,
            pictures=pictures,
            ranges=np.array(self.ranges, np.uint32),
            range_count=len(self.ranges),
            pads=pads,
            height=height,
            width=width,
        )

    @property
    def picture_size(self) -> tuple[int, int] | None:
        """Height and width of the pictures; None for no pictures."""
        return None if self.pictures is None else self.pictures.shape[1:]

    @property
    def address(self) -> int:
        """Address of the arrays' addresses, for C."""
        return self._structure.address


class _Consoles(Structure):
    """`Consoles` of lua/src/consoles.c."""

    _fields_ = (
        ("images", POINTER),
        ("image_size", ctypes.c_int64),
        ("counts", POINTER),
        ("handles", POINTER),
        ("stale", POINTER),
        ("fixed", POINTER),
        ("pictures", POINTER),
        ("ranges", POINTER),
        ("range_count", ctypes.c_int64),
        ("pads", ctypes.c_int64),
        ("height", ctypes.c_int64),
        ("width", ctypes.c_int64),
    )


class _Division(Structure):
    """`Division` of lua/src/consoles.c."""

    _fields_ = (
        ("boxes", POINTER),
        ("first", POINTER),
        ("rows", POINTER),
        ("emulators", ctypes.c_int64),
    )


class ShmConsoles:
    """Steps machines, several of which are in each of some emulators.

    Args:
        transports: the emulators' transports.
        table: the machines.
        first: the machines of emulator e are `rows[first[e]:first[e + 1]]`, (k + 1,) int64.
        rows: rows of the table, each at most once.
    """

    def __init__(
        self,
        transports: Sequence[ShmTransport],
        table: ConsoleTable,
        first: npt.NDArray[np.int64],
        rows: npt.NDArray[np.int64],
    ) -> None:
        self._send = c_function("copain_shm", "copain_shm_send_consoles", "pppp")
        self._collect = c_function("copain_shm", "copain_shm_collect_consoles", "ppupp", "u")
        size = c_function("copain_shm", "copain_shm_consoles_size", "pn", "n")
        # The C code does not check these.
        within = len(rows) == 0 or (rows.min() >= 0 and rows.max() < len(table.handles))
        if len(first) != len(transports) + 1 or first[-1] != len(rows) or not within:
            raise ValueError(
                f"first is {first.tolist()} and rows {rows.tolist()}; allowed are rows below "
                f"{len(table.handles)}, divided among {len(transports)} emulators"
            )
        self._boxes = Mailboxes(transports)
        self._table = table
        self._taken = np.zeros(len(transports), np.uint8)
        self._division = _Division(
            boxes=self._boxes.addresses,
            first=as_contiguous(first, np.int64),
            rows=as_contiguous(rows, np.int64),
            emulators=len(transports),
        )
        self._room = size(table.address, int(np.diff(first).max()))
        self._shapes = (len(rows), table.pads), (len(rows),)
        self._sizes_at, self._taken_at = address_of(self._boxes.sizes), address_of(self._taken)

    def send(self, masks: npt.NDArray[np.int64], frames: npt.NDArray[np.int64]) -> None:
        """Begin a step of each machine; each emulator must be connected already.

        Args:
            masks: the button masks of each machine, (r, pads) int64, in the order of the rows.
            frames: its number of frames, (r,) int64.

        Raises:
            ProtocolError: an emulator has not replied to its last request; nothing was sent.
        """
        self._boxes.prepare(self._room)
        masks, frames = as_contiguous(masks, np.int64), as_contiguous(frames, np.int64)
        if (masks.shape, frames.shape) != self._shapes:
            raise ValueError(
                f"masks have shape {masks.shape} and frames {frames.shape}; allowed are "
                f"{self._shapes[0]} and {self._shapes[1]}"
            )
        self._send(
            self._table.address, self._division.address, address_of(masks), address_of(frames)
        )
        self._boxes.sent()

    def collect(self, milliseconds: int) -> list[int]:
        """Receive the replies, and store the results in the table; see `ShmGroup.collect`."""
        count = len(self._boxes)
        if not self._boxes.readable:
            return list(range(count))
        number = self._collect(
            self._table.address,
            self._division.address,
            milliseconds,
            self._sizes_at,
            self._taken_at,
        )
        late = [] if number == count else np.flatnonzero(self._taken != 1).tolist()
        self._boxes.received(late)
        return late
