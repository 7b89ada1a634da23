"""`copain rom`: import ROMs into the store and list them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from copain_gym.cli.command import Exit, Flag, print_json
from copain_gym.errors import RomError
from copain_gym.games import all_games
from copain_gym.games.game import Game
from copain_gym.roms.contents import Region
from copain_gym.roms.rom import read_rom
from copain_gym.roms.store import (
    find_rom,
    game_roms,
    import_roms,
    known_roms,
    rom_region,
    store_directory,
    store_path,
)

__all__ = ["rom_import", "rom_list"]


def rom_import(
    paths: tuple[Path, ...], /, *, region: Region | None = None, json: Flag = False
) -> int:
    """Recognise ROMs by their content and copy them to the store.

    The hash of the content without the header says which game a ROM is; the file's name does not
    matter. Only where neither the header nor the known ROM says for which television system it is,
    the name's mark, such as (Europe), does; the store keeps that. Exit status: 0 at least one ROM
    was recognised, 1 none was.

    Args:
        paths: Files, folders or zip archives.
        region: Television system that the store keeps for these ROMs.
        json: Print one JSON object instead of text.
    """
    counts: dict[str, int] = {}
    results = []
    for result in import_roms(paths, region):
        counts[result.status] = counts.get(result.status, 0) + 1
        results.append(asdict(result))
        if not json:
            print(f"{result.status:8}  {result.source}: {result.message}")
    if json:
        print_json({"results": results, "counts": counts, "store": store_directory()})
    else:
        total = ", ".join(f"{number} {status}" for status, number in counts.items()) or "no file"
        print(f"{total}; {len(known_roms())} ROMs are known; the store is {store_directory()}")
    recognised = counts.get("imported") or counts.get("present")
    return Exit.SUCCESS if recognised else Exit.FAILURE


@dataclass(frozen=True)
class _Listed:
    """A ROM in the list."""

    game: str
    rom: str
    sha1: str | None  # None: the game takes any ROM
    bundled: bool
    path: Path | None
    region: str | None = None  # None: it is missing


def rom_list(*, all: Flag = False, json: Flag = False) -> None:
    """List the games and the ROM that each of them has.

    Args:
        all: Also list the games of stable-retro that have no ROM in the store.
        json: Print one JSON object instead of text.
    """
    games = all_games()
    own = _own_roms(games.values())
    retro = [
        _Listed(name, rom.name, rom.sha1, False, *_present(path))
        for name, rom in known_roms().values()
        if name not in games
        for path in [store_path(name, rom)]
    ]
    shown = [rom for rom in retro if all or rom.path is not None]
    if json:
        roms = [asdict(rom) for rom in own + shown]
        print_json({"roms": roms, "store": store_directory()})
        return
    for rom in own:
        where = "bundled" if rom.bundled else rom.path or "missing: copain rom import PATH"
        content = f"SHA-1 {rom.sha1}" if rom.sha1 else "any ROM"
        print(f"{rom.game:12}  {rom.rom:24}  {rom.region or '-':5}  {content}  {where}")
    for rom in shown:
        print(f"{rom.game}  {rom.region or '-':5}  SHA-1 {rom.sha1}  {rom.path or 'missing'}")
    if len(shown) < len(retro):
        print(
            f"{len(retro) - len(shown)} games of stable-retro have no ROM in the store "
            "(--all lists them)"
        )


def _present(path: Path) -> tuple[Path | None, str | None]:
    """The file and its region, where it is there."""
    try:
        return path, rom_region(read_rom(path))
    except RomError:
        return None, None


def _own_roms(games: Iterable[Game]) -> list[_Listed]:
    """ROMs of the registered games."""
    found = []
    for game in games:
        try:
            path, region = _present(find_rom(game))
        except RomError:
            path = region = None
        known: list[tuple[str, str | None]] = [(rom.name, rom.sha1) for rom in game_roms(game)]
        for name, sha1 in known or [(game.title, None)]:
            found.append(_Listed(game.name, name, sha1, game.bundled, path, region))
    return found
