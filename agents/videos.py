"""Videos: games played again from their inputs, every other frame drawn."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.agents.episodes import Episode, play_episode
from copain_gym.agents.runs import RunSpec
from copain_gym.agents.trained import find_checkpoint, load_agent
from copain_gym.emulator import Emulator
from copain_gym.envs.nes_env import NTSC_FPS
from copain_gym.errors import CopainError
from copain_gym.inputs import Hold

__all__ = ["film_best", "pictures", "write_video"]

Picture = npt.NDArray[np.uint8]

_EVERY = 2  # half of the console's frames are enough for the eye
_SCALE = 2
_FAST: Any = {"output_params": ["-preset", "veryfast", "-threads", "2"]}


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
                frames = min(left, _EVERY - (at - episode.first_frame) % _EVERY)
                emulator.send_step(frames=frames, pads=pads, screen=True)
                emulator.receive_step()
                at, left = at + frames, left - frames
                if (at - episode.first_frame) % _EVERY == 0:
                    yield emulator.screen()


def write_video(path: Path, films: Sequence[Iterable[Picture]], max_seconds: float = 300) -> Path:
    """Write one or more films side by side as an MP4 video.

    A film that ends before the others goes on with its last picture, darkened.

    Args:
        path: the file.
        films: pictures of equal height, uint8, one for two frames.
        max_seconds: where the video is cut off.

    Raises:
        CopainError: the package that encodes is missing, or there are no pictures.
    """
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise CopainError(f"{error.name} is missing: pip install 'copain-gym[video]'") from error
    fps = NTSC_FPS / _EVERY
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    writer = None
    last: list[Picture] = []
    try:
        for row in islice(zip_longest(*films), int(max_seconds * fps)):
            if not last:
                last = list(row)
            shown = [old // 2 if new is None else new for new, old in zip(row, last, strict=True)]
            last = [old if new is None else new for new, old in zip(row, last, strict=True)]
            picture = np.concatenate(shown, axis=1).repeat(_SCALE, 0).repeat(_SCALE, 1)
            if writer is None:
                height, width, _ = picture.shape
                writer = imageio_ffmpeg.write_frames(
                    str(temporary), (width, height), fps=fps, macro_block_size=1, quality=6, **_FAST
                )
                writer.send(None)
            writer.send(np.ascontiguousarray(picture))
        if writer is None:
            raise CopainError("there are no pictures to make a video of")
        writer.close()
        temporary.replace(path)
    finally:
        if writer is not None:
            writer.close()
        temporary.unlink(missing_ok=True)
    return path


def film_best(run: Path, *, engine: str | None = None, max_seconds: float = 300) -> Path:
    """Play a game with a run's best agent and film it."""
    spec = RunSpec.read(run)
    agent = load_agent(find_checkpoint(run, "best"), spec)
    episode = play_episode(agent, spec, seed=1, engine=engine)
    path = run / "videos" / f"score-{episode.score:.0f}.mp4"
    return write_video(path, [pictures(episode, engine=engine)], max_seconds)
