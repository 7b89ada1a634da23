"""Verifies a movie: stock FCEUX replays it, and the result must be the expected one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from copain_gym.engines.headless import find_headless
from copain_gym.errors import EmulatorNotFound, MovieError
from copain_gym.games.game import Game
from copain_gym.roms.rom import Rom
from copain_gym.tas.compare import Comparison, ReplayDifference, compare_replays, first_input
from copain_gym.tas.expected import Expected
from copain_gym.tas.movie import Movie
from copain_gym.tas.outcome import Outcome, watch
from copain_gym.tas.playable import doubts
from copain_gym.tas.replay import Replay

__all__ = ["Verdict", "verify"]


@dataclass(frozen=True)
class Verdict:
    """The result of a verification.

    Attributes:
        stock: what stock FCEUX led to.
        expected: what it was compared with.
        companion: whether that came from the movie's companion, not from a headless replay.
        differs: names of the attributes of the outcomes that differ.
        first: the first frame that differs, if it was found.
        named: the first frame in which a variable of the game differs, if it was found.
        first_input: the first frame whose inputs are not those that the companion was made with.
        notes: what else should be known, a sentence each.
    """

    stock: Outcome
    expected: Outcome
    companion: bool
    differs: tuple[str, ...]
    first: ReplayDifference | None
    named: ReplayDifference | None
    first_input: int | None
    notes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether stock FCEUX leads to what was expected."""
        return not self.differs and self.first is None


def verify(
    movie: Movie,
    rom: Rom,
    game: Game | None = None,
    *,
    expected: Expected | None = None,
    file: Path | None = None,
) -> Verdict:
    """Replay a movie in a fresh stock FCEUX and compare what it leads to.

    It is compared with the companion if there is one, else with a replay in the headless engine,
    frame by frame. If it differs from the companion, the movie as it was then is replayed in the
    headless engine to find the first frame that differs.

    Args:
        movie: the movie.
        rom: its ROM.
        game: the game, for its variables and events.
        expected: the companion.
        file: the movie's file, to let FCEUX read these very bytes.

    Raises:
        MovieError: the movie cannot be played as it was recorded, or the companion is for another
            ROM.
        EmulatorNotFound: stock FCEUX, or the headless engine where it is needed, is missing.
        EmulatorCrashed, EmulatorTimeout: FCEUX ended, or played no frame for a minute.
    """
    notes = doubts(movie, rom)
    if expected is None:
        if find_headless() is None:
            raise EmulatorNotFound(
                "there is nothing to compare with: the movie has no companion, and the headless "
                "engine is not built (`copain engine build` builds it)"
            )
        found = _beside_headless(movie, movie, rom, game, file, to_end=True)
        stock, other = found.outcomes
        differs = stock.differences(other)
        return Verdict(stock, other, False, differs, found.first, found.named, None, tuple(notes))
    if expected.rom_md5 != rom.md5:
        raise MovieError(
            f"the companion was made with the ROM with MD5 {expected.rom_md5}; {rom.path} has the "
            f"MD5 {rom.md5}"
        )
    with Replay(movie, rom, "fceux", file=file) as replay:
        stock = watch(replay, movie.frames, game, expected.outcome.every)
    differs = stock.differences(expected.outcome)
    changed = first_input(movie, expected.movie)
    first = named = None
    if differs:
        notes += _changed_keys(movie, expected.movie)
    if differs and find_headless() is not None:
        found = _beside_headless(movie, expected.movie, rom, game, file, to_end=False)
        first, named = found.first, found.named
        if first is None:
            notes.append(
                "the movie of the companion leads to something else today than what the companion "
                "says; it may be from another version"
            )
    elif differs:
        notes.append(_where(stock, expected.outcome))
    return Verdict(stock, expected.outcome, True, differs, first, named, changed, tuple(notes))


_DECIDING = (
    *("palFlag", "NewPPU", "RAMInitOption", "RAMInitSeed", "fourscore", "microphone"),
    *("port0", "port1", "port2", "FDS", "savestate", "saveram"),
)
"""Keys of a movie that decide how it plays."""


def _changed_keys(movie: Movie, then: Movie) -> list[str]:
    """The keys that are not as they were when the companion was made, a sentence each."""
    return [
        f"{key} was changed after the companion was made"
        for key in _DECIDING
        if movie.header.get(key) != then.header.get(key)
    ]


def _beside_headless(
    movie: Movie, other: Movie, rom: Rom, game: Game | None, file: Path | None, *, to_end: bool
) -> Comparison:
    """Stock FCEUX plays the movie, the headless engine the other one."""
    with (
        Replay(movie, rom, "fceux", file=file) as stock,
        Replay(other, rom, "headless") as headless,
    ):
        return compare_replays((movie, stock), (other, headless), game, to_end=to_end)


def _where(stock: Outcome, expected: Outcome) -> str:
    """Between which frames two outcomes part, as far as their hashes tell."""
    pairs = zip(stock.hashes, expected.hashes, strict=False)
    at = next((i for i, (one, other) in enumerate(pairs) if one != other), None)
    if at is None:
        return "one of the two has more frames, and those before do not differ"
    last = min((at + 1) * stock.every, stock.frames)
    return (
        f"the first frame that differs is one of {at * stock.every + 1} to {last}; the headless "
        f"engine, which is not built, would find it"
    )
