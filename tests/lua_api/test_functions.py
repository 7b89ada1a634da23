"""Every function of FCEUX's Lua, under each of its names, in a real emulator.

Those that need the window are called in test_window.py as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from copain_gym import Emulator, LuaError
from copain_gym.lua_api.signatures import Function, parse

from .checks import CHECKS

FUNCTIONS = parse()
POPUPS = ("gui.popup", "input.popup")  # refused without a window


def first_name(function: Function) -> str:
    name = function.alias_of or function.name
    return f"{function.library}.{name}" if function.library else name


class Kept:
    """An emulator that serves many tests, until one ends it."""

    def __init__(self) -> None:
        self.emulator: Emulator | None = None

    def get(self, engine: str) -> Emulator:
        if self.emulator is not None and (self.emulator.closed or self.emulator.engine != engine):
            self.emulator.close()
            self.emulator = None
        if self.emulator is None:
            self.emulator = Emulator(engine=engine)
        if self.emulator.lua.movie.active():
            self.emulator.lua.movie.stop()
        self.emulator.poweron()
        return self.emulator


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    keeper = Kept()
    yield keeper
    if keeper.emulator is not None:
        keeper.emulator.close()


def test_every_function_has_a_check() -> None:
    assert {first_name(f) for f in FUNCTIONS} - set(POPUPS) == set(CHECKS)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.lua_name)
def test_function(function: Function, kept: Kept, engine: str, tmp_path: Path) -> None:
    emulator = kept.get(engine)
    owner = getattr(emulator.lua, function.library) if function.library else emulator.lua
    call = getattr(owner, function.name)
    if function.lua_name in POPUPS:
        with pytest.raises(LuaError, match="needs FCEUX's window"):
            call("A question")
    elif engine == "headless" and "window" in function.marks:
        with pytest.raises(LuaError, match="needs FCEUX's window"):
            CHECKS[first_name(function)](call, emulator, tmp_path)
    else:
        CHECKS[first_name(function)](call, emulator, tmp_path)
