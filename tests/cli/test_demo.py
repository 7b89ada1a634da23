"""`copain demo` as a user runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from tests.cli.test_doctor import copain
from tests.conftest import wait_until


def frames_of(video: Path, width: int, height: int) -> np.ndarray:
    """The frames (n, height, width, 3); a video of another size has no whole number of them."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(video)]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, height, width, 3)


def test_demo_plays_and_leaves_a_video(tmp_path: Path) -> None:
    done = copain(
        *("demo", "--no-search", "--emulators", "2", "--episodes", "3", "--train-minutes", "0"),
        *("--videos", str(tmp_path / "videos")),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no progress bar in a pipe
    assert re.search(r"scores: best \d+, .* frames/s", done.stdout)
    (video,) = (tmp_path / "videos").iterdir()
    assert str(video) in done.stdout
    frames = frames_of(video, 512, 480)
    assert len(frames) > 60
    assert len(np.unique(frames[15].reshape(-1, 3), axis=0)) > 3
    assert (frames[15] != frames[-15]).any()


def test_demo_ends_with_a_trained_agent_beside_a_random_one(tmp_path: Path) -> None:
    done = copain(
        *("demo", "--no-search", "--emulators", "1", "--episodes", "1"),
        *("--train-minutes", "0.05"),
        *("--videos", str(tmp_path)),
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any(re.match(r"trained: score \d+ ± \d+, \d+ frames", line) for line in lines)
    assert any(re.match(r"random:  score \d+ ± \d+, \d+ frames", line) for line in lines)
    video = tmp_path / "hirondelle-trained-beside-random.mp4"
    assert lines[-1].endswith(str(video))
    frames = frames_of(video, 1024, 480)
    left, right = frames[len(frames) // 3].reshape(480, 2, 512, 3).swapaxes(0, 1)
    assert (left != right).any()


@pytest.mark.parametrize("search", ["--search", "--no-search"])
def test_ctrl_c_ends_it_at_once(search: str, tmp_path: Path) -> None:
    """It does not play its other episodes first, and leaves no emulator's home."""
    words = [
        "demo",
        search,
        "--emulators",
        "2",
        "--episodes",
        "100000",
        "--videos",
        str(tmp_path / "videos"),
    ]
    homes = tmp_path / "homes"
    homes.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "copain_gym.cli.main", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COPAIN_TMPDIR": str(homes)},
    ) as process:
        assert wait_until(lambda: any(homes.iterdir()) or process.poll() is not None, 60)
        time.sleep(2.0)  # long enough for both emulators to play
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        out, error = process.communicate(timeout=100)
        seconds = time.monotonic() - begun
    assert process.returncode == 130, error
    assert seconds < 15, error
    assert "interrupted" in error
    assert "Traceback" not in error
    assert "scores:" not in out
    assert wait_until(lambda: not any(homes.iterdir()), 20), list(homes.iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--emulators", "0"], "emulators is 0; allowed are 1 to 64"),
        (["--episodes", "-2"], "episodes is -2; allowed are 1 to 100000"),
        (["--train-minutes", "-1"], r"train_minutes is -1.0; allowed are 0 to 1440 minutes"),
    ],
)
def test_bad_numbers(words: list[str], message: str) -> None:
    done = copain("demo", *words)
    assert done.returncode == 1
    assert message in done.stderr
