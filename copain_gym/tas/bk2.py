"""BizHawk's movies (`.bk2`): reading and writing those of the NES, and reading stable-retro's.

A `.bk2` is a zip archive of texts: `Header.txt`, `Input Log.txt`, `Comments.txt`, `Subtitles.txt`
and `SyncSettings.json`. The input log names its columns in its first line. Only inputs survive a
conversion with certainty: another emulator may play them to another end. What cannot survive is
listed, except for `guid` and `emuVersion`, which are new in each conversion.

Sources: `Bk2Movie.IO.cs`, `Bk2LogEntryGenerator.cs`, `NESControllers.cs` and `Fm2Import.cs` of
BizHawk, and `movie-bk2.cpp` of stable-retro.
"""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.buttons import Button
from copain_gym.errors import FileError, MovieError
from copain_gym.files import read_file
from copain_gym.paths import expand_user
from copain_gym.tas.bk2_devices import (
    CONSOLE,
    DEVICES,
    EXPANSIONS,
    FOUR_SCORE,
    PAD,
    RAM_PATTERNS,
)
from copain_gym.tas.bk2_log import parse_log
from copain_gym.tas.bk2_write import to_bk2, write_bk2
from copain_gym.tas.movie import Movie, Subtitle
from copain_gym.tas.movie_records import ZAPPER

__all__ = ["from_bk2", "read_bk2", "to_bk2", "write_bk2"]

_LARGEST = 64 << 20  # bytes of an archive
_LARGEST_LOG = 128 << 20  # bytes of the unpacked input log: 24 hours of two pads
_LARGEST_TEXT = 4 << 20  # bytes of another unpacked text
_LARGEST_DIRECTORY = 1 << 20  # bytes of the archive's list of files: about 20,000 files
_ENTRIES = ("header", "input log", "comments", "subtitles", "syncsettings")


def read_bk2(path: str | os.PathLike[str]) -> tuple[Movie, list[str]]:
    """Read a `.bk2` file of BizHawk or stable-retro.

    Returns:
        The movie, and what cannot survive, a sentence each.

    Raises:
        MovieError: the file cannot be read, is no `.bk2`, is larger than allowed, or is not a
            movie of the NES. The message names the file, and the text in it where it can.
    """
    try:
        data = read_file(expand_user(path), _LARGEST)
    except FileError as error:
        raise MovieError(f"the movie {path} cannot be read: {error}") from error
    return from_bk2(data, str(path))


def from_bk2(data: bytes, name: str = "the movie") -> tuple[Movie, list[str]]:
    """Read the content of a `.bk2` file; see `read_bk2`.

    Args:
        data: the whole file.
        name: name of the file, for messages.
    """
    texts = _unpack(data, name)
    header = _read_header(texts, name)
    lost: list[str] = []
    if (platform := header.get("Platform", "")) not in ("NES", "Nes", "FDS"):
        raise MovieError(f"{name}, Header.txt, key Platform: {platform!r} is not the NES")
    table = parse_log(texts["input log"], f"{name}, Input Log.txt")
    settings = _settings(texts.get("syncsettings", b""), lost)
    retro = header.get("MovieVersion", "") == "Retro"
    movie = _build(table, settings, header, retro, name, lost)
    movie.comments = [line for line in _text(texts.get("comments")) if line]
    movie.subtitles = _subtitles(_text(texts.get("subtitles")), lost)
    movie.authors = [author for author in [header.get("Author", "")] if author not in ("", "?")]
    if "core.bin" in texts or header.get("StartsFromSavestate", "").lower() == "true":
        lost.append("the savestate at the beginning: FCEUX cannot load those of other cores")
    if header.get("StartsFromSaveRam", "").lower() == "true":
        lost.append("the save RAM at the beginning: it is another core's")
    if header.get("Core") == "SubNESHawk":
        lost.append("frames: a line of the core SubNESHawk can be a part of a frame")
    if header.get("rerecordCount", "0").startswith("-"):
        lost.append("rerecordCount: it is negative")
    if "SHA1" in header and movie.rom_md5 is None and not retro:
        lost.append(f"the SHA-1 of the ROM, {header['SHA1']}: FM2 movies name its MD5")
    return movie, lost


