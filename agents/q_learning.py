"""Train the package's own Q-learning agent.

It is double and duelling Q-learning with prioritised replay and n-step returns.

python agents/q_learning.py --env-id copain/Hirondelle-v0
python agents/q_learning.py --observation ram
python agents/q_learning.py --demonstrations movie.fm2

This file has the training loop. `copain_gym/train/q_learner.py` has the network and its update.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from torch.utils.tensorboard import SummaryWriter

from copain_gym.cli.command import run_script
from copain_gym.envs.registration import game_of
from copain_gym.errors import CopainError
from copain_gym.files import write_atomically
from copain_gym.games.variables import RAM_SIZE
from copain_gym.train.evaluation import Evaluation, score_in_infos
from copain_gym.train.monitor import TrainingMonitor
from copain_gym.train.q_checkpoints import QAgent, resume_learner, save_learner
from copain_gym.train.q_demonstrations import add_movie
from copain_gym.train.q_learner import Learner, QNetwork, QSettings, read_settings, update
from copain_gym.train.q_replay import Replay
from copain_gym.train.runs import (
    RunSpec,
    TrainArguments,
    choose_device,
    choose_game,
    continued,
    open_run,
    seed_everything,
)
from copain_gym.train.settings import choose_hyperparameters
from copain_gym.train.videos import report_run


@dataclass(kw_only=True)
class Arguments(TrainArguments):
    """Train the package's own Q-learning agent."""

    observation: Literal["features", "ram"] = "features"  # type: ignore[assignment]
    """What the agent sees: features decoded from RAM, or bytes of RAM with an embedding."""
    demonstrations: tuple[Path, ...] = ()
    """FM2 movies from power-on that the agent also learns from."""


def train(arguments: Arguments) -> tuple[Path, Evaluation | None]:
    """Train and evaluate; returns the folder of the run and the last evaluation."""
    arguments = continued(arguments)
    env_id, chosen = choose_game(arguments.env_id, arguments.game)
    table = choose_hyperparameters("q-learning", env_id, arguments)
    hyperparameters = dict(table)
    num_envs = arguments.num_envs or int(table.pop("n_envs", 16))
    timesteps = int(arguments.timesteps or table.pop("n_timesteps"))
    env_kwargs = {**table.pop("env_kwargs", {}), "obs_type": arguments.observation, **chosen}
    for done in ("n_envs", "n_timesteps"):
        table.pop(done, None)
    settings = read_settings(table)
    spec = RunSpec("q-learning", env_id, env_kwargs)
    torch.set_num_threads(arguments.threads)
    device = choose_device(arguments.device)
    seed_everything(arguments.seed)
    run = open_run(arguments, spec, hyperparameters)

    envs: Any = gymnasium.make_vec(
        env_id,
        num_envs=num_envs,
        autoreset_mode=AutoresetMode.NEXT_STEP,
        engine=arguments.engine,
        **{**score_in_infos(env_id, env_kwargs), **env_kwargs},
    )
    writer = SummaryWriter(str(run / "tensorboard"))
    try:
        shape = _network_shape(spec, envs, settings)
        learner = Learner(lambda: QNetwork(**shape), settings, device)
        steps = first = resume_learner(run, learner) if arguments.resume else 0
        if steps >= timesteps:
            raise CopainError(f"{run} has {steps} steps already; timesteps is {timesteps}")
        space = envs.single_observation_space
        remember: Any = {"n_step": settings.n_step, "gamma": settings.gamma}
        remember |= {"alpha": settings.alpha, "seed": arguments.seed}
        replay = Replay(settings.replay_size, num_envs, space.shape, space.dtype, **remember)
        shown = _demonstrations(arguments, spec, space, remember)

        def save(name: str) -> None:
            write_atomically(run / f"{name}.pt", lambda p: save_learner(p, learner, shape, steps))

        agent = QAgent(learner.network, device, seed=arguments.seed)
        with TrainingMonitor(
            run,
            spec,
            arguments,
            timesteps,
            save=save,
            player=lambda: QAgent(learner.target, device, settings.eval_epsilon, arguments.seed),
            log=writer.add_scalar,
        ) as monitor:
            observations, _ = envs.reset(seed=arguments.seed)
            begins = np.zeros(num_envs, np.bool_)  # emulators whose next step begins an episode
            monitor.begin(steps)
            going_on = True
            while going_on and steps < timesteps:
                agent.epsilon = _exploration(steps, settings)
                actions = agent.act(observations)
                envs.send(actions)
                # While the emulators run, learn.
                if steps - first >= settings.learning_starts and len(replay):
                    left = min(1 - steps / timesteps, monitor.time_left)
                    learner.slow_down(left)
                    beta = 1 - (1 - settings.beta) * left
                    for _ in range(settings.updates):
                        loss = update(learner, replay, shown, beta)
                    if learner.updates % 256 == 0:
                        writer.add_scalar("train/loss", loss, steps)
                        writer.add_scalar("train/epsilon", agent.epsilon, steps)
                elif arguments.observation == "features":
                    learner.network.first.update(torch.as_tensor(observations, device=device))  # type: ignore[operator]
                    learner.target.load_state_dict(learner.network.state_dict())
                following, rewards, terminated, truncated, infos = envs.recv()
                replay.add(observations, actions, rewards, terminated, truncated, ~begins)
                begins = terminated | truncated
                observations = following
                steps += num_envs
                scores = infos["score"][begins].tolist() if "score" in infos else []
                going_on = monitor.step(steps, scores)
                if scores:
                    writer.add_scalar("rollout/score", np.mean(monitor.scores), steps)
                monitor.save_and_evaluate(steps)
            monitor.end(steps)
    finally:
        writer.close()
        envs.close()
    return run, monitor.evaluation


