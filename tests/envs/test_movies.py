"""`NesEnv.movie`: everything from power-on, which stock FCEUX replays to the same end."""

from __future__ import annotations

import copy
import dataclasses
import os
import signal
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from copain_gym import EmulatorCrashed, MovieError
from copain_gym.envs.nes_env import NesEnv
from copain_gym.games import GRADIUS, HIRONDELLE
from copain_gym.tas.movie import Movie
from copain_gym.tas.states import GameState
from tests.tas.stock import end_ram

TWO = dataclasses.replace(HIRONDELLE, start=GRADIUS.start, players=2)


def make(**options: Any) -> NesEnv:
    return NesEnv(**options)


def play(env: NesEnv, steps: int = 30) -> None:
    for _ in range(steps):
        *_, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()


def check(env: NesEnv, movie: Movie, folder: Path) -> None:
    assert np.array_equal(end_ram(movie, env.emulator.rom.path, folder), env.emulator.ram)


@pytest.mark.parametrize(
    "options",
    [
        {"noop_max": 30, "frame_skip": (2, 6), "sticky_action_probability": 0.4},
        {"game": TWO, "players": 2, "action_set": "multi_binary", "obs_type": "grayscale"},
        {"obs_type": "rgb", "frame_stack": 2, "max_episode_frames": 60, "terminate_on": "life"},
        {"region": "PAL", "render_mode": "rgb_array"},
    ],
)
def test_stock_fceux_plays_an_episode_again(options: dict[str, Any], tmp_path: Path) -> None:
    env = make(**options)
    env.action_space.seed(3)
    env.reset(seed=3)
    play(env)
    env.wait(7)
    play(env, 5)
    check(env, env.movie("me"), tmp_path)
    env.close()


def test_rerecords_are_loaded_states() -> None:
    env = make()
    env.reset(seed=1)
    play(env, 3)
    state = env.save_state()
    env.reset()
    env.reset(options={"state": state})
    movie = env.movie()
    assert movie.rerecords == 3
    assert movie.frames == state.inputs.frames
    again = GameState.from_bytes(env.save_state().to_bytes())
    assert again.inputs.rerecords == 3
    other = make()
    other.reset(options={"state": again})
    assert other.movie().rerecords == 4
    other.close()
    env.close()


def test_a_loaded_game_state_brings_its_inputs(tmp_path: Path) -> None:
    env, other = make(), make()
    env.reset(seed=1)
    play(env, 10)
    state = env.save_state()
    other.reset(options={"state": state.to_bytes()})
    other.step(1)
    check(other, other.movie(), tmp_path)
    other.reset(options={"state": state.state})
    with pytest.raises(MovieError, match="a savestate was loaded that does not have its inputs"):
        other.movie()
    assert other.save_state().inputs.unknown
    other.reset(options={"state": "stage2"})
    with pytest.raises(MovieError, match=r"memory was written after frame .* at the address 0x"):
        other.movie()
    env.close()
    other.close()


def test_a_copy_has_the_movie_so_far(tmp_path: Path) -> None:
    env = make(noop_max=9)
    env.reset(seed=1)
    play(env, 10)
    clone = copy.deepcopy(env)
    assert np.array_equal(clone.movie().inputs, env.movie().inputs)
    clone.step(3)
    clone.step(4)
    env.step(1)
    check(clone, clone.movie(), tmp_path)
    check(env, env.movie(), tmp_path)
    env.close()
    clone.close()


def test_a_replaced_emulator(tmp_path: Path) -> None:
    env = make()
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.movie()
    assert env.inputs.unknown
    env.reset(seed=1)
    play(env, 5)
    env.reset()
    os.kill(env.emulator.pid, signal.SIGKILL)
    with pytest.raises(EmulatorCrashed):
        play(env)
    env.reset()
    env.step(1)
    movie = env.movie()
    assert movie.rerecords == 3
    check(env, movie, tmp_path)
    env.close()


def test_the_users_own_requests_are_in_the_movie(tmp_path: Path) -> None:
    env = make()
    env.reset(seed=1)
    env.emulator.step("A+right", 11)
    env.emulator.softreset()
    env.emulator.step(frames=2)
    check(env, env.movie(), tmp_path)
    env.emulator.memory[0x20] = 1
    with pytest.raises(MovieError, match="memory was written after frame"):
        env.movie()
    env.close()
