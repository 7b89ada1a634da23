"""Training with PPO and DQN of Stable-Baselines3: set-up, callbacks, checkpoints, resuming."""

from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from copain_gym.errors import CopainError
from copain_gym.files import write_atomically
from copain_gym.train.evaluation import Evaluation, make_envs
from copain_gym.train.monitor import TrainingMonitor
from copain_gym.train.runs import (
    RunSpec,
    TrainArguments,
    choose_device,
    choose_game,
    open_run,
    read_hyperparameters,
    seed_everything,
)

__all__ = ["Sb3Agent", "load_sb3_agent", "train_sb3"]

PIXELS = {"obs_type": "grayscale", "screen_size": [84, 84]}


@dataclass
class Sb3Agent:
    """An agent that acts with a model of Stable-Baselines3.

    Attributes:
        model: the model.
        normal: mean and standard deviation to normalise observations with; None normalises nothing.
        deterministic: whether it takes the most probable action instead of sampling one.
    """

    model: BaseAlgorithm
    normal: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None
    deterministic: bool = False

    def act(self, observations: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return actions (n, …) for observations (n, …)."""
        if self.normal is not None:
            mean, deviation = self.normal
            observations = np.clip((observations - mean) / deviation, -10, 10).astype(np.float32)
        actions, _ = self.model.predict(observations, deterministic=self.deterministic)
        return actions


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
    """
    _accept_gpu()
    pixels = arguments.observation == "pixels"
    env_id, chosen = choose_game(arguments.env_id, arguments.game)
    settings = read_hyperparameters(
        f"{name}-pixels" if pixels else name,
        env_id,
        arguments.hyperparameters,
        arguments.set,
    )
    num_envs = arguments.num_envs or int(settings.pop("n_envs", 1))
    timesteps = int(arguments.timesteps or settings.pop("n_timesteps"))
    normalize = settings.pop("normalize", False)
    if normalize not in (False, {"norm_obs": True, "norm_reward": False}):
        raise ValueError(
            f"normalize is {normalize!r}; allowed are false, {{norm_obs: true, norm_reward: false}}"
        )
    spec = RunSpec(
        name,
        env_id,
        {**(PIXELS if pixels else {}), **settings.pop("env_kwargs", {}), **chosen},
        int(settings.pop("frame_stack", 1)),
    )
    policy = settings.pop("policy", "CnnPolicy" if pixels else "MlpPolicy")
    for done in ("n_envs", "n_timesteps"):
        settings.pop(done, None)
    _check_names(algorithm, settings)
    torch.set_num_threads(arguments.threads)
    device = choose_device(arguments.device)
    seed_everything(arguments.seed)
    run = open_run(arguments, spec)

    envs: VecEnv = make_envs(spec, num_envs, arguments.seed, engine=arguments.engine)
    try:
        if normalize:
            envs = VecNormalize(envs, norm_reward=False)
        model: Any
        if arguments.resume:
            model, envs = _load(algorithm, run, envs, device)
            model.tensorboard_log = str(run)
        else:
            settings = _schedules(settings)
            model = algorithm(
                policy,
                envs,
                seed=arguments.seed,
                device=device,
                tensorboard_log=str(run),
                **settings,
            )
        model.deterministic = (
            deterministic  # saved with the model, so that it plays as it was evaluated
        )
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
            player=lambda: _agent(model),
            log=log,
        ) as monitor:
            try:
                model.learn(
                    left,
                    _Callback(monitor),
                    tb_log_name="tensorboard",
                    reset_num_timesteps=not arguments.resume,
                )
            except KeyboardInterrupt:
                print("interrupted; the checkpoint is", run / "last.zip")
            monitor.end(model.num_timesteps)
    finally:
        envs.close()
    return run, monitor.evaluation


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


# ---- checkpoints ---------------------------------------------------------


def save_checkpoint(run: Path, name: str, model: Any) -> None:
    """Save a model and the statistics of its observations as `NAME.zip` in the folder of a run.

    Both are in one file, so that a kill cannot leave one without the other.
    """
    model.observation_statistics = _statistics(model)  # all attributes of a model are saved
    # With n-step returns DQN chooses this class itself; loading would take it as the user's.
    unsaved = ["replay_buffer_class"]
    write_atomically(run / f"{name}.zip", lambda path: model.save(path, exclude=unsaved))


def _load(
    algorithm: type[BaseAlgorithm], run: Path, envs: VecEnv, device: torch.device
) -> tuple[BaseAlgorithm, VecEnv]:
    file = run / "last.zip"
    if not file.exists():
        raise CopainError(f"{run} has no checkpoint last.zip to resume from")
    model: Any = algorithm.load(file, env=envs, device=device)
    normalizer: Any = model.get_vec_normalize_env()
    if normalizer is not None:
        moments = normalizer.obs_rms
        moments.mean, moments.var, moments.count = model.observation_statistics
    if hasattr(model, "learning_starts"):  # the replay buffer begins empty again
        model.learning_starts += model.num_timesteps
    return model, envs


def _accept_gpu() -> None:
    # The device is the user's choice, or CUDA because it is there.
    warnings.filterwarnings("ignore", message="You are trying to run PPO on the GPU")


def load_sb3_agent(algorithm: type[BaseAlgorithm], file: Path, device: torch.device) -> Sb3Agent:
    """Load the agent of a checkpoint."""
    _accept_gpu()
    model = algorithm.load(file, device=device)
    return _agent(model)


def _agent(model: BaseAlgorithm) -> Sb3Agent:
    # During training the environment has the statistics, afterwards the file.
    found = _statistics(model) or getattr(model, "observation_statistics", None)
    normal = None if found is None else (found[0], np.sqrt(found[1] + 1e-8))
    return Sb3Agent(model, normal, model.deterministic)  # type: ignore[attr-defined]


def _statistics(model: BaseAlgorithm) -> tuple[Any, Any, float] | None:
    """Mean, variance and number of the observations so far; None without normalisation."""
    normalizer = model.get_vec_normalize_env()
    if normalizer is None:
        return None
    moments: Any = normalizer.obs_rms
    return moments.mean.copy(), moments.var.copy(), float(moments.count)


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
