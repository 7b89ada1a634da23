"""`copain movie verify` and `copain movie compare`: replays that are compared."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copain_gym.cli.command import Exit, Flag, print_json
from copain_gym.errors import CopainError
from copain_gym.paths import expand_user

if TYPE_CHECKING:
    from copain_gym.tas.compare import ReplayDifference
    from copain_gym.tas.outcome import Outcome

__all__ = ["movie_compare", "movie_verify"]

_UNCHECKED = 2
"""Exit status: the movie could not be checked."""

_ENGINES = ("fceux", "headless")
_SHOWN = ("score", "stage", "level", "world", "loop", "lives")  # variables that text output has

_WORDS = {
    "frames": "number of frames",
    "lag_frames": "lag frames",
    "ram_sha1": "RAM at the end",
    "hashes": "RAM on the way",
    "values": "variables at the end",
    "flags": "what holds at the end",
    "events": "events",
}
"""What text output calls the attributes of an outcome."""


def movie_verify(
    movie: Path,
    /,
    *,
    rom: Path | None = None,
    game: str | None = None,
    expected: Path | None = None,
    write: Flag = False,
    json: Flag = False,
) -> int:
    """Replay a movie in stock FCEUX and compare what it leads to.

    A fresh FCEUX plays the movie by itself. It is compared with the movie's companion
    (MOVIE.json), or with a replay in the headless engine if there is none. Exit status: 0 the
    same, 1 it differs, 2 it cannot be checked.

    Args:
        movie: The movie: an FM2 file, or a `.bk2`, which is converted first.
        rom: Its ROM. By default the known ROM that the movie names.
        game: The game, for its variables: a name, a Python file or a folder. By default the game
            that the ROM is known to be.
        expected: Another companion than MOVIE.json.
        write: Write the companion if there is none and the movie is verified.
        json: Print one JSON object instead of text.
    """
    try:
        return _verify(movie, rom, game, expected, write=write, json=json)
    except (CopainError, OSError, ValueError) as error:
        return _unchecked("verify", error, json=json)


def movie_compare(
    one: Path,
    other: Path | None = None,
    /,
    *,
    rom: Path | None = None,
    game: str | None = None,
    engines: tuple[str, ...] = _ENGINES,
    json: Flag = False,
) -> int:
    """Find the first frame in which two replays part.

    One movie is played in two engines. Two movies are played in one engine, the first that
    `--engines` names, or each in its own. Exit status: 0 no difference, 1 they part, 2 they cannot
    be compared.

    Args:
        one: A movie: FM2 or `.bk2`.
        other: Another movie. By default the same one.
        rom: Their ROM. By default the known ROM that the first movie names.
        game: The game, for its variables: a name, a Python file or a folder. By default the game
            that the ROM is known to be.
        engines: The engines of the two replays: `fceux` (stock FCEUX) or `headless` for each.
        json: Print one JSON object instead of text.
    """
    try:
        return _compare(one, other, rom, game, engines, json=json)
    except (CopainError, OSError, ValueError) as error:
        return _unchecked("compare", error, json=json)


def _unchecked(command: str, error: Exception, *, json: bool) -> int:
    if json:
        print_json({"checked": False, "error": str(error)})
    print(f"copain movie {command}: {error}", file=sys.stderr)
    return _UNCHECKED


# ---- verify --------------------------------------------------------------


def _verify(
    file: Path,
    rom: Path | None,
    game: str | None,
    expected: Path | None,
    *,
    write: bool,
    json: bool,
) -> int:
    from copain_gym.tas.expected import Expected, companion_path
    from copain_gym.tas.movie_files import load_movie
    from copain_gym.tas.movie_roms import game_of_rom, rom_of_movie
    from copain_gym.tas.verify import verify

    movie, lost = load_movie(file)
    companion = expected or companion_path(file)
    known = Expected.read(companion) if expected or companion.exists() else None
    found = rom_of_movie(movie, rom)
    table = game_of_rom(found, game or (known.game if known and known.game else None))
    verdict = verify(movie, found, table, expected=known, file=_for_fceux(file))
    notes = (*lost, *verdict.notes)
    if write and known is None and verdict.same:
        name = table.name if table else ""
        Expected(movie, found.md5, name, "headless", verdict.expected).write(companion)
    if json:
        print_json(
            {
                "checked": True,
                "same": verdict.same,
                "movie": file,
                "rom": found.path,
                "game": table.name if table else None,
                "companion": companion if verdict.companion else None,
                "stock": _outcome(verdict.stock),
                "expected": _outcome(verdict.expected),
                "differs": verdict.differs,
                "first_difference": _difference(verdict.first),
                "first_named_difference": _difference(verdict.named),
                "first_other_input": verdict.first_input,
                "notes": notes,
            }
        )
        return Exit.SUCCESS if verdict.same else Exit.FAILURE
    reference = str(companion) if verdict.companion else "a replay in the headless engine"
    print(f"{file}: {movie.frames} frames from {movie.start}, {movie.region}, {found.path.name}")
    _print_outcome(verdict.stock, table.title if table else "")
    for note in notes:
        print(f"note: {note}")
    if verdict.same:
        print(f"same as {reference}")
        if write and known is None:
            print(f"wrote {companion}")
        if verdict.first_input is not None:
            print(f"note: frame {verdict.first_input} has other inputs, which change nothing")
        return Exit.SUCCESS
    what = ", ".join(_WORDS[name] for name in verdict.differs)
    print(f"DIFFERENT from {reference}: {what}")
    if verdict.first_input is not None:
        print(f"frame {verdict.first_input} is the first with other inputs")
    _print_difference(verdict.first, verdict.named, "stock FCEUX", "expected")
    return Exit.FAILURE


def _for_fceux(file: Path) -> Path | None:
    """The file if FCEUX can be asked to read it; None for a `.bk2`, whatever it is called."""
    with expand_user(file).open("rb") as opened:
        return None if opened.read(2) == b"PK" else expand_user(file)


def _print_outcome(outcome: Outcome, title: str) -> None:
    print(f"stock FCEUX: {outcome.lag_frames} lag frames, RAM at the end SHA-1 {outcome.ram_sha1}")
    if not title:
        return
    shown = [f"{name} {outcome.values[name]}" for name in _SHOWN if name in outcome.values]
    shown += [name for name, flag in outcome.flags.items() if flag]
    print(f"{title} at the end: {', '.join(shown) or 'nothing known'}")
    for frame, name in outcome.events:
        print(f"  frame {frame}: {name}")


def _print_difference(
    first: ReplayDifference | None, named: ReplayDifference | None, one: str, other: str
) -> None:
    if first is None:
        return
    print("\n".join(("the first difference:", *first.describe(one, other))))
    if named is not None and named is not first:
        lines = named.describe(one, other, most=4)
        print("\n".join(("the first difference of a variable of the game:", *lines)))


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "frames": outcome.frames,
        "lag_frames": outcome.lag_frames,
        "ram_sha1": outcome.ram_sha1,
        "values": outcome.values,
        "flags": outcome.flags,
        "events": [{"frame": frame, "event": name} for frame, name in outcome.events],
    }


def _difference(difference: ReplayDifference | None) -> dict[str, Any] | None:
    if difference is None:
        return None
    names = difference.names or {}
    return {
        "frame": difference.frame,
        "kind": difference.kind,
        "bytes": [
            {"address": address, "variable": names.get(address), "values": [one, other]}
            for address, one, other in difference.bytes
        ],
        "variables": [
            {"name": name, "values": [one, other]} for name, one, other in difference.variables
        ],
    }


# ---- compare -------------------------------------------------------------


def _compare(
    one: Path,
    other: Path | None,
    rom: Path | None,
    game: str | None,
    engines: tuple[str, ...],
    *,
    json: bool,
) -> int:
    from copain_gym.tas.compare import compare_replays, first_input
    from copain_gym.tas.movie_files import load_movie
    from copain_gym.tas.movie_roms import game_of_rom, rom_of_movie
    from copain_gym.tas.replay import Replay

    engines = tuple(name for word in engines for name in word.split(","))
    if set(engines) - set(_ENGINES) or len(engines) not in ((1, 2) if other else (2,)):
        raise ValueError(
            f"--engines is {' '.join(engines)}; allowed are two of {', '.join(_ENGINES)}, or one "
            f"of them for two movies"
        )
    files = (one, other or one)
    movies = tuple(load_movie(file)[0] for file in files)
    found = rom_of_movie(movies[0], rom)
    table = game_of_rom(found, game)
    used = (engines[0], engines[0] if other is not None and len(engines) == 1 else engines[-1])
    with (
        Replay(movies[0], found, used[0]) as first,
        Replay(movies[1], found, used[1]) as second,
    ):
        result = compare_replays((movies[0], first), (movies[1], second), table)
    changed = None if other is None else first_input(*movies)
    names = [f"{file} in {engine}" for file, engine in zip(files, used, strict=True)]
    if json:
        print_json(
            {
                "checked": True,
                "same": result.first is None,
                "replays": [
                    {"movie": file, "engine": engine}
                    for file, engine in zip(files, used, strict=True)
                ],
                "frames": result.outcomes[0].frames,
                "first_difference": _difference(result.first),
                "first_named_difference": _difference(result.named),
                "first_other_input": changed,
            }
        )
    elif result.first is None:
        print(f"{names[0]} and {names[1]}: {result.outcomes[0].frames} frames, no difference")
    else:
        print(f"{names[0]} and {names[1]} part")
        if changed is not None:
            print(f"frame {changed} is the first with other inputs")
        _print_difference(result.first, result.named, *_short(files, used))
    return Exit.SUCCESS if result.first is None else Exit.FAILURE


def _short(files: tuple[Path, Path], engines: tuple[str, str]) -> tuple[str, str]:
    """What tells two replays apart, in a word each."""
    if files[0] != files[1]:
        return files[0].name, files[1].name
    return engines
