"""Generates a page of documentation for each game from its table.

`python -m copain_gym.games.docs` writes the pages of the package's games into docs/games of a
checkout. `python -m copain_gym.games.docs FOLDER GAME…` writes the pages of other games; GAME is a
value of `game=`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from copain_gym.games import find_game, package_games
from copain_gym.games.game import Game, env_id
from copain_gym.games.variables import Variable

__all__ = ["page", "write_pages"]


def page(game: Game) -> str:
    """Return the page of a game as Markdown."""
    lines = [
        f"# {game.title}",
        "",
        "<!-- Made by `python -m copain_gym.games.docs` from the game's table; do not edit. -->",
        "",
        game.description,
        "",
        f"Environment: `{game.env_id}`. Players: {game.players}.",
        "",
        *_training(game),
        *([game.notes, ""] if game.notes else []),
    ]
    if game.roms:
        lines += ["## ROM", "", *_roms(game), ""]
    lines += ["## Variables", "", "`info` has them under these names.", "", *_variables(game), ""]
    lines += ["## Features", "", *_features(game), ""]
    lines += ["## Actions", "", *_actions(game), ""]
    lines += ["## Rewards", "", "Terms for `reward=`:", "", *_functions(game.rewards.items()), ""]
    lines += [
        "## Events",
        "",
        "`info` has them: true in the step in which they happen. They are also reward terms:",
        "",
        *_functions(game.events.items()),
        "",
        *(
            f'- `terminate_on="{name}"` ends an episode at {_listed(events)}.'
            for name, events in game.endings.items()
            if events
        ),
        "",
        "## Predicates",
        "",
        "For `Game.is_(name, ram)`:",
        "",
        *_functions(game.predicates.items()),
        "",
    ]
    lines += ["## Starts", "", *_starts(game), ""]
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(row)} |" for row in cells),
    ]


def _roms(game: Game) -> list[str]:
    rows = [
        (r.name, f"`{r.sha1}`", f"`{r.md5}`", f"`{r.crc32}`", r.size, r.source) for r in game.roms
    ]
    return [
        "The hashes are those of the content without the header.",
        "",
        *_table(("release", "SHA-1", "MD5", "CRC-32", "bytes", "source"), rows),
    ]


def _training(game: Game) -> list[str]:
    if not game.training:
        return []
    rows = [
        (f"`{env_id(game.title, name)}`", ", ".join(f"`{k}={v!r}`" for k, v in options.items()))
        for name, options in game.training.items()
    ]
    return [
        "Environments to train in, which need no options:",
        "",
        *_table(("id", "its options"), rows),
        "",
        f"`{env_id(game.title, 'Pixels')}` and, for each of them, an id with `Pixels` before `-v0` "
        f"have grey pictures of 84x84 as observations.",
        "",
    ]


def _variables(game: Game) -> list[str]:
    head = ("name", "address", "type", "meaning", "unit", "source")
    return _table(head, [_variable(v) for v in game.variables])


def _variable(v: Variable) -> tuple[str, ...]:
    kind = v.type if not v.type.startswith(("bcd", "digits")) else f"{v.type}, {v.size} bytes"
    if v.scale != 1:
        kind += f", times {v.scale}"
    if v.mask != 0xFF:
        kind += f", mask ${v.mask:02X}"
    address = f"${v.address:04X}"
    if v.count:
        last = v.address + (v.count - 1) * v.stride
        address += f" to ${last:04X}"
        kind += f", {v.count} of them" + (f", every {v.stride}" if v.stride > 1 else "")
    return f"`{v.name}`", address, kind, v.meaning, v.unit, v.source


def _features(game: Game) -> list[str]:
    table = game.feature_table
    lines = [
        f'`obs_type="features"` is a vector of {table.size} numbers in [-1, 1]. '
        f'`obs_type="dict"` has the same numbers by group:',
        "",
    ]
    groups = [
        (f"`{name}`", f"{part.start} to {part.stop - 1}", _shape(shape))
        for name, (part, shape) in table.parts.items()
    ]
    lines += [*_table(("group", "index", "shape"), groups), "", "By index:", ""]
    rows = [
        (k, f"`{name}`", meaning)
        for k, (name, meaning) in enumerate(zip(table.names, table.meanings, strict=True))
    ]
    return [*lines, *_table(("index", "name", "meaning"), rows)]


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) + (" (flattened)" if len(shape) > 1 else "")


def _actions(game: Game) -> list[str]:
    lines = []
    for name, actions in game.actions.items():
        held = ", ".join(f"{k} `{a or 'nothing'}`" for k, a in enumerate(actions))
        lines.append(f"- `{name}`, `Discrete({len(actions)})`: {held}.")
    buttons = ", ".join(f"`{b}`" for b in game.buttons)
    lines.append(
        f"- `multi_binary`, `MultiBinary({len(game.buttons)})` for each player: {buttons}."
    )
    return lines


def _functions(functions: Iterable[tuple[str, Callable[..., Any]]]) -> list[str]:
    return [f"- `{name}`: {inspect.getdoc(f) or ''}" for name, f in functions]


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _starts(game: Game) -> list[str]:
    buttons = " and ".join(
        dict.fromkeys(rule.buttons.upper() for rule in game.start if not rule.players)
    )
    how = f"reached with {buttons} from power-on" if buttons else "from power-on"
    lines = [f"- `start`: the start of play, {how}."]
    rule = game.stage_start
    if rule:
        tried = "" if rule.verified else " This was not tried on the cartridge."
        lines.append(
            f"- `stage1` to `stage{rule.stages}`, each also with `/checkpoint1` to "
            f"`/checkpoint{rule.checkpoints}`: a stage, or a checkpoint in it. Both count from 1 "
            f"here, and from 0 in RAM. They are written into RAM (${rule.stage:04X}, "
            f"${rule.checkpoint:04X}) before the stage begins, so a movie cannot hold such an "
            f"episode.{tried}"
        )
    return lines


def write_pages(folder: Path, games: Iterable[Game] | None = None) -> list[Path]:
    """Write the pages of games into a folder.

    Args:
        folder: the folder.
        games: the games; None means the package's own.

    Returns:
        The files that were written.
    """
    written = []
    for game in package_games() if games is None else games:
        file = folder / f"{game.name}.md"
        file.write_text(page(game), encoding="utf-8")
        written.append(file)
    return written


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/games")
    for path in write_pages(target, [find_game(name) for name in sys.argv[2:]] or None):
        print(path)
