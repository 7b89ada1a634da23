"""The command `copain engine`: build, check and find the headless engine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from copain_gym.engines.headless.locations import find_headless
from copain_gym.errors import CopainError

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

    check = commands.add_parser(
        "check",
        help="compare the headless engine with stock FCEUX, frame by frame",
        description="Plays the same inputs, resets and savestates in both engines and compares "
        "RAM, pictures and machine states. Exit status: 0 no difference, 1 differences, "
        "2 the check could not be made.",
    )
    check.add_argument(
        "roms", nargs="*", type=Path, metavar="ROM", help="programs (default: the bundled game)"
    )
    check.add_argument(
        "--frames",
        type=_positive,
        default=20000,
        metavar="N",
        help="length of the long scenarios (default %(default)s)",
    )
    check.add_argument(
        "--seed", type=int, default=1, help="of inputs and events (default %(default)s)"
    )
    check.add_argument(
        "--engine-option",
        action="append",
        default=[],
        metavar="OPTION",
        help="a further option for fceux-headless; can be repeated",
    )
    check.set_defaults(run=_check)

    path = commands.add_parser("path", help="print the executable's path")
    path.set_defaults(run=_path)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 up")
    return value


def _build(args: argparse.Namespace) -> int:
    from copain_gym.engines.headless.build import build

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


def _check(args: argparse.Namespace) -> int:
    from copain_gym.engines.engine import find_fceux
    from copain_gym.engines.headless.check import run_check
    from copain_gym.paths import bundled_rom

    roms = args.roms or [bundled_rom()]
    try:
        for rom in roms:
            if not rom.is_file():
                raise FileNotFoundError(f"{str(rom)!r} is no file")
        headless = find_headless()
        if headless is None:
            raise FileNotFoundError(
                "the headless engine is not built; `copain engine build` does it"
            )
        report = run_check(
            roms,
            args.frames,
            args.seed,
            stock=find_fceux(),
            headless=headless,
            headless_options=args.engine_option,
            progress=lambda text: print(text, flush=True),
        )
    except (CopainError, FileNotFoundError) as error:
        print(f"copain engine check: {error}", file=sys.stderr)
        return 2
    print(
        f"{report.frames} frames and {report.states} whole states compared with stock FCEUX: "
        f"{len(report.differences)} differences"
    )
    return 0 if report.ok else 1


def _path(args: argparse.Namespace) -> int:
    executable = find_headless()
    if executable is None:
        print("the headless engine is not built; `copain engine build` does it", file=sys.stderr)
        return 1
    print(executable)
    return 0
