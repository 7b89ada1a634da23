"""What each of FCEUX's Lua functions is expected to do, by its first name.

A check gets the Python function (also under its other names), the emulator and a folder. The
emulator was just powered on, and no movie is active.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from copain_gym import Button, Emulator, LuaError
from copain_gym.lua_api import Savestate

Check = Callable[[Any, Emulator, Path], None]
CHECKS: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    def note(function: Check) -> Check:
        CHECKS[name] = function
        return function

    return note


def returns(name: str, expected: object, *arguments: object) -> None:
    """A function whose result is known."""

    def compare(f: Any, emulator: Emulator, tmp: Path) -> None:
        result = f(*arguments)
        assert result == expected
        assert type(result) is type(expected)

    CHECKS[name] = compare


# ---- emu -------------------------------------------------------------------


@check("emu.poweron")
def _(f, emulator, tmp):
    emulator.step(frames=3)
    f()
    assert emulator.frame_count == 0


@check("emu.softreset")
def _(f, emulator, tmp):
    emulator.step(frames=30)
    emulator.memory[0x7F0] = 0x5A  # RAM is kept
    f()
    assert emulator.memory[0x7F0] == 0x5A


@check("emu.frameadvance")
def _(f, emulator, tmp):
    f()
    f()
    assert emulator.frame_count == 2


@check("emu.speedmode")
def _(f, emulator, tmp):
    for mode in ("normal", "nothrottle", "turbo", "maximum"):
        f(mode)
        emulator.step(frames=2)
    assert emulator.frame_count == 8
    with pytest.raises(ValueError, match="mode is 'warp'; allowed are normal, nothrottle"):
        f("warp")


@check("emu.pause")
def _(f, emulator, tmp):
    f()
    assert emulator.lua.emu.paused()
    emulator.step(frames=3)
    assert emulator.lua.emu.paused()
    assert emulator.frame_count == 3
    emulator.lua.emu.unpause()


@check("emu.unpause")
def _(f, emulator, tmp):
    emulator.lua.emu.pause()
    f()
    assert not emulator.lua.emu.paused()
    emulator.step(frames=2)


returns("emu.paused", False)
returns("emu.debuggerloop", None)
returns("emu.debuggerloopstep", None)


@check("emu.exec_count")
def _(f, emulator, tmp):
    assert f(1000, "made = 21 * 2") == 0
    assert emulator.run_lua("return made") == 42
    assert f(1000, "while true do end") == 2
    with pytest.raises(LuaError, match="unexpected symbol"):
        f(1000, "}")


returns("emu.exec_time", None, 10, "never = true")


@check("emu.setrenderplanes")
def _(f, emulator, tmp):
    emulator.step(frames=200)
    emulator.lua.emu.frameadvance()
    whole = emulator.lua.gui.gdscreenshot(True)
    f(False, False)
    emulator.lua.emu.frameadvance()
    emulator.lua.emu.frameadvance()
    bare = emulator.lua.gui.gdscreenshot(True)
    f(True, True)
    assert len(np.unique(bare.reshape(-1, 3), axis=0)) == 1
    assert len(np.unique(whole.reshape(-1, 3), axis=0)) > 2


@check("emu.message")
def _(f, emulator, tmp):
    f("Hello from Python")
    emulator.lua.emu.frameadvance()
    drawn = emulator.lua.gui.gdscreenshot(False) != emulator.lua.gui.gdscreenshot(True)
    assert drawn.any()


returns("emu.framecount", 0)
returns("emu.lagcount", 0)


@check("emu.lagged")
def _(f, emulator, tmp):
    emulator.lua.emu.setlagflag(True)
    assert f() is True


@check("emu.setlagflag")
def _(f, emulator, tmp):
    f(False)
    assert emulator.lua.emu.lagged() is False
    f(True)
    assert emulator.lua.emu.lagged() is True


returns("emu.emulating", True)


@check("emu.registerbefore")
def _(f, emulator, tmp):
    counts: list[int] = []
    with f(lambda: counts.append(emulator.lua.emu.framecount())):
        emulator.step(frames=3)
    emulator.step(frames=2)
    assert counts == [1, 2, 3]


@check("emu.registerafter")
def _(f, emulator, tmp):
    counts: list[int] = []
    with f(lambda: counts.append(len(counts))):
        emulator.step(frames=3)
    emulator.step(frames=2)
    assert counts == [0, 1, 2]


@check("emu.registerexit")
def _(f, emulator, tmp):
    called: list[str] = []
    with Emulator(engine=emulator.engine) as other:
        other.lua.emu.registerexit(lambda: called.append("exit"))
    assert called == ["exit"]
    f(None)


@check("emu.addgamegenie")
def _(f, emulator, tmp):
    before = emulator.memory[0x8000:0x10000].copy()
    assert f("SXIOPO") is True
    changed = np.flatnonzero(before != emulator.memory[0x8000:0x10000])
    assert len(changed) <= 1
    assert emulator.lua.emu.delgamegenie("SXIOPO") is True
    with pytest.raises(LuaError, match="Failed to decode game genie code"):
        f("XYZ")


@check("emu.delgamegenie")
def _(f, emulator, tmp):
    assert emulator.lua.emu.addgamegenie("SXIOPO") is True
    assert f("SXIOPO") is True
    assert f("SXIOPO") is True  # FCEUX counts absence as success


@check("emu.getscreenpixel")
def _(f, emulator, tmp):
    emulator.step(frames=119)
    emulator.lua.emu.frameadvance()
    picture = emulator.lua.gui.gdscreenshot(True)
    pixel = f(100, 60, True)
    assert pixel[:3] == tuple(picture[60, 100])
    with pytest.raises(ValueError, match="x is 256; allowed are 0 to 255"):
        f(256, 0)


CHECKS["emu.readonly"] = lambda f, emulator, tmp: CHECKS["movie.readonly"](f, emulator, tmp)


@check("emu.setreadonly")
def _(f, emulator, tmp):
    for state in (False, True):
        f(state)
        assert emulator.lua.emu.readonly() is state


@check("emu.getdir")
def _(f, emulator, tmp):
    assert Path(f()).is_dir()


@check("emu.loadrom")
def _(f, emulator, tmp):
    other = tmp / "other.nes"
    data = bytearray(emulator.rom.path.read_bytes())
    data[16 + 0x100] ^= 0xFF
    other.write_bytes(data)
    try:
        assert "other" in f(other)
        assert emulator.lua.rom.readbyte(16 + 0x100) == data[16 + 0x100]
        assert emulator.rom.path == other
        state = emulator.save_state().to_bytes()
        emulator.load_state(state)
        emulator.step(frames=10)
    finally:
        emulator.close()  # the next check begins with the bundled ROM
    with Emulator(engine=emulator.engine) as again:
        with pytest.raises(LuaError, match="No such file"):
            again.lua.emu.loadrom(tmp / "missing.nes")
        (tmp / "text.nes").write_text("no ROM at all")
        with pytest.raises(LuaError, match="is no ROM"):
            again.lua.emu.loadrom(tmp / "text.nes")
        again.step(frames=2)


returns("emu.print", None, "a line")


@check("emu.exit")
def _(f, emulator, tmp):
    called: list[str] = []
    emulator.lua.emu.registerexit(lambda: called.append("exit"))
    f()
    assert called == ["exit"]
    assert emulator.closed


# ---- rom, memory, ppu ------------------------------------------------------

returns("rom.getfilename", "hirondelle")


@check("rom.gethash")
def _(f, emulator, tmp):
    assert len(f("md5")) == 32
    assert f("md5") == emulator.save_state().rom_md5
    assert f("base64").startswith("base64:")


@check("rom.readbyte")
def _(f, emulator, tmp):
    assert [f(i) for i in range(4)] == list(b"NES\x1a")
    assert f(2**31 - 1) == 0


@check("rom.readbytesigned")
def _(f, emulator, tmp):
    data = emulator.rom.path.read_bytes()
    at = next(i for i in range(16, len(data)) if data[i] >= 0x80)
    assert f(at) == data[at] - 256


@check("rom.readbyterange")
def _(f, emulator, tmp):
    data = emulator.rom.path.read_bytes()
    assert f(0, len(data)) == data
    assert f(0, 0) == b""
    assert f(len(data), 100_000) == bytes(100_000)


@check("rom.writebyte")
def _(f, emulator, tmp):
    old = emulator.lua.rom.readbyte(0x4000)
    f(0x4000, old ^ 0xFF)
    assert emulator.lua.rom.readbyte(0x4000) == old ^ 0xFF
    f(0x4000, old)
    with pytest.raises(ValueError, match="address is 15; allowed are 16 to 2147483647"):
        f(15, 0)


@check("memory.readbyte")
def _(f, emulator, tmp):
    emulator.memory[0x700] = 0xE5
    assert f(0x700) == 0xE5
    assert f(np.uint16(0x700)) == 0xE5
    for address in (-1, 0x10000):
        with pytest.raises(ValueError, match=f"address is {address}; allowed are 0 to 65535"):
            f(address)
    with pytest.raises(TypeError, match=r"address is 1\.5; it must be an integer"):
        f(1.5)


@check("memory.readbyterange")
def _(f, emulator, tmp):
    emulator.step(frames=5)
    assert f(0, 0x800) == emulator.ram.tobytes()
    assert len(f(0, 0x10000)) == 0x10000
    with pytest.raises(LuaError, match="the range ends at 65536; the last address is 65535"):
        f(1, 0x10000)


@check("memory.readbytesigned")
def _(f, emulator, tmp):
    emulator.memory[0x700] = 0xE5
    assert f(0x700) == 0xE5 - 256


@check("memory.readword")
def _(f, emulator, tmp):
    emulator.memory[0x700:0x703] = b"\x34\x92\x56"
    assert f(0x700) == 0x9234
    assert f(0x700, 0x702) == 0x5634


@check("memory.readwordsigned")
def _(f, emulator, tmp):
    emulator.memory[0x700:0x702] = b"\x34\x92"
    assert f(0x700) == 0x9234 - 0x10000


@check("memory.writebyte")
def _(f, emulator, tmp):
    f(0x701, 200)
    assert emulator.memory[0x701] == 200
    with pytest.raises(ValueError, match="value is 256; allowed are 0 to 255"):
        f(0x701, 256)


@check("memory.legacywritebyte")
def _(f, emulator, tmp):
    f(0x701, 201)
    assert emulator.memory[0x701] == 201


@check("memory.getregister")
def _(f, emulator, tmp):
    emulator.step(frames=5)
    assert f("pc") >= 0x8000
    assert all(0 <= f(name) <= 255 for name in "axysp")


@check("memory.setregister")
def _(f, emulator, tmp):
    f("a", 0x7B)
    assert emulator.lua.memory.getregister("a") == 0x7B


@check("memory.registerwrite")
def _(f, emulator, tmp):
    emulator.step(frames=60)
    calls: list[tuple[int, int, int]] = []
    with f(0x02, function=lambda *event: calls.append(event)):  # the frame counter
        emulator.step(frames=4)
        value = int(emulator.ram[0x02])
    assert len(calls) == 4
    assert calls[-1] == (0x02, 1, value)
    emulator.step(frames=2)
    assert len(calls) == 4
    with f(0x02, lambda *event: calls.append(event)):  # the size left out
        emulator.step(frames=2)
    assert len(calls) == 6


@check("memory.registerexec")
def _(f, emulator, tmp):
    nmi = emulator.lua.memory.readword(0xFFFA)
    emulator.step(frames=60)
    calls: list[tuple[int, int, int]] = []

    @f(nmi)
    def hit(address: int, size: int, value: int) -> None:
        calls.append((address, emulator.lua.memory.getregister("pc"), value))

    emulator.step(frames=5)
    f(nmi, function=None)
    emulator.step(frames=5)
    assert calls == [(nmi, nmi, 0)] * 5

    calls.clear()
    f(nmi, lambda *event: calls.append(event))  # the size left out
    emulator.step(frames=3)
    f(nmi, None)
    f(nmi, 2, lambda *event: calls.append(event))
    emulator.step(frames=0)
    f(nmi, 2, None)
    emulator.step(frames=3)
    assert calls == [(nmi, 1, 0)] * 3
    with pytest.raises(TypeError, match="size is 'two'; it must be an integer"):
        f(nmi, "two", print)


@check("ppu.readbyte")
def _(f, emulator, tmp):
    data = emulator.rom.path.read_bytes()
    prg = data[4] * 0x4000
    assert f(0x10) == data[16 + prg + 0x10]
    with pytest.raises(ValueError, match="allowed are 0 to 16383"):
        f(0x4000)


@check("ppu.readbyterange")
def _(f, emulator, tmp):
    data = emulator.rom.path.read_bytes()
    prg = data[4] * 0x4000
    assert f(0, 0x2000) == data[16 + prg : 16 + prg + 0x2000]
    with pytest.raises(LuaError, match="the last address is 16383"):
        f(0x3FFF, 2)


# ---- joypad, zapper, input -------------------------------------------------


@check("joypad.get")
def _(f, emulator, tmp):
    emulator.step(frames=30)
    emulator.step("A+left")
    assert f(1) == Button.A | Button.LEFT
    assert isinstance(f(1), Button)
    with pytest.raises(ValueError, match="player is 5; allowed are 1 to 4"):
        f(5)


CHECKS["joypad.getdown"] = CHECKS["joypad.get"]


@check("joypad.getup")
def _(f, emulator, tmp):
    emulator.step(frames=30)
    emulator.step("A+left")
    assert f(1) == Button(0xFF) & ~(Button.A | Button.LEFT)


returns("joypad.getimmediate", None, 1)


@check("joypad.set")
def _(f, emulator, tmp):
    emulator.step(frames=30)
    advance, get = emulator.lua.emu.frameadvance, emulator.lua.joypad.get
    for held, expected in (
        ("B+up", Button.B | Button.UP),
        (Button.START, Button.START),
        ({"A": True, "B": False, "left": None}, Button.A),
        ({"start": "invert"}, Button.START),
        ([], Button(0)),
    ):
        f(1, held)
        advance()
        assert get(1) == expected
    with pytest.raises(ValueError, match="unknown button 'C'"):
        f(1, "C")


@check("zapper.read")
def _(f, emulator, tmp):
    assert set(f()) == {"x", "y", "fire"}


@check("zapper.set")
def _(f, emulator, tmp):
    f(100, 50, True)
    f(x=3)
    f()
    with pytest.raises(ValueError, match="x is 256; allowed are -1 to 255"):
        f(256)


@check("input.get")
def _(f, emulator, tmp):
    assert {"xmouse", "ymouse", "click"} <= set(f())


# ---- savestate -------------------------------------------------------------


def _round_trip(emulator: Emulator, state: Savestate) -> None:
    lua = emulator.lua.savestate
    emulator.step(frames=40)
    lua.save(state)
    ram = emulator.ram.copy()
    emulator.step("start", frames=40)
    assert (emulator.ram != ram).any()
    lua.load(state)
    assert (emulator.ram == ram).all()


@check("savestate.object")
def _(f, emulator, tmp):
    _round_trip(emulator, f())
    _round_trip(emulator, f(10))
    _round_trip(emulator, f(tmp / "state.fcs"))
    with pytest.raises(ValueError, match="which is 11; allowed are 1 to 10"):
        f(11)
    (tmp / "text").write_text("no state")
    with pytest.raises(LuaError, match="is not a complete FCEUX savestate: it does not begin"):
        f(tmp / "text")


CHECKS["savestate.create"] = CHECKS["savestate.object"]


@check("savestate.save")
def _(f, emulator, tmp):
    state = emulator.lua.savestate.object()
    f(state)
    with pytest.raises(TypeError, match=r"it must be one of savestate.object"):
        f("slot")


@check("savestate.load")
def _(f, emulator, tmp):
    with pytest.raises(LuaError, match="nothing was saved in the savestate"):
        f(emulator.lua.savestate.object())
    state = emulator.save_state()  # those of the façade are as good
    emulator.step(frames=9)
    f(state)
    assert emulator.frame_count == 0


@check("savestate.persist")
def _(f, emulator, tmp):
    lua = emulator.lua.savestate
    state = lua.create(tmp / "kept.fcs")
    with pytest.raises(LuaError, match="nothing was saved in the savestate"):
        f(state)
    emulator.step(frames=77)
    lua.save(state)
    f(state)
    with Emulator(engine=emulator.engine) as other:
        kept = other.lua.savestate.create(tmp / "kept.fcs")
        other.lua.savestate.load(kept)
        assert other.frame_count == 77
    lua.save(missing := lua.create(tmp / "no" / "folder"))
    with pytest.raises(LuaError, match="No such file or directory"):
        f(missing)


@check("savestate.registersave")
def _(f, emulator, tmp):
    with f(lambda slot: slot):  # the user's hot keys: test_window.py
        emulator.step(frames=2)


@check("savestate.registerload")
def _(f, emulator, tmp):
    with f(lambda slot, *kept: None):
        emulator.step(frames=2)


@check("savestate.loadscriptdata")
def _(f, emulator, tmp):
    with pytest.raises(LuaError, match=r"it crashes FCEUX 2.6.5"):
        f(emulator.lua.savestate.object())


# ---- movie -----------------------------------------------------------------


def _record(emulator: Emulator, path: Path, frames: int = 20) -> None:
    emulator.lua.movie.record(path)
    emulator.step("right", frames)
    emulator.lua.movie.stop()


returns("movie.framecount", 0)


@check("movie.mode")
def _(f, emulator, tmp):
    assert f() is None
    emulator.lua.movie.record(tmp / "a.fm2")
    assert f() == "record"
    emulator.step(frames=3)
    emulator.lua.movie.replay()
    assert f() == "playback"
    emulator.step(frames=9)
    assert f() in ("finished", None)


@check("movie.rerecordcounting")
def _(f, emulator, tmp):
    f(True)
    f(False)


@check("movie.stop")
def _(f, emulator, tmp):
    with pytest.raises(LuaError, match="no movie"):
        f()
    emulator.lua.movie.record(tmp / "a.fm2")
    f()
    assert not emulator.lua.movie.active()


@check("movie.active")
def _(f, emulator, tmp):
    assert f() is False
    emulator.lua.movie.record(tmp / "a.fm2")
    assert f() is True


@check("movie.recording")
def _(f, emulator, tmp):
    assert f() is False
    emulator.lua.movie.record(tmp / "a.fm2")
    assert f() is True


@check("movie.playing")
def _(f, emulator, tmp):
    _record(emulator, tmp / "a.fm2")
    assert f() is False
    emulator.lua.movie.play(tmp / "a.fm2")
    assert f() is True


@check("movie.length")
def _(f, emulator, tmp):
    with pytest.raises(LuaError, match="No movie loaded"):
        f()
    emulator.lua.movie.record(tmp / "a.fm2")
    emulator.step(frames=20)
    assert f() in (19, 20)


@check("movie.rerecordcount")
def _(f, emulator, tmp):
    with pytest.raises(LuaError, match="No movie loaded"):
        f()
    emulator.lua.movie.record(tmp / "a.fm2")
    assert f() == 0


@check("movie.name")
def _(f, emulator, tmp):
    emulator.lua.movie.record(tmp / "a.fm2")
    assert f() == str(tmp / "a.fm2")


@check("movie.filename")
def _(f, emulator, tmp):
    emulator.lua.movie.record(tmp / "a.fm2")
    assert f() == "a.fm2"


@check("movie.readonly")
def _(f, emulator, tmp):
    for state in (False, True):
        emulator.lua.movie.setreadonly(state)
        assert f() is state


@check("movie.setreadonly")
def _(f, emulator, tmp):
    f(False)
    f(True)
    assert emulator.lua.movie.readonly() is True


@check("movie.replay")
def _(f, emulator, tmp):
    emulator.lua.movie.record(tmp / "a.fm2")
    emulator.step("right", 20)
    f()
    assert emulator.lua.movie.playing()
    assert emulator.frame_count == 0


@check("movie.record")
def _(f, emulator, tmp):
    assert f(tmp / "a.fm2", author="Nobody") is True
    emulator.step("right+A", 30)
    emulator.lua.movie.stop()
    text = (tmp / "a.fm2").read_text()
    assert text.startswith("version 3\n")
    assert "comment author Nobody" in text
    assert "|0|R......A|" in text
    assert f(tmp / "b.fm2", 1) is True
    emulator.lua.movie.stop()
    assert "savestate base64:" in (tmp / "b.fm2").read_text()
    with pytest.raises(LuaError, match="No such file or directory"):
        f(tmp / "no" / "folder.fm2")


@check("movie.play")
def _(f, emulator, tmp):
    _record(emulator, tmp / "a.fm2", 60)
    emulator.poweron()
    ram = emulator.step("right", 60).copy()
    assert f(tmp / "a.fm2", True) is True
    assert (emulator.step(frames=59)[:0x100] != ram[:0x100]).sum() < 40
    assert f(tmp / "a.fm2", pauseframe=10) is True
    emulator.step(frames=30)
    assert emulator.lua.emu.paused()
    emulator.step(frames=5)
    emulator.lua.emu.unpause()
    with pytest.raises(LuaError, match="No such file or directory"):
        f(tmp / "missing.fm2")
    (tmp / "text").write_text("no movie")
    with pytest.raises(LuaError, match="is no FM2 movie"):
        f(tmp / "text")


@check("movie.ispoweron")
def _(f, emulator, tmp):
    assert f() is False
    emulator.lua.movie.record(tmp / "a.fm2")
    assert f() is True
    emulator.lua.movie.record(tmp / "b.fm2", 1)
    assert f() is False


@check("movie.isfromsavestate")
def _(f, emulator, tmp):
    assert f() is False
    emulator.lua.movie.record(tmp / "a.fm2")
    assert f() is False
    emulator.lua.movie.record(tmp / "b.fm2", 1)
    assert f() is True


# ---- gui -------------------------------------------------------------------


def _pixel(emulator: Emulator, x: int, y: int) -> tuple[int, int, int, int]:
    return tuple(emulator.lua.gui.getpixel(x, y))


@check("gui.pixel")
def _(f, emulator, tmp):
    for colour, expected in (
        ("red", (255, 0, 0, 255)),
        ("Grey", (127, 127, 127, 255)),
        ("#01020304", (1, 2, 3, 4)),
        ((9, 8, 7), (9, 8, 7, 255)),
        ((9, 8, 7, 6), (9, 8, 7, 6)),
        (0x0A0B0C0D, (10, 11, 12, 13)),
    ):
        emulator.lua.emu.frameadvance()
        emulator.lua.emu.frameadvance()
        f(40, 50, colour)
        assert _pixel(emulator, 40, 50) == expected
    f(-5, 300, "white")  # outside is left out
    with pytest.raises(ValueError, match="colour is 'purpel'; allowed are white, black"):
        f(1, 1, "purpel")
    with pytest.raises(ValueError, match="x is 40000; allowed are -32768 to 32767"):
        f(40000, 1, "red")


@check("gui.getpixel")
def _(f, emulator, tmp):
    emulator.lua.gui.pixel(3, 4, "blue")
    assert tuple(f(3, 4)) == (0, 0, 255, 255)
    assert f(3, 4).blue == 255
    with pytest.raises(ValueError, match="allowed are 0 to 239"):
        f(0, 240)


@check("gui.line")
def _(f, emulator, tmp):
    f(10, 20, 30, 20, "green")
    assert _pixel(emulator, 20, 20) == (0, 255, 0, 255)
    f(10, 30, 30, 30)
    assert _pixel(emulator, 20, 30) == (255, 255, 255, 255)
    f(-32768, -32768, 32767, 32767, "red", True)


@check("gui.box")
def _(f, emulator, tmp):
    f(10, 20, 30, 40, "blue", "yellow")
    assert _pixel(emulator, 10, 20) == (255, 255, 0, 255)
    assert _pixel(emulator, 20, 30) == (0, 0, 255, 255)
    f(-32768, -32768, 32767, 32767)


@check("gui.text")
def _(f, emulator, tmp):
    assert f(10, 20, "Hi", "white", "clear") > 10
    assert any(_pixel(emulator, x, y)[3] for x in range(10, 20) for y in range(20, 28))
    f(250, 230, "a line\n" * 500 + "x" * 3000)


@check("gui.parsecolor")
def _(f, emulator, tmp):
    assert tuple(f("orange")) == (255, 127, 0, 255)
    assert f("P0F").extra == 255


@check("gui.savescreenshot")
def _(f, emulator, tmp):
    f()
    emulator.lua.emu.frameadvance()
    emulator.step(frames=1)


@check("gui.savescreenshotas")
def _(f, emulator, tmp):
    f(tmp / "shot.png")
    emulator.lua.emu.frameadvance()
    emulator.step(frames=1)
    assert (tmp / "shot.png").read_bytes().startswith(b"\x89PNG")


@check("gui.gdscreenshot")
def _(f, emulator, tmp):
    emulator.step(frames=100)
    emulator.lua.emu.frameadvance()
    assert f(True).shape == (240, 256, 3)
    assert f(True).dtype == np.uint8
    assert (f(True) == emulator.screen()).all()


@check("gui.gdoverlay")
def _(f, emulator, tmp):
    image = np.zeros((20, 30, 4), np.uint8)
    image[..., 0], image[..., 3] = 200, 255
    image[0, 0] = 0, 0, 0, 0
    f(100, 100, image)
    assert _pixel(emulator, 101, 101) == (200, 0, 0, 255)
    assert _pixel(emulator, 100, 100)[3] == 0
    f(-10, -10, image[..., :3].copy(), 0.5)
    f(250, 235, image)
    with pytest.raises(ValueError, match=r"allowed are \(height, width, 3 or 4\) uint8"):
        f(0, 0, image.astype(float))


@check("gui.opacity")
def _(f, emulator, tmp):
    emulator.lua.emu.frameadvance()  # takes away what was drawn before
    emulator.lua.emu.frameadvance()
    f(0.5)
    emulator.lua.gui.pixel(1, 1, "white")
    assert _pixel(emulator, 1, 1)[3] == 127
    f(1)


@check("gui.transparency")
def _(f, emulator, tmp):
    emulator.lua.emu.frameadvance()
    emulator.lua.emu.frameadvance()
    f(2)
    emulator.lua.gui.pixel(1, 1, "white")
    assert _pixel(emulator, 1, 1)[3] == 127
    f(0)


@check("gui.register")
def _(f, emulator, tmp):
    def draw() -> None:
        calls.append(1)
        emulator.lua.gui.box(50, 50, 60, 60, "red", "red")

    calls: list[int] = []
    emulator.step(frames=3)
    with f(draw):
        emulator.lua.emu.frameadvance()
        picture = emulator.lua.gui.gdscreenshot()
    assert calls == [1]
    assert (picture[55, 55] != emulator.lua.gui.gdscreenshot(True)[55, 55]).any()
    emulator.step(frames=3)
    assert calls == [1]


# ---- sound, debugger -------------------------------------------------------


@check("sound.get")
def _(f, emulator, tmp):
    channels = f()["rp2a03"]
    assert set(channels) == {"square1", "square2", "triangle", "noise", "dpcm"}
    assert channels["square1"]["frequency"] > 0


@check("debugger.hitbreakpoint")
def _(f, emulator, tmp):
    with pytest.raises(LuaError, match="needs FCEUX's window"):
        f()


@check("debugger.getcyclescount")
def _(f, emulator, tmp):
    emulator.step(frames=10)
    before = f()
    emulator.step(frames=10)
    assert math.isclose(f() - before, 10 * 29780.5, abs_tol=40)


@check("debugger.getinstructionscount")
def _(f, emulator, tmp):
    before = f()
    emulator.step(frames=10)
    assert f() > before + 10_000


@check("debugger.resetcyclescount")
def _(f, emulator, tmp):
    emulator.step(frames=10)
    f()
    assert emulator.lua.debugger.getcyclescount() < 30_000


@check("debugger.resetinstructionscount")
def _(f, emulator, tmp):
    emulator.step(frames=10)
    f()
    assert emulator.lua.debugger.getinstructionscount() == 0


returns("debugger.getsymboloffset", None, "no such symbol")

# ---- taseditor, cdlog: FCEUX for Linux does nothing in them ----------------

returns("taseditor.engaged", False)
for _name, _expected, *_arguments in (
    ("markedframe", False, 3),
    ("getmarker", None, 3),
    ("setmarker", None, 3),
    ("removemarker", None, 3),
    ("getnote", None, 1),
    ("setnote", None, 1, "text"),
    ("getcurrentbranch", None),
    ("getrecordermode", None),
    ("getsuperimpose", None),
    ("getlostplayback", None),
    ("getplaybacktarget", None),
    ("setplayback", None, 3),
    ("stopseeking", None),
    ("getselection", None),
    ("setselection", None, [1, 2]),
    ("getinput", None, 3, 1),
    ("submitinputchange", None, 3, 1, 0),
    ("submitinsertframes", None, 3, 1),
    ("submitdeleteframes", None, 3, 1),
    ("applyinputchanges", None, "name"),
    ("clearinputchanges", None),
):
    returns(f"taseditor.{_name}", _expected, *_arguments)


@check("taseditor.registerauto")
def _(f, emulator, tmp):
    f(lambda: None).unregister()


@check("taseditor.registermanual")
def _(f, emulator, tmp):
    f(lambda: None, "caption").unregister()


returns("cdlog.docdlogger", 0)
returns("cdlog.savecdlogfile", None)
returns("cdlog.savecdlogfileas", None, "a.cdl")
returns("cdlog.loadfile", None)
returns("cdlog.loadcdlog", 0, "a.cdl")
returns("cdlog.resetcdlog", None)
returns("cdlog.startcdlogging", None)
returns("cdlog.pausecdlogging", 0)
returns("input.openfilepopup", None)
returns("input.savefilepopup", None)

# ---- bit, globals ----------------------------------------------------------

returns("bit.tobit", -1, 0xFFFFFFFF)
returns("bit.bnot", -1, 0)
returns("bit.band", 8, 0xFF, 0x18, 0x0F)
returns("bit.bor", 7, 1, 2, 4)
returns("bit.bxor", 6, 3, 5)
returns("bit.lshift", 16, 1, 4)
returns("bit.rshift", 0x0FFFFFFF, -1, 4)
returns("bit.arshift", -1, -1, 4)
returns("bit.rol", 0x34567812, 0x12345678, 8)
returns("bit.ror", 0x78123456, 0x12345678, 8)
returns("bit.bswap", 0x78563412, 0x12345678)
returns("bit.tohex", "0000ABCD", 0xABCD, -8)
returns("print", None, ["a", 1])
returns("tobitstring", "1010 0001", 0xA1)
returns("AND", 8, 0xFF, 0x18, 0x0F)
returns("OR", 7, 1, 2, 4)
returns("XOR", 6, 3, 5)
returns("BIT", 0b1001, 0, 3)
returns("copytable", {"x": 1, "y": [2, 3]}, {"x": 1, "y": [2, 3]})


@check("SHIFT")
def _(f, emulator, tmp):
    assert f(16, 2) == 4
    assert f(16, -2) == 64


@check("gethash")
def _(f, emulator, tmp):
    assert f(b"some bytes") % 2**32 == zlib.crc32(b"some bytes")
    assert f(b"") == 0


@check("tostring")
def _(f, emulator, tmp):
    assert f({"a": 1}) == "{a=1}"
    assert f(None) == "nil"
    with pytest.raises(LuaError, match="longer than 2000 bytes"):
        f("x" * 5000)


@check("addressof")
def _(f, emulator, tmp):
    assert f([1]) > 0
    assert f(None) == 0
