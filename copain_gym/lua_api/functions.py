"""FCEUX's Lua functions, typed.

Generated from table.py by generate.py; do not edit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from copain_gym.buttons import Button
from copain_gym.lua_api.library import MISSING, Callback, Library, Missing, Registration
from copain_gym.lua_api.values import (
    Colour,
    Held,
    Image,
    Picture,
    Pixel,
    a_bool,
    a_picture,
    a_pixel,
    a_str,
    a_value,
    an_int,
    buttons,
    buttons_held,
    buttons_or_none,
    frames_or_none,
    int_or_none,
    no_result,
    some_bytes,
    str_or_none,
    to_buttons,
    to_bytes,
    to_choice,
    to_colour,
    to_flag,
    to_frames,
    to_image,
    to_integer,
    to_number,
    to_path,
    to_slot,
    to_string,
    to_zapper,
)

if TYPE_CHECKING:
    from copain_gym.bridge.savestate import SaveState
    from copain_gym.lua_api.library import Savestate

__all__ = [
    "BitFunctions",
    "CdlogFunctions",
    "DebuggerFunctions",
    "EmuFunctions",
    "GlobalFunctions",
    "GuiFunctions",
    "InputFunctions",
    "JoypadFunctions",
    "MemoryFunctions",
    "MovieFunctions",
    "PpuFunctions",
    "RomFunctions",
    "SavestateFunctions",
    "SoundFunctions",
    "TaseditorFunctions",
    "ZapperFunctions",
]


class EmuFunctions(Library):
    """FCEUX's Lua library `emu`."""

    def poweron(self) -> None:
        """Switch the console off and on."""
        self._api.call(no_result, "emu.poweron")

    def softreset(self) -> None:
        """Press the console's reset button."""
        self._api.call(no_result, "emu.softreset")

    def frameadvance(self) -> None:
        """Emulate one frame with the buttons set by `joypad.set`. Not allowed in a callback."""
        self._api.call(no_result, "emu.frameadvance")

    def speedmode(self, mode: Literal["normal", "nothrottle", "turbo", "maximum"]) -> None:
        """Set the speed: normal is the console's, the others are faster; turbo skips pictures."""
        self._api.call(
            no_result,
            "emu.speedmode",
            to_choice("mode", mode, ("normal", "nothrottle", "turbo", "maximum")),
        )

    def pause(self) -> None:
        """Mark the emulation as paused. Python can still emulate frames."""
        self._api.call(no_result, "emu.pause")

    def unpause(self) -> None:
        """End a pause."""
        self._api.call(no_result, "emu.unpause")

    def paused(self) -> bool:
        """Whether the emulation is marked as paused."""
        return self._api.call(a_bool, "emu.paused")

    def debuggerloop(self) -> None:
        """Wait in the debugger; only FCEUX for Windows does anything."""
        self._api.call(no_result, "emu.debuggerloop")

    def debuggerloopstep(self) -> None:
        """One step of the debugger's loop; only FCEUX for Windows does anything."""
        self._api.call(no_result, "emu.debuggerloopstep")

    def exec_count(self, count: int, source: str) -> int:
        """Run Lua source for at most `count` instructions. Returns 0 or Lua's error status."""
        return self._api.call(
            an_int,
            "emu.exec_count",
            to_integer("count", count, 1, 1000000000),
            to_string("source", source, 1000000),
        )

    def exec_time(self, milliseconds: int, source: str) -> None:
        """Run Lua source for a limited time. Only FCEUX for Windows does anything."""
        self._api.call(
            no_result,
            "emu.exec_time",
            to_integer("milliseconds", milliseconds, 1, 1000000),
            to_string("source", source, 1000000),
        )

    def setrenderplanes(self, sprites: bool, background: bool) -> None:
        """Choose whether sprites and background are drawn. The game does not notice."""
        self._api.call(
            no_result,
            "emu.setrenderplanes",
            to_flag("sprites", sprites),
            to_flag("background", background),
        )

    def message(self, text: str) -> None:
        """Show a message at the bottom of the picture."""
        self._api.call(no_result, "emu.message", to_string("text", text, 1000))

    def framecount(self) -> int:
        """Frames since power-on, or since the movie's beginning."""
        return self._api.call(an_int, "emu.framecount")

    def lagcount(self) -> int:
        """Lag frames since power-on: frames in which the game did not read the pads."""
        return self._api.call(an_int, "emu.lagcount")

    def lagged(self) -> bool:
        """Whether the last frame was a lag frame."""
        return self._api.call(a_bool, "emu.lagged")

    def setlagflag(self, value: bool) -> None:
        """Set whether the current frame counts as a lag frame."""
        self._api.call(no_result, "emu.setlagflag", to_flag("value", value))

    def emulating(self) -> bool:
        """Whether a game is loaded."""
        return self._api.call(a_bool, "emu.emulating")

    @overload
    def registerbefore(self) -> Callable[[Callback], Callback]: ...
    @overload
    def registerbefore(self, function: Callable[[], Any] | None) -> Registration: ...
    def registerbefore(self, function: Callable[[], Any] | Missing | None = MISSING) -> Any:
        """Call a function before each frame is emulated."""
        return self._api.register("emu.registerbefore", function, ())

    @overload
    def registerafter(self) -> Callable[[Callback], Callback]: ...
    @overload
    def registerafter(self, function: Callable[[], Any] | None) -> Registration: ...
    def registerafter(self, function: Callable[[], Any] | Missing | None = MISSING) -> Any:
        """Call a function after each frame was emulated."""
        return self._api.register("emu.registerafter", function, ())

    @overload
    def registerexit(self) -> Callable[[Callback], Callback]: ...
    @overload
    def registerexit(self, function: Callable[[], Any] | None) -> Registration: ...
    def registerexit(self, function: Callable[[], Any] | Missing | None = MISSING) -> Any:
        """Call a function when the emulator ends on request."""
        return self._api.register("emu.registerexit", function, ())

    def addgamegenie(self, code: str) -> bool:
        """Add a Game Genie code of 6 or 8 letters."""
        return self._api.call(a_bool, "emu.addgamegenie", to_string("code", code, 8))

    def delgamegenie(self, code: str) -> bool:
        """Remove a Game Genie code. Also returns True if the code was not there."""
        return self._api.call(a_bool, "emu.delgamegenie", to_string("code", code, 8))

    def getscreenpixel(self, x: int, y: int, getemuscreen: bool = False) -> Pixel:
        """A pixel: red, green, blue, palette index. With True, without messages and drawings."""
        return self._api.call(
            a_pixel,
            "emu.getscreenpixel",
            to_integer("x", x, 0, 255),
            to_integer("y", y, 0, 239),
            to_flag("getemuscreen", getemuscreen),
        )

    def readonly(self) -> bool:
        """Whether movies are opened read-only."""
        return self._api.call(a_bool, "emu.readonly")

    def setreadonly(self, state: bool) -> None:
        """Choose whether movies are opened read-only."""
        self._api.call(no_result, "emu.setreadonly", to_flag("state", state))

    def getdir(self) -> str:
        """The folder of FCEUX's executable."""
        return self._api.call(a_str, "emu.getdir")

    def loadrom(self, path: str | os.PathLike[str]) -> str:
        """Load another game and power it on. Returns its name (headless engine: its path)."""
        raise NotImplementedError

    def print(self, text: object) -> None:
        """Write a line to FCEUX's Lua console."""
        self._api.call(no_result, "emu.print", str(text)[:10000])

    def exit(self) -> None:
        """End the emulator. Exit callbacks are called, and the `Emulator` is closed."""
        raise NotImplementedError


