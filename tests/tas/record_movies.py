"""Lets stock FCEUX record movies itself: `python -m tests.tas.record_movies [FOLDER] [NAME…]`.

The movies of `tests/tas/movies/` were made by it. FCEUX's own recorder writes all of them. Beside
each movie, `recordings.json` has the RAM that the recording run had after each frame, as CRC-32,
so a test can compare every frame of a replay with the recording itself.

Most recordings start FCEUX without a window and use its Lua function `movie.record`. The window is
needed for a light gun, because FCEUX for Linux takes it from the mouse only, and for the dialog
"Record Input Movie". This needs a display (Xvfb is enough) and xdotool.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copain_gym import Emulator
from copain_gym.paths import bundled_rom

from ..conftest import wait_until
from ..headless.conftest import assemble

FOLDER = Path(__file__).parent / "movies"
RAMS = "recordings.json"

_FROM_POWER_ON, _FROM_STATE, _FROM_SAVE_RAM = range(3)  # the second argument of movie.record
_MOVIE_CHUNK = 7  # of a savestate

Pads = Mapping[int, str]
Recording = Callable[[Path, Path], "Taken"]
"""Records into the first path, on the ROM of the second one."""


@dataclass
class Taken:
    """What a recording run had in RAM.

    Attributes:
        rams: frame of the movie → CRC-32 of the RAM after it.
        emulator: stock FCEUX, which records a movie.
    """

    rams: dict[int, int]
    emulator: Emulator | None = None

    def step(self, pads: Pads) -> None:
        """Step a frame and note its RAM."""
        assert self.emulator is not None
        ram = self.emulator.step(pads=pads)
        self.rams[self.emulator.frame_count] = zlib.crc32(ram.tobytes())

    def as_hex(self) -> str:
        """The hashes of all frames, 8 digits each."""
        assert list(self.rams) == list(range(1, len(self.rams) + 1)), list(self.rams)
        return "".join(f"{crc:08x}" for crc in self.rams.values())


def one_player(number: int) -> Pads:
    """Starts the game, then flies about and shoots."""
    if number < 60:
        return {1: "start" if number % 20 < 3 else ""}
    way = ("right", "up+right", "down", "left", "")[number // 17 % 5]
    return {1: "+".join(filter(None, (way, "A" if number % 9 < 5 else "", "B" * (number % 4 < 2))))}


def two_players(number: int) -> Pads:
    return {1: one_player(number)[1], 2: one_player(number * 7 % 191)[1]}


def four_players(number: int) -> Pads:
    return {pad: one_player(number * (2 * pad - 1) % 211)[1] for pad in (1, 2, 3, 4)}


# ---- without a window ----------------------------------------------------


def with_lua(
    save_type: int = _FROM_POWER_ON,
    *,
    pads: Callable[[int], Pads] = one_player,
    frames: int = 240,
    before: int = 0,
    events: Mapping[int, str] | None = None,
    options: tuple[str, ...] = (),
    region: Any = None,
    rerecord: bool = False,
    microphone: bool = False,
) -> Recording:
    """A recording by `movie.record`.

    Args:
        save_type: where it begins.
        pads: the buttons of each frame.
        frames: its length.
        before: frames that are played before it begins.
        events: `softreset` or `poweron` before these frames.
        options: FCEUX's options.
        region: region of the console.
        rerecord: whether a state is loaded in it, which replaces 20 frames.
        microphone: whether pad 2 has a microphone. FCEUX has no option for it, so a movie that
            says so is played first: what it connects stays connected.
    """

    def make(movie: Path, rom: Path) -> Taken:
        with Emulator(rom, engine="fceux", options=options, region=region) as emulator:
            if microphone:
                connecting = movie.with_suffix(".first")
                connecting.write_text("version 3\nmicrophone 1\nport0 1\nport1 1\nport2 0\n|0|||\n")
                emulator.lua.movie.play(connecting, True)
                emulator.lua.movie.stop()
                connecting.unlink()
            for number in range(before):
                emulator.step(pads=pads(number))
            emulator.lua.movie.record(movie, save_type, "copain-gym")
            taken = Taken({}, emulator)
            for number in range(frames):
                event = (events or {}).get(number)
                if event:
                    getattr(emulator, event)()
                taken.step(pads(number + before))
                if rerecord and number == frames // 2:
                    state = emulator.save_state()
                    for _ in range(20):
                        emulator.step("left+B")
                    emulator.load_state(state)
            emulator.lua.movie.stop()
            return taken

    return make


def binary(movie: Path, rom: Path) -> Taken:
    """A binary movie: FCEUX writes one into each savestate that it makes while it records."""
    with Emulator(rom, engine="fceux", options=("--fourscore", "1")) as emulator:
        text = movie.with_suffix(".text")
        emulator.lua.movie.record(text, _FROM_POWER_ON, "copain-gym")
        taken = Taken({}, emulator)
        for number in range(240):
            taken.step(four_players(number))
        state = movie.with_suffix(".state")
        emulator.run_lua(_WRITE_STATE, str(state))
        movie.write_bytes(movie_of_state(state.read_bytes()))
        emulator.lua.movie.stop()
        text.unlink()
        state.unlink()
        return taken


_WRITE_STATE = """
local state = savestate.create(...)
savestate.save(state)
savestate.persist(state)
"""


def movie_of_state(state: bytes) -> bytes:
    """The movie in an uncompressed savestate of FCEUX."""
    assert state[:4] == b"FCSX"
    assert state[12:16] == b"\xff\xff\xff\xff"
    at = 16
    while True:
        kind, size = state[at], int.from_bytes(state[at + 1 : at + 5], "little")
        if kind == _MOVIE_CHUNK:
            return state[at + 5 : at + 5 + size]
        at += 5 + size


# ---- with the window -----------------------------------------------------


def xdotool(*words: object) -> str:
    done = subprocess.run(["xdotool", *map(str, words)], check=True, capture_output=True, text=True)
    return done.stdout


def windows(pid: int, name: str) -> list[str]:
    words = ["xdotool", "search", "--all", "--onlyvisible", "--pid", str(pid), "--name", name]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()


def wait_for(condition: Callable[[], object], what: str) -> None:
    if not wait_until(lambda: bool(condition()), 20):
        raise TimeoutError(f"waited 20 s for {what}")


def wait_for_window(pid: int, name: str) -> str:
    wait_for(lambda: windows(pid, name), f"the window {name!r}")
    return windows(pid, name)[-1]


def zapper(movie: Path, rom: Path) -> Taken:
    """A light gun, moved and fired with the mouse."""
    with Emulator(rom, engine="fceux", window=True, options=("--input2", "Zapper.0")) as emulator:
        window = wait_for_window(emulator.pid, "FCEUX 2")
        emulator.lua.movie.record(movie, _FROM_POWER_ON, "copain-gym")
        taken = Taken({}, emulator)
        for number in range(200):
            if number % 5 == 0:
                x, y = 100 + number * 13 % 300, 120 + number * 7 % 300
                xdotool("mousemove", "--window", window, x, y)
            if number % 20 in (10, 14):
                xdotool("mousedown" if number % 20 == 10 else "mouseup", 1)
            taken.step(one_player(number))
        emulator.lua.movie.stop()
        return taken


def by_the_dialog(movie: Path, rom: Path) -> Taken:
    """Recorded by hand: menu Movie, Movie Record, and the dialog's own choices."""
    with Emulator(rom, engine="fceux", window=True) as emulator:
        window = wait_for_window(emulator.pid, "FCEUX 2")
        emulator.step(frames=30)
        xdotool("windowfocus", "--sync", window, "sleep", 1)
        # Three entries of the menu have the letter R; the first is chosen, Return takes it.
        xdotool("key", "alt+m", "sleep", 1, "key", "r", "sleep", 1, "key", "Return")
        wait_for_window(emulator.pid, "Record Input Movie")
        xdotool("sleep", 1, "key", "Return")  # while the dialog is open, FCEUX stands still
        wait_for(lambda: not windows(emulator.pid, "Record Input Movie"), "the dialog's end")
        wait_for(emulator.lua.movie.recording, "the recording")
        written = Path(emulator.lua.movie.getname())
        taken = Taken({}, emulator)
        for number in range(120):
            taken.step(one_player(number))
        emulator.lua.movie.stop()
        movie.write_bytes(written.read_bytes())
        return taken


