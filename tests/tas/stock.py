"""Plays movies in a fresh stock FCEUX that decides everything itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt

from copain_gym.engines.engine import find_engine
from copain_gym.engines.home import Home
from copain_gym.tas.movie import Movie

_LOOK = """
emu.speedmode("maximum")
while emu.framecount() < %d do emu.frameadvance() end
local file = io.open("%s", "wb")
file:write(memory.readbyterange(0, 0x800))
file:close()
os.exit(0)
"""


def end_ram(movie: Movie, rom: Path, folder: Path) -> npt.NDArray[np.uint8]:
    """The RAM at the end of a movie that `--playmov` plays, (2048,) uint8.

    Args:
        movie: the movie.
        rom: the ROM file.
        folder: a folder for the files.
    """
    file, script, result = folder / "played.fm2", folder / "look.lua", folder / "ram"
    result.unlink(missing_ok=True)
    movie.write(file)
    script.write_text(_LOOK % (movie.frames, result), encoding="utf-8")
    engine, home = find_engine("fceux"), Home()
    try:
        command = engine.command(rom, script, ["--playmov", str(file)], movie.region)
        subprocess.run(command, env=engine.environment(home.path), timeout=200, capture_output=True)
    finally:
        home.remove()
    return np.frombuffer(result.read_bytes(), np.uint8)
