"""`Owner`: emulators belong to the process that started them, not to its forked children.

A forked child has copies of all objects, with the same connections behind them. Two processes
that ask one emulator would take each other's replies.
"""

from __future__ import annotations

import os

from copain_gym.errors import ForkError

__all__ = ["Owner"]

_generation = 0  # how many forks lie between this process and the one that imported this


def _count_fork() -> None:
    global _generation
    _generation += 1


os.register_at_fork(after_in_child=_count_fork)


class Owner:
    """Knows whether this process is the one in which it was made. Asking costs no system call."""

    __slots__ = ("_generation",)

    def __init__(self) -> None:
        self._generation = _generation

    @property
    def is_here(self) -> bool:
        """Whether this process is the owner, and no forked child of it."""
        return self._generation == _generation

    def check(self, what: str = "the emulator") -> None:
        """Let the owner alone pass.

        Args:
            what: what is owned, for the message.

        Raises:
            ForkError: this process is a forked child of the owner.
        """
        if self._generation != _generation:
            raise ForkError(
                f"{what} belongs to the parent of this forked process and cannot be used here; "
                f"make another one in this process, or fork before the first one starts"
            )
