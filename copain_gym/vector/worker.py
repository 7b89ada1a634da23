"""`Worker`: an emulator of a pool, which is replaced when it fails."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future

from copain_gym.bridge.history import Past
from copain_gym.emulator import PooledEmulator, SaveState
from copain_gym.envs.start import StartBook, StateLike
from copain_gym.errors import (
    EmulatorClosed,
    EmulatorCrashed,
    EmulatorLost,
    EmulatorTimeout,
    PoolError,
    ProtocolError,
    RemoteLuaError,
)
from copain_gym.games.game import Game

__all__ = ["FAULTS", "FaultBudget", "SharedStarts", "Worker"]

FAULTS = (
    EmulatorCrashed,
    EmulatorLost,
    EmulatorTimeout,
    EmulatorClosed,
    ProtocolError,
    RemoteLuaError,
)
"""Errors after which an emulator is replaced."""

_WINDOW_SECONDS = 60.0
_TRIES = 3  # emulators that start, but fail before their first episode
_KILLED = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT)
_PATIENCE = 10.0  # seconds beyond `timeout`, because a busy machine is not a failure


class FaultBudget:
    """Counts the failures of a pool's emulators; too many in a minute are an error.

    Args:
        allowed: failures within a minute.
    """

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    def spend(self, error: Exception) -> None:
        """Record a failure.

        Raises:
            PoolError: there were more than allowed within a minute.
        """
        with self._lock:
            now = time.monotonic()
            self._times.append(now)
            while self._times[0] < now - _WINDOW_SECONDS:
                self._times.popleft()
            count = len(self._times)
        if count > self.allowed:
            raise PoolError(
                f"emulators failed {count} times within a minute, {self.allowed} are allowed; "
                f"the last failure: {error}"
            ) from error


class SharedStarts:
    """The starts of a pool, as bytes: only one emulator has to play up to each of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, tuple[bytes, Past]] = {}

    def get(self, book: StartBook, state: StateLike) -> SaveState:
        """The start that `state` names, in the emulator of `book`."""
        if not isinstance(state, str):
            return book.get(state)
        with self._lock:
            made = self._made.get(state)
            if made is None:
                start = book.get(state)
                self._made[state] = start.to_bytes(), start.past
                return start
        return book.get(*made)


class Worker:
    """An emulator of a pool; it plays one lane or several.

    Args:
        make: starts an emulator; its argument is a function that says whether the emulator is
            still wanted.
        game: its game.
        state: where episodes begin; this start is prepared when the emulator is started.
        executor: runs the starts of emulators in the background.
        budget: the failures that the pool allows.
        starts: the starts that the pool shares.
        small_size: height and width of the pictures that the emulator scales down; None for none.
        players: number of players.

    Attributes:
        replaced: number of emulators that were replaced.
    """

    def __init__(
        self,
        make: Callable[[Callable[[], bool]], PooledEmulator],
        game: Game,
        state: StateLike,
        executor: Executor,
        budget: FaultBudget,
        starts: SharedStarts,
        small_size: tuple[int, int] | None = None,
        players: int = 1,
    ) -> None:
        self._make = make
        self._game = game
        self._state = state
        self._executor = executor
        self._budget = budget
        self._starts = starts
        self._small_size = small_size
        self._players = players
        self._ended = threading.Event()  # set by `close` for the start that is under way
        self._coming: Future[tuple[PooledEmulator, StartBook]] | None = None
        self._emulator: PooledEmulator | None = None
        self._book: StartBook | None = None
        self.replaced = 0
        self._rerecords = 0  # of emulators that were replaced

    @property
    def started(self) -> bool:
        """Whether there is an emulator and it is not closed."""
        return self._emulator is not None and not self._emulator.closed

    @property
    def emulator(self) -> PooledEmulator:
        """The emulator; if it is still starting, waits for it."""
        if self._coming is not None:
            coming, self._coming = self._coming, None
            self._emulator, self._book = coming.result()
        assert self._emulator is not None
        return self._emulator

    def begin(self) -> bool:
        """Start an emulator in the background if there is none; returns whether it did."""
        if self._coming is not None or self.started:
            return False
        self._ended = threading.Event()
        self._coming = self._executor.submit(self._start, self._ended)
        return True

    def _start(self, ended: threading.Event) -> tuple[PooledEmulator, StartBook]:
        tries = 0
        while True:
            emulator = self._make_one(ended)
            tries += 1
            try:
                emulator.patience = _PATIENCE
                emulator.rerecords = self._rerecords
                if self._small_size is not None:
                    emulator.shrink_pictures(*self._small_size)
                book = StartBook(emulator, self._game, self._players)
                self._starts.get(book, self._state)
                return emulator, book
            except FAULTS as error:
                emulator.close()
                self._budget.spend(error)
                if tries == _TRIES:
                    raise PoolError(f"an emulator failed {tries} times: {error}") from error
            except BaseException:
                emulator.close()
                raise

    def _make_one(self, ended: threading.Event) -> PooledEmulator:
        """Start an emulator. If it cannot start, another attempt would fail for the same reason."""
        while True:
            if ended.is_set():
                raise EmulatorClosed("the pool was closed")
            try:
                return self._make(lambda: not ended.is_set())
            except EmulatorClosed:  # no longer wanted
                raise
            except EmulatorLost as error:  # on another machine, whose server starts a new one
                self._budget.spend(error)
            except EmulatorCrashed as error:
                if error.returncode not in _KILLED:
                    raise PoolError(f"an emulator does not start: {error}") from error
                self._budget.spend(error)  # killed from outside: a new attempt may succeed
            except FAULTS as error:
                raise PoolError(f"an emulator does not start: {error}") from error

    def start(self, state: StateLike | None) -> SaveState:
        """The start that `state` names, in this emulator; None means `state` of the worker."""
        assert self.emulator
        assert self._book is not None
        return self._starts.get(self._book, self._state if state is None else state)

    def fail(self, error: Exception) -> str:
        """Record that the emulator failed, and begin to replace it.

        Returns:
            The reason in one line.

        Raises:
            PoolError: there were too many failures within a minute.
        """
        if self._emulator is not None:
            self._emulator.close()
            self._rerecords = self._emulator.rerecords
        self._budget.spend(error)
        self.replaced += 1
        self.begin()
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"

    def close(self) -> None:
        """End the emulator, even if it is still starting. May be called again."""
        self._ended.set()
        coming, self._coming = self._coming, None
        if coming is not None and not coming.cancel():
            coming.add_done_callback(_close_result)
        if self._emulator is not None:
            self._emulator.close()


def _close_result(coming: Future[tuple[PooledEmulator, StartBook]]) -> None:
    if not coming.cancelled() and coming.exception() is None:
        coming.result()[0].close()
