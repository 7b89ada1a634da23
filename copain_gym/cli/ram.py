"""`copain ram`: find variables in RAM, and the instructions that write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter

from copain_gym.cli.command import Exit, Flag, output_file, print_json
from copain_gym.emulator import Emulator
from copain_gym.engines.engine import EngineName
from copain_gym.files import write_file
from copain_gym.games import find_game
from copain_gym.ram.condition import Condition, parse_number
from copain_gym.ram.game_file import game_file
from copain_gym.ram.saved import SavedSearch, SavedSearches, check_variable_name
from copain_gym.ram.search import Candidate, RamSearch
from copain_gym.ram.trace import Trace
from copain_gym.ram.writes import Write, find_writes
from copain_gym.roms.rom import read_rom
from copain_gym.roms.store import find_rom
from copain_gym.tas.movie_files import load_movie
from copain_gym.tas.movie_roms import rom_of_movie
from copain_gym.tas.replay import play_in_emulator

__all__ = ["ram_search", "ram_writes"]

_FPS = 60  # frames that `--seconds` counts as one second
_LONGEST_PRESS = 30  # frames that random buttons are held


def ram_search(
    movie: Path,
    /,
    *,
    where: tuple[str, ...] = (),
    types: Annotated[tuple[str, ...], Parameter(name="--type")] = (),
    size: int = 3,
    delay: int = 0,
    from_: Annotated[int, Parameter(name="--from")] = 1,
    to: int | None = None,
    file: Path | None = None,
    name: str = "value",
    restart: Flag = False,
    out: Path | None = None,
    rom: Path | None = None,
    engine: EngineName | None = None,
    limit: int = 20,
    replace: Flag = False,
    json: Flag = False,
) -> int:
    """Find a variable in RAM by what happened to it in a movie.

    The movie is played, and every address that does not meet a condition is dropped. A condition
    is a text: 'equals 3 at 600', 'decreased by 1 from 600 to 900', 'increased since 600',
    'unchanged during 100 to 200', 'changed only while right', 'unchanged while nothing'.

    With --file, the candidates are kept for the next call, which may take another movie of the
    same ROM. With --name, a file keeps the candidates of several variables.

    Exit status: 0 there are candidates left, 1 there are none.

    Args:
        movie: A movie: FM2, or `.bk2` of BizHawk or stable-retro.
        where: Conditions, each one word of the shell. docs/ram-search.md has all of them.
        types: Types to try, such as `u8,i8,u16,u16be,bcd`. By default u8.
        size: Bytes of the decimal types, 1 to 8.
        delay: Frames from the press of a button to what it changes, for `while`.
        from_: First frame to look at, from 1.
        to: Last frame to look at. By default that of the movie.
        file: File that keeps the candidates; a search that is in it goes on.
        name: Name of the variable that is searched for.
        restart: Begin the search of this name in the file anew.
        out: Write the variables of the file, or the one that was found, as a start of a game's
            file, `.py`.
        rom: ROM file. By default the known ROM that the movie names.
        engine: Engine to play in. By default COPAIN_ENGINE, else auto.
        limit: Largest number of candidates to print.
        replace: Replace a game's file of that name.
        json: Print one JSON object with all candidates instead of text.
    """
    check_variable_name(name)
    if limit < 0:
        raise ValueError(f"--limit is {limit}; allowed are 0 and more")
    if out is not None:
        if out.suffix != ".py":
            raise ValueError(f"--out is {str(out)!r}; its name must end with .py")
        if out.exists() and not replace:
            raise ValueError(f"{out} exists; name another file, or pass --replace")
        output_file(out)
    # Options are checked before the movie is played.
    for condition in where:
        Condition.parse(condition)
    chosen = tuple(word for text in types for word in text.split(",") if word) or ("u8",)
    everywhere = RamSearch(Trace(), chosen, size=size, delay=delay).candidates
    recorded, _ = load_movie(movie)
    found = rom_of_movie(recorded, rom)
    saved = SavedSearches(found.md5)
    if file is not None:
        if file.exists():
            saved = SavedSearches.read(file)
        output_file(file)
    if saved.rom_md5 != found.md5:
        raise ValueError(f"the candidates in {file} are of another ROM than {movie}")
    before = None if restart else saved.searches.get(name)
    if before is not None and types:
        raise ValueError(
            f"{file} has a search for {name!r}, which keeps its types; leave out --type, or begin "
            f"anew with --restart"
        )
    trace = Trace.of_movie(recorded, found, engine, first=from_, last=to)
    search = RamSearch(
        trace,
        delay=delay,
        candidates=everywhere if before is None else before.candidates,
    )
    search.where(*where)
    conditions = [*(before.conditions if before else []), *where]
    saved.searches[name] = SavedSearch(conditions, search.candidates)
    if file is not None:
        saved.write(file)
    _show(search, conditions, name, limit, movie, json=json)
    if not search.candidates:
        return Exit.FAILURE
    if out is not None:
        write_file(out, game_file(saved.searches, trace, found, out))
        if not json:
            print(f"{out}: the start of a game's file, for --game {out}")
    return Exit.SUCCESS


def _show(
    search: RamSearch, conditions: list[str], name: str, limit: int, movie: Path, *, json: bool
) -> None:
    count = len(search.candidates)
    shown = search.candidates if json else search.candidates[:limit]
    rows = [_facts(search, candidate) for candidate in shown]
    if json:
        print_json(
            {
                "movie": movie,
                "from": search.trace.first,
                "to": search.trace.last,
                "name": name,
                "conditions": conditions,
                "count": count,
                "candidates": rows,
            }
        )
        return
    noun = "candidate is" if count == 1 else "candidates are"
    print(f"{name}: {count} {noun} left, of frames {search.trace.first} to {search.trace.last}")
    if rows:
        print("address  type      at first    at last      least       most  changes")
    for row in rows:
        kind = row["type"] if row["type"].startswith(("u", "i")) else f"{row['type']}:{row['size']}"
        numbers = "".join(f"{row[key]:>11}" for key in ("at_first", "at_last", "least", "most"))
        print(f"{row['address']:#06x}   {kind:<7}{numbers}{row['changes']:>9}")
    if count > len(rows):
        print(f"and {count - len(rows)} more; --limit prints them, --where drops some")


def _facts(search: RamSearch, candidate: Candidate) -> dict[str, Any]:
    values = search.values(candidate)
    return {
        **candidate._asdict(),
        "at_first": int(values[0]),
        "at_last": int(values[-1]),
        "least": int(values.min()),
        "most": int(values.max()),
        "changes": int(np.count_nonzero(np.diff(values))),
    }


def ram_writes(
    address: str,
    movie: Path | None = None,
    /,
    *,
    size: int = 1,
    seconds: float | None = None,
    seed: int = 0,
    game: str | None = None,
    rom: Path | None = None,
    engine: EngineName | None = None,
    json: Flag = False,
) -> int:
    """Find the instructions that write to an address, and what they write.

    A movie is played, or random buttons are pressed for some seconds. For each instruction: its
    address (PC), what it is, how often it wrote, the frame of its first write, the least and the
    greatest value.

    Exit status: 0 something wrote there, 1 nothing did.

    Args:
        address: First address, such as 0x7e4, $7e4 or 2020: in RAM, or memory of the cartridge.
        movie: A movie: FM2, or `.bk2` of BizHawk or stable-retro. Without it, random buttons are
            pressed.
        size: Number of addresses, 1 to 64.
        seconds: Seconds to play, at 60 frames a second. By default the whole movie, or 30.
        seed: Seed of the random buttons.
        game: Game whose ROM is played without a movie: a name, a Python file that defines `GAME`,
            or a folder. By default the bundled one.
        rom: ROM file. By default the known ROM that the movie names, or that of the game.
        engine: Engine to play in. By default COPAIN_ENGINE, else auto.
        json: Print one JSON object instead of text.
    """
    try:
        first = parse_number(address)
    except ValueError:
        raise ValueError(f"the address is {address!r}; write it as 0x7e4, $7e4 or 2020") from None
    if seconds is not None and not seconds > 0:
        raise ValueError(f"--seconds is {seconds}; it must be more than 0")
    if movie is not None and game is not None:
        raise ValueError("--game is for play without a movie; the movie names its ROM")
    if seed < 0:
        raise ValueError(f"--seed is {seed}; allowed are 0 and more")
    if movie is None:
        path = rom if rom is not None else find_rom(find_game(game)) if game is not None else None
        found = read_rom(path)
        frames = round((30 if seconds is None else seconds) * _FPS) or 1
        emulator = Emulator(found.path, engine=engine)
    else:
        recorded, _ = load_movie(movie)
        found = rom_of_movie(recorded, rom)
        frames = recorded.frames
        if seconds is not None:
            frames = min(frames, round(seconds * _FPS) or 1)
        emulator = play_in_emulator(recorded, found, engine)
    with emulator:
        play = _random_buttons(emulator, seed) if movie is None else None
        writes = find_writes(emulator, first, size, frames=frames, play=play)
    if json:
        print_json(
            {
                "address": first,
                "size": size,
                "rom": found.path,
                "movie": movie,
                "frames": frames,
                "writes": [{**write._asdict(), "code": write.code.hex()} for write in writes],
            }
        )
    else:
        _print_writes(writes, first, size, frames)
    return Exit.SUCCESS if writes else Exit.FAILURE


def _random_buttons(emulator: Emulator, seed: int) -> Callable[[int], None]:
    """Presses random buttons, START among them, and often none."""
    random = np.random.default_rng(seed)

    def play(frames: int) -> None:
        while frames > 0:
            count = min(frames, int(random.integers(1, _LONGEST_PRESS)))
            pressed = random.integers(0, 256, 2)
            emulator.step(int(pressed[0] & pressed[1]), count, draw=False)
            frames -= count

    return play


def _print_writes(writes: list[Write], first: int, size: int, frames: int) -> None:
    last = f" to {first + size - 1:#06x}" if size > 1 else ""
    print(f"{first:#06x}{last}: {len(writes)} instructions wrote there in {frames} frames")
    if writes:
        print("PC      code      instruction      writes  first frame  values      addresses")
    for write in writes:
        values = f"{write.least}" + (f"-{write.most}" if write.most > write.least else "")
        places = ", ".join(f"{address:#06x}" for address in write.addresses[:4])
        more = ", ..." if len(write.addresses) > 4 else ""
        print(
            f"${write.pc:04X}   {write.code.hex(' '):<9} {write.text:<15}{write.times:>8}"
            f"{write.first:>13}  {values:<10}  {places}{more}"
        )
