"""Watch a trained agent: in FCEUX's window, as a video, as movies.

python agents/play.py runs/ppo-Hirondelle-v0-… --window
python agents/play.py runs/ppo-Hirondelle-v0-… --video agent.mp4 --movies movies/
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from copain_gym.tas.fm2 import write_movie
from copain_gym.tas.video import write_video
from copain_gym.train.command import run_command
from copain_gym.train.episodes import PlayedEpisode, play_episode
from copain_gym.train.evaluation import EVAL_SEED, mean_and_interval
from copain_gym.train.runs import RunSpec, choose_device
from copain_gym.train.trained import find_checkpoint, load_agent
from copain_gym.train.videos import pictures


@dataclass
class Arguments:
    """Watch a trained agent: in FCEUX's window, as a video, as movies."""

    run: Annotated[Path, tyro.conf.Positional]
    """Folder of the run."""
    checkpoint: Literal["best", "last"] = "best"
    """Which of its checkpoints; without evaluations there is only the last one."""
    episodes: int = 1
    """Games to play."""
    seed: int = EVAL_SEED
    """Seed of the waiting at the beginning of the first game; the others get those after it."""
    window: bool = False
    """Show FCEUX's window, at the console's speed."""
    video: Path | None = None
    """File of an MP4 video of the best of the games."""
    movies: Path | None = None
    """Folder for a movie (FM2) of each game: its inputs from power-on."""
    max_frames: int = 36_000
    """Frames after which a game is cut off."""
    device: str = "auto"
    """Where the network computes: `auto`, `cpu`, `cuda`."""
    engine: str | None = None
    """Which emulator: `auto`, `headless` or `fceux`; by default COPAIN_ENGINE, else `auto`."""


def play(arguments: Arguments) -> None:
    """Play, and leave what was asked for."""
    if arguments.episodes < 1:
        raise ValueError(f"episodes is {arguments.episodes}; allowed are 1 and more")
    spec = RunSpec.read(arguments.run)
    file = find_checkpoint(arguments.run, arguments.checkpoint)
    agent = load_agent(file, spec, str(choose_device(arguments.device)))
    played: list[PlayedEpisode] = []
    for number in range(arguments.episodes):
        episode = play_episode(
            agent,
            spec,
            seed=arguments.seed + number,
            window=arguments.window,
            engine=arguments.engine,
            max_frames=arguments.max_frames,
        )
        played.append(episode)
        print(f"game {number + 1}: score {episode.score:.0f}, {episode.frames} frames", flush=True)
        if arguments.movies is not None:
            name = f"game-{number + 1}-score-{episode.score:.0f}.fm2"
            movie = write_movie(arguments.movies / name, episode.inputs, episode.rom)
            print(f"movie: {movie}")
    if len(played) > 1:
        mean, half = mean_and_interval([e.score for e in played])
        print(f"{len(played)} games: score {mean:.0f} ± {half:.0f}")
    if arguments.video is not None:
        best = max(played, key=lambda e: e.score)
        film = pictures(best, engine=arguments.engine)
        print(f"video: {write_video(arguments.video, [film])}")


def main(words: Sequence[str] | None = None, prog: str | None = None) -> int:
    """Run the command."""
    return run_command(Arguments, play, words, prog)


if __name__ == "__main__":
    sys.exit(main())
