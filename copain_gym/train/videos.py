"""Videos of episodes: their movies are replayed, and every other frame is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from copain_gym.tas.replay import play_in_emulator
from copain_gym.tas.video import FRAMES_PER_PICTURE, Picture, write_video
from copain_gym.train.episodes import PlayedEpisode, play_episode
from copain_gym.train.evaluation import Evaluation
from copain_gym.train.runs import RunSpec, TrainArguments
from copain_gym.train.trained import find_checkpoint, load_agent

__all__ = ["pictures", "report_run"]


def pictures(episode: PlayedEpisode, *, engine: str | None = None) -> Iterator[Picture]:
    """Yield the pictures of an episode, (240, 256, 3) uint8, one for two frames.

    The episode is replayed from power-on in a new emulator.

    Args:
        episode: the episode.
        engine: `auto`, `headless` or `fceux`; None is the default.

    Raises:
        MovieError: a movie cannot hold the inputs; the error says why.
    """
    movie = episode.movie()
    with play_in_emulator(movie, episode.rom, engine) as emulator:
        emulator.step(frames=episode.first_frame, draw=False)
        for _ in range((movie.frames - episode.first_frame) // FRAMES_PER_PICTURE):
            emulator.send_step(frames=FRAMES_PER_PICTURE, screen=True)
            emulator.receive_step()
            yield emulator.screen()


def _film_best(run: Path, *, engine: str | None, max_seconds: float, trust: bool) -> Path:
    """Play an episode with a run's best agent and write a video of it."""
    spec = RunSpec.read(run)
    agent = load_agent(find_checkpoint(run, "best"), spec, trust=trust)
    episode = play_episode(agent, spec, seed=1, engine=engine)
    path = run / "videos" / f"score-{episode.score:.0f}.mp4"
    return write_video(path, [pictures(episode, engine=engine)], max_seconds)


def report_run(run: Path, evaluation: Evaluation | None, arguments: TrainArguments) -> None:
    """Print the result of a training run; write a video of its best agent if requested."""
    print(f"run: {run}")
    if evaluation is not None:
        print(f"last evaluation: {evaluation}")
    if arguments.video:
        seconds = arguments.video_seconds
        engine, trust = arguments.engine, arguments.trust
        video = _film_best(run, engine=engine, max_seconds=seconds, trust=trust)
        print(f"video: {video}")
