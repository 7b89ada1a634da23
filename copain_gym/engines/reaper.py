"""Starts the reaper, a small process that cleans up when this one is killed.

It ends the emulators that are left and removes their private homes. There is one for each process
that starts emulators. It ends with that process.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from pathlib import Path

from copain_gym.paths import native_directory

__all__ = ["forget", "watch"]

_PROGRAM = "copain_reaper"


class _Reaper:
    """The connection to the reaper of this process."""

    def __init__(self) -> None:
        self._starting = threading.RLock()  # a finalizer may run while its thread holds it
        self._descriptor: int | None = None  # of a socket; it is open until the process ends
        self._homes: set[str] = set()

    def watch(self, home: str) -> None:
        self._homes.add(home)
        # Without a reaper, the next start of an emulator removes what a killed process has left.
        with contextlib.suppress(OSError):
            if not self._send("+", home):
                with self._starting:
                    if not self._send("+", home):
                        self._start()

    def forget(self, home: str) -> None:
        self._homes.discard(home)
        self._send("-", home)

    def leave_to_parent(self) -> None:
        """In a forked child: the parent's reaper must notice the end of the parent."""
        descriptor = self._descriptor
        self.__init__()  # type: ignore[misc]
        if descriptor is not None:
            os.close(descriptor)

    def _send(self, word: str, home: str) -> bool:
        """Tell the reaper; False if there is none, or if somebody has killed it."""
        if self._descriptor is None:
            return False
        connection = socket.socket(fileno=self._descriptor)
        try:
            connection.send(os.fsencode(word + home), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return True  # somebody has stopped it
        except OSError:
            return False
        finally:
            connection.detach()
        return True

    def _start(self) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, its:
            program = str(native_directory() / _PROGRAM)
            files = [
                (os.POSIX_SPAWN_DUP2, its.fileno(), 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ]
            first = os.posix_spawn(program, [program], os.environ, file_actions=files)
            if self._descriptor is None:
                self._descriptor = ours.detach()
            else:
                os.dup2(ours.fileno(), self._descriptor, inheritable=False)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(first, 0)  # it has forked the reaper and ended
        for home in list(self._homes):
            self._send("+", home)


_reaper = _Reaper()
os.register_at_fork(after_in_child=_reaper.leave_to_parent)


def watch(home: Path) -> None:
    """Have a home removed, and its emulator ended, if this process is killed.

    Args:
        home: the home; call this before it is made.
    """
    _reaper.watch(str(home))


def forget(home: Path) -> None:
    """Tell the reaper that a home was removed.

    Args:
        home: the home.
    """
    _reaper.forget(str(home))
