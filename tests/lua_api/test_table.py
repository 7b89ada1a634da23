"""The table of Lua functions against the running emulator, and what is generated from it."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from copain_gym import Emulator
from copain_gym.lua_api.generate import CLASSES, outputs
from copain_gym.lua_api.signatures import parse

ROOT = Path(__file__).resolve().parents[2]


def lua_names(emulator: Emulator) -> set[str]:
    """What the emulator's Lua has beyond Lua 5.1's own names, noted before the bridge began."""
    (names,) = emulator._client.request("function_names")
    return {name.decode() for name in names}


def test_table_has_exactly_the_functions_of_the_running_emulator(emulator: Emulator) -> None:
    real = lua_names(emulator)
    of_fceu = {name.replace("FCEU.", "emu.") for name in real if name.startswith("FCEU.")}
    of_emu = {name for name in real if name.startswith("emu.")}
    assert of_fceu == of_emu  # an old name of the same library
    assert {f.lua_name for f in parse()} == {n for n in real if not n.startswith("FCEU.")}


def test_python_has_each_function(emulator: Emulator) -> None:
    for function in parse():
        owner = getattr(emulator.lua, function.library) if function.library else emulator.lua
        method = getattr(owner, function.name)
        assert inspect.getdoc(method)
    assert emulator.lua.FCEU is emulator.lua.emu


@pytest.mark.parametrize("path", sorted(outputs()), ids=str)
def test_generated_file_is_up_to_date(path: Path) -> None:
    assert (ROOT / path).read_text() == outputs()[path], "run python -m copain_gym.lua_api.generate"


def test_every_name_is_tested() -> None:
    rows = [line for line in (ROOT / "docs/lua-api.md").read_text().splitlines() if "| `" in line]
    assert len(rows) == len(parse())
    assert all("` | yes | " in row for row in rows)


def test_marked_functions_are_those_that_headless_refuses() -> None:
    source = (ROOT / "engine/driver/lua_api.cpp").read_text()
    listed = source[source.index("WINDOW_FUNCTIONS[]") :]
    listed = listed[: listed.index("};")]
    refused = {
        f"{library}.{name}"
        for library in CLASSES
        if library
        for name in listed.replace("{", " ").split(f'"{library}", "')[1:]
        for name in [name.split('"')[0]]
    }
    assert {f.lua_name for f in parse() if "window" in f.marks} == refused


MIDDLE = {  # a call with its middle arguments left at their defaults
    "gui.line": lambda lua: lua.gui.line(1, 2, 9, 2, skip_first=True),
    "gui.box": lambda lua: lua.gui.box(1, 2, 9, 9, outline="red"),
    "gui.text": lambda lua: lua.gui.text(1, 2, "A", background="red"),
    "input.popup": None,  # needs the window, see test_window.py
    "gui.popup": None,
    "memory.registerwrite": lambda lua: lua.memory.registerwrite(0x10, print),
    "memory.registerexec": lambda lua: lua.memory.registerexec(0x8000, print),
    "movie.play": None,  # these need a movie's path
    "movie.record": None,
    "zapper.set": lambda lua: lua.zapper.set(fire=True),
}


def test_defaults_in_the_middle_can_be_left_out(emulator: Emulator, tmp_path: Path) -> None:
    functions = [f for f in parse() if not f.alias_of]
    middle = {
        f.lua_name
        for f in functions
        for at, parameter in enumerate(f.parameters)
        if parameter.default and len(f.parameters) > at + 1
    }
    assert middle == set(MIDDLE)
    for call in filter(None, MIDDLE.values()):
        call(emulator.lua)
    assert emulator.lua.movie.record(tmp_path / "a.fm2", author="x")
    emulator.step(frames=3)
    emulator.lua.movie.stop()
    assert emulator.lua.movie.play(tmp_path / "a.fm2", pauseframe=2)
