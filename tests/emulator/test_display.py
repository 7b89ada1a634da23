"""Where there is no display, a window is refused at once, with what to do."""

from __future__ import annotations

import os
import socket
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

import copain_gym
from copain_gym import DisplayError, Emulator
from copain_gym.engines.display import why_no_display
from copain_gym.envs import NesEnv
from copain_gym.vector import NesVectorEnv

VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "QT_QPA_PLATFORM")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without a display."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    "start",
    [
        lambda: NesEnv(render_mode="human"),
        lambda: gymnasium.make("copain/Hirondelle-v0", render_mode="human"),
        lambda: NesVectorEnv(num_envs=2, render_mode="human"),
        lambda: NesVectorEnv(num_envs=2, render_mode=[None, "human"]),
        lambda: Emulator(window=True),
    ],
)
def test_a_window_is_refused_at_once(start: Callable[[], Any]) -> None:
    begin = time.monotonic()
    with pytest.raises(DisplayError, match=r"no.* was found: DISPLAY is not set.*rgb_array.*xvfb"):
        start()
    assert time.monotonic() - begin < 2
    assert issubclass(DisplayError, copain_gym.CopainError)


@pytest.mark.usefixtures("server")
def test_the_checker_of_gymnasium_leaves_the_mode_out() -> None:
    env = gymnasium.make("copain/Hirondelle-v0")
    assert env.metadata["render_modes"] == ["rgb_array"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)
    env.close()


@pytest.mark.usefixtures("windowed")
def test_with_a_display_both_modes_are_there() -> None:
    assert NesEnv().metadata["render_modes"] == ["human", "rgb_array"]
    assert why_no_display() is None


@pytest.mark.parametrize(
    ("display", "why"),
    [
        (":9999", "where no display answers"),
        ("unix:9999.0", "where no display answers"),
        ("localhost:50000", "where no display answers"),
        ("screen", "which names no display"),
    ],
)
def test_a_display_that_does_not_answer(server: pytest.MonkeyPatch, display: str, why: str) -> None:
    server.setenv("DISPLAY", display)
    with pytest.raises(DisplayError, match=f"DISPLAY is '{display}', {why}"):
        NesEnv(render_mode="human")


def test_displays_of_other_kinds(server: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        number = listener.getsockname()[1] - 6000
        if number >= 0:  # as `ssh -X` has it
            server.setenv("DISPLAY", f"localhost:{number}.0")
            assert why_no_display() is None
    server.setenv("DISPLAY", "")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(tmp_path / "wayland-7"))
        listener.listen()
        server.setenv("WAYLAND_DISPLAY", "wayland-7")
        assert why_no_display() is not None
        server.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        assert why_no_display() is None
    server.delenv("WAYLAND_DISPLAY")
    server.setenv("QT_QPA_PLATFORM", "vnc:port=5900")
    assert why_no_display() is None
