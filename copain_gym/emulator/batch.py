"""Batches: many short runs from savestates, played in one request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.batch_message import BatchReply, pack_batch, unpack_batch
from copain_gym.bridge.history import Past
from copain_gym.bridge.protocol import (
    BATCH_MAX_ITEMS,
    BATCH_MAX_REPLY,
    IS_AT_LEAST,
    IS_AT_MOST,
    IS_EQUAL,
    IS_GREATER,
    IS_LESS,
    IS_NOT_EQUAL,
    MAX_FRAMES,
    RAM_SIZE,
)
from copain_gym.bridge.savestate import SaveState, StateTable
from copain_gym.errors import LuaError

if TYPE_CHECKING:
    from copain_gym.bridge.client import Client
    from copain_gym.bridge.history import History

__all__ = ["RAM", "BatchPlayer", "BatchResult", "BatchStates", "Until"]

RAM = ((0, RAM_SIZE),)
"""The memory that a batch reads if nothing else is asked for: the console's 2 KiB of RAM."""

_COMPARISONS = {
    "==": IS_EQUAL,
    "!=": IS_NOT_EQUAL,
    "<": IS_LESS,
    "<=": IS_AT_MOST,
    ">": IS_GREATER,
    ">=": IS_AT_LEAST,
}
_ITEMS_PER_SECOND = 500  # that the time-out assumes, beside the frames
_ADDRESSES = 0x10000


class Until(NamedTuple):
    """A condition that ends an item of a batch early. It is looked at after each hold.

    Attributes:
        address: of a byte in the CPU's address space.
        comparison: `==`, `!=`, `<`, `<=`, `>` or `>=`.
        value: what the byte is compared with, 0 to 255.
        mask: bits of the byte that count.
    """

    address: int
    comparison: str
    value: int
    mask: int = 0xFF


class BatchResult(NamedTuple):
    """What the n items of a batch have led to. The arrays are read-only.

    Attributes:
        memory: the requested memory at the end of each item, (n, m) uint8.
        frames: frame counts, (n,) uint32.
        lag_frames: lag frames, (n,) uint32.
        played: numbers of frames that were played, (n,) uint32.
        ended: 1 + the number of the condition that ended the item, or 0, (n,) uint32.
        hashes: hashes of the whole machine without the picture, (n,) uint64; empty if they were not
            requested. They are comparable within one version of one engine.
        states: the kept states, a sequence.
    """

    memory: npt.NDArray[np.uint8]
    frames: npt.NDArray[np.uint32]
    lag_frames: npt.NDArray[np.uint32]
    played: npt.NDArray[np.uint32]
    ended: npt.NDArray[np.uint32]
    hashes: npt.NDArray[np.uint64]
    states: BatchStates


class _Sent(NamedTuple):
    """A batch that was sent."""

    masks: npt.NDArray[np.uint8]
    frames: npt.NDArray[np.uint32]
    keep: npt.NDArray[np.uint8]
    loaded: list[SaveState | None]
    before: Past  # of the machine before the batch
    drawn: bool  # whether the frame before the batch was drawn
    loads: list[int]  # savestates that were loaded, after the load of each item
    row: int
    conditions: int
    hashes: bool
    seconds: float