class RomFunctions(Library):
    """FCEUX's Lua library `rom`."""

    def getfilename(self) -> str:
        """The ROM's file name without folder and extension."""
        return self._api.call(a_str, "rom.getfilename")

    def gethash(self, type: Literal["md5", "base64"]) -> str:
        """The MD5 of the ROM without its header, in hexadecimal or as in FM2 movies."""
        return self._api.call(a_str, "rom.gethash", to_choice("type", type, ("md5", "base64")))

    def readbyte(self, address: int) -> int:
        """A byte of the ROM file; 0 beyond its end."""
        return self._api.call(an_int, "rom.readbyte", to_integer("address", address, 0, 2147483647))

    def readbyteunsigned(self, address: int) -> int:
        """Alias of `readbyte`."""
        return self._api.call(
            an_int, "rom.readbyteunsigned", to_integer("address", address, 0, 2147483647)
        )

    def readbytesigned(self, address: int) -> int:
        """A byte of the ROM file, -128 to 127."""
        return self._api.call(
            an_int, "rom.readbytesigned", to_integer("address", address, 0, 2147483647)
        )

    def readbyterange(self, address: int, length: int) -> bytes:
        """Bytes of the ROM file."""
        return self._api.call(
            some_bytes,
            "rom.readbyterange",
            to_integer("address", address, 0, 2147483647),
            to_integer("length", length, 0, 16777216),
        )

    def writebyte(self, address: int, value: int) -> None:
        """Change a byte of the loaded ROM. The header (16 bytes) cannot be changed."""
        self._api.call(
            no_result,
            "rom.writebyte",
            to_integer("address", address, 16, 2147483647),
            to_integer("value", value, 0, 255),
        )


