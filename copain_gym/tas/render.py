"""`render_film`: the video of a movie, with sound and what the player pressed."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from copain_gym.bridge.screen import WIDTH
from copain_gym.tas.film import Film
from copain_gym.tas.overlay import Overlay
from copain_gym.tas.video import write_video

__all__ = ["Rendered", "render_film", "used_ports"]


class Rendered(NamedTuple):
    """A video that was written.

    Attributes:
        path: the file.
        pictures: number of pictures.
        fps: pictures per second.
        sound: whether it has sound.
    """

    path: Path
    pictures: int
    fps: float
    sound: bool


def render_film(
    film: Film,
    path: Path,
    *,
    buttons: bool = False,
    frame_number: bool = False,
    variables: Sequence[str] = (),
    every: int = 1,
    scale: int = 2,
    small: bool = False,
    sound: bool = True,
) -> Rendered:
    """Play a film and write its video as MP4 (H.264, AAC).

    Args:
        film: the film; afterwards it has the values and events of its frames.
        path: the video file.
        buttons: show the buttons of each pad that is used, below the picture.
        frame_number: show the number of the frame.
        variables: names of the variables to show.
        every: number of frames from one picture to the next.
        scale: factor of width and height.
        small: make a small file for a web page, in more time.
        sound: record the sound. Ignored if the engine cannot, see `Film.can_record_sound`.

    Raises:
        CopainError: the movie is not played, or no video encoder is installed.
        FileError: the video cannot be written.
    """
    overlay = Overlay(
        WIDTH,
        pads=_used_pads(film) if buttons else (),
        frame_number=frame_number,
        variables=variables,
    )
    sound = sound and film.can_record_sound
    with tempfile.TemporaryDirectory(prefix="copain-") as folder:
        wave = Path(folder) / "sound.wav" if sound else None
        pictures = film.play(every=every, sound=wave, overlay=overlay)
        write_video(
            path,
            [pictures],
            math.inf,
            fps=film.fps / every,
            scale=scale,
            small=small,
            sound=wave,
        )
    count = -(-film.frames // every)
    return Rendered(path, count, float(film.fps / every), sound)


def used_ports(film: Film) -> list[int]:
    """Indices of the ports with a pad or zapper: the first one, and those that are used at all."""
    movie = film.movie
    ports = [k for k, device in enumerate(movie.ports) if device in ("pad", "zapper")]
    return [k for k in ports if k == ports[0] or np.any(movie.inputs[:, k])]


def _used_pads(film: Film) -> list[int]:
    return [port for port in used_ports(film) if film.movie.ports[port] == "pad"]
