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
from copain_gym.files import read_file, write_file
from copain_gym.paths import expand_user
from copain_gym.roms.rom import Rom
from copain_gym.tas.bk2_log import InputTable, format_log, parse_log
from copain_gym.tas.movie import COMMANDS, Movie, Subtitle
from copain_gym.tas.movie_header import KEYS
from copain_gym.tas.movie_records import ZAPPER

__all__ = ["from_bk2", "read_bk2", "to_bk2", "write_bk2"]

_LARGEST = 64 << 20  # bytes of an archive
_LARGEST_LOG = 128 << 20  # bytes of the unpacked input log: more than 100 hours of two pads
_LARGEST_TEXT = 4 << 20  # bytes of another unpacked text
_LARGEST_DIRECTORY = 1 << 20  # bytes of the archive's list of files: about 20,000 files
_ENTRIES = ("header", "input log", "comments", "subtitles", "syncsettings")
# In the order of BizHawk's columns.
_PAD = {
    "Up": Button.UP,
    "Down": Button.DOWN,
    "Left": Button.LEFT,
    "Right": Button.RIGHT,
    "Start": Button.START,
    "Select": Button.SELECT,
    "B": Button.B,
    "A": Button.A,
}
_CONSOLE = {
    "Reset": COMMANDS["reset"],
    "Power": COMMANDS["power"],
    "Insert Coin P1": COMMANDS["vs-coin-1"],
    "Insert Coin P2": COMMANDS["vs-coin-2"],
    "Service Switch": COMMANDS["vs-service"],
}
# On a Four Score, BizHawk numbers the pads by plug: pads 1 and 3 are in the left one.
_FOUR_SCORE = (0, 2, 1, 3)
_DEVICES = {
    "UnpluggedNES": "none",
    "ControllerNES": "pad",
    "Zapper": "zapper",
    "VSZapper": "zapper",
    "ArkanoidNES": "arkanoid",
    "PowerPad": "power-pad-a",
    "ControllerSNES": "snes-pad",
}
_EXPANSIONS = {
    "UnpluggedFam": "none",
    "ArkanoidFam": "arkanoid",
    "FamilyBasicKeyboard": "family-keyboard",
    "OekaKids": "oeka-kids",
}
_SYNC_TYPE = "BizHawk.Emulation.Cores.Nintendo.NES.NES+NESSyncSettings, BizHawk.Emulation.Cores"
_RAM_PATTERNS: dict[int, list[int]] = {0: [], 1: [255], 2: [0]}


# ---- writing -------------------------------------------------------------


def write_bk2(movie: Movie, path: str | os.PathLike[str], rom: Rom | None = None) -> list[str]:
    """Write a movie as a `.bk2` file for BizHawk's core NesHawk.

    Args:
        movie: the movie.
        path: the file.
        rom: the ROM; BizHawk finds a game by its SHA-1, which FM2 movies do not name.

    Returns:
        What cannot survive, a sentence each.

    Raises:
        FileError: the file cannot be written.
    """
    data, lost = to_bk2(movie, rom)
    write_file(path, data)
    return lost


def to_bk2(movie: Movie, rom: Rom | None = None) -> tuple[bytes, list[str]]:
    """Return a movie as the content of a `.bk2` file, and what cannot survive; see `write_bk2`.

    Examples:
        >>> movie = Movie.new([[1], [0]])
        >>> data, lost = to_bk2(movie)
        >>> from_bk2(data)[0].inputs[:, 0].tolist(), lost
        ([1, 0], [])
    """
    lost: list[str] = []
    if movie.start != "power-on":
        lost.append(f"the {movie.start}: the converted movie begins at power-on without it")
    controls, table = _table(movie, lost)
    _note_losses(movie, lost)
    texts = {
        "Header.txt": _header(movie, rom),
        "Comments.txt": _lines(movie.comments),
        "Subtitles.txt": _lines(
            f"subtitle {frame} 0 0 120 FFFFFFFF {text}" for frame, text in movie.subtitles
        ),
        "SyncSettings.json": json.dumps({"o": _sync_settings(movie, controls)}) + "\r\n",
        "Input Log.txt": format_log(table, movie.frames).decode("ascii"),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            entry = zipfile.ZipInfo(name)  # its time is fixed, so that the bytes are, too
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode("utf-8", "surrogateescape"))
    return buffer.getvalue(), lost


def _lines(lines: Any) -> str:
    return "".join(f"{line}\r\n" for line in lines) + "\r\n"


def _header(movie: Movie, rom: Rom | None) -> str:
    md5 = movie.rom_md5 or (rom.md5 if rom else None)
    values = {
        "MovieVersion": "BizHawk v2.0.0",
        "Author": ", ".join(movie.authors),
        "emuVersion": "copain-gym",
        "Platform": "NES",
        "GameName": movie.rom_name,
        "SHA1": rom.sha1.upper() if rom else "",
        "MD5": md5 or "",
        "Core": "NesHawk",
        "rerecordCount": str(max(movie.rerecords, 0)),
        "BoardName": "FDS" if movie.fds else "",
        "PAL": "1" if movie.region == "PAL" else "",
    }
    return _lines(f"{key} {value}" for key, value in values.items() if value)


def _sync_settings(movie: Movie, controls: Mapping[str, object]) -> dict[str, object]:
    return {
        "$type": _SYNC_TYPE,
        "BoardProperties": {},
        "RegionOverride": 2 if movie.region == "PAL" else 0,
        "Controls": controls,
        "InitialWRamStatePattern": _RAM_PATTERNS.get(movie.ram_init.option, []),
    }