def _unpack(data: bytes, name: str) -> dict[str, bytes]:
    """The texts of an archive: name in lower case without its suffix → content."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if not data.startswith(b"PK") or end < 0:
        raise MovieError(f"{name}: this is no bk2 movie: it is no zip archive")
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    if size > _LARGEST_DIRECTORY or data[max(0, end - 20) :].startswith(b"PK\x06\x07"):
        raise MovieError(f"{name}: this is no bk2 movie: it has too many files")
    texts: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                stem = entry.filename.lower()
                if stem == "core.bin":
                    texts[stem] = b""
                stem = stem.rpartition(".")[0] or stem
                if stem in _ENTRIES and stem not in texts:
                    texts[stem] = _entry(archive, entry, name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as error:
        raise MovieError(f"{name}: the zip archive is damaged: {error}") from None
    for wanted, title in (("header", "Header.txt"), ("input log", "Input Log.txt")):
        if wanted not in texts:
            raise MovieError(f"{name}: this is no bk2 movie: it has no {title}")
    return texts


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    limit = _LARGEST_LOG if entry.filename.lower().startswith("input log") else _LARGEST_TEXT
    content = b""
    if entry.file_size <= limit:
        with archive.open(entry) as file:
            content = file.read(limit + 1)
    if max(len(content), entry.file_size) > limit:
        raise MovieError(
            f"{name}: {entry.filename} has {entry.file_size} bytes; {limit} are allowed"
        )
    return content


def _text(content: bytes | None) -> list[str]:
    return re.split(r"[\r\n]+", (content or b"").decode("utf-8-sig", "surrogateescape"))


def _read_header(texts: Mapping[str, bytes], name: str) -> dict[str, str]:
    pairs = (line.partition(" ") for line in _text(texts["header"]) if line)
    header = {key: value.strip() for key, _, value in pairs}
    count = header.get("rerecordCount", "0")
    if re.fullmatch(r"-?[0-9]{1,18}", count) is None:
        raise MovieError(f"{name}, Header.txt, key rerecordCount: {count[:60]!r} is no integer")
    return header


def _settings(content: bytes, lost: list[str]) -> dict[str, Any]:
    """BizHawk's settings of the core; empty if there are none."""
    if not content.strip():
        return {}
    try:
        settings = json.loads(content.decode("utf-8-sig"))["o"]
        return settings if isinstance(settings.get("Controls"), dict) else {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        lost.append("SyncSettings.json: it is not of a core of the NES")
        return {}


def _subtitles(lines: list[str], lost: list[str]) -> list[Subtitle]:
    found = []
    for line in lines:
        match = re.fullmatch(r"subtitle ([0-9]{1,9}) (\S+ \S+ \S+ \S+) (.*)", line)
        if match is not None:
            found.append(Subtitle(int(match[1]), match[3]))
            if match[2] != "0 0 120 FFFFFFFF":
                lost.append(f"place, duration and colour of the subtitle of frame {match[1]}")
    return found


def _build(
    table: Mapping[str, npt.NDArray[Any]],
    settings: Mapping[str, Any],
    header: Mapping[str, str],
    retro: bool,
    name: str,
    lost: list[str],
) -> Movie:
    left = dict(table)
    frames = len(next(iter(table.values()), ()))
    commands = np.zeros(frames, np.uint8)
    for column, bit in CONSOLE.items():
        if column in left:
            commands[left.pop(column)] |= np.uint8(bit)
    ports, order, expansion = _ports(table, settings, retro, lost)
    held = np.zeros((frames, len(ports)), np.uint8)
    zappers = np.zeros(held.shape, ZAPPER)
    microphone = False
    for player, port in enumerate(order, 1):
        for button_name, button in PAD.items():
            pressed = left.pop(f"P{player} {button_name}", None)
            if pressed is not None and ports[port] == "pad":
                held[pressed, port] |= np.uint8(button)
        if ports[port] == "zapper":
            _read_zapper(left, f"P{player}", held[:, port], zappers[:, port])
        if (pressed := left.pop(f"P{player} Microphone", None)) is not None and port == 1:
            microphone = True
            held[pressed, port] |= np.uint8(Button.START)  # where FCEUX has the microphone
    lost += [f"the column {column!r}" for column, values in left.items() if values.any()]
    pattern = settings.get("InitialWRamStatePattern", [])
    option = next((o for o, p in RAM_PATTERNS.items() if p == pattern), None)
    if option is None:
        lost.append("InitialWRamStatePattern: FCEUX has other patterns of RAM at power-on")
    md5 = header.get("MD5", "")
    pal = header.get("PAL", "").lower() in ("1", "true") or settings.get("RegionOverride") == 2
    game = header.get("GameName", "")
    return Movie.new(
        held,
        commands=commands,
        zappers=zappers,
        ports=ports,
        expansion=expansion,
        rom_name=game,
        rom_md5=md5 if re.fullmatch("[0-9A-Fa-f]{32}", md5) else None,
        region="PAL" if pal else "NTSC",
        rerecords=max(0, int(header.get("rerecordCount", "0"))),
        ram_init=(option or 0, 0),
        fds=header.get("BoardName") == "FDS",
        microphone=microphone,
    )


def _read_zapper(
    left: dict[str, npt.NDArray[Any]],
    player: str,
    held: npt.NDArray[np.uint8],
    zapper: npt.NDArray[Any],
) -> None:
    for axis in ("X", "Y"):
        if (values := left.pop(f"{player} Zapper {axis}", None)) is not None:
            zapper[axis.lower()] = np.clip(values, 0, 255)
    if (fire := left.pop(f"{player} Fire", None)) is not None:
        held[fire] = 1
        zapper["bogo"][fire] = 1


def _ports(
    table: Mapping[str, npt.NDArray[Any]],
    settings: Mapping[str, Any],
    retro: bool,
    lost: list[str],
) -> tuple[tuple[str, ...], tuple[int, ...], str]:
    """The devices of the ports, the port of each player, and the device of the expansion port."""
    players = {int(match[1]) for key in table if (match := re.match(r"P([0-9]{1,2}) ", key))}
    controls = settings.get("Controls", {})
    if controls.get("Famicom") is True:
        device = str(controls.get("FamicomExpPort", "UnpluggedFam"))
        if device == "Famicom4P":
            lost.append("the adapter for four players of a Famicom: it becomes a Four Score")
            return ("pad",) * 4, (0, 1, 2, 3), "none"
        if device not in EXPANSIONS:
            lost.append(f"{device} in the expansion port")
        return ("pad", "pad"), (0, 1), EXPANSIONS.get(device, "none")
    devices = [str(controls.get(key, "")) for key in ("NesLeftPort", "NesRightPort")]
    if "FourScore" in devices:
        return ("pad",) * 4, FOUR_SCORE, "none"
    if max(players, default=0) > 2:
        return ("pad",) * 4, (0, 1, 2, 3), "none"
    if not controls:
        zappers = [f"P{k} Zapper X" in table for k in (1, 2)]
        guessed = tuple(
            "zapper" if zappers[k] else "pad" if k + 1 in players else "none" for k in (0, 1)
        )
        return guessed, (0, 1), "none"
    for device in devices:
        if device not in DEVICES:
            lost.append(f"{device} in a port: FCEUX has no such device")
    named = tuple(DEVICES.get(device, "none") for device in devices)
    return named, tuple(k for k in (0, 1) if named[k] != "none"), "none"
