"""Batches of calls, Lua chunks of one's own, and scripts that run beside the bridge."""

from __future__ import annotations

from pathlib import Path

import pytest

from copain_gym import Emulator, LuaError

# ---- batches ---------------------------------------------------------------


def test_batch_makes_all_calls_in_one_request(emulator: Emulator) -> None:
    requests = []
    send = emulator._client._send
    emulator._client._send = lambda message, *rest: (requests.append(1), send(message, *rest))
    with emulator.lua.batch() as batch:
        batch.memory.writebyte(0x700, 9)
        nine = batch.memory.readbyte(0x700)
        batch.movie.mode()
        batch.emu.frameadvance()
        count = batch.emu.framecount()
        picture = batch.gui.gdscreenshot()
        batch.gethash(b"")
    assert len(requests) == 1
    assert batch.results[:5] == [None, 9, None, None, 1]
    assert (nine.value, count.value) == (9, 1)
    assert picture.value.shape == (240, 256, 3)


def test_batch_may_be_large(emulator: Emulator) -> None:
    with emulator.lua.batch() as batch:
        for address in range(25_000):
            batch.memory.readbyte(address % 0x800)
    assert len(batch.results) == 25_000
    assert bytes(batch.results[:0x800]) == emulator.ram.tobytes()


def test_error_names_the_call_of_the_batch(emulator: Emulator) -> None:
    batch = emulator.lua.batch()
    batch.memory.writebyte(0x700, 77)
    lost = batch.movie.length()
    batch.memory.writebyte(0x700, 78)
    with pytest.raises(LuaError, match=r"call 2 of the batch: .*No movie loaded"):
        batch.send()
    assert emulator.memory[0x700] == 77
    with pytest.raises(RuntimeError, match="was not made"):
        _ = lost.value


def test_batch_checks_arguments_at_once_and_sends_nothing_then(emulator: Emulator) -> None:
    def write_both() -> None:
        with emulator.lua.batch() as batch:
            batch.memory.writebyte(0x700, 5)
            batch.memory.writebyte(0x700, 300)

    with pytest.raises(ValueError, match="value is 300"):
        write_both()
    assert emulator.memory[0x700] != 5


def test_batch_refuses_what_needs_python_meanwhile(emulator: Emulator) -> None:
    batch = emulator.lua.batch()
    with pytest.raises(ValueError, match="cannot be in a batch"):
        batch.emu.registerafter(print)
    with pytest.raises(ValueError, match="cannot be in a batch"):
        batch.gui.popup("Wait")
    with pytest.raises(AttributeError, match="a batch has no 'nothing'"):
        _ = batch.nothing


# ---- chunks ----------------------------------------------------------------


def test_chunk_takes_and_returns_values(emulator: Emulator) -> None:
    source = "local a, t = ...; return a * 2, t.x[2], {1, 2}, {k = true}, nil, '\\255'"
    result = emulator.run_lua(source, 21, {"x": [1.5, 2.5]})
    assert result == (42, 2.5, [1, 2], {"k": True}, None, b"\xff")
    assert emulator.run_lua("") is None
    assert emulator.run_lua("return 'one'") == b"one"


def test_chunk_advances_frames(emulator: Emulator) -> None:
    inner_loop = """
        local frames = ...
        local sum = 0
        for i = 1, frames do
          joypad.set(1, {A = i % 2 == 0})
          emu.frameadvance()
          sum = sum + memory.readbyte(0x02)
        end
        return sum, emu.framecount()
    """
    sum_there, frames = emulator.run_lua(inner_loop, 50)
    assert frames == 50
    emulator.poweron()
    sum_here = 0
    for i in range(1, 51):
        sum_here += int(emulator.step("A" if i % 2 == 0 else 0)[0x02])
    assert sum_there == sum_here


def test_globals_of_chunks_live_on_and_spare_the_bridge(emulator: Emulator) -> None:
    emulator.run_lua("function twice(x) return 2 * x end; string = nil; emu2 = emu; pairs = 1")
    assert emulator.run_lua("return twice(4)") == 8
    emulator.step(frames=3)
    emulator.load_state(emulator.save_state().to_bytes())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = = 1", "run_lua:1: unexpected symbol near '='"),
        ("\nerror('mine')", "run_lua:2: mine"),
        ("return print", "a function cannot be sent"),
        ("coroutine.yield(1)", "yielded outside"),
        ("return nothing.x", "attempt to index global 'nothing'"),
        ("local t = {}; t.t = t; return t", "nested deeper"),
    ],
)
def test_error_of_a_chunk_says_where(emulator: Emulator, source: str, message: str) -> None:
    with pytest.raises(LuaError, match=message) as caught:
        emulator.run_lua(source)
    assert "stack traceback" in caught.value.traceback
    assert emulator.run_lua("return 1") == 1


