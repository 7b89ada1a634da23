"""The wrapper that writes chosen episodes of a pool's lanes as movies."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from copain_gym.tas.movie import Movie
from copain_gym.vector import NesVectorEnv, RecordMovie
from tests.tas.stock import end_ram


def make(folder: Path, count: int = 2, frames: int = 40, **options: Any) -> RecordMovie:
    mode = options.pop("mode", AutoresetMode.NEXT_STEP)
    envs = NesVectorEnv(num_envs=count, max_episode_frames=frames, autoreset_mode=mode, noop_max=9)
    envs.action_space.seed(1)
    return RecordMovie(envs, folder, **options)


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_chosen_episodes_of_each_lane(mode: AutoresetMode, tmp_path: Path) -> None:
    envs = make(tmp_path, mode=mode, episode_trigger=lambda n: n == 1, author="me")
    envs.reset(seed=1)
    ends: list[list[int]] = [[], []]
    for _ in range(33):
        *_, truncations, infos = envs.step(envs.action_space.sample())
        last = infos.get("final_info", infos)
        for lane in np.flatnonzero(truncations):
            ends[lane].append(int(last["frame_count"][lane]))
        if mode is AutoresetMode.DISABLED and truncations.any():
            envs.reset(options={"reset_mask": truncations})
    names = [f"rl-movie-lane-{lane}-episode-1.fm2" for lane in (0, 1)]
    assert sorted(file.name for file in envs.movies) == names
    for lane, file in enumerate(sorted(envs.movies)):
        movie = Movie.read(file)
        assert (movie.frames, movie.authors) == (ends[lane][1], ("me",))
    envs.close()


def test_a_movie_leads_stock_fceux_to_the_end_of_the_episode(tmp_path: Path) -> None:
    envs = make(tmp_path, 1, episode_trigger=lambda n: n == 2)
    envs.reset(seed=1)
    while not envs.movies:
        envs.step(envs.action_space.sample())
    (emulator,) = envs.unwrapped.emulators
    ram = end_ram(Movie.read(envs.movies[0]), emulator.rom.path, tmp_path)
    assert np.array_equal(ram, emulator.ram)
    envs.close()


def test_episodes_that_do_not_end(tmp_path: Path) -> None:
    envs = make(tmp_path, record_first_only=True, name_prefix="my", frames=10_000)
    envs.reset(seed=1)
    envs.step(np.array([1, 1]))
    envs.reset(options={"reset_mask": np.array([True, False])})
    envs.step(np.array([1, 1]))
    envs.close()
    assert [file.name for file in envs.movies] == [
        "my-lane-0-episode-0.fm2",
        "my-lane-0-episode-1.fm2",
    ]


def test_a_lane_whose_emulator_fails(tmp_path: Path) -> None:
    envs = make(tmp_path, episode_trigger=lambda n: n < 2, frames=400)
    envs.reset(seed=1)
    envs.step(np.array([1, 1]))
    frames = envs.unwrapped.movie(1).frames
    os.kill(envs.unwrapped.emulators[1].pid, signal.SIGKILL)
    while not envs.movies:
        envs.step(np.array([1, 1]))
    assert envs.movies[0].name == "rl-movie-lane-1-episode-0.fm2"
    assert Movie.read(envs.movies[0]).frames >= frames
    for _ in range(3):
        envs.step(np.array([1, 1]))
    envs.close()
    assert {file.name for file in envs.movies[1:]} == {
        "rl-movie-lane-0-episode-0.fm2",
        "rl-movie-lane-1-episode-1.fm2",
    }


def test_it_needs_a_pool_of_this_package(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="has no movies"):
        RecordMovie(gymnasium.make_vec("CartPole-v1", num_envs=1), tmp_path)
