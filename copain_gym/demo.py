"""`copain demo`: random play of the bundled game in several emulators, and the best as a video."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

import gymnasium
import numpy as np

from copain_gym.envs.nes_env import NTSC_FPS
from copain_gym.errors import CopainError

__all__ = ["run"]

_ENV = "copain/Hirondelle-v0"
_MAX_STEPS = 2000  # environment steps of one episode
_HOLD = (2, 12)  # environment steps that a random player keeps a direction


@dataclass(frozen=True)
class Episode:
    """What came of one episode: its actions play it again."""

    score: int
    frames: int
    actions: tuple[int, ...]


def run(*, emulators: int, episodes: int, seed: int, videos: Path, engine: str | None) -> None:
    """Play episodes at random, show the progress, and leave a video of the best.

    Args:
        emulators: emulators at once, 1 to 64.
        episodes: episodes in all.
        seed: of the random player; the same seed plays the same.
        videos: folder of the video.
        engine: which emulator.

    Raises:
        ValueError: a number is out of range.
        CopainError: a package of the extra `video` is missing.
    """
    if not 1 <= emulators <= 64:
        raise ValueError(f"emulators is {emulators}; allowed are 1 to 64")
    if not 1 <= episodes <= 100_000:
        raise ValueError(f"episodes is {episodes}; allowed are 1 to 100000")
    try:
        from moviepy.video.io.ImageSequenceClip import ImageSequenceClip  # noqa: F401
        from tqdm import tqdm
    except ImportError as error:
        raise CopainError(f"{error.name} is missing: pip install 'copain-gym[video]'") from error

    played: list[Episode] = []
    frames = 0
    progress: SimpleQueue[Episode | None] = SimpleQueue()
    seeds: SimpleQueue[int] = SimpleQueue()
    for episode in range(episodes):
        seeds.put(seed * 1_000_003 + episode)
    print(f"{episodes} episodes of random play in {emulators} emulators")
    with (
        ThreadPoolExecutor(emulators) as pool,
        tqdm(total=episodes, unit="episode", dynamic_ncols=True) as bar,
    ):
        jobs = [pool.submit(_play_all, seeds, progress, engine) for _ in range(emulators)]
        for job in jobs:
            job.add_done_callback(lambda _: progress.put(None))
        running = emulators
        while running:
            done = progress.get()
            if done is None:
                running -= 1
                continue
            played.append(done)
            frames += done.frames
            best = max(e.score for e in played)
            speed = frames / max(bar.format_dict["elapsed"], 1e-9)
            bar.set_postfix_str(f"{speed:,.0f} frames/s, best score {best}")
            bar.update()
        _raise_first_error(jobs)
    scores = np.array([e.score for e in played])
    print(
        f"scores: best {scores.max()}, median {np.median(scores):.0f}, worst {scores.min()}; "
        f"{frames:,} frames"
    )
    winner = max(played, key=lambda e: (e.score, e.frames, e.actions))
    path = _film(winner, videos, engine)
    print(f"video of the best episode: {path}")


def _raise_first_error(jobs: list[Future[None]]) -> None:
    for job in jobs:
        job.result()


def _play_all(
    seeds: SimpleQueue[int], progress: SimpleQueue[Episode | None], engine: str | None
) -> None:
    env = gymnasium.make(_ENV, engine=engine)
    try:
        while True:
            progress.put(_play(env, seeds.get_nowait()))
    except Empty:
        pass
    finally:
        env.close()


def _play(env: gymnasium.Env[np.ndarray, np.int64], seed: int) -> Episode:
    rng = np.random.default_rng(seed)
    _, info = env.reset(seed=seed)
    first_frame = info["frame_count"]
    actions: list[int] = []
    terminated = truncated = False
    while not (terminated or truncated) and len(actions) < _MAX_STEPS:
        action = int(rng.integers(env.action_space.n))  # type: ignore[attr-defined]
        for _ in range(int(rng.integers(*_HOLD))):
            _, _, terminated, truncated, info = env.step(np.int64(action))
            actions.append(action)
            if terminated or truncated:
                break
    return Episode(info["score"], info["frame_count"] - first_frame, tuple(actions))


def _film(episode: Episode, videos: Path, engine: str | None) -> Path:
    """Play an episode again, with every frame drawn, and write it as a video."""
    from moviepy.video.io.ImageSequenceClip import ImageSequenceClip

    env = gymnasium.make(_ENV, render_mode="rgb_array", frame_skip=1, engine=engine)
    pictures = []
    try:
        env.reset()
        for action in episode.actions:
            for frame in range(4):
                env.step(np.int64(action))
                if frame % 2:  # half of the console's frames are enough for the eye
                    picture = env.render()
                    pictures.append(np.asarray(picture).repeat(2, 0).repeat(2, 1))
    finally:
        env.close()
    videos.mkdir(parents=True, exist_ok=True)
    path = videos / f"hirondelle-best-{episode.score}.mp4"
    clip = ImageSequenceClip(pictures, fps=NTSC_FPS / 2)
    clip.write_videofile(str(path), codec="libx264", audio=False, logger=None)
    return path
