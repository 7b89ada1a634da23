"""The table of FCEUX 2.6.5's Lua functions, from which all else about them is generated.

`FUNCTIONS` has an entry for each function: its name and other names, its parameters, its
result, and one line of meaning. From it come the typed binding (functions.py), the checks in
the bridge (lua/fceux_signatures.lua) and docs/lua-api.md. Source of the facts: FCEUX's
src/lua-engine.cpp, and tests that call each function.

The lines of an entry::

    library.name, library.othername (parameter: kind, other: kind = default) -> result [marks]
        What it does.

Kinds of parameters are in `signatures.py`. `*name: kind` takes any number. Marks: `window`, the
function is refused by the headless engine; `shown`, by the bridge where no window is shown;
`waits`, it waits for the user; `custom`, the Python function is written by hand in api.py.
"""

from __future__ import annotations

__all__ = ["FUNCTIONS"]

FUNCTIONS = """
emu.poweron () -> None
    Switch the console off and on.
emu.softreset () -> None
    Press the console's reset button.
emu.frameadvance () -> None
    Emulate one frame with the buttons that `joypad.set` chose; refused in a callback.
emu.speedmode (mode: choice[normal|nothrottle|turbo|maximum]) -> None
    Choose the speed: the console's own, or as fast as possible; turbo skips pictures.
emu.pause () -> None
    Count the emulation as paused; frames that are asked for are emulated all the same.
emu.unpause () -> None
    End a pause.
emu.paused () -> bool
    Whether the emulation counts as paused.
emu.debuggerloop () -> None
    Wait in the debugger; only FCEUX for Windows does anything.
emu.debuggerloopstep () -> None
    One step of the debugger's loop; only FCEUX for Windows does anything.
emu.exec_count (count: int[1..1000000000], source: source) -> int
    Run Lua source for at most `count` instructions; 0, or Lua's error status.
emu.exec_time (milliseconds: int[1..1000000], source: source) -> None
    Run Lua source for a time; only FCEUX for Windows does anything.
emu.setrenderplanes (sprites: bool, background: bool) -> None
    Choose what is drawn; what the game notices of sprites is not changed.
emu.message (text: str[1000]) -> None
    Show a message at the bottom of the picture.
emu.framecount () -> int
    Frames since power-on, or since the movie's beginning.
emu.lagcount () -> int
    Lag frames since power-on: frames in which the game did not read the pads.
emu.lagged () -> bool
    Whether the last frame was a lag frame.
emu.setlagflag (value: bool) -> None
    Say whether the frame counts as a lag frame.
emu.emulating () -> bool
    Whether a game is loaded.
emu.registerbefore (function: callback[[]]) -> Registration
    Call a function before each frame is emulated.
emu.registerafter (function: callback[[]]) -> Registration
    Call a function after each frame was emulated.
emu.registerexit (function: callback[[]]) -> Registration
    Call a function when the emulator ends on request.
emu.addgamegenie (code: str[8]) -> bool
    Add a Game Genie code of 6 or 8 letters.
emu.delgamegenie (code: str[8]) -> bool
    Take a Game Genie code away; True also when it was not there.
emu.getscreenpixel (x: int[0..255], y: int[0..239], getemuscreen: bool = False) -> Pixel
    A pixel: red, green, blue, palette index; True: without messages and Lua's drawings.
emu.readonly () -> bool
    Whether movies are opened read-only.
emu.setreadonly (state: bool) -> None
    Choose whether movies are opened read-only.
emu.getdir () -> str
    The folder of FCEUX's executable.
emu.loadrom (path: path) -> str [custom]
    Load another game and power it on; its name, or its path in the headless engine.
emu.print (text: text) -> None
    Write a line to FCEUX's Lua console.
emu.exit () -> None [custom]
    End the emulator: exit callbacks are called, and this object is closed.

rom.getfilename () -> str
    The ROM's file name without folder and extension.
rom.gethash (type: choice[md5|base64]) -> str
    The MD5 of the ROM without its header, in hexadecimal or as FM2 movies have it.
rom.readbyte, rom.readbyteunsigned (address: int[0..2147483647]) -> int
    A byte of the ROM file; 0 behind its end.
rom.readbytesigned (address: int[0..2147483647]) -> int
    A byte of the ROM file, -128 to 127.
rom.readbyterange (address: int[0..2147483647], length: int[0..16777216]) -> bytes
    Bytes of the ROM file.
rom.writebyte (address: int[16..2147483647], value: int[0..255]) -> None
    Change a byte of the loaded ROM; the header (16 bytes) is refused.

memory.readbyte, memory.readbyteunsigned (address: address) -> int
    A byte of the CPU's address space, 0 to 255.
memory.readbyterange (address: address, length: int[0..65536]) -> bytes
    Bytes of the CPU's address space.
memory.readbytesigned (address: address) -> int
    A byte of the CPU's address space, -128 to 127.
memory.readword, memory.readwordunsigned (address: address, high: address = None) -> int
    Two bytes, low one first, 0 to 65535; `high`: where the high byte is, if elsewhere.
memory.readwordsigned (address: address, high: address = None) -> int
    Two bytes, low one first, -32768 to 32767; `high`: where the high byte is.
memory.writebyte (address: address, value: int[0..255]) -> None
    Write a byte as the CPU would; writing to registers has its effects.
memory.legacywritebyte (address: address, value: int[0..255]) -> None
    Write a byte past the mapper, as cheats do: it may change ROM.
memory.getregister (name: choice[a|x|y|s|p|pc]) -> int
    A register of the CPU.
memory.setregister (name: choice[a|x|y|s|p|pc], value: int[0..65535]) -> None
    Change a register of the CPU.
memory.registerwrite, memory.register (address: address, size: int[1..65536] = 1, \
function: callback[[int, int, int]]) -> Registration
    Call a function with address, size, value after the CPU wrote to such an address.
memory.registerexec, memory.registerrun, memory.registerexecute (address: address, \
size: int[1..65536] = 1, function: callback[[int, int, int]]) -> Registration
    Call a function with address, size, 0 before the CPU runs the instruction there.

ppu.readbyte (address: int[0..16383]) -> int
    A byte of the PPU's address space.
ppu.readbyterange (address: int[0..16383], length: int[0..16384]) -> bytes
    Bytes of the PPU's address space.

joypad.get, joypad.read (player: int[1..4]) -> Button
    The buttons that the game saw held.
joypad.getdown, joypad.readdown (player: int[1..4]) -> Button
    The buttons that the game saw held.
joypad.getup, joypad.readup (player: int[1..4]) -> Button
    The buttons that the game did not see held.
joypad.getimmediate, joypad.readimmediate (player: int[1..4]) -> Button | None
    What the user holds now; only FCEUX for Windows knows it, else None.
joypad.set, joypad.write (player: int[1..4], buttons: buttons) -> None
    Hold buttons in the next frame, for this frame only.

zapper.read () -> dict[str, int]
    The light gun's x, y and fire, by the mouse or the movie.
zapper.set (x: int[-1..255] = None, y: int[-1..239] = None, fire: bool = None) -> None
    Aim and fire the light gun; None leaves it to the mouse.

input.get, input.read () -> dict[str, int | bool]
    Keys that the user holds, and xmouse, ymouse, click.
input.popup (message: str[4000], type: choice[ok|yesno|yesnocancel] = "yesno", \
icon: choice[message|notice|question|warning|error] = "question") -> str | None [window waits]
    Ask the user in a box: "yes", "no", "cancel", or None when the box was closed.
input.openfilepopup () -> str | None [window]
    Ask for a file to open; FCEUX for Linux asks its standard input, here none: None.
input.savefilepopup () -> str | None [window]
    Ask for a file to write; FCEUX for Linux asks its standard input, here none: None.

savestate.object (which: slot = None) -> Savestate
    A savestate object: anonymous, of a slot (1 to 10, 10 is slot 0), or of a file.
savestate.create (which: slot = None) -> Savestate
    The same with the slots' old numbers (1 to 10 are slots 0 to 9).
savestate.save (state: state) -> None
    Save the machine in the object, inside the emulator.
savestate.load (state: state) -> None
    Load the machine from the object.
savestate.persist (state: state) -> None
    Write what was saved to the object's file.
savestate.registersave (function: callback[[int]]) -> Registration
    Call a function with the slot when the user saves; what it returns is kept.
savestate.registerload (function: callback[...]) -> Registration
    Call a function with the slot and what was kept when the user loads.
savestate.loadscriptdata (state: state) -> None
    What `registersave` kept. Refused: FCEUX 2.6.5 crashes in it.

movie.framecount () -> int
    Frames since the movie's beginning, or since power-on.
movie.mode () -> str | None
    What goes on: "record", "playback", "finished", "taseditor"; None without a movie.
movie.rerecordcounting (skip: bool) -> None
    True: loading savestates does not count as rerecording.
movie.stop, movie.close () -> None
    End recording or playback; an error without a movie.
movie.active () -> bool
    Whether a movie is recorded or played.
movie.recording () -> bool
    Whether a movie is recorded.
movie.playing () -> bool
    Whether a movie is played.
movie.length () -> int
    Frames of the movie; an error without one.
movie.rerecordcount () -> int
    How often a savestate was loaded while recording; an error without a movie.
movie.name, movie.getname () -> str
    The movie's path; an error without one.
movie.filename () -> str
    The movie's file name; an error without one.
movie.readonly, movie.getreadonly () -> bool
    Whether movies are opened read-only.
movie.setreadonly (state: bool) -> None
    Choose whether movies are opened read-only.
movie.replay, movie.playbeginning () -> None
    Play the movie from its beginning, read-only.
movie.record, movie.save (path: path, save_type: int[0..2] = 0, author: str[200] = "") -> bool
    Record a movie from power-on (0), from the machine as it is (1) or with save RAM (2).
movie.play, movie.playback, movie.load (path: path, read_only: bool = False, \
pauseframe: int[0..1000000000] = 0) -> bool
    Play a movie from its beginning; `pauseframe`: pause when this frame is reached.
movie.ispoweron () -> bool
    Whether the movie begins at power-on; False without one.
movie.isfromsavestate () -> bool
    Whether the movie begins at a savestate; False without one.

gui.pixel, gui.drawpixel, gui.setpixel, gui.writepixel (x: coordinate, y: coordinate, \
colour: colour) -> None
    Draw a pixel.
gui.getpixel (x: int[0..255], y: int[0..239]) -> Pixel
    What Lua drew at a pixel: red, green, blue, alpha; alpha 0 is nothing.
gui.line, gui.drawline (x1: coordinate, y1: coordinate, x2: coordinate, y2: coordinate, \
colour: colour = None, skip_first: bool = False) -> None
    Draw a line, white by default, with or without its first pixel.
gui.box, gui.drawbox, gui.rect, gui.drawrect (x1: coordinate, y1: coordinate, x2: coordinate, \
y2: coordinate, fill: colour = None, outline: colour = None) -> None
    Draw a box, half-transparent white by default; its outline has the fill's colour.
gui.text, gui.drawtext (x: coordinate, y: coordinate, text: str[10000], colour: colour = None, \
background: colour = None) -> int
    Write text, white on dark blue by default; the x where it ended.
gui.parsecolor (colour: colour) -> Pixel
    A colour as red, green, blue, alpha.
gui.savescreenshot () -> None
    Write the next picture as PNG to the private home of the emulator.
gui.savescreenshotas (path: path) -> None
    Write the next picture as PNG to a file.
gui.gdscreenshot (getemuscreen: bool = False) -> Picture
    The picture, (240, 256, 3) uint8 RGB; True: without messages and Lua's drawings.
gui.gdoverlay, gui.drawimage, gui.image (x: coordinate, y: coordinate, image: image, \
alpha: float[0..255] = 1.0) -> None
    Draw an image, (height, width, 3 or 4) uint8; `alpha` multiplies its opacity.
gui.opacity (alpha: float[0..1000]) -> None
    Opacity of what is drawn from now on, 0.0 to 1.0, or more for transparent colours.
gui.transparency (strength: float[-1000..1000]) -> None
    Transparency of what is drawn from now on: 0 is opaque, 4 invisible.
gui.register (function: callback[[]]) -> Registration
    Call a function before each picture is shown; what it draws is on that picture.
gui.popup (message: str[4000], type: choice[ok|yesno|yesnocancel] = "ok", \
icon: choice[message|notice|question|warning|error] = "message") -> str | None [window waits]
    Show a box and wait: "yes" for OK, "no", "cancel", or None when it was closed.

sound.get () -> dict[str, Any]
    Volume, frequency, MIDI key and registers of the five sound channels, under "rp2a03".

debugger.hitbreakpoint () -> None [shown]
    Stop at the next instruction until the user goes on: needs the window.
debugger.getcyclescount () -> int
    CPU cycles since power-on or the last reset of the count.
debugger.getinstructionscount () -> int
    CPU instructions since power-on or the last reset of the count.
debugger.resetcyclescount () -> None
    Count cycles from 0.
debugger.resetinstructionscount () -> None
    Count instructions from 0.
debugger.getsymboloffset (name: str[200], bank: int[-1..65535] = None) -> int | None
    The address of a debug symbol, in a bank or in any; None when it is unknown.

taseditor.registerauto (function: callback[[]]) -> Registration [window]
    Call a function at each update of the TAS editor.
taseditor.registermanual (function: callback[[]], caption: str[200] = None) -> Registration \
[window]
    Call a function when the TAS editor's "Run function" is pressed.
taseditor.engaged () -> bool
    Whether the TAS editor is used; FCEUX for Linux always says False.
taseditor.markedframe (frame: frame) -> bool [window]
    Whether a frame is marked; only FCEUX for Windows knows it.
taseditor.getmarker (frame: frame) -> int | None [window]
    The number of the marker above a frame; only FCEUX for Windows knows it.
taseditor.setmarker (frame: frame) -> int | None [window]
    Mark a frame; only FCEUX for Windows does it.
taseditor.removemarker (frame: frame) -> None [window]
    Take a marker away; only FCEUX for Windows does it.
taseditor.getnote (index: frame) -> str | None [window]
    The note of a marker; only FCEUX for Windows knows it.
taseditor.setnote (index: frame, text: str[1000]) -> None [window]
    Write the note of a marker; only FCEUX for Windows does it.
taseditor.getcurrentbranch () -> int | None [window]
    The current branch; only FCEUX for Windows knows it.
taseditor.getrecordermode () -> str | None [window]
    The recorder's mode; only FCEUX for Windows knows it.
taseditor.getsuperimpose () -> int | None [window]
    The state of the superimpose box; only FCEUX for Windows knows it.
taseditor.getlostplayback () -> int | None [window]
    The frame that playback lost; only FCEUX for Windows knows it.
taseditor.getplaybacktarget () -> int | None [window]
    The frame that playback seeks; only FCEUX for Windows knows it.
taseditor.setplayback (frame: frame) -> None [window]
    Move playback to a frame; only FCEUX for Windows does it.
taseditor.stopseeking () -> None [window]
    Stop seeking; only FCEUX for Windows does it.
taseditor.getselection () -> list[int] | None [window]
    The selected frames; only FCEUX for Windows knows them.
taseditor.setselection (frames: frames) -> None [window]
    Select frames; only FCEUX for Windows does it.
taseditor.getinput (frame: frame, joypad: int[0..4]) -> int | None [window]
    The buttons of a frame as a mask; only FCEUX for Windows knows them.
taseditor.submitinputchange (frame: frame, joypad: int[0..4], input: int[0..255]) -> None [window]
    Ask for a frame's buttons to change; only FCEUX for Windows does it.
taseditor.submitinsertframes (frame: frame, number: int[1..1000000]) -> None [window]
    Ask for frames to be inserted; only FCEUX for Windows does it.
taseditor.submitdeleteframes (frame: frame, number: int[1..1000000]) -> None [window]
    Ask for frames to be deleted; only FCEUX for Windows does it.
taseditor.applyinputchanges (name: str[200] = None) -> int | None [window]
    Make the changes asked for; only FCEUX for Windows does it.
taseditor.clearinputchanges () -> None [window]
    Forget the changes asked for; only FCEUX for Windows does it.

cdlog.docdlogger () -> int
    Show the code/data logger; FCEUX for Linux does nothing and says 0.
cdlog.savecdlogfile () -> None
    Write the code/data log; only FCEUX for Windows does it.
cdlog.savecdlogfileas (path: path) -> None
    Write the code/data log to a file; only FCEUX for Windows does it.
cdlog.loadfile () -> None
    Load a code/data log; only FCEUX for Windows does it.
cdlog.loadcdlog (path: path) -> int
    Load a code/data log from a file; FCEUX for Linux does nothing and says 0.
cdlog.resetcdlog () -> None
    Forget the code/data log; only FCEUX for Windows does it.
cdlog.startcdlogging () -> None
    Begin logging; only FCEUX for Windows does it.
cdlog.pausecdlogging () -> int
    Pause logging; FCEUX for Linux does nothing and says 0.

bit.tobit (value: bits) -> int
    A number as 32 bits with sign.
bit.bnot (value: bits) -> int
    All bits turned over.
bit.band (value: bits, *values: bits) -> int
    Bitwise and.
bit.bor (value: bits, *values: bits) -> int
    Bitwise or.
bit.bxor (value: bits, *values: bits) -> int
    Bitwise exclusive or.
bit.lshift (value: bits, count: bits) -> int
    Shift left; the lowest 5 bits of `count` matter.
bit.rshift (value: bits, count: bits) -> int
    Shift right, filling with 0.
bit.arshift (value: bits, count: bits) -> int
    Shift right, filling with the sign.
bit.rol (value: bits, count: bits) -> int
    Rotate left.
bit.ror (value: bits, count: bits) -> int
    Rotate right.
bit.bswap (value: bits) -> int
    The four bytes in opposite order.
bit.tohex (value: bits, digits: int[-8..8] = 8) -> str
    Hexadecimal digits, capitals when `digits` is negative.

print (text: text) -> None
    Write a line to FCEUX's Lua console.
gethash (data: data) -> int
    CRC-32 of bytes, with sign.
tostring (value: value = None) -> str
    What FCEUX's `tostring` makes of a value; tables are shown with their content.
tobitstring (value: int[0..255]) -> str
    A byte as binary digits, "0000 0000".
addressof (value: value = None) -> int
    The address of a Lua table that was made of the value; 0 for what is no table.
copytable (table: table) -> Any
    A copy of a table; what comes back is what Lua makes of it.
AND (value: bits, *values: bits) -> int
    Bitwise and, as `bit.band`.
OR (value: bits, *values: bits) -> int
    Bitwise or, as `bit.bor`.
XOR (value: bits, *values: bits) -> int
    Bitwise exclusive or, as `bit.bxor`.
SHIFT (value: bits, count: int[-31..31]) -> int
    Shift right by `count`, left when it is negative.
BIT (*positions: int[-2147483648..2147483647]) -> int
    The number with these bits set; positions outside 0 to 31 do not count.
"""
