"""Let a trained agent play, in FCEUX's window or for a video or movies.

python agents/play.py runs/ppo-Hirondelle-v0-… --window
python agents/play.py runs/ppo-Hirondelle-v0-… --video agent.mp4 --movies movies/
"""

from __future__ import annotations

import sys
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from copain_gym.cli.command import Flag, output_file, print_json, run_script
from copain_gym.engines.engine import EngineName
from copain_gym.tas.video import write_video
from copain_gym.train.episodes import PlayedEpisode, play_episode
from copain_gym.train.evaluation import EVAL_SEED, mean_text
from copain_gym.train.progress import Progress
from copain_gym.train.runs import RunSpec, check_trust, choose_device
from copain_gym.train.trained import find_checkpoint, load_agent
from copain_gym.train.videos import pictures


@dataclass
class Arguments:
    """Let a trained agent play, in FCEUX's window or for a video or movies."""

    run: Path
    """Folder of the run."""
    _: KW_ONLY
    checkpoint: Literal["best", "last"] = "best"
    """Checkpoint to load. A run without evaluations has only the last one."""
    episodes: int = 1
    """Episodes to play."""
    seed: int = EVAL_SEED
    """Seed of the random wait at the beginning of the first episode. Others add 1, 2 and so on."""
    window: bool = False
    """Show FCEUX's window, at the console's speed."""
    video: Path | None = None
    """File for an MP4 video of the best episode."""
    movies: Path | None = None
    """Folder for a movie (FM2) of each episode: its inputs from power-on."""
    max_frames: int = 36_000
    """Longest episode, in frames."""
    device: str = "auto"
    """Device of the network: `auto`, `cpu`, `cuda`."""
    engine: EngineName | None = None
    """Engine of the emulators. By default COPAIN_ENGINE, else auto."""
    trust: Flag = False
    """Play a run also where that runs programs that it names or contains: the Python file of a
    game, or a checkpoint of an older version."""
    json: Flag = False
    """Print one JSON object at the end instead of text."""


def main(arguments: Arguments) -> None:
    """Let a trained agent play, in a window or for a video or movies."""
    if arguments.episodes < 1:
        raise ValueError(f"episodes is {arguments.episodes}; allowed are 1 and more")
    if arguments.video is not None:
        output_file(arguments.video)
    spec = RunSpec.read(arguments.run)
    check_trust(arguments.run, spec, arguments.trust)
    torch.set_num_threads(1)  # several threads for one small network wait for each other
    file = find_checkpoint(arguments.run, arguments.checkpoint)
    device = str(choose_device(arguments.device))
    agent = load_agent(file, spec, device, trust=arguments.trust)
    played: list[PlayedEpisode] = []
    results: list[dict[str, Any]] = []

    def say(text: str) -> None:
        if not arguments.json:
            print(text, flush=True)

    for number in range(arguments.episodes):
        with Progress(None, "frame", what=f"game {number + 1}", show=not arguments.json) as bar:

            def show(frames: int, score: float, bar: Progress = bar) -> None:
                bar.update(frames, f"score {score:.0f}")

            episode = play_episode(
                agent,
                spec,
                seed=arguments.seed + number,
                window=arguments.window,
                engine=arguments.engine,
                max_frames=arguments.max_frames,
                progress=show,
            )
        played.append(episode)
        results.append({"score": episode.score, "frames": episode.frames, "movie": None})
        say(f"game {number + 1}: score {episode.score:.0f}, {episode.frames} frames")
        if arguments.movies is not None:
            name = f"game-{number + 1}-score-{episode.score:.0f}.fm2"
            movie = episode.movie().write(arguments.movies / name)
            results[-1]["movie"] = movie
            say(f"movie: {movie}")
    scores = [e.score for e in played]
    if len(played) > 1:
        say(f"{len(played)} games: score {mean_text(scores)}")
    if arguments.video is not None:
        best = max(played, key=lambda e: e.score)
        film = pictures(best, engine=arguments.engine)
        say(f"video: {write_video(arguments.video, [film])}")
    if arguments.json:
        mean = float(np.mean(scores))
        result = {"mean_score": mean, "episodes": results, "video": arguments.video}
        print_json({"run": arguments.run, "checkpoint": file.name, **result})


if __name__ == "__main__":
    sys.exit(run_script(main))
