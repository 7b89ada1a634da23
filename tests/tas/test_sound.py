"""The sound that the headless engine records is the sound that stock FCEUX records."""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from copain_gym.emulator import Emulator
from copain_gym.roms.rom import read_rom
from copain_gym.tas.movie import Movie
from copain_gym.tas.replay import play_in_emulator
from copain_gym.tas.sound import SOUND_OPTIONS, record_sound, stop_sound
from tests.conftest import wait_until
from tests.emulator.test_window import find_windows
from tests.tas.films import short_movie

FRAMES = 240


def samples(path: Path) -> npt.NDArray[np.int16]:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def choose(emulator: Emulator, *keys: str, until: Callable[[], bool]) -> None:
    """Choose from the menu Movie with keys. The window may not listen yet: then try again."""
    for _ in range(5):
        window = find_windows(emulator.pid)[-1]
        words = ["windowfocus", "--sync", window, "key", "--delay", "100", "Escape", "alt+m", *keys]
        subprocess.run(["xdotool", *words], check=True)
        if wait_until(until, 3):
            return
    pytest.fail(f"nothing happened after {keys}")


@pytest.mark.usefixtures("windowed")
def test_it_is_the_sound_that_stock_fceux_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stock FCEUX records with its menu: Movie, WAV Record."""
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")  # there is no sound card, and FCEUX needs one
    movie = Movie.read(short_movie(tmp_path, FRAMES))
    with play_in_emulator(movie, read_rom(), "headless", options=SOUND_OPTIONS) as emulator:
        record_sound(emulator, tmp_path / "ours.wav")
        emulator.step(frames=FRAMES, draw=False)
        stop_sound(emulator)
    options = ["--soundrate", "48000"]
    with play_in_emulator(movie, read_rom(), window=True, sound=True, options=options) as emulator:
        assert wait_until(lambda: bool(find_windows(emulator.pid)), 10)
        folder = home_of(emulator) / ".fceux" / "wav"
        choose(emulator, "Up", "Up", "Return", until=lambda: bool(list(folder.glob("*.wav"))))
        emulator.step(frames=FRAMES)
        (file,) = folder.glob("*.wav")
        size = 44 + 2 * len(samples(tmp_path / "ours.wav"))
        choose(emulator, "Up", "Return", until=lambda: file.stat().st_size >= size)
        (tmp_path / "stock.wav").write_bytes(file.read_bytes())
    ours, stock = samples(tmp_path / "ours.wav"), samples(tmp_path / "stock.wav")
    assert np.abs(ours.astype(int)).max() > 1000  # it is not silent
    assert (ours == stock).all()


def home_of(emulator: Emulator) -> Path:
    environment = Path(f"/proc/{emulator.pid}/environ").read_bytes().split(b"\0")
    (home,) = [item[5:] for item in environment if item.startswith(b"HOME=")]
    return Path(home.decode())
