"""The command `copain engine`: build, check and find the headless engine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from copain_gym.errors import CopainError
from copain_gym.headless.locations import find_headless

__all__ = ["add_parsers"]


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `engine` with its subcommands; each sets `run`, a function of the parsed arguments."""
    engine = subparsers.add_parser(
        "engine", help="build, check or find the headless engine", description=__doc__
    )
    commands = engine.add_subparsers(title="commands", dest="engine_command", required=True)

    build = commands.add_parser("build", help="build the headless engine")
    build.add_argument(
        "--source", type=Path, metavar="FILE", help="FCEUX's source archive, instead of apt's"
    )
    build.add_argument("--jobs", type=_positive, metavar="N", help="compilers at once")
    build.add_argument(
        "--no-pgo", dest="pgo", action="store_false", help="compile once, without a profile"
    )
    build.add_argument("--force", action="store_true", help="build even if it is there")
    build.set_defaults(run=_build)

    path = commands.add_parser("path", help="print the executable's path")
    path.set_defaults(run=_path)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 up")
    return value


def _build(args: argparse.Namespace) -> int:
    from copain_gym.headless.build import build

    said = False

    def tell(text: str) -> None:
        nonlocal said
        said = True
        print(text, flush=True)

    try:
        executable = build(
            args.source, jobs=args.jobs, pgo=args.pgo, force=args.force, progress=tell
        )
    except (CopainError, FileNotFoundError) as error:
        print(f"copain engine build: {error}", file=sys.stderr)
        return 1
    if not said:
        print(f"already built: {executable}")
    return 0


def _path(args: argparse.Namespace) -> int:
    executable = find_headless()
    if executable is None:
        print("the headless engine is not built; `copain engine build` does it", file=sys.stderr)
        return 1
    print(executable)
    return 0
