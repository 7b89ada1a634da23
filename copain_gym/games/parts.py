"""Parts of a `Game`: its ROMs, how play begins, settings of the search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from copain_gym.games.checks import check_buttons, check_integer, check_text, check_tuple

__all__ = ["Change", "GameRom", "Predicate", "SearchRules", "StageStart", "StartStep"]

Predicate: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""Takes decoded variables; returns a bool or a bool array (n,). Its docstring is its meaning."""

Change: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
"""Takes the variables before and after a step; returns a number or an array (n,).

It must depend only on these arguments: it may be called just once, with symbols that record its
operations (see `rules`).
"""

_MOST_FRAMES = 100_000


@dataclass(frozen=True)
class GameRom:
    """A known ROM of a game. The hashes are those of its content without the header.

    Args:
        name: name of the release.
        sha1: SHA-1 of PRG and CHR, in hexadecimal.
        md5: MD5 of the same bytes; empty if it is not known.
        crc32: CRC-32 of the same bytes; empty if it is not known.
        size: size of PRG and CHR in bytes; 0 if it is not known.
        source: where the hashes come from.

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
    """One rule for getting from power-on to play.

    Args:
        when: predicate; the rule applies while it is true.
        buttons: buttons to press, joined by `+`.
        hold: number of frames that the buttons are held.
        release: number of frames without buttons that follow.
        players: the number of players that the rule applies to; 0 means any number.

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
        when: predicate that is true in the frames in which the bytes must be written.
        stage: address of the stage's number, which counts from 0.
        checkpoint: address of the checkpoint's number, which counts from 0.
        stages: number of stages.
        checkpoints: number of checkpoints of each stage.
        verified: whether this was tried on the ROM.

    Raises:
        ValueError: an address is outside of RAM, or a number is out of range.
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
    """What the brute-force search needs to know about a game, besides its predicates.

    Args:
        x: variable of the player's X, in pixels.
        y: variable of the player's Y, in pixels.
        positions: preferred positions of the player, X and Y in pixels; the first one is the most
            preferred.
        held: buttons that are held with every direction.

    Raises:
        ValueError: a button is unknown, or a position is not a pair of integers.
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
