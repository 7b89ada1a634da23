"""`FromArguments`: environments that can be made again from their arguments.

This is how they are pickled, copied, and described by a spec in JSON.
"""

from __future__ import annotations

import copy
import enum
import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils import EzPickle

from copain_gym.envs.start import state_uri
from copain_gym.games import Game, find_game
from copain_gym.tas.states import GameState

__all__ = ["FromArguments", "plain"]

_Env = TypeVar("_Env", bound="FromArguments")

_SPACES = {
    f"{whose}{what}_space" for whose in ("", "single_") for what in ("action", "observation")
}


class FromArguments(EzPickle):
    """An environment that can be made again from the arguments given to `EzPickle.__init__`."""

    _spec: EnvSpec | None = None

    @property
    def spec(self) -> EnvSpec | None:
        """How Gymnasium makes this environment; None if Gymnasium did not make it.

        `gymnasium.make` and `make_vec` set it. Arguments that JSON cannot express are replaced by
        equivalent ones, so that `spec.to_json()` works: a path becomes a string, the bytes of a
        state become a `data:` URI, and a `Game` becomes its file or name.
        """
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        if spec is not None:
            spec = copy.copy(spec)
            spec.kwargs = plain(spec.kwargs)
        self._spec = spec

    def __getstate__(self) -> dict[str, Any]:
        return {**EzPickle.__getstate__(self), "_spec": self._spec}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # EzPickle would make another object and take its attributes. When Gymnasium 1.2 deletes a
        # pool, it closes it: that one's emulators, which are this one's.
        self.__init__(*state["_ezpickle_args"], **state["_ezpickle_kwargs"])  # type: ignore[misc]
        self._spec = state["_spec"]

    def _make_again(self: _Env, memo: dict[int, Any]) -> _Env:
        """A new environment with the same arguments, and copies of the spaces and added attributes.

        Args:
            memo: the memo of `copy.deepcopy`.
        """
        again = type(self)(*self._ezpickle_args, **self._ezpickle_kwargs)
        memo[id(self)] = again
        for name, value in vars(self).items():
            if name in _SPACES or name not in vars(again):
                setattr(again, name, copy.deepcopy(value, memo))
        return again


def plain(value: Any) -> Any:
    """An environment's argument in a form for JSON; unchanged where there is no such form."""
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, AbstractSet)):
        return [plain(entry) for entry in value]
    if isinstance(value, (bytes, bytearray, memoryview, GameState)):
        return state_uri(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Game):
        return _game_name(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    return value


def _game_name(game: Game) -> Any:
    """The file or the name by which a game can be found; else the game itself."""
    if game.file:
        return str(game.file)
    try:
        return game.name if find_game(game.name) is game else game
    except ValueError:
        return game
