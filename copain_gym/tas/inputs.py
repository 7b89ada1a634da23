"""`InputLog`: the inputs from power-on, run-length encoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from copain_gym.emulator import Emulator

__all__ = ["Entry", "Hold", "InputLog", "Poke"]


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


Entry: TypeAlias = Hold | Poke


class InputLog:
    """The inputs from power-on to the current frame of an emulator.

    Args:
        entries: inputs so far; None if they are not known.

    Examples:
        >>> log = InputLog()
        >>> for _ in range(3):
        ...     log.hold((8,), 4)
        >>> list(log), log.frames
        ([Hold(frames=12, pads=(8,))], 12)
    """

    def __init__(self, entries: Iterable[Entry] | None = ()) -> None:
        self._entries: list[Entry] | None = None if entries is None else list(entries)

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

    def snapshot(self) -> tuple[Entry, ...] | None:
        """Return the entries so far; None if they are not known."""
        return None if self._entries is None else tuple(self._entries)

    @property
    def frames(self) -> int:
        """Frames since power-on."""
        return sum(e.frames for e in self if isinstance(e, Hold))

    @property
    def pure(self) -> bool:
        """Whether the inputs are known and contain only buttons, so that a movie can hold them."""
        return self._entries is not None and all(isinstance(e, Hold) for e in self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries or ())

    def replay(self, emulator: Emulator) -> None:
        """Switch an emulator off and on, and play these inputs in it.

        Raises:
            ValueError: the inputs are not known.
        """
        if self._entries is None:
            raise ValueError("the inputs from power-on are not known")
        emulator.poweron()
        for entry in self._entries:
            if isinstance(entry, Poke):
                emulator.memory[entry.address] = entry.byte
            else:
                emulator.step(frames=entry.frames, pads=dict(enumerate(entry.pads, 1)))

    def to_plain(self) -> list[list[Any]] | None:
        """Return the entries as lists of integers: `[frames, pad…]`, or `[-1, address, byte]`."""
        if self._entries is None:
            return None
        return [[-1, *e] if isinstance(e, Poke) else [e.frames, *e.pads] for e in self._entries]

    @classmethod
    def from_plain(cls, plain: list[list[int]] | None) -> InputLog:
        """Make an input log from the result of `to_plain`.

        Raises:
            ValueError: an entry is malformed.
        """
        return cls(None if plain is None else map(_entry, plain))


def _entry(plain: object) -> Entry:
    if isinstance(plain, list) and plain and all(type(number) is int for number in plain):
        first, *rest = plain
        if first == -1 and len(rest) == 2 and rest[0] in range(0x10000) and rest[1] in range(256):
            return Poke(*rest)
        if first in range(1, 1 << 31) and len(rest) <= 4 and all(m in range(256) for m in rest):
            return Hold(first, tuple(rest))
    raise ValueError(f"the entry {repr(plain)[:60]} of an input log is malformed")
