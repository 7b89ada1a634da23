"""A movie as a Minari dataset."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np
import pytest

from copain_gym.tas.movie import Movie
from copain_gym.train.minari_dataset import write_dataset
from tests.agents.test_movie_steps import played

__all__ = ["played"]


@pytest.mark.parametrize("obs_type", ["features", "dict", "ram"])
def test_a_minari_dataset(
    obs_type: str,
    played: tuple[Movie, list[int], list[float]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import minari

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
