"""MP4 videos of one sequence of pictures, or of several side by side."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.screen import NTSC_FPS
from copain_gym.errors import CopainError, FileError
from copain_gym.paths import install_command

__all__ = ["FRAMES_PER_PICTURE", "Picture", "write_video"]

Picture: TypeAlias = npt.NDArray[np.uint8]

FRAMES_PER_PICTURE = 2
"""Console frames per picture of a video: half of the frames are enough for the eye."""

_SCALE = 2
_FAST: Any = {"output_params": ["-preset", "veryfast", "-threads", "2"]}


def write_video(path: Path, films: Sequence[Iterable[Picture]], max_seconds: float = 300) -> Path:
    """Write one or more sequences of pictures side by side as an MP4 video.

    A sequence that ends before the others goes on with its last picture, darkened.

    Args:
        path: the file.
        films: sequences of pictures of equal height, (height, width, 3) uint8, one for two frames.
        max_seconds: longest video, in seconds.

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
    fps = NTSC_FPS / FRAMES_PER_PICTURE
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
    except OSError as error:  # the encoder would only close its pipe
        raise FileError(f"the video {path} cannot be written: {error.strerror}") from error
    writer = None
    last: list[Picture] = []
    try:
        for row in islice(zip_longest(*films), int(max_seconds * fps)):
            if not last:
                last = list(row)
            shown = [old // 2 if new is None else new for new, old in zip(row, last, strict=True)]
            last = [old if new is None else new for new, old in zip(row, last, strict=True)]
            picture = np.concatenate(shown, axis=1).repeat(_SCALE, 0).repeat(_SCALE, 1)
            if writer is None:
                height, width, _ = picture.shape
                writer = imageio_ffmpeg.write_frames(
                    str(temporary), (width, height), fps=fps, macro_block_size=1, quality=6, **_FAST
                )
                writer.send(None)
            writer.send(np.ascontiguousarray(picture))
        if writer is None:
            raise CopainError("there are no pictures to make a video of")
        writer.close()
        _check_complete(temporary, path)
        temporary.replace(path)
    finally:
        if writer is not None:
            writer.close()
        temporary.unlink(missing_ok=True)
    return path


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
