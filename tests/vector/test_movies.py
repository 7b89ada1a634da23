"""`NesVectorEnv.movie`: each lane's play since power-on, which stock FCEUX replays."""

from __future__ import annotations

import copy
import dataclasses
import os
import pickle
import signal
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from copain_gym import MovieError
from copain_gym.games import GRADIUS, HIRONDELLE
from copain_gym.tas.verify import verify
from copain_gym.vector import NesVectorEnv
from tests.tas.stock import end_ram

TWO = dataclasses.replace(HIRONDELLE, start=GRADIUS.start, players=2)


def make(count: int = 3, **options: Any) -> NesVectorEnv:
    envs = NesVectorEnv(num_envs=count, **options)
    envs.action_space.seed(5)
    envs.reset(seed=5)
    return envs


def play(envs: NesVectorEnv, steps: int = 20) -> None:
    for _ in range(steps):
        envs.step(envs.action_space.sample())


def check(envs: NesVectorEnv, lane: int, folder: Path) -> None:
    emulator = envs.emulators[lane]
    assert np.array_equal(end_ram(envs.movie(lane), emulator.rom.path, folder), emulator.ram)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"transport": "zmq"},
        {"noop_max": 20, "frame_skip": (2, 6), "sticky_action_probability": 0.4},
        {"obs_type": "grayscale", "screen_size": 84, "render_mode": "rgb_array"},
        {"game": TWO, "players": 2, "action_set": "full"},
    ],
)
def test_a_lane_after_twenty_swaps_of_states(options: dict[str, Any], tmp_path: Path) -> None:
    envs = make(**options)
    rng = np.random.default_rng(1)
    saved = envs.save_states()
    for _ in range(20):
        play(envs, 4)
        saved[rng.integers(3)] = envs.save_states([1])[0]
        envs.load_states([saved[i] for i in rng.permutation(3)])
    play(envs, 3)
    movies = [envs.movie(lane, author="me") for lane in range(3)]
    assert all(movie.rerecords > 20 for movie in movies)
    for lane in (0, 2):
        check(envs, lane, tmp_path)
    envs.close()


def test_verify_accepts_a_lane_after_twenty_swaps(tmp_path: Path) -> None:
    envs = make(2)
    saved = envs.save_states()
    for swap in range(20):
        play(envs, 5)
        saved[swap % 2] = envs.save_states([1 - swap % 2])[0]
        envs.load_states(saved)
    play(envs, 5)
    rom, movie = envs.emulators[0].rom, envs.movie(0)
    verdict = verify(movie, rom, HIRONDELLE)
    assert verdict.same
    assert verdict.stock.frames == movie.frames
    envs.close()


def test_states_as_bytes_and_pickles(tmp_path: Path) -> None:
    envs, other = make(), make(1)
    play(envs)
    (state,) = envs.save_states([1])
    portable = dataclasses.replace(state, state=bytes(state.state))
    other.load_states([pickle.loads(pickle.dumps(portable))])
    play(other, 5)
    check(other, 0, tmp_path)
    bare = dataclasses.replace(portable, past=None)
    other.load_states([bare])
    with pytest.raises(MovieError, match="a savestate was loaded that does not have its inputs"):
        other.movie(0)
    envs.close()
    other.close()


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_episodes_that_have_ended(mode: AutoresetMode, tmp_path: Path) -> None:
    envs = make(2, max_episode_frames=80, autoreset_mode=mode)
    with pytest.raises(ValueError, match="no episode of lane 1 has ended"):
        envs.movie(1, ended=True)
    ends: list[Any] = []
    for _ in range(47):
        *_, truncations, infos = envs.step(envs.action_space.sample())
        if truncations[1]:
            last = infos["final_info"] if mode is AutoresetMode.SAME_STEP else infos
            ends.append(int(last["frame_count"][1]))
    assert len(ends) >= 2
    movie = envs.movie(1, ended=True)
    assert movie.frames == ends[-1]
    assert np.array_equal(envs.movie(1).inputs[:100], movie.inputs[:100])
    check(envs, 1, tmp_path)
    envs.close()


def test_send_and_recv_of_some_lanes(tmp_path: Path) -> None:
    envs = make(4)
    rng = np.random.default_rng(2)
    for _ in range(30):
        lanes = rng.permutation(4)[: rng.integers(1, 4)]
        envs.send(rng.integers(0, 5, len(lanes)), lanes)
        with pytest.raises(gymnasium.error.AlreadyPendingCallError, match="movie"):
            envs.movie(int(lanes[0]))
        envs.recv()
    play(envs, 3)
    envs.emulators[2].step("right", 5)
    play(envs, 3)
    check(envs, 2, tmp_path)
    check(envs, 3, tmp_path)
    envs.close()


def test_copies_and_replaced_emulators(tmp_path: Path) -> None:
    envs = make(2)
    play(envs)
    clone = copy.deepcopy(envs)
    assert np.array_equal(clone.movie(0).inputs, envs.movie(0).inputs)
    play(clone, 5)
    check(clone, 0, tmp_path)
    clone.close()
    frames = envs.movie(0).frames
    os.kill(envs.emulators[0].pid, signal.SIGKILL)
    while not envs.replaced:
        play(envs, 1)
    play(envs, 2)
    check(envs, 0, tmp_path)
    check(envs, 1, tmp_path)
    assert envs.movie(0, ended=True).frames > frames
    assert envs.movie(0).rerecords == 2
    envs.close()


def test_a_pool_begins_the_game_of_two_players() -> None:
    envs = NesVectorEnv(TWO, 2, players=2)
    assert envs.reset()[1]["loop"].tolist() == [1, 1]  # select was pressed on the title
    envs.close()


def test_a_lane_must_exist() -> None:
    envs = make(1)
    with pytest.raises(ValueError, match="lane"):
        envs.movie(3)
    envs.close()
