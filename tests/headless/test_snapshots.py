"""Snapshots of the engine (`copain.save`) against savestates in FCEUX's format."""

from __future__ import annotations

from pathlib import Path

import pytest

from copain_gym.engines.headless.check import PAL

from .cartridges import named
from .conftest import RunScript
from .fuzz_rom import make_board_rom

# Plays a random plan: buttons, drawn and hidden frames, saves, and loads of one of the last saves.
PLAN = """
local seed = SEED
local function random(n) seed = (seed * 16807) % 2147483647 return seed % n end
emu.frameadvance()
local saved = {}
for round = 1, 40 do
  local what = random(4)
  if what == 0 or #saved == 0 then
    saved[#saved + 1] = save()
  elseif what == 1 then
    load(saved[1 + random(#saved)])
  elseif what == 2 and random(4) == 0 then
    emu.softreset()
  end
  copain.draw(random(2) == 0)
  for _ = 1, 1 + random(6) do
    copain.hold(0)
    joypad.set(1, {A = random(2) == 0, B = random(2) == 0, start = random(4) == 0,
      left = random(3) == 0, right = random(3) == 0, up = random(3) == 0, down = random(3) == 0})
    emu.frameadvance()
    print(emu.framecount(), emu.lagcount(), copain.statehash(), gethash(copain.screen(), 61440))
  end
end
emu.exit()
"""
SAVESTATES = "local save, load = copain.savestate, copain.loadstate\n"
SNAPSHOTS = """
local load = copain.load
local function save()
  local handle, bytes = copain.save(), copain.savestate()
  assert(copain.export(handle) == bytes)
  return handle
end
"""
# The same, with savestates that pass through snapshots, and snapshots that pass through savestates.
MIXED = """
local made = 0
local function save() made = made + 1
  if made % 2 == 0 then return copain.import(copain.savestate()) end
  return copain.export(copain.save()) end
local function load(state)
  if type(state) == "number" then copain.load(state) else copain.loadstate(state) end end
"""


