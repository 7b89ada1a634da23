"""`copain record`: a person plays in FCEUX's window, here on a virtual display."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from copain_gym import MovieWarning
from copain_gym.paths import bundled_rom
from copain_gym.tas.movie import Movie
from tests.conftest import wait_until
from tests.tas.stock import end_ram

pytestmark = pytest.mark.usefixtures("windowed")


class Window:
    """A running `copain record`, and the hands of a player.

    Args:
        folder: its working folder.
        words: the arguments of the command.
    """

    def __init__(self, folder: Path, *words: str) -> None:
        command = [
            sys.executable,
            "-m",
            "copain_gym.cli.main",
            "record",
            *words,
            "--mute",
            "--json",
        ]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.folder = folder
        self.pid = 0  # of FCEUX

    def begin(self) -> None:
        """Wait until FCEUX records."""
        assert wait_until(lambda: bool(self.windows()), 60)
        self.do("windowfocus", "--sync", self.windows()[-1])
        assert wait_until(lambda: bool(self.parts()), 30)
        self.play(30)

    def windows(self) -> list[str]:
        """The windows of FCEUX, which is a child of the command."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for pid in children.read_text().split():
            done = subprocess.run(
                ["xdotool", "search", "--onlyvisible", "--pid", pid], capture_output=True, text=True
            )
            if done.stdout.split():
                self.pid = int(pid)
                return done.stdout.split()
        return []

    def do(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], check=True)

    def parts(self) -> list[Path]:
        return list(self.folder.rglob(".*.part"))

    def play(self, frames: int) -> None:
        """Let frames go by: FCEUX runs at the console's speed, and shows nothing to wait for."""
        time.sleep(frames / 60)

    def hold(self, key: str, frames: int = 20) -> None:
        self.do("keydown", key)
        self.play(frames)
        self.do("keyup", key)

    def press(self, key: str) -> None:
        self.do("key", key)
        self.play(15)

    def end(self) -> dict[str, object]:
        """Wait for the end of the command, and return what it says."""
        out, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors
        result: dict[str, object] = json.loads(out)
        assert not self.parts()
        return result

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def window(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Window]:
    window = Window(tmp_path, *getattr(request, "param", ("hirondelle", "out.fm2")))
    try:
        window.begin()
        yield window
    finally:
        window.stop()


def held(movie: Movie, mask: int) -> int:
    return int((movie.inputs[:, 0] & mask != 0).sum())


def test_a_movie_with_rerecords_a_pause_and_a_reset(window: Window, tmp_path: Path) -> None:
    window.hold("Right")
    window.press("i")  # save
    window.hold("f")
    window.press("p")  # load: the button A was never pressed
    window.press("p")
    window.press("Pause")
    window.play(60)
    window.press("Pause")
    window.press("ctrl+r")
    window.hold("Left")
    window.do("key", "ctrl+q")
    result = window.end()
    movie = Movie.read(tmp_path / "out.fm2")
    assert (result["frames"], result["rerecords"], result["resets"]) == (movie.frames, 2, 1)
    assert movie.rerecords == 2
    assert (held(movie, 0x80) > 5, held(movie, 0x40) > 5, held(movie, 1)) == (True, True, 0)
    assert movie.commands.max() == 1
    assert movie.start == "power-on"
    ends = [end_ram(movie, bundled_rom(), tmp_path) for _ in range(2)]
    assert np.array_equal(*ends)


@pytest.mark.parametrize("window", [("hirondelle", "a/b.fm2", "--author", "me")], indirect=True)
def test_ctrl_c_ends_the_recording(window: Window, tmp_path: Path) -> None:
    window.press("Pause")  # it works during a pause, too
    os.kill(window.process.pid, signal.SIGINT)
    window.end()
    movie = Movie.read(tmp_path / "a" / "b.fm2")
    assert movie.authors == ("me",)
    assert movie.frames > 10


def test_what_is_left_of_a_killed_python_is_a_movie(window: Window, tmp_path: Path) -> None:
    window.hold("Right", 300)  # FCEUX writes about 160 frames at once
    window.process.kill()
    (part,) = window.parts()
    assert wait_until(lambda: not Path(f"/proc/{window.pid}").exists(), 10)
    assert not (tmp_path / "out.fm2").exists()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MovieWarning)  # it may end within a line
        assert held(Movie.read(part), 0x80) > 50


def test_no_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    for words, message in (
        (["hirondelle", "out.fm2"], "needs a display"),
        (["hirondelle", "out.fm2", "--region", "Dendy"], "NTSC or PAL, not Dendy"),
        (["hirondelle", "."], "is a directory"),
        (["nothing", "out.fm2"], "nothing"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "copain_gym.cli.main", "record", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode != 0
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
