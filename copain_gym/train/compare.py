"""Train for some minutes, then show the trained agent beside the random one."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import gymnasium
from stable_baselines3 import PPO

from copain_gym.engines.engine import EngineName
from copain_gym.tas.video import write_video
from copain_gym.train.episodes import play_episode
from copain_gym.train.evaluation import Evaluation, evaluate
from copain_gym.train.monitor import TrainingInterrupted
from copain_gym.train.runs import RunSpec, TrainArguments
from copain_gym.train.sb3_training import train_sb3
from copain_gym.train.trained import RandomAgent, find_checkpoint, load_agent
from copain_gym.train.videos import pictures

__all__ = ["Comparison", "train_and_compare"]


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison.

    Attributes:
        trained: evaluation of the trained agent.
        random: evaluation of the random agent.
        video: the video file; an episode of the trained agent on the left, of the random one on the
            right.
        shown: scores of these two episodes, the trained agent's first.
    """

    trained: Evaluation
    random: Evaluation
    video: Path
    shown: tuple[float, float]


def train_and_compare(
    seconds: float,
    video: Path,
    *,
    env_id: str = "copain/Hirondelle-v0",
    seed: int = 1,
    episodes: int = 20,
    run: Path | None = None,
    max_seconds: float = 300,
    progress: bool = True,
    engine: EngineName | None = None,
) -> Comparison:
    """Train PPO on features, and compare it with random play.

    Args:
        seconds: wall-clock time of the training, without evaluations.
        video: file of the MP4 video.
        env_id: the environment.
        seed: seed of both agents.
        episodes: episodes of the evaluation of each agent.
        run: folder of the run; None deletes the run at the end.
        max_seconds: longest video, in seconds.
        progress: show a progress bar.
        engine: `auto`, `headless` or `fceux`; None is the default.
    """
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainArguments(
            env_id=env_id,
            minutes=seconds / 60,
            seed=seed,
            eval_every=0,
            eval_episodes=episodes,
            run=run or Path(folder) / "run",
            progress=progress,
            engine=engine,
        )
        try:
            path, trained = train_sb3(PPO, "ppo", arguments, deterministic=True)
        except TrainingInterrupted:
            if run is not None:
                raise
            raise KeyboardInterrupt from None  # nothing of the run is left to go on with
        assert trained is not None
        spec = RunSpec.read(path)
        agent = load_agent(find_checkpoint(path, "last"), spec)
        env = gymnasium.make(env_id, **spec.eval_kwargs)
        chance = RandomAgent(env.action_space, seed)
        env.close()
        random = evaluate(chance, spec, episodes=episodes, engine=engine)
        games = [play_episode(player, spec, seed=seed, engine=engine) for player in (agent, chance)]
    write_video(video, [pictures(game, engine=engine) for game in games], max_seconds)
    return Comparison(trained, random, video, (games[0].score, games[1].score))
