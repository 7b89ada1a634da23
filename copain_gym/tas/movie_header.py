"""The header of an FM2 movie: its keys and values, in the order of the file."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field
from types import MappingProxyType

from copain_gym.errors import MovieError

__all__ = [
    "COMMANDS",
    "DEVICES",
    "EXPANSIONS",
    "Header",
    "HeaderLine",
    "bytes_of_text",
    "check_header",
    "port_names",
    "text_of_bytes",
]

KEYS = (
    *("version", "emuVersion", "rerecordCount", "palFlag", "romFilename", "romChecksum", "guid"),
    *("fourscore", "microphone", "port0", "port1", "port2", "FDS", "NewPPU", "RAMInitOption"),
    *("RAMInitSeed", "comment", "subtitle", "binary", "savestate", "saveram", "length"),
)
"""The keys that FCEUX writes, in its order."""

_TEXTS = {"romFilename", "romChecksum", "guid", "comment", "subtitle", "savestate", "saveram"}
_INTEGERS = frozenset(KEYS) - _TEXTS
PADS = 4  # of a Four Score

DEVICES = MappingProxyType(
    {
        -1: "unset",
        0: "none",
        1: "pad",
        2: "zapper",
        3: "power-pad-a",
        4: "power-pad-b",
        5: "arkanoid",
        6: "subor-mouse",
        7: "snes-pad",
        8: "snes-mouse",
        9: "virtual-boy",
        10: "lcd-zapper",
    }
)
"""Devices of the two controller ports: number in the header → name (FCEUX's `git.h`)."""

EXPANSIONS = MappingProxyType(
    {
        -1: "unset",
        0: "none",
        1: "arkanoid",
        2: "hyper-shot-gun",
        3: "four-players",
        4: "family-keyboard",
        5: "subor-keyboard",
        6: "pec586-keyboard",
        7: "hyper-shot-pads",
        8: "mahjong",
        9: "quiz-king",
        10: "family-trainer-a",
        11: "family-trainer-b",
        12: "oeka-kids",
        13: "barcode-world",
        14: "top-rider",
        15: "famicom-network",
        16: "hori-four-players",
    }
)
"""Devices of the expansion port: number in the header → name (FCEUX's `git.h`)."""

COMMANDS = {
    "reset": 1,
    "power": 2,
    "fds-insert": 4,
    "fds-select": 8,
    "vs-coin-1": 16,
    "vs-coin-2": 32,
    "vs-service": 64,
}
"""Bits of `Movie.commands`, by name."""

_LINE = re.compile(r"([^ \t]+)([ \t]?)(.*)", re.DOTALL)
_INTEGER = re.compile(r"[ \t]*([+-]?[0-9]{1,10})[ \t]*")


@dataclass(frozen=True)
class HeaderLine:
    """One line of a header.

    Attributes:
        key: its key.
        value: the text after the key and one space.
        separator: what is between them: a space, a tab or nothing.
        number: number of the line in the file it was read from; 0 for a new line.
    """

    key: str
    value: str
    separator: str = " "
    number: int = field(default=0, compare=False)

    @classmethod
    def parse(cls, text: str, number: int) -> HeaderLine:
        """Split a line that is not empty and does not begin with a space or tab."""
        match = _LINE.fullmatch(text)
        assert match is not None
        key, separator, value = match.groups()
        return cls(key, value, separator, number)

    def __str__(self) -> str:
        return self.key + self.separator + self.value


class Header(MutableMapping[str, str]):
    r"""Keys and values of a movie's header, in the order of the file.

    A key may be there several times, as `comment` often is. `header[key]` is then its last value,
    which is the one that FCEUX uses; `all` returns all of them.

    Args:
        lines: lines of the header.
        name: name of the movie, for messages.

    Examples:
        >>> header = Header([HeaderLine("version", "3"), HeaderLine("palFlag", "0")])
        >>> header["rerecordCount"] = "12"
        >>> [str(line) for line in header.lines]
        ['version 3', 'rerecordCount 12', 'palFlag 0']
    """

    def __init__(self, lines: Iterable[HeaderLine] = (), name: str = "the movie") -> None:
        self.lines = list(lines)
        self.name = name

    def copy(self) -> Header:
        """Return a copy; changes of one do not change the other."""
        return Header(self.lines, self.name)

    def __getitem__(self, key: str) -> str:
        return self._last(key).value

    def __setitem__(self, key: str, value: str) -> None:
        values = self.all(key)
        self.set_all(key, [*values[:-1], value])

    def __delitem__(self, key: str) -> None:
        self._last(key)
        self.lines = [line for line in self.lines if line.key != key]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(line.key for line in self.lines))

    def __len__(self) -> int:
        return len({line.key for line in self.lines})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Header) and self.lines == other.lines

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Header of {len(self.lines)} lines>"

    def all(self, key: str) -> list[str]:
        """Return all values of a key, in their order."""
        return [line.value for line in self.lines if line.key == key]

    def set_all(self, key: str, values: Iterable[str]) -> None:
        """Replace all values of a key. New lines go where FCEUX writes that key.

        Raises:
            ValueError: the key or a value cannot be in a header.
        """
        if not key or key[0] == "|" or re.search(r"[ \t\r\n]", key):
            raise ValueError(f"{key!r} cannot be a key of a movie's header")
        new = [HeaderLine(key, value) for value in values]
        for line in new:
            if re.search(r"[\r\n]", line.value):
                raise ValueError(f"{key} is {line.value[:60]!r}; a value must be a single line")
        at = next((k for k, line in enumerate(self.lines) if line.key == key), None)
        if at is None:
            later = KEYS[KEYS.index(key) + 1 :] if key in KEYS else ()
            places = (k for k, line in enumerate(self.lines) if line.key in later)
            at = next(places, len(self.lines))
        kept = [line for line in self.lines[at:] if line.key != key]
        self.lines = [*self.lines[:at], *new, *kept]

    def integer(self, key: str, default: int = 0) -> int:
        """Return a value as an integer.

        Raises:
            MovieError: it is not an integer; the message names the movie, the line and the key.
        """
        if key not in self:
            return default
        line = self._last(key)
        match = _INTEGER.fullmatch(line.value)
        if match is None:
            raise self.error(key, f"is {line.value[:60]!r}; it must be an integer")
        return int(match[1])

    def error(self, key: str, message: str) -> MovieError:
        """Return an error that names the movie, the line and the key."""
        return MovieError(f"{self.place(key)}: {key} {message}")

    def place(self, key: str) -> str:
        """Return the movie's name with the line of a key, for messages."""
        number = self._last(key).number if key in self else 0
        return f"{self.name}, line {number}" if number else self.name

    def _last(self, key: str) -> HeaderLine:
        for line in reversed(self.lines):
            if line.key == key:
                return line
        raise KeyError(key)


