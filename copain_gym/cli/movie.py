"""`copain movie info`, `convert`, `cut` and `join`: what movies say, and changing them.

The other commands of the group are in modules of their own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from copain_gym.cli.command import Flag, output_file, print_json
from copain_gym.files import printable
from copain_gym.roms.rom import Rom, read_rom
from copain_gym.tas.movie import Movie
from copain_gym.tas.movie_files import is_bk2, load_movie, save_movie

__all__ = ["facts", "movie_convert", "movie_cut", "movie_info", "movie_join"]


def movie_info(movie: Path, /, *, json: Flag = False) -> None:
    """Show what a movie says of itself, and count its inputs.

    Args:
        movie: A movie: FM2, or `.bk2` of BizHawk or stable-retro.
        json: Print one JSON object instead of text.
    """
    found, lost = load_movie(movie)
    known = facts(found, movie)
    if json:
        print_json({**known, "lost": lost})
        return
    numbers = found.statistics()
    minutes, seconds = divmod(numbers.seconds, 60)
    ports = (f"{port}: {text}" for port, text in enumerate(map(_counts, numbers.presses)) if text)
    rows = {
        "format": known["format"],
        "length": f"{found.frames} frames, {minutes:.0f}:{seconds:05.2f}",
        "region": found.region,
        "start": found.start,
        "ROM": f"{found.rom_name or 'no name'}, MD5 {found.rom_md5 or 'not known'}",
        "ports": " + ".join(found.ports) + _more(found),
        "rerecords": str(found.rerecords),
        "authors": ", ".join(found.authors) or "not named",
        "presses": "; ".join(ports),
        "commands": _counts(numbers.commands),
        "comments": " / ".join(found.comments),
        "subtitles": str(len(found.subtitles) or ""),
    }
    for name, value in rows.items():
        if value:
            print(f"{name:<10} {printable(value)}")
    _print_lost(lost)


def movie_convert(
    movie: Path,
    output: Path,
    /,
    *,
    binary: Flag = False,
    rom_path: Path | None = None,
    replace: Flag = False,
    json: Flag = False,
) -> None:
    """Convert a movie between FM2 text, FM2 binary and BizHawk's .bk2.

    The suffix of the new file tells its format. The inputs survive a conversion; another emulator
    may still play them to another end. What cannot survive is listed.

    Args:
        movie: A movie: FM2, or `.bk2` of BizHawk or stable-retro.
        output: File to write, `.fm2` or `.bk2`.
        binary: Write an FM2 movie with binary records instead of text.
        rom_path: ROM file. A `.bk2` movie then has its SHA-1, by which BizHawk knows it.
        replace: Replace a file of that name.
        json: Print one JSON object instead of text.
    """
    found, lost = load_movie(movie)
    if binary and is_bk2(output):
        raise ValueError(f"--binary is for .fm2 files; {output} is a .bk2")
    found.binary = binary
    rom = None if rom_path is None else read_rom(rom_path)
    _save(found, output, lost, replace=replace, json=json, rom=rom)


def movie_cut(
    movie: Path,
    output: Path,
    /,
    *,
    start: int = 0,
    stop: int | None = None,
    replace: Flag = False,
    json: Flag = False,
) -> None:
    """Write a part of a movie.

    The part begins where the whole movie begins: at power-on, or at its savestate.

    Args:
        movie: A movie: FM2, or `.bk2` of BizHawk or stable-retro.
        output: File to write, `.fm2` or `.bk2`.
        start: First frame to keep, from 0.
        stop: The frame after the last one to keep. By default the end.
        replace: Replace a file of that name.
        json: Print one JSON object instead of text.
    """
    found, lost = load_movie(movie)
    stop = found.frames if stop is None else stop
    if not 0 <= start <= stop <= found.frames:
        raise ValueError(
            f"--start is {start} and --stop is {stop}; {movie} has the frames 0 to {found.frames}"
        )
    _save(found[start:stop], output, lost, replace=replace, json=json)


def movie_join(
    movies: tuple[Path, ...],
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    replace: Flag = False,
    json: Flag = False,
) -> None:
    """Write several movies as one: each goes on where the one before ends.

    The start of the first movie counts. Rerecords are added.

    Args:
        movies: Movies in their order: FM2, or `.bk2` of BizHawk or stable-retro.
        output: File to write, `.fm2` or `.bk2`.
        replace: Replace a file of that name.
        json: Print one JSON object instead of text.
    """
    if not movies:
        raise ValueError("no movies are named")
    loaded = [load_movie(movie) for movie in movies]
    lost = [text for _, texts in loaded for text in texts]
    first, *others = (movie for movie, _ in loaded)
    _save(first.join(*others), output, lost, replace=replace, json=json)


# ---- what the commands of the group share ------------------------------------


def facts(movie: Movie, path: Path) -> dict[str, Any]:
    """The description of a movie for `--json`."""
    kind = "bk2" if is_bk2(path) else "FM2, binary" if movie.binary else "FM2, text"
    return {
        "movie": path,
        "format": kind,
        "region": movie.region,
        "start": movie.start,
        "rom_name": movie.rom_name,
        "rom_md5": movie.rom_md5,
        "ports": movie.ports,
        "expansion": movie.expansion,
        "unrecorded": movie.unrecorded,
        "microphone": movie.microphone,
        "new_ppu": movie.new_ppu,
        "fds": movie.fds,
        "ram_init": movie.ram_init._asdict(),
        "authors": movie.authors,
        "comments": movie.comments,
        "subtitles": [subtitle._asdict() for subtitle in movie.subtitles],
        "guid": movie.guid,
        "emu_version": movie.emu_version,
        **dataclasses.asdict(movie.statistics()),
    }


def _save(
    movie: Movie,
    output: Path,
    lost: list[str],
    *,
    replace: bool,
    json: bool,
    rom: Rom | None = None,
) -> None:
    """Write a movie and say what became of it."""
    if output.exists() and not replace and not output.is_dir():
        raise ValueError(f"{output} exists; --replace replaces it")
    lost = [*lost, *save_movie(movie, output_file(output), rom)]
    if json:
        print_json({**facts(movie, output), "lost": lost})
        return
    print(f"{output}: {movie.frames} frames")
    _print_lost(lost)


def _print_lost(lost: Iterable[str]) -> None:
    for text in lost:
        print(f"lost       {printable(text)}")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count)


def _more(movie: Movie) -> str:
    marks = {
        f", {movie.expansion} in the expansion port": movie.expansion not in ("none", "unset"),
        ", microphone": movie.microphone,
        ", new PPU": movie.new_ppu,
        ", Famicom Disk System": movie.fds,
        f", RAM at power-on: option {movie.ram_init.option}": movie.ram_init.option != 0,
    }
    return "".join(text for text, holds in marks.items() if holds)
