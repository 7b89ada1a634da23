"""Writes BizHawk's movies of the NES (`.bk2`)."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.files import write_file
from copain_gym.roms.rom import Rom
from copain_gym.tas.bk2_devices import CONSOLE, DEVICES, FOUR_SCORE, PAD, RAM_PATTERNS
from copain_gym.tas.bk2_log import InputTable, format_log
from copain_gym.tas.movie import COMMANDS, Movie
from copain_gym.tas.movie_header import KEYS

__all__ = ["to_bk2", "write_bk2"]

_SYNC_TYPE = "BizHawk.Emulation.Cores.Nintendo.NES.NES+NESSyncSettings, BizHawk.Emulation.Cores"


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
        >>> from copain_gym.tas.bk2 import from_bk2
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
        "InitialWRamStatePattern": RAM_PATTERNS.get(movie.ram_init.option, []),
    }


def _table(movie: Movie, lost: list[str]) -> tuple[dict[str, object], InputTable]:
    """The columns of the input log, and BizHawk's settings of the ports."""
    commands = movie.commands
    used = [name for name, bit in CONSOLE.items() if bit < 16 or (commands & bit).any()]
    table: InputTable = [{name: (commands & CONSOLE[name]) != 0 for name in used}]
    controls: dict[str, object] = {
        "Famicom": False,
        "NesLeftPort": "UnpluggedNES",
        "NesRightPort": "UnpluggedNES",
        "FamicomExpPort": "UnpluggedFam",
    }
    if len(movie.ports) > 2:
        controls.update(NesLeftPort="FourScore", NesRightPort="FourScore")
        table += [_pad(f"P{k}", movie.inputs[:, port]) for k, port in enumerate(FOUR_SCORE, 1)]
        return controls, table
    if movie.microphone and movie.ports == ("pad", "pad"):
        controls["Famicom"] = True
        second = _pad("P2", movie.inputs[:, 1])
        if second.pop("P2 Select").any():
            lost.append("select of pad 2: a Famicom with a microphone has none")
        second["P2 Microphone"] = second.pop("P2 Start")
        return controls, [*table, _pad("P1", movie.inputs[:, 0]), second]
    names = {device: name for name, device in reversed(DEVICES.items())}
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
    return {f"{player} {name}": (held & button) != 0 for name, button in PAD.items()}


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
    if movie.ram_init.option not in RAM_PATTERNS:
        lost.append("RAMInitOption and RAMInitSeed: BizHawk does not fill RAM with random bytes")
    if movie.new_ppu:
        lost.append("NewPPU: BizHawk has a PPU of its own")
    if others := [key for key in movie.header if key not in KEYS]:
        lost.append(f"keys that BizHawk does not know: {', '.join(others)}")
    if movie.tail:
        lost.append(f"{len(movie.tail)} bytes after the inputs")
    if len(movie.authors) > 1:
        lost.append("the separation of the authors: BizHawk has one line for them")
