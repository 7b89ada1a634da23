"""The evaluations of a run, in its `evaluations.csv`."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from copain_gym.agents.evaluation import Evaluation

__all__ = ["best_score", "note_evaluation"]

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
    with file.open("a", newline="") as out:
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


def best_score(run: Path) -> float:
    """The best mean score of a run's evaluations; minus infinity where there was none."""
    file = run / "evaluations.csv"
    if not file.exists():
        return -np.inf
    with file.open(newline="") as rows:
        return max((float(row["mean_score"]) for row in csv.DictReader(rows)), default=-np.inf)