class BatchStates(Sequence["SaveState | None"]):
    """The states that a batch has kept; None where it has kept none.

    A `SaveState` is made when it is asked for. The emulator frees the others after this object is
    deleted.
    """

    def __init__(
        self, sent: _Sent, reply: BatchReply, table: StateTable, *, always_draws: bool
    ) -> None:
        self._sent, self._table = sent, table
        self._always_draws = always_draws
        self._kept: list[int] = reply.kept.tolist()
        self._played: list[int] = reply.played.tolist()
        self._runs = _runs(sent, reply).tolist()
        self._made: dict[int, SaveState] = {}
        self._pasts: dict[int, Past] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, k: Any) -> Any:
        if isinstance(k, slice):
            return [self[i] for i in range(*k.indices(len(self)))]
        k = range(len(self._kept))[k]
        made = self._made.get(k)
        handle = self._kept[k]
        if made is None and handle:
            made = self._table.make(handle, self.past(k), drawn=self.drawn(k))
            self._made[k] = made
        return made

    def past(self, k: int) -> Past:
        """The inputs that lead to the end of an item."""
        known = self._pasts.get(k)
        if known is not None:
            return known
        loaded, first = self._sent.loaded, k
        while first > 0 and loaded[first] is None and first - 1 not in self._pasts:
            first -= 1
        state = loaded[first]
        if state is not None:
            before = state.past
        else:
            before = self._pasts[first - 1] if first else self._sent.before
        # In the upper half of a run are its frames; a hold that was not played has none.
        runs = [run for held in self._runs[first : k + 1] for run in held if run >> 32]
        past = Past.after(before, runs, self._sent.loads[k])
        self._pasts[k] = past
        return past

    def drawn(self, k: int) -> bool:
        """Whether the frame at the end of an item has a picture."""
        while k >= 0:
            if self._played[k]:
                return self._always_draws
            state = self._sent.loaded[k]
            if state is not None:
                return state.has_picture
            k -= 1
        return self._sent.drawn

    def __del__(self) -> None:
        made = self._made
        self._table.discard_all(h for k, h in enumerate(self._kept) if h and k not in made)


def _runs(sent: _Sent, reply: BatchReply) -> npt.NDArray[np.uint64]:
    """What items have held, (n, h): the masks of four pads, and frames in the upper half."""
    frames = sent.frames.astype(np.uint64)
    if sent.conditions:  # an item that was ended early has played the first of its holds
        frames[np.cumsum(frames, axis=1) > reply.played[:, None]] = 0
    masks = sent.masks.astype(np.uint64)
    runs = masks[:, :, 0] | frames << np.uint64(32)
    for pad in range(1, masks.shape[2]):
        runs |= masks[:, :, pad] << np.uint64(8 * pad)
    held: npt.NDArray[np.uint64] = runs
    return held


