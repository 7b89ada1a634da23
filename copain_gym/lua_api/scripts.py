"""The user's own Lua code in the emulator: chunks, and scripts that run beside the bridge."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copain_gym.bridge.replies import shown
from copain_gym.lua_api.values import from_lua

if TYPE_CHECKING:
    from copain_gym.bridge.client import Client

__all__ = ["LuaScript", "load_script", "run_chunk"]


def run_chunk(client: Client, source: str, arguments: tuple[object, ...]) -> Any:
    """Run a chunk; see `Emulator.run_lua`."""
    if not isinstance(source, str):
        raise TypeError(f"source is {type(source).__name__}; Lua source is a str")
    try:
        results = from_lua(client.request("run_lua", source, "run_lua", *arguments))
    except RecursionError:
        raise client.malformed("run_lua with lists within lists, too deep to read") from None
    if len(results) < 2:
        return results[0] if results else None
    return tuple(results)


def load_script(
    client: Client, path: str | os.PathLike[str], arguments: tuple[object, ...]
) -> LuaScript:
    """Load a script; see `Emulator.load_lua`."""
    path = Path(path)
    source = path.read_text(errors="surrogateescape")
    if source.startswith("#"):  # as Lua's own loader does
        source = "--" + source
    encoded = source.encode(errors="surrogateescape")
    folder = str(path.absolute().parent)
    results = client.request("script_load", encoded, path.name, folder, *arguments)
    if len(results) != 2 or type(results[0]) is not int:
        raise client.malformed(f"script_load with {shown(results)}")
    return LuaScript(client, results[0], path)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


class LuaScript:
    """A Lua script that runs beside the bridge, one turn per frame. Made by `Emulator.load_lua`.

    Callbacks that it registered stay registered after its last line has run.

    Attributes:
        path: file of the script.
    """

    def __init__(self, client: Client, number: int, path: Path) -> None:
        self._client = client
        self._number = number
        self.path = path

    @property
    def running(self) -> bool:
        """Whether the script has not reached its end."""
        return bool(self._client.ask(_is_bool, "script_running", self._number))

    def stop(self) -> None:
        """Stop running the script. Callbacks that it registered stay registered."""
        self._client.request("script_stop", self._number)
