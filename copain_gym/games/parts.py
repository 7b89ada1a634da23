"""Parts of a `Game`: its ROMs, how play begins, what a search needs to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from copain_gym.games.checks import check_buttons, check_integer, check_text, check_tuple

__all__ = ["Change", "GameRom", "Predicate", "SearchRules", "StageStart", "StartStep"]

Predicate: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""Takes decoded variables, returns bool or a bool array (n,). Its docstring says what it means."""

Change: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
"""Takes the variables before and after a step; returns a number or an array (n,).

It must depend on nothing else: it may be called once, with symbols that record the operations
(see `rules`), and never again.
"""

_MOST_FRAMES = 100_000


@dataclass(frozen=True)
class GameRom:
    """A ROM that a game is known to run as, by the hashes of its content without header.

    Args:
        name: which release it is.
        sha1: SHA-1 of PRG and CHR, in hexadecimal.
        md5: MD5 of the same, empty where it is not known.
        crc32: CRC-32 of the same, empty where it is not known.
        size: bytes of PRG and CHR; 0 where it is not known.
        source: who found the hashes.

    Raises:
        ValueError: a hash or the size is malformed.
    """

    name: str
    sha1: str
    md5: str = ""
    crc32: str = ""
    size: int = 0
    source: str = ""

    def __post_init__(self) -> None:
        for kind, value, digits, optional in (
            ("sha1", self.sha1, 40, ""),
            ("md5", self.md5, 32, "|"),
            ("crc32", self.crc32, 8, "|"),
        ):
            check_text(
                f"ROM {self.name!r}: {kind}",
                value,
                f"[0-9a-f]{{{digits}}}{optional}",
                f"{digits} hexadecimal digits in lower case" + (" or nothing" if optional else ""),
            )
        check_integer(f"ROM {self.name!r}: size", self.size, 0, 1 << 30)


@dataclass(frozen=True)
class StartStep:
    """One rule of how to get from power-on to play.

    Args:
        when: predicate of the situations that the rule is for.
        buttons: what to press then for `hold` frames; in the next `release` frames no button is
            held.
        hold: frames.
        release: frames.
        players: the rule is for this number of players only; 0 is any number.

    Raises:
        ValueError: a button is unknown, or a number is out of range.
    """

    when: Predicate
    buttons: str
    hold: int = 4
    release: int = 12
    players: int = 0

    def __post_init__(self) -> None:
        check_buttons("start rule: buttons", self.buttons)
        check_integer("start rule: hold", self.hold, 1, _MOST_FRAMES)
        check_integer("start rule: release", self.release, 0, _MOST_FRAMES)
        check_integer("start rule: players", self.players, 0, 4)


@dataclass(frozen=True)
class StageStart:
    """How to begin at another stage: bytes that are written into RAM before the stage begins.

    Args:
        when: predicate of the frames in which the bytes must be written.
        stage: address of the stage's number, which counts from 0.
        checkpoint: address of the checkpoint's number, which counts from 0.
        stages: how many there are.
        checkpoints: how many each stage has.
        verified: whether it was tried on the ROM.

    Raises:
        ValueError: an address lies outside of RAM, or a number is out of range.
    """

    when: Predicate
    stage: int
    checkpoint: int
    stages: int
    checkpoints: int
    verified: bool = False

    def __post_init__(self) -> None:
        check_integer("stage start: stage", self.stage, 0, 0x7FF, "#x")
        check_integer("stage start: checkpoint", self.checkpoint, 0, 0x7FF, "#x")
        check_integer("stage start: stages", self.stages, 1, 256)
        check_integer("stage start: checkpoints", self.checkpoints, 1, 256)


@dataclass(frozen=True)
class SearchRules:
    """What a search by brute force needs to know of a game, besides its predicates.

    Args:
        x: variable of the player's X, in pixels.
        y: variable of the player's Y, in pixels.
        positions: X and Y in pixels of places to go to, the most wanted first.
        held: buttons that are held with every direction.

    Raises:
        ValueError: a button is unknown, or a position is no pair of integers.
    """

    x: str
    y: str
    positions: tuple[tuple[int, int], ...]
    held: str = ""

    def __post_init__(self) -> None:
        check_buttons("search: held", self.held)
        check_tuple("search: positions", self.positions, (tuple, list), "(x, y) in pixels")
        if not self.positions:
            raise ValueError("search: positions is (); allowed are one or more (x, y) in pixels")
        for position in self.positions:
            if len(position) != 2:
                raise ValueError(f"search: position is {position!r}; allowed is (x, y) in pixels")
            for value in position:
                check_integer(f"search: a number of position {position!r}", value, -65536, 65536)
