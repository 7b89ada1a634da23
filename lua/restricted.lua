-- The requests that `copain serve` allows without --allow-lua. None of them runs Lua, reads or writes
-- files, starts programs, opens windows, or reveals the server's keyboard, paths or addresses.
--
-- Every other request is refused. So a new request is refused until it is added here.

local ALLOWED = [[
  hello step load_step play_batch observe drawn shrink_pictures poweron softreset read write speed batch close
  state_save state_load state_free state_bytes state_from_bytes function_names

  emu.poweron emu.softreset emu.frameadvance emu.speedmode emu.pause emu.unpause emu.paused
  emu.setrenderplanes emu.message emu.framecount emu.lagcount emu.lagged emu.setlagflag
  emu.emulating emu.registerbefore emu.registerafter emu.registerexit emu.addgamegenie
  emu.delgamegenie emu.getscreenpixel emu.readonly emu.setreadonly emu.exit

  rom.getfilename rom.gethash rom.readbyte rom.readbyteunsigned rom.readbytesigned
  rom.readbyterange rom.writebyte

  memory.readbyte memory.readbyteunsigned memory.readbyterange memory.readbytesigned
  memory.readword memory.readwordunsigned memory.readwordsigned memory.writebyte
  memory.legacywritebyte memory.getregister memory.setregister memory.registerwrite
  memory.register memory.registerexec memory.registerrun memory.registerexecute

  ppu.readbyte ppu.readbyterange

  joypad.get joypad.read joypad.getdown joypad.readdown joypad.getup joypad.readup
  joypad.getimmediate joypad.readimmediate joypad.set joypad.write zapper.read zapper.set

  savestate.object savestate.create savestate.save savestate.load savestate.persist
  savestate.registersave savestate.registerload

  movie.framecount movie.mode movie.rerecordcounting movie.stop movie.close movie.active
  movie.recording movie.playing movie.length movie.rerecordcount movie.readonly movie.getreadonly
  movie.setreadonly movie.ispoweron movie.isfromsavestate

  gui.pixel gui.drawpixel gui.setpixel gui.writepixel gui.getpixel gui.line gui.drawline gui.box
  gui.drawbox gui.rect gui.drawrect gui.text gui.drawtext gui.parsecolor gui.gdscreenshot
  gui.gdoverlay gui.drawimage gui.image gui.opacity gui.transparency gui.register

  sound.get debugger.getcyclescount debugger.getinstructionscount debugger.resetcyclescount
  debugger.resetinstructionscount

  bit.tobit bit.bnot bit.band bit.bor bit.bxor bit.lshift bit.rshift bit.arshift bit.rol bit.ror
  bit.bswap bit.tohex gethash tostring tobitstring copytable AND OR XOR SHIFT BIT
]]

return function(bridge)
  local commands, allowed = bridge.commands, {}
  for name in ALLOWED:gmatch("%S+") do
    allowed[name] = true
  end

  local function refuse(what)
    error(what .. " is refused: clients of this server can run no Lua and reach no files; "
      .. "`copain serve --allow-lua` lets them", 0)
  end

  for name in pairs(commands) do
    if not allowed[name] then
      commands[name] = function()
        refuse(name)
      end
    end
  end

  -- A savestate with a slot number or a path is a file.
  for _, name in ipairs({ "savestate.object", "savestate.create" }) do
    local create = commands[name]
    if create then -- other emulators have no such functions
      commands[name] = function(which, ...)
        if which ~= nil then
          refuse(name .. " of a file")
        end
        return create(which, ...)
      end
    end
  end
end
