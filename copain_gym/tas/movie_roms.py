"""Finds the ROM that a movie was made with, and the game that a ROM is."""

from __future__ import annotations

import os

from copain_gym.errors import MovieError, RomError
from copain_gym.games.game import Game
from copain_gym.games.registry import GameLike, find_game
from copain_gym.roms.rom import Rom, read_rom
from copain_gym.roms.store import find_rom, known_roms
from copain_gym.tas.movie import Movie

__all__ = ["game_of_rom", "rom_of_movie"]


def rom_of_movie(movie: Movie, rom: str | os.PathLike[str] | None = None) -> Rom:
    """The ROM of a movie.

    Args:
        movie: the movie.
        rom: its ROM file; None looks for the ROM that the movie names among those of the games.

    Raises:
        MovieError: it is another ROM than the movie names, or none was found.
        RomError: the file is no ROM.
    """
    if rom is not None:
        found = read_rom(rom)
        if movie.rom_md5 is not None:
            movie.check_rom(found)
        return found
    if movie.rom_md5 is None:
        raise MovieError("the movie does not name its ROM (romChecksum); name the file with --rom")
    # The tables of hundreds of games are read for ROMs whose MD5 is not known; that takes seconds.
    roms = sorted(known_roms().values(), key=lambda entry: entry[1].md5 != movie.rom_md5)
    for name, known in roms:
        if known.md5 and known.md5 != movie.rom_md5:
            continue
        try:
            found = read_rom(find_rom(find_game(name)))
        except (RomError, ValueError):  # the user does not have it, or stable-retro went away
            continue
        if found.md5 == movie.rom_md5:
            return found
    raise MovieError(
        f"the ROM of the movie, {movie.rom_name or 'without a name'} with MD5 {movie.rom_md5}, is "
        f"not among those of the known games; name its file with --rom"
    )


def game_of_rom(rom: Rom, game: GameLike | None = None) -> Game | None:
    """The game that a ROM is, for its variables; None if no table knows it.

    Args:
        rom: the ROM.
        game: the game, if the caller knows it.

    Raises:
        ValueError: there is no such game.
    """
    if game is not None:
        return find_game(game)
    known = known_roms().get(rom.sha1)
    if known is None:
        return None
    try:
        return find_game(known[0])
    except ValueError:  # its integration cannot be read
        return None
