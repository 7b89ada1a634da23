"""The ROM store: recognises, imports and finds the ROMs of games.

A ROM is recognised by the hash of its content without the header, so neither its name nor its
header matters. `copain rom import` copies recognised ROMs into the store. `COPAIN_ROM_PATH` lists
files and folders that are searched before the store.
"""

from __future__ import annotations

import difflib
import os
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from copain_gym.errors import FileError, RomError
from copain_gym.files import check_name, printable, read_file, write_file
from copain_gym.games import all_games, package_games
from copain_gym.games.game import Game, GameRom
from copain_gym.games.retro.integration import known_roms as retro_roms
from copain_gym.paths import bundled_rom, data_directory, expand_user
from copain_gym.roms.contents import Region
from copain_gym.roms.regions import REGIONS, record_region, recorded_regions, region_of_name
from copain_gym.roms.rom import Rom, parse_rom, read_rom

__all__ = [
    "ImportResult",
    "find_rom",
    "import_roms",
    "known_roms",
    "resolve_rom",
    "rom_region",
    "store_directory",
]

_ROM_SUFFIXES = (".nes", ".fds", ".unf", ".unif", ".nsf")
_MAX_ROM = 16 << 20  # bytes; keeps an archive bomb from filling the memory
_MAX_ARCHIVE = 4 << 30  # bytes of all ROMs in an archive; keeps a huge one from taking hours


@dataclass(frozen=True)
class ImportResult:
    """The result of importing one file.

    Attributes:
        source: the file; for a file in an archive, the archive and the file.
        status: `imported`, `present` (it was already in the store), `unknown` or `bad`.
        game: name of the recognised game, else empty.
        region: region of the recognised ROM, else empty.
        message: description of the ROM, or what was found and what was expected.
    """

    source: str
    status: str
    game: str
    message: str
    region: str = ""


def store_directory() -> Path:
    """The store's folder."""
    return data_directory() / "roms"


def known_roms() -> dict[str, tuple[str, GameRom]]:
    """All ROMs that can be recognised: SHA-1 → name of the game and its ROM.

    These are the ROMs of registered games and of the NES integrations of an installed
    stable-retro.
    """
    known = {rom.sha1: (rom.name, rom) for rom in retro_roms()}
    for game in all_games().values():
        known |= {rom.sha1: (game.name, rom) for rom in game_roms(game)}
    return known


def game_roms(game: Game) -> tuple[GameRom, ...]:
    """The known ROMs of a game."""
    if not game.bundled:
        return game.roms
    rom = read_rom(bundled_rom())
    return (GameRom(f"{game.title} (bundled)", rom.sha1, rom.md5, rom.crc32, rom.prg + rom.chr),)


def store_path(game: str, rom: GameRom) -> Path:
    """Path of a game's ROM in the store."""
    name = check_name("the game's name", game, title=True)
    return store_directory() / f"{name}-{rom.sha1[:8]}.nes"


# ---- regions -----------------------------------------------------------


def rom_region(rom: Rom, region: Region | None = None) -> Region:
    """Decide for which television system a ROM is played. Its file's name does not matter.

    The first of these that says something decides: `region`; what the store has recorded when the
    ROM was imported; the file itself; the name of the known ROM that it is. Else it is NTSC.

    Args:
        rom: the ROM.
        region: what the user wants; None leaves it to the ROM.

    Raises:
        RomError: FCEUX plays this file in the region that it names only.
        ValueError: there is no such region.
    """
    if region not in (None, *REGIONS):
        raise ValueError(f"region is {region!r}; allowed are {', '.join(REGIONS)} and None")
    if rom.region is not None and rom.kind != "iNES":
        if region not in (None, rom.region):
            raise RomError(
                f"region is {region!r}, but the {rom.kind} file {rom.path} says {rom.region}, and "
                f"FCEUX keeps to that"
            )
        return rom.region
    if region is not None:
        return region
    if rom.path == bundled_rom():
        return "NTSC"
    recorded = recorded_regions(store_directory()).get(rom.sha1)
    return recorded or rom.region or _known_region(rom) or _default_region(rom)


def _known_region(rom: Rom) -> Region | None:
    known = known_roms()
    for sha1 in (rom.sha1, rom.sha1_file):
        if sha1 in known:
            return region_of_name(known[sha1][1].name) or "NTSC"
    return None


def _default_region(rom: Rom) -> Region:
    if region_of_name(rom.path.name) == "PAL":
        warnings.warn(
            f"ROM {rom.path} is played as NTSC: only its name says PAL, and a name does not "
            f"decide; region='PAL' does",
            UserWarning,
            stacklevel=4,
        )
    return "NTSC"


# ---- import ------------------------------------------------------------


