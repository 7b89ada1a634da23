"""`History`: what an emulator has played since power-on, recorded while it plays.

A savestate keeps the `Past` that led to it: its own inputs, and the past of the state that was
loaded before them. States that have a common beginning share it, and a past that no emulator or
state refers to is freed.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.buttons import BUTTON_NAMES, button_mask
from copain_gym.inputs import InputLog, Poke, Reset

__all__ = ["NO_INPUTS", "History", "Past", "Tape"]

NO_INPUTS = "a savestate was loaded that does not have its inputs"

_PADS = (1 << 32) - 1  # four masks in the lower half of a run; the upper half is its frames
_LONGEST_RUN = (1 << 31) - 1  # frames
_MOST_PARTS = 4_000_000
_MOST_SEPARATE = 4  # runs of a past that are kept as they are; more of them are packed
_ROWS = 256  # steps of a group in one array


class _Write(NamedTuple):
    """Bytes that were written into memory between two frames."""

    address: int
    data: bytes


_Part: TypeAlias = "int | array[int] | npt.NDArray[np.uint64] | _Write | Reset"
"""A run of equal inputs (its pads, and its frames in the upper half), several runs, or an event."""


class Past:
    """The inputs that lead to a savestate. It does not change.

    Args:
        before: the past of the state that was loaded, or None for power-on.
        parts: the inputs since then.
        loads: savestates loaded on the way.
        unknown: why the inputs are not known; None if they are.
    """

    __slots__ = ("before", "loads", "parts", "unknown")

    def __init__(
        self,
        before: Past | None = None,
        parts: Sequence[_Part] = (),
        loads: int = 0,
        unknown: str | None = None,
    ) -> None:
        self.before, self.parts, self.loads, self.unknown = before, parts, loads, unknown

    @classmethod
    def from_log(cls, log: InputLog) -> Past:
        """The past of a state whose inputs are in a log."""
        if log.unknown is not None:
            return cls(loads=log.rerecords, unknown=log.unknown)
        parts: list[_Part] = []
        for entry in log:
            if isinstance(entry, Reset):
                parts.append(entry)
            elif isinstance(entry, Poke):
                parts.append(_Write(entry.address, bytes([entry.byte])))
            else:
                if not parts or not isinstance(parts[-1], array):
                    parts.append(array("Q"))
                run = parts[-1]
                assert isinstance(run, array)
                run.append(int.from_bytes(entry.pads, "little") | entry.frames << 32)
        return cls(None, parts, log.rerecords)

    @classmethod
    def after(cls, before: Past, runs: Sequence[int], loads: int) -> Past:
        """The past of a state that was saved some runs after another one.

        Args:
            before: the past of the other one.
            runs: each has the masks of four pads in its lower half and its frames in the upper one.
            loads: savestates that were loaded.
        """
        if before.unknown is not None:
            return cls(loads=loads, unknown=before.unknown)
        return cls(before, runs if len(runs) < _MOST_SEPARATE else (array("Q", runs),), loads)

    def log(self) -> InputLog:
        """All inputs from power-on."""
        if self.unknown is not None:
            return InputLog(None, unknown=self.unknown, rerecords=self.loads)
        log = InputLog(rerecords=self.loads)
        for part in self._all_parts():
            if isinstance(part, _Write):
                for address, byte in enumerate(part.data, part.address):
                    log.poke(address, byte)
            elif isinstance(part, Reset):
                log.reset()
            else:
                for run in (part,) if isinstance(part, int) else part.tolist():
                    log.hold((run & _PADS).to_bytes(4, "little"), run >> 32)
        return log

    def _all_parts(self) -> Iterator[_Part]:
        chain: list[Past] = []
        past: Past | None = self
        while past is not None:
            chain.append(past)
            past = past.before
        for link in reversed(chain):
            yield from link.parts

    def __reduce__(self) -> tuple[Any, ...]:
        # As one piece: a long chain of pasts would exceed the depth that pickle allows.
        return Past, (None, list(self._all_parts()), self.loads, self.unknown)


class History:
    """What one emulator has played since power-on.

    Args:
        has_user: whether a person at the window can press buttons, too.

    Attributes:
        loads: savestates that were loaded.
    """

    def __init__(self, *, has_user: bool = False) -> None:
        self.loads = 0
        self._has_user = has_user
        self._set: dict[int, int | None] = {}  # pads that Lua has set for the next frame
        self._never: str | None = None
        self._tape: Tape | None = None
        self._column = self._first = 0
        self._start(None, None)

    def _start(self, before: Past | None, unknown: str | None) -> None:
        self._before, self._unknown = before, self._never or unknown
        self._parts: list[_Part] = []
        self._runs: array[int] | None = None  # the last of the parts
        self._pads = self._frames = 0  # the run that has not ended
        if self._tape is not None:
            self._first = self._tape.rows

    # ---- recording -------------------------------------------------------

    def hold(self, pads: int, frames: int) -> None:
        """Record a step.

        Args:
            pads: the masks of held buttons, that of pad 1 in the lowest byte.
            frames: number of frames.
        """
        if self._tape is not None:
            self._leave()
        if self._set:
            self._set.clear()
        if pads == self._pads:
            self._frames += frames
            return
        self._end_run()
        self._pads, self._frames = pads, frames

    def set_pad(self, number: int, held: Mapping[str, bool | str]) -> None:
        """Record that Lua has set the buttons of a pad for the next frame.

        Args:
            number: 1 to 4.
            held: for each button by name whether it is held; `invert` inverts the user's button,
                and the user decides about buttons that are left out.
        """
        if self._has_user and (len(held) < len(BUTTON_NAMES) or "invert" in held.values()):
            self._set[number] = None
        else:
            self._set[number] = button_mask(name for name, value in held.items() if value)

    def hold_set(self) -> None:
        """Record a frame with the buttons that Lua has set."""
        default = None if self._has_user else 0
        pads = [self._set.get(number, default) for number in (1, 2)]
        pads += [self._set.get(number, 0) for number in (3, 4)]
        self._set.clear()
        masks = [mask for mask in pads if mask is not None]
        if len(masks) < len(pads):
            self.forget("emu.frameadvance played a frame in which the user's keys count")
        else:
            self.hold(int.from_bytes(bytes(masks), "little"), 1)

    def _end_run(self) -> None:
        frames, self._frames = self._frames, 0
        if not frames or self._unknown is not None:
            return
        if self._runs is None:
            self._runs = array("Q")
            self._add(self._runs)
        while frames:
            some = min(frames, _LONGEST_RUN)
            self._runs.append(self._pads | some << 32)
            frames -= some
        if len(self._runs) > _MOST_PARTS:
            self._too_long()

    def _add(self, part: _Part) -> None:
        self._parts.append(part)
        if len(self._parts) > _MOST_PARTS:
            self._too_long()

    def _too_long(self) -> None:
        self.forget(f"more than {_MOST_PARTS} changes of the buttons since a state was loaded")

    def write(self, address: int, data: bytes) -> None:
        """Record bytes that were written into memory."""
        self._put(_Write(address, data))

    def reset(self) -> None:
        """Record that the reset button was pressed."""
        self._put(Reset())

    def _put(self, part: _Part) -> None:
        self._settle()
        if self._unknown is None:
            self._runs = None
            self._add(part)

    def _settle(self) -> None:
        """Turn everything since the last part into parts."""
        if self._tape is not None:
            self.take()
        self._end_run()

    def power_on(self) -> None:
        """Record that the console was switched off and on: the inputs begin here."""
        self._start(None, None)

    def forget(self, why: str) -> None:
        """Record that something happened that is not recorded, until a power-on or a load."""
        self._start(None, self._unknown or why)

    def never(self, why: str) -> None:
        """Record that the inputs of this emulator will not be known any more."""
        self._never = self._never or why
        self.forget(why)

    # ---- states ----------------------------------------------------------

    def past(self) -> Past:
        """The inputs up to here, for a savestate."""
        plain = self._tape is None and self._unknown is None and not self._parts
        if plain and 0 < self._frames <= _LONGEST_RUN:
            # A search saves a state after each step, so this is made quick.
            only = Past(self._before, (self._pads | self._frames << 32,), self.loads)
            self._before, self._pads, self._frames = only, 0, 0
            return only
        self._settle()
        if self._unknown is not None:
            return Past(loads=self.loads, unknown=self._unknown)
        past = self._before
        if self._parts:
            past = Past(past, self._parts, self.loads)
        elif past is None:
            past = Past(loads=self.loads)
        elif past.loads != self.loads:
            past = Past(past.before, past.parts, self.loads)
        self._start(past, None)
        return past

    def load(self, past: Past) -> None:
        """Record that a savestate was loaded."""
        self.loads = max(self.loads, past.loads) + 1
        self._start(past, past.unknown)

    def resume(self, past: Past, loads: int) -> None:
        """Record that the machine is where a past has led.

        Args:
            past: the inputs.
            loads: savestates that were loaded so far.
        """
        self.loads = loads
        self._start(past, past.unknown)

    # ---- steps of a group --------------------------------------------------

    def join(self, tape: Tape, column: int) -> None:
        """From now on, take the steps from a column of a tape."""
        if self._tape is not tape:
            self._settle()
            self._drop_tape()
            self._tape, self._column, self._first = tape, column, tape.rows

    def take(self) -> None:
        """Copy the steps from the tape that are new."""
        tape, first = self._tape, self._first
        assert tape is not None
        self._first = tape.rows
        if self._first > first:
            self._set.clear()
        if self._first > first and self._unknown is None:
            pads = tape.pads[first : self._first, self._column].astype(np.uint64)
            frames = tape.frames[first : self._first, self._column].astype(np.uint64)
            self._runs = None
            self._add(pads | frames << np.uint64(32))

    def turn(self) -> None:
        """Copy the steps from a full tape, which begins again."""
        self.take()
        self._first = 0

    def _leave(self) -> None:
        self.take()
        self._drop_tape()

    def _drop_tape(self) -> None:
        if self._tape is not None:
            self._tape.joined = False
            self._tape = None


class Tape:
    """The steps of emulators that are stepped together, in arrays with a column for each.

    Recording a step takes the same time for any number of emulators. A history copies its column
    when a savestate is saved, and when the arrays are full.

    Args:
        histories: the history of each emulator.

    Attributes:
        histories: as given.
        joined: whether all of them take their steps from this tape.
        rows: number of steps in the arrays.
        pads: masks of the pads, that of pad 1 in the lowest byte, (256, k) uint32.
        frames: numbers of frames, (256, k) int32.
    """

    def __init__(self, histories: Sequence[History]) -> None:
        self.histories = histories
        self.joined = False
        self.rows = 0
        self.pads = np.zeros((_ROWS, len(histories)), np.uint32)
        self.frames = np.zeros((_ROWS, len(histories)), np.int32)

    def add(self, pads: npt.NDArray[np.int64], frames: npt.NDArray[np.int64]) -> None:
        """Record a step of all emulators.

        Args:
            pads: masks of the pads, that of pad 1 in the lowest byte, (k,).
            frames: numbers of frames, (k,).
        """
        if not self.joined:
            for column, history in enumerate(self.histories):
                history.join(self, column)
            self.joined = True
        row = self.rows
        if row == _ROWS:
            for history in self.histories:
                history.turn()
            row = 0
        self.pads[row] = pads
        self.frames[row] = frames
        self.rows = row + 1
