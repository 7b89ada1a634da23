"""`copain train`, `copain baseline` and `copain play`: the scripts of `agents/` as commands."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Annotated, Any

from cyclopts import Parameter

from copain_gym.cli.command import command_of, missing_package
from copain_gym.errors import CopainError
from copain_gym.paths import agents_directory

__all__ = ["load_script"]

_SCRIPTS = {"ppo", "dqn", "q_learning", "random_agent", "play"}


def load_script(name: str) -> ModuleType:
    """Load a script of `agents/`, as `python agents/NAME.py` would, without running it."""
    path = agents_directory() / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"agents.{name}", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script  # where dataclasses look up their annotations
    spec.loader.exec_module(script)
    return script


def __getattr__(name: str) -> Any:
    """The command of a script: its `main`, with the options of its `Arguments`."""
    try:
        if name in _SCRIPTS:
            return command_of(load_script(name).main)
        if name == "study":
            from copain_gym.train.study import study

            return command_of(study)
    except ModuleNotFoundError as error:
        message = missing_package(error)
        if message is None:
            raise
        return _unavailable(message)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _unavailable(message: str) -> Callable[..., object]:
    """A command, with any options, that says which extra must be installed."""

    def command(
        *words: Annotated[str, Parameter(allow_leading_hyphen=True, show=False)],
    ) -> None:
        raise CopainError(message)

    command.__doc__ = message
    return command
