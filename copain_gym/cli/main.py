"""The `copain` command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from copain_gym.cli import demo, doctor, engine, games, pools, scripts, train
from copain_gym.engines.engine import ENGINES
from copain_gym.errors import CopainError

__all__ = ["build_parser", "main"]


def build_parser() -> argparse.ArgumentParser:
    """The parser of all subcommands."""
    parser = argparse.ArgumentParser(
        prog="copain", description="Play, learn and speedrun NES games in real FCEUX emulators."
    )
    parser.add_argument("--version", action="version", version=metadata.version("copain-gym"))
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    check = commands.add_parser("doctor", help="check each piece that the package stands on")
    check.add_argument("--json", action="store_true", help="print one JSON object for programs")
    check.set_defaults(run=lambda args: doctor.report(args.json))

    show = commands.add_parser(
        "demo", help="play the bundled game in many emulators, then learn it"
    )
    show.add_argument("--emulators", type=int, default=4, help="how many at once (default 4)")
    show.add_argument("--episodes", type=int, default=12, help="how many in all (default 12)")
    show.add_argument("--seed", type=int, default=1, help="of the random player (default 1)")
    show.add_argument(
        "--train-minutes",
        type=float,
        default=3.0,
        help="how long PPO is trained at the end, 0 for not at all (default 3)",
    )
    show.add_argument(
        "--videos", type=Path, default=Path("videos"), help="folder of the videos (default videos)"
    )
    show.add_argument(
        "--engine", choices=ENGINES, help="which emulator (default: COPAIN_ENGINE, else auto)"
    )
    show.set_defaults(run=_demo)

    for module in (scripts, engine, games, pools, train):
        module.add_parsers(commands)
    return parser


def _demo(args: argparse.Namespace) -> int:
    demo.run(
        emulators=args.emulators,
        episodes=args.episodes,
        seed=args.seed,
        videos=args.videos,
        engine=args.engine,
        train_minutes=args.train_minutes,
    )
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand.

    Args:
        arguments: the words after `copain`; None are those of the command line.

    Returns:
        The exit status: 0 for success, 1 for an error, 2 for wrong usage, 130 for Ctrl-C.
    """
    args = build_parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except (CopainError, ValueError) as error:
        print(f"copain: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("copain: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