# ---- all of them ---------------------------------------------------------

RECORDINGS: dict[str, tuple[str, Recording]] = {
    "power-on": ("hirondelle", with_lua()),
    "two-pads": ("ports", with_lua(pads=two_players)),
    "from-state": ("hirondelle", with_lua(_FROM_STATE, before=150)),
    "from-save-ram": ("battery", with_lua(_FROM_SAVE_RAM, before=100)),
    "rerecords": ("hirondelle", with_lua(rerecord=True)),
    "soft-reset": ("ports", with_lua(events={120: "softreset"})),
    "power": ("ports", with_lua(events={120: "poweron"})),
    "pal": ("hirondelle", with_lua(region="PAL")),
    "pal-from-state": ("hirondelle", with_lua(_FROM_STATE, before=150, region="PAL")),
    "new-ppu": ("ports", with_lua(options=("--newppu", "1"), frames=120)),
    "four-score": ("ports", with_lua(pads=four_players, options=("--fourscore", "1"))),
    "no-second-pad": ("ports", with_lua(options=("--input2", "None.0"), frames=120)),
    "microphone": ("ports", with_lua(pads=two_players, microphone=True, frames=120)),
    "ram-ones": ("ports", with_lua(options=("--ramInit", "1"), frames=120)),
    "ram-random": ("ports", with_lua(options=("--ramInit", "3"), frames=120)),
    "binary": ("ports", binary),
    "zapper": ("ports", zapper),
    "dialog": ("hirondelle", by_the_dialog),
}
"""Name of each movie: the ROM that it is for, and its recording. `ports` and `battery` are test
programs.
"""


