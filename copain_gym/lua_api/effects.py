"""What calls of Lua functions do to the inputs that an emulator records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from copain_gym.bridge.history import NO_INPUTS, History, Past
from copain_gym.bridge.savestate import SaveState
from copain_gym.lua_api.library import Savestate

__all__ = ["is_harmless", "record_call"]

_HARMLESS_LIBRARIES = {
    *("bit", "cdlog", "debugger", "gui", "input", "ppu", "sound", "taseditor"),
    *("AND", "BIT", "OR", "SHIFT", "XOR"),
    *("addressof", "copytable", "gethash", "print", "tobitstring", "tostring"),
}
_CHANGES = {
    *("emu.addgamegenie", "emu.delgamegenie", "emu.exec_count", "emu.exec_time"),
    *("emu.frameadvance", "emu.loadrom", "emu.poweron", "emu.softreset"),
    *("joypad.set", "joypad.write", "zapper.set"),
    *("memory.legacywritebyte", "memory.setregister", "memory.writebyte", "rom.writebyte"),
    *("movie.close", "movie.load", "movie.play", "movie.playback", "movie.playbeginning"),
    *("movie.record", "movie.replay", "movie.save", "movie.stop"),
    *("savestate.load", "savestate.save"),
}
_LASTING = {
    *("emu.addgamegenie", "emu.delgamegenie", "emu.exec_count", "emu.exec_time"),
    *("memory.legacywritebyte", "rom.writebyte"),
}
"""Functions that still have an effect after a power-on or after a savestate was loaded."""

_KNOWN = {"emu", "joypad", "memory", "movie", "rom", "savestate", "zapper"}


def is_harmless(name: str) -> bool:
    """Whether a Lua function changes neither the machine nor the buttons of the next frame."""
    library = name.partition(".")[0]
    return library in _HARMLESS_LIBRARIES or (library in _KNOWN and name not in _CHANGES)


def record_call(
    history: History,
    name: str,
    arguments: Sequence[Any],
    state: Savestate | SaveState | None,
    *,
    in_callback: bool,
) -> None:
    """Record a call that was made.

    Args:
        history: what the emulator has played.
        name: name of the Lua function.
        arguments: its arguments, as they were sent.
        state: the savestate among the arguments; None if there is none, or it is not known.
        in_callback: whether the call was made in the middle of a frame.
    """
    if is_harmless(name):
        return
    if name == "savestate.save":
        if state is not None:
            state.past = Past(unknown=NO_INPUTS) if in_callback else history.past()
    elif name in _LASTING:
        history.never(f"the Lua function {name} was called")
    elif in_callback:
        history.forget(f"the Lua function {name} was called in a callback")
    elif name in ("emu.poweron", "emu.loadrom"):
        history.power_on()
    elif name == "emu.softreset":
        history.reset()
    elif name == "memory.writebyte":
        history.write(arguments[0], bytes([arguments[1]]))
    elif name == "savestate.load" and state is not None:
        history.load(state.past)
    elif name in ("joypad.set", "joypad.write"):
        history.set_pad(arguments[0], arguments[1])
    elif name == "emu.frameadvance":
        history.hold_set()
    else:
        history.forget(f"the Lua function {name} was called")
