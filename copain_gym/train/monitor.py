"""`TrainingMonitor`: clock, progress bar, checkpoints and evaluations of a training run."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

import numpy as np
from tqdm import tqdm

from copain_gym.train.evaluation import Agent, Evaluation, evaluate
from copain_gym.train.progress import Progress
from copain_gym.train.results import append_evaluation, best_score, read_seconds, write_seconds
from copain_gym.train.runs import RunSpec, TrainArguments

__all__ = ["TrainingInterrupted", "TrainingMonitor"]


class TrainingInterrupted(KeyboardInterrupt):
    """Ctrl-C in a training; the message says where the agent is and how to go on."""


class TrainingMonitor:
    """Measures time and progress of a run; saves and evaluates its agent when that is due.

    As a context manager it saves the agent at Ctrl-C and raises `TrainingInterrupted`.

    Args:
        run: folder of the run.
        spec: how to make its environments.
        arguments: the arguments of the run.
        timesteps: environment steps in all.
        save: saves the agent as the checkpoint `last` or `best`.
        player: returns the agent to evaluate, as it is now.
        log: records a figure: its name, its value, the environment steps so far.

    Attributes:
        evaluation: the last evaluation; None before the first.
        scores: scores of the last 100 episodes of training.
        time_left: share of the time limit that is left, 1 to 0; 1 without a time limit.
    """

    def __init__(
        self,
        run: Path,
        spec: RunSpec,
        arguments: TrainArguments,
        timesteps: int,
        *,
        save: Callable[[str], None],
        player: Callable[[], Agent],
        log: Callable[[str, float, int], None],
    ) -> None:
        self._run, self._spec, self._arguments, self._timesteps = run, spec, arguments, timesteps
        self._save, self._player, self._log = save, player, log
        self.evaluation: Evaluation | None = None
        self.scores: deque[float] = deque(maxlen=100)
        self.time_left = 1.0
        self._best = best_score(run)
        self._evaluated_at = -1
        self._idle = 0.0  # seconds that evaluations took
        self._calls = 0
        self._bar: Progress | None = None
        self._steps = 0
        self._before = 0.0  # seconds of training until the run was resumed

    def __enter__(self) -> TrainingMonitor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is None:
            return
        self._bar.close()
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self._save_last()
            name = self._spec.algorithm
            raise TrainingInterrupted(
                f"interrupted after {self._steps:,} steps; the agent is saved in {self._run}. "
                f"To go on: copain train {name} --resume {self._run}. "
                f"To score it: copain play {self._run} --checkpoint last --episodes 20"
            ) from error

    def begin(self, steps: int) -> None:
        """Start the clock.

        Args:
            steps: environment steps made before, if a run is resumed; else 0.
        """
        self._first = self._steps = steps
        self._before = read_seconds(self._run)
        self._next_checkpoint = steps + self._arguments.checkpoint_every
        self._next_evaluation = steps + self._arguments.eval_every
        self._bar = Progress(self._timesteps, "step", first=steps, show=self._arguments.progress)
        self._started = time.monotonic()

    def step(self, steps: int, scores: Iterable[float]) -> bool:
        """Record a step of all emulators.

        Args:
            steps: environment steps so far.
            scores: scores of the episodes that ended in this step.

        Returns:
            Whether time is left.
        """
        assert self._bar is not None
        self._calls += 1
        self._steps = steps
        self.scores.extend(scores)
        note = ""
        if self.scores and self._calls % 64 == 0:
            note = f"score {np.mean(self.scores):.0f} (mean of {len(self.scores)} episodes)"
        expected = None
        minutes = self._arguments.minutes
        if minutes is not None:
            self.time_left = max(1.0 - self._seconds() / (60 * minutes), 0.0)
            if self._calls % 64 == 0:  # so that the bar is full when the time is over
                expected = _expected_steps(self._first, steps, self.time_left, self._timesteps)
        self._bar.update(steps, note, expected)
        return self.time_left > 0

    def _seconds(self) -> float:
        """Seconds of training since its start or resumption, without evaluations."""
        return time.monotonic() - self._started - self._idle

    def _save_last(self) -> None:
        self._save("last")
        write_seconds(self._run, self._before + self._seconds())

    def save_and_evaluate(self, steps: int) -> None:
        """Save and evaluate the agent if that is due. This can take minutes."""
        every = self._arguments.eval_every
        judge = self._arguments.eval_episodes and every and steps >= self._next_evaluation
        save = steps >= self._next_checkpoint
        if save or judge:
            self._save_last()
        if save:
            self._next_checkpoint = steps + self._arguments.checkpoint_every
        if judge:
            self._evaluate(steps)
            self._next_evaluation = steps + every

    def end(self, steps: int) -> None:
        """Save the agent; evaluate it unless that was done after this step already."""
        self._save_last()
        if self._arguments.eval_episodes and self._evaluated_at != steps:
            self._evaluate(steps)

    def _evaluate(self, steps: int) -> None:
        """Evaluate the agent; save it if it is the best so far."""
        begun, trained = time.monotonic(), self._seconds()
        episodes, engine = self._arguments.eval_episodes, self._arguments.engine
        try:
            result = evaluate(self._player(), self._spec, episodes=episodes, engine=engine)
        finally:  # also where Ctrl-C ends it
            self._idle += time.monotonic() - begun
        self.evaluation, self._evaluated_at = result, steps
        if result.mean_score > self._best:
            self._best = result.mean_score
            self._save("best")
        append_evaluation(self._run, steps, self._before + trained, result)
        self._log("eval/mean_score", result.mean_score, steps)
        self._log("eval/mean_frames", result.mean_frames, steps)
        tqdm.write(f"{steps} steps, {self._before + trained:.0f} s: {result}")


def _expected_steps(first: int, now: int, time_left: float, timesteps: int) -> int:
    """Estimate how many steps a run with a time limit will have made at its end.

    Args:
        first: steps at its beginning.
        now: steps so far.
        time_left: share of the time that is left.
        timesteps: upper limit of the estimate.
    """
    spent = 1.0 - time_left
    if spent < 0.01:
        return timesteps  # too early to tell
    return min(int(first + (now - first) / spent), timesteps)
