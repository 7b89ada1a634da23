"""The table of FCEUX 2.6.5's Lua functions. The code and documentation are generated from it.

`FUNCTIONS` has an entry for each function: its name and other names, its parameters, its
result, and one line of meaning. From it come the typed binding (functions.py), the checks in
the bridge (lua/fceux_signatures.lua) and docs/lua-api.md. Source of the facts: FCEUX's
src/lua-engine.cpp, and tests that call each function.

The lines of an entry::

    library.name, library.othername (parameter: kind, other: kind = default) -> result [marks]
        Its meaning in one line.

Kinds of parameters are in `signatures.py`. `*name: kind` takes any number. Marks: `window`, the
headless engine refuses the function; `shown`, the bridge refuses it if no window is shown;
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
    Emulate one frame with the buttons set by `joypad.set`. Not allowed in a callback.
emu.speedmode (mode: choice[normal|nothrottle|turbo|maximum]) -> None
    Set the speed: normal is the console's, the others are faster; turbo skips pictures.
emu.pause () -> None
    Mark the emulation as paused. Python can still emulate frames.
emu.unpause () -> None
    End a pause.
emu.paused () -> bool
    Whether the emulation is marked as paused.
emu.debuggerloop () -> None
    Wait in the debugger; only FCEUX for Windows does anything.
emu.debuggerloopstep () -> None
    One step of the debugger's loop; only FCEUX for Windows does anything.
emu.exec_count (count: int[1..1000000000], source: source) -> int
    Run Lua source for at most `count` instructions. Returns 0 or Lua's error status.
emu.exec_time (milliseconds: int[1..1000000], source: source) -> None
    Run Lua source for a limited time. Only FCEUX for Windows does anything.
emu.setrenderplanes (sprites: bool, background: bool) -> None
    Choose whether sprites and background are drawn. The game does not notice.
emu.message (text: str[1000]) -> None
    Show a message at the bottom of the picture.
emu.framecount () -> int
    Frames since power-on, or since the movie's beginning.
emu.lagcount () -> int
    Lag frames since power-on: frames in which the game did not read the pads.
emu.lagged () -> bool
    Whether the last frame was a lag frame.
emu.setlagflag (value: bool) -> None
    Set whether the current frame counts as a lag frame.
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
    Remove a Game Genie code. Also returns True if the code was not there.
emu.getscreenpixel (x: int[0..255], y: int[0..239], getemuscreen: bool = False) -> Pixel
    A pixel: red, green, blue, palette index. With True, without messages and drawings.
emu.readonly () -> bool
    Whether movies are opened read-only.
emu.setreadonly (state: bool) -> None
    Choose whether movies are opened read-only.
emu.getdir () -> str
    The folder of FCEUX's executable.
emu.loadrom (path: path) -> str [custom]
    Load another game and power it on. Returns its name (headless engine: its path).
emu.print (text: text) -> None
    Write a line to FCEUX's Lua console.
emu.exit () -> None [custom]
    End the emulator. Exit callbacks are called, and the `Emulator` is closed.

rom.getfilename () -> str
    The ROM's file name without folder and extension.
rom.gethash (type: choice[md5|base64]) -> str
    The MD5 of the ROM without its header, in hexadecimal or as in FM2 movies.
rom.readbyte, rom.readbyteunsigned (address: int[0..2147483647]) -> int
    A byte of the ROM file; 0 beyond its end.
rom.readbytesigned (address: int[0..2147483647]) -> int
    A byte of the ROM file, -128 to 127.
rom.readbyterange (address: int[0..2147483647], length: int[0..16777216]) -> bytes
    Bytes of the ROM file.
rom.writebyte (address: int[16..2147483647], value: int[0..255]) -> None
    Change a byte of the loaded ROM. The header (16 bytes) cannot be changed.

memory.readbyte, memory.readbyteunsigned (address: address) -> int
    A byte of the CPU's address space, 0 to 255.
memory.readbyterange (address: address, length: int[0..65536]) -> bytes
    Bytes of the CPU's address space.
memory.readbytesigned (address: address) -> int
    A byte of the CPU's address space, -128 to 127.
memory.readword, memory.readwordunsigned (address: address, high: address = None) -> int
    Two bytes, low byte first, 0 to 65535. `high` is the address of the high byte.
memory.readwordsigned (address: address, high: address = None) -> int
    Two bytes, low byte first, -32768 to 32767. `high` is the address of the high byte.
memory.writebyte (address: address, value: int[0..255]) -> None
    Write a byte as the CPU does. Writing to a hardware register has its usual effect.
memory.legacywritebyte (address: address, value: int[0..255]) -> None
    Write a byte without the mapper, as cheats do. This can change ROM.
memory.getregister (name: choice[a|x|y|s|p|pc]) -> int
    A register of the CPU.
memory.setregister (name: choice[a|x|y|s|p|pc], value: int[0..65535]) -> None
    Change a register of the CPU.
memory.registerwrite, memory.register (address: address, size: int[1..65536] = 1, \
function: callback[[int, int, int]]) -> Registration
    Call a function with (address, size, value) after a write. `size` may be left out.
memory.registerexec, memory.registerrun, memory.registerexecute (address: address, \
size: int[1..65536] = 1, function: callback[[int, int, int]]) -> Registration
    Call a function with (address, size, 0) before an instruction. `size` may be left out.

ppu.readbyte (address: int[0..16383]) -> int
    A byte of the PPU's address space.
ppu.readbyterange (address: int[0..16383], length: int[0..16384]) -> bytes
    Bytes of the PPU's address space.

joypad.get, joypad.read (player: int[1..4]) -> Button
    The buttons that the game read as held.
joypad.getdown, joypad.readdown (player: int[1..4]) -> Button
    The buttons that the game read as held.
joypad.getup, joypad.readup (player: int[1..4]) -> Button
    The buttons that the game read as not held.
joypad.getimmediate, joypad.readimmediate (player: int[1..4]) -> Button | None
    The buttons that the user holds now. Only FCEUX for Windows knows them; else None.
joypad.set, joypad.write (player: int[1..4], buttons: buttons) -> None
    Hold buttons in the next frame only.

zapper.read () -> dict[str, int]
    The light gun's x, y and fire, from the mouse or the movie.
zapper.set (x: int[-1..255] = None, y: int[-1..239] = None, fire: bool = None) -> None
    Aim and fire the light gun. None leaves control to the mouse.

input.get, input.read () -> dict[str, int | bool]
    The keys that the user holds, and xmouse, ymouse, click.
input.popup (message: str[4000], type: choice[ok|yesno|yesnocancel] = "yesno", \
icon: choice[message|notice|question|warning|error] = "question") -> str | None [window waits]
    Ask the user in a box. Returns "yes", "no", "cancel", or None if the box was closed.
input.openfilepopup () -> str | None [window]
    Ask for a file to open. FCEUX for Linux reads standard input, which is empty: None.
input.savefilepopup () -> str | None [window]
    Ask for a file to write. FCEUX for Linux reads standard input, which is empty: None.

savestate.object (which: slot = None) -> Savestate
    Make a savestate object: anonymous, for a slot (1 to 10; 10 is slot 0), or for a file.
savestate.create (which: slot = None) -> Savestate
    Make a savestate object with the old slot numbers (1 to 10 are slots 0 to 9).
savestate.save (state: state) -> None
    Save the machine in a savestate object, inside the emulator.
savestate.load (state: state) -> None
    Load the machine from a savestate object.
savestate.persist (state: state) -> None
    Write the savestate to the object's file.
savestate.registersave (function: callback[[int]]) -> Registration
    Call a function with the slot when the user saves. FCEUX keeps what it returns.
savestate.registerload (function: callback[...]) -> Registration
    Call a function with the slot and the kept values when the user loads.
savestate.loadscriptdata (state: state) -> None
    The values kept by `registersave`. Not allowed, because FCEUX 2.6.5 crashes in it.

movie.framecount () -> int
    Frames since the movie's beginning, or since power-on.
movie.mode () -> str | None
    The mode: "record", "playback", "finished", "taseditor"; None without a movie.
movie.rerecordcounting (skip: bool) -> None
    With True, loading a savestate does not count as a rerecord.
movie.stop, movie.close () -> None
    Stop recording or playback. Raises an error without a movie.
movie.active () -> bool
    Whether a movie is being recorded or played.
movie.recording () -> bool
    Whether a movie is being recorded.
movie.playing () -> bool
    Whether a movie is being played.
movie.length () -> int
    The length of the movie in frames. Raises an error without a movie.
movie.rerecordcount () -> int
    The number of rerecords of the movie. Raises an error without a movie.
movie.name, movie.getname () -> str
    The path of the movie. Raises an error without a movie.
movie.filename () -> str
    The file name of the movie. Raises an error without a movie.
movie.readonly, movie.getreadonly () -> bool
    Whether movies are opened read-only.
movie.setreadonly (state: bool) -> None
    Choose whether movies are opened read-only.
movie.replay, movie.playbeginning () -> None
    Play the movie from its beginning, read-only.
movie.record, movie.save (path: path, save_type: int[0..2] = 0, author: str[200] = "") -> bool
    Record a movie from power-on (0), from the current state (1) or with save RAM (2).
movie.play, movie.playback, movie.load (path: path, read_only: bool = False, \
pauseframe: int[0..1000000000] = 0) -> bool
    Play a movie from its beginning, and pause at `pauseframe`.
movie.ispoweron () -> bool
    Whether the movie begins at power-on; False without one.
movie.isfromsavestate () -> bool
    Whether the movie begins at a savestate; False without one.

gui.pixel, gui.drawpixel, gui.setpixel, gui.writepixel (x: coordinate, y: coordinate, \
colour: colour) -> None
    Draw a pixel.
gui.getpixel (x: int[0..255], y: int[0..239]) -> Pixel
    The drawing at a pixel: red, green, blue, alpha. Alpha 0 means no drawing.
gui.line, gui.drawline (x1: coordinate, y1: coordinate, x2: coordinate, y2: coordinate, \
colour: colour = None, skip_first: bool = False) -> None
    Draw a line, white by default, with or without its first pixel.
gui.box, gui.drawbox, gui.rect, gui.drawrect (x1: coordinate, y1: coordinate, x2: coordinate, \
y2: coordinate, fill: colour = None, outline: colour = None) -> None
    Draw a box, half-transparent white by default. The outline has the colour of the fill.
gui.text, gui.drawtext (x: coordinate, y: coordinate, text: str[10000], colour: colour = None, \
background: colour = None) -> int
    Write text, white on dark blue by default. Returns the x at its end.
gui.parsecolor (colour: colour) -> Pixel
    A colour as red, green, blue, alpha.
gui.savescreenshot () -> None
    Write the next picture as PNG to the private home directory of the emulator.
gui.savescreenshotas (path: path) -> None
    Write the next picture as PNG to a file.
gui.gdscreenshot (getemuscreen: bool = False) -> Picture
    The picture, (240, 256, 3) uint8 RGB. With True, without messages and drawings.
gui.gdoverlay, gui.drawimage, gui.image (x: coordinate, y: coordinate, image: image, \
alpha: float[0..255] = 1.0) -> None
    Draw an image, (height, width, 3 or 4) uint8. `alpha` multiplies its opacity.
gui.opacity (alpha: float[0..1000]) -> None
    Set the opacity of later drawings, 0.0 to 1.0, or more for transparent colours.
gui.transparency (strength: float[-1000..1000]) -> None
    Set the transparency of later drawings: 0 is opaque, 4 is invisible.
gui.register (function: callback[[]]) -> Registration
    Call a function before each picture is shown. Its drawings are part of that picture.
gui.popup (message: str[4000], type: choice[ok|yesno|yesnocancel] = "ok", \
icon: choice[message|notice|question|warning|error] = "message") -> str | None [window waits]
    Show a box and wait. Returns "yes" for OK, "no", "cancel", or None if it was closed.

sound.get () -> dict[str, Any]
    Volume, frequency, MIDI key and registers of the five sound channels, under "rp2a03".

debugger.hitbreakpoint () -> None [shown]
    Stop at the next instruction until the user continues. It needs the window.
debugger.getcyclescount () -> int
    CPU cycles since power-on or the last reset of the count.
debugger.getinstructionscount () -> int
    CPU instructions since power-on or the last reset of the count.
debugger.resetcyclescount () -> None
    Count cycles from 0.
debugger.resetinstructionscount () -> None
    Count instructions from 0.
debugger.getsymboloffset (name: str[200], bank: int[-1..65535] = None) -> int | None
    The address of a debug symbol, in one bank or in any; None if it is unknown.

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
    Remove a marker; only FCEUX for Windows does it.
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
    The frame at which playback was lost; only FCEUX for Windows knows it.
taseditor.getplaybacktarget () -> int | None [window]
    The frame that playback seeks to; only FCEUX for Windows knows it.
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
    Queue a change of a frame's buttons; only FCEUX for Windows does it.
taseditor.submitinsertframes (frame: frame, number: int[1..1000000]) -> None [window]
    Queue an insertion of frames; only FCEUX for Windows does it.
taseditor.submitdeleteframes (frame: frame, number: int[1..1000000]) -> None [window]
    Queue a deletion of frames; only FCEUX for Windows does it.
taseditor.applyinputchanges (name: str[200] = None) -> int | None [window]
    Apply the queued changes; only FCEUX for Windows does it.
taseditor.clearinputchanges () -> None [window]
    Discard the queued changes; only FCEUX for Windows does it.

cdlog.docdlogger () -> int
    Show the code/data logger. FCEUX for Linux does nothing and returns 0.
cdlog.savecdlogfile () -> None
    Write the code/data log; only FCEUX for Windows does it.
cdlog.savecdlogfileas (path: path) -> None
    Write the code/data log to a file; only FCEUX for Windows does it.
cdlog.loadfile () -> None
    Load a code/data log; only FCEUX for Windows does it.
cdlog.loadcdlog (path: path) -> int
    Load a code/data log from a file. FCEUX for Linux does nothing and returns 0.
cdlog.resetcdlog () -> None
    Discard the code/data log; only FCEUX for Windows does it.
cdlog.startcdlogging () -> None
    Start logging; only FCEUX for Windows does it.
cdlog.pausecdlogging () -> int
    Pause logging. FCEUX for Linux does nothing and returns 0.

bit.tobit (value: bits) -> int
    The lowest 32 bits of a number, as a signed integer.
bit.bnot (value: bits) -> int
    Bitwise not.
bit.band (value: bits, *values: bits) -> int
    Bitwise and.
bit.bor (value: bits, *values: bits) -> int
    Bitwise or.
bit.bxor (value: bits, *values: bits) -> int
    Bitwise exclusive or.
bit.lshift (value: bits, count: bits) -> int
    Shift left by the lowest 5 bits of `count`.
bit.rshift (value: bits, count: bits) -> int
    Shift right, filling with 0.
bit.arshift (value: bits, count: bits) -> int
    Shift right, filling with the sign bit.
bit.rol (value: bits, count: bits) -> int
    Rotate left.
bit.ror (value: bits, count: bits) -> int
    Rotate right.
bit.bswap (value: bits) -> int
    The four bytes in reverse order.
bit.tohex (value: bits, digits: int[-8..8] = 8) -> str
    The number in hexadecimal; in capitals if `digits` is negative.

print (text: text) -> None
    Write a line to FCEUX's Lua console.
gethash (data: data) -> int
    The CRC-32 of bytes, as a signed integer.
tostring (value: value = None) -> str
    The value as text. A table is shown with its content.
tobitstring (value: int[0..255]) -> str
    A byte as binary digits, "0000 0000".
addressof (value: value = None) -> int
    The address of the Lua table made from the value; 0 if the value is not a table.
copytable (table: table) -> Any
    A copy of a table, converted to Lua and back.
AND (value: bits, *values: bits) -> int
    Bitwise and, as `bit.band`.
OR (value: bits, *values: bits) -> int
    Bitwise or, as `bit.bor`.
XOR (value: bits, *values: bits) -> int
    Bitwise exclusive or, as `bit.bxor`.
SHIFT (value: bits, count: int[-31..31]) -> int
    Shift right by `count`, left when it is negative.
BIT (*positions: int[-2147483648..2147483647]) -> int
    The number with these bits set. Positions outside 0 to 31 are ignored.
"""
