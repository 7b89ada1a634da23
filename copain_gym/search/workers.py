"""`Workers`: plays the jobs of a search in several processes, one emulator in each."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from copain_gym.errors import EmulatorCrashed, EmulatorTimeout, SearchError
from copain_gym.inputs import InputLog
from copain_gym.roms.rom import Rom
from copain_gym.search.batch import Job, Outcome
from copain_gym.search.problem import Problem
from copain_gym.search.tree import Tree

__all__ = ["Workers"]

_MOST_FAILURES = 5  # workers that may be lost before the search ends
_START_SECONDS = 60.0
_MOST_OWNERS = 100_000  # states of which it is remembered which worker has them


class _Worker:
    """A process with an emulator, and the jobs that it has."""

    def __init__(
        self, problem: Problem, megabytes: float, engine: str | None, fields: Sequence[str]
    ) -> None:
        self.connection, theirs = Pipe()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "copain_gym.search.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self.jobs: list[int] = []  # places of the jobs that it plays
        self.frames = 0
        self.emulator_pid = 0
        self.connection.send(("start", problem, megabytes, engine, fields))
        self.queue: deque[int] = deque()  # places of jobs that only it should play

    def answer(self) -> Any:
        """Its next answer; raises EOFError if it has ended."""
        try:
            return self.connection.recv()
        except ConnectionResetError:
            raise EOFError from None

    def close(self) -> None:
        self.connection.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Workers:
    """Processes that play jobs.

    The outcomes do not depend on how many there are. A worker that dies is replaced, and its jobs
    are played again.

    Args:
        problem: the problem.
        tree: the states of the search, with the routes to them.
        count: number of processes.
        engine: engine of the emulators; None uses `COPAIN_ENGINE`, else `auto`.
        fields: see `Expander`.

    Attributes:
        start_log: the inputs from power-on to the start of the problem.
        rom: the ROM.
        region: the television system of the console.
        lost: number of workers that have died.

    Raises:
        CopainError: a worker cannot start; the error is that of its emulator.
    """

    def __init__(
        self,
        problem: Problem,
        tree: Tree,
        count: int = 1,
        engine: str | None = None,
        fields: Sequence[str] = (),
    ) -> None:
        self._problem, self._tree, self._engine, self._fields = problem, tree, engine, fields
        self._owners: dict[int, int] = {}  # which worker has a state that was kept
        self._megabytes = problem.megabytes / (2 * count)  # half of the memory is for states
        self._frames_of_lost = 0
        self._before = _resident(os.getpid())  # what the program had without the search
        self.lost = 0
        self._cause: BaseException | None = None  # why the last one has died
        self._workers: list[_Worker] = []
        try:
            for _ in range(count):
                self._workers.append(self._new())
            for worker in self._workers:
                self._greet(worker)
        except BaseException:
            self.close()
            raise

    start_log: InputLog
    rom: Rom
    region: str

    def _new(self) -> _Worker:
        return _Worker(self._problem, self._megabytes, self._engine, self._fields)

    def _greet(self, worker: _Worker) -> None:
        if not worker.connection.poll(_START_SECONDS):
            raise SearchError(f"a worker did not start within {_START_SECONDS:.0f} s")
        try:
            status, result = worker.answer()
        except EOFError:
            raise SearchError("a worker ended while it started") from None
        if status == "error":
            raise result
        self.start_log, self.rom, self.region, worker.emulator_pid = result

    @property
    def frames(self) -> int:
        """Number of frames that all emulators have played."""
        return self._frames_of_lost + sum(worker.frames for worker in self._workers)

    @property
    def megabytes(self) -> float:
        """Memory of the workers and their emulators, and what this process has gained."""
        gained = max(0, _resident(os.getpid()) - self._before)
        pids = [pid for w in self._workers for pid in (w.process.pid, w.emulator_pid)]
        return (gained + sum(map(_resident, pids))) / 1e6

    def expand(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Play jobs; the outcomes are in their order.

        Raises:
            SearchError: too many workers have died.
            CopainError: an emulator failed in another way.
        """
        shared = self._divide(jobs)
        done: dict[int, Outcome] = {}
        for worker in self._workers:
            self._give(worker, shared, jobs)
        while len(done) < len(jobs):
            busy: list[Connection] = [w.connection for w in self._workers if w.jobs]
            ready = wait(busy)
            for k, worker in enumerate(self._workers):
                if worker.connection in ready:
                    self._take(k, shared, jobs, done)
        return [done[k] for k in range(len(jobs))]

    def _take(
        self, k: int, shared: deque[int], jobs: Sequence[Job], done: dict[int, Outcome]
    ) -> None:
        """Take the answer of a worker, and give it more jobs."""
        worker = self._workers[k]
        try:
            status, result = worker.answer()
            if isinstance(result, (EmulatorCrashed, EmulatorTimeout)):
                raise EOFError from result
        except EOFError as error:
            self._cause = error.__cause__
            shared.extendleft(reversed([*worker.jobs, *worker.queue]))
            self._workers[k] = worker = self._replace(worker)
            self._give(worker, shared, jobs)
            return
        if status == "error":
            raise result
        if status == "missing":  # send the whole routes
            worker.connection.send(("expand", [self._routed(jobs[i]) for i in worker.jobs]))
            return
        outcomes, worker.frames = result
        done.update(zip(worker.jobs, outcomes, strict=True))
        for i in worker.jobs:
            if jobs[i].new >= 0:
                self._owners[jobs[i].new] = k
        worker.jobs = []
        self._give(worker, shared, jobs)

    def _divide(self, jobs: Sequence[Job]) -> deque[int]:
        """Fill the queues of the workers that have the states; returns the jobs for anyone."""
        if len(self._owners) > _MOST_OWNERS:
            self._owners = {n: k for n, k in self._owners.items() if n in self._tree}
        shared: deque[int] = deque()
        queues: list[list[int]] = [[] for _ in self._workers]
        for place, job in enumerate(jobs):
            owner = self._owners.get(job.node)
            if owner is None:
                shared.append(place)
            else:
                queues[owner].append(place)
        fair = -(-len(jobs) // len(queues))
        for k, queue in enumerate(queues):
            while len(queue) > fair + fair // 8:
                least = min(range(len(queues)), key=lambda i: len(queues[i]))
                self._move(jobs[queue[-1]].node, k, least)
                node = jobs[queue[-1]].node
                queues[least] += [p for p in queue if jobs[p].node == node]
                queue[:] = [p for p in queue if jobs[p].node != node]
                if len(queues[least]) > fair:
                    break
        for worker, queue in zip(self._workers, queues, strict=True):
            worker.queue = deque(queue)
        return shared

    def _move(self, node: int, owner: int, other: int) -> None:
        """Copy a state to another worker, which owns it from now on."""
        try:
            _, data = self._ask(owner, "export", node)
            if data is not None:
                self._ask(other, "adopt", node, data)
        except (EOFError, BrokenPipeError):  # `expand` replaces a worker that is dead
            return
        self._owners[node] = other

    def _ask(self, k: int, *request: Any) -> Any:
        worker = self._workers[k]
        worker.connection.send(request)
        status, result = worker.answer()
        if status == "error":
            raise result
        return status, result

    def _give(self, worker: _Worker, shared: deque[int], jobs: Sequence[Job]) -> None:
        queue = worker.queue or shared
        if not queue:
            return
        # Nobody else plays the jobs of its own queue, and many jobs at once cost less.
        size = len(queue) if queue is worker.queue else -(-len(queue) // 3)
        worker.jobs = [queue.popleft() for _ in range(size)]
        with contextlib.suppress(BrokenPipeError):  # `expand` notices that it is dead
            worker.connection.send(("expand", [jobs[k] for k in worker.jobs]))

    def _routed(self, job: Job) -> Job:
        return job._replace(route=self._tree.route(job.node))

    def _replace(self, worker: _Worker) -> _Worker:
        self.lost += 1
        self._frames_of_lost += worker.frames
        worker.close()
        gone = self._workers.index(worker)
        self._owners = {node: k for node, k in self._owners.items() if k != gone}
        if self.lost > _MOST_FAILURES:
            raise SearchError(
                f"{self.lost} workers have died; the search cannot go on"
                + (f": {self._cause}" if self._cause else "")
            )
        new = self._new()
        try:
            self._greet(new)
        except BaseException:
            new.close()
            raise
        return new

    def close(self) -> None:
        """End all workers and their emulators."""
        for worker in self._workers:
            worker.connection.close()
        for worker in self._workers:
            worker.close()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _resident(pid: int) -> int:
    """Bytes of memory that a process has; 0 if it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGESIZE")


def check_count(count: int) -> int:
    """Check a number of workers.

    Raises:
        SearchError: it is out of range.
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 256:
        raise SearchError(f"workers is {count!r}; allowed are 1 to 256")
    return count
