"""What the header of a movie says, as attributes of the movie."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from copain_gym.errors import MovieError
from copain_gym.roms.rom import Rom
from copain_gym.tas.movie_header import (
    EXPANSIONS,
    Header,
    bytes_of_text,
    port_names,
    text_of_bytes,
)

__all__ = ["HeaderFacts", "RamInit", "Subtitle"]

Start: TypeAlias = Literal["power-on", "savestate", "saveram"]
RECORDED = ("pad", "zapper")
"""Devices whose inputs a movie holds."""


class RamInit(NamedTuple):
    """How RAM is filled at power-on.

    Attributes:
        option: 0 a fixed pattern, 1 all $FF, 2 all $00, 3 random bytes.
        seed: seed of the random bytes.
    """

    option: int = 0
    seed: int = 0


class Subtitle(NamedTuple):
    """A text that FCEUX shows from a frame on."""

    frame: int
    text: str


class HeaderFacts:
    """The base of `Movie`: attributes that read and change its header.

    Args:
        header: the header.
    """

    def __init__(self, header: Header) -> None:
        self._header = header

    @property
    def header(self) -> Header:
        """All keys and values, in the order of the file, unknown ones too."""
        return self._header

    @property
    def binary(self) -> bool:
        """Whether the file has binary records instead of text."""
        return self._flag("binary")

    @binary.setter
    def binary(self, binary: bool) -> None:
        self._header.set_all("binary", ["1"] if binary else [])

    @property
    def start(self) -> Start:
        """Where the movie begins: `power-on`, `savestate`, or `saveram` (power-on with save RAM).

        FCEUX ignores save RAM if there is a savestate.
        """
        if "savestate" in self._header:
            return "savestate"
        return "saveram" if "saveram" in self._header else "power-on"

    @property
    def state(self) -> bytes | None:
        """The savestate at which the movie begins, as FCEUX writes it; None for power-on."""
        return self._data("savestate")

    @state.setter
    def state(self, state: bytes | None) -> None:
        self._set_data("savestate", state)

    @property
    def saveram(self) -> bytes | None:
        """The save RAM at power-on, as FCEUX writes it; None if it is empty."""
        return self._data("saveram")

    @saveram.setter
    def saveram(self, saveram: bytes | None) -> None:
        self._set_data("saveram", saveram)

    @property
    def region(self) -> str:
        """`NTSC` or `PAL`."""
        return "PAL" if self._flag("palFlag") else "NTSC"

    @region.setter
    def region(self, region: str) -> None:
        if region not in ("NTSC", "PAL"):
            raise MovieError(f"region is {region!r}; movies know 'NTSC' and 'PAL' only")
        self._header["palFlag"] = str(int(region == "PAL"))

    @property
    def rerecords(self) -> int:
        """How often a savestate was loaded while the movie was made."""
        return self._header.integer("rerecordCount")

    @rerecords.setter
    def rerecords(self, rerecords: int) -> None:
        if rerecords < 0:
            raise MovieError(f"rerecords is {rerecords}; allowed are 0 and more")
        self._header["rerecordCount"] = str(int(rerecords))

    @property
    def rom_md5(self) -> str | None:
        """MD5 of the ROM in hexadecimal, as `Rom.md5`; None if the movie names none."""
        try:
            data = bytes_of_text(self._header.get("romChecksum", ""))
        except ValueError:
            return None
        return data.hex() if len(data) == 16 and any(data) else None

    @rom_md5.setter
    def rom_md5(self, rom_md5: str | None) -> None:
        text = rom_md5 or "00" * 16
        if re.fullmatch(r"[0-9A-Fa-f]{32}", text) is None:
            raise MovieError(f"rom_md5 is {rom_md5!r}; it must be 32 hexadecimal digits")
        self._header["romChecksum"] = text_of_bytes(bytes.fromhex(text))

    @property
    def rom_name(self) -> str:
        """Name of the ROM file, without its suffix."""
        return self._header.get("romFilename", "")

    @property
    def guid(self) -> str:
        """Identity of the movie; FCEUX compares it with that of savestates."""
        return self._header.get("guid", "").strip(" \t")

    @property
    def emu_version(self) -> int:
        """Version of FCEUX that wrote the movie: 20605 is 2.6.5."""
        return self._header.integer("emuVersion")

    @property
    def new_ppu(self) -> bool:
        """Whether FCEUX's new PPU draws the picture."""
        return self._flag("NewPPU")

    @property
    def ram_init(self) -> RamInit:
        """How RAM is filled at power-on."""
        integer = self._header.integer
        return RamInit(integer("RAMInitOption"), integer("RAMInitSeed"))

    @property
    def fds(self) -> bool:
        """Whether it is a game of the Famicom Disk System, which needs its BIOS."""
        return self._flag("FDS")

    @property
    def microphone(self) -> bool:
        """Whether the second pad has a microphone."""
        return self._flag("microphone")

    @property
    def length(self) -> int | None:
        """The number of frames that the header names; None if it names none, as in most movies."""
        length = self._header.integer("length", -1)
        return None if length < 0 else length

    @property
    def authors(self) -> tuple[str, ...]:
        """Names of the authors."""
        return tuple(text[7:] for text in self._header.all("comment") if text[:7] == "author ")

    @authors.setter
    def authors(self, authors: Iterable[str]) -> None:
        self._header.set_all("comment", [*(f"author {a}" for a in authors), *self.comments])

    @property
    def comments(self) -> tuple[str, ...]:
        """Comments other than the authors."""
        return tuple(text for text in self._header.all("comment") if text[:7] != "author ")

    @comments.setter
    def comments(self, comments: Iterable[str]) -> None:
        authors = [f"author {author}" for author in self.authors]
        self._header.set_all("comment", [*authors, *comments])

    @property
    def subtitles(self) -> tuple[Subtitle, ...]:
        """Texts that FCEUX shows, with the frames at which they begin."""
        found = (text.split(" ", 1) for text in self._header.all("subtitle"))
        return tuple(
            Subtitle(int(frame), rest[0])
            for frame, *rest in found
            if rest and re.fullmatch("[0-9]{1,10}", frame)
        )

    @subtitles.setter
    def subtitles(self, subtitles: Iterable[Subtitle]) -> None:
        self._header.set_all("subtitle", [f"{frame} {text}" for frame, text in subtitles])

    @property
    def ports(self) -> tuple[str, ...]:
        """Names of the devices in the controller ports: two, or the four pads of a Four Score."""
        return port_names(self._header)

    @property
    def expansion(self) -> str:
        """Name of the device in the expansion port. Movies do not hold its inputs."""
        return EXPANSIONS[self._header.integer("port2")]

    @property
    def unrecorded(self) -> tuple[str, ...]:
        """Devices of this movie whose inputs FCEUX does not write into movies."""
        devices = (*self.ports, self.expansion)
        return tuple(d for d in devices if d not in (*RECORDED, "none", "unset"))

    def check_rom(self, rom: Rom) -> None:
        """Check that the movie was made with a ROM.

        Raises:
            MovieError: the movie names another ROM, or none.
        """
        if self.rom_md5 != rom.md5:
            named = f"names the ROM with MD5 {self.rom_md5}" if self.rom_md5 else "names no ROM"
            raise self._header.error("romChecksum", f"{named}; {rom.path} has the MD5 {rom.md5}")

    def _flag(self, key: str) -> bool:
        return self._header.integer(key) != 0

    def _data(self, key: str) -> bytes | None:
        return bytes_of_text(self._header[key]) if key in self._header else None

    def _set_data(self, key: str, data: bytes | None) -> None:
        self._header.set_all(key, [] if data is None else [text_of_bytes(data)])
