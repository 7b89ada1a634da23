"""`StepGroup`: steps many emulators with as little Python code as possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.history import Tape
from copain_gym.bridge.protocol import RAM_SIZE
from copain_gym.bridge.shm_groups import ShmGroup
from copain_gym.bridge.transport import SLICE_MS
from copain_gym.bridge.transport_shm import ShmTransport
from copain_gym.engines.owner import Owner
from copain_gym.errors import CopainError

if TYPE_CHECKING:
    from copain_gym.emulator.pooled import PooledEmulator

__all__ = ["StepGroup"]


class StepGroup:
    """Steps a fixed set of emulators and fetches only their RAM and frame counts.

    If all of them use shared memory, one C call sends all requests and another receives all
    replies. Emulators that reply late or with an error, and other transports, use one call per
    emulator.

    Args:
        emulators: the emulators to step.
        rams: output array for the RAM, (m, 2048 or more) uint8.
        counts: output array for frames and lag frames, (m, 2) int64.
        rows: the row of each emulator in both arrays.
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
        self._tape = Tape([emulator.history for emulator in emulators])
        self._at_once: ShmGroup | None = None  # the group that sent the last step; None: one by one
        self._failed: dict[int, CopainError] = {}

    def send(
        self, masks: npt.NDArray[np.int64], frames: npt.NDArray[np.int64]
    ) -> dict[int, CopainError]:
        """Begin a step of each emulator; see `Emulator.send_step`.

        Args:
            masks: buttons held on pad 1 of each emulator, (k,) int64.
            frames: number of frames for each emulator, (k,) int64.

        Returns:
            The errors of emulators that could not be sent to, by index in `emulators`.

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
            self._tape.add(masks, frames)
            return self._failed
        steps = zip(self._emulators, masks.tolist(), frames.tolist(), strict=True)
        for k, (emulator, mask, count) in enumerate(steps):
            try:
                emulator.send_step(mask, count)
            except CopainError as error:
                self._failed[k] = error
        return self._failed

    def receive(self) -> dict[int, CopainError]:
        """Wait for the steps that `send` began.

        Returns:
            The errors of emulators that got the request but failed, by index in `emulators`.

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
