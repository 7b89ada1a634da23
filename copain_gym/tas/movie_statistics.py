"""Statistics of a movie: its duration, and how often each button is pressed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from copain_gym.bridge.screen import NTSC_FPS
from copain_gym.buttons import Button
from copain_gym.tas.movie_facts import HeaderFacts
from copain_gym.tas.movie_header import COMMANDS
from copain_gym.tas.movie_records import Records

__all__ = ["PAL_FPS", "Statistics", "count"]

PAL_FPS = 50.0070
"""Frames per second of a PAL console."""

_BITS = {
    "pad": {str(button.name): int(button) for button in Button},
    "zapper": {"TRIGGER": 1, "AWAY": 2},
}


@dataclass(frozen=True)
class Statistics:
    """Numbers about a movie.

    Attributes:
        frames: number of frames.
        seconds: its duration on a console of its region.
        rerecords: how often a savestate was loaded while it was made.
        lag_frames: frames in which the game did not read its inputs; None if they were not counted.
        idle_frames: frames in which nothing is held and no command is given.
        presses: for each port, name of a button → how often it is pressed: how often a frame in
            which it is held follows one in which it is not.
        held: for each port, name of a button → number of frames in which it is held.
        commands: name of a command → number of frames that have it.
    """

    frames: int
    seconds: float
    rerecords: int
    lag_frames: int | None
    idle_frames: int
    presses: tuple[dict[str, int], ...]
    held: tuple[dict[str, int], ...]
    commands: dict[str, int]


def count(records: Records, facts: HeaderFacts, lag_frames: int | None = None) -> Statistics:
    """Count the frames, presses and commands of a movie; see `Movie.statistics`."""
    frames = len(records.commands)
    begins = records.inputs.copy()
    begins[1:] &= ~records.inputs[:-1]
    idle = ~records.inputs.any(axis=1) & (records.commands == 0)
    bits = [_BITS.get(device, {}) for device in facts.ports]
    return Statistics(
        frames,
        frames / (PAL_FPS if facts.region == "PAL" else NTSC_FPS),
        facts.rerecords,
        lag_frames,
        int(idle.sum()),
        tuple(
            {name: int(np.count_nonzero(begins[:, port] & bit)) for name, bit in names.items()}
            for port, names in enumerate(bits)
        ),
        tuple(
            {
                name: int(np.count_nonzero(records.inputs[:, port] & bit))
                for name, bit in names.items()
            }
            for port, names in enumerate(bits)
        ),
        {name: int(np.count_nonzero(records.commands & bit)) for name, bit in COMMANDS.items()},
    )
