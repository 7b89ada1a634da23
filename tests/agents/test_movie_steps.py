"""Movies as steps of an environment."""

from __future__ import annotations

import numpy as np
import pytest

from copain_gym import CopainError
from copain_gym.envs.nes_env import NesEnv
from copain_gym.tas.inputs import Hold, InputLog
from copain_gym.tas.movie import Movie
from copain_gym.train.movie_steps import movie_steps


@pytest.fixture(scope="module")
def played() -> tuple[Movie, list[int], list[float]]:
    """A movie of an episode of an environment, its actions and rewards."""
    env = NesEnv(frame_skip=4)
    env.reset(seed=1)
    env.action_space.seed(4)
    actions, rewards = [], []
    for _ in range(60):
        actions.append(int(env.action_space.sample()))
        rewards.append(env.step(actions[-1])[1])
    movie = env.movie()
    env.close()
    return movie, actions, rewards


def test_the_movie_of_an_episode_has_its_actions_and_rewards(
    played: tuple[Movie, list[int], list[float]],
) -> None:
    movie, actions, rewards = played
    env = NesEnv(frame_skip=4)
    steps = list(movie_steps(movie, env))
    assert [step.action for step in steps] == actions
    assert [step.reward for step in steps] == rewards
    assert [step.truncated for step in steps] == [False] * 59 + [True]
    env.reset(seed=1)
    for step, action in zip(steps, actions, strict=True):
        assert np.array_equal(step.following[0], env.step(action)[0])
    env.close()


def test_a_reset_ends_an_episode(played: tuple[Movie, list[int], list[float]]) -> None:
    log = played[0].to_log()
    begin = next(iter(log))
    assert isinstance(begin, Hold)
    twice = InputLog([*log])
    twice.reset()
    for entry in log:
        assert isinstance(entry, Hold)
        twice.hold(entry.pads, entry.frames)
    env = NesEnv(frame_skip=4)
    steps = list(movie_steps(Movie.from_log(twice, env.emulator.rom), env))
    assert {step.episode for step in steps} == {0, 1}
    ends = [step for step in steps if step.truncated]
    assert [step.episode for step in ends] == [0, 1]
    assert len([step for step in steps if step.episode == 0]) == 60
    env.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frame_skip": (2, 5)}, "demonstrations need a fixed number of frames"),
        ({"obs_type": "rgb"}, "observations without pictures"),
        ({"frame_stack": 4}, "observations without pictures"),
        ({"action_set": "multi_binary"}, "demonstrations need actions"),
    ],
)
def test_options_that_do_not_work(
    options: dict[str, object], message: str, played: tuple[Movie, list[int], list[float]]
) -> None:
    env = NesEnv(**options)  # type: ignore[arg-type]
    with pytest.raises(CopainError, match=message):
        next(movie_steps(played[0], env))
    env.close()
