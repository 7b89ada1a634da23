"""`copain brute-force`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from cyclopts import Parameter, Token

from copain_gym.cli.command import Exit, Flag, Options, print_json
from copain_gym.cli.loops import LoopOptions, make_run
from copain_gym.envs.start import play_start
from copain_gym.games import find_game
from copain_gym.search.brute_force import BruteForce, Outcome, search_rules
from copain_gym.search.run import Runner

__all__ = ["brute_force"]

_MEANINGS = {
    "stuck": "no savestate is left to continue from; keep more of them",
    "limit": "--max-actions was reached",
}


def _read_positions(_: Any, tokens: Sequence[Token]) -> tuple[tuple[int, int], ...]:
    return tuple(_read_position(token.value) for token in tokens)


def _read_position(text: str) -> tuple[int, int]:
    try:
        x, y = (int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"{text!r} is not a position; write X,Y") from None
    return x, y


def brute_force(
    *,
    frame_per_action: int = 16,
    number_of_savestates: int = 10,
    actions_per_savestate: int = 12,
    fails_before_position_change: int = 512,
    preferred_positions: Annotated[
        tuple[tuple[int, int], ...] | None,
        Parameter(converter=_read_positions, n_tokens=-1),
    ] = None,
    max_actions: int | None = None,
    json: Flag = False,
    options: Annotated[LoopOptions, Options] = LoopOptions(),  # noqa: B008
) -> int:
    """Search for a way to the end of the game, by trial and error with savestates.

    Exit status: 0 the end was reached, 1 it was not.

    Args:
        frame_per_action: Frames that each action is held.
        number_of_savestates: Number of savestates to keep. The oldest is dropped first.
        actions_per_savestate: Actions from one savestate to the next.
        fails_before_position_change: Deaths without progress before another position is
            preferred.
        preferred_positions: Preferred positions of the player, X,Y in pixels, the most preferred
            first. By default those that the game declares.
        max_actions: Give up after this many actions. By default never.
        json: Print one JSON object at the end instead of text.
        options: Options of the emulators.
    """
    game = find_game(options.game)
    positions = preferred_positions or tuple(search_rules(game).positions)

    def loop(runner: Runner) -> Outcome:
        play_start(runner.emulator, game)
        # With several emulators, each begins with another preferred position.
        shift = (runner.number - 1) % len(positions)
        search = BruteForce(
            runner.emulator,
            game,
            frame_per_action=frame_per_action,
            number_of_savestates=number_of_savestates,
            actions_per_savestate=actions_per_savestate,
            fails_before_position_change=fails_before_position_change,
            preferred_positions=positions[shift:] + positions[:shift],
        )
        shown = 0

        def stopping() -> bool:
            nonlocal shown
            if not json and search.outcome.actions - shown >= 2000:
                shown = search.outcome.actions
                print(f"{runner}: {_describe(search.outcome)}", flush=True)
            return runner.stopping

        outcome = search.search(stopping, max_actions)
        if outcome.reason == "ending":
            run.stop()  # one way is enough
        return outcome

    run = make_run(options, loop)
    outcomes: list[Outcome | None] = run.run()
    reached = any(outcome is not None and outcome.reason == "ending" for outcome in outcomes)
    if json:
        results = [outcome and asdict(outcome) for outcome in outcomes]
        print_json({"game": game.name, "ending_reached": reached, "runners": results})
    else:
        _print_outcomes(outcomes, reached)
    return Exit.SUCCESS if reached else Exit.FAILURE


def _print_outcomes(outcomes: Sequence[Outcome | None], reached: bool) -> None:
    for number, outcome in enumerate(outcomes, 1):
        if outcome is None:
            continue
        if outcome.reason == "ending":
            who = f"runner {number} of {len(outcomes)}"
            print(f"{who}: the game's ending is reached: {_describe(outcome)}")
        elif not reached:
            print(f"{_MEANINGS.get(outcome.reason, 'stopped')}: {_describe(outcome)}")


def _describe(outcome: Outcome) -> str:
    return (
        f"{outcome.depth} actions deep, {outcome.actions} actions in all, "
        f"{outcome.deaths} deaths, {outcome.loads} savestates loaded"
    )
