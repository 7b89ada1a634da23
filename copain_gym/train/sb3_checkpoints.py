"""Checkpoints of Stable-Baselines3: of their content, only parameters and numbers are read.

`Model.load` of Stable-Baselines3 also unpickles what else is in such a file, and a pickle can run
any program. Here the file gives the parameters of the networks, which PyTorch reads by themselves,
and a few numbers of the JSON beside them. All else comes from `run.json`.
"""

from __future__ import annotations

import json
import pickle
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import gymnasium
import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.preprocessing import is_image_space, is_image_space_channels_first
from stable_baselines3.common.vec_env import VecEnv, VecTransposeImage

from copain_gym.errors import CopainError
from copain_gym.files import write_atomically
from copain_gym.train.runs import RunSpec, read_arguments, read_saved_hyperparameters

__all__ = [
    "Sb3Agent",
    "accept_gpu",
    "agent_of",
    "load_sb3_agent",
    "resume_model",
    "save_checkpoint",
]

_MOST_JSON = 64 << 20  # bytes
_MOST_PARAMETERS = 2 << 30

_COUNTERS = ("num_timesteps", "_n_updates", "_episode_num", "_n_calls")
"""Attributes that a training continues with, besides the parameters; not each model has all."""

# What a model needs room for in training only, and what makes it small.
_WITHOUT_TRAINING = {
    "ppo": {"n_steps": 2, "batch_size": 2},
    "dqn": {"buffer_size": 1},
}

_POLICIES = ("MlpPolicy", "CnnPolicy", "MultiInputPolicy")


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


def agent_of(model: BaseAlgorithm) -> Sb3Agent:
    """The agent that acts with a model."""
    # During training the environment has the statistics, afterwards the file.
    found = _statistics(model) or getattr(model, "observation_statistics", None)
    normal = None
    if found is not None:
        normal = np.asarray(found[0]), np.sqrt(np.asarray(found[1]) + 1e-8)
    return Sb3Agent(model, normal, model.deterministic)  # type: ignore[attr-defined]


def _statistics(model: BaseAlgorithm) -> tuple[Any, Any, float] | None:
    """Mean, variance and number of the observations so far; None without normalisation."""
    normalizer = model.get_vec_normalize_env()
    if normalizer is None:
        return None
    moments: Any = normalizer.obs_rms
    return moments.mean.copy(), moments.var.copy(), float(moments.count)


def save_checkpoint(run: Path, name: str, model: Any) -> None:
    """Save a model and the statistics of its observations as `NAME.zip` in the folder of a run.

    Both are in one file, so that a kill cannot leave one without the other.
    """
    found = _statistics(model)
    # As lists they are in the file's JSON, which can be read without unpickling.
    model.observation_statistics = found and (found[0].tolist(), found[1].tolist(), found[2])
    # With n-step returns DQN chooses this class itself; loading would take it as the user's.
    unsaved = ["replay_buffer_class"]
    write_atomically(run / f"{name}.zip", lambda path: model.save(path, exclude=unsaved))


# ---- loading -------------------------------------------------------------


def load_sb3_agent(
    algorithm: type[BaseAlgorithm],
    file: Path,
    spec: RunSpec,
    device: torch.device,
    *,
    trust: bool = False,
) -> Sb3Agent:
    """Load the agent of a checkpoint.

    Args:
        algorithm: `PPO` or `DQN`.
        file: the checkpoint, in the folder of its run.
        spec: the run that it belongs to.
        device: device of the network.
        trust: whether a file of an older version may be unpickled, which can run any program.

    Raises:
        CopainError: it cannot be read, or only by unpickling.
    """
    accept_gpu()
    if _must_be_unpickled(file):
        return agent_of(_unpickle(algorithm, file, trust, device=device))
    saved = read_saved_hyperparameters(file.parent) or {}
    small: dict[str, Any] = _WITHOUT_TRAINING[spec.algorithm]
    model: Any = algorithm(
        _checked(file, saved, "policy", str, "MlpPolicy", _POLICIES),
        None,
        policy_kwargs=_checked(file, saved, "policy_kwargs", dict, None),
        seed=_checked(file, read_arguments(file.parent), "seed", int, None),
        device=device,
        _init_setup_model=False,  # type: ignore[call-arg]
        **small,
    )
    model.observation_space, model.action_space = _spaces(spec)
    model.n_envs = 1
    try:
        model._setup_model()
    except (TypeError, ValueError, AssertionError, RuntimeError) as error:
        raise CopainError(f"{file.parent}/run.json describes no network: {error}") from error
    _restore(model, file)
    return agent_of(model)


def resume_model(
    algorithm: type[BaseAlgorithm],
    run: Path,
    new: Callable[[], Any],
    envs: VecEnv,
    device: torch.device,
    *,
    trust: bool = False,
) -> Any:
    """The model of the last checkpoint of a run, to continue its training.

    Args:
        algorithm: `PPO` or `DQN`.
        run: folder of the run.
        new: makes an untrained model with the hyperparameters of the run.
        envs: environments to train in.
        device: device of the network.
        trust: as `load_sb3_agent`.

    Raises:
        CopainError: there is none, it cannot be read, or only by unpickling.
    """
    file = run / "last.zip"
    if not file.exists():
        raise CopainError(f"{run} has no checkpoint last.zip to resume from")
    if _must_be_unpickled(file):
        model = _unpickle(algorithm, file, trust, env=envs, device=device)
    else:
        model = new()
        _restore(model, file)
    normalizer = model.get_vec_normalize_env()
    if normalizer is not None:
        moments = normalizer.obs_rms
        mean, variance, moments.count = model.observation_statistics
        moments.mean, moments.var = np.asarray(mean), np.asarray(variance)
    if hasattr(model, "learning_starts"):  # the replay buffer begins empty again
        model.learning_starts += model.num_timesteps
    return model


