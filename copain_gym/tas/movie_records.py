"""The inputs of an FM2 movie, frame by frame: text lines and binary records.

Source: `MovieRecord` in FCEUX's `movie.cpp`. A text line is `|commands|port 0|port 1||`, or,
with a Four Score, `|commands|pad 1|pad 2|pad 3|pad 4||`. A pad is the eight characters
`RLDUTSBA`, with `.` or a space for a button that is not held. A zapper is `XXX YYY B Q Z`. Other
devices are empty fields: FCEUX does not record them. A binary record is a byte of commands, a byte
of each pad, and 12 bytes of each zapper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["ZAPPER", "Records", "format_binary", "format_text", "parse_binary", "parse_text"]

Bytes: TypeAlias = npt.NDArray[np.uint8]
Places: TypeAlias = npt.NDArray[np.int64]

ZAPPER = np.dtype([("x", "u1"), ("y", "u1"), ("bogo", "u1"), ("hit", "<u8")])
"""A zapper in one frame: where it points, in pixels; frames until the trigger is up again; and when
its sensor last saw light, in cycles."""

_PIPE, _NEWLINE, _SPACE, _DOT, _ZERO = b"|\n .0"
_LETTERS = np.frombuffer(b"RLDUTSBA", np.uint8)
_LARGEST_HIT = (1 << 64) - 1


class Records(NamedTuple):
    """The inputs of a movie.

    Attributes:
        commands: (frames,) uint8, bit set of commands.
        inputs: (frames, ports) uint8, held buttons of each port.
        zappers: (frames, ports) of `ZAPPER`; all zero for other devices.
    """

    commands: Bytes
    inputs: Bytes
    zappers: npt.NDArray[Any]

    @classmethod
    def empty(cls, frames: int, ports: int) -> Records:
        """Return inputs in which nothing is held."""
        return cls(
            np.zeros(frames, np.uint8),
            np.zeros((frames, ports), np.uint8),
            np.zeros((frames, ports), ZAPPER),
        )


class LineError(Exception):
    """A line of the inputs is malformed.

    Attributes:
        index: index of the line among those that were given.
        port: number of the port whose field it is; None if it is none of them.
    """

    def __init__(self, index: int, message: str, port: int | None = None) -> None:
        self.index = int(index)
        self.port = port
        super().__init__(message)


# ---- text --------------------------------------------------------------


def parse_text(body: bytes, ports: Sequence[str]) -> Records:
    r"""Read the text lines of inputs.

    Args:
        body: lines; each of them begins with `|` and ends with `|` and a newline.
        ports: names of the devices.

    Raises:
        LineError: a line is malformed.

    Examples:
        >>> parse_text(b"|0|R......A|||\n", ("pad", "none")).inputs.tolist()
        [[129, 0]]
    """
    buffer = np.frombuffer(body, np.uint8)
    pipes = _pipes(buffer, len(ports) + 3)
    records = Records.empty(len(pipes), len(ports))
    records.commands[:] = _number(
        buffer,
        pipes[:, 0] + 1,
        pipes[:, 1] - pipes[:, 0] - 1,
        "its commands must be a number from 0 to 255",
    )
    for port in range(len(ports)):
        start, width = pipes[:, port + 1] + 1, pipes[:, port + 2] - pipes[:, port + 1] - 1
        try:
            _port(buffer, (start, width), ports[port], records, port)
        except LineError as error:
            error.port = port
            raise
    _refuse(
        pipes[:, -1] - pipes[:, -2] != 1,
        "the field of the expansion port is not empty; FCEUX records nothing there",
    )
    return records


def _port(
    buffer: Bytes, fields: tuple[Places, Places], device: str, records: Records, port: int
) -> None:
    """Read the field of a port in each line.

    Args:
        buffer: all lines.
        fields: where the fields begin, and how wide they are.
        device: name of the device.
        records: the inputs to fill.
        port: number of the port.
    """
    start, width = fields
    if device == "pad":
        _refuse(width != 8, "the field of a pad needs 8 characters, and has {}", width)
        records.inputs[:, port] = _pad(buffer, start)
    elif device == "zapper":
        _zapper(buffer, start, width, records, port)
    else:
        _check_unused(buffer, start, width, device)


def _pipes(buffer: Bytes, count: int) -> Places:
    """The positions of the `|` of each line, (lines, count)."""
    if len(buffer) and buffer[-1] != _NEWLINE:
        raise LineError(0, "its end is not a newline")
    ends = np.flatnonzero(buffer == _NEWLINE)
    pipes = np.flatnonzero(buffer == _PIPE)
    starts = np.concatenate(([0], ends[:-1] + 1))[: len(ends)]
    found = np.diff(np.searchsorted(pipes, np.append(starts, len(buffer))))
    _refuse(found != count, f"it has {{}} fields; with these ports it needs {count - 1}", found - 1)
    table = pipes.reshape(-1, count)
    _refuse(table[:, 0] != starts, "it does not begin with |")
    _refuse(table[:, -1] != ends - 1, "it does not end with |")
    return table


def _refuse(wrong: npt.NDArray[np.bool_], message: str, values: Any = None) -> None:
    """Raise an error for the first line that is wrong."""
    if wrong.any():
        index = int(wrong.argmax())
        raise LineError(index, message if values is None else message.format(values[index]))


def _number(buffer: Bytes, start: Places, width: Places, message: str, limit: int = 255) -> Any:
    """Read the decimal number of each line, (lines,) uint64."""
    digits = len(str(limit))
    _refuse((width < 1) | (width > digits), message)
    value = np.zeros(len(start), np.uint64)
    for k in range(int(width.max(initial=0))):
        here = np.flatnonzero(k < width)
        # Below "0", this wraps around to a large number.
        digit = (buffer[start[here] + k] - np.uint8(_ZERO)).astype(np.uint64)
        wrong = np.zeros(len(start), np.bool_)
        wrong[here] = digit > 9
        # Compared before it is multiplied, because 20 digits can exceed 64 bits.
        wrong[here] |= value[here] > (np.uint64(limit) - digit) // np.uint64(10)
        _refuse(wrong, message)
        value[here] = value[here] * np.uint64(10) + digit
    return value


def _pad(buffer: Bytes, start: Places) -> Bytes:
    held = np.zeros(len(start), np.uint8)
    for k in range(8):
        letter = buffer[start + k]
        held |= ((letter != _DOT) & (letter != _SPACE)).astype(np.uint8) << np.uint8(7 - k)
    return held


def _zapper(buffer: Bytes, start: Places, width: Places, records: Records, port: int) -> None:
    """Read the five numbers of a zapper, which are separated by one space each."""
    message = "a zapper needs five numbers with one space between them"
    spaces = np.cumsum(buffer == _SPACE, dtype=np.int64)
    before = spaces[start - 1]
    _refuse(spaces[start + width - 1] - before != 4, message)
    positions = np.flatnonzero(buffer == _SPACE)
    for k, name in enumerate(("x", "y", "held", "bogo", "hit")):
        end = start + width if k == 4 else positions[before + k]
        begin = start if k == 0 else positions[before + k - 1] + 1
        what = f"{name!r} of a zapper must be a number "
        what += f"from 0 to {_LARGEST_HIT if name == 'hit' else 255}"
        value = _number(buffer, begin, end - begin, what, _LARGEST_HIT if name == "hit" else 255)
        if name == "held":
            records.inputs[:, port] = value
        else:
            records.zappers[name][:, port] = value


def _check_unused(
    buffer: Bytes,
    start: Places,
    width: Places,
    device: str,
) -> None:
    """Allow a field of a device that is not recorded only if nothing is held in it."""
    for k in range(int(width.max(initial=0))):
        here = k < width
        letter = buffer[start[here] + k]
        wrong = here.copy()
        wrong[here] = (letter != _DOT) & (letter != _SPACE)
        _refuse(wrong, f"it holds inputs of the device {device!r}, which FCEUX ignores")


def format_text(records: Records, ports: Sequence[str]) -> bytes:
    r"""Write inputs as text lines, as FCEUX does.

    Examples:
        >>> records = Records.empty(1, 2)
        >>> records.inputs[0, 0] = 0x81
        >>> format_text(records, ("pad", "none"))
        b'|0|R......A|||\n'
    """
    frames = len(records.commands)
    lines = _Lines(frames)
    lines.text(b"|")
    lines.decimal(records.commands, 3)
    for port, device in enumerate(ports):
        lines.text(b"|")
        if device == "pad":
            held = np.unpackbits(records.inputs[:, port, None], axis=1).astype(np.bool_)
            lines.cells(np.where(held, _LETTERS, np.uint8(_DOT)))
        elif device == "zapper":
            zapper = records.zappers[:, port]
            lines.decimal(zapper["x"], 3, least=3)
            lines.text(b" ")
            lines.decimal(zapper["y"], 3, least=3)
            lines.text(b" ")
            lines.decimal(records.inputs[:, port], 3)
            lines.text(b" ")
            lines.decimal(zapper["bogo"], 3)
            lines.text(b" ")
            lines.decimal(zapper["hit"], len(str(_LARGEST_HIT)))
    lines.text(b"||\n")
    return lines.to_bytes()


class _Lines:
    """Lines of equal structure, built column by column; cells that are not kept are left out."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._cells: list[Bytes] = []
        self._kept: list[npt.NDArray[np.bool_]] = []

    def cells(self, cells: Bytes, kept: npt.NDArray[np.bool_] | None = None) -> None:
        self._cells.append(cells)
        self._kept.append(np.ones(cells.shape, np.bool_) if kept is None else kept)

    def text(self, text: bytes) -> None:
        self.cells(np.broadcast_to(np.frombuffer(text, np.uint8), (self._frames, len(text))))

    def decimal(self, numbers: npt.NDArray[Any], digits: int, least: int = 1) -> None:
        """Add numbers without leading zeros, of at least `least` digits."""
        rest = numbers.astype(np.uint64)
        cells = np.empty((self._frames, digits), np.uint8)
        for k in reversed(range(digits)):
            rest, digit = np.divmod(rest, np.uint64(10))
            cells[:, k] = digit + np.uint64(_ZERO)
        kept = np.logical_or.accumulate(cells != _ZERO, axis=1)
        kept[:, digits - least :] = True
        self.cells(cells, kept)

    def to_bytes(self) -> bytes:
        return bytes(np.hstack(self._cells)[np.hstack(self._kept)].tobytes())


