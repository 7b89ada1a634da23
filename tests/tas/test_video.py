"""Videos: errors of their files. `tests/agents/test_runs.py` has what is in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from copain_gym import FileError
from copain_gym.tas.video import write_video


@pytest.mark.parametrize("folder", ["/proc", "/proc/films", "/dev/null"])
def test_a_place_that_cannot_be_written(folder: str) -> None:
    """The encoder would end at once, and writing to it would be a broken pipe."""
    path = Path(folder) / "film.mp4"  # where not even root can make a file
    with pytest.raises(FileError, match=rf"the video {path} cannot be written: \w+"):
        write_video(path, [[np.zeros((240, 256, 3), np.uint8)] * 3])