def test_chunk_registers_lua_callbacks_beside_those_of_python(emulator: Emulator) -> None:
    emulator.step(frames=60)
    calls = []
    emulator.run_lua(
        """
        frames, writes = 0, 0
        emu.registerafter(function() frames = frames + 1 end)
        memory.registerwrite(0x02, function(address, size, value) writes = writes + 1 end)
        """
    )
    with (
        emulator.lua.emu.registerafter(lambda: calls.append("frame")),
        emulator.lua.memory.registerwrite(0x02, 1, lambda *_: calls.append("write")),
    ):
        emulator.step(frames=3)
    emulator.step(frames=2)
    assert emulator.run_lua("return frames, writes") == (5, 5)
    assert calls == ["write", "frame"] * 3


def test_error_of_a_lua_callback_reaches_the_step(emulator: Emulator) -> None:
    emulator.run_lua("emu.registerbefore(function() error('in Lua') end)")
    with pytest.raises(LuaError, match=r"a script's callback failed: .*in Lua") as caught:
        emulator.step(frames=9)
    assert "run_lua:1" in caught.value.traceback
    emulator.run_lua("emu.registerbefore(nil)")
    emulator.step(frames=9)


# ---- scripts ---------------------------------------------------------------


def test_script_runs_beside_one_turn_a_frame(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "hold.lua"
    path.write_text(
        "#!/usr/bin/lua\n"
        "local button = ...\n"
        "turns = 0\n"
        "while turns < 5 do\n"
        "  joypad.set(1, {[button] = true})\n"
        "  turns = turns + 1\n"
        "  emu.frameadvance()\n"
        "end\n"
    )
    emulator.step(frames=30)
    script = emulator.load_lua(path, "left")
    assert script.running
    held = []
    for _ in range(6):
        emulator.step("A")
        held.append(emulator.lua.joypad.get(1).name)
    assert held == ["LEFT"] * 4 + ["A"] * 2  # the script, which runs later, has its way
    assert not script.running
    assert emulator.run_lua("return turns") == 5


def test_script_finds_modules_of_its_folder(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "helper.lua").write_text("return {answer = 42}")
    path = tmp_path / "main.lua"
    path.write_text("found = require('helper').answer")
    assert not emulator.load_lua(path).running
    assert emulator.run_lua("return found") == 42


def test_script_can_be_stopped(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "count.lua"
    path.write_text("n = 0; while true do n = n + 1; emu.frameadvance() end")
    script = emulator.load_lua(path)
    emulator.step(frames=3)
    script.stop()
    emulator.step(frames=3)
    assert emulator.run_lua("return n") == 4
    assert not script.running


def test_error_of_a_script_reaches_load_or_step(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "bad.lua"
    path.write_text("error('at once')")
    with pytest.raises(LuaError, match=r"bad.lua:1: at once"):
        emulator.load_lua(path)
    path.write_text("emu.frameadvance()\nemu.frameadvance()\nerror('later')")
    emulator.load_lua(path)
    with pytest.raises(LuaError, match=r"a script failed: bad.lua:3: later") as caught:
        emulator.step(frames=9)
    assert "bad.lua:3" in caught.value.traceback
    emulator.step(frames=9)
    with pytest.raises(FileNotFoundError):
        emulator.load_lua(tmp_path / "missing.lua")


@pytest.mark.parametrize(
    "name",
    ["ShowPalette.lua", "Sprites.lua", "SpritesSimple.lua", "Gradius-BulletHell.lua"],
)
def test_scripts_shipped_with_fceux_run_beside(emulator: Emulator, name: str) -> None:
    folder = Path("/usr/share/fceux/luaScripts")
    script = emulator.load_lua(folder / name)
    emulator.step(frames=30)
    assert script.running
    assert emulator.frame_count == 30
