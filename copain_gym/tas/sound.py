"""The sound of an emulator, recorded into a WAV file by FCEUX's own recorder.

Stock FCEUX has the recorder in its menu only (Movie > WAV Record). The headless engine has the same
code, and a function of the C module starts it. The samples are the same in both.
"""

from __future__ import annotations

from pathlib import Path

from copain_gym.emulator import Emulator

__all__ = ["SOUND_OPTIONS", "record_sound", "stop_sound"]

SOUND_OPTIONS = ("--sound", "48000")
"""Options with which the headless engine computes sound: 48,000 samples a second, 16 bits, mono."""

_RECORD = "return require('copain_native').record_sound(...)"
_STOP = "require('copain_native').end_sound()"


def record_sound(emulator: Emulator, path: Path) -> None:
    """Record the sound of all frames from now on.

    Args:
        emulator: an emulator of the headless engine that was started with `SOUND_OPTIONS`.
        path: the WAV file.

    Raises:
        LuaError: the file cannot be written.
        ValueError: the emulator's engine is another one.
    """
    if not emulator.run_lua(_RECORD, str(path)):
        raise ValueError(f"engine is {emulator.engine!r}; only 'headless' can record sound")


def stop_sound(emulator: Emulator) -> None:
    """End the recording, so that the WAV file is complete."""
    emulator.run_lua(_STOP)