class MemoryFunctions(Library):
    """FCEUX's Lua library `memory`."""

    def readbyte(self, address: int) -> int:
        """A byte of the CPU's address space, 0 to 255."""
        return self._api.call(an_int, "memory.readbyte", to_integer("address", address, 0, 65535))

    def readbyteunsigned(self, address: int) -> int:
        """Alias of `readbyte`."""
        return self._api.call(
            an_int, "memory.readbyteunsigned", to_integer("address", address, 0, 65535)
        )

    def readbyterange(self, address: int, length: int) -> bytes:
        """Bytes of the CPU's address space."""
        return self._api.call(
            some_bytes,
            "memory.readbyterange",
            to_integer("address", address, 0, 65535),
            to_integer("length", length, 0, 65536),
        )

    def readbytesigned(self, address: int) -> int:
        """A byte of the CPU's address space, -128 to 127."""
        return self._api.call(
            an_int, "memory.readbytesigned", to_integer("address", address, 0, 65535)
        )

    def readword(self, address: int, high: int | None = None) -> int:
        """Two bytes, low byte first, 0 to 65535. `high` is the address of the high byte."""
        return self._api.call(
            an_int,
            "memory.readword",
            to_integer("address", address, 0, 65535),
            None if high is None else to_integer("high", high, 0, 65535),
        )

    def readwordunsigned(self, address: int, high: int | None = None) -> int:
        """Alias of `readword`."""
        return self._api.call(
            an_int,
            "memory.readwordunsigned",
            to_integer("address", address, 0, 65535),
            None if high is None else to_integer("high", high, 0, 65535),
        )

    def readwordsigned(self, address: int, high: int | None = None) -> int:
        """Two bytes, low byte first, -32768 to 32767. `high` is the address of the high byte."""
        return self._api.call(
            an_int,
            "memory.readwordsigned",
            to_integer("address", address, 0, 65535),
            None if high is None else to_integer("high", high, 0, 65535),
        )

    def writebyte(self, address: int, value: int) -> None:
        """Write a byte as the CPU does. Writing to a hardware register has its usual effect."""
        self._api.call(
            no_result,
            "memory.writebyte",
            to_integer("address", address, 0, 65535),
            to_integer("value", value, 0, 255),
        )

    def legacywritebyte(self, address: int, value: int) -> None:
        """Write a byte without the mapper, as cheats do. This can change ROM."""
        self._api.call(
            no_result,
            "memory.legacywritebyte",
            to_integer("address", address, 0, 65535),
            to_integer("value", value, 0, 255),
        )

    def getregister(self, name: Literal["a", "x", "y", "s", "p", "pc"]) -> int:
        """A register of the CPU."""
        return self._api.call(
            an_int, "memory.getregister", to_choice("name", name, ("a", "x", "y", "s", "p", "pc"))
        )

    def setregister(self, name: Literal["a", "x", "y", "s", "p", "pc"], value: int) -> None:
        """Change a register of the CPU."""
        self._api.call(
            no_result,
            "memory.setregister",
            to_choice("name", name, ("a", "x", "y", "s", "p", "pc")),
            to_integer("value", value, 0, 65535),
        )

    @overload
    def registerwrite(self, address: int, size: int = 1) -> Callable[[Callback], Callback]: ...
    @overload
    def registerwrite(
        self, address: int, size: int = 1, *, function: Callable[[int, int, int], Any] | None
    ) -> Registration: ...
    @overload
    def registerwrite(
        self, address: int, size: int, function: Callable[[int, int, int], Any] | None
    ) -> Registration: ...
    @overload
    def registerwrite(
        self, address: int, function: Callable[[int, int, int], Any] | None, /
    ) -> Registration: ...
    def registerwrite(
        self,
        address: int,
        size: int | Callable[[int, int, int], Any] | None = 1,
        function: Callable[[int, int, int], Any] | Missing | None = MISSING,
    ) -> Any:
        """Call a function with (address, size, value) after a write. `size` may be left out."""
        if function is MISSING and (size is None or callable(size)):
            function, size = size, 1
        return self._api.register(
            "memory.registerwrite",
            function,
            (
                to_integer("address", address, 0, 65535),
                to_integer("size", size, 1, 65536),
            ),
        )

    @overload
    def register(self, address: int, size: int = 1) -> Callable[[Callback], Callback]: ...
    @overload
    def register(
        self, address: int, size: int = 1, *, function: Callable[[int, int, int], Any] | None
    ) -> Registration: ...
    @overload
    def register(
        self, address: int, size: int, function: Callable[[int, int, int], Any] | None
    ) -> Registration: ...
    @overload
    def register(
        self, address: int, function: Callable[[int, int, int], Any] | None, /
    ) -> Registration: ...
    def register(
        self,
        address: int,
        size: int | Callable[[int, int, int], Any] | None = 1,
        function: Callable[[int, int, int], Any] | Missing | None = MISSING,
    ) -> Any:
        """Alias of `registerwrite`."""
        if function is MISSING and (size is None or callable(size)):
            function, size = size, 1
        return self._api.register(
            "memory.register",
            function,
            (
                to_integer("address", address, 0, 65535),
                to_integer("size", size, 1, 65536),
            ),
        )

    @overload
    def registerexec(self, address: int, size: int = 1) -> Callable[[Callback], Callback]: ...
    @overload
    def registerexec(
        self, address: int, size: int = 1, *, function: Callable[[int, int, int], Any] | None
    ) -> Registration: ...
    @overload
    def registerexec(
        self, address: int, size: int, function: Callable[[int, int, int], Any] | None
    ) -> Registration: ...
    @overload
    def registerexec(
        self, address: int, function: Callable[[int, int, int], Any] | None, /
    ) -> Registration: ...
    def registerexec(
        self,
        address: int,
        size: int | Callable[[int, int, int], Any] | None = 1,
        function: Callable[[int, int, int], Any] | Missing | None = MISSING,
    ) -> Any:
        """Call a function with (address, size, 0) before an instruction. `size` may be left out."""
        if function is MISSING and (size is None or callable(size)):
            function, size = size, 1
        return self._api.register(
            "memory.registerexec",
            function,
            (
                to_integer("address", address, 0, 65535),
                to_integer("size", size, 1, 65536),
            ),
        )

    @overload
    def registerrun(self, address: int, size: int = 1) -> Callable[[Callback], Callback]: ...
    @overload
    def registerrun(
        self, address: int, size: int = 1, *, function: Callable[[int, int, int], Any] | None
    ) -> Registration: ...
    @overload
    def registerrun(
        self, address: int, size: int, function: Callable[[int, int, int], Any] | None
    ) -> Registration: ...
    @overload
    def registerrun(
        self, address: int, function: Callable[[int, int, int], Any] | None, /
    ) -> Registration: ...
    def registerrun(
        self,
        address: int,
        size: int | Callable[[int, int, int], Any] | None = 1,
        function: Callable[[int, int, int], Any] | Missing | None = MISSING,
    ) -> Any:
        """Alias of `registerexec`."""
        if function is MISSING and (size is None or callable(size)):
            function, size = size, 1
        return self._api.register(
            "memory.registerrun",
            function,
            (
                to_integer("address", address, 0, 65535),
                to_integer("size", size, 1, 65536),
            ),
        )

    @overload
    def registerexecute(self, address: int, size: int = 1) -> Callable[[Callback], Callback]: ...
    @overload
    def registerexecute(
        self, address: int, size: int = 1, *, function: Callable[[int, int, int], Any] | None
    ) -> Registration: ...
    @overload
    def registerexecute(
        self, address: int, size: int, function: Callable[[int, int, int], Any] | None
    ) -> Registration: ...
    @overload
    def registerexecute(
        self, address: int, function: Callable[[int, int, int], Any] | None, /
    ) -> Registration: ...
    def registerexecute(
        self,
        address: int,
        size: int | Callable[[int, int, int], Any] | None = 1,
        function: Callable[[int, int, int], Any] | Missing | None = MISSING,
    ) -> Any:
        """Alias of `registerexec`."""
        if function is MISSING and (size is None or callable(size)):
            function, size = size, 1
        return self._api.register(
            "memory.registerexecute",
            function,
            (
                to_integer("address", address, 0, 65535),
                to_integer("size", size, 1, 65536),
            ),
        )


class PpuFunctions(Library):
    """FCEUX's Lua library `ppu`."""

    def readbyte(self, address: int) -> int:
        """A byte of the PPU's address space."""
        return self._api.call(an_int, "ppu.readbyte", to_integer("address", address, 0, 16383))

    def readbyterange(self, address: int, length: int) -> bytes:
        """Bytes of the PPU's address space."""
        return self._api.call(
            some_bytes,
            "ppu.readbyterange",
            to_integer("address", address, 0, 16383),
            to_integer("length", length, 0, 16384),
        )


class JoypadFunctions(Library):
    """FCEUX's Lua library `joypad`."""

    def get(self, player: int) -> Button:
        """The buttons that the game read as held."""
        return self._api.call(buttons_held, "joypad.get", to_integer("player", player, 1, 4))

    def read(self, player: int) -> Button:
        """Alias of `get`."""
        return self._api.call(buttons_held, "joypad.read", to_integer("player", player, 1, 4))

    def getdown(self, player: int) -> Button:
        """The buttons that the game read as held."""
        return self._api.call(buttons_held, "joypad.getdown", to_integer("player", player, 1, 4))

    def readdown(self, player: int) -> Button:
        """Alias of `getdown`."""
        return self._api.call(buttons_held, "joypad.readdown", to_integer("player", player, 1, 4))

    def getup(self, player: int) -> Button:
        """The buttons that the game read as not held."""
        return self._api.call(buttons, "joypad.getup", to_integer("player", player, 1, 4))

    def readup(self, player: int) -> Button:
        """Alias of `getup`."""
        return self._api.call(buttons, "joypad.readup", to_integer("player", player, 1, 4))

    def getimmediate(self, player: int) -> Button | None:
        """The buttons that the user holds now. Only FCEUX for Windows knows them; else None."""
        return self._api.call(
            buttons_or_none, "joypad.getimmediate", to_integer("player", player, 1, 4)
        )

    def readimmediate(self, player: int) -> Button | None:
        """Alias of `getimmediate`."""
        return self._api.call(
            buttons_or_none, "joypad.readimmediate", to_integer("player", player, 1, 4)
        )

    def set(self, player: int, buttons: Held) -> None:
        """Hold buttons in the next frame only."""
        self._api.call(
            no_result, "joypad.set", to_integer("player", player, 1, 4), to_buttons(buttons)
        )

    def write(self, player: int, buttons: Held) -> None:
        """Alias of `set`."""
        self._api.call(
            no_result, "joypad.write", to_integer("player", player, 1, 4), to_buttons(buttons)
        )


