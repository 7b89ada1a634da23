"""Hyperparameters: the package's files and the user's, in the format of rl-zoo3."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
import yaml

from copain_gym.envs.registration import env_options
from copain_gym.errors import CopainError
from copain_gym.train.runs import TrainArguments, read_saved_hyperparameters

__all__ = [
    "GREY_PICTURES",
    "change_hyperparameters",
    "check_env_id",
    "choose_hyperparameters",
    "read_hyperparameters",
]

GREY_PICTURES = {"obs_type": "grayscale", "screen_size": [84, 84]}
"""Options for observations that agents for pictures are used to."""

_FOLDER = Path(__file__).parent / "hyperparameters"

_DEFAULT = "default"  # section for environments without one

_TRAINED_AS = "trained_as"
"""Table in a file: for an environment, the one whose section and options are used. rl-zoo3 looks
only for an id and for `default`, so it does not read this."""


def check_env_id(env_id: str) -> None:
    """Check that an environment id is registered.

    Raises:
        ValueError: it is not.
    """
    if env_id not in gymnasium.registry:
        env_options(env_id)


def choose_hyperparameters(name: str, env_id: str, arguments: TrainArguments) -> dict[str, Any]:
    """The hyperparameters of the run to resume, or those of a file, with the changes of `--set`.

    Args:
        name: as `read_hyperparameters`.
        env_id: the environment.
        arguments: arguments of the run.

    Raises:
        ValueError, CopainError: as `read_hyperparameters`.
    """
    if arguments.resume is not None:
        saved = read_saved_hyperparameters(arguments.resume)
        if saved is not None:
            return change_hyperparameters(saved, arguments.set)
    return read_hyperparameters(name, env_id, arguments.hyperparameters, arguments.set)


def read_hyperparameters(
    name: str, env_id: str, file: Path | None = None, changes: Sequence[str] = ()
) -> dict[str, Any]:
    """Read hyperparameters in rl-zoo3's format.

    An environment without a section of its own gets the section `default`. With the package's own
    files, `env_kwargs` are the options of the environment that the section is for.

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
    path = file or _FOLDER / f"{name}.yml"
    try:
        table = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CopainError(f"hyperparameters cannot be read from {path}: {error}") from error
    if not isinstance(table, dict):
        raise ValueError(f"{path} has no hyperparameters; allowed is a mapping by environment id")
    section = (table.pop(_TRAINED_AS, None) or {}).get(env_id, env_id)
    chosen = table.get(section, table.get(_DEFAULT))
    if not isinstance(chosen, dict):
        raise ValueError(
            f"{path} has no hyperparameters for {env_id}; it has some for {', '.join(table)}"
        )
    if file is None:
        options = {k: _plain(v) for k, v in env_options(section).items() if k != "game"}
        if name.endswith("-pixels") and not options.get("screen_size"):
            options |= GREY_PICTURES
        chosen["env_kwargs"] = {"noop_max": 30, **options}
    return change_hyperparameters(chosen, changes)


def change_hyperparameters(table: dict[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Hyperparameters with changes; those that are given stay as they are.

    Args:
        table: hyperparameters by name.
        changes: `NAME=VALUE`, values in YAML; `env_kwargs.NAME=VALUE` reaches into a table.

    Raises:
        ValueError: a change is malformed.
    """
    changed = copy.deepcopy(table)
    for change in changes:
        where, separator, value = change.partition("=")
        if not separator or not where:
            raise ValueError(f"set is {change!r}; allowed is NAME=VALUE")
        place = changed
        *outer, last = where.split(".")
        for part in outer:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise ValueError(f"set is {change!r}, but {part!r} has no parts")
        place[last] = _number(yaml.safe_load(value))
    return {name: _number(value) for name, value in changed.items()}


def _plain(value: Any) -> Any:
    """A value as YAML and JSON have it."""
    return list(value) if isinstance(value, tuple) else value


def _number(value: Any) -> Any:
    """Make `1e-4` a number, which YAML 1.1 reads as text."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
