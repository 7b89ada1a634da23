"""Movies as steps of an environment, and as Minari datasets."""

from __future__ import annotations

from pathlib import Path

import gymnasium
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


@pytest.mark.parametrize("obs_type", ["features", "dict", "ram"])
def test_a_minari_dataset(
    obs_type: str,
    played: tuple[Movie, list[int], list[float]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    minari = pytest.importorskip("minari", reason="it is in the extra `frameworks`")
    pytest.importorskip("h5py", reason="it is in the extra `frameworks`")
    from copain_gym.train.minari_dataset import write_dataset

    movie, actions, rewards = played
    env = gymnasium.make("copain/Hirondelle-v0", obs_type=obs_type)
    names = [write_dataset(movie, env, tmp_path, author="me").name for _ in range(2)]
    assert names == ["copain/hirondelle-human-v0", "copain/hirondelle-human-v1"]
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    dataset = minari.load_dataset(names[1])
    (episode,) = dataset.iterate_episodes()
    assert episode.actions.tolist() == actions
    assert episode.rewards.tolist() == rewards
    assert episode.truncations.tolist() == [False] * 59 + [True]
    again = dataset.recover_environment()
    first = again.reset(seed=1)[0]
    shown = episode.observations
    if obs_type == "dict":
        assert all(np.array_equal(first[name], shown[name][0]) for name in first)
    else:
        assert np.array_equal(first, shown[0])
        assert len(shown) == 61
    env.close()
    again.close()
