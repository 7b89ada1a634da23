"""`copain serve` and `copain bench`: pools of emulators from the command line."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from copain_gym.emulator.engine import ENGINES

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

__all__ = ["add_parsers"]


def add_parsers(commands: Subparsers) -> None:
    """Add the subcommands `serve` and `bench`; each sets `run`, a function of the arguments."""
    _add_serve(
        commands.add_parser(
            "serve",
            help="start emulators that wait for clients on other machines",
            description="Starts emulators that wait for clients, encrypted. A client needs the "
            "file of keys that is written at the first start. Ctrl-C ends all.",
        )
    )


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--num", type=int, default=1, help="how many emulators (default 1)")
    parser.add_argument(
        "--address",
        default="127.0.0.1",
        help="where to listen; 0.0.0.0 is all addresses of this machine (default 127.0.0.1)",
    )
    parser.add_argument(
        "--port", type=int, default=5555, help="first port; each emulator has one (default 5555)"
    )
    parser.add_argument("--rom", type=Path, help="ROM file (default: the bundled game)")
    parser.add_argument(
        "--engine", choices=ENGINES, help="which emulator (default: COPAIN_ENGINE, else auto)"
    )
    parser.add_argument(
        "--keys", type=Path, metavar="FOLDER", help="folder of keys (default: in the data folder)"
    )
    parser.set_defaults(run=_serve)


def _serve(args: argparse.Namespace) -> int:
    from copain_gym.serve import Server

    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: ended.append(number))
    with Server(
        args.num,
        address=args.address,
        port=args.port,
        rom=args.rom,
        engine=args.engine,
        keys=args.keys,
    ) as server:
        print(f"{server.rom.path.name} at {server.endpoints[0]}", end="")
        print(f" to {server.endpoints[-1]}" if args.num > 1 else "")
        print(f"clients need {server.client_file}", flush=True)
        server.run(lambda: bool(ended))
    return 0
