"""What PPO and DQN share: set-up, callbacks, resume, the end of a run."""

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
from stable_baselines3.common.vec_env import VecEnv, VecMonitor, VecNormalize

from copain_gym.errors import CopainError
from copain_gym.files import write_atomically
from copain_gym.train.course import Course
from copain_gym.train.evaluation import Evaluation, make_envs
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
    """A model of Stable-Baselines3 that plays.

    Attributes:
        model: the model.
        normal: mean and deviation that observations are normalised by; None for not at all.
        deterministic: whether it takes the best action rather than a drawn one.
    """

    model: BaseAlgorithm
    normal: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None
    deterministic: bool = False

    def act(self, observations: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Actions for observations (n, …)."""
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
        algorithm: the class.
        name: `ppo` or `dqn`.
        arguments: of the run.
        deterministic: how the agent acts in evaluations.

    Returns:
        The folder of the run, and its last evaluation.

    Raises:
        ValueError: an argument or a hyperparameter is not one of those that are allowed.
        CopainError: a file is missing or of another kind.
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

    envs: VecEnv = VecMonitor(make_envs(spec, num_envs, arguments.seed, engine=arguments.engine))
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
        model.deterministic = deterministic  # in its file: it plays as it was judged
        left = timesteps - model.num_timesteps
        if left <= 0:
            raise CopainError(
                f"{run} has {model.num_timesteps} steps already; timesteps is {timesteps}"
            )

        def log(name: str, value: float, steps: int) -> None:
            model.logger.record(name, value)
            model.logger.dump(steps)

        with Course(
            run,
            spec,
            arguments,
            timesteps,
            save=lambda checkpoint: save_checkpoint(run, checkpoint, model),
            player=lambda: _agent(model),
            log=log,
        ) as course:
            try:
                model.learn(
                    left,
                    _Callback(course),
                    tb_log_name="tensorboard",
                    reset_num_timesteps=not arguments.resume,
                )
            except KeyboardInterrupt:
                print("interrupted; the checkpoint is", run / "last.zip")
            course.end(model.num_timesteps)
    finally:
        envs.close()
    return run, course.evaluation


def _check_names(algorithm: type[BaseAlgorithm], settings: dict[str, Any]) -> None:
    allowed = set(inspect.signature(algorithm.__init__).parameters) - {"self", "env", "policy"}
    for name in settings:
        if name not in allowed:
            raise ValueError(
                f"{algorithm.__name__} has no hyperparameter {name!r}; it has "
                f"{', '.join(sorted(allowed))}"
            )


class Falling:
    """A hyperparameter that falls linearly to 0, with the steps or with the time of the run.

    Args:
        first: its value at first.
    """

    time_left: ClassVar[float] = 1.0
    """Share of the time limit that is left; of the one run of this process."""

    def __init__(self, first: float) -> None:
        self.first = first

    def __call__(self, steps_left: float) -> float:
        """Its value when this share of the steps is left."""
        return self.first * max(min(steps_left, Falling.time_left), 0.0)


def _schedules(settings: dict[str, Any]) -> dict[str, Any]:
    """`lin_3e-4` falls linearly to 0 over the run, as in rl-zoo3."""
    done = dict(settings)
    for name, value in settings.items():
        if isinstance(value, str) and value.startswith("lin_"):
            done[name] = Falling(float(value.removeprefix("lin_")))
    return done


# ---- checkpoints ---------------------------------------------------------


def save_checkpoint(run: Path, name: str, model: Any) -> None:
    """Save a model, and what normalises its observations, as `NAME.zip` of a run.

    Both are in one file, so that a kill between two files cannot part them.
    """
    model.observation_statistics = _statistics(model)  # its file has all of its attributes
    # With n-step returns DQN chooses a buffer, and would take it for one of the user's own later.
    unsaved = ["replay_buffer_class"]
    write_atomically(run / f"{name}.zip", lambda path: model.save(path, exclude=unsaved))


def _load(
    algorithm: type[BaseAlgorithm], run: Path, envs: VecEnv, device: torch.device
) -> tuple[BaseAlgorithm, VecEnv]:
    file = run / "last.zip"
    if not file.exists():
        raise CopainError(f"{run} has no checkpoint last.zip to go on from")
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
    """Load a checkpoint to play with."""
    _accept_gpu()
    model = algorithm.load(file, device=device)
    return _agent(model)


def _agent(model: BaseAlgorithm) -> Sb3Agent:
    # In training the environment has them, afterwards the file.
    found = _statistics(model) or getattr(model, "observation_statistics", None)
    normal = None if found is None else (found[0], np.sqrt(found[1] + 1e-8))
    return Sb3Agent(model, normal, model.deterministic)  # type: ignore[attr-defined]


def _statistics(model: BaseAlgorithm) -> tuple[Any, Any, float] | None:
    """Mean, variance and number of the observations that normalisation has seen."""
    normalizer = model.get_vec_normalize_env()
    if normalizer is None:
        return None
    moments: Any = normalizer.obs_rms
    return moments.mean.copy(), moments.var.copy(), float(moments.count)


# ---- the course of a run -------------------------------------------------


class _Callback(BaseCallback):
    """Tells the run's course how far the training is."""

    def __init__(self, course: Course) -> None:
        super().__init__()
        self.course = course

    def _on_training_start(self) -> None:
        Falling.time_left = 1.0
        self.course.begin(self.num_timesteps)

    def _on_step(self) -> bool:
        ended = (info for info in self.locals["infos"] if "episode" in info and "score" in info)
        going_on = self.course.step(self.num_timesteps, (float(i["score"]) for i in ended))
        Falling.time_left = self.course.time_left
        return going_on

    def _on_rollout_start(self) -> None:
        if self.course.scores:
            self.logger.record("rollout/score", float(np.mean(self.course.scores)))
        self.course.pause(self.num_timesteps)
