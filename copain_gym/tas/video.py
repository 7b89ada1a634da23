"""MP4 videos of one sequence of pictures, or of several side by side, with sound or without."""

from __future__ import annotations

import math
import os
import struct
import subprocess
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import islice, zip_longest
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.screen import NTSC_FPS
from copain_gym.errors import CopainError, FileError
from copain_gym.paths import install_command

__all__ = ["FRAMES_PER_PICTURE", "Picture", "write_video"]

Picture: TypeAlias = npt.NDArray[np.uint8]

FRAMES_PER_PICTURE = 2
"""Console frames per picture of a video: half of the frames are enough for the eye."""

_FAST = ["-preset", "veryfast", "-crf", "20"]
# A key picture every four seconds: a browser can seek quickly, and most pictures are small.
_SMALL = ["-preset", "medium", "-crf", "31", "-g", "240", "-movflags", "+faststart"]


def write_video(
    path: Path,
    films: Sequence[Iterable[Picture]],
    max_seconds: float = 300,
    *,
    fps: float | Fraction = NTSC_FPS / FRAMES_PER_PICTURE,
    scale: int = 2,
    small: bool = False,
    sound: Path | None = None,
) -> Path:
    """Write one or more sequences of pictures side by side as an MP4 video (H.264, AAC).

    A sequence that ends before the others goes on with its last picture, darkened.

    Args:
        path: the file.
        films: sequences of pictures of equal height, (height, width, 3) uint8. Width and height
            must be even.
        max_seconds: longest video, in seconds.
        fps: pictures per second; the default is one picture for two frames of an NTSC console.
        scale: factor of width and height.
        small: make a small file for a web page, in more time.
        sound: a WAV file that is complete once the pictures are; None for a silent video.

    Returns:
        `path`.

    Raises:
        CopainError: the package that encodes videos is missing, or there are no pictures.
        FileError: the file cannot be written completely.
    """
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise CopainError(f"{error.name} is missing: {install_command('video')}") from error
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
    except OSError as error:  # the encoder would only close its pipe
        raise FileError(f"the video {path} cannot be written: {error.strerror}") from error
    writer = None
    last: list[Picture] = []
    try:
        most = None if math.isinf(max_seconds) else int(max_seconds * fps)
        for row in islice(zip_longest(*films), most):
            if not last:
                last = list(row)
            shown = [old // 2 if new is None else new for new, old in zip(row, last, strict=True)]
            last = [old if new is None else new for new, old in zip(row, last, strict=True)]
            picture = np.concatenate(shown, axis=1)
            if writer is None:
                height, width, _ = picture.shape
                larger = (
                    [] if scale == 1 else ["-vf", f"scale=iw*{scale}:ih*{scale}:flags=neighbor"]
                )
                writer = imageio_ffmpeg.write_frames(
                    str(temporary),
                    (width, height),
                    fps=Fraction(fps).limit_denominator(),
                    macro_block_size=1,
                    quality=None,
                    output_params=[*larger, *(_SMALL if small else _FAST), "-threads", "2"],
                )
                writer.send(None)
            writer.send(np.ascontiguousarray(picture))
        if writer is None:
            raise CopainError("there are no pictures to make a video of")
        writer.close()
        _check_complete(temporary, path)
        if sound is not None:
            _add_sound(temporary, sound, path, small)
        temporary.replace(path)
    finally:
        if writer is not None:
            writer.close()
        temporary.unlink(missing_ok=True)
    return path


def _add_sound(video: Path, sound: Path, path: Path, small: bool) -> None:
    """Add a WAV file to a video in place; `path` names it in messages."""
    import imageio_ffmpeg

    with_sound = video.with_name(f"{video.stem}-sound{video.suffix}")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", "-i", video, "-i", sound]
    command += ["-c:v", "copy", "-c:a", "aac", "-b:a", "40k" if small else "96k"]
    command += ["-movflags", "+faststart", with_sound]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            why = done.stderr.decode(errors="replace").strip()
            raise FileError(f"the sound of the video {path} cannot be written: {why}")
        _check_complete(with_sound, path)
        with_sound.replace(video)
    finally:
        with_sound.unlink(missing_ok=True)


def _check_complete(file: Path, path: Path) -> None:
    """Check that an MP4 file is complete, because the encoder does not report a failure."""
    data_size, at, kinds = file.stat().st_size if file.exists() else 0, 0, set()
    if data_size:
        with file.open("rb") as content:
            while at + 16 <= data_size:
                content.seek(at)
                size, kind, long = struct.unpack(">I4sQ", content.read(16))
                kinds.add(kind)
                at += max(8, long if size == 1 else size)
    if at != data_size or b"moov" not in kinds:
        raise FileError(
            f"the video {path} cannot be written completely: the encoder ended after {data_size} "
            f"bytes; is the disk full?"
        )
