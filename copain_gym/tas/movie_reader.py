"""Reads the bytes of an FM2 movie: the header, the inputs, and what follows them.

It reads what FCEUX's `LoadFM2` reads. Where FCEUX would play something else than the file says, an
error is raised; where nothing is lost, a warning is given.
"""

from __future__ import annotations

import re
import warnings

from copain_gym.errors import MovieError, MovieWarning
from copain_gym.tas.movie_header import Header, HeaderLine, bytes_of_text, check_header, port_names
from copain_gym.tas.movie_records import LineError, Records, parse_binary, parse_text, record_type

__all__ = ["read_fm2"]

_LARGEST_HEADER = 16 << 20  # bytes; an embedded savestate has some 10,000
_MOST_KEYS = 50_000
_SHORTEST_LINE = 7  # bytes of inputs without devices: |0||||
_BOM = b"\xef\xbb\xbf"
_FIRST_INPUTS = re.compile(rb"(?:\A|[\r\n])[ \t]*(?=\|)")
_TEXT_RECORD = re.compile(rb"[0-9]{1,3}\|[^|\r\n]*\|[^|\r\n]*\|")


def read_fm2(data: bytes, name: str) -> tuple[Header, Records, bytes]:
    """Read the bytes of a movie.

    Args:
        data: the whole file.
        name: name of the file, for messages.

    Returns:
        The header, the inputs, and the bytes after them.

    Raises:
        MovieError: the data is no movie, or one of its lines is malformed.
    """
    if data.startswith(_BOM):
        data = data[len(_BOM) :]
        _warn(f"{name}, line 1: the file begins with a byte order mark; FCEUX reads no such movie")
    if re.match(rb"version 3[ \t]*(?:[\r\n]|\Z)", data) is None:
        raise MovieError(f"{name}, line 1: {_what_instead(data)}")
    match = _FIRST_INPUTS.search(data)
    at = len(data) if match is None else match.end()
    header = Header([], name)
    if at > _LARGEST_HEADER:
        raise MovieError(f"{name}: its header has {at} bytes; {_LARGEST_HEADER} are allowed")
    lines = re.split(rb"\r\n|\r|\n", data[:at])
    for number, line in enumerate(lines, 1):
        if stripped := line.lstrip(b" \t"):
            _add(header, stripped, number)
    check_header(header)
    binary = header.integer("binary") != 0
    if binary:
        records, tail = _read_binary(data[at + 1 :], header)
    else:
        records, tail = _read_text(data[at:], len(lines), header)
    if b"\r" in (data[:at] if binary else data[: len(data) - len(tail)]):
        _warn(f"{name}: its lines end as in Windows; they are written as FCEUX does, with \\n")
    _warn_of_values(header, len(records.commands))
    return header, records, tail


def _add(header: Header, line: bytes, number: int) -> str:
    """Add a line to the header; return its key."""
    if len(header.lines) >= _MOST_KEYS:
        raise MovieError(
            f"{header.name}, line {number}: the header has more than {_MOST_KEYS} lines"
        )
    header.lines.append(HeaderLine.parse(line.decode("utf-8", "surrogateescape"), number))
    return header.lines[-1].key


def _warn(message: str) -> None:
    warnings.warn(message, MovieWarning, stacklevel=5)  # whoever called Movie.read


def _what_instead(data: bytes) -> str:
    kinds = {
        b"FCM\x1a": "an FCM movie, a format of older versions; FCEUX for Windows converts it",
        b"PK\x03\x04": "a zip archive; copain_gym.tas.bk2 reads BizHawk's movies",
        b"\xff\xfe": "text in UTF-16; save it as UTF-8",
        b"\xfe\xff": "text in UTF-16; save it as UTF-8",
    }
    for magic, kind in kinds.items():
        if data.startswith(magic):
            return f"this is no FM2 movie but {kind}"
    first = re.split(rb"[\r\n]", data[:80])[0]
    return f"an FM2 movie begins with `version 3`, and this file with {first!r}"


def _warn_of_values(header: Header, frames: int) -> None:
    """Warn of values that FCEUX plays, and that others refuse or that are not what they seem."""
    if header.integer("rerecordCount") < 0:
        _warn(f"{header.place('rerecordCount')}: rerecordCount is negative")
    try:
        right = len(bytes_of_text(header.get("romChecksum", ""))) == 16
    except ValueError:
        right = False
    if not right:
        what = "is no MD5 of 16 bytes" if "romChecksum" in header else "is missing"
        _warn(f"{header.place('romChecksum')}: romChecksum {what}; nothing says which ROM it is")
    length = header.integer("length", -1)
    if length > frames:
        _warn(f"{header.place('length')}: length is {length}, but there are {frames} frames")