class ZapperFunctions(Library):
    """FCEUX's Lua library `zapper`."""

    def read(self) -> dict[str, int]:
        """The light gun's x, y and fire, from the mouse or the movie."""
        return self._api.call(a_value, "zapper.read")

    def set(self, x: int | None = None, y: int | None = None, fire: bool | None = None) -> None:
        """Aim and fire the light gun. None leaves control to the mouse."""
        self._api.call(no_result, "zapper.set", to_zapper(x, y, fire))


class InputFunctions(Library):
    """FCEUX's Lua library `input`."""

    def get(self) -> dict[str, int | bool]:
        """The keys that the user holds, and xmouse, ymouse, click."""
        return self._api.call(a_value, "input.get")

    def read(self) -> dict[str, int | bool]:
        """Alias of `get`."""
        return self._api.call(a_value, "input.read")

    def popup(
        self,
        message: str,
        type: Literal["ok", "yesno", "yesnocancel"] = "yesno",
        icon: Literal["message", "notice", "question", "warning", "error"] = "question",
    ) -> str | None:
        """Ask the user in a box. Returns "yes", "no", "cancel", or None if the box was closed."""
        return self._api.ask(
            str_or_none,
            "input.popup",
            to_string("message", message, 4000),
            to_choice("type", type, ("ok", "yesno", "yesnocancel")),
            to_choice("icon", icon, ("message", "notice", "question", "warning", "error")),
        )

    def openfilepopup(self) -> str | None:
        """Ask for a file to open. FCEUX for Linux reads standard input, which is empty: None."""
        return self._api.call(str_or_none, "input.openfilepopup")

    def savefilepopup(self) -> str | None:
        """Ask for a file to write. FCEUX for Linux reads standard input, which is empty: None."""
        return self._api.call(str_or_none, "input.savefilepopup")


class SavestateFunctions(Library):
    """FCEUX's Lua library `savestate`."""

    def object(self, which: int | str | os.PathLike[str] | None = None) -> Savestate:
        """Make a savestate object: anonymous, for a slot (1 to 10; 10 is slot 0), or for a file."""
        return self._api.call(self._api.savestate_result, "savestate.object", to_slot(which))

    def create(self, which: int | str | os.PathLike[str] | None = None) -> Savestate:
        """Make a savestate object with the old slot numbers (1 to 10 are slots 0 to 9)."""
        return self._api.call(self._api.savestate_result, "savestate.create", to_slot(which))

    def save(self, state: Savestate | SaveState) -> None:
        """Save the machine in a savestate object, inside the emulator."""
        self._api.call(no_result, "savestate.save", self._api.handle(state))

    def load(self, state: Savestate | SaveState) -> None:
        """Load the machine from a savestate object."""
        self._api.call(no_result, "savestate.load", self._api.handle(state))

    def persist(self, state: Savestate | SaveState) -> None:
        """Write the savestate to the object's file."""
        self._api.call(no_result, "savestate.persist", self._api.handle(state))

    @overload
    def registersave(self) -> Callable[[Callback], Callback]: ...
    @overload
    def registersave(self, function: Callable[[int], Any] | None) -> Registration: ...
    def registersave(self, function: Callable[[int], Any] | Missing | None = MISSING) -> Any:
        """Call a function with the slot when the user saves. FCEUX keeps what it returns."""
        return self._api.register("savestate.registersave", function, ())

    @overload
    def registerload(self) -> Callable[[Callback], Callback]: ...
    @overload
    def registerload(self, function: Callable[..., Any] | None) -> Registration: ...
    def registerload(self, function: Callable[..., Any] | Missing | None = MISSING) -> Any:
        """Call a function with the slot and the kept values when the user loads."""
        return self._api.register("savestate.registerload", function, ())

    def loadscriptdata(self, state: Savestate | SaveState) -> None:
        """The values kept by `registersave`. Not allowed, because FCEUX 2.6.5 crashes in it."""
        self._api.call(no_result, "savestate.loadscriptdata", self._api.handle(state))


