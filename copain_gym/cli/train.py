"""`copain train` and `copain play`: the scripts of `agents/`, from anywhere."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

from copain_gym.errors import CopainError
from copain_gym.paths import agents_directory

__all__ = ["add_parsers", "load_script"]

_TRAIN = {
    "ppo": ("ppo", "PPO of Stable-Baselines3"),
    "dqn": ("dqn", "DQN of Stable-Baselines3"),
    "q-learning": ("q_learning", "Q-learning of our own"),
    "random": ("random_agent", "play at random, the baseline"),
    "study": ("study", "train agents from several seeds, and plot how they learn"),
}

_MODULES = {"study": "copain_gym.train.study"}


def add_parsers(commands: argparse._SubParsersAction[Any]) -> None:
    """Add `train` and `play` to the commands."""
    train = commands.add_parser("train", help="train an agent (needs the extra `train`)")
    algorithms = train.add_subparsers(metavar="ALGORITHM", required=True)
    for name, (module, what) in _TRAIN.items():
        _add_script(algorithms, name, module, what, f"copain train {name}")
    _add_script(commands, "play", "play", "watch a trained agent", "copain play")


def _add_script(
    commands: argparse._SubParsersAction[Any], name: str, module: str, what: str, prog: str
) -> None:
    # The script reads its own words, `--help` too: here no word begins an option.
    parser = commands.add_parser(name, help=what, add_help=False, prefix_chars="\0")
    parser.add_argument("words", nargs="*")
    parser.set_defaults(run=lambda args: _run(module, args.words, prog))


def load_script(name: str) -> ModuleType:
    """Load a script of `agents/`, as `python agents/NAME.py` would, without running it."""
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    path = agents_directory() / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"agents.{name}", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script  # where dataclasses look up their annotations
    spec.loader.exec_module(script)
    return script


def _run(module: str, words: list[str], prog: str) -> int:
    try:
        script = load_script(module)
    except ModuleNotFoundError as error:
        if str(error.name).startswith("copain_gym"):
            raise
        raise CopainError(f"{error.name} is missing: pip install 'copain-gym[train]'") from error
    return int(script.main(words, prog))
