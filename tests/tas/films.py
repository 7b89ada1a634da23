"""A short movie of the bundled game, and what ffmpeg reads from a video, for several tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt

from copain_gym.roms.contents import Region
from copain_gym.roms.rom import read_rom
from copain_gym.tas.movie import Movie

COMPLETE = Path(__file__).parents[1] / "hirondelle" / "complete.fm2"


def short_movie(folder: Path, frames: int = 400, region: Region = "NTSC") -> Path:
    """The first frames of the movie of the whole game: title, start, and some play."""
    movie = Movie.new(
        Movie.read(COMPLETE).inputs[:frames],
        read_rom(),
        region=region,
        author="tester",
        rerecords=12,
    )
    return movie.write(folder / "short.fm2")


def _ffmpeg(*arguments: str) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *arguments]
    return subprocess.run(command, capture_output=True, check=True, timeout=120).stdout


def pictures_of(video: Path, width: int, height: int) -> npt.NDArray[np.uint8]:
    """All pictures of a video, (n, height, width, 3)."""
    raw = _ffmpeg(
        "-i", str(video), "-f", "rawvideo", "-pix_fmt", "rgb24", "-fps_mode", "passthrough", "-"
    )
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


def samples_of(video: Path) -> npt.NDArray[np.int16]:
    """The sound of a video, 48,000 samples a second; empty if it has none."""
    if b"audio" not in streams_of(video):
        return np.zeros(0, np.int16)
    return np.frombuffer(
        _ffmpeg("-i", str(video), "-vn", "-f", "s16le", "-ar", "48000", "-"), np.int16
    )


def streams_of(video: Path) -> bytes:
    """What ffmpeg says about a file's streams."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(video)]
    return subprocess.run(command, capture_output=True, timeout=60).stderr.lower()
