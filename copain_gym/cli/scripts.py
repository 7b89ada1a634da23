"""`copain random` and `copain brute-force`: loops over several emulators, with their options."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from copain_gym.engines.engine import ENGINES
from copain_gym.envs.start import play_start
from copain_gym.games import find_game
from copain_gym.roms.store import resolve_rom
from copain_gym.search.brute_force import BruteForce, Outcome, search_rules
from copain_gym.search.random_inputs import check_random, play_episode
from copain_gym.search.run import CopainRun, Runner
from copain_gym.tas.inputs import InputLog

__all__ = ["add_parsers", "add_run_options", "make_run"]


def add_parsers(subparsers: Any) -> None:
    """Add the subcommands to those of `copain`."""
    play = subparsers.add_parser("random", help="random inputs in several emulators")
    add_run_options(play)
    play.add_argument(
        "--frame-per-action", type=int, default=5, help="frames of each action (default 5)"
    )
    play.add_argument(
        "--episodes", type=int, default=0, help="of each emulator; 0 plays on (default)"
    )
    play.add_argument("--seed", type=int, help="of the first emulator; the others add 1, 2, …")
    play.set_defaults(run=_random)

    search = subparsers.add_parser(
        "brute-force", help="find a way to the game's ending by trying and going back"
    )
    add_run_options(search)
    search.add_argument(
        "--frame-per-action", type=int, default=16, help="frames of each action (default 16)"
    )
    search.add_argument(
        "--number-of-savestates", type=int, default=10, help="savestates kept (default 10)"
    )
    search.add_argument(
        "--actions-per-savestate",
        type=int,
        default=12,
        help="actions from one savestate to the next (default 12)",
    )
    search.add_argument(
        "--fails-before-position-change",
        type=int,
        default=512,
        help="deaths without getting further before another position is preferred (default 512)",
    )
    search.add_argument(
        "--preferred-positions",
        type=_position,
        nargs="+",
        metavar="X,Y",
        help="where to be, in pixels, most wanted first (default: as the game declares)",
    )
    search.add_argument("--max-actions", type=int, help="give up after as many actions")
    search.set_defaults(run=_brute_force)


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that all loops over emulators share."""
    flag = argparse.BooleanOptionalAction
    parser.add_argument(
        "--game",
        default="hirondelle",
        help="a name, a Python file that defines GAME, or a folder (default hirondelle)",
    )
    parser.add_argument("--rom", type=Path, help="ROM file (default: the game's own)")
    parser.add_argument("--rom-md5", help="MD5 that the ROM must have without its header")
    parser.add_argument("--runners", type=int, default=1, help="emulators at once (default 1)")
    parser.add_argument("--concurrent", action=flag, default=True, help="run them at the same time")
    parser.add_argument(
        "--display", action=flag, default=False, help="show the first one in its window"
    )
    parser.add_argument("--sound", action=flag, default=False, help="let the shown one be heard")
    parser.add_argument(
        "--speedmode",
        choices=["normal", "nothrottle", "turbo", "maximum"],
        help="of the shown one (default: maximum when it is alone, else normal)",
    )
    parser.add_argument(
        "--render-sprites", action=flag, default=True, help="draw sprites in the shown one"
    )
    parser.add_argument(
        "--render-background", action=flag, default=True, help="draw the background there"
    )
    parser.add_argument(
        "--game-genie", action=flag, default=False, help="start the shown one's Game Genie"
    )
    parser.add_argument("--engine", choices=ENGINES, help="of those without a window")
    parser.add_argument("--fceux", help="FCEUX's executable (default: COPAIN_FCEUX, else found)")
    parser.add_argument(
        "--tmp-folder", help="where emulators have their homes (default: COPAIN_TMPDIR, else found)"
    )


def make_run(
    args: argparse.Namespace, loop: Callable[[Runner], Any], agent: Any = None
) -> CopainRun:
    """The run that the shared options describe."""
    if args.fceux:
        os.environ["COPAIN_FCEUX"] = args.fceux
    if args.tmp_folder:
        os.environ["COPAIN_TMPDIR"] = args.tmp_folder
    return CopainRun(
        loop,
        rom=resolve_rom(find_game(args.game), args.rom),
        rom_md5=args.rom_md5,
        num_runners=args.runners,
        display=args.display,
        engine=args.engine,
        concurrent=args.concurrent,
        agent=agent,
        speedmode=args.speedmode,
        render_sprites=args.render_sprites,
        render_background=args.render_background,
        sound=args.sound,
        options=("--gamegenie", "1") if args.game_genie else (),
    )


def _position(text: str) -> tuple[int, int]:
    try:
        x, y = (int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no position; write X,Y") from None
    return x, y


def _random(args: argparse.Namespace) -> int:
    game = find_game(args.game)
    check_random(game)

    def loop(runner: Runner) -> int:
        seed = None if args.seed is None else args.seed + runner.number - 1
        random = np.random.default_rng(seed)
        play_start(runner.emulator, game, InputLog())
        start = runner.emulator.save_state()
        best = episodes = 0
        while not runner.stopping and (args.episodes == 0 or episodes < args.episodes):
            runner.emulator.load_state(start)
            episode = play_episode(
                runner.emulator, game, random, args.frame_per_action, lambda: runner.stopping
            )
            episodes += 1
            best = max(best, episode.score)
            end = " and the game's ending" if episode.ended else ""
            print(
                f"{runner}: episode {episodes}: score {episode.score}{end} "
                f"in {episode.frames} frames",
                flush=True,
            )
        return best

    best = make_run(args, loop).run()
    print(f"best score: {max(best)}")
    return 0


def _brute_force(args: argparse.Namespace) -> int:
    game = find_game(args.game)
    positions = args.preferred_positions or list(search_rules(game).positions)

    def loop(runner: Runner) -> Outcome:
        play_start(runner.emulator, game, InputLog())
        # With several emulators, each begins with another preferred position.
        shift = (runner.number - 1) % len(positions)
        search = BruteForce(
            runner.emulator,
            game,
            frame_per_action=args.frame_per_action,
            number_of_savestates=args.number_of_savestates,
            actions_per_savestate=args.actions_per_savestate,
            fails_before_position_change=args.fails_before_position_change,
            preferred_positions=positions[shift:] + positions[:shift],
        )

        shown = [0]

        def stopping() -> bool:
            outcome = search.outcome
            if outcome.actions - shown[0] >= 2000:
                shown[0] = outcome.actions
                print(f"{runner}: {_describe(outcome)}", flush=True)
            return runner.stopping

        outcome = search.search(stopping, args.max_actions)
        if outcome.reason == "ending":
            print(f"{runner}: the game's ending is reached: {_describe(outcome)}", flush=True)
            run.stop()  # one way is enough
        return outcome

    run = make_run(args, loop)
    outcomes: list[Outcome] = [outcome for outcome in run.run() if outcome is not None]
    if any(outcome.reason == "ending" for outcome in outcomes):
        return 0
    for outcome in outcomes:
        meaning = {
            "stuck": "no savestate is left that leads on; keep more of them",
            "limit": "--max-actions was reached",
        }
        print(f"{meaning.get(outcome.reason, 'stopped')}: {_describe(outcome)}")
    return 1


def _describe(outcome: Outcome) -> str:
    return (
        f"{outcome.depth} actions deep, {outcome.actions} actions in all, "
        f"{outcome.deaths} deaths, {outcome.loads} savestates loaded"
    )
