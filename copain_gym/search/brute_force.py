"""Brute-force search: find a way through a game by trying actions and going back after a death.

The search keeps a tree of the actions that were tried, and a ring of recent savestates. At each
node it first tries the direction that leads to the preferred position. An action that led to a
death is not tried again. After many deaths without progress, another position is preferred. The
search stops at the game's ending.

A game must declare where the player is (`Game.search`), and the predicates `dead` and `ending`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from copain_gym.buttons import Button, button_mask
from copain_gym.emulator import Emulator, SaveState
from copain_gym.envs.start import read_image
from copain_gym.games.game import Game, SearchRules

__all__ = ["BruteForce", "Outcome", "search_rules"]

Position = tuple[int, int]

_PREDICATES = {
    "dead": "a function of the variables that says whether the player has died",
    "ending": "one that says whether the game's ending is reached",
}

# x and y to the right and down, and the buttons that lead there.
_DIRECTIONS: tuple[tuple[int, int, Button], ...] = (
    (0, 0, Button(0)),
    (0, -1, Button.UP),
    (1, -1, Button.UP | Button.RIGHT),
    (1, 0, Button.RIGHT),
    (1, 1, Button.DOWN | Button.RIGHT),
    (0, 1, Button.DOWN),
    (-1, 1, Button.DOWN | Button.LEFT),
    (-1, 0, Button.LEFT),
    (-1, -1, Button.UP | Button.LEFT),
)
_VECTORS = np.array([(x, y) for x, y, _ in _DIRECTIONS], float)
_VECTORS[1:] /= np.linalg.norm(_VECTORS[1:], axis=1, keepdims=True)


def search_rules(game: Game) -> SearchRules:
    """What a search needs to know about a game.

    Raises:
        ValueError: the game does not declare it; the error says what to add.
    """
    missing = [
        f"predicates={{{name!r}: …}}, {what}"
        for name, what in _PREDICATES.items()
        if name not in game.predicates
    ]
    if game.search is None:
        missing.append(
            "search=SearchRules(x=…, y=…, positions=…), the variables of the player's X and Y in "
            "pixels and the places to go to"
        )
    if game.search is None or missing:
        raise ValueError(
            f"brute force cannot play {game.title}: add to its Game " + "; and ".join(missing)
        )
    return game.search


class _Node:
    """A node of the search tree: the situation after a sequence of actions.

    A parent drops dead nodes, so the tree holds only nodes from which the search can go on.
    """

    __slots__ = ("alive", "children", "dead_directions", "depth", "parent")

    def __init__(self, parent: _Node | None) -> None:
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.children: dict[int, _Node] = {}
        self.dead_directions: set[int] = set()
        self.alive = True

    def die(self) -> None:
        """Mark this node as dead, and each ancestor of which every direction is dead."""
        node: _Node | None = self
        while node is not None:
            node.alive = False
            node.children.clear()
            parent, node.parent = node.parent, None
            if parent is None:
                return
            for direction, child in parent.children.items():
                if child is node:
                    parent.dead_directions.add(direction)
                    del parent.children[direction]
                    break
            node = parent if len(parent.dead_directions) == len(_DIRECTIONS) else None


@dataclass
class Outcome:
    """The result of a search.

    Attributes:
        reason: why it ended. `ending`: the game's ending was reached. `stuck`: no savestate is left
            to go on from. `limit`: the number of allowed actions was reached. `stopped`: it was
            asked to stop.
        actions: number of actions tried.
        deaths: number of actions that ended in a death.
        loads: number of savestates loaded, which a movie counts as rerecords.
        depth: number of actions from the beginning to the furthest node.
        path: the actions from the beginning to the last node, as masks of held buttons.
    """

    reason: str = "stopped"
    actions: int = 0
    deaths: int = 0
    loads: int = 0
    depth: int = 0
    path: list[int] = field(default_factory=list)


@dataclass
class _SavedNode:
    """A node with its savestate, and the actions that lead to it."""

    state: SaveState
    node: _Node
    path: list[int]


class BruteForce:
    """A search in one emulator that is at the start of play.

    Args:
        emulator: the emulator.
        game: its game, which declares `search` and the predicates `dead` and `ending`.
        frame_per_action: number of frames that each action is held.
        number_of_savestates: number of savestates to keep; the oldest is dropped first.
        actions_per_savestate: number of actions between two savestates.
        fails_before_position_change: number of deaths without progress before another position is
            preferred.
        preferred_positions: x and y in pixels, the most preferred one first; None means those of
            the game.

    Raises:
        ValueError: the game does not declare what a search needs, or a number is out of range.
    """

    def __init__(
        self,
        emulator: Emulator,
        game: Game,
        *,
        frame_per_action: int = 16,
        number_of_savestates: int = 10,
        actions_per_savestate: int = 12,
        fails_before_position_change: int = 512,
        preferred_positions: Sequence[Position] | None = None,
    ) -> None:
        self._rules = search_rules(game)
        if preferred_positions is None:
            preferred_positions = self._rules.positions
        for name, value in (
            ("frame_per_action", frame_per_action),
            ("number_of_savestates", number_of_savestates),
            ("actions_per_savestate", actions_per_savestate),
            ("fails_before_position_change", fails_before_position_change),
            ("the number of preferred positions", len(preferred_positions)),
        ):
            if value < 1:
                raise ValueError(f"{name} is {value}; it must be at least 1")
        self._emulator = emulator
        self._game = game
        self._held = button_mask(self._rules.held)
        self._frames = frame_per_action
        self._savestates = number_of_savestates
        self._interval = actions_per_savestate
        self._patience = fails_before_position_change
        self._positions = list(preferred_positions)
        self.outcome = Outcome()

    def search(
        self,
        stopping: Callable[[], bool] = lambda: False,
        limit: int | None = None,
    ) -> Outcome:
        """Search until the game's ending is reached or nothing is left to try.

        Args:
            stopping: is called after each action; the search stops if it returns true.
            limit: maximum number of actions; None means no limit.
        """
        outcome = self.outcome
        node = _Node(None)
        path: list[int] = []
        ring = deque([_SavedNode(self._emulator.save_state(), node, [])], self._savestates)
        furthest = since_savestate = fails = preferred = 0
        prefer_until = -1  # depth up to which a position other than the first is preferred

        while True:
            if stopping():
                outcome.reason = "stopped"
                break
            if limit is not None and outcome.actions >= limit:
                outcome.reason = "limit"
                break
            direction = self._choose(node, self._positions[preferred])
            node = node.children.setdefault(direction, _Node(node))
            path.append(int(_DIRECTIONS[direction][2]) | self._held)
            alive, ended = self._act(path[-1])
            outcome.actions += 1
            if ended:
                outcome.reason = "ending"
                break
            if alive:
                since_savestate += 1
                outcome.depth = max(outcome.depth, node.depth)
                if node.depth > prefer_until:
                    preferred = 0
                if since_savestate == self._interval:
                    ring.append(_SavedNode(self._emulator.save_state(), node, path.copy()))
                    since_savestate = 0
                continue

            outcome.deaths += 1
            reached = node.depth - 1
            node.die()
            fails = 0 if reached > furthest else fails + 1
            furthest = max(furthest, reached)
            if fails > self._patience:
                # Go on from the oldest savestate, with another preferred position.
                while len(ring) > 1:
                    ring.pop()
                prefer_until, furthest, fails = furthest, ring[0].node.depth, 0
                preferred = (preferred + 1) % len(self._positions)
            while ring and not ring[-1].node.alive:
                ring.pop()
            if not ring:
                outcome.reason = "stuck"
                break
            self._emulator.load_state(ring[-1].state)
            outcome.loads += 1
            node, path, since_savestate = ring[-1].node, ring[-1].path.copy(), 0

        outcome.path = path
        return outcome

    def _choose(self, node: _Node, position: Position) -> int:
        """Return the direction that is not dead and leads best towards a position."""
        values = self._game.decode(read_image(self._emulator, self._game))
        here = values[self._rules.x], values[self._rules.y]
        way = np.subtract(position, here, dtype=float)
        order: Iterator[int] = map(int, (-(_VECTORS @ way)).argsort(kind="stable"))
        return next(d for d in order if d not in node.dead_directions)

    def _act(self, mask: int) -> tuple[bool, bool]:
        """Hold buttons for an action; returns whether the player lives, and whether it ended."""
        self._emulator.step(mask, self._frames)
        values = self._game.decode(read_image(self._emulator, self._game))
        predicates = self._game.predicates
        return not predicates["dead"](values), bool(predicates["ending"](values))
