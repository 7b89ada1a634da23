"""A training run: its arguments, its folder, its hyperparameters."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import gymnasium
import numpy as np
import torch
import yaml

from copain_gym.engines.engine import EngineName
from copain_gym.envs.registration import ANY_GAME, env_options
from copain_gym.errors import CopainError
from copain_gym.files import write_file
from copain_gym.games import find_game
from copain_gym.paths import expand_user

__all__ = [
    "RunSpec",
    "TrainArguments",
    "choose_device",
    "open_run",
    "read_arguments",
    "read_hyperparameters",
    "seed_everything",
]

_HYPERPARAMETERS = Path(__file__).parent / "hyperparameters"

_DEFAULT = "default"  # entry of a file for environments without one

# Options that make training easier; an evaluation does not use them.
_TRAINING_ONLY = ("reward", "terminate_on", "state", "sticky_action_probability")


@dataclass(kw_only=True)
class TrainArguments:
    """Arguments of all training scripts."""

    env_id: str = "copain/Hirondelle-v0"
    """Environment to learn in."""
    game: str | None = None
    """Game to learn, in place of the environment's: a name, a Python file that defines `GAME`, or
    a folder. The environment is then `copain/Nes-v0`."""
    observation: Literal["features", "pixels"] = "features"
    """What the agent sees: features decoded from RAM, or 84x84 shades of grey."""
    timesteps: int | None = None
    """Environment steps in all. By default `n_timesteps` of the hyperparameters."""
    minutes: float | None = None
    """Wall-clock limit of the training in minutes, without evaluations. By default none."""
    num_envs: int | None = None
    """Number of emulators. By default `n_envs` of the hyperparameters."""
    seed: int = 1
    """Seed of the network, of exploration and of the emulators."""
    device: str = "auto"
    """Device of the network: `auto`, `cpu`, `cuda`, `cuda:1`."""
    threads: int = 1
    """CPU threads of PyTorch. The emulators need the other cores."""
    hyperparameters: Path | None = None
    """YAML file in rl-zoo3's format, by environment id. By default the package's own."""
    set: tuple[str, ...] = ()
    """Hyperparameters to change, NAME=VALUE. `env_kwargs.NAME=VALUE` changes the environment."""
    run: Path | None = None
    """Folder of the run. By default a new one under `runs/`."""
    resume: Path | None = None
    """Folder of a run to continue from its last checkpoint."""
    checkpoint_every: int = 50_000
    """Environment steps between checkpoints."""
    eval_every: int = 200_000
    """Environment steps between evaluations. 0 evaluates at the end only."""
    eval_episodes: int = 20
    """Episodes of an evaluation. 0 disables evaluation."""
    video: bool = True
    """Write a video of the best agent at the end."""
    video_seconds: float = 300.0
    """Longest video, in seconds."""
    progress: bool = True
    """Show a progress bar, if the output is a terminal."""
    engine: EngineName | None = None
    """Engine of the emulators. By default COPAIN_ENGINE, else auto."""


@dataclass(frozen=True)
class RunSpec:
    """How to make the environments of a run again.

    Args:
        algorithm: `ppo`, `dqn` or `q-learning`.
        env_id: environment id.
        env_kwargs: options of the environment in training.
        frame_stack: number of observations that are stacked along the last axis.
    """

    algorithm: str
    env_id: str
    env_kwargs: dict[str, Any] = field(default_factory=dict)
    frame_stack: int = 1

    @property
    def subject(self) -> str:
        """What the run is of, in words: algorithm, environment, game."""
        game = self.env_kwargs.get("game")
        return f"{self.algorithm} in {self.env_id}" + (f" with {game}" if game else "")

    @property
    def eval_kwargs(self) -> dict[str, Any]:
        """Options of the environment in evaluations: whole episodes from the start, by score."""
        kept = {k: v for k, v in self.env_kwargs.items() if k not in _TRAINING_ONLY}
        return {**kept, "noop_max": 30, "max_episode_frames": 36_000}

    @classmethod
    def read(cls, run: Path) -> RunSpec:
        """Read the specification from the folder of a run.

        Raises:
            CopainError: the folder is not the folder of a run.
        """
        try:
            return cls(**_read_note(run, "spec"))
        except TypeError as error:
            raise CopainError(f"{run} is not the folder of a run: {error}") from error


def check_env_id(env_id: str) -> None:
    """Check that an environment id is registered.

    Raises:
        ValueError: it is not.
    """
    if env_id not in gymnasium.registry:
        env_options(env_id)


def choose_game(env_id: str, game: str | None) -> tuple[str, dict[str, Any]]:
    """The environment and its options for a game that was named on the command line.

    Args:
        env_id: the environment for `game=None`.
        game: a name, a file or a folder.

    Returns:
        The environment's id, and its options: a path in them is absolute.

    Raises:
        ValueError: there is no such game.
    """
    if game is None:
        return env_id, {}
    find_game(game)
    path = expand_user(game)
    return ANY_GAME, {"game": str(path.absolute()) if path.exists() else game}


def read_hyperparameters(
    name: str, env_id: str, file: Path | None = None, changes: Sequence[str] = ()
) -> dict[str, Any]:
    """Read hyperparameters in rl-zoo3's format.

    An environment without an entry of its own gets the entry `default`.

    Args:
        name: stem of one of the package's files, such as `ppo` or `ppo-pixels`.
        env_id: the environment.
        file: another file.
        changes: `NAME=VALUE`, values in YAML.

    Raises:
        ValueError: the environment is unknown or not in the file; a change is malformed.
        CopainError: the file cannot be read.
    """
    check_env_id(env_id)
    path = file or _HYPERPARAMETERS / f"{name}.yml"
    try:
        table = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise CopainError(f"hyperparameters cannot be read from {path}: {error}") from error
    if not isinstance(table, dict):
        raise ValueError(f"{path} has no hyperparameters; allowed is a mapping by environment id")
    chosen = table.get(env_id, table.get(_DEFAULT))
    if not isinstance(chosen, dict):
        raise ValueError(
            f"{path} has no hyperparameters for {env_id}; it has some for {', '.join(table)}"
        )
    for change in changes:
        where, separator, value = change.partition("=")
        if not separator or not where:
            raise ValueError(f"set is {change!r}; allowed is NAME=VALUE")
        place = chosen
        *outer, last = where.split(".")
        for part in outer:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise ValueError(f"set is {change!r}, but {part!r} has no parts")
        place[last] = _number(yaml.safe_load(value))
    return {name: _number(value) for name, value in chosen.items()}


def _number(value: Any) -> Any:
    """Make `1e-4` a number, which YAML 1.1 reads as text."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def open_run(arguments: TrainArguments, spec: RunSpec) -> Path:
    """Make the folder of a new run and write `run.json`, or open the folder of a run to resume.

    Raises:
        ValueError: the folder holds another run already.
        CopainError: the run to resume has another algorithm or environment.
    """
    if arguments.resume is not None:
        before = RunSpec.read(arguments.resume)
        if before.subject != spec.subject:
            raise CopainError(
                f"{arguments.resume} is a run of {before.subject}, not of {spec.subject}"
            )
        return arguments.resume
    stamp = time.strftime("%Y%m%d-%H%M%S")
    game = Path(spec.env_kwargs.get("game", spec.env_id.rpartition("/")[2])).stem
    path = arguments.run or Path("runs") / f"{spec.algorithm}-{game}-{stamp}-{arguments.seed}"
    if (path / "run.json").exists():
        raise ValueError(f"{path} holds a run already; continue it with --resume {path}")
    path.mkdir(parents=True, exist_ok=True)
    note = {
        "spec": asdict(spec),
        "arguments": asdict(arguments),
        "copain_gym": metadata.version("copain-gym"),
        "torch": torch.__version__,
    }
    write_file(path / "run.json", json.dumps(note, indent=2, default=str) + "\n")
    return path


def read_arguments(run: Path) -> dict[str, Any]:
    """Return the arguments that a run was started with.

    Raises:
        CopainError: the folder is not the folder of a run.
    """
    arguments: dict[str, Any] = _read_note(run, "arguments")
    return arguments


def _read_note(run: Path, part: str) -> Any:
    try:
        return json.loads((run / "run.json").read_text())[part]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CopainError(f"{run} is not the folder of a run: {error}") from error


def choose_device(name: str) -> torch.device:
    """Return the device of a name; `auto` is CUDA if available, else the CPU.

    Raises:
        ValueError: there is no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"device is {name!r}; allowed are auto, cpu, cuda: {reason}") from error
    return device


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and PyTorch."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - Stable-Baselines3 draws from it
    torch.manual_seed(seed)
