"""`copain state`: list, make, share and verify named game states."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from copain_gym.cli.command import Exit, Flag, output_file, output_folder, print_json
from copain_gym.engines.engine import EngineName
from copain_gym.errors import StateError
from copain_gym.files import check_name, printable
from copain_gym.games import find_game
from copain_gym.paths import data_directory, expand_user
from copain_gym.roms.rom import read_rom
from copain_gym.roms.store import resolve_rom
from copain_gym.tas import states
from copain_gym.tas.inputs import Poke
from copain_gym.tas.movie import Movie

__all__ = [
    "state_export",
    "state_import",
    "state_list",
    "state_make",
    "state_remove",
    "state_show",
    "state_verify",
]

_GAME = "hirondelle"


def state_list(*, game: str | None = None, json: Flag = False) -> None:
    """List named states.

    Args:
        game: Only states of this game. By default those of all games.
        json: Print one JSON object instead of text.
    """
    game = None if game is None else _game_name(game)
    found = [
        (game_name, name, file, states.load_state_file(file))
        for game_name, name, file in states.list_states(game)
    ]
    if json:
        print_json({"states": [_facts(state, name, file) for _, name, file, state in found]})
        return
    for game_name, name, _, state in found:
        print(f"{game_name}  {name}  {_describe(state)}  {printable(state.note)}".rstrip())
    if not found:
        store = states.states_directory(game) if game else data_directory() / "states"
        print(f"no states; the store is {store}")


def state_show(name: str, /, *, game: str = _GAME, json: Flag = False) -> None:
    """Show what is known about a state.

    Args:
        name: Name of the state.
        game: Game of the state: a name, a Python file that defines `GAME`, or a folder.
        json: Print one JSON object instead of text.
    """
    state = _named(game, name)
    if json:
        print_json(_facts(state, name))
        return
    print(f"game     {state.game}")
    print(f"ROM      MD5 {state.rom_md5}")
    print(f"RAM      SHA-1 {state.ram_sha1}")
    print(f"inputs   {_describe(state)}")
    print(f"note     {printable(state.note)}")


def state_make(
    name: str,
    /,
    *,
    game: str = _GAME,
    start: Annotated[str, Parameter(name="--from")] = "start",
    frames: int = 0,
    note: str = "",
    rom_path: Path | None = None,
    engine: EngineName | None = None,
    replace: Flag = False,
) -> None:
    """Play to a start and save a state there.

    Args:
        name: Name of the new state: letters, digits, `.`, `_` and `-`.
        game: Game of the state: a name, a Python file that defines `GAME`, or a folder.
        start: Where to start: `start`, `stage2`, `stage2/checkpoint3`, a named state, or a file.
        frames: Frames to wait there, without any button, before the state is saved.
        note: A note to keep with the state: what it shows.
        rom_path: ROM file. By default that of the game.
        engine: Engine to play in. By default COPAIN_ENGINE, else auto.
        replace: Replace a state of that name.
    """
    from copain_gym.envs import NesEnv

    check_name("the state name", name)
    if frames < 0:
        raise ValueError(f"--frames is {frames}; allowed are 0 and more")
    output_folder(states.states_directory(find_game(game).name))
    env = NesEnv(game, state=start, rom_path=rom_path, engine=engine, frame_skip=1)
    try:
        env.reset()
        env.wait(frames)
        state = env.save_state(note)
    finally:
        env.close()
    states.store_state(state, name, replace=replace)
    print(f"{state.game} {name}: {_describe(state)}")


def state_export(
    name: str, file: Path, /, *, game: str = _GAME, rom_path: Path | None = None
) -> None:
    """Write a state to a file, to share it, or the movie that leads to it.

    Args:
        name: Name of the state.
        file: File to write. With the suffix `.fm2`, it is a movie of the inputs from power-on.
        game: Game of the state: a name, a Python file that defines `GAME`, or a folder.
        rom_path: ROM file that the movie names. By default that of the game.
    """
    state = _named(game, name)
    if file.suffix.lower() != ".fm2":
        print(state.save(output_file(file)))
        return
    rom = read_rom(resolve_rom(find_game(game), rom_path))
    if rom.md5 != state.rom_md5:
        raise StateError(
            f"the state {name} is of the ROM with MD5 {state.rom_md5}; {rom.path} has {rom.md5}"
        )
    print(Movie.from_log(state.inputs, rom).write(output_file(file)))


def state_import(
    files: tuple[Path, ...], /, *, name: str | None = None, replace: Flag = False
) -> None:
    """Add states from files to the store, under their names.

    Args:
        files: Files that `copain state export` wrote.
        name: Another name for the state. Allowed with one file only.
        replace: Replace states of that name.
    """
    if name and len(files) > 1:
        raise ValueError(f"--name is {name!r}; it is allowed with one file only")
    for file in files:
        state = states.load_state_file(file)
        new_name = name or state.name or file.stem
        try:
            states.store_state(state, new_name, replace=replace)
        except ValueError as error:
            raise StateError(f"state {file}: {error}") from None
        print(f"{state.game} {new_name}: {_describe(state)}")


def state_verify(
    name: str,
    /,
    *,
    game: str = _GAME,
    rom_path: Path | None = None,
    engine: EngineName | None = None,
    json: Flag = False,
) -> int:
    """Replay a state's inputs from power-on and compare.

    Exit status: 0 the inputs lead to the state, 1 they do not.

    Args:
        name: Name of the state.
        game: Game of the state: a name, a Python file that defines `GAME`, or a folder.
        rom_path: ROM file. By default that of the game.
        engine: Engine to play in. By default COPAIN_ENGINE, else auto.
        json: Print one JSON object instead of text.
    """
    state = _named(game, name)
    same = states.verify_state(state, resolve_rom(find_game(game), rom_path), engine)
    if json:
        print_json({**_facts(state, name), "verified": same})
    else:
        print(f"{name}: {'the inputs lead to it' if same else 'the inputs do NOT lead to it'}")
    return Exit.SUCCESS if same else Exit.FAILURE


def state_remove(name: str, /, *, game: str = _GAME) -> None:
    """Remove a named state.

    Args:
        name: Name of the state.
        game: Game of the state: a name, a Python file that defines `GAME`, or a folder.
    """
    game = _game_name(game)
    states.remove_state(game, name)
    print(f"removed {game} {name}")


# ---- output ------------------------------------------------------------------


def _game_name(game: str) -> str:
    """The name of a game that may be given as a file or folder.

    A name is not checked, so that states of a game that is no longer known can be listed.
    """
    return find_game(game).name if expand_user(game).exists() else game


def _named(game: str, name: str) -> states.GameState:
    game = _game_name(game)
    state = states.find_state(game, name)
    if state is None:
        names = ", ".join(name for _, name, _ in states.list_states(game)) or "none"
        raise StateError(f"there is no state {name!r} of {game}; states are {names}")
    return state


def _pokes(state: states.GameState) -> int:
    return sum(isinstance(entry, Poke) for entry in state.inputs)


def _has_inputs(state: states.GameState) -> bool:
    return state.inputs.snapshot() is not None


def _describe(state: states.GameState) -> str:
    if not _has_inputs(state):
        return "inputs from power-on are not known"
    pokes = _pokes(state)
    extra = f" and {pokes} writes into RAM" if pokes else ""
    return f"{state.inputs.frames} frames of inputs from power-on{extra}"


def _facts(state: states.GameState, name: str, file: Path | None = None) -> dict[str, Any]:
    """The description of a state for `--json`."""
    known = _has_inputs(state)
    return {
        "game": state.game,
        "name": name,
        "file": file or states.states_directory(state.game) / f"{name}.state",
        "rom_md5": state.rom_md5,
        "ram_sha1": state.ram_sha1,
        "input_frames": state.inputs.frames if known else None,
        "ram_writes": _pokes(state) if known else None,
        "note": state.note,
    }
