"""`StepGroup`: steps of many emulators with as little of Python as possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.protocol import RAM_SIZE
from copain_gym.bridge.transport import SLICE_MS
from copain_gym.bridge.transport_shm import ShmGroup, ShmTransport
from copain_gym.engines.owner import Owner
from copain_gym.errors import CopainError

if TYPE_CHECKING:
    from copain_gym.emulator.pooled import PooledEmulator

__all__ = ["StepGroup"]


class StepGroup:
    """Steps some emulators, of which the RAM alone is asked for, again and again.

    Where all are connected by shared memory, they are told and collected in one call each;
    those that answer late or with an error, and all others, in calls of their own.

    Args:
        emulators: which.
        rams: where the RAM goes, (m, 2048 or more) uint8.
        counts: where frames and lag frames go, (m, 2) int64.
        rows: for each emulator, in which row.
    """

    def __init__(
        self,
        emulators: Sequence[PooledEmulator],
        rams: npt.NDArray[np.uint8],
        counts: npt.NDArray[np.int64],
        rows: Sequence[int],
    ) -> None:
        for emulator in emulators:
            emulator.owner.check()
        self._owner = Owner()
        self._emulators, self._rows = list(emulators), list(rows)
        self._rams, self._counts = rams, counts
        transports = [emulator.transport for emulator in emulators]
        shared = [t for t in transports if isinstance(t, ShmTransport)]
        self._group: ShmGroup | None = None
        if len(shared) == len(transports):
            self._group = ShmGroup(shared, rams, counts, rows)
        self._at_once: ShmGroup | None = None  # what the last step was sent with in one call
        self._failed: dict[int, CopainError] = {}

    def send(
        self, masks: npt.NDArray[np.int64], frames: npt.NDArray[np.int64]
    ) -> dict[int, CopainError]:
        """Begin a step of each; see `Emulator.send_step`.

        Args:
            masks: what pad 1 holds in each emulator, (k,) int64.
            frames: for how long, (k,) int64.

        Returns:
            Why emulators could not be told, by their place.

        Raises:
            ForkError: the emulators belong to the parent of this forked process.
        """
        self._owner.check()
        self._failed = {}
        self._at_once = None if any(e.closed for e in self._emulators) else self._group
        if self._at_once is not None:
            longest = max(frames.tolist())
            for emulator in self._emulators:
                emulator.begin_step(longest)
            self._at_once.send(masks, frames)
            return self._failed
        told = zip(self._emulators, masks.tolist(), frames.tolist(), strict=True)
        for k, (emulator, mask, count) in enumerate(told):
            try:
                emulator.send_step(mask, count)
            except CopainError as error:
                self._failed[k] = error
        return self._failed

    def receive(self) -> dict[int, CopainError]:
        """Wait for the ends of the steps that `send` began.

        Returns:
            Why emulators that could be told did not answer, by their place.

        Raises:
            ForkError: see `send`.
        """
        self._owner.check()
        late = [k for k in range(len(self._emulators)) if k not in self._failed]
        if self._at_once is not None:
            late = self._at_once.collect(SLICE_MS)
        failed: dict[int, CopainError] = {}
        for k in late:
            emulator, row = self._emulators[k], self._rows[k]
            try:
                self._rams[row, :RAM_SIZE] = emulator.receive_step()
                self._counts[row] = emulator.frame_count, emulator.lag_count
            except CopainError as error:
                failed[k] = error
        return failed