class MovieFunctions(Library):
    """FCEUX's Lua library `movie`."""

    def framecount(self) -> int:
        """Frames since the movie's beginning, or since power-on."""
        return self._api.call(an_int, "movie.framecount")

    def mode(self) -> str | None:
        """The mode: "record", "playback", "finished", "taseditor"; None without a movie."""
        return self._api.call(str_or_none, "movie.mode")

    def rerecordcounting(self, skip: bool) -> None:
        """With True, loading a savestate does not count as a rerecord."""
        self._api.call(no_result, "movie.rerecordcounting", to_flag("skip", skip))

    def stop(self) -> None:
        """Stop recording or playback. Raises an error without a movie."""
        self._api.call(no_result, "movie.stop")

    def close(self) -> None:
        """Alias of `stop`."""
        self._api.call(no_result, "movie.close")

    def active(self) -> bool:
        """Whether a movie is being recorded or played."""
        return self._api.call(a_bool, "movie.active")

    def recording(self) -> bool:
        """Whether a movie is being recorded."""
        return self._api.call(a_bool, "movie.recording")

    def playing(self) -> bool:
        """Whether a movie is being played."""
        return self._api.call(a_bool, "movie.playing")

    def length(self) -> int:
        """The length of the movie in frames. Raises an error without a movie."""
        return self._api.call(an_int, "movie.length")

    def rerecordcount(self) -> int:
        """The number of rerecords of the movie. Raises an error without a movie."""
        return self._api.call(an_int, "movie.rerecordcount")

    def name(self) -> str:
        """The path of the movie. Raises an error without a movie."""
        return self._api.call(a_str, "movie.name")

    def getname(self) -> str:
        """Alias of `name`."""
        return self._api.call(a_str, "movie.getname")

    def filename(self) -> str:
        """The file name of the movie. Raises an error without a movie."""
        return self._api.call(a_str, "movie.filename")

    def readonly(self) -> bool:
        """Whether movies are opened read-only."""
        return self._api.call(a_bool, "movie.readonly")

    def getreadonly(self) -> bool:
        """Alias of `readonly`."""
        return self._api.call(a_bool, "movie.getreadonly")

    def setreadonly(self, state: bool) -> None:
        """Choose whether movies are opened read-only."""
        self._api.call(no_result, "movie.setreadonly", to_flag("state", state))

    def replay(self) -> None:
        """Play the movie from its beginning, read-only."""
        self._api.call(no_result, "movie.replay")

    def playbeginning(self) -> None:
        """Alias of `replay`."""
        self._api.call(no_result, "movie.playbeginning")

    def record(self, path: str | os.PathLike[str], save_type: int = 0, author: str = "") -> bool:
        """Record a movie from power-on (0), from the current state (1) or with save RAM (2)."""
        return self._api.call(
            a_bool,
            "movie.record",
            to_path("path", path),
            to_integer("save_type", save_type, 0, 2),
            to_string("author", author, 200),
        )

    def save(self, path: str | os.PathLike[str], save_type: int = 0, author: str = "") -> bool:
        """Alias of `record`."""
        return self._api.call(
            a_bool,
            "movie.save",
            to_path("path", path),
            to_integer("save_type", save_type, 0, 2),
            to_string("author", author, 200),
        )

    def play(
        self, path: str | os.PathLike[str], read_only: bool = False, pauseframe: int = 0
    ) -> bool:
        """Play a movie from its beginning, and pause at `pauseframe`."""
        return self._api.call(
            a_bool,
            "movie.play",
            to_path("path", path),
            to_flag("read_only", read_only),
            to_integer("pauseframe", pauseframe, 0, 1000000000),
        )

    def playback(
        self, path: str | os.PathLike[str], read_only: bool = False, pauseframe: int = 0
    ) -> bool:
        """Alias of `play`."""
        return self._api.call(
            a_bool,
            "movie.playback",
            to_path("path", path),
            to_flag("read_only", read_only),
            to_integer("pauseframe", pauseframe, 0, 1000000000),
        )

    def load(
        self, path: str | os.PathLike[str], read_only: bool = False, pauseframe: int = 0
    ) -> bool:
        """Alias of `play`."""
        return self._api.call(
            a_bool,
            "movie.load",
            to_path("path", path),
            to_flag("read_only", read_only),
            to_integer("pauseframe", pauseframe, 0, 1000000000),
        )

    def ispoweron(self) -> bool:
        """Whether the movie begins at power-on; False without one."""
        return self._api.call(a_bool, "movie.ispoweron")

    def isfromsavestate(self) -> bool:
        """Whether the movie begins at a savestate; False without one."""
        return self._api.call(a_bool, "movie.isfromsavestate")