def _network_shape(spec: RunSpec, envs: Any, settings: QSettings) -> dict[str, Any]:
    """The arguments of the network."""
    if not isinstance(envs.single_action_space, gymnasium.spaces.Discrete):
        raise ValueError(
            f"Q-learning needs Discrete actions, not {envs.single_action_space}; allowed for "
            f"action_set are simple and full"
        )
    shape: dict[str, Any] = {
        "inputs": int(np.prod(envs.single_observation_space.shape)),
        "actions": int(envs.single_action_space.n),
        "hidden": [int(width) for width in settings.hidden],
    }
    if spec.env_kwargs["obs_type"] == "ram":
        shape["embedding"] = settings.embedding
        shape["addresses"] = sorted(
            {
                address
                for variable in game_of(spec.env_id, spec.env_kwargs).variables
                for element in range(max(variable.count, 1))
                for address in variable.addresses(element)
                if address < RAM_SIZE
            }
        )
    return shape


def _demonstrations(
    arguments: Arguments, spec: RunSpec, space: Any, remember: dict[str, Any]
) -> Replay | None:
    if not arguments.demonstrations:
        return None
    replay = Replay(100_000, 1, space.shape, space.dtype, **remember)
    for path in arguments.demonstrations:
        env = gymnasium.make(spec.env_id, engine=arguments.engine, **spec.env_kwargs)
        try:
            print(f"{add_movie(path, env, replay)} steps of {path}")
        finally:
            env.close()
    return replay


def _exploration(steps: int, settings: QSettings) -> float:
    """Probability of a random action: it falls linearly from 1 to `settings.epsilon`."""
    progress = steps / settings.exploration_steps
    return max(1.0 - (1.0 - settings.epsilon) * progress, settings.epsilon)


# ---- command -------------------------------------------------------------


def main(arguments: Arguments) -> None:
    """Train the package's own Q-learning agent.

    It is double and duelling Q-learning with prioritised replay and n-step returns. The run's
    folder gets checkpoints, evaluations, logs for TensorBoard and a video.
    """
    run, evaluation = train(arguments)
    report_run(run, evaluation, arguments)


if __name__ == "__main__":
    sys.exit(run_script(main))
