"""Evaluation: whole episodes from the start of the game, by the game's own score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.vec_env import VecEnv, VecFrameStack

from copain_gym.envs.registration import game_of
from copain_gym.train.runs import RunSpec
from copain_gym.vector.sb3_make import make_vec_env

__all__ = [
    "FEWEST_FOR_INTERVAL",
    "Agent",
    "Evaluation",
    "evaluate",
    "make_envs",
    "mean_and_interval",
    "mean_text",
    "score_in_infos",
]

EVAL_SEED = 1_000_000
"""Seed of evaluations, far from the seeds of training."""

_LANES = 10


class Agent(Protocol):
    """Chooses actions from observations."""

    def act(self, observations: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return actions (n, …) for observations (n, …)."""


@dataclass(frozen=True)
class Evaluation:
    """The episodes of an evaluation.

    Attributes:
        scores: score of each episode in points: the sum of the environment's own rewards.
        frames: length of each episode, in frames.
        stages: number of stages cleared in each episode.
    """

    scores: tuple[float, ...]
    frames: tuple[int, ...]
    stages: tuple[int, ...]

    @property
    def mean_score(self) -> float:
        """Mean of the scores, in points."""
        return float(np.mean(self.scores))

    @property
    def mean_frames(self) -> float:
        """Mean length of an episode, in frames."""
        return float(np.mean(self.frames))

    def __str__(self) -> str:
        text = f"score {mean_text(self.scores)}, {self.mean_frames:.0f} frames"
        cleared = sum(1 for stages in self.stages if stages)
        return text + (f", a stage cleared in {cleared} of {len(self.stages)}" if cleared else "")


def make_envs(
    spec: RunSpec, num_envs: int, seed: int, *, evaluation: bool = False, engine: str | None = None
) -> VecEnv:
    """Make the vector environment of a run.

    Args:
        spec: how to make the environments.
        num_envs: number of environments.
        seed: seed of the first environment; each further one adds 1.
        evaluation: use the options of an evaluation instead of those of training.
        engine: `auto`, `headless` or `fceux`; None is the default.
    """
    kwargs = spec.eval_kwargs if evaluation else spec.env_kwargs
    kwargs = {**score_in_infos(spec.env_id, kwargs), **kwargs}
    envs: VecEnv = make_vec_env(spec.env_id, num_envs, seed, engine=engine, **kwargs)
    if spec.frame_stack > 1:
        envs = VecFrameStack(envs, spec.frame_stack, channels_order="last")
    return envs


def score_in_infos(env_id: str, env_kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return `info_variables` with the score only, since training needs no other variable."""
    try:
        game = game_of(env_id, dict(env_kwargs))
    except ValueError:  # making the environment raises the error
        return {}
    return {"info_variables": [v.name for v in game.variables if v.name == "score"]}


def evaluate(
    agent: Agent,
    spec: RunSpec,
    *,
    episodes: int = 20,
    seed: int = EVAL_SEED,
    engine: str | None = None,
) -> Evaluation:
    """Play whole episodes and collect their scores.

    Each emulator plays the same number, so that short episodes do not count more often.

    Args:
        agent: the agent that plays.
        spec: how to make the environments.
        episodes: number of episodes.
        seed: seed of the no-op frames at the beginning of episodes, 1 to 30.
        engine: `auto`, `headless` or `fceux`; None is the default.

    Raises:
        ValueError: `episodes` is not positive.
    """
    if episodes < 1:
        raise ValueError(f"episodes is {episodes}; allowed are 1 and more")
    lanes = min(episodes, _LANES)
    envs = make_envs(spec, lanes, seed, evaluation=True, engine=engine)
    quota = [len(range(lane, episodes, lanes)) for lane in range(lanes)]
    scores: list[list[float]] = [[] for _ in range(lanes)]
    frames: list[list[int]] = [[] for _ in range(lanes)]
    stages: list[list[int]] = [[] for _ in range(lanes)]
    returns, cleared = np.zeros(lanes), np.zeros(lanes, np.int64)
    try:
        observations: Any = envs.reset()
        while any(len(s) < q for s, q in zip(scores, quota, strict=True)):
            observations, rewards, dones, infos = envs.step(agent.act(observations))
            returns += rewards
            cleared += [bool(info.get("stage_cleared", False)) for info in infos]
            for i in np.flatnonzero(dones).tolist():
                # An episode that ended because an emulator failed says nothing about the agent.
                if "fault" not in infos[i]:
                    scores[i].append(float(returns[i]))
                    frames[i].append(int(infos[i]["episode_frames"]))
                    stages[i].append(int(cleared[i]))
                returns[i] = cleared[i] = 0
    finally:
        envs.close()

    def kept(lists: list[list[Any]]) -> tuple[Any, ...]:
        return tuple(v for values, q in zip(lists, quota, strict=True) for v in values[:q])

    return Evaluation(kept(scores), kept(frames), kept(stages))


# Student's t for 95 %, by degrees of freedom from 1.
_T95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


def mean_and_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and half the width of its 95 % confidence interval (Student's t).

    Examples:
        >>> mean, half = mean_and_interval([1.0, 2.0, 3.0])
        >>> mean, round(half, 3)
        (2.0, 2.484)
    """
    n = len(values)
    if n < 2:
        return float(np.mean(values)), math.nan
    t = _T95[n - 2] if n - 2 < len(_T95) else 1.96
    return float(np.mean(values)), float(t * np.std(values, ddof=1) / math.sqrt(n))


FEWEST_FOR_INTERVAL = 5
"""Values from which an interval is shown. That of two values is wider than anything they say."""


def mean_text(values: Sequence[float], form: str = ".0f") -> str:
    """The mean with its 95 % interval, or with the least and the greatest of few values.

    Args:
        values: one or more.
        form: how numbers are formatted.

    Examples:
        >>> mean_text([1600.0, 3000.0])
        '2300 (1600 to 3000)'
        >>> mean_text([1.0, 2.0, 3.0, 4.0, 5.0])
        '3 ± 2'
    """
    mean, half = mean_and_interval(values)
    if len(values) >= FEWEST_FOR_INTERVAL:
        return f"{mean:{form}} ± {half:{form}}"
    if len(values) == 1:
        return f"{mean:{form}}"
    return f"{mean:{form}} ({min(values):{form}} to {max(values):{form}})"
