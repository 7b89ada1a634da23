"""Games of stable-retro: its integration folders as `Game`s that FCEUX runs.

An integration is a folder with `data.json` (RAM variables), `scenario.json` (reward and end),
`metadata.json`, `rom.sha` and savestates of stable-retro's own emulator. All types and operators
that the NES integrations of stable-retro 1.0.1 use are supported; anything else raises an error
that names it.
"""

from __future__ import annotations

import difflib
import importlib.util
import json
import os
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial, reduce
from pathlib import Path
from typing import Any

import numpy as np

from copain_gym.buttons import BUTTON_NAMES
from copain_gym.errors import FileError
from copain_gym.files import check_name, is_name, read_file
from copain_gym.games.features import one_of_each
from copain_gym.games.game import Change, Game, GameRom, Predicate, StartStep
from copain_gym.games.retro.scripts import LuaScript
from copain_gym.games.retro.states import read_ram
from copain_gym.games.variables import RAM_SIZE, Decoder, Variable
from copain_gym.paths import expand_user

__all__ = ["find_integration", "integrations", "known_roms", "load_integration"]

_PACKAGES = ("stable_retro", "retro")
_SETS = ("stable", "experimental", "contrib")
_TYPE = re.compile(r"([<>|=])([uidn])([1-8])")
_MULTIBYTE = {"u": {2: "u16", 3: "u24", 4: "u32"}, "i": {2: "i16"}}
_SHA1 = re.compile(r"[0-9A-Fa-f]{40}")
_SRAM = (0x6000, 0x8000)  # the cartridge's RAM, which may also have variables
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "zero": lambda value, _: value == 0,
    "nonzero": lambda value, _: value != 0,
    "positive": lambda value, _: value > 0,
    "negative": lambda value, _: value < 0,
    "equal": lambda value, reference: value == reference,
    "not-equal": lambda value, reference: value != reference,
    "less-than": lambda value, reference: value < reference,
    "greater-than": lambda value, reference: value > reference,
    "less-or-equal": lambda value, reference: value <= reference,
    "greater-or-equal": lambda value, reference: value >= reference,
}
_LARGEST_SCRIPT = 1 << 18  # bytes
_LARGEST_TABLE = 4 << 20  # bytes of a JSON file


# ---- finding -----------------------------------------------------------


def integrations() -> dict[str, Path]:
    """The NES integrations of an installed stable-retro: name → folder."""
    found: dict[str, Path] = {}
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            for kind in _SETS:
                for folder in sorted(Path(place, "data", kind).glob("*-Nes*")):
                    if is_name(folder.name, title=True) and (folder / "data.json").is_file():
                        found.setdefault(folder.name, folder)
    return found


def find_integration(game: str | os.PathLike[str]) -> Path:
    """The folder of an integration.

    Args:
        game: its name, `SuperMarioBros-Nes` or `SuperMarioBros-Nes-v0`, or its folder. If several
            names differ only in the version, the stable integration is taken.

    Raises:
        ValueError: there is no integration of that name; the error lists similar names.
    """
    folder = expand_user(game)
    if (folder / "data.json").is_file():
        return folder.absolute()
    if folder.is_dir():
        raise ValueError(f"folder {folder} is not an integration: it has no data.json")
    known = integrations()
    if not known:
        raise ValueError(
            f"game is {str(game)!r}; stable-retro is not installed (`pip install stable-retro`), "
            f"so a folder with a data.json is needed"
        )
    wanted = str(game).lower()
    for name, place in known.items():
        if wanted in (name.lower(), name.lower().removesuffix("-v0")):
            return place
    like = difflib.get_close_matches(str(game), known, 5, 0.5)
    hint = f"; similar are {', '.join(like)}" if like else ""
    raise ValueError(
        f"game is {str(game)!r}; none of {len(known)} NES integrations has this name{hint}"
    )


@lru_cache(maxsize=1)
def known_roms() -> tuple[GameRom, ...]:
    """The ROMs of all NES integrations of an installed stable-retro."""
    return tuple(rom for folder in integrations().values() for rom in _roms(folder))


