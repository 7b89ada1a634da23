"""Demonstrations for the Q-learning agent: movies, replayed step by step."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np

from copain_gym.envs.nes_env import NesEnv
from copain_gym.errors import CopainError
from copain_gym.tas.movie import Movie
from copain_gym.train.movie_steps import movie_steps
from copain_gym.train.q_replay import Replay

__all__ = ["add_movie"]


def add_movie(path: Path, env: gymnasium.Env[object, object], replay: Replay) -> int:
    """Replay a movie from power-on and add its first episode to a replay buffer.

    The emulator gets exactly the inputs of the movie, which may change within a step. The action
    in the replay buffer is the one whose buttons differ least from them.

    Args:
        path: an FM2 movie that begins at power-on.
        env: an environment of the movie's game with a Discrete action space. It gives the
            rewards and observations.
        replay: a replay buffer with one lane.

    Returns:
        The number of steps added.

    Raises:
        CopainError: the movie cannot be read, it cannot be played in this environment,
            `frame_skip` is not fixed, or play never begins.
    """
    game_env = env.unwrapped
    assert isinstance(game_env, NesEnv)
    added = 0
    lane = np.ones(1, np.bool_)
    for step in movie_steps(Movie.read(path), game_env):
        if step.episode:
            break
        replay.add(
            np.asarray(step.observation),
            np.array([step.action]),
            np.array([step.reward], np.float32),
            lane & step.terminated,
            lane & step.truncated,
            lane,
        )
        added += 1
    if not added:
        raise CopainError(f"the movie {path} ends before play begins")
    return added
