"""`movie_of`: the movie of what an emulator has played since power-on."""

from __future__ import annotations

from copain_gym.emulator import Emulator
from copain_gym.errors import MovieError
from copain_gym.roms.contents import Region
from copain_gym.roms.rom import Rom
from copain_gym.tas.inputs import Hold, InputLog
from copain_gym.tas.movie import Movie

__all__ = ["make_movie", "movie_of"]


def movie_of(emulator: Emulator, author: str = "", inputs: InputLog | None = None) -> Movie:
    """The movie of everything that an emulator has played from power-on to now.

    Any FCEUX that plays the movie from power-on reaches the same state. Loaded savestates bring
    their inputs along; each load counts as a rerecord.

    Args:
        emulator: the emulator.
        author: name of the author in the movie.
        inputs: earlier inputs of the emulator; None for those up to now.

    Raises:
        MovieError: a movie cannot hold the inputs; the error says why. For example, memory was
            written, a savestate without its inputs was loaded, or the region is Dendy.

    Examples:
        >>> with Emulator() as emulator:
        ...     _ = emulator.step("start", frames=4)
        ...     movie = movie_of(emulator, author="me")
        >>> movie.frames, movie.inputs[0].tolist(), movie.rerecords
        (4, [8, 0], 0)
    """
    log = emulator.inputs if inputs is None else inputs
    movie = make_movie(log, emulator.rom, emulator.region, author)
    if inputs is None and not emulator.closed:
        played, recorded = emulator.frame_count, log.frames_since_reset
        if played != recorded:
            raise MovieError(
                f"a movie cannot hold these inputs: the console is at frame {played}, and the "
                f"inputs of {recorded} frames are recorded; something else than Python has played"
            )
    return movie


def make_movie(inputs: InputLog, rom: Rom, region: Region, author: str = "") -> Movie:
    """The movie of inputs that an emulator has recorded.

    Args:
        inputs: the inputs from power-on.
        rom: the ROM.
        region: region of the console.
        author: name of the author in the movie.

    Raises:
        MovieError: see `movie_of`.
    """
    if region == "Dendy":
        raise MovieError("a movie cannot hold these inputs: it can be NTSC or PAL, not Dendy")
    # No game reads pads 3 and 4 without a Four Score, which an emulator does not have by itself.
    pads = [Hold(e.frames, e.pads[:2]) if isinstance(e, Hold) else e for e in inputs]
    log = inputs if inputs.unknown else InputLog(pads, rerecords=inputs.rerecords)
    return Movie.from_log(log, rom, region=region, author=(author or ()))
