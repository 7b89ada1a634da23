"""The Lua table `copain`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np

from copain_gym.engines.headless.states import OWN_FIELDS, read_fields

from .conftest import RunScript

PLAY = """
emu.speedmode("maximum")
emu.frameadvance()
local function play(frames)
  for i = 1, frames do
    joypad.set(1, {start = emu.framecount() % 60 < 5, right = true})
    emu.frameadvance()
  end
end
local function write(name, text)
  local file = io.open(name, "wb") file:write(text) file:close()
end
"""


def test_screen_is_what_stock_fceux_shows(
    run: RunScript, stock: Path, board_roms: dict[str, Path], tmp_path: Path
) -> None:
    """With emphasis and grey in it; the palette has the 256 colours."""
    for name, frames in (("NROM", 460), ("NROM", 700), ("UNROM", 900)):
        rom = board_roms[name]
        script = tmp_path / "stock.lua"
        script.write_text(
            PLAY + f'play({frames}) write("gd", gui.gdscreenshot(true)) emu.exit() play(9)'
        )
        environment = dict(
            os.environ,
            HOME=str(tmp_path),
            XDG_RUNTIME_DIR=str(tmp_path),
            QT_QPA_PLATFORM="offscreen",
            SDL_AUDIODRIVER="dummy",
        )
        options = ["--videoDriver", "1", "--sound", "0", "--no-config", "1"]
        subprocess.run(
            [str(stock), *options, "--loadlua", str(script), str(rom)],
            env=environment,
            check=True,
            capture_output=True,
            timeout=120,
        )
        done = run(
            PLAY
            + f'play({frames}) write("indices", copain.screen() .. copain.palette()) emu.exit()',
            rom=rom,
        )
        assert done.returncode == 0, done.stderr
        data = np.frombuffer((tmp_path / "indices").read_bytes(), np.uint8)
        picture = data[61440:].reshape(256, 3)[data[:61440]].reshape(240, 256, 3)
        gd = np.frombuffer((tmp_path / "gd").read_bytes()[11:], np.uint8).reshape(240, 256, 4)
        assert (picture == gd[:, :, 1:]).all()
        assert len(np.unique(data[:61440])) > 4


def test_hidden_frames_keep_the_last_picture(run: RunScript) -> None:
    done = run(
        PLAY + "play(100) local before = copain.screen()\n"
        "copain.draw(false) play(50) print(copain.screen() == before)\n"
        "copain.draw(2) play(1) local first = copain.screen()\n"
        "play(1) local second = copain.screen()\n"
        "print(first ~= before) play(20) print(copain.screen() == second)\n"
        "copain.draw(true) play(20) print(copain.screen() ~= second) emu.exit()"
    )
    assert done.stdout.split() == ["true"] * 4, done.stderr


def test_state_hash_tells_states_apart(run: RunScript) -> None:
    done = run(
        PLAY + "play(60) local a = copain.statehash() print(#a, a == copain.statehash())\n"
        "local s = copain.savestate() copain.draw(false) play(5) print(copain.statehash() ~= a)\n"
        "copain.loadstate(s) print(copain.statehash() == a)\n"
        "memory.writebyte(0x700, memory.readbyte(0x700) + 1)\n"
        "print(copain.statehash() ~= a) emu.exit()"
    )
    assert done.stdout.split() == ["16", "true", "true", "true", "true"], done.stderr


def test_states_that_are_none_are_refused(run: RunScript) -> None:
    done = run(
        PLAY + "play(30) local s, h = copain.savestate(), copain.statehash()\n"
        "for _, bad in ipairs({'', 'FCSX', ('x'):rep(90000), s:sub(1, -2), s .. 'x',\n"
        "  s:sub(1, 17) .. ('\\255'):rep(4) .. s:sub(22), copain.savestate(9):sub(1, -9)}) do\n"
        "  local ok, message = pcall(copain.loadstate, bad) print(ok, message) end\n"
        "print(copain.statehash() == h) copain.loadstate(copain.savestate(9))\n"
        "print(copain.statehash() == h) emu.exit()"
    )
    lines = done.stdout.strip().splitlines()
    assert len(lines) == 9, done.stderr
    assert all(
        line.startswith("false") and "not a savestate of FCEUX" in line for line in lines[:7]
    )
    assert lines[7:] == ["true", "true"]


def test_states_of_hidden_frames_hold_no_picture(run: RunScript) -> None:
    done = run(
        PLAY + "play(30) print(#copain.savestate() > 65536) copain.draw(false) play(1)\n"
        "local s, h = copain.savestate(), copain.statehash() print(#s < 20000) play(9)\n"
        "copain.loadstate(s) print(copain.statehash() == h) emu.exit()"
    )
    assert done.stdout.split() == ["true"] * 3, done.stderr


def test_own_fields_are_in_the_states(run: RunScript, tmp_path: Path) -> None:
    done = run(PLAY + 'play(10) write("state", copain.savestate()) emu.exit()')
    assert done.returncode == 0, done.stderr
    assert set(read_fields((tmp_path / "state").read_bytes())) >= OWN_FIELDS


def test_held_frames_are_those_of_a_script_that_is_asked_each_time(run: RunScript) -> None:
    done = run(
        PLAY + "play(60) local s = copain.savestate() local calls = 0\n"
        "emu.registerafter(function() calls = calls + 1 end)\n"
        "for _ = 1, 30 do joypad.set(1, {A = true, right = true}) emu.frameadvance() end\n"
        "local h, n, lag = copain.statehash(), emu.framecount(), emu.lagcount()\n"
        "copain.loadstate(s) joypad.set(1, {A = true, right = true}) copain.hold(29)\n"
        "emu.frameadvance() print(copain.statehash() == h, calls)\n"
        "print(emu.framecount() == n, emu.lagcount() == lag)\n"
        "emu.registerafter(function()\n"
        "  calls = calls + 1 if calls == 63 then copain.hold(0) end end)\n"
        "copain.hold(1000) emu.frameadvance() print(calls)\n"
        "for _, bad in ipairs({-1, 1.5, 2 ^ 31, 'x'}) do print(pcall(copain.hold, bad)) end\n"
        "emu.exit()"
    )
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["true", "60"], done.stderr
    assert lines[1].split() == ["true", "true"]
    assert lines[2] == "63"
    assert all("number" in line and line.startswith("false") for line in lines[3:7])


def test_play_is_joypad_set_and_hold(run: RunScript) -> None:
    done = run(
        PLAY + "play(60) local s = copain.savestate()\n"
        "local function end_of(f) copain.loadstate(s) f() return copain.statehash() end\n"
        "local buttons = {'A', 'B', 'select', 'start', 'up', 'down', 'left', 'right'}\n"
        "for _, mask in ipairs({0, 1, 0x81, 0x5A, 255}) do\n"
        "  local pad = {}\n"
        "  for k, b in ipairs(buttons) do pad[b] = math.floor(mask / 2 ^ (k - 1)) % 2 == 1 end\n"
        "  local asked = end_of(function() for _ = 1, 9 do\n"
        "    joypad.set(1, pad) joypad.set(2, pad) emu.frameadvance() end end)\n"
        "  local frames = emu.framecount()\n"
        "  copain.draw(true)\n"
        "  print(asked == end_of(function() copain.play(9, mask, mask) emu.frameadvance() end)\n"
        "    and frames == emu.framecount())\n"
        "end\n"
        "for _, bad in ipairs({{0}, {1.5}, {1, 256}, {1, -1}, {1, 0, 0, 0, 0, 0}, {1, 'x'}}) do\n"
        "  print(pcall(copain.play, unpack(bad))) end emu.exit()"
    )
    lines = done.stdout.splitlines()
    assert lines[:5] == ["true"] * 5, done.stderr
    assert all(line.startswith("false") and "bad argument" in line for line in lines[5:])
    assert len(lines) == 11


def test_where_the_ram_lies_is_told_unless_a_cheat_is_in_it(run: RunScript, tmp_path: Path) -> None:
    script = "emu.frameadvance() print(type(copain.ram())) emu.exit()"
    assert run(script).stdout.split() == ["userdata"]
    cheats = tmp_path / ".fceux" / "cheats"
    cheats.mkdir(parents=True, exist_ok=True)
    (cheats / "hirondelle.cht").write_text("S0020:05:lives\n")
    done = run("emu.frameadvance() print(memory.readbyte(0x20), type(copain.ram())) emu.exit()")
    assert done.stdout.split() == ["5", "nil"], done.stderr
