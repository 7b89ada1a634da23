"""`ConsoleGroup`: steps machines that are savestates inside emulators, several in each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.batch_message import pack_batch, unpack_batch
from copain_gym.bridge.shm_groups import ConsoleTable, ShmConsoles
from copain_gym.bridge.transport import SLICE_MS
from copain_gym.bridge.transport_shm import ShmTransport
from copain_gym.engines.owner import Owner
from copain_gym.errors import CopainError

if TYPE_CHECKING:
    from copain_gym.emulator.pooled import PooledEmulator

__all__ = ["ConsoleGroup"]

Array: TypeAlias = "npt.NDArray[Any]"


class ConsoleGroup:
    """Steps machines, several of which are in each of some emulators.

    If all emulators use shared memory, one C call sends all requests and another receives all
    replies. Emulators that reply late or with an error, and other transports, use one call per
    emulator.

    Args:
        emulators: the emulators.
        table: the machines.
        first: the machines of emulator e are `rows[first[e]:first[e + 1]]`, (k + 1,) int64.
        rows: rows of the table, each at most once, (r,) int64.
    """

    def __init__(
        self, emulators: Sequence[PooledEmulator], table: ConsoleTable, first: Array, rows: Array
    ) -> None:
        for emulator in emulators:
            emulator.owner.check()
        self._owner = Owner()
        self._emulators, self._table = list(emulators), table
        self._first, self._rows = first.tolist(), rows
        transports = [emulator.transport for emulator in emulators]
        shared = [t for t in transports if isinstance(t, ShmTransport)]
        self._group: ShmConsoles | None = None
        if len(shared) == len(transports):
            self._group = ShmConsoles(shared, table, first, rows)
        self._at_once: ShmConsoles | None = None  # the group that sent the last step
        self._frames: Array = np.zeros(0, np.int64)  # of the last step
        self._failed: dict[int, CopainError] = {}

    def send(self, masks: Array, frames: Array) -> None:
        """Begin a step of each machine.

        Args:
            masks: its button masks, (r, pads) int64, in the order of the rows.
            frames: its number of frames, (r,) int64; with 0 it stays where it is.

        Raises:
            ForkError: the emulators belong to the parent of this forked process.
        """
        self._owner.check()
        self._failed, self._frames = {}, frames
        for e, emulator in enumerate(self._emulators):
            try:
                emulator.free_states(at_least=256)
            except CopainError as error:
                self._failed[e] = error
        lost = self._failed or any(emulator.closed for emulator in self._emulators)
        self._at_once = None if lost else self._group
        if self._at_once is not None:
            self._at_once.send(masks, frames)
            return
        for e, emulator in enumerate(self._emulators):
            if e in self._failed:
                continue
            mine = slice(self._first[e], self._first[e + 1])
            try:
                self._send_one(emulator, self._rows[mine], masks[mine], frames[mine])
            except CopainError as error:
                self._failed[e] = error

    def _send_one(self, emulator: PooledEmulator, rows: Array, masks: Array, frames: Array) -> None:
        table = self._table
        message = pack_batch(
            table.handles[rows].tolist(),
            masks.astype(np.uint8)[:, None, :],
            frames.astype(np.uint32)[:, None],
            np.ones(len(rows), np.uint8),
            ranges=table.ranges,
            conditions=(),
            freed=table.stale[rows][table.stale[rows] > 0].tolist(),
            hashes=False,
            picture=table.picture_size,
        )
        table.stale[rows] = 0
        emulator.send_message("play_batch", message, int(frames.sum()))

    def receive(self) -> dict[int, CopainError]:
        """Wait for the step that `send` began, and store the results in the table.

        Returns:
            The errors of emulators that failed, by index in `emulators`.

        Raises:
            ForkError: see `send`.
        """
        self._owner.check()
        failed = self._failed
        late = [e for e in range(len(self._emulators)) if e not in failed]
        if self._at_once is not None:
            late = self._at_once.collect(SLICE_MS)
        for e in late:
            try:
                self._receive_one(e)
            except CopainError as error:
                failed[e] = error
        return failed

    def _receive_one(self, e: int) -> None:
        mine = slice(self._first[e], self._first[e + 1])
        rows, frames, table = self._rows[mine], self._frames[mine], self._table
        emulator = self._emulators[e]
        results = emulator.receive_message(int(frames.sum()))
        try:
            (data,) = results
            reply = unpack_batch(
                data,
                np.ones(len(rows), np.uint8),
                frames.astype(np.uint32)[:, None],
                row=table.images.shape[1],
                conditions=0,
                hashes=False,
                picture=table.picture_size,
            )
        except ValueError as error:
            raise emulator.malformed(f"a step of several machines wrongly: {error}") from None
        table.stale[rows] = np.where(table.fixed[rows], 0, table.handles[rows])
        table.fixed[rows] = 0
        table.handles[rows] = reply.kept
        table.images[rows] = reply.memory
        if table.pictures is not None:
            table.pictures[rows] = reply.pictures
        table.counts[rows] = np.stack((reply.frames, reply.lag_frames), axis=1)