class BatchPlayer:
    """The part of `Emulator` that plays batches."""

    SLOWEST_FPS: int
    _client: Client
    _history: History
    _states: StateTable
    _always_draws: bool
    _counts: tuple[int, int] | None
    _forget: Callable[[bool], None]
    _is_drawn: Callable[[], bool]

    def play_batch(
        self,
        states: SaveState | bytes | Sequence[SaveState | bytes | None] | None = None,
        masks: npt.ArrayLike = (0,),
        frames: npt.ArrayLike = 1,
        *,
        keep: bool | npt.ArrayLike = False,
        memory: Sequence[tuple[int, int]] = RAM,
        hashes: bool = False,
        until: Sequence[Until] = (),
    ) -> BatchResult:
        """Play many short runs in one request, which costs far less than one request each.

        The result is that of the same steps one after another. An item loads a savestate, holds
        buttons, and says what it has led to. No frame is drawn. The machine stays where the last
        item has ended.

        Args:
            states: the state that each of the n items loads, or one for all of them. An item with
                None goes on from where the machine is: from the end of the item before.
            masks: buttons held on pad 1, masks from 0 to 255: (n,), or (n, h) for h holds one after
                another, or (n, h, p) for the first p pads.
            frames: the number of frames of each hold, which is broadcast to (n, h). A hold of 0
                frames is left out, so items may have different numbers of holds. All frames
                together are at most 1,000,000.
            keep: whether the state at the end is kept, for all items or for each, (n,).
            memory: addresses and lengths of what is read at the end of each item.
            hashes: also fetch a hash of the state at the end of each item, to find equal ones.
            until: an item ends after the first hold after which one of these is true.

        Raises:
            ValueError: an argument is out of range, or sizes do not fit.
            StateError: a savestate is damaged or of another ROM; nothing was changed.
            LuaError: there is no room for more savestates, or a callback failed. The emulator goes
                on from where the batch has ended.
            EmulatorCrashed, EmulatorTimeout, EmulatorClosed: the emulator has ended.

        Examples:
            >>> from copain_gym import Emulator
            >>> with Emulator() as emulator:
            ...     start = emulator.save_state()
            ...     jobs = [[8, 0], [8, 129]]  # start, then nothing or A and right
            ...     result = emulator.play_batch(start, jobs, frames=[4, 60], keep=True)
            ...     more = emulator.play_batch(result.states, [1, 1], frames=8)
            >>> result.memory.shape, result.played.tolist(), more.frames.tolist()
            ((2, 2048), [64, 64], [72, 72])
        """
        self.send_batch(states, masks, frames, keep=keep, memory=memory, hashes=hashes, until=until)
        return self.receive_batch()

    def send_batch(
        self,
        states: SaveState | bytes | Sequence[SaveState | bytes | None] | None = None,
        masks: npt.ArrayLike = (0,),
        frames: npt.ArrayLike = 1,
        *,
        keep: bool | npt.ArrayLike = False,
        memory: Sequence[tuple[int, int]] = RAM,
        hashes: bool = False,
        until: Sequence[Until] = (),
    ) -> None:
        """Begin a `play_batch` and return at once; `receive_batch` waits for its end."""
        held = _check_masks(masks)
        n, h = held.shape[:2]
        counts = _check_frames(frames, n, h)
        kept = _check_keep(keep, n)
        ranges = _check_memory(memory, n)
        conditions = [_check_until(condition) for condition in until]
        begins: Any = states
        if isinstance(states, bytes) or not isinstance(states, Sequence):
            begins = [None if states is None else self._states.import_state(states)] * n
        if len(begins) != n:
            raise ValueError(f"there are {len(begins)} states for {n} items")
        loaded = [s if s is None else self._states.import_state(s) for s in begins]
        history = self._history
        loads = list(
            accumulate(
                loaded,
                lambda count, s: count if s is None else max(count, s.past.loads) + 1,
                initial=history.loads,
            )
        )[1:]
        total = int(counts.sum(dtype=np.int64))
        if total > MAX_FRAMES:
            raise ValueError(f"the batch has {total} frames; allowed are 0 to {MAX_FRAMES}")
        seconds = self._client.timeout + total / self.SLOWEST_FPS + n / _ITEMS_PER_SECOND
        drawn = self._is_drawn() if n and loaded[0] is None else False
        message = pack_batch(
            [0 if s is None else s.handle for s in loaded],
            held,
            counts,
            kept,
            ranges=ranges,
            conditions=conditions,
            freed=self._states.take_garbage(),
            hashes=hashes,
        )
        self._forget(drawn)
        self._client.send("play_batch", message, seconds=seconds)
        row = sum(length for _, length in ranges)
        self._sent = _Sent(
            held,
            counts,
            kept,
            loaded,
            history.past(),
            drawn,
            loads,
            row,
            len(conditions),
            hashes,
            seconds,
        )

    def receive_batch(self) -> BatchResult:
        """Wait for the end of the batch that `send_batch` began; see `play_batch`."""
        sent = self._sent
        try:
            results = self._client.receive(sent.seconds)
        except LuaError:
            self._history.forget("a batch was ended by an error in Lua or in a callback")
            raise
        try:
            if len(results) != 1:
                raise ValueError(f"there are {len(results)} results")
            reply = unpack_batch(
                results[0],
                sent.keep,
                sent.frames,
                row=sent.row,
                conditions=sent.conditions,
                hashes=sent.hashes,
            )
        except ValueError as error:
            raise self._client.malformed(f"a batch with a malformed reply: {error}") from None
        states = BatchStates(sent, reply, self._states, always_draws=self._always_draws)
        if len(states):
            self._history.resume(states.past(len(states) - 1), sent.loads[-1])
            self._forget(states.drawn(len(states) - 1))
            self._counts = int(reply.frames[-1]), int(reply.lag_frames[-1])
        return BatchResult(
            reply.memory,
            reply.frames,
            reply.lag_frames,
            reply.played,
            reply.ended,
            reply.hashes,
            states,
        )


