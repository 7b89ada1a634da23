"""A player with hand-written rules: a baseline between random play and trained agents."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.games import Game

__all__ = ["ScriptedAgent"]

_HOME = 0.2, 0.45  # preferred position, in screens
_STEP = 12 / 256  # distance that an action is assumed to move, in screens
_NEAR = 0.11  # an object nearer than about this, in screens, is dangerous
_ROOM = 3 / 26  # less free space than this, in screens of 26 tiles, is narrow


class ScriptedAgent:
    """Moves to where the fewest dangers are near, and else into line with enemies to shoot.

    For each action of the set `simple` it computes a cost of the place that the action leads to:
    enemies and bullets nearby, narrow terrain, the edges of the screen. It uses the same features
    as the agents that learn, but no speeds.

    Args:
        game: the game to play.

    Raises:
        ValueError: the game lacks the features or the action set that it needs.
    """

    def __init__(self, game: Game) -> None:
        parts = game.feature_table.parts
        missing = {"ship", "enemies", "bullets", "terrain"} - set(parts)
        if missing:
            raise ValueError(f"{game.title} has no features {', '.join(sorted(missing))}")
        if "simple" not in game.actions:
            raise ValueError(f"{game.title} has no action set 'simple'")
        self._parts = parts
        moves = [tuple(words.split("+")) for words in game.actions["simple"]]
        self._moves = np.array(
            [(("right" in m) - ("left" in m), ("down" in m) - ("up" in m)) for m in moves],
            float,
        )  # (actions, 2)

    def act(self, observations: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        """Return actions (n,) int64 for observations (n, F)."""
        here = self._part(observations, "ship")[:, None, :2]  # (n, 1, 2)
        steps = self._moves[None] * _STEP
        goals = here + steps  # (n, actions, 2)
        enemies, bullets = (self._part(observations, name) for name in ("enemies", "bullets"))
        cost = 3.0 * _nearness(steps, enemies[..., 1:3], enemies[..., 3] > 0)
        cost += 3.0 * _nearness(steps, bullets[..., 1:3], bullets[..., 0] > 0)
        cost -= 1.0 * _nearness(steps, enemies[..., 1:3], enemies[..., 4] > 0)  # capsules
        # In line with an enemy that is well ahead it can be shot.
        ahead = (enemies[..., 3] > 0) & (enemies[..., 1] > 0.2)
        off = np.abs(enemies[:, None, :, 2] - steps[..., 1:2])
        cost -= 0.3 * (np.exp(-((off / 0.05) ** 2)) * ahead[:, None]).max(-1)
        terrain = self._part(observations, "terrain")[:, :6]  # the columns about the ship
        above, below = terrain[..., 0].min(-1)[:, None], terrain[..., 1].min(-1)[:, None]
        down = steps[..., 1] * 256 / 208  # in the unit of the terrain
        for room in (above + down, below - down):
            cost += 2.0 * np.clip(1 - room / _ROOM, 0, 1)
        cost += np.abs(goals[..., 0] - _HOME[0]) + 0.5 * np.abs(goals[..., 1] - _HOME[1])
        best: npt.NDArray[np.int64] = np.argmin(cost, axis=1)
        return best

    def _part(self, observations: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
        part, shape = self._parts[name]
        return observations[:, part].reshape(len(observations), *shape)


def _nearness(
    steps: npt.NDArray[Any], places: npt.NDArray[Any], counts: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Return how near objects are after each action, (n, actions).

    Args:
        steps: movement of each action, (1, actions, 2), in screens.
        places: positions of the objects relative to the ship, (n, objects, 2), in screens.
        counts: which objects count, (n, objects) bool.
    """
    far = places[:, None] - steps[:, :, None]
    squares = (far**2).sum(-1)
    near = np.exp(-squares / _NEAR**2) * counts[:, None]
    total: npt.NDArray[Any] = near.sum(-1)
    return total
