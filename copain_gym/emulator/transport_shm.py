"""Requests and replies through a mailbox in shared memory: `shm://`.

The mailbox is a file that this process and the emulator map; `lua/src/mailbox.h` describes it.
Waiting and posting is in C, in `copain_shm.so`, without the interpreter's lock.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from copain_gym.emulator.transport import SLICE_MS, Transport
from copain_gym.errors import EmulatorTimeout, EndpointError, ProtocolError
from copain_gym.paths import native_directory

__all__ = ["ShmGroup", "ShmTransport", "available"]

_HEAD = 256  # bytes before the data area
_LENGTH = 2  # word of the head: bytes of the message
_FIRST_SIZE = 4 * mmap.PAGESIZE  # enough for RAM; it grows with the messages
_MAX_MESSAGE = 1 << 30
_TIMEOUT, _READY = 0, 1  # what waiting ended with; -1 is a signal

_CLIENT_SPIN_NS = 500_000  # a step of a few frames of the headless engine is shorter
_EMULATOR_SPIN_NS = 100_000  # what an agent without a network needs between two steps


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(native_directory() / "copain_shm.so"))
    box, number = ctypes.c_void_p, ctypes.c_uint32
    pointers, numbers = ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_uint32)
    counts, flags = ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_uint8)
    for name, arguments, result in (
        ("init", [box], None),
        ("wait_attached", [box, number], ctypes.c_int),
        ("send", [box, ctypes.c_char_p, number, number], None),
        ("wait", [box, number, number], ctypes.c_int),
        ("send_steps", [pointers, number, numbers, numbers, number], None),
        ("collect", [pointers, number, number, pointers, number, counts, flags], number),
    ):
        function = getattr(library, f"copain_shm_{name}")
        function.argtypes, function.restype = arguments, result
    return library


def available() -> bool:
    """Whether this system has what `shm://` needs."""
    try:
        _library()
    except OSError:
        return False
    return True


class _SpinPolicy:
    """Says for how long a wait may spin: not at all where a core is not free for it.

    Spinning saves the tens of microseconds of a wake-up, and costs as much as it saves when the
    other side could have run on that core.
    """

    def __init__(self) -> None:
        self._emulators = 0  # of this process that are connected by shared memory
        self._crowded = self._free = False
        self._look_again = 0.0

    def count(self, change: int) -> None:
        """Note that an emulator came (1) or went (-1)."""
        self._emulators += change
        self._crowded = self._emulators >= len(os.sched_getaffinity(0))

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
    """How many threads of the machine run or could run now, this one included."""
    try:
        return int(Path("/proc/loadavg").read_text().split()[3].split("/")[0])
    except (OSError, ValueError, IndexError):
        return 1 << 30


_policy = _SpinPolicy()


class ShmTransport(Transport):
    """Python's side of a mailbox, which it makes.

    Args:
        endpoint: `shm://PATH`, of a file that does not exist yet.

    Raises:
        EndpointError: the path is in use or cannot be written, or the system lacks what it needs.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._path = _check_path(endpoint)
        try:
            library = _library()
        except OSError as error:
            raise EndpointError(f"endpoint {endpoint!r}: {error}") from error
        self._wait_attached = library.copain_shm_wait_attached
        self._send, self._wait = library.copain_shm_send, library.copain_shm_wait
        self._owner = os.getpid()
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
        library.copain_shm_init(self._box)
        _policy.count(1)

    def _map(self, size: int = 0) -> None:
        """Map the whole file, made `size` bytes long before if it is shorter."""
        with self._path.open("r+b") as file:
            if size:
                # Reserved before use: a page that the file system cannot give would end us
                # by SIGBUS.
                os.posix_fallocate(file.fileno(), 0, size)
            memory = mmap.mmap(file.fileno(), 0)
        # The mapping before it goes with the last reference to it.
        self._memory = memory
        self._head = memoryview(memory)[:_HEAD].cast("I")
        self._size = len(memory)
        self._box = ctypes.addressof(ctypes.c_char.from_buffer(memory))

    def environment(self) -> dict[str, str]:
        """The variables by which the emulator finds its way here."""
        return {"COPAIN_ENDPOINT": f"shm://{self._path}"}

    def send(self, message: bytes, seconds: float, alive: Callable[[], bool]) -> bool:
        """Send a request. See `Transport.send`."""
        if self._awaits_reply:
            raise ProtocolError("the reply to the last request was not received yet")
        if not self._attached and not self._await_emulator(seconds, alive):
            return False
        if len(message) > self._size - _HEAD:
            self._make_room(len(message))
        spin = _EMULATOR_SPIN_NS if _policy.core_is_free() else 0
        self._send(self._box, message, len(message), spin)
        self._awaits_reply = True
        return True

    def _await_emulator(self, seconds: float, alive: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + seconds
        while self._wait_attached(self._box, SLICE_MS) != _READY:
            if not alive():
                return False
            if time.monotonic() > deadline:
                raise EmulatorTimeout(f"the emulator did not connect within {seconds:g} s")
        self._attached = True
        return True

    def _make_room(self, length: int) -> None:
        if length > _MAX_MESSAGE:
            raise ValueError(f"a message has {length} bytes; {_MAX_MESSAGE} are allowed")
        size = self._size
        while size - _HEAD < length:
            size *= 2
        self._map(size)

    def receive(self, seconds: float, alive: Callable[[], bool]) -> bytes | None:
        """Receive the reply. See `Transport.receive`."""
        spin = _CLIENT_SPIN_NS if _policy.core_is_free() else 0
        if self._wait(self._box, SLICE_MS, spin) != _READY:
            deadline = time.monotonic() + seconds - SLICE_MS / 1000
            while True:
                running = alive()  # asked first: a reply may come just before the end
                if self._wait(self._box, SLICE_MS, 0) == _READY:
                    break
                if not running:
                    return None
                if time.monotonic() > deadline:
                    raise EmulatorTimeout(f"the emulator did not answer within {seconds:g} s")
        self._awaits_reply = False
        end = _HEAD + self._head[_LENGTH]
        if end > self._size:
            self._map()
        return self._memory[_HEAD:end]

    def close(self) -> None:
        """Unmap the mailbox and remove its file. May be called again."""
        if self._closed:
            return
        self._closed = True
        _policy.count(-1)
        self._head.release()
        del self._memory  # unmapped with its last reference
        if os.getpid() == self._owner:  # a forked child leaves its parent's file alone
            self._path.unlink(missing_ok=True)


class ShmGroup:
    """Steps of many emulators: all are told in one call, and all answers taken in one.

    Args:
        size: most emulators at once.
    """

    def __init__(self, size: int) -> None:
        library = _library()
        self._send_steps, self._collect = library.copain_shm_send_steps, library.copain_shm_collect
        self._boxes = (ctypes.c_void_p * size)()
        self._frames = (ctypes.c_uint32 * size)()
        self._masks = (ctypes.c_uint32 * size)()
        self._rams = (ctypes.c_void_p * size)()
        self._counts = np.zeros((size, 2), np.int64)
        self._counts_at = self._counts.ctypes.data_as(ctypes.POINTER(ctypes.c_int64))
        self._taken = (ctypes.c_uint8 * size)()

    def send(
        self, transports: Sequence[ShmTransport], masks: Sequence[int], frames: Sequence[int]
    ) -> None:
        """Send a step to each of some emulators, all of which have been asked before.

        Raises:
            ProtocolError: one has not answered yet; nothing was sent.
        """
        for transport in transports:
            if transport._awaits_reply or not transport._attached:
                raise ProtocolError("the reply to the last request was not received yet")
        count = len(transports)
        self._boxes[:count] = [transport._box for transport in transports]
        self._frames[:count], self._masks[:count] = list(frames), list(masks)
        self._send_steps(self._boxes, count, self._frames, self._masks, 0)
        for transport in transports:
            transport._awaits_reply = True

    def collect(
        self,
        transports: Sequence[ShmTransport],
        rams: npt.NDArray[np.uint8],
        rows: Sequence[int],
        milliseconds: int,
    ) -> tuple[list[bool] | None, npt.NDArray[np.int64]]:
        """Take the answers to steps.

        Args:
            transports: of the emulators.
            rams: where the RAM goes, (m, 2048 or more) uint8.
            rows: for each emulator, in which row.
            milliseconds: how long to wait for the next answer.

        Returns:
            Of each emulator, whether its answer was taken, None for all of them: one that is
            late, or of another kind, is still to be received; frames and lag frames, (k, 2).
        """
        base, stride, count = rams.ctypes.data, rams.strides[0], len(transports)
        self._boxes[:count] = [transport._box for transport in transports]
        self._rams[:count] = [base + row * stride for row in rows]
        number = self._collect(
            self._boxes, count, milliseconds, self._rams, 0x800, self._counts_at, self._taken
        )
        taken = None if number == count else [flag == 1 for flag in self._taken[:count]]
        for k, transport in enumerate(transports):
            if taken is None or taken[k]:
                transport._awaits_reply = False
        return taken, self._counts[:count]


def _check_path(endpoint: str) -> Path:
    name = endpoint[len("shm://") :]
    if not name:
        raise EndpointError(f"endpoint {endpoint!r} has no path")
    path = Path(name).absolute()
    if not path.parent.is_dir():
        raise EndpointError(f"endpoint {endpoint!r}: the directory {path.parent} does not exist")
    return path