def bytes_of_text(text: str) -> bytes:
    r"""Decode bytes as FCEUX writes them: `base64:` and base64, or `0x` and hexadecimal.

    Raises:
        ValueError: the text is neither.

    Examples:
        >>> bytes_of_text("base64:AQID"), bytes_of_text("0x010203")
        (b'\x01\x02\x03', b'\x01\x02\x03')
    """
    text = text.strip(" \t")
    if text.startswith("base64:"):
        try:
            return base64.b64decode(text[7:].encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise ValueError("its base64 text is malformed") from None
    if text[:2].lower() == "0x":
        if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", text[2:]) is None:
            raise ValueError("its hexadecimal text is malformed")
        return bytes.fromhex(text[2:])
    raise ValueError("it begins neither with base64: nor with 0x")


def text_of_bytes(data: bytes) -> str:
    """Encode bytes as FCEUX does.

    Examples:
        >>> text_of_bytes(b"abc")
        'base64:YWJj'
    """
    return "base64:" + base64.b64encode(data).decode("ascii")


# ---- checks --------------------------------------------------------------


def port_names(header: Header) -> tuple[str, ...]:
    """Names of the devices in the controller ports: two, or the four pads of a Four Score."""
    if header.integer("fourscore"):
        return ("pad",) * PADS
    return tuple(DEVICES[header.integer(f"port{port}")] for port in (0, 1))


def check_header(header: Header) -> None:
    """Check the values of a header that decide how the movie is read and played.

    Raises:
        MovieError: a value is not allowed; the message names the line and the key.
    """
    for key in _INTEGERS:
        header.integer(key)
    if header.integer("version", -1) != 3:
        raise header.error("version", "must be 3")
    for key in ("savestate", "saveram"):
        if key in header:
            try:
                bytes_of_text(header[key])
            except ValueError as error:
                raise header.error(key, f"is malformed: {error}") from None
    four = header.integer("fourscore") != 0
    for key, names in (("port0", DEVICES), ("port1", DEVICES), ("port2", EXPANSIONS)):
        if key not in header and key != "port2" and not four:
            raise header.error(key, "is missing; it names the device of a port")
        if header.integer(key) not in names:
            allowed = ", ".join(f"{number} {name}" for number, name in names.items())
            raise header.error(key, f"is {header.integer(key)}; known devices are {allowed}")
    if header.integer("length", -1) < -1:
        raise header.error("length", f"is {header['length']}; allowed are 0 and more")
    _check_pipes(header)


def _check_pipes(header: Header) -> None:
    """Refuse a | after `binary 1`, because FCEUX takes it for the begin of the inputs."""
    binary = False
    for line in header.lines:
        if binary and "|" in line.key + line.value:
            raise MovieError(
                f"{header.name}, line {line.number}: {line.key} has a | after `binary 1`, where "
                f"FCEUX takes it for the begin of the inputs"
            )
        binary |= line.key == "binary" and line.value.strip(" \t") not in ("", "0")