class GuiFunctions(Library):
    """FCEUX's Lua library `gui`."""

    def pixel(self, x: int, y: int, colour: Colour) -> None:
        """Draw a pixel."""
        self._api.call(
            no_result,
            "gui.pixel",
            to_integer("x", x, -32768, 32767),
            to_integer("y", y, -32768, 32767),
            to_colour("colour", colour),
        )

    def drawpixel(self, x: int, y: int, colour: Colour) -> None:
        """Alias of `pixel`."""
        self._api.call(
            no_result,
            "gui.drawpixel",
            to_integer("x", x, -32768, 32767),
            to_integer("y", y, -32768, 32767),
            to_colour("colour", colour),
        )

    def setpixel(self, x: int, y: int, colour: Colour) -> None:
        """Alias of `pixel`."""
        self._api.call(
            no_result,
            "gui.setpixel",
            to_integer("x", x, -32768, 32767),
            to_integer("y", y, -32768, 32767),
            to_colour("colour", colour),
        )

    def writepixel(self, x: int, y: int, colour: Colour) -> None:
        """Alias of `pixel`."""
        self._api.call(
            no_result,
            "gui.writepixel",
            to_integer("x", x, -32768, 32767),
            to_integer("y", y, -32768, 32767),
            to_colour("colour", colour),
        )

    def getpixel(self, x: int, y: int) -> Pixel:
        """The drawing at a pixel: red, green, blue, alpha. Alpha 0 means no drawing."""
        return self._api.call(
            a_pixel, "gui.getpixel", to_integer("x", x, 0, 255), to_integer("y", y, 0, 239)
        )

    def line(
        self,
        x1: int,
        y1: int,
        x2: int,
        y2: int,
        colour: Colour | None = None,
        skip_first: bool = False,
    ) -> None:
        """Draw a line, white by default, with or without its first pixel."""
        self._api.call(
            no_result,
            "gui.line",
            to_integer("x1", x1, -32768, 32767),
            to_integer("y1", y1, -32768, 32767),
            to_integer("x2", x2, -32768, 32767),
            to_integer("y2", y2, -32768, 32767),
            None if colour is None else to_colour("colour", colour),
            to_flag("skip_first", skip_first),
        )

    def drawline(
        self,
        x1: int,
        y1: int,
        x2: int,
        y2: int,
        colour: Colour | None = None,
        skip_first: bool = False,
    ) -> None:
        """Alias of `line`."""
        self._api.call(
            no_result,
            "gui.drawline",
            to_integer("x1", x1, -32768, 32767),
            to_integer("y1", y1, -32768, 32767),
            to_integer("x2", x2, -32768, 32767),
            to_integer("y2", y2, -32768, 32767),
            None if colour is None else to_colour("colour", colour),
            to_flag("skip_first", skip_first),
        )

    def box(
        self,
        x1: int,
        y1: int,
        x2: int,
        y2: int,
        fill: Colour | None = None,
        outline: Colour | None = None,
    ) -> None:
        """Draw a box, half-transparent white by default. The outline has the colour of the fill."""
        self._api.call(
            no_result,
            "gui.box",
            to_integer("x1", x1, -32768, 32767),
            to_integer("y1", y1, -32768, 32767),
            to_integer("x2", x2, -32768, 32767),
            to_integer("y2", y2, -32768, 32767),
            None if fill is None else to_colour("fill", fill),
            None if outline is None else to_colour("outline", outline),
        )

    def drawbox(
        self,
        x1: int,
        y1: int,
        x2: int,
        y2: int,
        fill: Colour | None = None,
        outline: Colour | None = None,
    ) -> None:
        """Alias of `box`."""
        self._api.call(
            no_result,
            "gui.drawbox",
            to_integer("x1", x1, -32768, 32767),
            to_integer("y1", y1, -32768, 32767),
            to_integer("x2", x2, -32768, 32767),
            to_integer("y2", y2, -32768, 32767),
            None if fill is None else to_colour("fill", fill),
            None if outline is None else to_colour("outline", outline),
        )

    def rect(
        self,
        x1: int,
        y1: int,
        x2: int,
        y2: int,
        fill: Colour | None = None,
        outline: Colour | None = None,
    ) -> None:
        """Alias of `box`."""
        self._api.call(
            no_result,
            "gui.rect",
            to_integer("x1", x1, -32768, 32767),
            to_integer("y1", y1, -32768, 32767),
            to_integer("x2", x2, -32768, 32767),
            to_integer("y2", y2, -32768, 32767),
            None if fill is None else to_colour("fill", fill),
            None if outline is None else to_colour("outline", outline),
        )

    def drawrect(
        self,
        x1: int,
        y1: int,
        x2: int,
        y2: int,
        fill: Colour | None = None,
        outline: Colour | None = None,
    ) -> None:
        """Alias of `box`."""
        self._api.call(
            no_result,
            "gui.drawrect",
            to_integer("x1", x1, -32768, 32767),
            to_integer("y1", y1, -32768, 32767),
            to_integer("x2", x2, -32768, 32767),
            to_integer("y2", y2, -32768, 32767),
            None if fill is None else to_colour("fill", fill),
            None if outline is None else to_colour("outline", outline),
        )

    def text(
        self,
        x: int,
        y: int,
        text: str,
        colour: Colour | None = None,
        background: Colour | None = None,
    ) -> int:
        """Write text, white on dark blue by default. Returns the x at its end."""
        return self._api.call(
            an_int,
            "gui.text",
            to_integer("x", x, -32768, 32767),
            to_integer("y", y, -32768, 32767),
            to_string("text", text, 10000),
            None if colour is None else to_colour("colour", colour),
            None if background is None else to_colour("background", background),
        )

    def drawtext(
        self,
        x: int,
        y: int,
        text: str,
        colour: Colour | None = None,
        background: Colour | None = None,
    ) -> int:
        """Alias of `text`."""
        return self._api.call(
            an_int,
            "gui.drawtext",
            to_integer("x", x, -32768, 32767),
            to_integer("y", y, -32768, 32767),
            to_string("text", text, 10000),
            None if colour is None else to_colour("colour", colour),
            None if background is None else to_colour("background", background),
        )

    def parsecolor(self, colour: Colour) -> Pixel:
        """A colour as red, green, blue, alpha."""
        return self._api.call(a_pixel, "gui.parsecolor", to_colour("colour", colour))

    def savescreenshot(self) -> None:
        """Write the next picture as PNG to the private home directory of the emulator."""
        self._api.call(no_result, "gui.savescreenshot")

    def savescreenshotas(self, path: str | os.PathLike[str]) -> None:
        """Write the next picture as PNG to a file."""
        self._api.call(no_result, "gui.savescreenshotas", to_path("path", path))

    def gdscreenshot(self, getemuscreen: bool = False) -> Picture:
        """The picture, (240, 256, 3) uint8 RGB. With True, without messages and drawings."""
        return self._api.call(a_picture, "gui.gdscreenshot", to_flag("getemuscreen", getemuscreen))

    def gdoverlay(self, x: int, y: int, image: Image, alpha: float = 1.0) -> None:
        """Draw an image, (height, width, 3 or 4) uint8. `alpha` multiplies its opacity."""
        self._api.call(
            no_result,
            "gui.gdoverlay",
            to_integer("x", x, -32768, 32767),
            to_integer("y", y, -32768, 32767),
            to_image("image", image),
            to_number("alpha", alpha, 0, 255),
        )

    def drawimage(self, x: int, y: int, image: Image, alpha: float = 1.0) -> None:
        """Alias of `gdoverlay`."""
        self._api.call(
            no_result,
            "gui.drawimage",
            to_integer("x", x, -32768, 32767),
            to_integer("y", y, -32768, 32767),
            to_image("image", image),
            to_number("alpha", alpha, 0, 255),
        )

    def image(self, x: int, y: int, image: Image, alpha: float = 1.0) -> None:
        """Alias of `gdoverlay`."""
        self._api.call(
            no_result,
            "gui.image",
            to_integer("x", x, -32768, 32767),
            to_integer("y", y, -32768, 32767),
            to_image("image", image),
            to_number("alpha", alpha, 0, 255),
        )

    def opacity(self, alpha: float) -> None:
        """Set the opacity of later drawings, 0.0 to 1.0, or more for transparent colours."""
        self._api.call(no_result, "gui.opacity", to_number("alpha", alpha, 0, 1000))

    def transparency(self, strength: float) -> None:
        """Set the transparency of later drawings: 0 is opaque, 4 is invisible."""
        self._api.call(no_result, "gui.transparency", to_number("strength", strength, -1000, 1000))

    @overload
    def register(self) -> Callable[[Callback], Callback]: ...
    @overload
    def register(self, function: Callable[[], Any] | None) -> Registration: ...
    def register(self, function: Callable[[], Any] | Missing | None = MISSING) -> Any:
        """Call a function before each picture is shown. Its drawings are part of that picture."""
        return self._api.register("gui.register", function, ())

    def popup(
        self,
        message: str,
        type: Literal["ok", "yesno", "yesnocancel"] = "ok",
        icon: Literal["message", "notice", "question", "warning", "error"] = "message",
    ) -> str | None:
        """Show a box and wait. Returns "yes" for OK, "no", "cancel", or None if it was closed."""
        return self._api.ask(
            str_or_none,
            "gui.popup",
            to_string("message", message, 4000),
            to_choice("type", type, ("ok", "yesno", "yesnocancel")),
            to_choice("icon", icon, ("message", "notice", "question", "warning", "error")),
        )


class SoundFunctions(Library):
    """FCEUX's Lua library `sound`."""

    def get(self) -> dict[str, Any]:
        """Volume, frequency, MIDI key and registers of the five sound channels, under "rp2a03"."""
        return self._api.call(a_value, "sound.get")


class DebuggerFunctions(Library):
    """FCEUX's Lua library `debugger`."""

    def hitbreakpoint(self) -> None:
        """Stop at the next instruction until the user continues. It needs the window."""
        self._api.call(no_result, "debugger.hitbreakpoint")

    def getcyclescount(self) -> int:
        """CPU cycles since power-on or the last reset of the count."""
        return self._api.call(an_int, "debugger.getcyclescount")

    def getinstructionscount(self) -> int:
        """CPU instructions since power-on or the last reset of the count."""
        return self._api.call(an_int, "debugger.getinstructionscount")

    def resetcyclescount(self) -> None:
        """Count cycles from 0."""
        self._api.call(no_result, "debugger.resetcyclescount")

    def resetinstructionscount(self) -> None:
        """Count instructions from 0."""
        self._api.call(no_result, "debugger.resetinstructionscount")

    def getsymboloffset(self, name: str, bank: int | None = None) -> int | None:
        """The address of a debug symbol, in one bank or in any; None if it is unknown."""
        return self._api.call(
            int_or_none,
            "debugger.getsymboloffset",
            to_string("name", name, 200),
            None if bank is None else to_integer("bank", bank, -1, 65535),
        )