def _roms(folder: Path) -> tuple[GameRom, ...]:
    file = folder / "rom.sha"
    if not file.is_file():
        return ()
    return tuple(
        GameRom(folder.name, sha1.lower(), source="stable-retro")
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines()
        for sha1 in line.split()[:1]
        if _SHA1.fullmatch(sha1)
    )


# ---- loading -----------------------------------------------------------


def load_integration(game: str | os.PathLike[str], *, scenario: str = "scenario") -> Game:
    """Make a `Game` from an integration.

    The reward terms are `scenario`, the reward of `scenario.json`; `score`, if there is such a
    variable; `survival`; and the events. An episode ends when the scenario is done. If there is a
    variable `lives`, `terminate_on="life"` also ends it when `lives` falls.

    Args:
        game: see `find_integration`.
        scenario: name of the scenario file, with or without `.json`.

    Raises:
        ValueError: there is no such integration or scenario, or it uses something that is not
            supported.
    """
    folder = find_integration(game)
    check_name("the name of the integration", folder.name, title=True)
    check_name("the name of the scenario", scenario, title=True)
    try:
        made = _load(folder, scenario)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError) as error:
        raise ValueError(f"integration {folder} is malformed: {error}") from error
    except ValueError as error:
        if folder.name in str(error):
            raise
        raise ValueError(f"integration {folder}: {error}") from error
    return made.set_origin(None, partial(load_integration, scenario=scenario), str(folder))


def _load(folder: Path, scenario: str) -> Game:
    variables = _variables(folder)
    rules = _read(folder / f"{scenario.removesuffix('.json')}.json", missing={})
    unknown = set(rules) - {"reward", "done", "actions", "crop", "scripts"}
    if unknown:
        raise _not_known(folder, "scenario key", sorted(unknown)[0])
    names = {v.name for v in variables}
    events: dict[str, Change] = {"done": _done(rules.get("done", {}), names, folder)}
    endings: dict[str, tuple[str, ...]] = {"game_over": ("done",)}
    if "lives" in names:
        events["life_lost"] = _life_lost
        endings["life"] = ("life_lost", "done")
    reward = rules.get("reward", {})
    rewards: dict[str, Change] = {"survival": lambda before, after: 1}
    if "score" in names:
        rewards["score"] = _score
    scripts: dict[str, Callable[[], Callable[[Mapping[str, Any]], float]]] = {}
    if "script" in reward:
        scripts["scenario"] = _scripted(folder, reward["script"], rules.get("scripts", ()))
    else:
        rewards["scenario"] = _reward(reward, names, folder)
    return Game(
        name=re.sub(r"[^A-Za-z0-9._-]+", "-", folder.name).lstrip("-._"),
        title=re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", folder.name.split("-Nes")[0]),
        description=f"stable-retro's integration {folder.name}.",
        variables=variables,
        actions=_actions(rules.get("actions")),
        buttons=BUTTON_NAMES,
        predicates={"playing": _playing(folder, variables, events["done"])},
        events=events,
        rewards=rewards,
        endings=endings,
        scripts=scripts,
        features=one_of_each(variables),
        # If no savestate can be used, START is pressed until play seems to have begun.
        start=(StartStep(lambda v: True, "start", 6, 114),),
        start_frames=2400,
        start_wait=180,
        players=2,
        roms=_roms(folder),
        rom_files=(str(folder / "rom.nes"),),
        memory=_memory(variables),
        folder=str(folder),
        default_state=_default_state(folder),
    )


def _read(file: Path, missing: Any = None) -> Any:
    if not file.is_file():
        if missing is not None and file.name in ("scenario.json", "metadata.json"):
            return missing
        scenarios = ", ".join(sorted(f.stem for f in file.parent.glob("scenario*.json")))
        raise ValueError(f"{file} does not exist; scenarios are {scenarios or 'none'}")
    try:
        return json.loads(read_file(file, _LARGEST_TABLE).decode())
    except FileError as error:
        raise ValueError(f"{file} cannot be read: {error}") from error
    except (RecursionError, ValueError) as error:
        raise ValueError(f"{file} is not valid JSON: {error}") from error