# ---- binary --------------------------------------------------------------


def _read_binary(body: bytes, header: Header) -> tuple[Records, bytes]:
    if _TEXT_RECORD.match(body):
        raise header.error("binary", "says that the inputs are binary, but they are text")
    ports = port_names(header)
    size = record_type(ports).itemsize
    frames = len(body) // size
    length = header.integer("length", -1)
    if 0 <= length <= frames:
        return parse_binary(body[: length * size], ports), body[length * size :]
    if rest := len(body) - frames * size:
        _warn(
            f"{header.name}: the file is cut off: the last {rest} bytes are no whole frame of "
            f"{size} bytes and are left out; {frames} frames are complete"
        )
    return parse_binary(body[: frames * size], ports), b""


# ---- text ----------------------------------------------------------------


def _read_text(body: bytes, first: int, header: Header) -> tuple[Records, bytes]:
    """Read text lines.

    Args:
        body: everything from the first `|` on.
        first: number of the line that it begins with.
        header: the header; lines of it that come later are added.
    """
    ports = port_names(header)
    ends = max(body.count(b"\n"), body.count(b"\r"))
    if ends > len(body) // _SHORTEST_LINE + 1000 and not header.integer("length", -1) >= 0:
        raise MovieError(f"{header.name}: most of its lines are empty")
    body, tail = _split_tail(body, header.integer("length", -1))
    body = _without_cut_line(body, first, len(ports) + 3, header.name)
    try:
        return parse_text(body, ports), tail
    except LineError:
        pass  # it may hold lines that are not as FCEUX writes them
    body, numbers = _only_inputs(body, first, header, len(ports) + 3)
    try:
        return parse_text(body, ports), tail
    except LineError as error:
        line = body.split(b"\n", error.index + 1)[error.index]
        shown = line[:60].decode("ascii", "replace") + ("…" if len(line) > 60 else "")
        four = header.integer("fourscore")
        port = "fourscore" if four else f"port{error.port}"
        key = "" if error.port is None else f", key {port}"
        raise MovieError(
            f"{header.name}, line {numbers[error.index]}{key}: {error}; the line is {shown!r}"
        ) from None


def _split_tail(body: bytes, length: int) -> tuple[bytes, bytes]:
    """Split after so many lines of inputs, where FCEUX stops reading."""
    if length < 0:
        return body, b""
    lines = re.finditer(rb"[^\r\n]*(?:\r\n|\r|\n)?", body)
    end = 0
    for _, match in zip(range(length), lines, strict=False):
        end = match.end()
    return body[:end], body[end:]


def _without_cut_line(body: bytes, first: int, pipes: int, name: str) -> bytes:
    """Leave out a last line without an end, and end it if it is complete."""
    if not body or body.endswith((b"\n", b"\r")):
        return body
    start = max(body.rfind(b"\n"), body.rfind(b"\r")) + 1
    last = body[start:]
    if last.count(b"|") == pipes and last.rstrip(b" \t").endswith(b"||"):
        return body + b"\n"
    before = body[:start]
    if last.lstrip(b" \t").startswith(b"|"):
        number = first + len(re.findall(rb"\r\n|\r|\n", before))
        shown = last[:60].decode("ascii", "replace")
        _warn(
            f"{name}, line {number}: the file is cut off in the middle of the line {shown!r}, "
            f"which is left out"
        )
        return before
    return body + b"\n"


def _only_inputs(body: bytes, first: int, header: Header, pipes: int) -> tuple[bytes, list[int]]:
    """Bring lines into the form in which FCEUX writes them.

    Lines of the header that come after inputs are moved into it; FCEUX reads them, too.

    Returns:
        The lines of inputs, and their numbers in the file.
    """
    kept: list[bytes] = []
    numbers: list[int] = []
    for number, line in enumerate(re.split(rb"\r\n|\r|\n", body), first):
        stripped = line.strip(b" \t")
        if stripped.startswith(b"|"):
            if stripped.count(b"|") == pipes - 1 and stripped.endswith(b"|"):
                stripped += b"|"  # some tools leave out the field of the expansion port
            kept.append(stripped + b"\n")
            numbers.append(number)
        elif stripped:
            key = _add(header, line.lstrip(b" \t"), number)[:60]
            _warn(f"{header.name}, line {number}: {key} comes after inputs; it is kept above")
    check_header(header)
    return b"".join(kept), numbers
