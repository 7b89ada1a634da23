"""`frame_stack` of a pool: over ends of episodes in each autoreset mode, faults, savestates."""

from __future__ import annotations

import copy
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import FrameStackObservation

from copain_gym.envs import NesEnv
from copain_gym.vector import NesVectorEnv
from tests.conftest import ENGINES
from tests.envs.test_frame_stack import OBSERVATIONS, assert_equal, joined

Make = Callable[..., NesVectorEnv]

DEPTH = 3
LANES = 3
ENDS = {"max_episode_frames": 20}
PIXELS = {"obs_type": "grayscale", "screen_size": 84}


@pytest.fixture
def engine() -> str:
    """The fastest one: the stack is made in Python."""
    return ENGINES[-1]


@pytest.fixture
def make(engine: str) -> Iterator[Make]:
    made: list[NesVectorEnv] = []

    def start(num_envs: int = LANES, **kwargs: Any) -> NesVectorEnv:
        made.append(NesVectorEnv(num_envs=num_envs, engine=engine, frame_stack=DEPTH, **kwargs))
        return made[-1]

    yield start
    for envs in made:
        envs.close()


class Reference:
    """Single environments, stacked by Gymnasium's wrapper."""

    def __init__(self, count: int, options: dict[str, Any]) -> None:
        self.envs = [
            FrameStackObservation(NesEnv(**options), DEPTH, padding_type="reset")
            for _ in range(count)
        ]

    def reset(self, lane: int, seed: int | None = None) -> Any:
        return joined(self.envs[lane].reset(seed=seed)[0])

    def step(self, lane: int, action: int) -> tuple[Any, bool]:
        observation, _, terminated, truncated, _ = self.envs[lane].step(action)
        return joined(observation), terminated or truncated

    def close(self) -> None:
        for env in self.envs:
            env.close()


@pytest.fixture
def reference(engine: str) -> Iterator[Callable[[dict[str, Any]], Reference]]:
    made: list[Reference] = []

    def start(options: dict[str, Any]) -> Reference:
        made.append(Reference(LANES, {**options, **ENDS, "engine": engine}))
        return made[-1]

    yield start
    for each in made:
        each.close()


def lane_of(observations: Any, lane: int) -> Any:
    if isinstance(observations, dict):
        return {name: part[lane] for name, part in observations.items()}
    return observations[lane]


def actions(step: int) -> np.ndarray:
    return np.array([(step * 3 + 5 * lane) % 9 for lane in range(LANES)])


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("options", OBSERVATIONS, ids=str)
def test_over_the_ends_of_episodes(
    make: Make, reference: Any, options: dict[str, Any], mode: AutoresetMode
) -> None:
    options = {**options, "noop_max": 5, "frame_skip": (2, 7)}  # lanes end at different steps
    envs, singles = make(autoreset_mode=mode, **options, **ENDS), reference(options)
    observations, _ = envs.reset(seed=4)
    for lane in range(LANES):
        assert_equal(lane_of(observations, lane), singles.reset(lane, 4 + lane))
    done = np.zeros(LANES, np.bool_)
    ends = 0
    for step in range(14):
        if mode is AutoresetMode.DISABLED and done.any():
            observations, _ = envs.reset(options={"reset_mask": done})
            for lane in np.flatnonzero(done):
                assert_equal(lane_of(observations, lane), singles.reset(lane))
            done[:] = False
        chosen = actions(step)
        before, over = done.copy(), []
        observations, _, terminated, truncated, infos = envs.step(chosen)
        for lane in range(LANES):
            if before[lane] and mode is AutoresetMode.NEXT_STEP:
                expected, ended = singles.reset(lane), False
            else:
                expected, ended = singles.step(lane, int(chosen[lane]))
            if ended and mode is AutoresetMode.SAME_STEP:
                assert_equal(infos["final_obs"][lane], expected)
                expected = singles.reset(lane)
            assert_equal(lane_of(observations, lane), expected)
            over.append(ended)
        np.testing.assert_array_equal(terminated | truncated, over)
        ends += sum(over)
        done = np.array(over) & (mode is not AutoresetMode.SAME_STEP)
    assert ends >= LANES


