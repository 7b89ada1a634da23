"""Writes what a search has found as the start of a game's file, see docs/adding-a-game.md."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from copain_gym.errors import RamSearchError
from copain_gym.games.variables import TYPES, Variable
from copain_gym.ram.saved import SavedSearch
from copain_gym.ram.search import RamSearch
from copain_gym.ram.trace import Trace
from copain_gym.roms.rom import Rom

__all__ = ["MOST_CANDIDATES", "game_file"]

MOST_CANDIDATES = 16
"""Candidates of one variable that a game's file can have."""

_HEAD = '''"""{title}: a first table of its RAM.

The variables were found by what happened in a movie. Correct what is wrong. The page "Adding a
game" of copain-gym's documentation says what else a game can have.
"""

{numpy}from copain_gym.games import Game, {parts}

{functions}
GAME = Game(
    name={name},
    title={title_text},
    roms=(GameRom({rom_name}, sha1="{sha1}"),),
    rom_files=({rom_file},),
    variables=(
{variables}    ),
    actions={{"simple": ("", "start", "A", "B", "up", "down", "left", "right")}},
{start}'''

_SCORE = '''
def score(before, after):
    """Points gained in the step."""
    return np.maximum(after["score"] - before["score"], 0)

'''
_PROGRESS = '''
def progress(before, after):
    """By how much a variable grew in the step."""
    return after["{first}"] - before["{first}"]

'''
_LIFE_LOST = '''
def life_lost(before, after):
    """A life was lost in the step."""
    return after["lives"] < before["lives"]

'''

_WITH_LIVES = """\
    # While there are no lives, START is pressed. Episodes begin when there are some. In some games,
    # 0 is the last life; change the rules then.
    start=(StartStep(when=lambda v: v["lives"] <= 0, buttons="start"),),
    predicates={{
        "playing": lambda v: v["lives"] > 0,
        "dead": lambda v: v["lives"] <= 0,
    }},
    rewards={{"{reward}": {reward}}},
    events={{
        "life_lost": life_lost,
        "game_over": lambda before, after: (before["lives"] > 0) & (after["lives"] <= 0),
    }},
    endings={{"game_over": ("game_over",), "life": ("life_lost",)}},
)
"""
_WITHOUT_LIVES = """\
    # Episodes begin when `playing` is true. Say here how the title screen differs from play, and
    # let `start` press START until then.
    predicates={{"playing": lambda v: v["{first}"] >= {least}}},
    rewards={{"{reward}": {reward}}},
)
"""


def game_file(searches: Mapping[str, SavedSearch], trace: Trace, rom: Rom, path: str | Path) -> str:
    """The text of a game's file.

    It presses START until there are lives, if a variable `lives` was found that is 0 at first.
    Otherwise, episodes begin at power-on.

    Args:
        searches: what is left of each search, by the name of the variable.
        trace: the frames of a movie.
        rom: the ROM.
        path: the file, for the name of the game and the way to the ROM.

    Raises:
        RamSearchError: a variable has no candidate, or too many.
    """
    path = Path(path).absolute()
    variables: dict[str, Variable] = {}
    lines = []
    for name, search in searches.items():
        count = len(search.candidates)
        if not 1 <= count <= MOST_CANDIDATES:
            raise RamSearchError(
                f"{count} candidates of {name!r} are left; a game's file can have 1 to "
                f"{MOST_CANDIDATES} of a variable"
            )
        lines.append(f"        # {'; '.join(search.conditions) or 'no condition'}\n")
        for number, candidate in enumerate(search.candidates, 1):
            if name == "lives" and candidate.type == "u8":
                candidate = candidate._replace(type="i8")  # many games count down to -1
            own = name if number == 1 else f"{name}_{number}"
            if own in variables:
                raise RamSearchError(f"there are two variables {own!r}; rename one of them")
            variables[own] = candidate.variable(own)
            lines.append(f"        {_declaration(variables[own])}\n")
    has_score = "score" in searches
    has_lives = "lives" in searches and _counts_lives(searches["lives"], trace)
    first = next(iter(variables))
    words = {
        "first": first,
        "least": variables[first].range[0],
        "reward": "score" if has_score else "progress",
    }
    functions = _SCORE if has_score else _PROGRESS.format(**words)
    parts = ["GameRom", *(["StartStep"] if has_lives else []), "Variable"]
    text = _HEAD.format(
        title=rom.path.stem.replace('"""', "'''").replace("\\", "/"),
        title_text=_quoted(rom.path.stem),
        name=_quoted(re.sub(r"[^A-Za-z0-9._-]", "-", path.stem)),
        numpy="import numpy as np\n\n" if has_score else "",
        parts=", ".join(parts),
        functions=functions + (_LIFE_LOST if has_lives else ""),
        rom_name=_quoted(rom.path.stem),
        sha1=rom.sha1,
        rom_file=_quoted(_way(rom.path.absolute(), path)),
        variables="".join(lines),
        start=(_WITH_LIVES if has_lives else _WITHOUT_LIVES).format(**words),
    )
    return text


def _declaration(variable: Variable) -> str:
    kind = f', "{variable.type}"' if variable.type != "u8" else ""
    size = f", size={variable.size}" if TYPES[variable.type] is None else ""
    return f'Variable("{variable.name}", 0x{variable.address:04X}{kind}{size}),'


def _counts_lives(search: SavedSearch, trace: Trace) -> bool:
    """Whether a variable is 0 at power-on, and more later."""
    if len(search.candidates) != 1:
        return False
    values = RamSearch(trace).values(search.candidates[0])
    return trace.first == 1 and bool(values[0] == 0) and bool(values.max() > 0)


def _way(rom: Path, file: Path) -> str:
    """The ROM's path: its name if it is beside the file, so that both can be moved."""
    return rom.name if rom.parent == file.parent else str(rom)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
