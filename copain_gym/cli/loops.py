"""Options that `copain random` and `copain brute-force` share: those of their emulators."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copain_gym.engines.engine import EngineName
from copain_gym.games import find_game
from copain_gym.roms.store import resolve_rom
from copain_gym.search.run import CopainRun, Runner, SpeedMode

__all__ = ["LoopOptions", "make_run"]


@dataclass(kw_only=True)
class LoopOptions:
    """Options of a loop over several emulators."""

    game: str = "hirondelle"
    """Game to play: a name, a Python file that defines `GAME`, or a folder."""
    rom: Path | None = None
    """ROM file. By default the game's."""
    rom_md5: str | None = None
    """MD5 that the ROM must have, without its header."""
    runners: int = 1
    """Number of emulators."""
    concurrent: bool = True
    """Run the emulators at the same time."""
    display: bool = False
    """Show the first emulator in a window."""
    sound: bool = False
    """Enable sound for the window."""
    speedmode: SpeedMode | None = None
    """Speed of the window. By default maximum with one emulator, else normal."""
    render_sprites: bool = True
    """Draw sprites in the window."""
    render_background: bool = True
    """Draw the background in the window."""
    game_genie: bool = False
    """Start the emulator in the window with its Game Genie."""
    engine: EngineName | None = None
    """Engine of the emulators without a window. By default COPAIN_ENGINE, else auto."""
    fceux: Path | None = None
    """FCEUX's executable. By default COPAIN_FCEUX, else the installed one."""
    tmp_folder: Path | None = None
    """Folder for the emulators' private files. By default COPAIN_TMPDIR, else one in memory."""


def make_run(options: LoopOptions, loop: Callable[[Runner], Any], agent: Any = None) -> CopainRun:
    """Make the `CopainRun` that the options describe."""
    if options.fceux:
        os.environ["COPAIN_FCEUX"] = str(options.fceux)
    if options.tmp_folder:
        os.environ["COPAIN_TMPDIR"] = str(options.tmp_folder)
    return CopainRun(
        loop,
        rom=resolve_rom(find_game(options.game), options.rom),
        rom_md5=options.rom_md5,
        num_runners=options.runners,
        display=options.display,
        engine=options.engine,
        concurrent=options.concurrent,
        agent=agent,
        speedmode=options.speedmode,
        render_sprites=options.render_sprites,
        render_background=options.render_background,
        sound=options.sound,
        options=("--gamegenie", "1") if options.game_genie else (),
    )
