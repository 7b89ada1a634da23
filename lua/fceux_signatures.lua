-- The parameters of FCEUX's Lua functions, for the checks in functions.lua.
-- Generated from copain_gym/lua_api/table.py by generate.py; do not edit.

return {
  ["emu.poweron"] = {},
  ["emu.softreset"] = {},
  ["emu.frameadvance"] = {},
  ["emu.speedmode"] = {
    { name = "mode", kind = "choice", choices = { "normal", "nothrottle", "turbo", "maximum" } },
  },
  ["emu.pause"] = {},
  ["emu.unpause"] = {},
  ["emu.paused"] = {},
  ["emu.debuggerloop"] = {},
  ["emu.debuggerloopstep"] = {},
  ["emu.exec_count"] = {
    { name = "count", kind = "integer", low = 1, high = 1000000000 },
    { name = "source", kind = "string", high = 1000000 },
  },
  ["emu.exec_time"] = {
    { name = "milliseconds", kind = "integer", low = 1, high = 1000000 },
    { name = "source", kind = "string", high = 1000000 },
  },
  ["emu.setrenderplanes"] = {
    { name = "sprites", kind = "boolean" },
    { name = "background", kind = "boolean" },
  },
  ["emu.message"] = {
    { name = "text", kind = "string", high = 1000 },
  },
  ["emu.framecount"] = {},
  ["emu.lagcount"] = {},
  ["emu.lagged"] = {},
  ["emu.setlagflag"] = {
    { name = "value", kind = "boolean" },
  },
  ["emu.emulating"] = {},
  ["emu.registerbefore"] = {
    { name = "function", kind = "callback", optional = true },
  },
  ["emu.registerafter"] = {
    { name = "function", kind = "callback", optional = true },
  },
  ["emu.registerexit"] = {
    { name = "function", kind = "callback", optional = true },
  },
  ["emu.addgamegenie"] = {
    { name = "code", kind = "string", high = 8 },
  },
  ["emu.delgamegenie"] = {
    { name = "code", kind = "string", high = 8 },
  },
  ["emu.getscreenpixel"] = {
    { name = "x", kind = "integer", low = 0, high = 255 },
    { name = "y", kind = "integer", low = 0, high = 239 },
    { name = "getemuscreen", kind = "boolean", optional = true },
  },
  ["emu.readonly"] = {},
  ["emu.setreadonly"] = {
    { name = "state", kind = "boolean" },
  },
  ["emu.getdir"] = {},
  ["emu.loadrom"] = {
    { name = "path", kind = "path" },
  },
  ["emu.print"] = {
    { name = "text", kind = "string", high = 40000 },
  },
  ["emu.exit"] = {},
  ["rom.getfilename"] = {},
  ["rom.gethash"] = {
    { name = "type", kind = "choice", choices = { "md5", "base64" } },
  },
  ["rom.readbyte"] = {
    { name = "address", kind = "integer", low = 0, high = 2147483647 },
  },
  ["rom.readbyteunsigned"] = {
    { name = "address", kind = "integer", low = 0, high = 2147483647 },
  },
  ["rom.readbytesigned"] = {
    { name = "address", kind = "integer", low = 0, high = 2147483647 },
  },
  ["rom.readbyterange"] = {
    { name = "address", kind = "integer", low = 0, high = 2147483647 },
    { name = "length", kind = "integer", low = 0, high = 16777216 },
  },
  ["rom.writebyte"] = {
    { name = "address", kind = "integer", low = 16, high = 2147483647 },
    { name = "value", kind = "integer", low = 0, high = 255 },
  },
  ["memory.readbyte"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
  },
  ["memory.readbyteunsigned"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
  },
  ["memory.readbyterange"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
    { name = "length", kind = "integer", low = 0, high = 65536 },
  },
  ["memory.readbytesigned"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
  },
  ["memory.readword"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
    { name = "high", kind = "integer", low = 0, high = 65535, optional = true },
  },
  ["memory.readwordunsigned"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
    { name = "high", kind = "integer", low = 0, high = 65535, optional = true },
  },
  ["memory.readwordsigned"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
    { name = "high", kind = "integer", low = 0, high = 65535, optional = true },
  },
  ["memory.writebyte"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
    { name = "value", kind = "integer", low = 0, high = 255 },
  },
  ["memory.legacywritebyte"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
    { name = "value", kind = "integer", low = 0, high = 255 },
  },
  ["memory.getregister"] = {
    { name = "name", kind = "choice", choices = { "a", "x", "y", "s", "p", "pc" } },
  },
  ["memory.setregister"] = {
    { name = "name", kind = "choice", choices = { "a", "x", "y", "s", "p", "pc" } },
    { name = "value", kind = "integer", low = 0, high = 65535 },
  },
  ["memory.registerwrite"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
    { name = "size", kind = "integer", low = 1, high = 65536 },
    { name = "function", kind = "callback", optional = true },
  },
  ["memory.register"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
    { name = "size", kind = "integer", low = 1, high = 65536 },
    { name = "function", kind = "callback", optional = true },
  },
  ["memory.registerexec"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
    { name = "size", kind = "integer", low = 1, high = 65536 },
    { name = "function", kind = "callback", optional = true },
  },
  ["memory.registerrun"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
    { name = "size", kind = "integer", low = 1, high = 65536 },
    { name = "function", kind = "callback", optional = true },
  },
  ["memory.registerexecute"] = {
    { name = "address", kind = "integer", low = 0, high = 65535 },
    { name = "size", kind = "integer", low = 1, high = 65536 },
    { name = "function", kind = "callback", optional = true },
  },
  ["ppu.readbyte"] = {
    { name = "address", kind = "integer", low = 0, high = 16383 },
  },
  ["ppu.readbyterange"] = {
    { name = "address", kind = "integer", low = 0, high = 16383 },
    { name = "length", kind = "integer", low = 0, high = 16384 },
  },
  ["joypad.get"] = {
    { name = "player", kind = "integer", low = 1, high = 4 },
  },
  ["joypad.read"] = {
    { name = "player", kind = "integer", low = 1, high = 4 },
  },
  ["joypad.getdown"] = {
    { name = "player", kind = "integer", low = 1, high = 4 },
  },
  ["joypad.readdown"] = {
    { name = "player", kind = "integer", low = 1, high = 4 },
  },
  ["joypad.getup"] = {
    { name = "player", kind = "integer", low = 1, high = 4 },
  },
  ["joypad.readup"] = {
    { name = "player", kind = "integer", low = 1, high = 4 },
  },
  ["joypad.getimmediate"] = {
    { name = "player", kind = "integer", low = 1, high = 4 },
  },
  ["joypad.readimmediate"] = {
    { name = "player", kind = "integer", low = 1, high = 4 },
  },
  ["joypad.set"] = {
    { name = "player", kind = "integer", low = 1, high = 4 },
    { name = "buttons", kind = "table" },
  },
  ["joypad.write"] = {
    { name = "player", kind = "integer", low = 1, high = 4 },
    { name = "buttons", kind = "table" },
  },
  ["zapper.read"] = {},
  ["zapper.set"] = {
    { name = "state", kind = "table" },
  },
  ["input.get"] = {},
  ["input.read"] = {},
  ["input.popup"] = {
    { name = "message", kind = "string", high = 4000 },
    { name = "type", kind = "choice", choices = { "ok", "yesno", "yesnocancel" }, optional = true },
    { name = "icon", kind = "choice", choices = { "message", "notice", "question", "warning", "error" }, optional = true },
  },
  ["input.openfilepopup"] = {},
  ["input.savefilepopup"] = {},
  ["savestate.object"] = {
    { name = "which", kind = "value", optional = true },
  },
  ["savestate.create"] = {
    { name = "which", kind = "value", optional = true },
  },
  ["savestate.save"] = {
    { name = "state", kind = "state" },
  },
  ["savestate.load"] = {
    { name = "state", kind = "state" },
  },
  ["savestate.persist"] = {
    { name = "state", kind = "state" },
  },
  ["savestate.registersave"] = {
    { name = "function", kind = "callback", optional = true },
  },
  ["savestate.registerload"] = {
    { name = "function", kind = "callback", optional = true },
  },
  ["savestate.loadscriptdata"] = {
    { name = "state", kind = "state" },
  },
  ["movie.framecount"] = {},
  ["movie.mode"] = {},
  ["movie.rerecordcounting"] = {
    { name = "skip", kind = "boolean" },
  },
  ["movie.stop"] = {},
  ["movie.close"] = {},
  ["movie.active"] = {},
  ["movie.recording"] = {},
  ["movie.playing"] = {},
  ["movie.length"] = {},
  ["movie.rerecordcount"] = {},
  ["movie.name"] = {},
  ["movie.getname"] = {},
  ["movie.filename"] = {},
  ["movie.readonly"] = {},
  ["movie.getreadonly"] = {},
  ["movie.setreadonly"] = {
    { name = "state", kind = "boolean" },
  },
  ["movie.replay"] = {},
  ["movie.playbeginning"] = {},
  ["movie.record"] = {
    { name = "path", kind = "path" },
    { name = "save_type", kind = "integer", low = 0, high = 2, optional = true },
    { name = "author", kind = "string", high = 200, optional = true },
  },
  ["movie.save"] = {
    { name = "path", kind = "path" },
    { name = "save_type", kind = "integer", low = 0, high = 2, optional = true },
    { name = "author", kind = "string", high = 200, optional = true },
  },
  ["movie.play"] = {
    { name = "path", kind = "path" },
    { name = "read_only", kind = "boolean", optional = true },
    { name = "pauseframe", kind = "integer", low = 0, high = 1000000000, optional = true },
  },
  ["movie.playback"] = {
    { name = "path", kind = "path" },
    { name = "read_only", kind = "boolean", optional = true },
    { name = "pauseframe", kind = "integer", low = 0, high = 1000000000, optional = true },
  },
  ["movie.load"] = {
    { name = "path", kind = "path" },
    { name = "read_only", kind = "boolean", optional = true },
    { name = "pauseframe", kind = "integer", low = 0, high = 1000000000, optional = true },
  },
  ["movie.ispoweron"] = {},
  ["movie.isfromsavestate"] = {},
  ["gui.pixel"] = {
    { name = "x", kind = "integer", low = -32768, high = 32767 },
    { name = "y", kind = "integer", low = -32768, high = 32767 },
    { name = "colour", kind = "colour" },
  },
  ["gui.drawpixel"] = {
    { name = "x", kind = "integer", low = -32768, high = 32767 },
    { name = "y", kind = "integer", low = -32768, high = 32767 },
    { name = "colour", kind = "colour" },
  },
  ["gui.setpixel"] = {
    { name = "x", kind = "integer", low = -32768, high = 32767 },
    { name = "y", kind = "integer", low = -32768, high = 32767 },
    { name = "colour", kind = "colour" },
  },
  ["gui.writepixel"] = {
    { name = "x", kind = "integer", low = -32768, high = 32767 },
    { name = "y", kind = "integer", low = -32768, high = 32767 },
    { name = "colour", kind = "colour" },
  },
  ["gui.getpixel"] = {
    { name = "x", kind = "integer", low = 0, high = 255 },
    { name = "y", kind = "integer", low = 0, high = 239 },
  },
  ["gui.line"] = {
    { name = "x1", kind = "integer", low = -32768, high = 32767 },
    { name = "y1", kind = "integer", low = -32768, high = 32767 },
    { name = "x2", kind = "integer", low = -32768, high = 32767 },
    { name = "y2", kind = "integer", low = -32768, high = 32767 },
    { name = "colour", kind = "colour", optional = true },
    { name = "skip_first", kind = "boolean", optional = true },
  },
  ["gui.drawline"] = {
    { name = "x1", kind = "integer", low = -32768, high = 32767 },
    { name = "y1", kind = "integer", low = -32768, high = 32767 },
    { name = "x2", kind = "integer", low = -32768, high = 32767 },
    { name = "y2", kind = "integer", low = -32768, high = 32767 },
    { name = "colour", kind = "colour", optional = true },
    { name = "skip_first", kind = "boolean", optional = true },
  },
  ["gui.box"] = {
    { name = "x1", kind = "integer", low = -32768, high = 32767 },
    { name = "y1", kind = "integer", low = -32768, high = 32767 },
    { name = "x2", kind = "integer", low = -32768, high = 32767 },
    { name = "y2", kind = "integer", low = -32768, high = 32767 },
    { name = "fill", kind = "colour", optional = true },
    { name = "outline", kind = "colour", optional = true },
  },
  ["gui.drawbox"] = {
    { name = "x1", kind = "integer", low = -32768, high = 32767 },
    { name = "y1", kind = "integer", low = -32768, high = 32767 },
    { name = "x2", kind = "integer", low = -32768, high = 32767 },
    { name = "y2", kind = "integer", low = -32768, high = 32767 },
    { name = "fill", kind = "colour", optional = true },
    { name = "outline", kind = "colour", optional = true },
  },
  ["gui.rect"] = {
    { name = "x1", kind = "integer", low = -32768, high = 32767 },
    { name = "y1", kind = "integer", low = -32768, high = 32767 },
    { name = "x2", kind = "integer", low = -32768, high = 32767 },
    { name = "y2", kind = "integer", low = -32768, high = 32767 },
    { name = "fill", kind = "colour", optional = true },
    { name = "outline", kind = "colour", optional = true },
  },
  ["gui.drawrect"] = {
    { name = "x1", kind = "integer", low = -32768, high = 32767 },
    { name = "y1", kind = "integer", low = -32768, high = 32767 },
    { name = "x2", kind = "integer", low = -32768, high = 32767 },
    { name = "y2", kind = "integer", low = -32768, high = 32767 },
    { name = "fill", kind = "colour", optional = true },
    { name = "outline", kind = "colour", optional = true },
  },
  ["gui.text"] = {
    { name = "x", kind = "integer", low = -32768, high = 32767 },
    { name = "y", kind = "integer", low = -32768, high = 32767 },
    { name = "text", kind = "string", high = 10000 },
    { name = "colour", kind = "colour", optional = true },
    { name = "background", kind = "colour", optional = true },
  },
  ["gui.drawtext"] = {
    { name = "x", kind = "integer", low = -32768, high = 32767 },
    { name = "y", kind = "integer", low = -32768, high = 32767 },
    { name = "text", kind = "string", high = 10000 },
    { name = "colour", kind = "colour", optional = true },
    { name = "background", kind = "colour", optional = true },
  },
  ["gui.parsecolor"] = {
    { name = "colour", kind = "colour" },
  },
  ["gui.savescreenshot"] = {},
  ["gui.savescreenshotas"] = {
    { name = "path", kind = "path" },
  },
  ["gui.gdscreenshot"] = {
    { name = "getemuscreen", kind = "boolean", optional = true },
  },
  ["gui.gdoverlay"] = {
    { name = "x", kind = "integer", low = -32768, high = 32767 },
    { name = "y", kind = "integer", low = -32768, high = 32767 },
    { name = "image", kind = "string", high = 1000000 },
    { name = "alpha", kind = "number", low = 0, high = 255, optional = true },
  },
  ["gui.drawimage"] = {
    { name = "x", kind = "integer", low = -32768, high = 32767 },
    { name = "y", kind = "integer", low = -32768, high = 32767 },
    { name = "image", kind = "string", high = 1000000 },
    { name = "alpha", kind = "number", low = 0, high = 255, optional = true },
  },
  ["gui.image"] = {
    { name = "x", kind = "integer", low = -32768, high = 32767 },
    { name = "y", kind = "integer", low = -32768, high = 32767 },
    { name = "image", kind = "string", high = 1000000 },
    { name = "alpha", kind = "number", low = 0, high = 255, optional = true },
  },
  ["gui.opacity"] = {
    { name = "alpha", kind = "number", low = 0, high = 1000 },
  },
  ["gui.transparency"] = {
    { name = "strength", kind = "number", low = -1000, high = 1000 },
  },
  ["gui.register"] = {
    { name = "function", kind = "callback", optional = true },
  },
  ["gui.popup"] = {
    { name = "message", kind = "string", high = 4000 },
    { name = "type", kind = "choice", choices = { "ok", "yesno", "yesnocancel" }, optional = true },
    { name = "icon", kind = "choice", choices = { "message", "notice", "question", "warning", "error" }, optional = true },
  },
  ["sound.get"] = {},
  ["debugger.hitbreakpoint"] = {},
  ["debugger.getcyclescount"] = {},
  ["debugger.getinstructionscount"] = {},
  ["debugger.resetcyclescount"] = {},
  ["debugger.resetinstructionscount"] = {},
  ["debugger.getsymboloffset"] = {
    { name = "name", kind = "string", high = 200 },
    { name = "bank", kind = "integer", low = -1, high = 65535, optional = true },
  },
  ["taseditor.registerauto"] = {
    { name = "function", kind = "callback", optional = true },
  },
  ["taseditor.registermanual"] = {
    { name = "function", kind = "callback", optional = true },
    { name = "caption", kind = "string", high = 200, optional = true },
  },
  ["taseditor.engaged"] = {},
  ["taseditor.markedframe"] = {
    { name = "frame", kind = "integer", low = 0, high = 1000000000 },
  },
  ["taseditor.getmarker"] = {
    { name = "frame", kind = "integer", low = 0, high = 1000000000 },
  },
  ["taseditor.setmarker"] = {
    { name = "frame", kind = "integer", low = 0, high = 1000000000 },
  },
  ["taseditor.removemarker"] = {
    { name = "frame", kind = "integer", low = 0, high = 1000000000 },
  },
  ["taseditor.getnote"] = {
    { name = "index", kind = "integer", low = 0, high = 1000000000 },
  },
  ["taseditor.setnote"] = {
    { name = "index", kind = "integer", low = 0, high = 1000000000 },
    { name = "text", kind = "string", high = 1000 },
  },
  ["taseditor.getcurrentbranch"] = {},
  ["taseditor.getrecordermode"] = {},
  ["taseditor.getsuperimpose"] = {},
  ["taseditor.getlostplayback"] = {},
  ["taseditor.getplaybacktarget"] = {},
  ["taseditor.setplayback"] = {
    { name = "frame", kind = "integer", low = 0, high = 1000000000 },
  },
  ["taseditor.stopseeking"] = {},
  ["taseditor.getselection"] = {},
  ["taseditor.setselection"] = {
    { name = "frames", kind = "table" },
  },
  ["taseditor.getinput"] = {
    { name = "frame", kind = "integer", low = 0, high = 1000000000 },
    { name = "joypad", kind = "integer", low = 0, high = 4 },
  },
  ["taseditor.submitinputchange"] = {
    { name = "frame", kind = "integer", low = 0, high = 1000000000 },
    { name = "joypad", kind = "integer", low = 0, high = 4 },
    { name = "input", kind = "integer", low = 0, high = 255 },
  },
  ["taseditor.submitinsertframes"] = {
    { name = "frame", kind = "integer", low = 0, high = 1000000000 },
    { name = "number", kind = "integer", low = 1, high = 1000000 },
  },
  ["taseditor.submitdeleteframes"] = {
    { name = "frame", kind = "integer", low = 0, high = 1000000000 },
    { name = "number", kind = "integer", low = 1, high = 1000000 },
  },
  ["taseditor.applyinputchanges"] = {
    { name = "name", kind = "string", high = 200, optional = true },
  },
  ["taseditor.clearinputchanges"] = {},
  ["cdlog.docdlogger"] = {},
  ["cdlog.savecdlogfile"] = {},
  ["cdlog.savecdlogfileas"] = {
    { name = "path", kind = "path" },
  },
  ["cdlog.loadfile"] = {},
  ["cdlog.loadcdlog"] = {
    { name = "path", kind = "path" },
  },
  ["cdlog.resetcdlog"] = {},
  ["cdlog.startcdlogging"] = {},
  ["cdlog.pausecdlogging"] = {},
  ["bit.tobit"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
  },
  ["bit.bnot"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
  },
  ["bit.band"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "values", kind = "integer", low = -2251799813685248, high = 2251799813685248, optional = true, variadic = true },
  },
  ["bit.bor"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "values", kind = "integer", low = -2251799813685248, high = 2251799813685248, optional = true, variadic = true },
  },
  ["bit.bxor"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "values", kind = "integer", low = -2251799813685248, high = 2251799813685248, optional = true, variadic = true },
  },
  ["bit.lshift"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "count", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
  },
  ["bit.rshift"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "count", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
  },
  ["bit.arshift"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "count", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
  },
  ["bit.rol"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "count", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
  },
  ["bit.ror"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "count", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
  },
  ["bit.bswap"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
  },
  ["bit.tohex"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "digits", kind = "integer", low = -8, high = 8, optional = true },
  },
  ["print"] = {
    { name = "text", kind = "string", high = 40000 },
  },
  ["gethash"] = {
    { name = "data", kind = "string", high = 100000000 },
  },
  ["tostring"] = {
    { name = "value", kind = "value", optional = true },
  },
  ["tobitstring"] = {
    { name = "value", kind = "integer", low = 0, high = 255 },
  },
  ["addressof"] = {
    { name = "value", kind = "value", optional = true },
  },
  ["copytable"] = {
    { name = "table", kind = "table" },
  },
  ["AND"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "values", kind = "integer", low = -2251799813685248, high = 2251799813685248, optional = true, variadic = true },
  },
  ["OR"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "values", kind = "integer", low = -2251799813685248, high = 2251799813685248, optional = true, variadic = true },
  },
  ["XOR"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "values", kind = "integer", low = -2251799813685248, high = 2251799813685248, optional = true, variadic = true },
  },
  ["SHIFT"] = {
    { name = "value", kind = "integer", low = -2251799813685248, high = 2251799813685248 },
    { name = "count", kind = "integer", low = -31, high = 31 },
  },
  ["BIT"] = {
    { name = "positions", kind = "integer", low = -2147483648, high = 2147483647, optional = true, variadic = true },
  },
}