def _integers(what: str, values: npt.ArrayLike, low: int, high: int) -> npt.NDArray[Any]:
    array = np.asarray(values)
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype == np.uint8 and low <= 0 and high >= 255:
        return array  # nothing can be out of range
    if array.dtype.kind not in "iu":
        raise ValueError(f"{what} are of type {array.dtype}; they must be integers")
    if array.min() < low or array.max() > high:
        wrong = array[(array < low) | (array > high)].flat[0]
        raise ValueError(f"{what} have a {wrong}; allowed are {low} to {high}")
    return array


def _check_masks(masks: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """The masks as (n, h, pads)."""
    array = _integers("masks", masks, 0, 255).astype(np.uint8, copy=False)
    if array.ndim not in (1, 2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        raise ValueError(
            f"masks has shape {array.shape}; allowed are (n,), (n, holds) and "
            "(n, holds, 1 to 4 pads)"
        )
    shape = array.shape + (1,) * (3 - array.ndim)
    if shape[0] * shape[1] > BATCH_MAX_ITEMS or shape[0] > BATCH_MAX_ITEMS:
        raise ValueError(f"masks has shape {array.shape}; {BATCH_MAX_ITEMS} holds are allowed")
    return array.reshape(shape)


def _check_frames(frames: npt.ArrayLike, n: int, holds: int) -> npt.NDArray[np.uint32]:
    array = _integers("frames", frames, 0, MAX_FRAMES).astype(np.uint32, copy=False)
    if array.shape == (n, holds):
        return array
    if array.ndim == 1 and holds == 1 and len(array) == n:
        return array[:, None]
    try:
        array = np.broadcast_to(array, (n, holds))
    except ValueError:
        raise ValueError(
            f"frames has shape {array.shape}, which does not fit {n} items of {holds} holds"
        ) from None
    return array


def _check_keep(keep: bool | npt.ArrayLike, n: int) -> npt.NDArray[np.uint8]:
    if keep is True or keep is False:
        return np.full(n, keep, np.uint8)
    array = np.asarray(keep)
    if array.dtype != bool or array.shape not in ((), (n,)):
        raise ValueError(f"keep is {keep!r}; it must be True, False, or one of them for each item")
    return np.broadcast_to(array, (n,)).astype(np.uint8)


def _check_memory(memory: Sequence[tuple[int, int]], n: int) -> list[tuple[int, int]]:
    if memory is RAM:
        pairs = list(RAM)
    else:
        ranges = _integers("memory", list(memory), 0, _ADDRESSES)
        if ranges.size and (ranges.ndim != 2 or ranges.shape[1] != 2):
            raise ValueError("memory must be pairs of an address and a length")
        pairs = [(int(address), int(length)) for address, length in ranges.reshape(-1, 2)]
    for address, length in pairs:
        if address >= _ADDRESSES or address + length > _ADDRESSES:
            raise ValueError(
                f"memory has {length} bytes from ${address:04X} on; addresses end at $FFFF"
            )
    size = n * (32 + sum(length for _, length in pairs))
    if size > BATCH_MAX_REPLY:
        raise ValueError(
            f"the results of {n} items have {size} bytes; {BATCH_MAX_REPLY} are allowed"
        )
    return pairs


def _check_until(until: Until) -> tuple[int, int, int, int]:
    until = Until(*until)
    if until.comparison not in _COMPARISONS:
        allowed = ", ".join(_COMPARISONS)
        raise ValueError(f"until compares by {until.comparison!r}; allowed are {allowed}")
    _integers("addresses of until", [until.address], 0, _ADDRESSES - 1)
    _integers("masks and values of until", [until.mask, until.value], 0, 255)
    return until.address, until.mask, _COMPARISONS[until.comparison], until.value
