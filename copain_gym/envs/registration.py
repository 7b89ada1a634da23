"""The environments' ids. They are registered when `copain_gym` is imported."""

from __future__ import annotations

import copy
import importlib
import os
from collections.abc import Iterable, Mapping
from typing import Any

import gymnasium

from copain_gym.games import Game, package_games
from copain_gym.games.files import load_game_file
from copain_gym.games.game import env_id
from copain_gym.games.registry import add_game, find_game, offered_games

__all__ = [
    "ANY_GAME",
    "PIXELS",
    "env_options",
    "game_of",
    "register_envs",
    "register_game",
    "without_module",
]

ANY_GAME = "copain/Nes-v0"
"""The environment of any game; the `game=` argument chooses it."""

PIXELS: Mapping[str, Any] = {"obs_type": "grayscale", "screen_size": (84, 84), "frame_skip": 4}
"""Options of the ids with `Pixels` in their name: observations as scripts for Atari expect them."""

_ENTRY_POINT = "copain_gym.envs.nes_env:NesEnv"
_VECTOR_ENTRY_POINT = "copain_gym.vector.nes_vector_env:NesVectorEnv"


def register_envs() -> None:
    """Register the environments of this package, and of the games that other packages offer.

    Other packages are not imported: the names of their entry points give the ids of their games.
    """
    for game in package_games():
        for name, options in _ids(game.title, game.name, game.training).items():
            _register(name, options)
    _register(ANY_GAME, {"game": ""})
    # The defaults of stable-retro's own environments. The caller must name the game.
    options = {"game": "", "obs_type": "rgb", "action_set": "multi_binary", "frame_skip": 1}
    _register("copain/Retro-v0", options)
    for name in offered_games():
        for new, options in _ids(name, name).items():
            _register(new, options)


def register_game(game: Game | str | os.PathLike[str], *, replace: bool = False) -> str:
    """Register a game under its name, together with environments for it.

    In this process, `gymnasium.make` and `make_vec` then accept the environment's id, and every
    `game=` argument accepts the game's name. There is also an id with `Pixels` before the version,
    for grey pictures of 84x84, and both for each of the game's sets of options to train with
    (`Game.training`).

    Args:
        game: a `Game`, or a Python file that defines `GAME`.
        replace: whether to replace another game with the same name or title.

    Returns:
        The environment's id: `copain/` and the title in CamelCase, such as `copain/MyGame-v0`.

    Raises:
        ValueError: another game already has that name or title.
    """
    if not isinstance(game, Game):
        game = load_game_file(game)
    ids = _ids(game.title, str(game.file or game.name), game.training)  # others can find a file
    for new, options in ids.items():
        known = gymnasium.registry.get(new)
        if known is not None and known.kwargs != options and not replace:
            raise ValueError(
                f"there is another environment {new}, an id that comes from the title "
                f"{game.title!r}; give the game another title, or pass replace=True"
            )
    add_game(game, replace=replace)
    for new, options in ids.items():
        gymnasium.registry.pop(new, None)
        _register(new, options)
    return game.env_id


def without_module(name: str) -> str:
    """The id of an environment without the module before a colon, which is imported.

    Args:
        name: an id as `gymnasium.make` takes it, such as `copain_gym:copain/Hirondelle-v0`.

    Raises:
        ValueError: there is no such module.
    """
    module, colon, rest = name.partition(":")
    if not colon:
        return name
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise ValueError(
            f"env_id is {name!r}, but the module {module!r} cannot be imported: {error}"
        ) from error
    return rest


def env_options(name: str) -> dict[str, Any]:
    """The options that an environment's id stands for.

    Raises:
        ValueError: this package has no such environment; the error lists the ones it has.
    """
    spec = gymnasium.registry.get(name)
    if spec is None or spec.entry_point != _ENTRY_POINT:
        known = [s.id for s in gymnasium.registry.values() if s.entry_point == _ENTRY_POINT]
        raise ValueError(f"env_id is {name!r}; allowed are {', '.join(known)}")
    return copy.deepcopy(spec.kwargs)


def game_of(name: str, options: dict[str, Any]) -> Game:
    """The game of an environment's id, with further options.

    Raises:
        ValueError: there is no such environment or game.
    """
    options = {**env_options(name), **options}
    return find_game(options["game"], scenario=options.get("scenario"))


def _ids(
    title: str, game: str, training: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, dict[str, Any]]:
    """The ids that a game has, each with its options: its own, those to train in, with pictures."""
    ids: dict[str, dict[str, Any]] = {}
    sets: Iterable[tuple[str, Mapping[str, Any]]] = [("", {}), *(training or {}).items()]
    for name, options in sets:
        ids[env_id(title, name)] = {"game": game, **options}
        ids[env_id(title, f"{name}Pixels")] = {"game": game, **options, **PIXELS}
    return ids


def _register(name: str, options: dict[str, Any]) -> None:
    if name not in gymnasium.registry:
        gymnasium.register(
            name,
            entry_point=_ENTRY_POINT,
            vector_entry_point=_VECTOR_ENTRY_POINT,
            kwargs=options,
        )
