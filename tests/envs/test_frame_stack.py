"""`frame_stack` of a single environment, against Gymnasium's `FrameStackObservation`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import FrameStackObservation

from copain_gym.envs import NesEnv
from tests.conftest import ENGINES

Make = Callable[..., NesEnv]

OBSERVATIONS = [
    {"obs_type": "features"},
    {"obs_type": "dict"},
    {"obs_type": "ram"},
    {"obs_type": "rgb", "screen_size": 60},
    {"obs_type": "grayscale", "screen_size": (84, 84)},
    {"obs_type": "grayscale"},
]


@pytest.fixture
def engine() -> str:
    """The fastest one: the stack is made in Python."""
    return ENGINES[-1]


def joined(stack: Any) -> Any:
    """A stack of Gymnasium's, (n, …), as `frame_stack` has it."""
    if isinstance(stack, dict):
        return {name: joined(part) for name, part in stack.items()}
    if stack.ndim == 4:
        stack = stack.transpose(0, 3, 1, 2)
    return stack.reshape(-1, *stack.shape[2:])


def assert_equal(a: Any, b: Any) -> None:
    if isinstance(a, dict):
        assert set(a) == set(b)
        for name in a:
            assert_equal(a[name], b[name])
    else:
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("options", OBSERVATIONS, ids=str)
def test_as_gymnasium_stacks(make: Make, options: dict[str, Any]) -> None:
    """Over two episodes, with the first observation as often as the stack is deep."""
    options = {**options, "noop_max": 8}
    mine = make(**options, frame_stack=3)
    theirs = FrameStackObservation(make(**options), 3, padding_type="reset")
    for episode in range(2):
        observation, _ = mine.reset(seed=episode)
        assert_equal(observation, joined(theirs.reset(seed=episode)[0]))
        assert mine.observation_space.contains(observation)
        before = observation
        for action in (4, 3, 4, 1, 0):
            kept = copy.deepcopy(before)
            observation = mine.step(action)[0]
            assert_equal(observation, joined(theirs.step(action)[0]))
            assert_equal(before, kept)  # what was returned stays as it was
            before = observation
        assert mine.observation_space.contains(observation)


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({"obs_type": "features"}, (4 * 135,)),
        ({"obs_type": "ram"}, (4 * 2048,)),
        ({"obs_type": "rgb"}, (12, 240, 256)),
        ({"obs_type": "grayscale", "screen_size": 84}, (4, 84, 84)),
    ],
)
def test_shapes(options: dict[str, Any], shape: tuple[int, ...]) -> None:
    space = NesEnv(frame_stack=4, **options).observation_space
    assert isinstance(space, gymnasium.spaces.Box)
    assert space.shape == shape
    alone = NesEnv(frame_stack=1, **options).observation_space
    assert alone.shape == (shape[0] // 4, *shape[1:])


def test_dict_shapes() -> None:
    single = NesEnv(obs_type="dict").observation_space
    stacked = NesEnv(obs_type="dict", frame_stack=4).observation_space
    assert {k: s.shape for k, s in stacked.items()} == {
        k: (4 * s.shape[0],) for k, s in single.items()
    }


def test_a_copy_goes_on_with_its_stack(make: Make) -> None:
    env = make(obs_type="grayscale", screen_size=84, frame_stack=4)
    env.reset(seed=1)
    for action in (4, 3, 2):
        env.step(action)
    clone = copy.deepcopy(env)
    for action in (1, 4, 8):
        assert_equal(env.step(action)[0], clone.step(action)[0])
    clone.close()


def test_what_is_not_allowed() -> None:
    for wrong in (0, -1, 2.0, True, "4"):
        with pytest.raises(ValueError, match=r"frame_stack is .*; allowed are None, 1 and more"):
            NesEnv(frame_stack=wrong)  # type: ignore[arg-type]
