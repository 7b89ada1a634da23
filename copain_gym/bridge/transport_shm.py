"""Requests and replies through a mailbox in shared memory: `shm://`.

The mailbox is a file that this process and the emulator both map into memory;
`lua/src/mailbox.h` describes it. Waiting and sending are done in C, in `copain_shm.so`, without
the interpreter's lock.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from copain_gym.bridge.protocol import (
    MAILBOX_HEAD_SIZE,
    MAILBOX_LENGTH_WORD,
    MAILBOX_MAX_MESSAGE,
    MAILBOX_READY,
)
from copain_gym.bridge.transport import SLICE_MS, Transport
from copain_gym.engines.cores import usable_cores
from copain_gym.engines.owner import Owner
from copain_gym.errors import EmulatorTimeout, EndpointError, ProtocolError
from copain_gym.native import c_function

__all__ = ["Mailboxes", "ShmTransport", "available"]

_FIRST_SIZE = 4 * mmap.PAGESIZE  # bytes, enough for RAM; larger messages make it grow

_CLIENT_SPIN_NS = 500_000  # longer than a step of a few frames in the headless engine
_EMULATOR_SPIN_NS = 200_000  # longer than an agent without a network takes between two steps


def _function(name: str, arguments: str, result: str = "") -> Any:
    return c_function("copain_shm", f"copain_shm_{name}", arguments, result)


def available() -> bool:
    """Whether this system has what `shm://` needs."""
    try:
        _function("init", "p")
    except OSError:
        return False
    return True


class _SpinPolicy:
    """Decides whether a wait may spin (poll without sleeping); it needs a free core for that.

    Spinning saves the tens of microseconds of a wake-up. If the other side needs the same core,
    spinning costs as much as it saves.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Reset to a process without emulators."""
        self._emulators = 0  # those of this process that use shared memory
        self._crowded = self._free = False
        self._look_again = 0.0

    def count(self, change: int) -> None:
        """Count an emulator that was opened (1) or closed (-1)."""
        self._emulators += change
        self._crowded = self._emulators >= usable_cores()

    def core_is_free(self) -> bool:
        """Whether Python and all of its emulators can run at the same time."""
        if self._crowded:
            return False
        now = time.monotonic()
        if now >= self._look_again:
            self._look_again = now + 0.05
            self._free = _runnable() <= (os.cpu_count() or 1)
        return self._free


def _runnable() -> int:
    """Number of running or ready threads on the machine, including this one."""
    try:
        return int(Path("/proc/loadavg").read_text().split()[3].split("/")[0])
    except (OSError, ValueError, IndexError):
        return 1 << 30


_policy = _SpinPolicy()
# A forked child does not own its parent's emulators.
os.register_at_fork(after_in_child=_policy.reset)


class ShmTransport(Transport):
    """Python's side of a mailbox; it creates the file.

    Args:
        endpoint: `shm://PATH`, where PATH does not exist yet.

    Raises:
        EndpointError: the path is in use or cannot be written, or this system cannot load the C
            library.

    Attributes:
        mappings: number of times that any mailbox was mapped or unmapped. Addresses of mailboxes
            stay valid until it changes.
    """

    mappings = 0

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._path = _check_path(endpoint)
        try:
            initialise = _function("init", "p")
        except OSError as error:
            raise EndpointError(f"endpoint {endpoint!r}: {error}") from error
        self._wait_attached = _function("wait_attached", "pu", "i")
        self._send, self._wait = _function("send", "psuu"), _function("wait", "puu", "i")
        self._owner = Owner()
        self._attached = self._awaits_reply = self._closed = False
        try:
            self._path.touch(0o600, exist_ok=False)
            self._map(_FIRST_SIZE)
        except FileExistsError:
            raise EndpointError(f"endpoint {endpoint!r} is in use") from None
        except OSError as error:
            self._path.unlink(missing_ok=True)
            raise EndpointError(
                f"endpoint {endpoint!r} cannot be made: {error.strerror}"
            ) from error
        initialise(self._box)
        _policy.count(1)

    def _map(self, size: int = 0) -> None:
        """Map the whole file, after growing it to at least `size` bytes."""
        with self._path.open("r+b") as file:
            if size:
                # Reserve the space first: touching a page that the file system cannot provide
                # would kill this process with SIGBUS.
                os.posix_fallocate(file.fileno(), 0, size)
            memory = mmap.mmap(file.fileno(), 0)
        # The old mapping is freed with its last reference.
        self._memory = memory
        self._head = memoryview(memory)[:MAILBOX_HEAD_SIZE].cast("I")
        self._size = len(memory)
        self._box = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        ShmTransport.mappings += 1

    def environment(self) -> dict[str, str]:
        """The environment variables that tell the emulator where to connect."""
        return {"COPAIN_ENDPOINT": f"shm://{self._path}"}

    def send(self, message: bytes, seconds: float, alive: Callable[[], bool]) -> bool:
        """Send a request. See `Transport.send`."""
        if self._awaits_reply:
            raise ProtocolError("the reply to the last request was not received yet")
        if not self._attached and not self._await_emulator(seconds, alive):
            return False
        if len(message) > self._size - MAILBOX_HEAD_SIZE:
            self._make_room(len(message))
        spin = _EMULATOR_SPIN_NS if _policy.core_is_free() else 0
        self._send(self._box, message, len(message), spin)
        self._awaits_reply = True
        return True

    def _await_emulator(self, seconds: float, alive: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + seconds
        while self._wait_attached(self._box, SLICE_MS) != MAILBOX_READY:
            if not alive():
                return False
            if time.monotonic() > deadline:
                raise EmulatorTimeout(f"the emulator did not connect within {seconds:g} s")
        self._attached = True
        return True

    def _make_room(self, length: int) -> None:
        if length > MAILBOX_MAX_MESSAGE:
            raise ValueError(f"a message has {length} bytes; {MAILBOX_MAX_MESSAGE} are allowed")
        size = self._size
        while size - MAILBOX_HEAD_SIZE < length:
            size *= 2
        try:
            self._map(size)
        except OSError as error:
            raise EndpointError(
                f"the mailbox {self._path} of {self._size} bytes cannot grow for a message of "
                f"{length} bytes: {error.strerror}; nothing was sent"
            ) from error

    def receive(self, seconds: float, alive: Callable[[], bool]) -> bytes | None:
        """Receive the reply. See `Transport.receive`."""
        spin = _CLIENT_SPIN_NS if _policy.core_is_free() else 0
        if self._wait(self._box, SLICE_MS, spin) != MAILBOX_READY:
            deadline = time.monotonic() + seconds - SLICE_MS / 1000
            while True:
                running = alive()  # called before the wait: a reply may come just before the end
                if self._wait(self._box, SLICE_MS, 0) == MAILBOX_READY:
                    break
                if not running:
                    return None
                if time.monotonic() > deadline:
                    raise EmulatorTimeout(f"the emulator did not answer within {seconds:g} s")
        self._awaits_reply = False
        end = MAILBOX_HEAD_SIZE + self._head[MAILBOX_LENGTH_WORD]
        if end > self._size:
            self._map()
        return self._memory[MAILBOX_HEAD_SIZE:end]

    def close(self) -> None:
        """Unmap the mailbox and remove its file. May be called again."""
        if self._closed:
            return
        self._closed = True
        ShmTransport.mappings += 1
        self._head.release()
        del self._memory  # unmapped with its last reference
        if self._owner.is_here:  # a forked child leaves its parent's file alone
            _policy.count(-1)
            self._path.unlink(missing_ok=True)


class Mailboxes:
    """The mailboxes of emulators that one C call sends to and another receives from.

    Args:
        transports: the emulators' transports.

    Attributes:
        addresses: of the mailboxes, (k,) uintp; valid after `prepare`.
        sizes: bytes of the data in each that are mapped, (k,) int64; valid after `prepare`.
    """

    def __init__(self, transports: Sequence[ShmTransport]) -> None:
        self._transports = transports
        self.addresses = np.zeros(len(transports), np.uintp)
        self.sizes = np.zeros(len(transports), np.int64)
        self._read_at = -1  # value of `ShmTransport.mappings` when they were read

    def __len__(self) -> int:
        return len(self._transports)

    def prepare(self, room: int = 0) -> None:
        """Prepare to send a message to each emulator; each must be connected already.

        Args:
            room: bytes of the largest message.

        Raises:
            ProtocolError: an emulator has not replied to its last request.
        """
        for transport in self._transports:
            if transport._awaits_reply or transport._closed or not transport._attached:
                raise ProtocolError("the reply to the last request was not received yet")
        if self._read_at == ShmTransport.mappings:
            return
        for transport in self._transports:
            if transport._size - MAILBOX_HEAD_SIZE < room:
                transport._make_room(room)
        self._read_at = ShmTransport.mappings
        self.addresses[:] = [transport._box for transport in self._transports]
        self.sizes[:] = [transport._size - MAILBOX_HEAD_SIZE for transport in self._transports]

    def sent(self) -> None:
        """Record that a message was sent to each emulator."""
        for transport in self._transports:
            transport._awaits_reply = True

    @property
    def readable(self) -> bool:
        """Whether C may read the mailboxes; it must not after one was unmapped."""
        moved = self._read_at != ShmTransport.mappings
        return not (moved and any(transport._closed for transport in self._transports))

    def received(self, late: Sequence[int]) -> None:
        """Record that all replies were received but those of the emulators in `late`."""
        for transport in self._transports:
            transport._awaits_reply = False
        for k in late:
            self._transports[k]._awaits_reply = True


def _check_path(endpoint: str) -> Path:
    name = endpoint[len("shm://") :]
    if not name:
        raise EndpointError(f"endpoint {endpoint!r} has no path")
    path = Path(name).absolute()
    if not path.parent.is_dir():
        raise EndpointError(f"endpoint {endpoint!r}: the directory {path.parent} does not exist")
    return path