class TaseditorFunctions(Library):
    """FCEUX's Lua library `taseditor`."""

    @overload
    def registerauto(self) -> Callable[[Callback], Callback]: ...
    @overload
    def registerauto(self, function: Callable[[], Any] | None) -> Registration: ...
    def registerauto(self, function: Callable[[], Any] | Missing | None = MISSING) -> Any:
        """Call a function at each update of the TAS editor."""
        return self._api.register("taseditor.registerauto", function, ())

    @overload
    def registermanual(self, *, caption: str | None = None) -> Callable[[Callback], Callback]: ...
    @overload
    def registermanual(
        self, function: Callable[[], Any] | None, caption: str | None = None
    ) -> Registration: ...
    def registermanual(
        self, function: Callable[[], Any] | Missing | None = MISSING, caption: str | None = None
    ) -> Any:
        """Call a function when the TAS editor's "Run function" is pressed."""
        return self._api.register(
            "taseditor.registermanual",
            function,
            (),
            None if caption is None else to_string("caption", caption, 200),
        )

    def engaged(self) -> bool:
        """Whether the TAS editor is used; FCEUX for Linux always says False."""
        return self._api.call(a_bool, "taseditor.engaged")

    def markedframe(self, frame: int) -> bool:
        """Whether a frame is marked; only FCEUX for Windows knows it."""
        return self._api.call(
            a_bool, "taseditor.markedframe", to_integer("frame", frame, 0, 1000000000)
        )

    def getmarker(self, frame: int) -> int | None:
        """The number of the marker above a frame; only FCEUX for Windows knows it."""
        return self._api.call(
            int_or_none, "taseditor.getmarker", to_integer("frame", frame, 0, 1000000000)
        )

    def setmarker(self, frame: int) -> int | None:
        """Mark a frame; only FCEUX for Windows does it."""
        return self._api.call(
            int_or_none, "taseditor.setmarker", to_integer("frame", frame, 0, 1000000000)
        )

    def removemarker(self, frame: int) -> None:
        """Remove a marker; only FCEUX for Windows does it."""
        self._api.call(
            no_result, "taseditor.removemarker", to_integer("frame", frame, 0, 1000000000)
        )

    def getnote(self, index: int) -> str | None:
        """The note of a marker; only FCEUX for Windows knows it."""
        return self._api.call(
            str_or_none, "taseditor.getnote", to_integer("index", index, 0, 1000000000)
        )

    def setnote(self, index: int, text: str) -> None:
        """Write the note of a marker; only FCEUX for Windows does it."""
        self._api.call(
            no_result,
            "taseditor.setnote",
            to_integer("index", index, 0, 1000000000),
            to_string("text", text, 1000),
        )

    def getcurrentbranch(self) -> int | None:
        """The current branch; only FCEUX for Windows knows it."""
        return self._api.call(int_or_none, "taseditor.getcurrentbranch")

    def getrecordermode(self) -> str | None:
        """The recorder's mode; only FCEUX for Windows knows it."""
        return self._api.call(str_or_none, "taseditor.getrecordermode")

    def getsuperimpose(self) -> int | None:
        """The state of the superimpose box; only FCEUX for Windows knows it."""
        return self._api.call(int_or_none, "taseditor.getsuperimpose")

    def getlostplayback(self) -> int | None:
        """The frame at which playback was lost; only FCEUX for Windows knows it."""
        return self._api.call(int_or_none, "taseditor.getlostplayback")

    def getplaybacktarget(self) -> int | None:
        """The frame that playback seeks to; only FCEUX for Windows knows it."""
        return self._api.call(int_or_none, "taseditor.getplaybacktarget")

    def setplayback(self, frame: int) -> None:
        """Move playback to a frame; only FCEUX for Windows does it."""
        self._api.call(
            no_result, "taseditor.setplayback", to_integer("frame", frame, 0, 1000000000)
        )

    def stopseeking(self) -> None:
        """Stop seeking; only FCEUX for Windows does it."""
        self._api.call(no_result, "taseditor.stopseeking")

    def getselection(self) -> list[int] | None:
        """The selected frames; only FCEUX for Windows knows them."""
        return self._api.call(frames_or_none, "taseditor.getselection")

    def setselection(self, frames: Iterable[int]) -> None:
        """Select frames; only FCEUX for Windows does it."""
        self._api.call(no_result, "taseditor.setselection", to_frames("frames", frames))

    def getinput(self, frame: int, joypad: int) -> int | None:
        """The buttons of a frame as a mask; only FCEUX for Windows knows them."""
        return self._api.call(
            int_or_none,
            "taseditor.getinput",
            to_integer("frame", frame, 0, 1000000000),
            to_integer("joypad", joypad, 0, 4),
        )

    def submitinputchange(self, frame: int, joypad: int, input: int) -> None:
        """Queue a change of a frame's buttons; only FCEUX for Windows does it."""
        self._api.call(
            no_result,
            "taseditor.submitinputchange",
            to_integer("frame", frame, 0, 1000000000),
            to_integer("joypad", joypad, 0, 4),
            to_integer("input", input, 0, 255),
        )

    def submitinsertframes(self, frame: int, number: int) -> None:
        """Queue an insertion of frames; only FCEUX for Windows does it."""
        self._api.call(
            no_result,
            "taseditor.submitinsertframes",
            to_integer("frame", frame, 0, 1000000000),
            to_integer("number", number, 1, 1000000),
        )

    def submitdeleteframes(self, frame: int, number: int) -> None:
        """Queue a deletion of frames; only FCEUX for Windows does it."""
        self._api.call(
            no_result,
            "taseditor.submitdeleteframes",
            to_integer("frame", frame, 0, 1000000000),
            to_integer("number", number, 1, 1000000),
        )

    def applyinputchanges(self, name: str | None = None) -> int | None:
        """Apply the queued changes; only FCEUX for Windows does it."""
        return self._api.call(
            int_or_none,
            "taseditor.applyinputchanges",
            None if name is None else to_string("name", name, 200),
        )

    def clearinputchanges(self) -> None:
        """Discard the queued changes; only FCEUX for Windows does it."""
        self._api.call(no_result, "taseditor.clearinputchanges")


