"""The `Input Log.txt` of a `.bk2` movie: a table of buttons and axes, one line per frame.

The line `LogKey:#Reset|Power|#P1 Up|P1 Down|…` names the columns of each group. In a line of
inputs, a button is one character, `.` if it is not held, and an axis is a number and a comma.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.errors import MovieError

__all__ = ["InputTable", "format_log", "parse_log"]

InputTable: TypeAlias = "list[dict[str, npt.NDArray[Any]]]"
"""Groups of columns: name → (frames,) bool for a button, int64 for an axis."""

_AXIS = re.compile(r"(?:Zapper|Pen|Mouse) [XY]$|Paddle$|Reset Cycle$")
_SIGNS = {
    "Reset": "r",
    "Power": "P",
    "Up": "U",
    "Down": "D",
    "Left": "L",
    "Right": "R",
    "Start": "S",
    "Select": "s",
    "B": "B",
    "A": "A",
    "Fire": "F",
    "Microphone": "M",
    "Insert Coin P1": "c",
    "Insert Coin P2": "C",
    "Service Switch": "w",
}
_MOST_COLUMNS = 500
_NUMERAL = np.frombuffer(b" -0123456789", np.uint8)
_NUMBER = re.compile(rb" *(-?[0-9]{1,9}) *")


def format_log(table: InputTable, frames: int) -> bytes:
    """Write an input log.

    Args:
        table: groups of columns; numbers from 0 to 99,999.
        frames: number of frames.
    """
    key = "".join("#" + "".join(f"{name}|" for name in group) for group in table)
    cells = []
    for group in table:
        cells.append(_text(b"|", frames))
        for name, values in group.items():
            if values.dtype == np.bool_:
                sign = _SIGNS[re.sub(r"^P[0-9] ", "", name)]
                cells.append(np.where(values, ord(sign), ord(".")).astype(np.uint8)[:, None])
            else:
                digits = values[:, None] // 10 ** np.arange(4, -1, -1) % 10
                shown = np.logical_or.accumulate(digits != 0, axis=1)
                shown[:, -1] = True
                cells.append(np.where(shown, digits + ord("0"), ord(" ")).astype(np.uint8))
                cells.append(_text(b",", frames))
    cells.append(_text(b"|\r\n", frames))
    body = np.hstack(cells).tobytes()
    return b"[Input]\r\nLogKey:" + key.encode() + b"\r\n" + body + b"[/Input]\r\n"


def _text(text: bytes, frames: int) -> npt.NDArray[np.uint8]:
    return np.broadcast_to(np.frombuffer(text, np.uint8), (frames, len(text)))


def parse_log(content: bytes, name: str) -> dict[str, npt.NDArray[Any]]:
    r"""Read an input log.

    Args:
        content: the text.
        name: name of the text, for messages.

    Returns:
        Name of a column → its values in each frame.

    Raises:
        MovieError: a line is malformed; the message names it.

    Examples:
        >>> log = b"[Input]\nLogKey:#Reset|#P1 Up|P1 A|\n|.|UA|\n|r|.A|\n[/Input]"
        >>> {name: values.tolist() for name, values in parse_log(log, "log").items()}
        {'Reset': [False, True], 'P1 Up': [True, False], 'P1 A': [True, True]}
    """
    columns: list[str] = []
    rows: list[bytes] = []
    numbers: list[int] = []
    if max(content.count(b"\n"), content.count(b"\r")) > len(content) // 3 + 1000:
        raise MovieError(f"{name}: most of its lines are empty")
    lines = re.split(rb"\r\n|\r|\n", content.removeprefix(b"\xef\xbb\xbf"))
    for number, line in enumerate(lines, 1):
        if line.startswith(b"|"):
            rows.append(line.rstrip())
            numbers.append(number)
        elif line.startswith((b"LogKey:", b"P1 ")) and not columns:
            columns = _columns(line, f"{name}, line {number}")
        elif line.strip() and line.strip() not in (b"[Input]", b"[/Input]") and not columns:
            raise MovieError(f"{name}, line {number}: {line[:60]!r} is no line of an input log")
    if not columns:
        if rows:
            raise MovieError(f"{name}: no line names the columns of the inputs (LogKey)")
        return {}
    cells = len(rows[0].replace(b"|", b"")) if rows else 0
    if columns[0].startswith("P1 ") and cells == len(columns) + 2:
        columns = ["Reset", "Power", *columns]  # stable-retro loses the beginning of the line
    values = _quick(rows, columns) or _slow(rows, columns, numbers, name)
    return dict(zip(columns, values, strict=True))


def _columns(line: bytes, place: str) -> list[str]:
    text = line.decode("utf-8", "replace").removeprefix("LogKey:")
    columns = [column for column in re.split(r"[#|]+", text) if column]
    if len(columns) > _MOST_COLUMNS or len(set(columns)) < len(columns):
        raise MovieError(f"{place}, key LogKey: too many columns, or two of the same name")
    return columns


def _quick(rows: Sequence[bytes], columns: Sequence[str]) -> list[npt.NDArray[Any]] | None:
    """The values of lines of the same form, all at once; None if they are not."""
    if not rows or len(set(map(len, rows))) > 1:
        return None
    table = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)
    pipes, commas = table == ord("|"), table == ord(",")
    if (pipes != pipes[0]).any() or (commas != commas[0]).any():
        return None
    cells = table[:, ~pipes[0]]
    first = cells[0].tobytes()
    values: list[npt.NDArray[Any]] = []
    at = 0
    for column in columns:
        if _AXIS.search(column) is None:
            values.append(cells[:, at : at + 1] != ord("."))
            at += 1
        else:
            end = first.find(b",", at)
            texts = np.ascontiguousarray(cells[:, at : max(end, at)])
            if not 1 <= texts.shape[1] <= 10 or not np.isin(texts, _NUMERAL).all():
                return None
            try:
                values.append(texts.view(f"S{texts.shape[1]}").astype(np.int64))
            except ValueError:
                return None
            at = end + 1
    if at != len(first) or any(value.shape[1] != 1 for value in values):
        return None
    return [value[:, 0] for value in values]


def _slow(
    rows: Sequence[bytes], columns: Sequence[str], numbers: Sequence[int], name: str
) -> list[npt.NDArray[Any]]:
    """The values of any lines, which are read one by one as BizHawk does."""
    axes = [_AXIS.search(column) is not None for column in columns]
    table = [
        _cells(row.replace(b"|", b""), axes, f"{name}, line {number}")
        for row, number in zip(rows, numbers, strict=True)
    ]
    array = np.array(table, np.int64).reshape(len(rows), len(columns))
    return [array[:, k] if axis else array[:, k] != 0 for k, axis in enumerate(axes)]


def _cells(row: bytes, axes: Sequence[bool], place: str) -> list[int]:
    cells, at = [], 0
    for axis in axes:
        if axis:
            end = row.find(b",", at)
            match = _NUMBER.fullmatch(row, at, max(end, at))
            if end < 0 or match is None:
                raise MovieError(f"{place}: a number and a comma is missing in {row[:60]!r}")
            cells.append(int(match[1]))
            at = end + 1
        else:
            cells.append(int(row[at : at + 1] != b"."))
            at += 1
    if at != len(row):
        raise MovieError(f"{place}: it has {len(row)} characters of inputs, and needs {at}")
    return cells
