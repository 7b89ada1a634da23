"""The known games: the package's own, those that were registered, those of other packages.

Another package offers a game with an entry point of the group `copain_gym.games`. The entry point
has the name of the game, and its object is the `Game`:

    [project.entry-points."copain_gym.games"]
    bounce = "bounce_game:GAME"

The package is imported when its game is requested, or when all games are listed.
"""

from __future__ import annotations

import os
import warnings
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TypeAlias

from copain_gym.games.files import GAME_FILE, load_game_file
from copain_gym.games.game import Game, env_id
from copain_gym.games.gradius import GRADIUS
from copain_gym.games.hirondelle import HIRONDELLE
from copain_gym.games.retro.integration import find_integration, load_integration
from copain_gym.paths import expand_user

__all__ = [
    "ENTRY_POINTS",
    "GameLike",
    "add_game",
    "all_games",
    "find_game",
    "offered_games",
    "package_games",
    "problems",
]

GameLike: TypeAlias = "Game | str | os.PathLike[str]"
"""What `game=` takes: a `Game`, a name, a Python file that defines `GAME`, or a folder."""

ENTRY_POINTS = "copain_gym.games"
"""The group of entry points with which other packages offer games."""

_PACKAGE = (HIRONDELLE, GRADIUS)
_games: dict[str, Game] = {}  # by name


def package_games() -> tuple[Game, ...]:
    """The games of this package."""
    return _PACKAGE


def add_game(game: Game, *, replace: bool = False) -> Game:
    """Add a game under its name; `copain_gym.register_game` also registers an environment.

    Args:
        game: the game.
        replace: whether to replace another game of that name.

    Raises:
        ValueError: another game already has that name.
    """
    known = _games.get(game.name)
    taken = (known is not None and known is not game) or game.name in offered_games()
    if taken and not replace:
        raise ValueError(
            f"there is another game named {game.name!r}; give it another name, or pass replace=True"
        )
    _games[game.name] = game
    return game


@cache
def offered_games() -> dict[str, metadata.EntryPoint]:
    """The games that other packages offer, by name; none of them is imported."""
    points = {point.name: point for point in metadata.entry_points(group=ENTRY_POINTS)}
    for name in {game.name for game in _PACKAGE} & points.keys():
        warnings.warn(
            f"game {name!r} of {_package(points.pop(name))} is ignored: copain-gym has a game of "
            f"that name",
            UserWarning,
            stacklevel=2,
        )
    return points


def _package(point: metadata.EntryPoint) -> str:
    return point.dist.name if point.dist else "another package"


def all_games() -> dict[str, Game]:
    """All games by name. A game that cannot be imported is left out, with a warning."""
    for problem in problems():
        warnings.warn(problem, UserWarning, stacklevel=2)
    return dict(_games)


def problems() -> list[str]:
    """Import all games that other packages offer; returns the errors of those that fail."""
    found = []
    for name in offered_games():
        try:
            _offered(name)
        except ValueError as error:
            found.append(str(error))
    return found


def _offered(name: str) -> Game:
    """A game that another package offers."""
    if name in _games:
        return _games[name]
    point = offered_games()[name]
    try:
        game = point.load()
        if not isinstance(game, Game):
            raise TypeError(f"{point.value} is {game!r}; it must be a copain_gym.games.Game")
        if game.name != name:
            raise ValueError(f"its entry point is named {name!r}, the game {game.name!r}")
        if game.env_id != env_id(name):  # which is registered before the game is imported
            raise ValueError(
                f"its name {name!r} makes the id {env_id(name)}, its title {game.title!r} makes "
                f"{game.env_id}; both must make the same id"
            )
    except Exception as error:
        raise ValueError(
            f"game {name!r} of {_package(point)} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    _games[name] = game.set_origin(None, find_game, name)
    return game


def find_game(game: GameLike, *, scenario: str | None = None) -> Game:
    """The game that `game=` names.

    Args:
        game: a `Game`; the name of a registered game, or of one of stable-retro's NES
            integrations; a Python file that defines `GAME`; a folder with such a file named
            `game.py`, or with an integration.
        scenario: name of a scenario of the integration; None means `scenario`.

    Raises:
        ValueError: there is no such game, or a game without scenarios was given one.
    """
    found = _find(game)
    if isinstance(found, Path):
        return load_integration(found, scenario=scenario or "scenario")
    if scenario is not None:
        raise ValueError(f"scenario is {scenario!r}; {found.name} has none, allowed is None")
    return found


def _find(game: GameLike) -> Game | Path:
    """A game, or the folder of an integration."""
    if isinstance(game, Game):
        return game
    if not isinstance(game, (str, os.PathLike)):
        raise ValueError(f"game is {game!r}; allowed are a Game, a name, a file or a folder")
    if not os.fspath(game):
        raise ValueError(
            "no game was named; pass one of stable-retro's NES integrations, such as "
            'game="SuperMarioBros-Nes", a Python file that defines GAME, a folder, or one of '
            f"{_names()}"
        )
    if isinstance(game, str) and game in _games:
        return _games[game]
    if isinstance(game, str) and game in offered_games():
        return _offered(game)
    path = expand_user(game)
    if (path / GAME_FILE).is_file():
        return load_game_file(path / GAME_FILE)
    if path.suffix == ".py":
        return load_game_file(path)
    if path.is_file():
        raise ValueError(
            f"game is {str(game)!r}, a file; allowed are Python files that define GAME"
        )
    try:
        return find_integration(game)
    except ValueError as error:
        raise ValueError(f"{error}; registered games are {_names()}") from None


def _names() -> str:
    return ", ".join({**_games, **offered_games()})


for _game in _PACKAGE:
    _games[_game.name] = _game.set_origin(None, find_game, _game.name)
