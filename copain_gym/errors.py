"""The exceptions of the package. All of them are `CopainError`."""

from __future__ import annotations

import errno
import signal
from collections.abc import Sequence

__all__ = [
    "CopainError",
    "DisplayError",
    "EmulatorClosed",
    "EmulatorCrashed",
    "EmulatorLost",
    "EmulatorNotFound",
    "EmulatorTimeout",
    "EndpointError",
    "FileError",
    "ForkError",
    "LimitError",
    "LuaError",
    "MovieError",
    "MovieWarning",
    "PoolError",
    "ProblemError",
    "ProtocolError",
    "RamSearchError",
    "RemoteLuaError",
    "RomError",
    "ScriptError",
    "SearchError",
    "StartError",
    "StateError",
]


class CopainError(Exception):
    """Base class of all errors that this package raises on purpose."""


class EmulatorNotFound(CopainError, FileNotFoundError):
    """No emulator executable was found, or the given path is not an executable."""


class DisplayError(CopainError):
    """FCEUX's window was asked for, and no display was found."""


class EndpointError(CopainError, OSError):
    """An endpoint is malformed, in use, or open to other machines."""


class FileError(CopainError, OSError):
    """A file cannot be written, or cannot be read (it is missing or too large, for instance)."""


class RomError(CopainError, ValueError):
    """A ROM file is missing, unreadable, truncated, or not the expected ROM."""


class MovieError(CopainError, ValueError):
    """A movie is damaged, not of a known format, or cannot hold what it should.

    The message names the file, the line and the key where they are known.
    """


class MovieWarning(UserWarning):
    """A movie can be read, but something in it is not as FCEUX writes it, or is not complete."""


class ScriptError(CopainError, ValueError):
    """A reward script of a stable-retro integration is not understood, fails, or does not end."""


class StateError(CopainError, ValueError):
    """A savestate is damaged, belongs to another ROM, or was freed."""


class ProtocolError(CopainError):
    """The emulator sent a reply that the protocol does not allow."""


class EmulatorClosed(CopainError):
    """The emulator was closed. Start a new one."""


class EmulatorTimeout(CopainError, TimeoutError):
    """The emulator did not answer in time. It was ended, because its state is unknown."""


class ForkError(CopainError):
    """An emulator was used in a forked child of the process that started it."""


class LimitError(CopainError, OSError):
    """A limit of the system, such as open files, does not allow another emulator."""

    @classmethod
    def from_os_error(cls, error: OSError, what: str) -> LimitError:
        """Make the error for a failed system call.

        Args:
            error: the system call's error.
            what: what failed, as the beginning of the message. The message also names the limit
                that was reached, if it is known.
        """
        limits = {
            errno.EMFILE: "this process has too many open files; `ulimit -n` sets the limit",
            errno.ENFILE: "this machine has too many open files",
            errno.EAGAIN: "there are too many processes; `ulimit -u` sets the limit",
        }
        reason = error.strerror or str(error)
        limit = limits.get(error.errno or 0)
        return cls(f"{what}: {reason}" + (f" ({limit})" if limit else ""))


class PoolError(CopainError):
    """The emulators of a pool failed too often, or do not start; the message has the last error."""


class ProblemError(CopainError, ValueError):
    """A search problem has a value that is not allowed, or its file cannot be loaded."""


class RamSearchError(CopainError, ValueError):
    """A search in RAM names a frame, a type or a condition that is not allowed."""


class SearchError(CopainError):
    """A search cannot begin, go on or be resumed; the message says why."""


class LuaError(CopainError):
    """A request failed inside the emulator; the emulator goes on.

    Attributes:
        traceback: Lua's traceback as text.
    """

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.args[0], self.traceback)


class RemoteLuaError(LuaError):
    """A request failed inside an emulator of another machine; the message names it."""


class StartError(CopainError, RuntimeError):
    """Play did not begin within the frames that the game allows for it."""


class EmulatorCrashed(CopainError):
    """The process of the emulator ended unexpectedly.

    Attributes:
        returncode: exit status; minus the signal's number if a signal ended it.
        command: the command line that started it.
        log: the last lines of its output.
    """

    def __init__(self, returncode: int, command: Sequence[str], log: str) -> None:
        self.returncode = returncode
        self.command = list(command)
        self.log = log
        tail = f"\nIts last lines:\n{log}" if log else "\nIt had no output."
        super().__init__(
            f"the emulator ended {describe_exit(returncode)}: {' '.join(self.command)}{tail}"
        )

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.returncode, self.command, self.log)


class EmulatorLost(CopainError):
    """The connection to an emulator on another machine ended or was refused."""


def describe_exit(returncode: int) -> str:
    """Describe how a process ended.

    Examples:
        >>> describe_exit(3), describe_exit(-9)
        ('with exit status 3', 'by signal 9 (SIGKILL)')
    """
    if returncode >= 0:
        return f"with exit status {returncode}"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = "unknown"
    return f"by signal {-returncode} ({name})"
