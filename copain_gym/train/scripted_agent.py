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

_FEATURES = (
    *("ship.x", "ship.y"),
    *("enemies[0].dx", "enemies[0].dy", "enemies[0].dangerous", "enemies[0].capsule"),
    *("bullets[0].present", "bullets[0].dx", "bullets[0].dy"),
    *("terrain[0].above", "terrain[0].below"),
)


class ScriptedAgent:
    """Moves to where the fewest dangers are near, and else into line with enemies to shoot.

    For each action of the set `simple` it computes a cost of the place that the action leads to:
    enemies and bullets nearby, narrow terrain, the edges of the screen. It uses the same features
    as the agents that learn, but no speeds. It plays any game that declares these features: a ship,
    enemies, bullets and terrain.

    Args:
        game: the game to play.

    Raises:
        ValueError: the game lacks the features or the action set that it needs.
    """

    def __init__(self, game: Game) -> None:
        table = game.feature_table
        missing = [name for name in _FEATURES if name not in table.names]
        if missing:
            raise ValueError(
                f"the scripted player cannot play {game.title}: it has no features "
                f"{', '.join(missing)}"
            )
        if "simple" not in game.actions:
            raise ValueError(
                f"the scripted player cannot play {game.title}: it has no action set 'simple', "
                f"but {', '.join(game.actions)}"
            )
        self._parts = table.parts
        # Where a feature is within its ship, enemy, bullet or column.
        first = {name: table.parts[name.split("[")[0].split(".")[0]][0].start for name in _FEATURES}
        self._index = {name: table.names.index(name) - first[name] for name in _FEATURES}
        moves = [tuple(words.split("+")) for words in game.actions["simple"]]
        self._moves = np.array(
            [(("right" in m) - ("left" in m), ("down" in m) - ("up" in m)) for m in moves],
            float,
        )  # (actions, 2)

    def act(self, observations: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        """Return actions (n,) int64 for observations (n, F)."""
        ship = self._part(observations, "ship")
        here = np.stack([ship[:, self._index[f"ship.{axis}"]] for axis in "xy"], -1)[:, None]
        steps = self._moves[None] * _STEP
        goals = here + steps  # (n, actions, 2)
        enemies = self._places(observations, "enemies")  # (n, enemies, 2)
        dangerous = self._field(observations, "enemies", "dangerous") > 0
        cost = 3.0 * _nearness(steps, enemies, dangerous)
        bullets = self._places(observations, "bullets")
        cost += 3.0 * _nearness(steps, bullets, self._field(observations, "bullets", "present") > 0)
        cost -= 1.0 * _nearness(steps, enemies, self._field(observations, "enemies", "capsule") > 0)
        # In line with an enemy that is well ahead it can be shot.
        ahead = dangerous & (enemies[..., 0] > 0.2)
        off = np.abs(enemies[:, None, :, 1] - steps[..., 1:2])
        cost -= 0.3 * (np.exp(-((off / 0.05) ** 2)) * ahead[:, None]).max(-1)
        above, below = (  # in the columns about the ship
            self._field(observations, "terrain", name)[:, :6].min(-1)[:, None]
            for name in ("above", "below")
        )
        down = steps[..., 1] * 256 / 208  # in the unit of the terrain
        for room in (above + down, below - down):
            cost += 2.0 * np.clip(1 - room / _ROOM, 0, 1)
        cost += np.abs(goals[..., 0] - _HOME[0]) + 0.5 * np.abs(goals[..., 1] - _HOME[1])
        best: npt.NDArray[np.int64] = np.argmin(cost, axis=1)
        return best

    def _places(self, observations: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
        """X and Y of a group's things, less the ship's: (n, things, 2)."""
        return np.stack([self._field(observations, name, axis) for axis in ("dx", "dy")], -1)

    def _field(self, observations: npt.NDArray[Any], name: str, field: str) -> npt.NDArray[Any]:
        """A feature of each of a group's things: (n, things)."""
        return self._part(observations, name)[..., self._index[f"{name}[0].{field}"]]

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