class CdlogFunctions(Library):
    """FCEUX's Lua library `cdlog`."""

    def docdlogger(self) -> int:
        """Show the code/data logger. FCEUX for Linux does nothing and returns 0."""
        return self._api.call(an_int, "cdlog.docdlogger")

    def savecdlogfile(self) -> None:
        """Write the code/data log; only FCEUX for Windows does it."""
        self._api.call(no_result, "cdlog.savecdlogfile")

    def savecdlogfileas(self, path: str | os.PathLike[str]) -> None:
        """Write the code/data log to a file; only FCEUX for Windows does it."""
        self._api.call(no_result, "cdlog.savecdlogfileas", to_path("path", path))

    def loadfile(self) -> None:
        """Load a code/data log; only FCEUX for Windows does it."""
        self._api.call(no_result, "cdlog.loadfile")

    def loadcdlog(self, path: str | os.PathLike[str]) -> int:
        """Load a code/data log from a file. FCEUX for Linux does nothing and returns 0."""
        return self._api.call(an_int, "cdlog.loadcdlog", to_path("path", path))

    def resetcdlog(self) -> None:
        """Discard the code/data log; only FCEUX for Windows does it."""
        self._api.call(no_result, "cdlog.resetcdlog")

    def startcdlogging(self) -> None:
        """Start logging; only FCEUX for Windows does it."""
        self._api.call(no_result, "cdlog.startcdlogging")

    def pausecdlogging(self) -> int:
        """Pause logging. FCEUX for Linux does nothing and returns 0."""
        return self._api.call(an_int, "cdlog.pausecdlogging")


class BitFunctions(Library):
    """FCEUX's Lua library `bit`."""

    def tobit(self, value: int) -> int:
        """The lowest 32 bits of a number, as a signed integer."""
        return self._api.call(
            an_int, "bit.tobit", to_integer("value", value, -2251799813685248, 2251799813685248)
        )

    def bnot(self, value: int) -> int:
        """Bitwise not."""
        return self._api.call(
            an_int, "bit.bnot", to_integer("value", value, -2251799813685248, 2251799813685248)
        )

    def band(self, value: int, *values: int) -> int:
        """Bitwise and."""
        return self._api.call(
            an_int,
            "bit.band",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            *(
                to_integer("values", values, -2251799813685248, 2251799813685248)
                for values in values
            ),
        )

    def bor(self, value: int, *values: int) -> int:
        """Bitwise or."""
        return self._api.call(
            an_int,
            "bit.bor",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            *(
                to_integer("values", values, -2251799813685248, 2251799813685248)
                for values in values
            ),
        )

    def bxor(self, value: int, *values: int) -> int:
        """Bitwise exclusive or."""
        return self._api.call(
            an_int,
            "bit.bxor",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            *(
                to_integer("values", values, -2251799813685248, 2251799813685248)
                for values in values
            ),
        )

    def lshift(self, value: int, count: int) -> int:
        """Shift left by the lowest 5 bits of `count`."""
        return self._api.call(
            an_int,
            "bit.lshift",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            to_integer("count", count, -2251799813685248, 2251799813685248),
        )

    def rshift(self, value: int, count: int) -> int:
        """Shift right, filling with 0."""
        return self._api.call(
            an_int,
            "bit.rshift",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            to_integer("count", count, -2251799813685248, 2251799813685248),
        )

    def arshift(self, value: int, count: int) -> int:
        """Shift right, filling with the sign bit."""
        return self._api.call(
            an_int,
            "bit.arshift",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            to_integer("count", count, -2251799813685248, 2251799813685248),
        )

    def rol(self, value: int, count: int) -> int:
        """Rotate left."""
        return self._api.call(
            an_int,
            "bit.rol",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            to_integer("count", count, -2251799813685248, 2251799813685248),
        )

    def ror(self, value: int, count: int) -> int:
        """Rotate right."""
        return self._api.call(
            an_int,
            "bit.ror",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            to_integer("count", count, -2251799813685248, 2251799813685248),
        )

    def bswap(self, value: int) -> int:
        """The four bytes in reverse order."""
        return self._api.call(
            an_int, "bit.bswap", to_integer("value", value, -2251799813685248, 2251799813685248)
        )

    def tohex(self, value: int, digits: int = 8) -> str:
        """The number in hexadecimal; in capitals if `digits` is negative."""
        return self._api.call(
            a_str,
            "bit.tohex",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            to_integer("digits", digits, -8, 8),
        )


class GlobalFunctions(Library):
    """FCEUX's global Lua functions."""

    def print(self, text: object) -> None:
        """Write a line to FCEUX's Lua console."""
        self._api.call(no_result, "print", str(text)[:10000])

    def gethash(self, data: bytes) -> int:
        """The CRC-32 of bytes, as a signed integer."""
        return self._api.call(an_int, "gethash", to_bytes("data", data))

    def tostring(self, value: object | None = None) -> str:
        """The value as text. A table is shown with its content."""
        return self._api.call(a_str, "tostring", None if value is None else value)

    def tobitstring(self, value: int) -> str:
        """A byte as binary digits, "0000 0000"."""
        return self._api.call(a_str, "tobitstring", to_integer("value", value, 0, 255))

    def addressof(self, value: object | None = None) -> int:
        """The address of the Lua table made from the value; 0 if the value is not a table."""
        return self._api.call(an_int, "addressof", None if value is None else value)

    def copytable(self, table: Mapping[Any, Any] | Sequence[Any]) -> Any:
        """A copy of a table, converted to Lua and back."""
        return self._api.call(a_value, "copytable", table)

    def AND(self, value: int, *values: int) -> int:
        """Bitwise and, as `bit.band`."""
        return self._api.call(
            an_int,
            "AND",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            *(
                to_integer("values", values, -2251799813685248, 2251799813685248)
                for values in values
            ),
        )

    def OR(self, value: int, *values: int) -> int:
        """Bitwise or, as `bit.bor`."""
        return self._api.call(
            an_int,
            "OR",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            *(
                to_integer("values", values, -2251799813685248, 2251799813685248)
                for values in values
            ),
        )

    def XOR(self, value: int, *values: int) -> int:
        """Bitwise exclusive or, as `bit.bxor`."""
        return self._api.call(
            an_int,
            "XOR",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            *(
                to_integer("values", values, -2251799813685248, 2251799813685248)
                for values in values
            ),
        )

    def SHIFT(self, value: int, count: int) -> int:
        """Shift right by `count`, left when it is negative."""
        return self._api.call(
            an_int,
            "SHIFT",
            to_integer("value", value, -2251799813685248, 2251799813685248),
            to_integer("count", count, -31, 31),
        )

    def BIT(self, *positions: int) -> int:
        """The number with these bits set. Positions outside 0 to 31 are ignored."""
        return self._api.call(
            an_int,
            "BIT",
            *(
                to_integer("positions", positions, -2147483648, 2147483647)
                for positions in positions
            ),
        )