def _number(folder: Path, what: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _not_known(folder, what, value)
    return float(value)


def _not_known(folder: Path, what: str, value: object) -> ValueError:
    return ValueError(f"integration {folder.name}: {what} {value!r} is not known")


def _variables(folder: Path) -> tuple[Variable, ...]:
    table = _read(folder / "data.json").get("info", {})
    return tuple(_variable(folder, name, entry) for name, entry in table.items())


def _variable(folder: Path, name: str, entry: Mapping[str, Any]) -> Variable:
    match = _TYPE.fullmatch(str(entry.get("type", "")))
    unknown = sorted(set(entry) - {"address", "type", "mask"})
    if match is None or unknown:
        what = unknown[0] if unknown else entry.get("type")
        raise _not_known(folder, f"variable {name!r}: type or key", what)
    order, kind, size = match[1], match[2], int(match[3])
    big = "be" if order == ">" else ""
    address = int(entry["address"])
    last = address + size - 1
    if not (0 <= address <= last < RAM_SIZE or _SRAM[0] <= address <= last < _SRAM[1]):
        raise _not_known(folder, f"variable {name!r}: address", hex(address))
    if kind in "dn":
        return Variable(name, address, {"d": "bcd", "n": "digits"}[kind] + big, size=size)
    if size == 1:
        mask = int(entry.get("mask", 0xFF))
        if not 0 < mask <= 0xFF:
            raise _not_known(folder, f"variable {name!r}: mask", entry["mask"])
        # stable-retro leaves masked bits where they are, and takes them as unsigned.
        scale = mask & -mask
        kind = "u" if mask != 0xFF else kind
        return Variable(name, address, f"{kind}8", mask=mask, scale=scale)
    if size not in _MULTIBYTE[kind] or "mask" in entry:
        raise _not_known(folder, f"variable {name!r}: type", entry["type"])
    return Variable(name, address, _MULTIBYTE[kind][size] + big)


def _memory(variables: tuple[Variable, ...]) -> tuple[tuple[int, int], ...]:
    """The part of the cartridge's RAM that the variables need."""
    ends = [(v.address, v.address + v.bytes) for v in variables if v.address >= RAM_SIZE]
    if not ends:
        return ()
    first = min(start for start, _ in ends)
    return ((first, max(end for _, end in ends) - first),)


def _playing(folder: Path, variables: tuple[Variable, ...], done: Change) -> Predicate:
    """Play seems to have begun: it is not done, and `lives` is the same as in the savestates."""
    target = None
    files = sorted(folder.glob("*.state"))
    if files and any(v.name == "lives" and v.address < RAM_SIZE for v in variables):
        ram = np.frombuffer(read_ram(files[0]), np.uint8)
        lives = Decoder([v for v in variables if v.name == "lives"])
        target = lives(ram)["lives"]

    def playing(v: Mapping[str, Any]) -> Any:
        begun = np.logical_not(done(v, v))
        return begun if target is None else begun & (v["lives"] == target)

    playing.__doc__ = _playing.__doc__
    return playing


# ---- scenario ----------------------------------------------------------


def _measure(
    folder: Path, name: str, names: set[str], rule: Mapping[str, Any], default: str
) -> Change:
    kind = rule.get("measurement", default)
    if name not in names:
        raise _not_known(folder, "variable", name)
    if kind == "delta":
        return lambda before, after: after[name] - before[name]
    if kind == "absolute":
        return lambda before, after: after[name]
    raise _not_known(folder, f"variable {name!r}: measurement", kind)


def _operator(folder: Path, rule: Mapping[str, Any]) -> Callable[[Any], Any]:
    name = rule["op"]
    if name not in _OPERATORS:
        raise _not_known(folder, "operator", name)
    function = _OPERATORS[name]
    reference = _number(folder, "reference", rule.get("reference", 0))
    return lambda value: function(value, reference)


def _reward(reward: Mapping[str, Any], names: set[str], folder: Path) -> Change:
    """The sum of the rewards for the changes of variables."""
    unknown = set(reward) - {"variables", "script"}
    if unknown:
        raise _not_known(folder, "key of the reward", sorted(unknown)[0])
    terms: list[Change] = []
    for name, rule in reward.get("variables", {}).items():
        measure = _measure(folder, name, names, rule, "delta")
        gain, loss = (
            _number(folder, f"{key} of {name!r}", rule.get(key, 0.0))
            for key in ("reward", "penalty")
        )
        terms.append(_term(measure, gain, loss, _operator(folder, rule) if "op" in rule else None))

    def total(before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
        return reduce(lambda sum_, term: sum_ + term(before, after), terms, 0.0)

    total.__doc__ = "The reward of the integration's scenario."
    return total


def _term(
    measure: Change, gain: float, loss: float, condition: Callable[[Any], Any] | None
) -> Change:
    if condition is not None:
        return lambda before, after: gain * condition(measure(before, after))

    def term(before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
        value = measure(before, after)
        return gain * np.maximum(value, 0) + loss * np.minimum(value, 0)

    return term


def _done(done: Mapping[str, Any], names: set[str], folder: Path) -> Change:
    unknown = set(done) - {"condition", "variables", "nodes"}
    if unknown:
        raise _not_known(folder, "key of done", sorted(unknown)[0])
    condition = done.get("condition", "any")
    if condition not in ("any", "all"):
        raise _not_known(folder, "condition", condition)
    parts: list[Change] = []
    for name, rule in done.get("variables", {}).items():
        measure = _measure(folder, name, names, rule, "absolute")
        parts.append(_check(_operator(folder, rule), measure))
    parts += [_done(node, names, folder) for node in done.get("nodes", {}).values()]
    combine = np.logical_and if condition == "all" else np.logical_or

    def is_done(before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
        return reduce(combine, (part(before, after) for part in parts), condition == "all")

    is_done.__doc__ = "The integration's scenario is done."
    return is_done


def _check(condition: Callable[[Any], Any], measure: Change) -> Change:
    return lambda before, after: condition(measure(before, after))


def _life_lost(before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
    """The variable `lives` fell."""
    return after["lives"] < before["lives"]


def _score(before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
    """Increase of the variable `score`."""
    return np.maximum(after["score"] - before["score"], 0)


def _scripted(
    folder: Path, entry: str, scripts: list[str] | tuple[str, ...]
) -> Callable[[], Callable[[Mapping[str, Any]], float]]:
    language, _, function = entry.partition(":")
    if language != "lua":
        raise _not_known(folder, "script", entry)
    source = "\n".join(_script(folder, name) for name in scripts)
    name = f"{folder.name}'s script {' and '.join(str(folder / name) for name in scripts)}"
    LuaScript(source, name)  # errors now, not in the first episode

    def begin() -> Callable[[Mapping[str, Any]], float]:
        script = LuaScript(source, name)

        def reward(values: Mapping[str, Any]) -> float:
            script.data = values
            return script.call_for_number(function)

        return reward

    return begin


def _script(folder: Path, name: object) -> str:
    file = folder / check_name(f"integration {folder.name}: the name of a script", name, title=True)
    try:
        return read_file(file, _LARGEST_SCRIPT).decode()
    except (FileError, ValueError) as error:
        raise ValueError(f"{file} cannot be read: {error}") from None


def _default_state(folder: Path) -> str:
    name = _read(folder / "metadata.json", missing={}).get("default_state") or ""
    what = f"integration {folder.name}: the name of the default state"
    return check_name(what, name, title=True) if name else ""


def _actions(groups: list[list[list[str]]] | None) -> dict[str, tuple[str, ...]]:
    """`full` has all combinations that the scenario or the console allows, as in stable-retro."""
    groups = groups or [
        [[], ["UP"], ["DOWN"]],
        [[], ["LEFT"], ["RIGHT"]],
        [[], ["A"], ["B"], ["A", "B"]],
    ]
    full = [""]
    for group in groups:
        full = ["+".join(filter(None, (held, *add))) for add in group for held in full]
    directions = ("", "up", "down", "left", "right")
    simple = [f"{d}+{b}".strip("+") for b in ("", "A", "B") for d in directions]
    return {"simple": tuple(simple), "full": tuple(full)}
