"""`InputLog`: the inputs from power-on, run-length encoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

__all__ = ["Entry", "Hold", "InputLog", "Player", "Poke", "Reset"]

_RESET, _POKE = -2, -1  # first number of such an entry in `to_plain`


class Hold(NamedTuple):
    """Buttons held for some frames.

    Attributes:
        frames: number of frames.
        pads: mask of held buttons of each pad; a pad that is left out holds no button.
    """

    frames: int
    pads: tuple[int, ...]


class Poke(NamedTuple):
    """A byte that was written into RAM between two frames. No player can do this."""

    address: int
    byte: int


class Reset(NamedTuple):
    """The console's reset button was pressed before the next frame."""


Entry: TypeAlias = Hold | Poke | Reset


class Player(Protocol):
    """What replays inputs: an `Emulator`."""

    memory: Any

    def poweron(self) -> None:
        """See `Emulator.poweron`."""

    def softreset(self) -> None:
        """See `Emulator.softreset`."""

    def step(self, *, frames: int, pads: Mapping[int, int]) -> Any:
        """See `Emulator.step`."""


class InputLog:
    """The inputs from power-on to the current frame of an emulator.

    Args:
        entries: inputs so far; None if they are not known.
        unknown: why they are not known; only for `entries=None`.
        rerecords: number of savestates that were loaded on the way.

    Attributes:
        unknown: why the inputs are not known; None if they are.
        rerecords: number of savestates that were loaded on the way.

    Examples:
        >>> log = InputLog()
        >>> for _ in range(3):
        ...     log.hold((8,), 4)
        >>> list(log), log.frames
        ([Hold(frames=12, pads=(8,))], 12)
    """

    def __init__(
        self,
        entries: Iterable[Entry] | None = (),
        *,
        unknown: str | None = None,
        rerecords: int = 0,
    ) -> None:
        self._entries: list[Entry] | None = None if entries is None else list(entries)
        self.unknown = (unknown or "they were not recorded") if entries is None else None
        self.rerecords = rerecords

    def hold(self, pads: Sequence[int], frames: int) -> None:
        """Record that the pads held these masks for `frames` frames."""
        if self._entries is None or frames == 0:
            return
        held = tuple(pads)
        while held and held[-1] == 0:
            held = held[:-1]
        last = self._entries[-1] if self._entries else None
        if isinstance(last, Hold) and last.pads == held:
            self._entries[-1] = Hold(last.frames + frames, held)
        else:
            self._entries.append(Hold(frames, held))

    def poke(self, address: int, byte: int) -> None:
        """Record that a byte was written into RAM."""
        if self._entries is not None:
            self._entries.append(Poke(address, byte))

    def reset(self) -> None:
        """Record that the reset button was pressed."""
        if self._entries is not None:
            self._entries.append(Reset())

    def snapshot(self) -> tuple[Entry, ...] | None:
        """Return the entries so far; None if they are not known."""
        return None if self._entries is None else tuple(self._entries)

    @property
    def frames(self) -> int:
        """Frames since power-on."""
        return sum(e.frames for e in self if isinstance(e, Hold))

    def reset_frames(self) -> list[int]:
        """Before which frames the reset button was pressed, counted from power-on."""
        frames, resets = 0, []
        for entry in self:
            if isinstance(entry, Reset):
                resets.append(frames)
            elif isinstance(entry, Hold):
                frames += entry.frames
        return resets

    @property
    def frames_since_reset(self) -> int:
        """Frames since power-on or the last reset, as the emulator counts them."""
        return self.frames - max(self.reset_frames(), default=0)

    @property
    def pure(self) -> bool:
        """Whether a movie can hold the inputs: they are known, and a player can give them."""
        return self.impurity() is None

    def impurity(self) -> str | None:
        """Why a movie cannot hold the inputs; None if it can."""
        if self._entries is None:
            return f"the inputs from power-on are not known: {self.unknown}"
        frames = 0
        last: Entry | None = None
        for entry in self._entries:
            if isinstance(entry, Poke):
                return (
                    f"memory was written after frame {frames}: {entry.byte} at the address "
                    f"0x{entry.address:04X}"
                )
            if isinstance(entry, Reset) and isinstance(last, Reset):
                return f"reset was pressed twice after frame {frames}, without a frame between"
            frames += entry.frames if isinstance(entry, Hold) else 0
            last = entry
        if isinstance(last, Reset):
            return f"reset was pressed after frame {frames}, and no frame was played since"
        return None

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries or ())

    def replay(self, emulator: Player) -> None:
        """Switch an emulator off and on, and play these inputs in it.

        Raises:
            ValueError: the inputs are not known.
        """
        if self._entries is None:
            raise ValueError(self.impurity())
        emulator.poweron()
        for entry in self._entries:
            if isinstance(entry, Poke):
                emulator.memory[entry.address] = entry.byte
            elif isinstance(entry, Reset):
                emulator.softreset()
            else:
                emulator.step(frames=entry.frames, pads=dict(enumerate(entry.pads, 1)))

    def to_plain(self) -> list[list[Any]] | None:
        """Return the entries as lists of integers.

        They are `[frames, pad…]`, `[-1, address, byte]` for a poke and `[-2]` for a reset.
        """
        return None if self._entries is None else [_plain(entry) for entry in self._entries]

    @classmethod
    def from_plain(cls, plain: list[list[int]] | None) -> InputLog:
        """Make an input log from the result of `to_plain`.

        Raises:
            ValueError: an entry is malformed.
        """
        return cls(None if plain is None else map(_entry, plain))


def _plain(entry: Entry) -> list[int]:
    if isinstance(entry, Poke):
        return [_POKE, *entry]
    if isinstance(entry, Reset):
        return [_RESET]
    return [entry.frames, *entry.pads]


def _entry(plain: object) -> Entry:
    if isinstance(plain, list) and plain and all(type(number) is int for number in plain):
        first, *rest = plain
        if (
            first == _POKE
            and len(rest) == 2
            and rest[0] in range(0x10000)
            and rest[1] in range(256)
        ):
            return Poke(*rest)
        if first == _RESET and not rest:
            return Reset()
        if first in range(1, 1 << 31) and len(rest) <= 4 and all(m in range(256) for m in rest):
            return Hold(first, tuple(rest))
    raise ValueError(f"the entry {repr(plain)[:60]} of an input log is malformed")
