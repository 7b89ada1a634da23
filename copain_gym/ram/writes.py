"""`find_writes`: which instructions write some bytes of RAM while a movie plays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from copain_gym.emulator import Emulator
from copain_gym.errors import RamSearchError
from copain_gym.games.variables import RAM_SIZE
from copain_gym.ram.instructions import (
    LENGTHS,
    Registers,
    disassemble,
    finds_write,
    writes_twice,
)

__all__ = ["MOST_BYTES", "Write", "find_writes"]

MOST_BYTES = 64
"""Addresses that can be watched at once."""

_SCRIPT = Path(__file__).with_name("writes.lua")
_CHUNK = 600  # frames of a step
_JSR = 0x20
_NAMELESS = "not known"


class Write(NamedTuple):
    """An instruction that writes.

    Attributes:
        pc: its address; where it is not known, the address of the next instruction.
        code: its bytes; none where it is not known.
        text: the instruction, such as `sta $07e4,x`; `interrupt` for what an interrupt
            (or BRK) pushes on the stack; `not known` where no instruction before PC writes there.
        addresses: the addresses that it wrote, of those that were asked for.
        times: how often it wrote.
        first: the frame of its first write, from 1.
        least: the least value.
        most: the greatest value.
    """

    pc: int
    code: bytes
    text: str
    addresses: tuple[int, ...]
    times: int
    first: int
    least: int
    most: int


def find_writes(
    emulator: Emulator,
    address: int,
    size: int = 1,
    *,
    play: Callable[[int], object] | None = None,
    frames: int,
) -> list[Write]:
    """Play some frames, and note which instructions write.

    FCEUX calls a function in Lua at each write. PC stands behind the instruction then, so the
    instruction is the one before it that writes to this address, with these registers.

    Args:
        emulator: the emulator, at the frame where it begins. Its inputs count as not known
            afterwards, because Lua watches the game.
        address: first address, in RAM (0 to 0x7ff, mirrors are included) or the cartridge's
            memory (0x6000 to 0x7fff).
        size: number of addresses, 1 to 64.
        play: plays that many frames; None holds nothing, or plays the emulator's movie.
        frames: number of frames.

    Returns:
        The instructions, the most frequent ones first.

    Raises:
        RamSearchError: there is no such memory.

    Examples:
        >>> with Emulator() as emulator:
        ...     found = find_writes(emulator, 0x07E4, frames=60)
        >>> {type(write.pc) for write in found} <= {int}
        True
    """
    areas = ((0, RAM_SIZE), (0x6000, 0x8000))
    if not 1 <= size <= MOST_BYTES:
        raise RamSearchError(f"size is {size}; allowed are 1 to {MOST_BYTES}")
    if not any(low <= address and address + size <= high for low, high in areas):
        raise RamSearchError(
            f"{size} bytes at {address:#x} are asked for; allowed are addresses in 0x0 to 0x7ff "
            f"(RAM) and 0x6000 to 0x7fff (memory of the cartridge)"
        )
    watched = list(range(address, address + size))
    if address < RAM_SIZE:  # RAM is there four times
        watched = [a + mirror for mirror in range(0, 0x2000, RAM_SIZE) for a in watched]
    emulator.run_lua(_SCRIPT.read_text("utf-8"), watched)
    before = emulator.lua.emu.framecount() - emulator.frame_count
    for begin in range(0, frames, _CHUNK):
        count = min(_CHUNK, frames - begin)
        if play is None:
            emulator.step(frames=count, draw=False)
        else:
            play(count)
    found = emulator.run_lua("return fetch_writes()") or []
    return _merged([_read(entry, before) for entry in found])


def _read(entry: Mapping[str, Any], before: int) -> Write:
    """A write from what Lua has noted."""
    address, pc = int(entry["address"]), int(entry["pc"])
    registers = Registers(*(int(register) for register in entry["registers"]))
    around, low = bytes(entry["code"]), bytes(entry["low"])  # from 3 bytes before PC
    counts = [int(count) for count in entry["counts"]]
    turns = [turn for turn in (0, 1) if counts[turn]]
    begin, code, text = pc, b"", "interrupt" if 0x100 <= address < 0x200 else _NAMELESS
    for length in (3, 2, 1):
        some = around[3 - length :]
        # JSR pushes before PC has moved over its last byte.
        needed = 2 if some[0] == _JSR else LENGTHS[some[0]]
        if needed == length and finds_write(some, address, int(entry["value"]), registers, low):
            begin, code = pc - length, some[: LENGTHS[some[0]]]
            text = disassemble(code, begin)
            break
    if code and writes_twice(code[0]):
        turns = [1]  # the second write has the new value
    return Write(
        begin,
        code,
        text,
        (address % RAM_SIZE if address < 0x2000 else address,),
        sum(counts[turn] for turn in turns),
        int(entry["frame"]) - before,
        min(int(entry["least"][turn]) for turn in turns),
        max(int(entry["most"][turn]) for turn in turns),
    )


def _merged(writes: list[Write]) -> list[Write]:
    """One entry for each instruction, the most frequent ones first."""
    merged: dict[tuple[int, bytes, str], Write] = {}
    for write in writes:
        key = write.pc, write.code, write.text
        other = merged.get(key)
        if other is not None:
            write = write._replace(
                addresses=tuple(sorted({*other.addresses, *write.addresses})),
                times=other.times + write.times,
                first=min(other.first, write.first),
                least=min(other.least, write.least),
                most=max(other.most, write.most),
            )
        merged[key] = write
    return sorted(merged.values(), key=lambda write: (-write.times, write.pc))