@pytest.mark.parametrize(
    "name",
    [
        *("ines:0", "ines:1", "ines:4", "ines:5", "ines:14", "ines:19", "ines:40", "ines:64-pal"),
        *("ines:69", "ines:85", "ines:112", "ines:163", "ines:222", "ines:235", "nes2:4-pal"),
        *("nes2:256", "nes2:342", "unif:SL12-pal", "unif:TLSROM", "unif:PEC-586"),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_snapshots_do_what_savestates_do(
    name: str, seed: int, run: RunScript, tmp_path: Path
) -> None:
    """Random programs on boards: the machine and the picture after every frame are the same."""
    cartridge = named(name)
    rom = tmp_path / cartridge.file_name
    rom.write_bytes(make_board_rom(cartridge, seed))
    options = PAL[1] if cartridge.pal else []
    plan = PLAN.replace("SEED", str(seed))
    expected = run(SAVESTATES + plan, *options, rom=rom)
    assert expected.returncode == 0, expected.stderr
    assert len(expected.stdout.splitlines()) > 60
    for way in (SNAPSHOTS, MIXED):
        assert run(way + plan, *options, rom=rom).stdout == expected.stdout


def test_stock_fields_only(run: RunScript) -> None:
    script = SNAPSHOTS + PLAN.replace("SEED", "3")
    with_own, without = run(script), run(script, "--stock-states")
    assert with_own.returncode == without.returncode == 0, without.stderr
    assert with_own.stdout != without.stdout  # hashes of other fields
    savestates = run(SAVESTATES + PLAN.replace("SEED", "3"), "--stock-states")
    assert without.stdout == savestates.stdout


def test_while_a_movie_is_recorded(run: RunScript, tmp_path: Path) -> None:
    """Such a state holds the movie, and a load shortens the movie that is recorded."""
    script = (
        f"emu.frameadvance() movie.record('{tmp_path}/a.fm2')\n"
        "local function play(n) for _ = 1, n do emu.frameadvance() end end\n"
        "emu.setreadonly(false) play(10) local s = copain.save() play(20)\n"
        "print(#copain.export(s) > 1000, emu.framecount()) copain.load(s)\n"
        "print(movie.framecount())\n"
        "play(5) movie.stop() emu.exit()"
    )
    done = run(script)
    lines = done.stdout.split()
    assert lines[0] == "true", done.stderr
    assert int(lines[1]) - int(lines[2]) == 20
    frames = [x for x in (tmp_path / "a.fm2").read_text().splitlines() if x.startswith("|")]
    assert len(frames) == int(lines[2]) + 5


def test_snapshots_of_another_rom(run: RunScript, board_roms: dict[str, Path]) -> None:
    """They load as savestates of it do: what has the same name is taken over."""
    script = (
        "for _ = 1, 30 do emu.frameadvance() end local ram = memory.readbyterange(0, 2048)\n"
        f"local s = copain.save() emu.loadrom('{board_roms['MMC3']}')\n"
        "emu.frameadvance() copain.load(s) print(memory.readbyterange(0, 2048) == ram)\n"
        "print(#copain.export(s) > 2048) emu.exit()"
    )
    done = run(script, rom=board_roms["NROM"])
    assert done.stdout.split() == ["true", "true"], done.stderr


def test_handles_are_checked(run: RunScript) -> None:
    done = run(
        "emu.frameadvance() local s = copain.save() local t = copain.save()\n"
        "print(s ~= t, copain.has(s), copain.has(s + 2), copain.has('x'), copain.has(1))\n"
        "copain.free(s) print(copain.has(s), copain.has(t))\n"
        "for _, f in ipairs({copain.load, copain.free, copain.export, copain.save}) do\n"
        "  for _, bad in ipairs({s, 0, -1, t + 1, 2 ^ 60, 'x', {}}) do\n"
        "    print(pcall(f, bad)) end end\n"
        "print(pcall(copain.import, 'FCSX')) emu.exit()"
    )
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["true", "true", "false", "false", "false"], done.stderr
    assert lines[1].split() == ["false", "true"]
    assert len(lines) == 2 + 4 * 7 + 1
    assert all(line.startswith("false") and "bad argument" in line for line in lines[2:-1])
    assert "not a savestate of FCEUX" in lines[-1]


def test_a_state_can_be_overwritten(run: RunScript) -> None:
    done = run(
        "emu.frameadvance() local s = copain.save() for _ = 1, 9 do emu.frameadvance() end\n"
        "local h = copain.statehash() print(copain.save(s) == s) emu.frameadvance()\n"
        "copain.load(s) print(copain.statehash() == h) emu.exit()"
    )
    assert done.stdout.split() == ["true", "true"], done.stderr


def test_memory_is_limited(run: RunScript) -> None:
    """Then a save is an error, which names the limit; freed states make room again."""
    done = run(
        "emu.frameadvance() copain.draw(false) emu.frameadvance() local kept = {}\n"
        "local message repeat local ok, s = pcall(copain.save)\n"
        "  if ok then kept[#kept + 1] = s else message = s end until message\n"
        "print(message) print(#kept) copain.free(kept[1]) print(copain.has(copain.save()))\n"
        "copain.load(kept[2]) emu.exit()",
        "--state-memory",
        "4",
    )
    lines = done.stdout.splitlines()
    assert "there is no room for another savestate" in lines[0], done.stderr
    assert "4 MiB are allowed" in lines[0]
    assert 100 < int(lines[1]) < 1000
    assert lines[2] == "true"
    bad = run(None, "--state-memory", "0")
    assert bad.returncode == 2
    assert "--state-memory needs a number from 1" in bad.stderr


def test_equal_machines_have_equal_hashes(run: RunScript) -> None:
    """One bit of any part of the RAM changes the hash."""
    done = run(
        "for _ = 1, 60 do emu.frameadvance() end local s, h = copain.save(), copain.statehash()\n"
        "local seen, n = {[h] = true}, 1\n"
        "for a = 0, 0x7ff do copain.load(s) memory.writebyte(a, (memory.readbyte(a) + 1) % 256)\n"
        "  local x = copain.statehash() if not seen[x] then seen[x] = true n = n + 1 end end\n"
        "copain.load(s) print(n, copain.statehash() == h) emu.exit()"
    )
    assert done.stdout.split() == [str(1 + 0x800), "true"], done.stderr
