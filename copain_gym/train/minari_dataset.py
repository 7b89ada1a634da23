"""`write_dataset`: a movie as a Minari dataset of observations, actions and rewards."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from copain_gym.envs.nes_env import NesEnv
from copain_gym.errors import CopainError
from copain_gym.tas.movie import Movie
from copain_gym.train.movie_steps import movie_steps

__all__ = ["Dataset", "write_dataset"]

_VARIABLE = "MINARI_DATASETS_PATH"  # where Minari looks for data sets


@dataclass
class Dataset:
    """A dataset that was written.

    Attributes:
        name: its name, for `minari.load_dataset`.
        folder: the folder of datasets that it is in, for `MINARI_DATASETS_PATH`.
        returns: sum of the rewards of each episode.
        steps: number of steps of all episodes.
    """

    name: str
    folder: Path
    returns: list[float] = field(default_factory=list)
    steps: int = 0


def write_dataset(
    movie: Movie, env: gymnasium.Env[Any, Any], folder: Path, *, author: str = ""
) -> Dataset:
    """Replay a movie in an environment and write its episodes as a Minari dataset.

    Its name is `copain/GAME-human-v0`, or the next version that the folder does not have yet.
    `movie_steps` says how inputs become actions.

    Args:
        movie: the movie.
        env: an environment of its game, made by `gymnasium.make`.
        folder: a folder of datasets.
        author: name of the author in the dataset.

    Raises:
        ModuleNotFoundError: Minari is not installed.
        CopainError: the movie cannot be replayed in the environment, or play never begins.
    """
    import minari
    from minari.data_collector import EpisodeBuffer

    game_env = env.unwrapped
    assert isinstance(game_env, NesEnv)
    steps = movie_steps(movie, game_env)
    buffers: list[Any] = []
    result = Dataset("", folder.absolute())
    for number, group in groupby(steps, key=lambda step: step.episode):
        episode = list(group)
        rewards = [step.reward for step in episode]
        buffers.append(
            EpisodeBuffer(
                id=number,
                observations=_stacked([episode[0].observation, *(s.following for s in episode)]),
                actions=np.array([step.action for step in episode]),
                rewards=rewards,
                terminations=[step.terminated for step in episode],
                truncations=[step.truncated and not step.terminated for step in episode],
            )
        )
        result.returns.append(sum(rewards))
        result.steps += len(episode)
    if not buffers:
        raise CopainError("the movie ends before play begins, so there is no dataset")
    with _datasets_in(result.folder), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="minari")  # facts left out
        result.name = _free_name(game_env.game.name, result.folder)
        minari.create_dataset_from_buffers(
            result.name,
            buffers,
            env=env,
            algorithm_name="human",
            author=author or None,
            description=f"{game_env.game.title}, played by a person; {movie.frames} frames from "
            f"power-on, with {movie.rerecords} rerecords",
        )
    return result


def _stacked(observations: list[Any]) -> Any:
    """The observations of an episode in one array, or in a dict of arrays."""
    if isinstance(observations[0], dict):
        names = observations[0].keys()
        return {name: np.concatenate([each[name] for each in observations]) for name in names}
    return np.concatenate(observations)


def _free_name(game: str, folder: Path) -> str:
    version = 0
    while (folder / f"copain/{game}-human-v{version}").exists():
        version += 1
    return f"copain/{game}-human-v{version}"


@contextmanager
def _datasets_in(folder: Path) -> Iterator[None]:
    """Let Minari use a folder of datasets."""
    folder.mkdir(parents=True, exist_ok=True)
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
