"""`play_episode`: one episode of an agent in one emulator, with its inputs from power-on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np

from copain_gym.envs.nes_env import NesEnv
from copain_gym.roms.contents import Region
from copain_gym.roms.rom import Rom
from copain_gym.tas.inputs import InputLog
from copain_gym.tas.movie import Movie
from copain_gym.tas.recording import make_movie
from copain_gym.train.evaluation import Agent
from copain_gym.train.runs import RunSpec

__all__ = ["PlayedEpisode", "play_episode"]


@dataclass(frozen=True)
class PlayedEpisode:
    """An episode that an agent has played.

    Attributes:
        score: sum of the environment's own rewards, in points.
        first_frame: frames from power-on to the beginning of the episode.
        frames: length of the episode, in frames.
        inputs: the inputs from power-on to the end of the episode.
        rom: the ROM.
        region: region of the console.
    """

    score: float
    first_frame: int
    frames: int
    inputs: InputLog
    rom: Rom
    region: Region

    def movie(self, author: str = "copain-gym") -> Movie:
        """The movie of the episode and of the way to it from power-on.

        Raises:
            MovieError: a movie cannot hold the inputs; the error says why.
        """
        return make_movie(self.inputs, self.rom, self.region, author)


def play_episode(
    agent: Agent,
    spec: RunSpec,
    *,
    seed: int | None = None,
    window: bool = False,
    engine: str | None = None,
    max_frames: int = 36_000,
    progress: Callable[[int, float], None] | None = None,
) -> PlayedEpisode:
    """Play one episode, with the options of an evaluation.

    Args:
        agent: the agent that plays.
        spec: how to make the environment.
        seed: seed of the no-op frames at the beginning.
        window: play in FCEUX's window, at the console's speed.
        engine: `auto`, `headless` or `fceux`; None is the default.
        max_frames: frames after which the episode is truncated.
        progress: is called after each step with the frames of the episode and its score so far.
    """
    kwargs = {**spec.eval_kwargs, "max_episode_frames": max_frames}
    mode = "human" if window else None
    env = gymnasium.make(spec.env_id, render_mode=mode, engine=engine, **kwargs)
    try:
        game = env.unwrapped
        assert isinstance(game, NesEnv)
        observation, info = env.reset(seed=seed)
        first_frame = int(info["frame_count"])
        # As Stable-Baselines3 stacks observations: the newest last, zeros before the first.
        stack: deque[Any] = deque(
            [np.zeros_like(observation)] * (spec.frame_stack - 1) + [observation], spec.frame_stack
        )
        score, ended = 0.0, False
        while not ended:
            action = agent.act(np.concatenate(stack, axis=-1)[None])[0]
            observation, reward, terminated, truncated, info = env.step(action)
            stack.append(observation)
            score += float(reward)
            ended = terminated or truncated
            if progress is not None:
                progress(info["episode_frames"], score)
        return PlayedEpisode(
            score,
            first_frame,
            int(info["episode_frames"]),
            game.inputs,
            game.emulator.rom,
            game.emulator.region,
        )
    finally:
        env.close()