def import_roms(
    paths: Iterable[str | os.PathLike[str]], region: Region | None = None
) -> Iterator[ImportResult]:
    """Recognise ROMs and copy them into the store.

    Args:
        paths: files, folders (searched recursively) and zip archives.
        region: the region that is recorded for them. None: what a ROM itself says, the name of
            the known ROM, what was recorded before, or the file's name, whichever first tells.

    Yields:
        One result per file. Files in folders are skipped if they are neither ROMs nor archives.

    Raises:
        RomError: the store cannot be written.
    """
    known = _Known(known_roms(), region)
    for path in paths:
        top = expand_user(path)
        if not top.exists():
            yield ImportResult(str(path), "bad", "", "does not exist")
        elif top.is_dir():
            files = [
                f
                for f in sorted(top.rglob("*"))
                if f.suffix.lower() in (*_ROM_SUFFIXES, ".zip") and f.is_file()
            ]
            if not files:
                yield ImportResult(
                    str(path), "bad", "", f"no {', '.join(_ROM_SUFFIXES)} or .zip file in it"
                )
            for file in files:
                yield from _import_file(file, known)
        else:
            yield from _import_file(top, known)


@dataclass(frozen=True)
class _Known:
    """What an import goes by: the known ROMs, and the region that the user names."""

    roms: Mapping[str, tuple[str, GameRom]]
    region: Region | None


