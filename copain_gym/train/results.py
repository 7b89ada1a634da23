"""The evaluations of a run, in its `evaluations.csv`."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from copain_gym.errors import CopainError
from copain_gym.files import append_to_file, write_file
from copain_gym.train.evaluation import Evaluation

__all__ = [
    "EvaluationRecord",
    "append_evaluation",
    "best_score",
    "read_evaluations",
    "read_seconds",
    "write_seconds",
]

_COLUMNS = ("steps", "seconds", "mean_score", "mean_frames", "scores", "frames", "stages")


def append_evaluation(run: Path, steps: int, seconds: float, result: Evaluation) -> None:
    """Append an evaluation to `evaluations.csv` in the folder of a run.

    Args:
        run: folder of the run.
        steps: environment steps of training.
        seconds: wall-clock time of training in all, without evaluations.
        result: the evaluation.
    """
    file = run / "evaluations.csv"
    new = not file.exists()
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    if new:
        rows.writerow(_COLUMNS)
    lists = (result.scores, result.frames, result.stages)
    rows.writerow(
        [
            steps,
            f"{seconds:.1f}",
            f"{result.mean_score:.1f}",
            f"{result.mean_frames:.1f}",
            *(" ".join(f"{v:g}" for v in values) for values in lists),
        ]
    )
    append_to_file(file, out.getvalue())


@dataclass(frozen=True)
class EvaluationRecord:
    """A row of `evaluations.csv`.

    Attributes:
        steps: environment steps of training.
        seconds: wall-clock time of training in all, without evaluations.
        result: the evaluation.
    """

    steps: int
    seconds: float
    result: Evaluation


def read_evaluations(run: Path) -> list[EvaluationRecord]:
    """Read the evaluations of a run, the oldest first.

    Raises:
        CopainError: the file is missing, damaged or empty.
    """
    file = run / "evaluations.csv"
    try:
        with file.open(newline="") as rows:
            found = [_record(row) for row in csv.DictReader(rows)]
    except (OSError, KeyError, ValueError) as error:
        raise CopainError(f"{file} cannot be read: {error}") from error
    if not found:
        raise CopainError(f"{file} contains no evaluation")
    return found


def _record(row: dict[str, str]) -> EvaluationRecord:
    scores = tuple(float(v) for v in row["scores"].split())
    frames, stages = (tuple(int(v) for v in row[name].split()) for name in ("frames", "stages"))
    return EvaluationRecord(
        int(row["steps"]), float(row["seconds"]), Evaluation(scores, frames, stages)
    )


def best_score(run: Path) -> float:
    """Return the best mean score of a run's evaluations; minus infinity without evaluations."""
    if not (run / "evaluations.csv").exists():
        return -np.inf
    return max(record.result.mean_score for record in read_evaluations(run))


def write_seconds(run: Path, seconds: float) -> None:
    """Note in the folder of a run how long it was trained, with its last checkpoint."""
    write_file(run / "progress.json", json.dumps({"seconds": round(seconds, 1)}) + "\n")


def read_seconds(run: Path) -> float:
    """Return how many seconds a run was trained until its last checkpoint; 0 for a new run."""
    try:
        return float(json.loads((run / "progress.json").read_text())["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        # A run of an older version: the time of its last evaluation is the best that is known.
        if (run / "evaluations.csv").exists():
            return read_evaluations(run)[-1].seconds
        return 0.0
