"""`ActionSet`: the actions of a game and the buttons that each one holds."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt

from copain_gym.buttons import Button, button_mask
from copain_gym.games.game import Game

__all__ = ["MULTI_BINARY", "ActionSet"]

MULTI_BINARY = "multi_binary"

Pads: TypeAlias = "tuple[int, ...]"
"""One mask of held buttons per player."""

_OPPOSITES = (int(Button.LEFT | Button.RIGHT), int(Button.UP | Button.DOWN))


class ActionSet:
    """A game's action set for one or more players.

    With one of the game's own sets, an action is an index: `Discrete(k)`, or
    `MultiDiscrete([k, …])` with several players. With `multi_binary`, an action has one bit per
    button: `MultiBinary(players * buttons)`, one player after the other. Opposite directions
    cancel out, because a real controller cannot press both.

    Args:
        game: the game.
        name: `multi_binary` or one of the game's sets.
        players: number of players.

    Attributes:
        space: the action space.
        names: the buttons that each action holds, or the buttons of `multi_binary`.
        players: number of players.
    """

    def __init__(self, game: Game, name: str, players: int = 1) -> None:
        self.players = players
        self.space: gymnasium.Space[Any]
        self._rows: list[npt.NDArray[np.int64]] | None = None
        if name == MULTI_BINARY:
            self.names: Sequence[str] = game.buttons
            self._bits = np.array([button_mask(b) for b in game.buttons], np.int64)
            self.space = gymnasium.spaces.MultiBinary(players * len(game.buttons))
            self._masks = None
        else:
            self.names = game.actions[name]
            self._masks = np.array(game.action_masks(name), np.int64)
            self._masks.flags.writeable = False  # `one` returns views of it
            count = len(self._masks)
            rows: list[npt.NDArray[np.int64]] = list(self._masks.reshape(count, 1, 1))
            self._rows = rows if players == 1 else None
            self.space = (
                gymnasium.spaces.Discrete(count)
                if players == 1
                else gymnasium.spaces.MultiDiscrete([count] * players)
            )

    @property
    def held(self) -> list[int]:
        """The buttons that each action of one player holds, as masks; [] with `multi_binary`."""
        return [] if self._masks is None else self._masks.tolist()

    @property
    def always(self) -> int:
        """The buttons that all actions hold, as a mask: in `simple` of Hirondelle, A."""
        return functools.reduce(operator.and_, self.held, 0xFF) if self.held else 0

    @property
    def choices(self) -> int:
        """Number of choices of all players: actions of each, or twice the number of buttons."""
        return self.players * (len(self.held) or 2 * len(self.names))

    def pads(self, action: Any) -> Pads:
        """The button mask that each player holds.

        Raises:
            ValueError: the action is not in the space.
        """
        return tuple(self.one(action)[0].tolist())

    def one(self, action: Any) -> npt.NDArray[np.int64]:
        """The button masks for one emulator, (1, players); the caller must not write to them.

        Raises:
            ValueError: the action is not in the space.
        """
        # A fast path for the usual action: `space.contains` costs more than the rest of the method.
        usual = type(action) is int or isinstance(action, np.integer)
        if self._rows is not None and usual and 0 <= action < len(self._rows):
            row: npt.NDArray[np.int64] = self._rows[action]
            return row
        if not self.space.contains(action):
            raise ValueError(f"action is {action!r}; allowed is what {self.space} contains")
        return self.batch(np.asarray(action)[None])

    def batch(self, actions: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """The button masks for n emulators, (n, players), from n actions, (n, …).

        The actions are not checked.
        """
        if self._masks is not None:
            masks: npt.NDArray[np.int64] = self._masks[
                np.asarray(actions).reshape(len(actions), self.players)
            ]
            return masks
        held = np.asarray(actions).reshape(len(actions), self.players, len(self._bits))
        masks = held.astype(np.int64) @ self._bits
        for both in _OPPOSITES:
            masks[masks & both == both] &= ~both
        return masks