def _import_file(file: Path, known: _Known) -> Iterator[ImportResult]:
    try:
        if not file.is_file():
            raise FileError("it is not a regular file")
        if not zipfile.is_zipfile(file):
            yield _import_rom(read_file(file, _MAX_ROM), file, str(file), known)
            return
    except (FileError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        yield ImportResult(str(file), "bad", "", f"cannot be read: {reason}")
        return
    found = False
    try:
        with zipfile.ZipFile(file) as archive:
            left = _MAX_ARCHIVE
            for member in archive.infolist():
                if not member.filename.lower().endswith(_ROM_SUFFIXES):
                    continue
                found = True
                left -= member.file_size
                if left < 0:
                    raise ValueError(f"its ROMs have more than the {_MAX_ARCHIVE} bytes allowed")
                yield _import_member(file, archive, member, known)
    except RomError:  # the store cannot be written
        raise
    except Exception as error:  # zipfile raises many kinds for damaged tables
        found = True
        yield ImportResult(str(file), "bad", "", f"cannot be unpacked: {_reason(error)}")
    if not found:
        yield ImportResult(
            str(file), "bad", "", f"is an archive without a {', '.join(_ROM_SUFFIXES)} file"
        )


def _import_member(
    file: Path,
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    known: _Known,
) -> ImportResult:
    label = f"{file}: {printable(member.filename)}"
    if member.file_size > _MAX_ROM:
        return ImportResult(
            label, "bad", "", f"has {member.file_size} bytes; {_MAX_ROM} are allowed"
        )
    try:
        with archive.open(member) as content:
            data = content.read(_MAX_ROM + 1)
    except Exception as error:  # zlib, bz2, lzma and zipfile raise many kinds for damage
        return ImportResult(label, "bad", "", f"cannot be unpacked: {_reason(error)}")
    if len(data) != member.file_size:
        return ImportResult(
            label, "bad", "", f"has {len(data)} bytes; the archive says {member.file_size}"
        )
    # Only the last part of the name is used, to guess the region; it is never used as a path.
    return _import_rom(data, Path(Path(printable(member.filename)).name), label, known)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _import_rom(data: bytes, file: Path, label: str, known: _Known) -> ImportResult:
    try:
        rom = parse_rom(data, file)
    except RomError as error:
        return ImportResult(label, "bad", "", str(error).removeprefix(f"ROM {file} "))
    for sha1 in (rom.sha1, rom.sha1_file):
        if sha1 in known.roms:
            game, expected = known.roms[sha1]
            return _keep(data, label, rom, game, expected, _region(rom, file, expected, known))
    return ImportResult(label, "unknown", "", _unknown(rom, file, known.roms))


def _region(rom: Rom, file: Path, expected: GameRom, known: _Known) -> Region:
    return (
        known.region
        or rom.region
        or region_of_name(expected.name)
        or recorded_regions(store_directory()).get(rom.sha1)
        or region_of_name(file.name)
        or "NTSC"
    )


def _keep(
    data: bytes, label: str, rom: Rom, game: str, expected: GameRom, region: Region
) -> ImportResult:
    what = f"{expected.name} ({rom.description}, region {region})"
    if any(own.name == game and own.bundled for own in package_games()):
        what += "; it comes with the package"
        return ImportResult(label, "present", game, what, rom_region(rom))
    target = store_path(game, expected)
    present = target.exists() and target.read_bytes() == data
    if not present:
        try:
            write_file(target, data)
        except FileError as error:
            raise RomError(f"the ROM store {target.parent} cannot be written: {error}") from error
    record_region(target.parent, rom.sha1, region)
    if present:
        what += "; it is in the store already"
    return ImportResult(label, "present" if present else "imported", game, what, region)


def _unknown(rom: Rom, file: Path, known: Mapping[str, tuple[str, GameRom]]) -> str:
    """Message about an unknown ROM, and the expected ROM if its name is like a known game's."""
    text = (
        f"not recognised: {rom.description}; SHA-1 {rom.sha1} is none of the {len(known)} "
        f"known ROMs"
    )
    stem = file.stem.split("(")[0].strip().lower()
    titles = {r.name.split("(")[0].strip().lower(): r for _, r in known.values()}
    like = difflib.get_close_matches(stem, titles, 1, 0.8)
    if like:
        expected = titles[like[0]]
        size = f", {expected.size} bytes" if expected.size else ""
        text += (
            f". For {expected.name}, SHA-1 {expected.sha1}{size} was expected "
            f"(found {rom.prg + rom.chr} bytes)"
        )
    return f"{text}. A hack or a translation runs with rom_path= and verify=False"


# ---- look-up -----------------------------------------------------------


def resolve_rom(
    game: Game, rom_path: str | os.PathLike[str] | None = None, *, verify: bool = True
) -> Path:
    """The ROM file of a game.

    Args:
        game: the game.
        rom_path: a file to use; None uses the bundled ROM, or the one from `find_rom`.
        verify: whether to refuse a file whose content is none of the game's ROMs; if False, a
            warning describes the file.

    Raises:
        RomError: no ROM was found, or `rom_path` is another game's.
    """
    if rom_path is None:
        return find_rom(game)
    rom = read_rom(rom_path)
    expected = game_roms(game)
    hashes = [e.sha1 for e in expected]
    if expected and rom.sha1 not in hashes and rom.sha1_file not in hashes:
        wanted = " or ".join(f"{e.name}, SHA-1 {e.sha1}" for e in expected)
        message = (
            f"ROM {rom.path} is not a ROM of {game.title}: found {rom.description}, SHA-1 "
            f"{rom.sha1}; expected {wanted}"
        )
        known = known_roms().get(rom.sha1)
        if known:
            message += f". It is {known[1].name}"
        if verify:
            raise RomError(f"{message}. For a hack or a translation, pass verify=False")
        warnings.warn(
            f"{message}. It is used anyway (verify=False); RAM addresses may have other meanings",
            UserWarning,
            stacklevel=2,
        )
    return rom.path


def find_rom(game: Game) -> Path:
    """Find a game's ROM: the bundled one, or in `COPAIN_ROM_PATH` or the store.

    Raises:
        RomError: no ROM was found; the message says how to provide one.
    """
    if game.bundled:
        return bundled_rom()
    hashes = {rom.sha1 for rom in game.roms}
    looked = []
    for file in _rom_path_files():
        try:
            rom = read_rom_cached(file)
        except RomError as error:
            looked.append(f"{error}")
            continue
        if {rom.sha1, rom.sha1_file} & hashes:
            return rom.path
        looked.append(f"{file} is another ROM ({rom.description}, SHA-1 {rom.sha1})")
    for expected in game.roms:
        path = store_path(game.name, expected)
        if path.exists():
            return path
    for file in game.rom_candidates:
        if file.is_file():
            return file
    raise RomError(_how_to_provide(game, looked))


def _how_to_provide(game: Game, looked: list[str]) -> str:
    if game.roms:
        wanted = " or ".join(f"{r.name}, SHA-1 {r.sha1}" for r in game.roms)
        lines = [
            f"the ROM of {game.title} ({wanted}) was not found. It is not part of the package; "
            f"with a dump of your own cartridge, either",
            "  run `copain rom import PATH` (a file, a folder or a zip archive; its name does not "
            "matter),",
            "  or set COPAIN_ROM_PATH to files or folders that have it,",
            "  or pass rom_path=PATH (with verify=False for a hack or a translation).",
            f"The store is {store_directory()}.",
        ]
    else:
        lines = [f"the ROM of {game.title} was not found; pass rom_path=PATH"]
    if game.rom_candidates:
        names = ", ".join(map(str, game.rom_candidates))
        lines.append(f"The game's own paths do not exist: {names}.")
    if looked:
        shown = looked[:5] + ([f"and {len(looked) - 5} more"] if len(looked) > 5 else [])
        lines.append("COPAIN_ROM_PATH names: " + "; ".join(shown))
    return "\n".join(lines)


def _rom_path_files() -> Iterator[Path]:
    for entry in filter(None, os.environ.get("COPAIN_ROM_PATH", "").split(os.pathsep)):
        path = expand_user(entry)
        if path.is_dir():
            yield from sorted(
                f for f in path.rglob("*") if f.suffix.lower() in _ROM_SUFFIXES and f.is_file()
            )
        else:
            yield path


def read_rom_cached(file: Path) -> Rom:
    """`read_rom` with a cache: an unchanged file is read only once."""
    try:
        status = file.stat()
    except OSError:
        return read_rom(file)
    return _read_once(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4096)
def _read_once(file: Path, modified: int, size: int) -> Rom:
    return read_rom(file)
