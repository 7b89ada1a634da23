"""Checks that enough file descriptors are free to start another emulator."""

from __future__ import annotations

import contextlib
import resource
import threading
from collections.abc import Iterator
from pathlib import Path

from copain_gym.engines.owner import Owner
from copain_gym.errors import LimitError

__all__ = ["enough_descriptors"]

_NEEDED = 16  # descriptors during a start: socket, connection, log, pipes of the new process


class _Starts:
    """Counts starts in progress, whose descriptors are not open yet but must stay free."""

    def __init__(self) -> None:
        self.owner = Owner()
        self.changed = threading.Condition()
        self.count = 0


_starts = _Starts()


@contextlib.contextmanager
def enough_descriptors() -> Iterator[None]:
    """Run the `with` block, which starts an emulator, only if enough descriptors are free.

    ZeroMQ aborts the whole process if it runs out of descriptors. If there might not be enough
    for all, this waits for starts in other threads to finish.

    Raises:
        LimitError: too few descriptors are free.
    """
    global _starts
    if not _starts.owner.is_here:  # starts of the parent process do not count
        _starts = _Starts()
    starts = _starts
    with starts.changed:
        while not _room_for(starts.count + 1):
            if starts.count == 0:
                limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
                raise LimitError(
                    f"an emulator needs {_NEEDED} free file descriptors to start; {_open_files()} "
                    f"of {limit} are in use (`ulimit -n` sets this limit; at most "
                    f"{resource.getrlimit(resource.RLIMIT_NOFILE)[1]} without privileges)"
                )
            starts.changed.wait(1.0)
        starts.count += 1
    try:
        yield
    finally:
        with starts.changed:
            starts.count -= 1
            starts.changed.notify_all()


def _room_for(count: int) -> bool:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY or limit > 1 << 16:
        return True
    return _open_files() + count * _NEEDED <= limit


def _open_files() -> int:
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir()) - 1
    except FileNotFoundError:  # /proc is not mounted
        return 0
    except OSError:  # not even one is free to list them
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
