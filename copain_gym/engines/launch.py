"""Starts an emulator process with its environment and private home; every start uses this."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from copain_gym.engines.engine import Engine, guessed_region
from copain_gym.engines.firmware import provide_firmware
from copain_gym.engines.home import Home
from copain_gym.engines.process import EmulatorProcess
from copain_gym.paths import lua_directory, native_directory

__all__ = ["launch"]


def launch(
    engine: Engine,
    rom: Path,
    home: Home,
    variables: Mapping[str, str],
    *,
    script: Path | None = None,
    options: Sequence[str] = (),
    region: str = "NTSC",
) -> EmulatorProcess:
    """Start an emulator that runs a game and a Lua script.

    Args:
        engine: the engine to start.
        rom: the ROM file.
        home: its private home. It is removed when the process ends, or when it cannot be started.
        variables: further environment variables, for instance the bridge's endpoint.
        script: the Lua script; None runs the bridge.
        options: further options for the emulator's command line.
        region: `NTSC`, `PAL` or `Dendy`, whatever the ROM or its name says.

    Raises:
        EmulatorNotFound: the executable cannot be started.
        RomError: a file of the user's that the game needs is missing.
        LimitError: a system limit does not allow another process.
    """
    lua = lua_directory()
    environment = {
        **engine.environment(home.path),
        "COPAIN_LUA_DIR": str(lua),
        "COPAIN_NATIVE_DIR": str(native_directory()),
        "COPAIN_OWNER_PID": str(os.getpid()),
        "COPAIN_HOME": str(home.path),
        "COPAIN_REGION": region,
        "COPAIN_POWER_ON": str(int(region != guessed_region(rom))),
        **variables,
    }
    with contextlib.suppress(FileNotFoundError):  # the current directory was deleted
        environment["COPAIN_CWD"] = str(Path.cwd())
    command = engine.command(rom, script or lua / "bridge.lua", options, region)
    try:
        provide_firmware(home.path, options)
        return EmulatorProcess(command, environment, home)
    except BaseException:
        home.remove()
        raise