def roms(folder: Path) -> dict[str, Path]:
    """The ROMs by name; the test programs are assembled into a folder."""
    return {
        "hirondelle": bundled_rom(),
        "ports": assemble("ports", folder / "ports.nes"),
        "battery": assemble("ports", folder / "battery.nes", BATTERY=1),
    }


def record(folder: Path, rom: Callable[[str], Path], names: list[str]) -> None:
    """Make some recordings, or all.

    Args:
        folder: where the movies and `recordings.json` are written; others there are kept.
        rom: the file of a ROM by its name in `RECORDINGS`.
        names: which; none means all.
    """
    folder.mkdir(exist_ok=True)
    file = folder / RAMS
    noted = json.loads(file.read_text()) if file.exists() else {}
    for name in names or RECORDINGS:
        game, make = RECORDINGS[name]
        movie = folder / f"{name}.fm2"
        movie.unlink(missing_ok=True)
        taken = make(movie.absolute(), rom(game))
        noted[name] = {"rom": game, "frames": len(taken.rams), "ram": taken.as_hex()}
        print(f"{name}: {len(taken.rams)} frames, {movie.stat().st_size} bytes", flush=True)
        ordered = {name: noted[name] for name in RECORDINGS if name in noted}
        file.write_text(json.dumps(ordered, indent=1) + "\n")


def rams(name: str, folder: Path = FOLDER) -> list[int]:
    """The CRC-32 of the RAM after each frame of a recording."""
    text = json.loads((folder / RAMS).read_text())[name]["ram"]
    return [int(text[at : at + 8], 16) for at in range(0, len(text), 8)]


def main() -> None:
    words = sys.argv[1:]
    folder = Path(words.pop(0)) if words and words[0] not in RECORDINGS else FOLDER
    with tempfile.TemporaryDirectory() as work:
        record(folder, roms(Path(work)).__getitem__, words)


if __name__ == "__main__":
    main()