def accept_gpu() -> None:
    """Ignore the warning that PPO is trained on a GPU."""
    # The device is the user's choice, or CUDA because it is there.
    warnings.filterwarnings("ignore", message="You are trying to run PPO on the GPU")


def _must_be_unpickled(file: Path) -> bool:
    """Whether a checkpoint is of a version that kept what a model needs as pickles alone."""
    if read_saved_hyperparameters(file.parent) is None:
        return True
    return isinstance(_read_json(file).get("observation_statistics"), dict)


def _unpickle(algorithm: type[BaseAlgorithm], file: Path, trust: bool, **more: Any) -> Any:
    if not trust:
        raise CopainError(
            f"{file} is of an older version or of another program. It can only be loaded whole, "
            f"and a checkpoint that is loaded whole can run any program on this machine. If you "
            f"trust whoever made it, add --trust"
        )
    return algorithm.load(file, **more)


def _spaces(spec: RunSpec) -> tuple[gymnasium.Space[Any], gymnasium.Space[Any]]:
    """Observation and action space of the model of a run."""
    env = gymnasium.make(spec.env_id, **spec.eval_kwargs)  # does not start its emulator
    try:
        seen: Any = env.observation_space
        actions = env.action_space
    finally:
        env.close()
    if spec.frame_stack > 1:
        low, high = (np.repeat(bound, spec.frame_stack, -1) for bound in (seen.low, seen.high))
        seen = gymnasium.spaces.Box(low, high, dtype=seen.dtype)
    if is_image_space(seen) and not is_image_space_channels_first(seen):
        seen = VecTransposeImage.transpose_space(seen)
    return seen, actions


def _restore(model: Any, file: Path) -> None:
    """Put the parameters, counters and statistics of a checkpoint into a new model."""
    content = _read_json(file)
    parameters = {
        name: _read_parameters(file, name, model.device)
        for name in model._get_torch_save_params()[0]
    }
    try:
        model.set_parameters(parameters, device=model.device)
    except (KeyError, ValueError, RuntimeError, TypeError, AttributeError) as error:
        raise CopainError(f"{file} does not fit the networks of its run: {error}") from error
    for name in _COUNTERS:
        if hasattr(model, name):
            setattr(model, name, _checked(file, content, name, int))
    if hasattr(model, "exploration_rate"):
        model.exploration_rate = _checked(file, content, "exploration_rate", (int, float))
    model.deterministic = _checked(file, content, "deterministic", bool)
    model.observation_statistics = _statistics_in(file, content)


# ---- the file ------------------------------------------------------------


def _read_parameters(file: Path, name: str, device: torch.device) -> Any:
    """The parameters of one part of a model."""
    with _opened(file, f"{name}.pth", _MOST_PARAMETERS) as member:
        return torch.load(member, map_location=device, weights_only=True)


def _read_json(file: Path) -> Mapping[str, Any]:
    """What the file says of a model in JSON; what is pickled in it stays text."""
    with _opened(file, "data", _MOST_JSON) as member:
        content = json.loads(member.read())
    if not isinstance(content, dict):
        raise CopainError(f"{file} is no checkpoint of Stable-Baselines3")
    return content


@contextmanager
def _opened(file: Path, name: str, most: int) -> Iterator[IO[bytes]]:
    """A member of the file; whatever is wrong with it while it is read is a `CopainError`."""
    try:
        with zipfile.ZipFile(file) as archive:
            size = archive.getinfo(name).file_size
            if size > most:
                raise ValueError(f"{name} has {size} bytes; {most} are allowed")
            with archive.open(name) as member:
                yield member
    except _DAMAGED as error:
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise CopainError(f"{file} cannot be read as a checkpoint: {reason[0]}") from error


_DAMAGED = (
    *(OSError, KeyError, ValueError, TypeError, RuntimeError, EOFError, RecursionError),
    *(zipfile.BadZipFile, zlib.error, pickle.UnpicklingError, NotImplementedError),
)


_REQUIRED: Any = object()


def _checked(
    file: Path,
    content: Mapping[str, Any],
    name: str,
    kind: type | tuple[type, ...],
    default: Any = _REQUIRED,
    allowed: tuple[str, ...] = (),
) -> Any:
    """A value from a file, if it is of a type."""
    value = content.get(name, default)
    if value is default and default is not _REQUIRED:
        return value
    if (
        not isinstance(value, kind)
        or (isinstance(value, bool) and kind is not bool)
        or (allowed and value not in allowed)
    ):
        shown = "missing" if value is _REQUIRED else repr(value)[:40]
        raise CopainError(f"{file} cannot be read as a checkpoint: {name} is {shown}")
    return value


def _statistics_in(file: Path, content: Mapping[str, Any]) -> Any:
    """The statistics of the observations: mean, variance, number; None where there are none."""
    found = content.get("observation_statistics")
    if found is None:
        return None
    try:
        mean, variance, count = found
        checked = np.array(mean, np.float64), np.array(variance, np.float64), float(count)
        np.broadcast_shapes(checked[0].shape, checked[1].shape)
    except (TypeError, ValueError) as error:
        raise CopainError(
            f"{file} cannot be read as a checkpoint: observation_statistics: {error}"
        ) from error
    return checked
