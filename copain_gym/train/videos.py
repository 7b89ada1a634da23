"""Videos: games played again from their inputs, every other frame drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from copain_gym.emulator import Emulator
from copain_gym.errors import CopainError
from copain_gym.tas.inputs import Hold
from copain_gym.tas.video import FRAMES_PER_PICTURE, Picture, write_video
from copain_gym.train.episodes import Episode, play_episode
from copain_gym.train.evaluation import Evaluation
from copain_gym.train.runs import RunSpec, TrainArguments
from copain_gym.train.trained import find_checkpoint, load_agent

__all__ = ["pictures", "report_run"]


def pictures(episode: Episode, *, engine: str | None = None) -> Iterator[Picture]:
    """The pictures (240, 256, 3) uint8 of an episode, one for two frames.

    It is played again from power-on in an emulator of its own.

    Args:
        episode: the episode.
        engine: which emulator.

    Raises:
        CopainError: its inputs from power-on are not known.
    """
    if not episode.inputs.pure:
        raise CopainError("a video needs the inputs from power-on; begin at `start`")
    with Emulator(episode.rom, engine=engine) as emulator:
        at = 0
        for entry in episode.inputs:
            assert isinstance(entry, Hold)
            pads: Any = dict(enumerate(entry.pads, 1))
            left = entry.frames
            if at < episode.first_frame:
                waited = min(left, episode.first_frame - at)
                emulator.step(frames=waited, pads=pads)
                at, left = at + waited, left - waited
            while left:
                frames = min(
                    left, FRAMES_PER_PICTURE - (at - episode.first_frame) % FRAMES_PER_PICTURE
                )
                emulator.send_step(frames=frames, pads=pads, screen=True)
                emulator.receive_step()
                at, left = at + frames, left - frames
                if (at - episode.first_frame) % FRAMES_PER_PICTURE == 0:
                    yield emulator.screen()


def _film_best(run: Path, *, engine: str | None = None, max_seconds: float = 300) -> Path:
    """Play a game with a run's best agent and film it."""
    spec = RunSpec.read(run)
    agent = load_agent(find_checkpoint(run, "best"), spec)
    episode = play_episode(agent, spec, seed=1, engine=engine)
    path = run / "videos" / f"score-{episode.score:.0f}.mp4"
    return write_video(path, [pictures(episode, engine=engine)], max_seconds)


def report_run(run: Path, evaluation: Evaluation | None, arguments: TrainArguments) -> None:
    """Say what came of a training run, and film its best agent if that is wanted."""
    print(f"run: {run}")
    if evaluation is not None:
        print(f"last evaluation: {evaluation}")
    if arguments.video:
        seconds = arguments.video_seconds
        video = _film_best(run, engine=arguments.engine, max_seconds=seconds)
        print(f"video: {video}")
