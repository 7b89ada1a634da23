"""A training run: its arguments, its folder, its hyperparameters."""

from __future__ import annotations

import json
import random
import time
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, TypeVar

import gymnasium
import numpy as np
import torch

from copain_gym.engines.engine import EngineName
from copain_gym.envs.options import EnvOptions
from copain_gym.envs.registration import ANY_GAME, without_module
from copain_gym.errors import CopainError
from copain_gym.files import write_file
from copain_gym.games import find_game
from copain_gym.games.files import GAME_FILE
from copain_gym.paths import expand_user

__all__ = [
    "RunSpec",
    "TrainArguments",
    "check_trust",
    "choose_device",
    "choose_game",
    "continued",
    "open_run",
    "read_arguments",
    "read_saved_hyperparameters",
    "seed_everything",
]

T = TypeVar("T", bound="TrainArguments")

# Options that make training easier; an evaluation does not use them.
_TRAINING_ONLY = {"reward", "terminate_on", "state", "sticky_action_probability"}


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
    trust: bool = False
    """Continue a run also where that runs programs that it names or contains: the Python file of
    a game, or a checkpoint of an older version."""
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
        known = gymnasium.registry.get(self.env_id)
        for option in EnvOptions.entries():  # an id may stand for options of the training, too
            if known is not None and option.name in known.kwargs.keys() & _TRAINING_ONLY:
                kept[option.name] = option.default
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


def choose_game(env_id: str, game: str | None) -> tuple[str, dict[str, Any]]:
    """The environment and its options for a game that was named on the command line.

    Args:
        env_id: the environment for `game=None`; a module before a colon is imported.
        game: a name, a file or a folder.

    Returns:
        The environment's id, and its options: a path in them is absolute.

    Raises:
        ValueError: there is no such game.
    """
    if game is None:
        return without_module(env_id), {}
    find_game(game)
    path = expand_user(game)
    return ANY_GAME, {"game": str(path.absolute()) if path.exists() else game}


def continued(arguments: T) -> T:
    """The arguments of a run that is resumed: environment, game and observation are the run's.

    Those that the user gives stay, and are compared with the run's by `open_run`.

    Raises:
        CopainError: the folder is not that of a run, or it names a program that is not trusted.
    """
    run = arguments.resume
    if run is None:
        return arguments
    names = ("env_id", "game", "observation")
    usual = type(arguments)()
    if any(getattr(arguments, name) != getattr(usual, name) for name in names):
        return arguments
    spec = RunSpec.read(run)
    check_trust(run, spec, arguments.trust)
    before = _read_note(run, "arguments", {})
    found: dict[str, Any] = {"env_id": spec.env_id, "game": spec.env_kwargs.get("game")}
    found["observation"] = before.get("observation", usual.observation)
    return replace(arguments, **found)


def check_trust(run: Path, spec: RunSpec, trust: bool) -> None:
    """Refuse a run that names a game in a Python file, unless the user trusts it.

    Raises:
        CopainError: the message says why.
    """
    game = str(spec.env_kwargs.get("game", ""))
    path = Path(game).expanduser()
    if not trust and (path.suffix == ".py" or (path / GAME_FILE).exists()):
        raise CopainError(
            f"{run} names the game {game}, a Python file. To load it is to run it, and it can be "
            f"any program. If you trust whoever made the run and the file, add --trust"
        )


def open_run(arguments: TrainArguments, spec: RunSpec, hyperparameters: dict[str, Any]) -> Path:
    """Make the folder of a new run and write `run.json`, or open the folder of a run to resume.

    Args:
        arguments: arguments of the run.
        spec: how to make its environments.
        hyperparameters: all of them, to load its checkpoints with.

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
        "hyperparameters": hyperparameters,
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


def read_saved_hyperparameters(run: Path) -> dict[str, Any] | None:
    """Return the hyperparameters of a run; None where an older version has not saved them.

    Raises:
        CopainError: the folder is not the folder of a run.
    """
    saved = _read_note(run, "hyperparameters", None)
    if saved is not None and not isinstance(saved, dict):
        raise CopainError(f"{run} is not the folder of a run: hyperparameters is {saved!r}")
    return saved


_NEEDED: Any = object()


def _read_note(run: Path, part: str, default: Any = _NEEDED) -> Any:
    try:
        note = json.loads((run / "run.json").read_text())
        return note[part] if default is _NEEDED else note.get(part, default)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
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
