"""`copain rom` and `copain state`: ROMs and game states from the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copain_gym.engines.engine import ENGINES
from copain_gym.errors import RomError, StateError
from copain_gym.files import check_name, printable
from copain_gym.games import all_games, find_game
from copain_gym.paths import data_directory
from copain_gym.roms.store import (
    find_rom,
    game_roms,
    import_roms,
    known_roms,
    resolve_rom,
    store_directory,
    store_path,
)
from copain_gym.tas import states
from copain_gym.tas.inputs import Poke

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

__all__ = ["add_parsers"]


def add_parsers(commands: Subparsers) -> None:
    """Add the subcommands `rom` and `state`; each sets `run`, a function of the arguments."""
    _add_rom(commands.add_parser("rom", help="import and list ROMs"))
    _add_state(commands.add_parser("state", help="list, make, share and verify game states"))


# ---- copain rom --------------------------------------------------------


def _add_rom(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    take = actions.add_parser(
        "import",
        help="recognise ROMs by their content and copy them into the store",
        description="Recognises ROMs by the hash of their content without header, and copies "
        "them into the store. Exit status 0 when one was recognised, else 1.",
    )
    take.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder, or a zip archive")
    take.set_defaults(run=_rom_import)
    show = actions.add_parser("list", help="say which games have a ROM, and where")
    show.add_argument(
        "--all", action="store_true", help="also the games of stable-retro that have none"
    )
    show.set_defaults(run=_rom_list)


def _rom_import(args: argparse.Namespace) -> int:
    counts: dict[str, int] = {}
    for result in import_roms(args.paths):
        counts[result.status] = counts.get(result.status, 0) + 1
        print(f"{result.status:8}  {result.source}: {result.message}")
    total = ", ".join(f"{number} {status}" for status, number in counts.items())
    print(f"{total}; {len(known_roms())} ROMs are known, the store is {store_directory()}")
    return 0 if counts.get("imported") or counts.get("present") else 1


def _rom_list(args: argparse.Namespace) -> int:
    games = all_games()
    for game in games.values():
        try:
            where = "bundled" if game.bundled else str(find_rom(game))
        except RomError:
            where = "missing: copain rom import PATH"
        for rom in game_roms(game):
            print(f"{game.name:12}  {rom.name:24}  SHA-1 {rom.sha1}  {where}")
        if not game_roms(game):
            print(f"{game.name:12}  {game.title:24}  any ROM  {where}")
    missing = 0
    for name, rom in known_roms().values():
        if name in games:
            continue
        path = store_path(name, rom)
        if path.exists():
            print(f"{name}  SHA-1 {rom.sha1}  {path}")
        elif args.all:
            print(f"{name}  SHA-1 {rom.sha1}  missing")
        else:
            missing += 1
    if missing:
        print(f"{missing} games of stable-retro have no ROM in the store (--all lists them)")
    return 0


# ---- copain state ------------------------------------------------------


def _add_state(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    def add(name: str, run: Any, help_: str, *, named: bool = True) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=help_)
        action.add_argument(
            "--game",
            default="hirondelle",
            help="game of the state: a name, a Python file or a folder (default hirondelle)",
        )
        if named:
            action.add_argument("name", metavar="NAME", help="name of the state")
        action.set_defaults(run=run)
        return action

    listed = add("list", _state_list, "list named states", named=False)
    listed.set_defaults(game=None)
    add("show", _state_show, "say what is known of a state")
    make = add("make", _state_make, "play to a start and keep it under a name")
    make.add_argument(
        "--from",
        dest="start",
        default="start",
        metavar="STATE",
        help="start, stage2, stage2/checkpoint3, a named state, or a file (default start)",
    )
    make.add_argument("--frames", type=int, default=0, help="frames to wait there (default 0)")
    make.add_argument("--note", default="", help="what it shows")
    make.add_argument("--rom-path", metavar="FILE", help="ROM (default: that of the game)")
    make.add_argument("--engine", choices=ENGINES, help="which emulator")
    make.add_argument("--replace", action="store_true", help="replace a state of that name")
    export = add("export", _state_export, "write a state to a file, to share it")
    export.add_argument("file", type=Path, metavar="FILE")
    take = actions.add_parser("import", help="keep the states of files under their names")
    take.add_argument("files", nargs="+", type=Path, metavar="FILE")
    take.add_argument("--name", help="another name (with one file)")
    take.add_argument("--replace", action="store_true", help="replace states of that name")
    take.set_defaults(run=_state_import)
    verify = add("verify", _state_verify, "replay a state's inputs from power-on and compare")
    verify.add_argument("--rom-path", metavar="FILE", help="ROM (default: that of the game)")
    verify.add_argument("--engine", choices=ENGINES, help="which emulator")
    add("remove", _state_remove, "remove a named state")


def _game_name(game: str) -> str:
    """The name of a game that may be given as a file or folder.

    States of a name are listed also where the game is not known any more.
    """
    return find_game(game).name if Path(game).expanduser().exists() else game


def _named(args: argparse.Namespace) -> states.GameState:
    game = _game_name(args.game)
    state = states.find_state(game, args.name)
    if state is None:
        names = ", ".join(name for _, name, _ in states.list_states(game)) or "none"
        raise StateError(f"there is no state {args.name!r} of {game}; states are {names}")
    return state


def _describe(state: states.GameState) -> str:
    if state.inputs.snapshot() is None:
        return "inputs from power-on are not known"
    pokes = sum(isinstance(entry, Poke) for entry in state.inputs)
    extra = f" and {pokes} writes into RAM" if pokes else ""
    return f"{state.inputs.frames} frames of inputs from power-on{extra}"


def _state_list(args: argparse.Namespace) -> int:
    game = None if args.game is None else _game_name(args.game)
    found = states.list_states(game)
    for owner, name, file in found:
        state = states.load_state_file(file)
        print(f"{owner}  {name}  {_describe(state)}  {printable(state.note)}".rstrip())
    if not found:
        store = states.states_directory(game) if game else data_directory() / "states"
        print(f"no states; the store is {store}")
    return 0


def _state_show(args: argparse.Namespace) -> int:
    state = _named(args)
    print(f"game     {state.game}")
    print(f"ROM      MD5 {state.rom_md5}")
    print(f"RAM      SHA-1 {state.ram_sha1}")
    print(f"inputs   {_describe(state)}")
    print(f"note     {printable(state.note)}")
    return 0


def _state_make(args: argparse.Namespace) -> int:
    from copain_gym.envs import NesEnv

    check_name("the state name", args.name)
    if args.frames < 0:
        raise ValueError(f"--frames is {args.frames}; allowed are 0 and more")
    env = NesEnv(
        args.game, state=args.start, rom_path=args.rom_path, engine=args.engine, frame_skip=1
    )
    try:
        env.reset()
        env.wait(args.frames)
        state = env.save_state(args.note)
    finally:
        env.close()
    states.store_state(state, args.name, replace=args.replace)
    print(f"{state.game} {args.name}: {_describe(state)}")
    return 0


def _state_export(args: argparse.Namespace) -> int:
    print(_named(args).save(args.file))
    return 0


def _state_import(args: argparse.Namespace) -> int:
    if args.name and len(args.files) > 1:
        raise ValueError(f"--name is {args.name!r}; it is allowed with one file only")
    for file in args.files:
        state = states.load_state_file(file)
        name = args.name or state.name or file.stem
        try:
            states.store_state(state, name, replace=args.replace)
        except ValueError as error:
            raise StateError(f"state {file}: {error}") from None
        print(f"{state.game} {name}: {_describe(state)}")
    return 0


def _state_verify(args: argparse.Namespace) -> int:
    state = _named(args)
    rom = resolve_rom(find_game(args.game), args.rom_path)
    same = states.verify_state(state, rom, args.engine)
    print(f"{args.name}: {'the inputs lead to it' if same else 'the inputs do NOT lead to it'}")
    return 0 if same else 1


def _state_remove(args: argparse.Namespace) -> int:
    game = _game_name(args.game)
    states.remove_state(game, args.name)
    print(f"removed {game} {args.name}")
    return 0
