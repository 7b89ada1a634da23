"""What the scripts' command lines share."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TypeVar

import gymnasium
import tyro

from copain_gym.errors import CopainError

__all__ = ["run_command"]

T = TypeVar("T")


def run_command(
    arguments: type[T],
    run: Callable[[T], object],
    words: Sequence[str] | None,
    prog: str | None,
) -> int:
    """Parse the words of a command line into a dataclass and run what it is for.

    Args:
        arguments: the dataclass.
        run: takes one of it.
        words: of the command line; None are the process's own.
        prog: name in the help.

    Returns:
        The exit status: 0 for success, 1 for an error, 130 for Ctrl-C. Wrong usage exits by 2.
    """
    warnings.filterwarnings("ignore", message="You are trying to run PPO on the GPU")
    try:
        run(tyro.cli(arguments, args=words, prog=prog, description=arguments.__doc__))
    except (CopainError, ValueError, gymnasium.error.Error) as error:
        print(f"{prog or sys.argv[0]}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0
