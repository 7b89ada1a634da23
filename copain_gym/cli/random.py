"""`copain random`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import numpy as np

from copain_gym.cli.command import Flag, Options, print_json
from copain_gym.cli.loops import LoopOptions, make_run
from copain_gym.envs.start import play_start
from copain_gym.games import find_game
from copain_gym.search.random_inputs import check_random, play_randomly
from copain_gym.search.run import Runner

__all__ = ["random"]


def random(
    *,
    frame_per_action: int = 5,
    episodes: int = 0,
    seed: int | None = None,
    json: Flag = False,
    options: Annotated[LoopOptions, Options] = LoopOptions(),  # noqa: B008
) -> None:
    """Press random buttons in several emulators at once.

    Each episode ends at the first death. This exercises emulators; `copain baseline random`
    scores a random player in an environment, to compare an agent with.

    Args:
        frame_per_action: Frames that each direction is held.
        episodes: Episodes of each emulator. 0 plays until Ctrl-C.
        seed: Seed of the first emulator. The others add 1, 2 and so on. By default each run
            differs.
        json: Print one JSON object at the end instead of text.
        options: Options of the emulators.
    """
    if json and episodes == 0:
        raise ValueError("--json needs an end: give --episodes, 1 or more")
    if episodes < 0:
        raise ValueError(f"--episodes is {episodes}; allowed are 0 and more")
    game = find_game(options.game)
    check_random(game)
    played: list[dict[str, Any]] = []

    def loop(runner: Runner) -> int:
        generator = np.random.default_rng(None if seed is None else seed + runner.number - 1)
        play_start(runner.emulator, game)
        start = runner.emulator.save_state()
        best = number = 0
        while not runner.stopping and (episodes == 0 or number < episodes):
            runner.emulator.load_state(start)
            episode = play_randomly(
                runner.emulator, game, generator, frame_per_action, lambda: runner.stopping
            )
            number += 1
            best = max(best, episode.score)
            played.append({"runner": runner.number, "episode": number, **asdict(episode)})
            if not json:
                end = " and the game's ending" if episode.ended else ""
                print(
                    f"{runner}: episode {number}: score {episode.score}{end} "
                    f"in {episode.frames} frames",
                    flush=True,
                )
        return best

    best = max(make_run(options, loop).run())
    if json:
        played.sort(key=lambda episode: (episode["runner"], episode["episode"]))
        print_json({"game": game.name, "best_score": best, "episodes": played})
    else:
        print(f"best score: {best}")
