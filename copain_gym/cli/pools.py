"""`copain serve` and `copain bench`: pools of emulators from the command line."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from copain_gym.engines.engine import ENGINES

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

    _add_bench(
        commands.add_parser(
            "bench",
            help="measure the speed beside that of other packages",
            description="Measures this package beside stable-retro, cynes and nes-py, where they "
            "are installed (extra `bench`), in turns and with the same game.",
        )
    )


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--quick", action="store_true", help="only what the ratios need, in under two minutes"
    )
    parser.add_argument(
        "--game",
        metavar="GAME",
        help="measure this game alone: a name, a Python file that defines GAME, or a folder",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results to a file")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the results (PNG)")
    parser.set_defaults(run=_bench)


def _bench(args: argparse.Namespace) -> int:
    from copain_gym.bench import report, suite

    progress = sys.stderr.isatty()

    def say(text: str) -> None:
        if progress:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    results = suite.run(args.quick, say, args.game)
    say("")
    report.print_report(results)
    if args.json:
        report.write_json(results, args.json)
        print(f"results: {args.json}")
    if args.plot:
        drawn = report.write_plot(results, args.plot)
        print(f"plot: {args.plot}" if drawn else "no plot: matplotlib is not installed")
    behaviour = results["behaviour"]
    return 1 if behaviour["compared"] and not behaviour["equal"] else 0


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
    from copain_gym.remote.server import Server

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