# ---- binary ------------------------------------------------------------


def record_type(ports: Sequence[str]) -> np.dtype[Any]:
    """The structure of a binary record."""
    fields: list[tuple[str, str]] = [("commands", "u1")]
    for port, device in enumerate(ports):
        if device == "pad":
            fields.append((f"held{port}", "u1"))
        elif device == "zapper":
            names = {"x": "u1", "y": "u1", "held": "u1", "bogo": "u1", "hit": "<u8"}
            fields += [(f"{name}{port}", kind) for name, kind in names.items()]
    return np.dtype(fields)


def parse_binary(body: bytes, ports: Sequence[str]) -> Records:
    r"""Read binary records.

    Examples:
        >>> parse_binary(b"\x00\x81\x01\x02", ("pad", "none")).inputs.tolist()
        [[129, 0], [2, 0]]
    """
    table = np.frombuffer(body, record_type(ports))
    records = Records.empty(len(table), len(ports))
    records.commands[:] = table["commands"]
    for port, device in enumerate(ports):
        if device in ("pad", "zapper"):
            records.inputs[:, port] = table[f"held{port}"]
        if device == "zapper":
            for name in ("x", "y", "bogo", "hit"):
                records.zappers[name][:, port] = table[f"{name}{port}"]
    return records


def format_binary(records: Records, ports: Sequence[str]) -> bytes:
    r"""Write inputs as binary records, as FCEUX does in its savestates.

    Examples:
        >>> records = Records.empty(2, 2)
        >>> records.inputs[0, 0] = 0x81
        >>> format_binary(records, ("pad", "none"))
        b'\x00\x81\x00\x00'
    """
    table = np.zeros(len(records.commands), record_type(ports))
    table["commands"] = records.commands
    for port, device in enumerate(ports):
        if device in ("pad", "zapper"):
            table[f"held{port}"] = records.inputs[:, port]
        if device == "zapper":
            for name in ("x", "y", "bogo", "hit"):
                table[f"{name}{port}"] = records.zappers[name][:, port]
    return table.tobytes()
