"""The life of one emulator process: start, log, end."""

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
_REAP_SECONDS = 30.0  # a killed process is gone at once, but a busy machine may take its time
_MOST_OF_A_CORE = 0.6
_LIMITS = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)


class EmulatorProcess:
    """A running emulator in its private home, ended with this object at the latest.

    Args:
        command: its command line.
        environment: its whole environment.
        home: its private home, which is removed at the end.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], home: Home) -> None:
        self.command = list(command)
        self._home = home
        self.home = home.path
        self.log_path = self.home / _LOG
        with uninterrupted():  # a process that nobody knows of would stay
            self._popen = self._start(environment)
            self._finalizer = weakref.finalize(self, _end, self._popen, home, Owner())
        home.hand_over()
        with contextlib.suppress(OSError):  # it may be gone already
            # Told to step, it does not push Python, which has others to tell, from the core.
            os.sched_setscheduler(self._popen.pid, os.SCHED_BATCH, os.sched_param(0))
        self._looked: tuple[float, float] | None = None  # time, processor time, see `starves`

    def _start(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        try:
            with self.log_path.open("wb") as log:
                # A session of its own, so that Ctrl-C reaches Python alone, which ends it.
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
        """The exception for a process that ended by itself; waits for it a little."""
        try:
            returncode = self._popen.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            returncode = -signal.SIGKILL
        return EmulatorCrashed(returncode, self.command, self.log_tail())

    def log_tail(self, lines: int = _LOG_LINES) -> str:
        """The last lines that the emulator wrote."""
        try:
            text = self.log_path.read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def wait(self, seconds: float) -> bool:
        """Wait for the end; False when the time is over."""
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def starves(self) -> bool:
        """Whether it wants to run and other processes keep it from that.

        It does not when it is stopped or waits for something, nor when it had a core for most
        of the time since the last call, if that was less than a second ago.
        """
        wants, used = self._look()
        now, before = time.monotonic(), self._looked
        self._looked = now, used
        if before is None or now - before[0] > 1.0:
            return wants
        return wants and used - before[1] < _MOST_OF_A_CORE * (now - before[0])

    def _look(self) -> tuple[bool, float]:
        """Whether a thread of it wants to run, and the seconds of processor time that it used."""
        wants, ticks = False, 0
        for task in Path(f"/proc/{self.pid}/task").glob("*/stat"):
            try:
                fields = task.read_text().rpartition(")")[2].split()
            except OSError:  # it ended just now
                continue
            wants = wants or fields[0] in "RD"
            ticks += int(fields[11]) + int(fields[12])
        return wants, ticks / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """End the process if it runs, and remove its home. May be called again."""
        self._finalizer()


def _end(popen: subprocess.Popen[bytes], home: Home, owner: Owner) -> None:
    if not owner.is_here:  # a forked child must not end its parent's emulator
        return
    with uninterrupted():
        if popen.poll() is None:
            popen.kill()  # at once: it may be stopped, and has nothing to write out
            with contextlib.suppress(subprocess.TimeoutExpired):
                popen.wait(_REAP_SECONDS)
        home.remove()
