"""What PPO and DQN share: set-up, callbacks, resume, the end of a run."""

from __future__ import annotations

import inspect
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv, VecMonitor, VecNormalize
from tqdm import tqdm

from copain_gym.agents.evaluation import Evaluation, evaluate, make_envs
from copain_gym.agents.results import best_score, note_evaluation
from copain_gym.agents.runs import (
    RunSpec,
    TrainArguments,
    choose_device,
    expected_steps,
    open_run,
    read_hyperparameters,
    save_atomically,
    seed_everything,
)
from copain_gym.errors import CopainError

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
    pixels = arguments.observation == "pixels"
    settings = read_hyperparameters(
        f"{name}-pixels" if pixels else name,
        arguments.env_id,
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
        arguments.env_id,
        {**(PIXELS if pixels else {}), **settings.pop("env_kwargs", {})},
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
        callback = _Run(run, spec, arguments, timesteps)
        try:
            model.learn(
                left, callback, tb_log_name="tensorboard", reset_num_timesteps=not arguments.resume
            )
        except KeyboardInterrupt:
            print("interrupted; the checkpoint is", run / "last.zip")
        finally:
            callback.close()
        save_checkpoint(run, "last", model)
        if arguments.eval_episodes and callback.evaluated_at != model.num_timesteps:
            callback.evaluate()
    finally:
        envs.close()
    return run, callback.evaluation


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
    save_atomically(run / f"{name}.zip", model.save)


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


def load_sb3_agent(algorithm: type[BaseAlgorithm], file: Path, device: torch.device) -> Sb3Agent:
    """Load a checkpoint to play with."""
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


class _Run(BaseCallback):
    """Progress, checkpoints, evaluations and the time limit."""

    def __init__(
        self,
        run: Path,
        spec: RunSpec,
        arguments: TrainArguments,
        timesteps: int,
    ) -> None:
        super().__init__()
        self.run, self.spec, self.arguments = run, spec, arguments
        self.timesteps = timesteps
        self.scores: deque[float] = deque(maxlen=100)
        self.evaluation: Evaluation | None = None
        self.evaluated_at = -1
        self.best = best_score(run)
        self.idle = 0.0  # seconds that evaluations took
        self.bar: tqdm[Any] | None = None

    def _on_training_start(self) -> None:
        Falling.time_left, self.started = 1.0, time.monotonic()
        self.first_step = self.num_timesteps
        self.next_checkpoint = self.num_timesteps + self.arguments.checkpoint_every
        self.next_evaluation = self.num_timesteps + self.arguments.eval_every
        self.bar = tqdm(
            total=self.timesteps,
            initial=self.num_timesteps,
            unit="step",
            unit_scale=True,
            dynamic_ncols=True,
            disable=not self.arguments.progress,
        )

    def _on_step(self) -> bool:
        assert self.bar is not None
        for info in self.locals["infos"]:
            if "episode" in info and "score" in info:
                self.scores.append(float(info["score"]))
        self.bar.update(self.num_timesteps - self.bar.n)
        if self.scores and self.n_calls % 64 == 0:
            self.bar.set_postfix_str(f"score {np.mean(self.scores):.0f} (mean of 100 episodes)")
        minutes = self.arguments.minutes
        if minutes is None:
            return True
        Falling.time_left = 1.0 - self._seconds() / (60 * minutes)
        if self.n_calls % 64 == 0:  # the bar shall be full when the time is over
            self.bar.total = expected_steps(
                self.first_step, self.num_timesteps, Falling.time_left, self.timesteps
            )
        return Falling.time_left > 0

    def _seconds(self) -> float:
        """Seconds of training, without evaluations."""
        return time.monotonic() - self.started - self.idle

    def _on_rollout_start(self) -> None:
        if self.scores:
            self.logger.record("rollout/score", float(np.mean(self.scores)))
        if self.num_timesteps >= self.next_checkpoint:
            save_checkpoint(self.run, "last", self.model)
            self.next_checkpoint = self.num_timesteps + self.arguments.checkpoint_every
        every = self.arguments.eval_every
        if every and self.arguments.eval_episodes and self.num_timesteps >= self.next_evaluation:
            self.evaluate()
            self.next_evaluation = self.num_timesteps + every

    def evaluate(self) -> None:
        """Play whole games; keep the best model."""
        begun, trained = time.monotonic(), self._seconds()
        save_checkpoint(self.run, "last", self.model)
        result = evaluate(
            _agent(self.model),
            self.spec,
            episodes=self.arguments.eval_episodes,
            engine=self.arguments.engine,
        )
        self.evaluation, self.evaluated_at = result, self.num_timesteps
        if result.mean_score > self.best:
            self.best = result.mean_score
            save_checkpoint(self.run, "best", self.model)
        note_evaluation(self.run, self.num_timesteps, trained, result)
        self.logger.record("eval/mean_score", result.mean_score)
        self.logger.record("eval/mean_frames", result.mean_frames)
        self.logger.dump(self.num_timesteps)
        tqdm.write(f"{self.num_timesteps} steps, {trained:.0f} s: {result}")
        self.idle += time.monotonic() - begun

    def close(self) -> None:
        """End the progress bar."""
        if self.bar is not None:
            self.bar.close()