def test_other_lanes_keep_their_stacks_when_some_are_reset(make: Make) -> None:
    envs = make(autoreset_mode=AutoresetMode.DISABLED, **PIXELS)
    envs.reset(seed=1)
    for step in range(4):
        before = envs.step(actions(step))[0]
    observations, _ = envs.reset(options={"reset_mask": np.array([False, True, False])})
    np.testing.assert_array_equal(observations[[0, 2]], before[[0, 2]])
    assert (observations[1] == observations[1, :1]).all()
    assert (observations[1] != before[1]).any()


def test_parts_of_the_pool_take_turns(make: Make) -> None:
    together, apart = make(obs_type="ram"), make(obs_type="ram")
    for envs in (together, apart):
        envs.reset(seed=1)
    for step in range(5):
        chosen = actions(step)
        expected = together.step(chosen)[0]
        apart.send(chosen[[2, 0]], [2, 0])
        apart.send(chosen[[1]], [1])
        np.testing.assert_array_equal(apart.recv()[0], expected[[2, 0]])
        np.testing.assert_array_equal(apart.recv()[0], expected[[1]])


def test_an_emulator_that_fails_leaves_its_last_stack(make: Make) -> None:
    envs = make(**PIXELS)
    envs.reset(seed=1)
    for step in range(4):
        before = envs.step(actions(step))[0]
    os.kill(envs.emulators[1].pid, signal.SIGKILL)
    after, _, _, truncated, infos = envs.step(actions(4))
    assert truncated.tolist() == [False, True, False]
    assert "SIGKILL" in infos["fault"][1]
    np.testing.assert_array_equal(after[1], before[1])
    np.testing.assert_array_equal(after[0, :-1], before[0, 1:])
    begun = envs.step(actions(5))[0]
    assert (begun[1] == begun[1, :1]).all()


def test_savestates_of_lanes_have_their_stacks(make: Make) -> None:
    envs, other = make(**PIXELS), make(**PIXELS)
    for pool in (envs, other):
        pool.reset(seed=1)
    for step in range(4):
        saved_at = envs.step(actions(step))[0]
    saved = envs.save_states()
    future = [envs.step(actions(step))[0] for step in range(3)]
    loaded = envs.load_states(saved[:2], [2, 0])[0]
    np.testing.assert_array_equal(loaded, saved_at[:2])
    for step, expected in enumerate(future):
        chosen = actions(step)[[1, 2, 0]]  # lanes 2 and 0 go on as lanes 0 and 1
        np.testing.assert_array_equal(envs.step(chosen)[0][[2, 0]], expected[:2])
    assert saved[0] == saved[0]
    # A pool with other observations begins a stack of its own.
    plain = NesVectorEnv(num_envs=1, obs_type="ram", frame_stack=2, engine=envs.options.engine)
    plain.reset()
    portable = [s.state.to_bytes() for s in saved]
    loaded = plain.load_states([type(saved[0])(portable[0], 0, 0, (0,), saved[0].stack)])[0]
    np.testing.assert_array_equal(loaded[0, :2048], loaded[0, 2048:])
    plain.close()


def test_a_copy_goes_on_with_its_stacks(make: Make) -> None:
    envs = make(**PIXELS)
    envs.reset(seed=1)
    for step in range(4):
        envs.step(actions(step))
    clone = copy.deepcopy(envs)
    for step in range(3):
        np.testing.assert_array_equal(envs.step(actions(step))[0], clone.step(actions(step))[0])
    clone.close()


def test_by_make_vec(engine: str) -> None:
    envs = gymnasium.make_vec(
        "copain/Hirondelle-v0", num_envs=2, engine=engine, frame_stack=4, **PIXELS
    )
    observations, _ = envs.reset(seed=1)
    assert observations.shape == (2, 4, 84, 84)
    assert envs.single_observation_space.shape == (4, 84, 84)
    assert envs.observation_space.contains(envs.step(np.array([4, 0]))[0])
    envs.close()
