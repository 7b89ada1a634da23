"""Finds the first frame in which two replays of movies part, and names what differs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from copain_gym.errors import MovieError
from copain_gym.games.game import Game
from copain_gym.tas.movie import Movie
from copain_gym.tas.outcome import Outcome, Watcher, plain_value
from copain_gym.tas.replay import Frame, Replay

__all__ = ["Comparison", "ReplayDifference", "compare_replays", "first_input", "variable_names"]


@dataclass(frozen=True)
class ReplayDifference:
    """The first frame in which two replays differ.

    Attributes:
        frame: the frame, from 1: both consoles have played this many lines of their movies.
        kind: `ram`, `lag` (only one of the two read the pads in it), or `end` (one of the movies
            is over).
        bytes: address and both values of each byte of RAM that differs, lowest address first.
        variables: name and both values of each of the game's variables that differs.
        names: name of the game's variable at an address, for those of `bytes` that have one.
    """

    frame: int
    kind: str
    bytes: tuple[tuple[int, int, int], ...] = ()
    variables: tuple[tuple[str, Any, Any], ...] = ()
    names: dict[int, str] | None = None

    def describe(self, one: str, other: str, most: int = 8) -> list[str]:
        """What differs, as lines of text.

        Args:
            one: what the first replay is called.
            other: what the second one is called.
            most: largest number of bytes that are listed.
        """
        if self.kind == "end":
            return [f"frame {self.frame}: only one of the two has this frame"]
        if self.kind == "lag":
            return [f"frame {self.frame}: the game read the pads in one of the two only"]
        lines = [f"frame {self.frame} ({one} / {other}):"]
        for address, first, second in self.bytes[:most]:
            name = (self.names or {}).get(address, "")
            lines.append(f"  ${address:04X} {first:3} / {second:3}  {name}".rstrip())
        if len(self.bytes) > most:
            lines.append(f"  and {len(self.bytes) - most} more bytes of RAM")
        shown = self.variables[:most]
        lines += [f"  {name}: {first} / {second}" for name, first, second in shown]
        if len(self.variables) > most:
            lines.append(f"  and {len(self.variables) - most} more variables")
        return lines


@dataclass(frozen=True)
class Comparison:
    """The result of comparing two replays.

    Attributes:
        first: the first difference; None if there is none.
        named: the first difference of a variable of the game, which may come later; None if there
            is none, or if the game is not known.
        outcomes: what both led to, as far as they were watched.
    """

    first: ReplayDifference | None
    named: ReplayDifference | None
    outcomes: tuple[Outcome, Outcome]


def compare_replays(
    one: tuple[Movie, Replay],
    other: tuple[Movie, Replay],
    game: Game | None = None,
    *,
    to_end: bool = False,
) -> Comparison:
    """Compare two replays frame by frame.

    Args:
        one: a movie and its replay, of which no frame was taken yet.
        other: another movie, or the same one, and its replay.
        game: the game, to name variables.
        to_end: whether to watch both to their ends after the first difference.
    """
    frames = max(one[0].frames, other[0].frames)
    watchers = Watcher(frames, game), Watcher(frames, game)
    decoded = game is not None and not game.memory  # else no variable can be named by its value
    first = named = None
    for pair in zip_longest(one[1], other[1]):
        for watcher, frame in zip(watchers, pair, strict=True):
            if frame is not None:
                watcher.add(frame)
        if named is None:
            found = _difference(*pair, game)
            first = first or found
            named = found if found and found.variables else None
        if first and not to_end and (named or not decoded or None in pair):
            break
    return Comparison(first, named, (watchers[0].outcome(), watchers[1].outcome()))


_NONE = Frame(0, False, b"")


def _difference(
    one: Frame | None, other: Frame | None, game: Game | None
) -> ReplayDifference | None:
    if one is None or other is None:
        return ReplayDifference((one or other or _NONE).number, "end")
    if one.ram == other.ram:
        return None if one.lagged == other.lagged else ReplayDifference(one.number, "lag")
    pairs = enumerate(zip(one.ram, other.ram, strict=True))
    differing = tuple((address, a, b) for address, (a, b) in pairs if a != b)
    if game is None:
        return ReplayDifference(one.number, "ram", differing)
    names = variable_names(game)
    found = {address: names[address] for address, _, _ in differing if address in names}
    if game.memory:  # a replay has the RAM only, and this game's variables need more
        return ReplayDifference(one.number, "ram", differing, names=found)
    before, after = (game.decode(np.frombuffer(f.ram, np.uint8)) for f in (one, other))
    variables = tuple(
        (name, plain_value(before[name]), plain_value(after[name]))
        for name in before
        if not np.array_equal(before[name], after[name])
    )
    return ReplayDifference(one.number, "ram", differing, variables, found)


def variable_names(game: Game) -> dict[int, str]:
    """The names of a game's variables by address; one of an array has its index."""
    names: dict[int, list[str]] = {}
    for variable in game.variables:
        for element in range(max(variable.count, 1)):
            name = f"{variable.name}[{element}]" if variable.count else variable.name
            for address in variable.addresses(element):
                names.setdefault(address, []).append(name)
    return {address: ", ".join(dict.fromkeys(found)) for address, found in names.items()}


def first_input(one: Movie, other: Movie) -> int | None:
    """The first frame, from 1, in which the inputs of two movies differ; None if there is none."""
    try:
        difference = one.compare(other)
    except MovieError:  # they have other devices
        return 1
    return None if difference is None else difference.frame + 1
