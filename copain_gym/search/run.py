"""`CopainRun`: runs a loop function of the user in several emulators at once.

One emulator may be shown in its window; the others run without one. Each loop has its own thread.
An optional function, the argument `agent`, answers the questions of all loops in batches.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Literal, get_args

from copain_gym.emulator import Emulator
from copain_gym.engines.engine import EngineName
from copain_gym.engines.owner import Owner
from copain_gym.errors import CopainError, RomError

__all__ = ["CopainRun", "Runner", "RunnerError"]

_GRACE_SECONDS = 5.0  # time for loops to notice that they must stop
_WAKE_SECONDS = 0.5  # how often the main thread checks for Ctrl-C

SpeedMode = Literal["normal", "nothrottle", "turbo", "maximum"]

AnswerFunction = Callable[[list[Any]], Sequence[Any]]
"""Takes the questions of several loops and returns one answer for each, in the same order."""


class RunnerError(CopainError):
    """A loop or the agent failed; `__cause__` is the original error.

    Attributes:
        runner: number of the runner, from 1; 0 is the agent.
    """

    def __init__(self, runner: int, message: str) -> None:
        super().__init__(message)
        self.runner = runner

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.runner, self.args[0])


class _Stop(BaseException):
    """Ends a loop that must stop; `except Exception` in a loop does not catch it."""


class Runner:
    """The argument of a loop function: its emulator and its number.

    Attributes:
        emulator: the emulator of this loop, at power-on.
        number: number of this loop, 1 to `count`.
        count: number of loops.
        shown: whether this emulator has the window.
    """

    def __init__(self, run: CopainRun, emulator: Emulator, number: int) -> None:
        self.emulator = emulator
        self.number = number
        self.count = run.num_runners
        self.shown = run.display and number == 1
        self._run = run

    @property
    def stopping(self) -> bool:
        """Whether the loop should return soon, because of `stop` or because another loop failed."""
        return self._run.stopping.is_set()

    def ask(self, question: Any) -> Any:
        """Ask the agent and wait for its answer.

        Questions that arrive while the agent works are its next batch.

        Raises:
            ValueError: `CopainRun` was given no agent.
            ForkError: this process is a forked child of the process that runs the loops.
        """
        if self._run.question_queue is None:
            raise ValueError("there is no agent to ask; pass agent= to CopainRun")
        return self._run.question_queue.ask(question)

    def __repr__(self) -> str:
        return f"runner {self.number} of {self.count}"


class _QuestionQueue:
    """The questions of the loops, which one thread answers in batches."""

    def __init__(self, agent: AnswerFunction) -> None:
        self._agent = agent
        self._owner = Owner()
        self._questions: list[tuple[Any, Future[Any]]] = []
        self._changed = threading.Condition()
        self._closed = False

    def ask(self, question: Any) -> Any:
        self._owner.check("the agent")  # its thread is not in a forked child
        answer: Future[Any] = Future()
        with self._changed:
            if self._closed:
                raise _Stop
            self._questions.append((question, answer))
            self._changed.notify()
        return answer.result()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def serve(self) -> None:
        """Answer questions until `close`. An error of the agent is raised and ends the loops."""
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._questions or self._closed)
                    if self._closed:
                        return
                    batch, self._questions = self._questions, []
                try:
                    answers = self._agent([question for question, _ in batch])
                    if len(answers) != len(batch):
                        raise ValueError(
                            f"the agent gave {len(answers)} answers to {len(batch)} questions"
                        )
                except BaseException:
                    self._questions = batch + self._questions
                    raise
                for (_, future), answer in zip(batch, answers, strict=True):
                    future.set_result(answer)
        finally:
            self.close()
            for _, future in self._questions:
                future.set_exception(_Stop())


class CopainRun:
    """Runs a loop function in several emulators at once.

    Args:
        loop: is called once for each emulator, in its own thread, with a `Runner`. Its return value
            is the result. It should return soon when `runner.stopping` is true.
        rom: ROM file; None means the bundled game.
        rom_md5: MD5 that the ROM must have without its header; None allows any.
        num_runners: number of emulators, 1 to 256.
        display: show the first emulator in its window; the others have none.
        engine: engine of the emulators without a window; see `Emulator`.
        concurrent: run the loops at the same time; False runs them one after another.
        agent: function that answers the questions of `Runner.ask`, in its own thread. It takes a
            list of questions and returns one answer for each, in the same order.
        speedmode: speed of the shown emulator: `normal`, `nothrottle`, `turbo` or `maximum`. None
            means `maximum` if it is the only emulator, else `normal`.
        render_sprites, render_background: whether the shown emulator draws them.
        sound: enable sound for the shown emulator.
        options: further command-line options of FCEUX for the shown emulator.

    Examples:
        >>> def loop(runner):
        ...     ram = runner.emulator.step("start", frames=30)
        ...     return runner.number, runner.emulator.frame_count
        >>> CopainRun(loop, num_runners=2).run()
        [(1, 30), (2, 30)]
    """

    def __init__(
        self,
        loop: Callable[[Runner], Any],
        *,
        rom: str | os.PathLike[str] | None = None,
        rom_md5: str | None = None,
        num_runners: int = 1,
        display: bool = False,
        engine: EngineName | None = None,
        concurrent: bool = True,
        agent: AnswerFunction | None = None,
        speedmode: SpeedMode | None = None,
        render_sprites: bool = True,
        render_background: bool = True,
        sound: bool = False,
        options: Sequence[str] = (),
    ) -> None:
        if not 1 <= num_runners <= 256:
            raise ValueError(f"num_runners is {num_runners}; allowed are 1 to 256")
        speeds = get_args(SpeedMode)
        if speedmode not in (None, *speeds):
            raise ValueError(f"speedmode is {speedmode!r}; allowed are {', '.join(speeds)}")
        self.loop = loop
        self.rom = rom
        self.rom_md5 = rom_md5
        self.num_runners = num_runners
        self.display = display
        self.engine = engine
        self.concurrent = concurrent
        self.agent = agent
        self.speedmode: SpeedMode = speedmode or ("maximum" if num_runners == 1 else "normal")
        self.render_planes = render_sprites, render_background
        self.sound = sound
        self.options = tuple(options)
        self.stopping = threading.Event()
        self.question_queue: _QuestionQueue | None = None

    def stop(self) -> None:
        """Ask all loops to stop, so that `run` returns soon. Any thread may call this."""
        self.stopping.set()

    def run(self) -> list[Any]:
        """Start the emulators, run the loops, and end the emulators.

        Returns:
            The return value of each loop; None for a loop that was stopped.

        Raises:
            RunnerError: a loop or the agent failed; all other loops were stopped.
            KeyboardInterrupt: Ctrl-C was pressed; all loops were stopped.
        """
        self.stopping.clear()
        with ThreadPoolExecutor(self.num_runners) as pool:
            emulators = self._start(pool)
            try:
                return self._run(emulators, pool)
            finally:
                for emulator in emulators:
                    emulator.close()

    # ---- emulators -------------------------------------------------------

    def _start(self, pool: ThreadPoolExecutor) -> list[Emulator]:
        starts = [pool.submit(self._start_one, n + 1) for n in range(self.num_runners)]
        emulators = []
        error = None
        for number, start in enumerate(starts, 1):
            try:
                emulators.append(start.result())
            except Exception as failure:
                error = error or self._error(number, failure)
        if error is not None:
            for emulator in emulators:
                emulator.close()
            raise error
        return emulators

    def _start_one(self, number: int) -> Emulator:
        if not (self.display and number == 1):
            emulator = Emulator(self.rom, engine=self.engine)
        else:
            emulator = Emulator(self.rom, window=True, sound=self.sound, options=self.options)
            emulator.lua.emu.speedmode(self.speedmode)
            emulator.lua.emu.setrenderplanes(*self.render_planes)
        md5 = emulator.lua.rom.gethash("md5")
        if self.rom_md5 is not None and md5 != self.rom_md5.lower():
            emulator.close()
            raise RomError(f"the ROM has the MD5 {md5}; expected is {self.rom_md5}")
        return emulator

    def _error(self, number: int, error: BaseException) -> RunnerError:
        who = f"runner {number} of {self.num_runners}" if number else "the agent"
        failed = RunnerError(number, f"{who} failed: {type(error).__name__}: {error}")
        failed.__cause__ = error
        return failed

    # ---- loops -----------------------------------------------------------

    def _run(self, emulators: list[Emulator], pool: ThreadPoolExecutor) -> list[Any]:
        failures: list[RunnerError] = []
        results: list[Any] = [None] * self.num_runners
        one_by_one = contextlib.nullcontext() if self.concurrent else threading.Lock()

        def work(number: int, emulator: Emulator) -> None:
            try:
                with one_by_one:
                    if not self.stopping.is_set():
                        results[number - 1] = self.loop(Runner(self, emulator, number))
            except _Stop:
                pass
            except BaseException as error:
                if not self.stopping.is_set():  # else the error comes from being stopped
                    failures.append(self._error(number, error))
                self.stop()

        self.question_queue = _QuestionQueue(self.agent) if self.agent is not None else None
        loops = [pool.submit(work, n, emulator) for n, emulator in enumerate(emulators, 1)]
        try:
            with self._agent_thread(failures):
                try:
                    self._wait(loops)
                finally:
                    self.stop()
                    self._end_loops(loops, emulators)
        finally:
            self.question_queue = None
        if failures:
            raise failures[0]
        return results

    @contextlib.contextmanager
    def _agent_thread(self, failures: list[RunnerError]) -> Any:
        question_queue = self.question_queue
        if question_queue is None:
            yield
            return

        def serve() -> None:
            try:
                question_queue.serve()
            except BaseException as error:
                failures.insert(0, self._error(0, error))
                self.stop()

        thread = threading.Thread(target=serve, name="copain-agent")
        thread.start()
        try:
            yield
        finally:
            question_queue.close()
            thread.join()

    def _wait(self, loops: list[Future[None]]) -> None:
        # In slices, so that Ctrl-C is noticed, and a loop that fails stops the others.
        running = set(loops)
        while running and not self.stopping.is_set():
            running = wait(running, timeout=_WAKE_SECONDS).not_done

    def _end_loops(self, loops: list[Future[None]], emulators: list[Emulator]) -> None:
        """Give the loops some time to return; then kill the emulators of those that have not."""
        if self.question_queue is not None:
            self.question_queue.close()
        wait(loops, timeout=_GRACE_SECONDS)
        for loop, emulator in zip(loops, emulators, strict=True):
            if not loop.done() and not emulator.closed and emulator.owner.is_here:
                # Kill only the process: the connection belongs to the loop's thread.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(emulator.pid, signal.SIGKILL)
        wait(loops)
