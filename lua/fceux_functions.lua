-- FCEUX's Lua functions as requests: changes for a caller in another process, and checks that
-- prevent crashes and hangs of FCEUX 2.6.5, found by reading its src/lua-engine.cpp. The
-- signatures are in fceux_signatures.lua.

local BLOCK = 0x8000 -- bytes; FCEUX reads a range into its C stack
local MAX_DRAWINGS = 20000 -- per frame, with a window
local DRAWING = { "pixel", "line", "box", "text", "gdoverlay", "opacity", "transparency",
  "drawtext", "drawbox", "drawline", "drawpixel", "setpixel", "writepixel", "rect", "drawrect",
  "drawimage", "image" }

-- `adapter`: fceux.lua; `raw`: FCEUX's functions by name, such as "memory.readbyte".
return function(bridge, adapter, raw)
  local F = setmetatable({}, { __index = raw })

  local function fail(...)
    error(string.format(...), 0)
  end

  local function alias(name, ...)
    for _, other in ipairs({ ... }) do
      F[other] = F[name]
    end
  end

  -- ---- emu -------------------------------------------------------------

  F["emu.frameadvance"] = function()
    adapter.draw_next_of_script()
    bridge.frame(false)
  end
  F["emu.poweron"] = adapter.poweron
  F["emu.pause"] = adapter.pause
  F["emu.unpause"] = adapter.unpause
  F["emu.paused"] = adapter.paused

  F["emu.speedmode"] = function(mode)
    if adapter.windowed then -- with a window, the adapter sets the pace
      adapter.set_speed(mode == "normal" and "normal" or "maximum")
    else
      raw["emu.speedmode"](mode)
    end
  end

  local function compile(source)
    local chunk, message = loadstring(source, "=source")
    return chunk or error(message, 0)
  end

  F["emu.exec_count"] = function(count, source)
    return raw["emu.exec_count"](count, compile(source))
  end
  F["emu.exec_time"] = function(milliseconds, source)
    return raw["emu.exec_time"](milliseconds, compile(source))
  end

  -- FCEUX exits at the end of a frame, so this runs frames until the exit callbacks are called.
  F["emu.exit"] = function()
    adapter.unpause()
    adapter.callbacks.exit(function()
      bridge.call_exit_callbacks()
      bridge.say_goodbye()
    end)
    raw["emu.exit"]()
    while bridge.callback_depth == 0 do
      bridge.frame(true)
    end
  end

  local MAGIC = { ["NES\26"] = true, ["FDS\26"] = true, ["NESM"] = true, ["UNIF"] = true,
    ["PK\3\4"] = true, ["\1*NI"] = true }

  F["emu.loadrom"] = function(path)
    local file, message = io.open(path, "rb")
    local magic = file and file:read(4)
    if file then
      file:close()
    end
    if not MAGIC[magic] then
      fail("emu.loadrom: %s", message or string.format("%q is no ROM", path))
    elseif bridge.callback_depth > 0 then
      fail("emu.loadrom cannot be called in a callback, as the frame still runs with the old ROM")
    end
    return adapter.load_rom(path)
  end

  -- ---- rom, memory, ppu ------------------------------------------------

  local function in_blocks(name, size)
    local read = raw[name]
    F[name] = function(start, length)
      if start + length > size then
        fail("%s: the range ends at %d; the last address is %d", name, start + length - 1, size - 1)
      end
      local blocks = {}
      for at = start, start + length - 1, BLOCK do
        blocks[#blocks + 1] = read(at, math.min(BLOCK, start + length - at))
      end
      return table.concat(blocks)
    end
  end
  in_blocks("rom.readbyterange", 2 ^ 31)
  in_blocks("memory.readbyterange", 0x10000)
  in_blocks("ppu.readbyterange", 0x4000)

  F["rom.writebyte"] = function(address, value)
    raw["rom.writebyte"](address, value) -- drops the result, which is the argument
  end

  -- ---- callbacks: Python sends its callback's id, or nil ---------------

  for name, kind in pairs(adapter.callback_kinds) do
    F[name] = function(id, ...)
      bridge.register(kind, "python", id, ...)
    end
  end
  for name, kind in pairs(adapter.memory_callback_kinds) do
    F[name] = function(address, size, id)
      if address + size > 0x10000 then
        fail("%s: the range ends at %d; the last address is 65535", name, address + size - 1)
      end
      bridge.register_memory(kind, "python", address, size, id)
    end
  end

  -- ---- zapper, input ---------------------------------------------------

  F["zapper.read"] = function()
    if movie.playing() and (movie.length() == 0 or emu.framecount() > movie.length()) then
      fail("zapper.read: the movie has no input at frame %d", emu.framecount())
    end
    return raw["zapper.read"]()
  end

  -- FCEUX shows the box with xmessage, which it never finds in PATH's last directory. Without
  -- xmessage it crashes with a null pointer.
  local function check_popup(name)
    if not adapter.windowed then
      fail("%s needs FCEUX's window: start the emulator with window=True", name)
    end
    for folder in (os.getenv("PATH") or ""):gmatch("([^:]*):") do
      local file = io.open(folder .. "/xmessage", "rb")
      if file then
        file:close()
        return
      end
    end
    fail("%s needs the program xmessage (Debian package x11-utils)", name)
  end
  for _, name in ipairs({ "gui.popup", "input.popup" }) do
    F[name] = function(...)
      check_popup(name)
      return raw[name](...)
    end
  end

  -- ---- savestate -------------------------------------------------------

  -- A state without data crashes FCEUX in `load` and `persist`; `empty` marks such states.
  local function create(name, digit)
    F[name] = function(which)
      local state = { empty = true }
      if which == nil then
        state.object = adapter.states.new()
      elseif type(which) == "number" then
        bridge.check_integer(name .. ": the slot", which, 1, 10)
        state.slot = string.format("%s/.fceux/fcs/%s.fc%d", os.getenv("HOME") or ".",
          rom.getfilename() or "", digit(which))
        local file = io.open(state.slot, "rb")
        if file then
          file:close()
          adapter.states.check_file(state.slot)
          state.empty = false
        end
        state.object = raw[name](which)
      elseif type(which) == "string" and #which > 0 and #which <= 400 then
        state.path = which
        state.object = adapter.states.from_file(which)
        state.empty = state.object == nil
        state.object = state.object or adapter.states.new()
      else
        fail("%s: which is %s; it must be a slot from 1 to 10 or a path", name, tostring(which))
      end
      return bridge.keep_state(state)
    end
  end
  create("savestate.object", function(which) return which % 10 end)
  create("savestate.create", function(which) return which - 1 end)

  F["savestate.save"] = function(handle)
    local state = bridge.check_state(handle, true)
    if type(state) == "number" then
      adapter.overwrite_state(state)
      return
    end
    raw["savestate.save"](state.object)
    state.empty = false
  end

  F["savestate.load"] = function(handle)
    local state = bridge.check_state(handle)
    if type(state) == "number" then
      adapter.reload_state(state)
      return
    end
    raw["savestate.load"](state.object)
  end

  F["savestate.persist"] = function(handle)
    local state = bridge.check_state(handle)
    if type(state) == "number" then
      return
    elseif state.path then
      adapter.states.to_file(state.object, state.path)
    elseif state.slot then
      local file, message = io.open(state.slot, "ab")
      if not file then
        fail("savestate.persist: %s", message)
      end
      file:close()
      raw["savestate.persist"](state.object)
      adapter.states.check_file(state.slot)
    end
  end

  F["savestate.loadscriptdata"] = function()
    fail("savestate.loadscriptdata is refused: it crashes FCEUX 2.6.5 (null pointer)")
  end

  -- ---- movie -----------------------------------------------------------

  F["movie.play"] = function(path, read_only, pause_frame)
    local file, message = io.open(path, "rb")
    local head = file and file:read(4096) or ""
    if file then
      file:close()
    end
    if head:sub(1, 9) ~= "version 3" then
      fail("movie.play: %s", message or string.format("%q is no FM2 movie", path))
    end
    -- FCEUX would change the PPU's region and, in its version for Linux, not the CPU's.
    local pal, region = head:match("\npalFlag ([01])"), os.getenv("COPAIN_REGION") or "NTSC"
    if pal and (pal == "1") ~= (region == "PAL") then
      fail("movie.play: the movie %q is for %s (palFlag %s), and this console is %s: start the "
        .. "emulator with region='%s'", path, pal == "1" and "PAL" or "NTSC", pal, region,
        pal == "1" and "PAL" or "NTSC")
    end
    if pause_frame and pause_frame > 0 then
      adapter.expect_pause()
    end
    return raw["movie.play"](path, read_only == true, pause_frame or 0)
  end
  alias("movie.play", "movie.load", "movie.playback")

  F["movie.record"] = function(path, save_type, author)
    local file, message = io.open(path, "ab")
    if not file then
      fail("movie.record: %s", message)
    end
    file:close()
    return raw["movie.record"](path, save_type or 0, author or "")
  end
  alias("movie.record", "movie.save")

  -- FCEUX returns a value that is not a boolean for true, and no value for false.
  for _, name in ipairs({ "movie.ispoweron", "movie.isfromsavestate" }) do
    F[name] = function()
      return select("#", raw[name]()) > 0
    end
  end

  -- ---- gui -------------------------------------------------------------

  F["gui.savescreenshot"] = function()
    raw["gui.savescreenshot"]() -- drops the result, the function itself
  end

  -- FCEUX reads as many pixels as the header says.
  local function check_image(name, image)
    local wide = image:sub(1, 2) == "\255\254" and image:byte(7) == 1
    local width = #image > 11 and image:byte(3) * 256 + image:byte(4) or 0
    local height = #image > 11 and image:byte(5) * 256 + image:byte(6) or 0
    if not wide or #image ~= 11 + width * height * 4 or width * height == 0 then
      fail("%s: the image of %d bytes is no true-colour GD image", name, #image)
    end
  end
  for _, name in ipairs({ "gui.gdoverlay", "gui.drawimage", "gui.image" }) do
    F[name] = function(x, y, image, alpha)
      check_image(name, image)
      raw[name](x, y, image, alpha or 1)
    end
  end

  -- With a window, requests are answered in the gui.register function, while FCEUX shows the
  -- previous frame. Their drawings belong on the next frame, so they are repeated then. FCEUX
  -- also hides a frame's drawings in the call in which the pause ends; they are repeated there,
  -- too.
  if adapter.windowed then
    local shown, waiting = {}, {} -- drawings for this frame and for the next one
    local drawn = false -- whether something was drawn in this call of the GUI function

    local function draw(drawings)
      for i = 1, #drawings do
        local drawing = drawings[i]
        drawing.f(unpack(drawing, 1, drawing.n))
      end
    end

    local pixel = raw["gui.pixel"]

    function bridge.before_frame.drawings()
      if #shown > 0 then
        pixel(-1, -1, "clear") -- a frame's first drawing erases older ones
      end
      shown, waiting = waiting, {}
      draw(shown)
    end

    function adapter.begin_gui_call()
      drawn = false
    end

    function adapter.draw_again()
      if not drawn then
        draw(#waiting > 0 and waiting or shown)
      end
    end

    for _, name in ipairs(DRAWING) do
      local f = F["gui." .. name]
      F["gui." .. name] = function(...)
        local between = adapter.waiting() and bridge.callback_depth == 0
        local drawings = between and waiting or shown
        if #drawings < MAX_DRAWINGS then
          drawings[#drawings + 1] = { f = f, n = select("#", ...), ... }
        end
        drawn = true
        return f(...)
      end
    end
  end

  -- ---- debugger --------------------------------------------------------

  F["debugger.hitbreakpoint"] = function()
    if not adapter.windowed then
      fail("debugger.hitbreakpoint needs FCEUX's window: the emulator stops until the user "
        .. "continues there")
    end
    raw["debugger.hitbreakpoint"]()
  end

  -- ---- globals ---------------------------------------------------------

  F.addressof = function(value)
    return raw.addressof(value)
  end

  F.gethash = function(data)
    return raw.gethash(data, #data)
  end

  -- FCEUX writes the text into 64 KiB and checks for space only between values.
  F.tostring = function(value)
    if #bridge.native.pack(value) > 2000 then
      fail("tostring: the value is longer than 2000 bytes")
    end
    return raw.tostring(value)
  end

  return F
end
