"""Vector environments that are made again: from a spec in JSON, by pickle, by copy."""

from __future__ import annotations

import copy
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode

import copain_gym  # noqa: F401 - registers the environments
from copain_gym.paths import bundled_rom
from copain_gym.vector import NesVectorEnv
from tests.conftest import Traces

Make = Callable[..., NesVectorEnv]


@pytest.fixture
def make(engine: str) -> Iterator[Make]:
    made: list[NesVectorEnv] = []

    def start(num_envs: int = 2, **kwargs: Any) -> NesVectorEnv:
        made.append(NesVectorEnv(num_envs=num_envs, engine=engine, **kwargs))
        return made[-1]

    yield start
    for envs in made:
        envs.close()


def assert_same_future(first: Any, second: Any, steps: int) -> None:
    rng = np.random.default_rng(5)
    for _ in range(steps):
        actions = rng.integers(0, first.single_action_space.n, first.num_envs)
        ours, theirs = first.step(actions), second.step(actions)
        for mine, other in zip(ours[:4], theirs[:4], strict=True):
            np.testing.assert_array_equal(mine, other)
        assert set(ours[4]) == set(theirs[4])
        for name in ("score", "frame_count", "episode_frames"):
            np.testing.assert_array_equal(ours[4][name], theirs[4][name])


def test_a_spec_in_json_makes_the_same_environment(engine: str, make: Make) -> None:
    envs = make()
    envs.reset(seed=1)
    envs.step(np.array([4, 4]))
    state = bytes(envs.save_states()[0].state)
    kwargs = {
        "autoreset_mode": AutoresetMode.SAME_STEP,
        "state": ["stage2", state],
        "rom_path": Path(bundled_rom()),
        "max_episode_steps": 10,
        "render_mode": [None, "rgb_array"],
    }
    first = gymnasium.make_vec("copain/Hirondelle-v0", num_envs=2, engine=engine, **kwargs)
    text = first.spec.to_json()
    second = gymnasium.make_vec(EnvSpec.from_json(text))
    assert second.spec.to_json() == text
    assert second.unwrapped.options.mode is AutoresetMode.SAME_STEP
    np.testing.assert_array_equal(first.reset(seed=3)[0], second.reset(seed=3)[0])
    assert_same_future(first, second, 15)
    first.close()
    second.close()


def test_pickle_begins_anew(make: Make, traces: Traces) -> None:
    envs = make(noop_max=9, max_episode_frames=100)
    before_reset = pickle.dumps(envs)
    first, _ = envs.reset(seed=1)
    for data in (before_reset, pickle.dumps(envs)):
        count = traces.count()[0]
        again = pickle.loads(data)
        assert traces.count()[0] == count
        assert again.options == envs.options
        np.testing.assert_array_equal(again.reset(seed=1)[0], first)
        again.close()


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_a_copy_has_the_same_future(make: Make, mode: str) -> None:
    envs = make(
        3,
        autoreset_mode=mode,
        frame_skip=(2, 6),
        sticky_action_probability=0.3,
        noop_max=20,
        max_episode_frames=150,
    )
    envs.reset(seed=1)
    for _ in range(20):
        envs.step(np.array([4, 3, 2]))
    clone = copy.deepcopy(envs)
    assert {e.pid for e in clone.emulators}.isdisjoint(e.pid for e in envs.emulators)
    assert_same_future(envs, clone, 60)
    clone.close()
    envs.step(np.array([0, 0, 0]))


def test_a_copy_of_pictures(make: Make) -> None:
    envs = make(obs_type="grayscale", screen_size=(84, 84))
    envs.reset(seed=1)
    for _ in range(10):
        envs.step(np.array([4, 3]))
    clone = copy.deepcopy(envs)
    assert_same_future(envs, clone, 10)
    clone.close()


def test_a_copy_of_a_lane_that_has_failed(make: Make) -> None:
    envs = make()
    envs.reset(seed=1)
    os.kill(envs.emulators[1].pid, signal.SIGKILL)
    assert envs.step(np.array([4, 4]))[3].tolist() == [False, True]
    clone = copy.deepcopy(envs)
    assert_same_future(envs, clone, 5)
    clone.close()


def test_a_copy_before_reset_starts_nothing(make: Make, traces: Traces) -> None:
    envs = make()
    before = traces.count()[0]
    clone = copy.deepcopy(envs)
    assert traces.count()[0] == before
    np.testing.assert_array_equal(clone.reset(seed=1)[0], envs.reset(seed=1)[0])
    clone.close()


def test_copies_that_cannot_be(make: Make) -> None:
    far = NesVectorEnv(endpoints=["tcp://127.0.0.1:1"])
    with pytest.raises(TypeError, match=r"save_states\(\) and load_states\(\)"):
        copy.deepcopy(far)
    envs = make()
    envs.reset(seed=1)
    envs.send(np.array([0, 0]))
    with pytest.raises(gymnasium.error.AlreadyPendingCallError, match="call recv"):
        copy.deepcopy(envs)
    envs.recv()
