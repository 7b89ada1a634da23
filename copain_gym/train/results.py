"""The evaluations of a run, in its `evaluations.csv`."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from copain_gym.errors import CopainError
from copain_gym.files import append_to_file
from copain_gym.train.evaluation import Evaluation

__all__ = ["Noted", "best_score", "note_evaluation", "read_evaluations"]

_COLUMNS = ("steps", "seconds", "mean_score", "mean_frames", "scores", "frames", "stages")


def note_evaluation(run: Path, steps: int, seconds: float, result: Evaluation) -> None:
    """Append an evaluation to `evaluations.csv` of a run.

    Args:
        run: the folder.
        steps: environment steps of training.
        seconds: wall-clock time of training since its start or resumption.
        result: what came of it.
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
class Noted:
    """An evaluation of a run.

    Attributes:
        steps: environment steps of training.
        seconds: wall-clock time of training since its start or resumption.
        result: what came of it.
    """

    steps: int
    seconds: float
    result: Evaluation


def read_evaluations(run: Path) -> list[Noted]:
    """The evaluations of a run, the first one first.

    Raises:
        CopainError: there are none.
    """
    file = run / "evaluations.csv"
    try:
        with file.open(newline="") as rows:
            found = [_noted(row) for row in csv.DictReader(rows)]
    except (OSError, KeyError, ValueError) as error:
        raise CopainError(f"{file} cannot be read: {error}") from error
    if not found:
        raise CopainError(f"{file} has no evaluation")
    return found


def _noted(row: dict[str, str]) -> Noted:
    scores = tuple(float(v) for v in row["scores"].split())
    frames, stages = (tuple(int(v) for v in row[name].split()) for name in ("frames", "stages"))
    return Noted(int(row["steps"]), float(row["seconds"]), Evaluation(scores, frames, stages))


def best_score(run: Path) -> float:
    """The best mean score of a run's evaluations; minus infinity where there was none."""
    if not (run / "evaluations.csv").exists():
        return -np.inf
    return max(noted.result.mean_score for noted in read_evaluations(run))
