"""Hirondelle's sound driver in real FCEUX: what reaches the APU is what the tunes say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from copain_gym import Emulator
from tests.conftest import ENGINES

GAME = Path(__file__).parents[2] / "homebrew" / "hirondelle"
sys.path.insert(0, str(GAME / "tools"))

import music  # noqa: E402
from music_source import (  # noqa: E402
    CHANNELS,
    Envelope,
    Sound,
    Tune,
    events,
    period,
    read_sound,
    volume_register,
)

TUNES = ["TITLE", "STAGE1", "STAGE2", "STAGE3", "BOSS", "ENDING", "GAME_OVER", "STAGE_CLEAR"]
SHORT, LONG = 700, 1400  # frames that are compared; BOSS repeats after 1280
REQUEST = 200  # frames of one request
READ_AHEAD = 5  # frames between music_play and the first note
NONE = 0xFF
DRIVER_RAM = {*range(0xE0, 0xF0), *range(0x700, 0x760)}
PLAYER_RAM = {0x10, 0x11, 0x12, *range(0x100, 0x300)}  # requests, stack, never filled page 2

# Runs frames and returns the 16 registers of each; counts the driver's CPU cycles.
RECORD = """
local frames, first, last = ...
apu = apu or {}
memory.registerwrite(0x4000, 16, function(address) apu[address] = memory.getregister("a") end)
local began, most = 0, 0
memory.registerexec(first, function() began = debugger.getcyclescount() end)
memory.registerexec(last, function()
    most = math.max(most, debugger.getcyclescount() - began)
end)
local out = {}
for frame = 1, frames do
    emu.frameadvance()
    local row = {}
    for register = 0x4000, 0x400F do row[#row + 1] = string.char(apu[register] or 0) end
    out[frame] = table.concat(row)
end
memory.registerwrite(0x4000, 16, nil)
memory.registerexec(first, nil)
memory.registerexec(last, nil)
return table.concat(out), most
"""


class Player:
    """The driver alone in a ROM, in an emulator."""

    def __init__(self, emulator: Emulator, labels: dict[str, int]) -> None:
        self.emulator = emulator
        self.labels = labels

    def poweron(self) -> None:
        """Begin again, in silence."""
        self.emulator.poweron()
        self.emulator.run_lua("apu = {}")
        self.emulator.step(frames=10)

    def play(self, frames: int, tune: int = NONE, effect: int = NONE) -> tuple[list[bytes], int]:
        """Start something, run frames; return the registers of each frame and the most cycles."""
        memory = self.emulator.memory
        memory[0x10], memory[0x12], memory[0x11] = tune, effect, 1
        span = self.labels["driver_begin"], self.labels["driver_end"]
        rows: list[bytes] = []
        most = 0
        while len(rows) < frames:
            part = min(frames - len(rows), REQUEST)
            log, cycles = self.emulator.run_lua(RECORD, part, *span)
            rows += [log[i : i + 16] for i in range(0, len(log), 16)]
            most = max(most, int(cycles))
        return rows, most


@pytest.fixture(scope="module")
def sound() -> Sound:
    return read_sound(GAME / "sound")


@pytest.fixture(scope="module")
def rom(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """The player's ROM, assembled from the sources as they are, and its labels."""
    build = tmp_path_factory.mktemp("player")
    assert music.main(["build", "--out", str(build)]) == 0
    here = Path(__file__).parent
    objects = []
    for source in (here / "sound_player.s", GAME / "sound" / "sound.s", build / "music_data.s"):
        objects.append(build / f"{source.stem}.o")
        subprocess.run(["ca65", "-I", build, "-o", objects[-1], source], check=True)
    path, labels = build / "player.nes", build / "player.lbl"
    config = here / "sound_player.cfg"
    subprocess.run(["ld65", "-C", config, "-o", path, "-Ln", labels, *objects], check=True)
    found = re.findall(r"^al ([0-9A-F]+) \.(\w+)$", labels.read_text(), re.MULTILINE)
    return path, {name: int(value, 16) for value, name in found}


@pytest.fixture(scope="module", params=ENGINES)
def running(rom: tuple[Path, dict[str, int]], request: pytest.FixtureRequest) -> Iterator[Player]:
    with Emulator(rom[0], engine=request.param, timeout=60) as emulator:
        yield Player(emulator, rom[1])


@pytest.fixture
def player(running: Player) -> Player:
    """The driver at power-on; the emulator is shared, as each has to be started."""
    running.poweron()
    return running


def at(envelope: Envelope, frame: int) -> int:
    """Value of an envelope so many frames after a note began."""
    size, back = len(envelope.values), envelope.back
    if frame < size:
        return envelope.values[frame]
    return envelope.values[size - back + (frame - size) % back] if back else envelope.values[-1]


def expected(sound: Sound, tune: Tune, channel: str) -> list[tuple[int, set[int]]]:
    """First register and possible periods, frame by frame, through the tune and its loop once.

    A rest has no period; vibrato may lengthen a period by twice its depth.
    """
    names, loop = tune.order[channel].split()
    if loop is not None:
        names = names + names[loop:]
    rows: list[tuple[int, set[int]]] = []
    silence = 0x80 if channel == "triangle" else 0x30
    for name in names:
        for event in events(sound, tune, tune.patterns[name], channel):
            assert event.kind in ("note", "r", "-")
            frames = event.steps * tune.speed
            if event.kind == "-":  # rows of a held note depend on the note before
                rows += [(-1, set())] * frames
                continue
            if event.kind == "r":
                rows += [(silence, set())] * frames
                continue
            inst = sound.instruments[event.instrument]
            for frame in range(frames):
                volume = volume_register(inst.kind, at(inst.volume, frame), inst.duty)
                semitones = at(inst.arp, frame) if inst.arp else 0
                timer = period(event.note + semitones)
                rows.append((volume, set(range(timer, timer + 2 * inst.depth + 1))))
    return rows


@pytest.mark.parametrize("name", TUNES)
def test_tunes_sound_as_written(player: Player, sound: Sound, name: str) -> None:
    tune = sound.tunes[name]
    rows = {channel: expected(sound, tune, channel) for channel in CHANNELS}
    length = min(LONG if name == "BOSS" else SHORT, *(len(row) for row in rows.values()))
    frames, _ = player.play(READ_AHEAD + length, tune=TUNES.index(name))
    heard = 0
    for number, channel in enumerate(CHANNELS):
        base = number * 4
        for frame, (volume, periods) in enumerate(rows[channel][:length]):
            registers = frames[READ_AHEAD + frame]
            place = f"{channel}, frame {frame}"
            if volume >= 0:
                assert registers[base] == volume, place
            if periods:
                high = 0 if channel == "noise" else registers[base + 3] & 7
                assert registers[base + 2] | high << 8 in periods, place
                heard += 1
    assert heard > 1000


def test_driver_stays_within_its_cycles_and_its_ram(player: Player, sound: Sound) -> None:
    before = player.emulator.ram.copy()
    loud = list(sound.effects).index("BOSS_EXPLODE")
    most = 0
    for tune in range(len(TUNES)):
        _, cycles = player.play(200, tune=tune, effect=loud)
        most = max(most, cycles)
    assert 400 < most < 1100
    changed = {
        address
        for address, (old, new) in enumerate(zip(before, player.emulator.ram, strict=True))
        if old != new
    }
    assert changed <= DRIVER_RAM | PLAYER_RAM
    assert changed & DRIVER_RAM


def test_effects_silence_the_tune_on_their_channel_only(player: Player, sound: Sound) -> None:
    quiet, _ = player.play(200, tune=1)
    player.poweron()
    frames, _ = player.play(60, tune=1)
    effect = sound.effects["POWERUP"].frames["pulse2"]
    more, _ = player.play(140, effect=list(sound.effects).index("POWERUP"))
    frames += more
    assert [row[0:4] for row in frames] == [row[0:4] for row in quiet], "pulse 1 plays on"
    assert [row[8:16] for row in frames] == [row[8:16] for row in quiet], "so do bass and drums"
    pulse2 = [(row[4], row[6], row[7]) for row in frames[60 : 60 + len(effect)]]
    assert pulse2 == effect
    after = 60 + len(effect) + 1
    assert [row[4:7] for row in frames[after:]] == [row[4:7] for row in quiet[after:]]


def test_a_weaker_effect_waits_for_no_one(player: Player, sound: Sound) -> None:
    names = list(sound.effects)
    strong = sound.effects["EXTRA_LIFE"].frames["pulse2"]
    frames, _ = player.play(5, effect=names.index("EXTRA_LIFE"))
    more, _ = player.play(len(strong), effect=names.index("SHOT"))
    heard = [(row[4], row[6], row[7]) for row in frames + more][: len(strong)]
    assert heard == strong, "the shot is not heard"
    assert more[-1][4] == 0x30, "nor does it come later"
    frames, _ = player.play(5, effect=names.index("SHOT"))
    more, _ = player.play(5, effect=names.index("EXTRA_LIFE"))
    assert [(row[4], row[6], row[7]) for row in more] == strong[:5], "a stronger one cuts in"
