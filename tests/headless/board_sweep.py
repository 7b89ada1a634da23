"""Compares both engines on random programs for every cartridge board that FCEUX knows.

`make torture` runs it; `python -m tests.headless.board_sweep --help` tells its options. Each
program is drawn from a seed, so a difference can be shown again by naming its cartridge and seed.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from copain_gym.engines.cores import usable_cores
from copain_gym.engines.engine import find_fceux
from copain_gym.engines.headless import find_headless
from copain_gym.engines.headless.check import (
    PAL,
    STOCK_STATES,
    Scenario,
    compare,
    incomplete_states,
)
from copain_gym.engines.headless.runs import Run, RunError, make_plan

from .cartridges import INES, Cartridge, all_cartridges, why_undefined
from .fuzz_rom import make_board_rom

EQUAL, DIFFERENT = "equal", "DIFFERENT"
STOCK_FAILS, UNDEFINED = "stock FCEUX fails", "undefined in stock FCEUX"


@dataclass(frozen=True)
class Result:
    """What became of a cartridge's programs.

    Attributes:
        verdict: `EQUAL`; `DIFFERENT`; `STOCK_FAILS`: there is nothing to compare with; or
            `UNDEFINED`: it differs on a board of `why_undefined`.
        details: the difference or failure; where a load changes how a program goes on in both
            engines alike, a note that says so.
        frames: frames that were compared and found equal.
        states: whole machine states that were compared and found equal.
    """

    verdict: str
    details: str = ""
    frames: int = 0
    states: int = 0


def make_scenario(cartridge: Cartridge, frames: int, seed: int) -> Scenario:
    """What is played: inputs, resets, savestates in place and exchanged between the engines."""
    # NES 2.0 and UNIF files tell their television system.
    system = PAL if cartridge.pal and cartridge.form == INES else ((), ())
    plan = make_plan(frames, seed, reloads=20, exchanges=30, resets=100)
    options = (system[0] + STOCK_STATES[0], system[1] + STOCK_STATES[1])
    return Scenario("random program", plan, options, exchange=True, picture_every=1)


def check_cartridge(
    cartridge: Cartridge, seed: int, frames: int, *, stock: Path, headless: Path
) -> Result:
    """Compare the engines on one program."""
    with tempfile.TemporaryDirectory(prefix="copain-torture-") as folder:
        rom = Path(folder) / cartridge.file_name
        rom.write_bytes(make_board_rom(cartridge, seed))
        scenario = make_scenario(cartridge, frames, seed)
        try:
            difference, states = compare(rom, scenario, stock=stock, headless=headless)
        except RunError as error:
            if not error.run.startswith("stock"):
                return Result(DIFFERENT, f"{error.run} {error.why}")
            other = _ending(Run("headless", headless, True, scenario.options[1]), rom, scenario)
            return Result(STOCK_FAILS, f"{error.run} {error.why}; headless {other}")
        if difference is not None:
            reason = why_undefined(cartridge)
            if reason:
                return Result(UNDEFINED, f"{reason}: {difference}")
            return Result(DIFFERENT, str(difference))
        options = [text for text in scenario.options[1] if text not in STOCK_STATES[1]]
        try:
            lacking = str(incomplete_states(rom, scenario.plan, headless, *options) or "")
        except RunError as error:
            # Without the loads of the comparison above, the program may go another way.
            other = _ending(Run("stock", stock, False, scenario.options[0]), rom, scenario)
            lacking = f"headless {error.run} {error.why}; stock {other}"
            if other != error.why:
                return Result(DIFFERENT, lacking)
    return Result(EQUAL, lacking and f"note: {lacking}", frames, states)


def _ending(run: Run, rom: Path, scenario: Scenario) -> str:
    try:
        run.play(rom, scenario.plan)
    except RunError as error:
        return error.why
    return "comes to the end"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the whole comparison; returns 0 where nothing differs."""
    parser = argparse.ArgumentParser(prog="board_sweep", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="programs a cartridge")
    parser.add_argument("--first-seed", type=int, default=1, metavar="N")
    parser.add_argument("--frames", type=int, default=240, metavar="N", help="of each program")
    parser.add_argument(
        "--cartridges",
        nargs="+",
        default=["*"],
        metavar="NAME",
        help="such as ines:4, nes2:256, unif:SL12, ines:4-pal; with wildcards",
    )
    parser.add_argument("--system", choices=("ntsc", "pal", "both"), default="both")
    parser.add_argument("--jobs", type=int, default=usable_cores(), metavar="N")
    args = parser.parse_args(arguments)

    stock, headless = find_fceux(), find_headless()
    if headless is None:
        print("the headless engine is not built; `copain engine build` does it", file=sys.stderr)
        return 2
    systems = {"ntsc": [False], "pal": [True], "both": [False, True]}[args.system]
    chosen = [
        cartridge
        for pal in systems
        for cartridge in all_cartridges(pal)
        if any(fnmatch.fnmatch(str(cartridge), pattern) for pattern in args.cartridges)
    ]
    if not chosen:
        parser.error(f"no cartridge is called {' or '.join(args.cartridges)}")
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    tasks = [(cartridge, seed) for seed in seeds for cartridge in chosen]
    started = time.monotonic()
    verdicts: Counter[str] = Counter()
    frames = states = 0

    def check(task: tuple[Cartridge, int]) -> Result:
        return check_cartridge(*task, args.frames, stock=stock, headless=headless)

    with ThreadPoolExecutor(args.jobs) as pool:
        for (cartridge, seed), result in zip(tasks, pool.map(check, tasks), strict=True):
            verdicts[result.verdict] += 1
            frames += result.frames
            states += result.states
            details = f"\n  {result.details}" if result.details else ""
            print(f"{cartridge} seed {seed}: {result.verdict}{details}", flush=True)
    print(
        f"{len(tasks)} programs on {len(chosen)} cartridges, {frames} frames and {states} whole "
        f"states equal: {verdicts[DIFFERENT]} programs differ, in {verdicts[STOCK_FAILS]} stock "
        f"FCEUX fails, on {verdicts[UNDEFINED]} it is undefined what it does "
        f"({time.monotonic() - started:.0f} s)"
    )
    return 1 if verdicts[DIFFERENT] else 0


if __name__ == "__main__":
    sys.exit(main())
