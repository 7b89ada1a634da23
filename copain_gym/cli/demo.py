"""`copain demo`: a search for a perfect run of the bundled game, random play, training, and videos.

`demo` is the command; the training is in `copain_gym.train`.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

import gymnasium
import numpy as np

from copain_gym.cli.command import missing_package, output_folder
from copain_gym.cli.search import Display
from copain_gym.engines.engine import EngineName
from copain_gym.engines.headless import find_headless
from copain_gym.errors import CopainError
from copain_gym.games import HIRONDELLE
from copain_gym.search import Search
from copain_gym.tas.expected import companion_path, expect
from copain_gym.tas.film import Film
from copain_gym.tas.render import render_film
from copain_gym.tas.verify import verify
from copain_gym.tas.video import FRAMES_PER_PICTURE, Picture, write_video

__all__ = ["demo"]

_ENV = "copain/Hirondelle-v0"
_MAX_STEPS = 2000  # environment steps of one episode
_HOLD = (2, 12)  # environment steps that a random player keeps a direction
_FRAME_SKIP = 4
_MOST_MINUTES = 24 * 60.0


@dataclass(frozen=True)
class Recording:
    """The result of one episode, with the actions that replay it."""

    score: int
    frames: int
    actions: tuple[int, ...]


def demo(
    *,
    emulators: int = 4,
    episodes: int = 12,
    seed: int = 1,
    search: bool = True,
    train_minutes: float = 3.0,
    videos: Path = Path("videos"),
    engine: EngineName | None = None,
) -> None:
    """Search a perfect run of the bundled game, play at random, then train an agent.

    The search finds a run of the whole game without a death, from power-on; stock FCEUX verifies
    it. Then a random player plays in several emulators. Then PPO is trained for a few minutes and
    compared with it. Each part writes a video.

    Args:
        emulators: Number of emulators at once, 1 to 64.
        episodes: Number of random episodes in all.
        seed: Seed of the random player and of the training. The same seed gives the same random
            episodes.
        search: Search for a run first, in all processor cores. This needs the headless engine.
        train_minutes: Minutes of training. 0 skips the training.
        videos: Folder for the videos.
        engine: Engine of the emulators. By default COPAIN_ENGINE, else auto.
    """
    if not 1 <= emulators <= 64:
        raise ValueError(f"emulators is {emulators}; allowed are 1 to 64")
    if not 1 <= episodes <= 100_000:
        raise ValueError(f"episodes is {episodes}; allowed are 1 to 100000")
    if not 0 <= train_minutes <= _MOST_MINUTES:
        raise ValueError(
            f"train_minutes is {train_minutes}; allowed are 0 to {_MOST_MINUTES:g} minutes"
        )
    _need("tqdm", "imageio_ffmpeg")
    if train_minutes:
        _need_training()
    output_folder(videos)
    if search:
        _search(seed, videos, engine)
    _play_at_random(emulators, episodes, seed, videos, engine)
    if train_minutes:
        _train(train_minutes, seed, videos, engine)


def _need(*modules: str) -> None:
    """Report a missing module at once, not after minutes of play."""
    for name in modules:
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"no module named {name}", name=name)


def _need_training() -> None:
    try:
        _need("torch", "stable_baselines3", "yaml")
    except ModuleNotFoundError as error:
        hint = "--train-minutes 0 plays without training"
        raise CopainError(f"{missing_package(error)}; {hint}") from None


def _train(minutes: float, seed: int, videos: Path, engine: EngineName | None) -> None:
    from copain_gym.train.compare import train_and_compare

    print(f"\n{minutes:g} minutes of PPO on features of the same game")
    path = videos / "hirondelle-trained-beside-random.mp4"
    result = train_and_compare(60 * minutes, path, seed=seed, engine=engine)
    print(f"trained: {result.trained}")
    print(f"random:  {result.random}")
    trained, chance = result.shown
    shown = f"the trained agent ({trained:.0f} points) beside the random one ({chance:.0f})"
    print(f"video of {shown}: {result.video}")


def _search(seed: int, videos: Path, engine: EngineName | None) -> None:
    """Find a run of the whole game, let stock FCEUX verify it, and film it."""
    if engine == "fceux" or find_headless() is None:
        print("the search is left out: it needs the headless engine")
        return
    workers = len(os.sched_getaffinity(0))
    print(f"search for a run of the whole game without a death, in {workers} processes", flush=True)
    display = Display(sys.stdout)
    with Search("hirondelle", workers=workers, seed=seed, engine=engine) as search:
        result = search.run(tell=display.show)
    display.end(result.progress)
    if result.reason == "interrupted":
        raise KeyboardInterrupt
    if not result.won:
        print("the search did not reach the ending")
        return
    path = result.movie.write(videos / "hirondelle-search.fm2")
    expected = expect(result.movie, search.rom, HIRONDELLE, engine)
    expected.write(companion_path(path))
    print(
        f"{path}: {result.movie.frames} frames and {result.progress.score:.0f} points, found in "
        f"{result.progress.seconds:.0f} s"
    )
    verdict = verify(result.movie, search.rom, HIRONDELLE, expected=expected, file=path)
    if not verdict.same:
        raise CopainError(
            f"stock FCEUX replays {path} to another end: {', '.join(verdict.differs)} differ"
        )
    print("stock FCEUX replays it from power-on to the same end")
    video = path.with_suffix(".mp4")
    film = Film(path, search.rom, HIRONDELLE, engine=engine)
    render_film(film, video, buttons=True, variables=("score", "lives"), every=2)
    print(f"video of it: {video}\n", flush=True)


def _play_at_random(
    emulators: int, episodes: int, seed: int, videos: Path, engine: EngineName | None
) -> None:
    from tqdm import tqdm

    played: list[Recording] = []
    frames = 0
    begin = time.perf_counter()
    progress: SimpleQueue[Recording | None] = SimpleQueue()
    seeds: SimpleQueue[int] = SimpleQueue()
    for episode in range(episodes):
        seeds.put(seed * 1_000_003 + episode)
    print(f"{episodes} episodes of random play in {emulators} emulators")
    stop = threading.Event()
    with (
        ThreadPoolExecutor(emulators) as pool,
        # After the pool, so that it is left first: the pool waits for its threads.
        _setting(stop),
        # disable=None: no bar in a file or a pipe
        tqdm(total=episodes, unit="episode", dynamic_ncols=True, disable=None) as bar,
    ):
        jobs = [pool.submit(_play_all, seeds, progress, engine, stop) for _ in range(emulators)]
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
            speed = frames / (time.perf_counter() - begin)
            bar.set_postfix_str(f"{speed:,.0f} frames/s, best score {best}")
            bar.update()
        _raise_first_error(jobs)
    scores = np.array([e.score for e in played])
    print(
        f"scores: best {scores.max()}, median {np.median(scores):.0f}, worst {scores.min()}; "
        f"{frames:,} frames, {frames / (time.perf_counter() - begin):,.0f} frames/s"
    )
    winner = max(played, key=lambda e: (e.score, e.frames, e.actions))
    path = _film(winner, videos, engine)
    print(f"video of the best episode: {path}")


@contextmanager
def _setting(event: threading.Event) -> Iterator[None]:
    """Set an event where the block ends, by Ctrl-C, too."""
    try:
        yield
    finally:
        event.set()


def _raise_first_error(jobs: list[Future[None]]) -> None:
    for job in jobs:
        job.result()


def _play_all(
    seeds: SimpleQueue[int],
    progress: SimpleQueue[Recording | None],
    engine: EngineName | None,
    stop: threading.Event,
) -> None:
    env = gymnasium.make(_ENV, engine=engine)
    try:
        while not stop.is_set():
            progress.put(_play(env, seeds.get_nowait(), stop))
    except Empty:
        pass
    finally:
        env.close()


def _play(env: gymnasium.Env[np.ndarray, np.int64], seed: int, stop: threading.Event) -> Recording:
    rng = np.random.default_rng(seed)
    _, info = env.reset(seed=seed)
    first_frame = int(info["frame_count"])
    actions: list[int] = []
    terminated = truncated = False
    while not (terminated or truncated or stop.is_set()) and len(actions) < _MAX_STEPS:
        action = int(rng.integers(env.action_space.n))  # type: ignore[attr-defined]
        for _ in range(int(rng.integers(*_HOLD))):
            _, _, terminated, truncated, info = env.step(np.int64(action))
            actions.append(action)
            if terminated or truncated:
                break
    return Recording(int(info["score"]), int(info["frame_count"]) - first_frame, tuple(actions))


def _film(episode: Recording, videos: Path, engine: EngineName | None) -> Path:
    path = videos / f"hirondelle-best-{episode.score}.mp4"
    return write_video(path, [_pictures(episode, engine)])


def _pictures(episode: Recording, engine: EngineName | None) -> Iterator[Picture]:
    """Replay an episode; returns the pictures for the video."""
    env = gymnasium.make(
        _ENV, render_mode="rgb_array", frame_skip=FRAMES_PER_PICTURE, engine=engine
    )
    try:
        env.reset()
        for action in episode.actions:
            for _ in range(_FRAME_SKIP // FRAMES_PER_PICTURE):
                env.step(np.int64(action))
                yield np.asarray(env.render())
    finally:
        env.close()
