"""`EmulatorProcess`: starts, watches and ends one emulator process."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

from copain_gym.engines.home import Home, uninterrupted
from copain_gym.engines.owner import Owner
from copain_gym.errors import EmulatorCrashed, EmulatorNotFound, LimitError

__all__ = ["EmulatorProcess"]

_LOG = "emulator.log"
_LOG_LINES = 20
_END_SECONDS = 2.0
_REAP_SECONDS = 30.0  # killing is immediate, but may take longer on a busy machine
_MOST_OF_A_CORE = 0.6
_LIMITS = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)


class EmulatorProcess:
    """A running emulator process. It is ended with this object at the latest.

    Args:
        command: its command line.
        environment: its whole environment.
        home: its private home, which is removed when the process is ended.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], home: Home) -> None:
        self.command = list(command)
        self._home = home
        self.home = home.path
        self.log_path = self.home / _LOG
        with uninterrupted():  # else a process that is not recorded yet would keep running
            self._popen = self._start(environment)
            self._finalizer = weakref.finalize(self, _end, self._popen, home, Owner())
        home.hand_over()
        with contextlib.suppress(OSError):  # it may have ended already
            # So it does not preempt Python, which may have to step other emulators first.
            os.sched_setscheduler(self._popen.pid, os.SCHED_BATCH, os.sched_param(0))
        self._looked: tuple[float, float] | None = None  # time, CPU time; see `waits_for_cpu`

    def _start(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        try:
            with self.log_path.open("wb") as log:
                # Its own session: Ctrl-C then reaches only Python, which ends the emulator.
                return subprocess.Popen(
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=dict(environment),
                    cwd=self.home,
                    start_new_session=True,
                    pass_fds=(self._home.lock,),
                )
        except OSError as error:
            self._home.remove()
            what = f"{self.command[0]!r} cannot be started"
            if error.errno in _LIMITS:
                raise LimitError.from_os_error(error, what) from error
            raise EmulatorNotFound(f"{what}: {error.strerror}") from error

    @property
    def pid(self) -> int:
        """Process id."""
        return self._popen.pid

    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._popen.poll() is None

    def crashed(self) -> EmulatorCrashed:
        """The exception for a process that ended by itself; waits up to 2 s for its end."""
        try:
            returncode = self._popen.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            returncode = -signal.SIGKILL
        return EmulatorCrashed(returncode, self.command, self.log_tail())

    def log_tail(self, lines: int = _LOG_LINES) -> str:
        """The last lines of the emulator's output."""
        try:
            text = self.log_path.read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def wait(self, seconds: float) -> bool:
        """Wait for the process to end; False if it still runs after `seconds`."""
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def waits_for_cpu(self) -> bool:
        """Whether the process is ready to run but other processes use the CPU.

        False if it is stopped or waits for something. Also False if the last call was less than
        a second ago and the process had a core for most of the time since.
        """
        ready, used = self._look()
        now, before = time.monotonic(), self._looked
        self._looked = now, used
        if before is None or now - before[0] > 1.0:
            return ready
        return ready and used - before[1] < _MOST_OF_A_CORE * (now - before[0])

    def _look(self) -> tuple[bool, float]:
        """Whether one of its threads is ready to run, and its CPU time so far in seconds."""
        ready, ticks = False, 0
        for task in Path(f"/proc/{self.pid}/task").glob("*/stat"):
            try:
                fields = task.read_text().rpartition(")")[2].split()
            except OSError:  # the thread has just ended
                continue
            ready = ready or fields[0] in "RD"
            ticks += int(fields[11]) + int(fields[12])
        return ready, ticks / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """End the process if it runs, and remove its home. May be called again."""
        self._finalizer()


def _end(popen: subprocess.Popen[bytes], home: Home, owner: Owner) -> None:
    if not owner.is_here:  # a forked child must not end its parent's emulator
        return
    with uninterrupted():
        if popen.poll() is None:
            popen.kill()  # no gentler signal: it may be stopped, and has no data to save
            with contextlib.suppress(subprocess.TimeoutExpired):
                popen.wait(_REAP_SECONDS)
        home.remove()
