"""`copain demo` as a user runs it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from moviepy.video.io.VideoFileClip import VideoFileClip

from tests.cli.test_doctor import copain


def test_demo_plays_and_leaves_a_video(tmp_path: Path) -> None:
    done = copain(
        "demo", "--emulators", "2", "--episodes", "3", "--videos", str(tmp_path / "videos")
    )
    assert done.returncode == 0, done.stderr
    assert "3/3" in done.stderr  # the progress bar at its end
    assert "frames/s" in done.stderr
    assert "scores: best" in done.stdout
    (video,) = (tmp_path / "videos").iterdir()
    assert str(video) in done.stdout
    with VideoFileClip(str(video)) as clip:
        assert clip.size == [512, 480]
        assert clip.duration > 2
        early, late = clip.get_frame(0.5), clip.get_frame(clip.duration - 0.5)
    assert len(np.unique(early.reshape(-1, 3), axis=0)) > 3
    assert (early != late).any()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--emulators", "0"], "emulators is 0; allowed are 1 to 64"),
        (["--episodes", "-2"], "episodes is -2; allowed are 1 to 100000"),
    ],
)
def test_bad_numbers(words: list[str], message: str) -> None:
    done = copain("demo", *words)
    assert done.returncode == 1
    assert message in done.stderr
