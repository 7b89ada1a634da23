"""`Owner`: emulators belong to the process that started them, not to its forked children.

A forked child has copies of all objects, which share the parent's connections. If both processes
sent requests to one emulator, each could receive the other's replies.
"""

from __future__ import annotations

import os

from copain_gym.errors import ForkError

__all__ = ["Owner"]

_generation = 0  # number of forks since this module was imported


def _count_fork() -> None:
    global _generation
    _generation += 1


os.register_at_fork(after_in_child=_count_fork)


class Owner:
    """Remembers the process in which it was made. Checking needs no system call."""

    __slots__ = ("_generation",)

    def __init__(self) -> None:
        self._generation = _generation

    @property
    def is_here(self) -> bool:
        """Whether this process is the owner, not a forked child of it."""
        return self._generation == _generation

    def check(self, what: str = "the emulator") -> None:
        """Raise an error in any process but the owner.

        Args:
            what: name of the owned object, for the message.

        Raises:
            ForkError: this process is a forked child of the owner.
        """
        if self._generation != _generation:
            raise ForkError(
                f"{what} belongs to the parent of this forked process and cannot be used here; "
                f"make another one in this process, or fork before the first one starts"
            )
