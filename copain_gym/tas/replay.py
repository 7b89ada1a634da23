"""`Replay`: a movie that FCEUX's own player plays in a fresh process, watched frame by frame.

The movie's region, PPU, RAM, ports, start and resets are honoured, or the movie is refused with
the key that cannot be. Nothing decides about inputs but FCEUX: it gets the movie with `--playmov`,
and a Lua script only watches it.
"""

from __future__ import annotations

import os
import select
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from copain_gym.emulator import Emulator
from copain_gym.engines.engine import Engine, find_engine
from copain_gym.engines.home import Home
from copain_gym.engines.launch import launch
from copain_gym.engines.limits import enough_descriptors
from copain_gym.errors import EmulatorTimeout, MovieError
from copain_gym.games.variables import RAM_SIZE
from copain_gym.roms.rom import Rom
from copain_gym.tas.movie import Movie
from copain_gym.tas.playable import check_playable, region_of

__all__ = ["Frame", "Replay", "play_in_emulator"]

_SCRIPT = Path(__file__).with_name("replay.lua")
_RECORD = 1 + RAM_SIZE  # bytes that the script writes for each frame
_SECONDS = 60.0  # without a frame, after which the emulator is taken for stuck
_CHUNK = 1 << 18
_LONGEST_HEAD = 64


class Frame(NamedTuple):
    """The console after a frame of a movie.

    Attributes:
        number: the frame, from 1: the console has played this many lines of the movie.
        lagged: whether it is a lag frame: the game did not read the pads in it.
        ram: the 2 KiB of RAM.
    """

    number: int
    lagged: bool
    ram: bytes


class Replay:
    """A movie under way in a fresh emulator: iterate over it to get each frame.

    It is a context manager; `close` ends the emulator.

    Args:
        movie: the movie.
        rom: its ROM.
        engine: `fceux` (stock FCEUX), `headless` or `auto`, see `Emulator`.
        file: the movie's file, to let FCEUX read these very bytes; None writes the movie anew.

    Attributes:
        engine: name of the engine that plays it.

    Raises:
        MovieError: the movie cannot be played as it was recorded; the message names the key.
        EmulatorNotFound: that engine is not installed.

    Examples:
        >>> from copain_gym.roms.rom import read_rom
        >>> movie = Movie.new([[8, 0]] * 60, read_rom())
        >>> with Replay(movie, read_rom(), "headless") as replay:
        ...     frames = list(replay)
        >>> len(frames), frames[-1].number, len(frames[-1].ram)
        (60, 60, 2048)
    """

    def __init__(
        self, movie: Movie, rom: Rom, engine: str | None = None, *, file: Path | None = None
    ) -> None:
        check_playable(movie, rom)
        chosen = find_engine(engine)
        self.engine = chosen.name
        self._expected = movie.frames
        content = movie.to_bytes() if file is None else file.read_bytes()
        with enough_descriptors():
            home = Home()
            try:
                path = home.path / "movie.fm2"
                path.write_bytes(content)
                trace = home.path / "trace"
                os.mkfifo(trace, 0o600)
                self._trace = os.open(trace, os.O_RDONLY | os.O_NONBLOCK)
            except BaseException:
                home.remove()
                raise
            try:
                self._process = launch(
                    chosen,
                    rom.path,
                    home,
                    {"COPAIN_REPLAY_TRACE": str(trace)},
                    script=_SCRIPT,
                    options=[*_unseen(chosen), *_options(chosen, movie, path)],
                    region=region_of(movie),
                )
            except BaseException:
                os.close(self._trace)
                raise
        self._closed = False
        self._poll = select.poll()
        self._poll.register(self._trace, select.POLLIN)

    def __iter__(self) -> Iterator[Frame]:
        """The frames of the movie, in order.

        Raises:
            MovieError: FCEUX does not play this movie, or reads other frames in it.
            EmulatorCrashed: the emulator ended.
            EmulatorTimeout: no frame came for a minute.
        """
        data = bytearray()
        while b"\n" not in data[:_LONGEST_HEAD]:
            data += self._read()
        head, _, rest = bytes(data).partition(b"\n")
        self._check_head(head.decode("ascii", "replace"))
        data = bytearray(rest)
        for number in range(1, self._expected + 1):
            while len(data) < _RECORD:
                data += self._read()
            yield Frame(number, data[0] != 0, bytes(data[1:_RECORD]))
            del data[:_RECORD]

    def _check_head(self, head: str) -> None:
        mode, _, frames = head.partition(" ")
        if mode != "playback":
            raise MovieError(
                "FCEUX does not play the movie: it cannot load what the movie begins with "
                "(savestate or saveram), or it does not take the file for a movie"
            )
        if int(frames) != self._expected:
            raise MovieError(
                f"FCEUX reads {frames} frames in the movie, which has {self._expected}; a line of "
                f"it is not as FCEUX writes it"
            )

    def _read(self) -> bytes:
        """Some bytes of what the script writes; waits for them."""
        deadline = time.monotonic() + _SECONDS
        while True:
            running = self._process.running()
            if self._poll.poll(100):
                data = os.read(self._trace, _CHUNK)
                if data:
                    return data
                if self._process.wait(1.0):
                    raise self._process.crashed()
                raise MovieError(f"{self.engine} stopped the movie before its last frame")
            if not running:  # and it had ended before the last look
                raise self._process.crashed()
            if time.monotonic() > deadline:
                log = self._process.log_tail()
                self.close()
                raise EmulatorTimeout(f"{self.engine} played no frame for {_SECONDS:g} s:\n{log}")

    def close(self) -> None:
        """End the emulator. May be called again."""
        if not self._closed:
            self._closed = True
            os.close(self._trace)
            self._process.end()

    def __enter__(self) -> Replay:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_poll"):
            self.close()


