"""The wrapper that writes chosen episodes as movies."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from copain_gym import EmulatorCrashed, MovieError, RecordMovie
from copain_gym.envs.record_movie import cubic_schedule
from copain_gym.tas.movie import Movie
from tests.conftest import wait_until
from tests.tas.stock import end_ram


def make(folder: Path, steps: int = 12, state: Any = "start", **options: Any) -> RecordMovie:
    env = TimeLimit(gymnasium.make("copain/Hirondelle-v0", state=state), steps)
    env.action_space.seed(1)
    return RecordMovie(env, folder, **options)


def play(env: gymnasium.Env[Any, Any], episodes: int) -> list[tuple[int, np.ndarray[Any, Any]]]:
    """The frame count and RAM at the end of each episode."""
    ends = []
    for episode in range(episodes):
        env.reset(seed=episode)
        over = False
        while not over:
            *_, terminated, truncated, info = env.step(env.action_space.sample())
            over = terminated or truncated
        ends.append((int(info["frame_count"]), env.unwrapped.emulator.ram.copy()))
    return ends


def test_chosen_episodes_are_written(tmp_path: Path) -> None:
    env = make(tmp_path / "new", episode_trigger=lambda n: n in (1, 3), author="me")
    ends = play(env, 5)
    assert [file.name for file in env.movies] == [
        "rl-movie-episode-1.fm2",
        "rl-movie-episode-3.fm2",
    ]
    for file, (frames, ram) in zip(env.movies, (ends[1], ends[3]), strict=True):
        movie = Movie.read(file)
        assert (movie.frames, movie.authors) == (frames, ("me",))
        assert np.array_equal(end_ram(movie, env.unwrapped.emulator.rom.path, tmp_path), ram)
    env.close()


def test_an_episode_that_does_not_end(tmp_path: Path) -> None:
    env = make(tmp_path, episode_trigger=lambda n: True, name_prefix="my")
    for _ in range(2):
        _, info = env.reset(seed=1)
        env.step(1)
        assert env.recording
    env.close()
    assert [file.name for file in env.movies] == ["my-episode-0.fm2", "my-episode-1.fm2"]
    assert Movie.read(env.movies[1]).frames == info["frame_count"] + 4
    env.close()


def test_steps_and_lengths(tmp_path: Path) -> None:
    env = make(tmp_path, step_trigger=lambda n: n in (3, 14), movie_length=4)
    _, info = env.reset(seed=1)
    begin = info["frame_count"]
    env.close()
    play(env, 2)
    assert [file.name for file in env.movies] == ["rl-movie-step-3.fm2", "rl-movie-step-14.fm2"]
    assert [Movie.read(file).frames - begin for file in env.movies] == [4 * 7, 4 * 6]
    env.close()


def test_the_default_is_gymnasiums(tmp_path: Path) -> None:
    chosen = [n for n in range(3500) if cubic_schedule(n)]
    assert chosen == [0, 1, 8, 27, 64, 125, 216, 343, 512, 729, 1000, 2000, 3000]
    env = make(tmp_path, steps=2)
    play(env, 3)
    assert len(env.movies) == 2
    env.close()


def test_after_a_crash(tmp_path: Path) -> None:
    env = make(tmp_path, steps=1000, episode_trigger=lambda n: True)
    env.reset(seed=1)
    env.step(1)
    process = env.unwrapped.emulator._client.process
    os.kill(process.pid, signal.SIGKILL)
    assert wait_until(lambda: not process.running(), 10)
    with pytest.raises(EmulatorCrashed):
        env.step(1)
    env.reset()
    assert Movie.read(env.movies[0]).frames > 4
    env.close()


def test_what_is_not_possible(tmp_path: Path) -> None:
    source = make(tmp_path)
    source.reset()
    bare = source.unwrapped.emulator.save_state().to_bytes()
    source.close()
    env = make(tmp_path, state=bare, episode_trigger=lambda n: True)
    with pytest.raises(MovieError, match="a savestate was loaded that does not have its inputs"):
        env.reset()
    env.close()
    with pytest.raises(ValueError, match="movie_length is -1"):
        make(tmp_path, movie_length=-1)
    with pytest.raises(TypeError, match="has no movies"):
        RecordMovie(gymnasium.make("CartPole-v1"), tmp_path)
    with pytest.raises(TypeError, match="folder"):
        RecordMovie(source)  # type: ignore[call-arg]