def _table(movie: Movie, lost: list[str]) -> tuple[dict[str, object], InputTable]:
    """The columns of the input log, and BizHawk's settings of the ports."""
    commands = movie.commands
    used = [name for name, bit in _CONSOLE.items() if bit < 16 or (commands & bit).any()]
    table: InputTable = [{name: (commands & _CONSOLE[name]) != 0 for name in used}]
    controls: dict[str, object] = {
        "Famicom": False,
        "NesLeftPort": "UnpluggedNES",
        "NesRightPort": "UnpluggedNES",
        "FamicomExpPort": "UnpluggedFam",
    }
    if len(movie.ports) > 2:
        controls.update(NesLeftPort="FourScore", NesRightPort="FourScore")
        table += [_pad(f"P{k}", movie.inputs[:, port]) for k, port in enumerate(_FOUR_SCORE, 1)]
        return controls, table
    if movie.microphone and movie.ports == ("pad", "pad"):
        controls["Famicom"] = True
        second = _pad("P2", movie.inputs[:, 1])
        if second.pop("P2 Select").any():
            lost.append("select of pad 2: a Famicom with a microphone has none")
        second["P2 Microphone"] = second.pop("P2 Start")
        return controls, [*table, _pad("P1", movie.inputs[:, 0]), second]
    names = {device: name for name, device in reversed(_DEVICES.items())}
    for port, (key, device) in enumerate(
        zip(("NesLeftPort", "NesRightPort"), movie.ports, strict=True)
    ):
        player = f"P{len(table)}"  # BizHawk does not count ports without a device
        if device == "pad":
            table.append(_pad(player, movie.inputs[:, port]))
        elif device == "zapper":
            table.append(_zapper(player, movie, port, lost))
        elif device not in ("none", "unset"):
            lost.append(f"{device} in port {port}: FCEUX does not record its inputs")
            continue
        controls[key] = names.get(device, "UnpluggedNES")
    return controls, table


def _pad(player: str, held: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[Any]]:
    return {f"{player} {name}": (held & button) != 0 for name, button in _PAD.items()}


def _zapper(player: str, movie: Movie, port: int, lost: list[str]) -> dict[str, npt.NDArray[Any]]:
    lost.append(
        f"zapper in port {port}: mouse buttons, how long the trigger is held, and when the "
        f"sensor saw light"
    )
    zapper = movie.zappers[:, port]
    return {
        f"{player} Zapper X": zapper["x"].astype(np.int64),
        f"{player} Zapper Y": zapper["y"].astype(np.int64),
        f"{player} Fire": zapper["bogo"] != 0,  # what a game sees
    }


def _note_losses(movie: Movie, lost: list[str]) -> None:
    for name in ("fds-insert", "fds-select"):
        if count := int(((movie.commands & COMMANDS[name]) != 0).sum()):
            lost.append(f"command {name} in {count} frames: BizHawk's disk commands are others")
    if count := int((movie.commands & ~np.uint8(sum(COMMANDS.values()))).astype(bool).sum()):
        lost.append(f"unknown commands in {count} frames")
    if movie.expansion not in ("none", "unset"):
        lost.append(f"{movie.expansion} in the expansion port: FCEUX does not record its inputs")
    if movie.microphone and movie.ports != ("pad", "pad"):
        lost.append("microphone: BizHawk has it with two pads of a Famicom only")
    if movie.ram_init.option not in _RAM_PATTERNS:
        lost.append("RAMInitOption and RAMInitSeed: BizHawk does not fill RAM with random bytes")
    if movie.new_ppu:
        lost.append("NewPPU: BizHawk has a PPU of its own")
    if others := [key for key in movie.header if key not in KEYS]:
        lost.append(f"keys that BizHawk does not know: {', '.join(others)}")
    if movie.tail:
        lost.append(f"{len(movie.tail)} bytes after the inputs")
    if len(movie.authors) > 1:
        lost.append("the separation of the authors: BizHawk has one line for them")


# ---- reading -------------------------------------------------------------


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
    for column, bit in _CONSOLE.items():
        if column in left:
            commands[left.pop(column)] |= np.uint8(bit)
    ports, order, expansion = _ports(table, settings, retro, lost)
    held = np.zeros((frames, len(ports)), np.uint8)
    zappers = np.zeros(held.shape, ZAPPER)
    microphone = False
    for player, port in enumerate(order, 1):
        for button_name, button in _PAD.items():
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
    option = next((o for o, p in _RAM_PATTERNS.items() if p == pattern), None)
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
        if device not in _EXPANSIONS:
            lost.append(f"{device} in the expansion port")
        return ("pad", "pad"), (0, 1), _EXPANSIONS.get(device, "none")
    devices = [str(controls.get(key, "")) for key in ("NesLeftPort", "NesRightPort")]
    if "FourScore" in devices:
        return ("pad",) * 4, _FOUR_SCORE, "none"
    if max(players, default=0) > 2:
        return ("pad",) * 4, (0, 1, 2, 3), "none"
    if not controls:
        zappers = [f"P{k} Zapper X" in table for k in (1, 2)]
        guessed = tuple(
            "zapper" if zappers[k] else "pad" if k + 1 in players else "none" for k in (0, 1)
        )
        return guessed, (0, 1), "none"
    for device in devices:
        if device not in _DEVICES:
            lost.append(f"{device} in a port: FCEUX has no such device")
    named = tuple(_DEVICES.get(device, "none") for device in devices)
    return named, tuple(k for k in (0, 1) if named[k] != "none"), "none"
