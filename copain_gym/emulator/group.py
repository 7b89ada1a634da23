"""`StepGroup`: one step of many emulators with as little of Python as possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from copain_gym.emulator.transport import SLICE_MS
from copain_gym.emulator.transport_shm import ShmGroup, ShmTransport
from copain_gym.errors import CopainError

if TYPE_CHECKING:
    from copain_gym.emulator.emulator import Emulator

__all__ = ["StepGroup"]


class StepGroup:
    """Steps emulators whose RAM alone is asked for.

    Those that are connected by shared memory are told and collected in one call each; others,
    and those that answer late or with an error, in calls of their own.

    Args:
        size: most emulators at once.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._group: ShmGroup | None = None
        self._sent: list[ShmTransport] = []  # in one call

    def send(
        self, emulators: Sequence[Emulator], masks: Sequence[int], frames: Sequence[int]
    ) -> dict[int, CopainError]:
        """Begin a step of each; see `Emulator.send_step`.

        Args:
            emulators: open ones.
            masks: what pad 1 holds in each.
            frames: for how long.

        Returns:
            Why emulators could not be told, by their place.
        """
        transports = [e.begin_step(n) for e, n in zip(emulators, frames, strict=True)]
        self._sent = [transport for transport in transports if transport is not None]
        failed: dict[int, CopainError] = {}
        if len(self._sent) < len(emulators):
            self._sent = []
            for k, emulator in enumerate(emulators):
                try:
                    emulator.send_step(masks[k], frames[k])
                except CopainError as error:
                    failed[k] = error
        elif self._sent:
            if self._group is None:
                self._group = ShmGroup(self._size)
            self._group.send(self._sent, masks, frames)
        return failed

    def receive(
        self,
        emulators: Sequence[Emulator],
        rams: npt.NDArray[np.uint8],
        counts: npt.NDArray[np.int64],
        rows: Sequence[int],
    ) -> dict[int, CopainError]:
        """Wait for the ends of steps that `send` began.

        Args:
            emulators: those of `send` that could be told.
            rams: where the RAM goes, (m, 2048 or more) uint8.
            counts: where frames and lag frames go, (m, 2) int64.
            rows: for each emulator, in which row.

        Returns:
            Why emulators did not answer, by their place.
        """
        late = list(range(len(emulators)))
        if self._group is not None and self._sent:
            taken, found = self._group.collect(self._sent, rams, rows, SLICE_MS)
            if taken is None:
                counts[rows] = found
                return {}
            for k, row in enumerate(rows):
                if taken[k]:
                    counts[row] = found[k]
            late = [k for k in late if not taken[k]]
        failed: dict[int, CopainError] = {}
        for k in late:
            try:
                rams[rows[k], :0x800] = emulators[k].receive_step()
                counts[rows[k]] = emulators[k].frame_count, emulators[k].lag_count
            except CopainError as error:
                failed[k] = error
        return failed