def play_in_emulator(
    movie: Movie,
    rom: Rom,
    engine: str | None = None,
    *,
    window: bool = False,
    sound: bool = False,
    options: Sequence[str] = (),
) -> Emulator:
    """Start an emulator that plays a movie with each step, whatever buttons the step names.

    It is for callers that need pictures, savestates or Lua; `Replay` is faster. After the last
    frame of the movie, steps press their own buttons again.

    Args:
        movie: the movie.
        rom: its ROM.
        engine: see `Emulator`.
        window: see `Emulator`.
        sound: see `Emulator`.
        options: further options, see `Emulator`.

    Raises:
        MovieError: the movie cannot be played as it was recorded; the message names the key.

    Examples:
        >>> from copain_gym.roms.rom import read_rom
        >>> movie = Movie.new([[8, 0]] * 60, read_rom())
        >>> with play_in_emulator(movie, read_rom()) as emulator:
        ...     ram = emulator.step(frames=movie.frames)
        ...     emulator.frame_count
        60
    """
    check_playable(movie, rom)
    with tempfile.TemporaryDirectory(prefix="copain-movie-") as folder:
        path = movie.write(Path(folder) / "movie.fm2")
        emulator = Emulator(
            rom.path,
            engine=engine,
            window=window,
            sound=sound,
            options=[*_options(find_engine(engine, window=window), movie, path), *options],
            region=region_of(movie),
        )
    try:
        if not emulator.lua.movie.playing() or emulator.lua.movie.length() != movie.frames:
            raise MovieError(
                f"FCEUX does not play all {movie.frames} frames of the movie; it cannot load what "
                f"the movie begins with (savestate or saveram), or a line is not as it writes it"
            )
    except BaseException:
        emulator.close()
        raise
    return emulator


def _unseen(engine: Engine) -> list[str]:
    return ["--no-draw"] if engine.name == "headless" else []


def _options(engine: Engine, movie: Movie, path: Path) -> list[str]:
    """The options that honour the movie; FCEUX's player takes the rest from the file itself."""
    ram = str(movie.ram_init.option)
    if engine.name == "headless":
        options = ["--ram-init", ram, *(["--newppu"] if movie.new_ppu else [])]
    else:
        options = ["--ramInit", ram, "--newppu", str(int(movie.new_ppu))]
    return [*options, "--playmov", str(path)]
