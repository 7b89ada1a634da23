"""Training with PPO and DQN of Stable-Baselines3: set-up, hyperparameters, callbacks."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from copain_gym.envs.options import PICTURES
from copain_gym.envs.registration import env_options
from copain_gym.errors import CopainError
from copain_gym.train.evaluation import Evaluation, make_envs
from copain_gym.train.monitor import TrainingMonitor
from copain_gym.train.runs import (
    RunSpec,
    TrainArguments,
    choose_device,
    choose_game,
    continued,
    open_run,
    seed_everything,
)
from copain_gym.train.sb3_checkpoints import (
    accept_gpu,
    agent_of,
    resume_model,
    save_checkpoint,
)
from copain_gym.train.settings import GREY_PICTURES, choose_hyperparameters

__all__ = ["train_sb3"]


def train_sb3(
    algorithm: type[BaseAlgorithm], name: str, arguments: TrainArguments, deterministic: bool
) -> tuple[Path, Evaluation | None]:
    """Train PPO or DQN.

    Args:
        algorithm: `PPO` or `DQN`.
        name: `ppo` or `dqn`.
        arguments: arguments of the run.
        deterministic: whether the agent acts without sampling in evaluations.

    Returns:
        The folder of the run, and its last evaluation.

    Raises:
        ValueError: an argument or a hyperparameter is not allowed.
        CopainError: a file is missing or is not what it should be.
        TrainingInterrupted: Ctrl-C; what was trained is saved.
    """
    accept_gpu()
    arguments = continued(arguments)
    env_id, chosen = choose_game(arguments.env_id, arguments.game)
    pictured = env_options(env_id).get("obs_type") in PICTURES
    pixels = arguments.observation == "pixels" or pictured
    table = choose_hyperparameters(f"{name}-pixels" if pixels else name, env_id, arguments)
    settings = dict(table)
    num_envs = arguments.num_envs or int(settings.pop("n_envs", 1))
    timesteps = int(arguments.timesteps or settings.pop("n_timesteps"))
    normalize = settings.pop("normalize", False)
    if normalize not in (False, {"norm_obs": True, "norm_reward": False}):
        raise ValueError(
            f"normalize is {normalize!r}; allowed are false, {{norm_obs: true, norm_reward: false}}"
        )
    env_kwargs = settings.pop("env_kwargs", {})
    env_kwargs = {**(GREY_PICTURES if pixels else {}), **env_kwargs, **chosen}
    spec = RunSpec(name, env_id, env_kwargs, _frame_stack(settings))
    policy = settings.pop("policy", "CnnPolicy" if pixels else "MlpPolicy")
    table.setdefault("policy", policy)
    for done in ("n_envs", "n_timesteps"):
        settings.pop(done, None)
    _check_names(algorithm, settings)
    torch.set_num_threads(arguments.threads)
    device = choose_device(arguments.device)
    seed_everything(arguments.seed)
    run = open_run(arguments, spec, table)

    envs: VecEnv = make_envs(spec, num_envs, arguments.seed, engine=arguments.engine)
    try:
        if normalize:
            envs = VecNormalize(envs, norm_reward=False)

        def new() -> Any:
            return algorithm(
                policy, envs, seed=arguments.seed, device=device, **_schedules(settings)
            )

        model: Any
        if arguments.resume:
            trust = arguments.trust
            model = resume_model(algorithm, run, new, envs, device, trust=trust)
        else:
            model = new()
        model.tensorboard_log = str(run)
        # Saved with the model, so that it plays as it was evaluated.
        model.deterministic = deterministic
        left = timesteps - model.num_timesteps
        if left <= 0:
            raise CopainError(
                f"{run} has {model.num_timesteps} steps already; timesteps is {timesteps}"
            )

        def log(name: str, value: float, steps: int) -> None:
            model.logger.record(name, value)
            model.logger.dump(steps)

        with TrainingMonitor(
            run,
            spec,
            arguments,
            timesteps,
            save=lambda checkpoint: save_checkpoint(run, checkpoint, model),
            player=lambda: agent_of(model),
            log=log,
        ) as monitor:
            model.learn(
                left,
                _Callback(monitor),
                tb_log_name="tensorboard",
                reset_num_timesteps=not arguments.resume,
            )
            monitor.end(model.num_timesteps)
    finally:
        envs.close()
    return run, monitor.evaluation


_STACK = "stable_baselines3.common.vec_env.VecFrameStack"


def _frame_stack(settings: dict[str, Any]) -> int:
    """Take the number of stacked observations out of the hyperparameters.

    rl-zoo3 stacks by `frame_stack` after it normalises. Its DQN cannot do that, so there the
    stack is made by `vec_env_wrapper`.
    """
    wrapper = settings.pop("vec_env_wrapper", None)
    stack = settings.pop("frame_stack", 1)
    if wrapper is not None:
        known = isinstance(wrapper, dict) and list(wrapper) == [_STACK]
        if not known or list(wrapper[_STACK] or {}) != ["n_stack"]:
            raise ValueError(
                f"vec_env_wrapper is {wrapper!r}; allowed is {{{_STACK}: {{n_stack: 2}}}}"
            )
        stack = wrapper[_STACK]["n_stack"]
    return int(stack)


def _check_names(algorithm: type[BaseAlgorithm], settings: dict[str, Any]) -> None:
    allowed = set(inspect.signature(algorithm.__init__).parameters) - {"self", "env", "policy"}
    for name in settings:
        if name not in allowed:
            raise ValueError(
                f"{algorithm.__name__} has no hyperparameter {name!r}; it has "
                f"{', '.join(sorted(allowed))}"
            )


class LinearSchedule:
    """A hyperparameter that falls linearly to 0 over the steps or the time limit of a run.

    Args:
        first: initial value.
    """

    time_left: ClassVar[float] = 1.0
    """Share of the time limit that is left in the run of this process."""

    def __init__(self, first: float) -> None:
        self.first = first

    def __call__(self, steps_left: float) -> float:
        """Return the value when this share of the steps is left (1 to 0)."""
        return self.first * max(min(steps_left, LinearSchedule.time_left), 0.0)


def _schedules(settings: dict[str, Any]) -> dict[str, Any]:
    """`lin_3e-4` falls linearly to 0 over the run, as in rl-zoo3."""
    done = dict(settings)
    for name, value in settings.items():
        if isinstance(value, str) and value.startswith("lin_"):
            done[name] = LinearSchedule(float(value.removeprefix("lin_")))
    return done


# ---- callback ------------------------------------------------------------


class _Callback(BaseCallback):
    """Reports the progress of the training to the monitor."""

    def __init__(self, monitor: TrainingMonitor) -> None:
        super().__init__()
        self.monitor = monitor

    def _on_training_start(self) -> None:
        LinearSchedule.time_left = 1.0
        self.monitor.begin(self.num_timesteps)

    def _on_step(self) -> bool:
        ended = (info for info in self.locals["infos"] if "episode" in info and "score" in info)
        going_on = self.monitor.step(self.num_timesteps, (float(i["score"]) for i in ended))
        LinearSchedule.time_left = self.monitor.time_left
        return going_on

    def _on_rollout_start(self) -> None:
        if self.monitor.scores:
            self.logger.record("rollout/score", float(np.mean(self.monitor.scores)))
        self.monitor.save_and_evaluate(self.num_timesteps)
