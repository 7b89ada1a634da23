"""Where a player is, and where plans have failed: for the map of a search's report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from copain_gym.games import Game
from copain_gym.search.batch import Outcome
from copain_gym.search.judge import FAILED

__all__ = ["CELL", "Deaths", "Places"]

CELL = 8
"""Width and height in pixels of the cells in which deaths are counted."""

_MOST_CELLS = 200_000  # a game whose positions are spread wider has only the first ones
_X = ("x", "player_x", "ship_x")
_Y = ("y", "player_y", "ship_y")
_SCROLL = ("scroll", "scroll_x")
_STAGE = ("stage", "level")


@dataclass(frozen=True)
class Places:
    """The variables of a game that say where the player is.

    Attributes:
        x: the player's X in pixels.
        y: the player's Y in pixels.
        scroll: how far the picture has scrolled to the right; it is added to X. Empty if the game
            has none.
        stage: the number of the stage. Empty if the game has none.
    """

    x: str
    y: str
    scroll: str = ""
    stage: str = ""

    @classmethod
    def of(cls, game: Game) -> Places | None:
        """The places of a game; None if its table has no position.

        X and Y are those of `Game.search`, or have one of the usual names.
        """
        single = [variable.name for variable in game.variables if variable.count == 0]
        rules, start = game.search, game.stage_start
        x = _first(single, ([rules.x] if rules else []), _X)
        y = _first(single, ([rules.y] if rules else []), _Y)
        if not x or not y:
            return None
        stages = [v.name for v in game.variables if start is not None and v.address == start.stage]
        return cls(x, y, _first(single, [], _SCROLL), _first(single, stages, _STAGE))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the variables that the game has."""
        return tuple(name for name in (self.x, self.y, self.scroll, self.stage) if name)

    def place(self, values: Mapping[str, int]) -> tuple[int, int, int]:
        """The stage, X with the scroll, and Y, from the variables' values."""
        scroll = values[self.scroll] if self.scroll else 0
        return (
            int(values[self.stage]) if self.stage else 0,
            int(values[self.x]) + int(scroll),
            int(values[self.y]),
        )

    def to_plain(self) -> dict[str, str]:
        """The same as JSON can hold it."""
        return asdict(self)


class Deaths:
    """How many plans have failed where.

    Args:
        places: the variables; None counts nothing.
        known: the number of variables that outcomes have besides; those come first.

    Attributes:
        counts: number of failures in each cell, by stage, X and Y; X and Y in cells.
    """

    def __init__(self, places: Places | None, known: int = 0) -> None:
        self._places, self._known = places, known
        self.counts: dict[tuple[int, int, int], int] = {}
        self._changed: set[tuple[int, int, int]] = set()

    def take(self, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Count the failures among some outcomes; returns them without the variables for it."""
        places, known = self._places, self._known
        if places is None:
            return outcomes
        for outcome in outcomes:
            if outcome.flags & FAILED:
                values = dict(zip(places.names, outcome.seen[known:], strict=True))
                stage, x, y = places.place(values)
                cell = stage, x // CELL, y // CELL
                if cell in self.counts or len(self.counts) < _MOST_CELLS:
                    self.counts[cell] = self.counts.get(cell, 0) + 1
                    self._changed.add(cell)
        return [outcome._replace(seen=outcome.seen[:known]) for outcome in outcomes]

    def changes(self) -> list[tuple[int, int, int, int]]:
        """The cells that have changed since `saved`: stage, X, Y and count."""
        return [(*cell, self.counts[cell]) for cell in self._changed]

    def saved(self) -> None:
        """Begin to collect `changes` anew."""
        self._changed = set()

    def restore(self, rows: Iterable[tuple[int, int, int, int]]) -> None:
        """Replace all counts by stored ones."""
        self.counts = {(stage, x, y): count for stage, x, y, count in rows}
        self._changed = set()


def _first(known: Sequence[str], *groups: Sequence[str]) -> str:
    return next((name for group in groups for name in group if name in known), "")
