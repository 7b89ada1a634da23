"""The emulator with its window, on a virtual display."""

from __future__ import annotations

import subprocess

import pytest

from copain_gym import Emulator, EmulatorCrashed
from tests.conftest import assert_speed_of_the_console, wait_until
from tests.emulator.test_emulator import play

pytestmark = pytest.mark.usefixtures("windowed")


def find_windows(pid: int) -> list[str]:
    done = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--pid", str(pid)], capture_output=True, text=True
    )
    return done.stdout.split()


def test_window_is_shown_and_changes_nothing() -> None:
    with Emulator(window=True) as shown, Emulator(engine="fceux") as hidden:
        assert wait_until(lambda: bool(find_windows(shown.pid)), 10)
        for emulator in (shown, hidden):
            emulator.poweron()
        assert play(shown, 20) == play(hidden, 20)
        assert (shown.screen() == hidden.screen()).all()
        state = shown.save_state()
        future = play(shown, 5)
        shown.load_state(state)
        assert play(shown, 5) == future
        hidden.load_state(state)
        assert play(hidden, 5) == future


def test_window_runs_at_the_speed_of_the_console() -> None:
    with Emulator(window=True) as emulator:
        emulator.step(frames=10)
        assert_speed_of_the_console(lambda: emulator.step(frames=4), frames=4)


def test_window_lives_while_python_does_nothing() -> None:
    """Ctrl+Q, which its menu offers, works although no request is under way."""
    with Emulator(window=True) as emulator:
        emulator.step(frames=10)
        assert wait_until(lambda: bool(find_windows(emulator.pid)), 10)
        window = find_windows(emulator.pid)[-1]
        subprocess.run(["xdotool", "windowfocus", "--sync", window, "key", "ctrl+q"], check=True)
        assert wait_until(lambda: not emulator._client.process.running(), 10)
        with pytest.raises(EmulatorCrashed, match="ended"):
            emulator.step()
