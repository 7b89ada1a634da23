-- The adapter: all that is FCEUX's own in the bridge. See docs/porting.md for its contract.

local native = require("copain_native")
local adapter = { windowed = os.getenv("COPAIN_WINDOW") == "1" }

local headless = rawget(_G, "copain") -- the table of functions that only our own engine has
local advance, set_pad, read_range = emu.frameadvance, joypad.set, memory.readbyterange

function adapter.start()
  -- A Lua module's load can reset the speed (TASEmulators/fceux issue 724), so set it here.
  emu.speedmode("maximum")
  -- The first frameadvance of a script only reaches the first frame boundary.
  if not adapter.windowed then
    advance()
  end
end

function adapter.describe()
  return {
    engine = headless and "headless" or "fceux",
    engine_version = headless and headless.version or "",
    rom_md5 = emu.emulating() and rom.gethash("md5") or "",
    screen_format = headless and "indexed" or "gd",
    palette = headless and headless.palette() or nil,
  }
end

adapter.advance = advance
adapter.frame_count = emu.framecount
adapter.lag_count = emu.lagcount
adapter.poweron = emu.poweron
adapter.softreset = emu.softreset

-- ---- joypads -----------------------------------------------------------

local BUTTONS = { "A", "B", "select", "start", "up", "down", "left", "right" }
local PADS = {} -- the table that joypad.set wants, for each bit mask
for mask = 0, 255 do
  PADS[mask] = {}
  for bit, name in ipairs(BUTTONS) do
    -- true presses and false releases; nil would leave the button to the user
    PADS[mask][name] = math.floor(mask / 2 ^ (bit - 1)) % 2 == 1
  end
end

function adapter.set_pads(pads)
  set_pad(1, PADS[pads[1] or 0])
  set_pad(2, PADS[pads[2] or 0])
  if pads[3] then
    set_pad(3, PADS[pads[3]])
    set_pad(4, PADS[pads[4] or 0])
  end
end

-- ---- memory and picture ------------------------------------------------

function adapter.ram()
  return read_range(0, 0x800)
end

function adapter.read(address, length)
  return read_range(address, length)
end

function adapter.write(address, bytes)
  local write = memory.writebyte
  for i = 1, #bytes do
    write(address + i - 1, bytes:byte(i))
  end
end

if headless then
  adapter.screen = headless.screen
  adapter.draw_next = headless.draw
else
  function adapter.screen()
    return gui.gdscreenshot(true) -- true: without messages and Lua drawings
  end
  function adapter.draw_next() end
end

-- ---- savestates --------------------------------------------------------

-- FCEUX gives and takes a state's bytes through files only, so each state has a path in
-- the private home. Nothing is written there before the bytes are asked for.
local scratch = (os.getenv("HOME") or ".") .. "/state-"
local serial = 0

local function new_path()
  serial = serial + 1
  return scratch .. serial
end

function adapter.save_state()
  local path = new_path()
  local object = savestate.create(path)
  savestate.save(object)
  return { object = object, path = path }
end

function adapter.load_state(state)
  savestate.load(state.object)
end

function adapter.state_to_bytes(state)
  savestate.persist(state.object)
  local file = assert(io.open(state.path, "rb"))
  local bytes = file:read("*a")
  file:close()
  os.remove(state.path)
  return bytes
end

function adapter.state_from_bytes(bytes)
  if bytes:sub(1, 4) ~= "FCSX" then
    error("the savestate is not one of FCEUX: it does not begin with 'FCSX'", 0)
  end
  local path = new_path()
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  local object = savestate.create(path)
  os.remove(path)
  return { object = object, path = path }
end

-- ---- speed, window, end ------------------------------------------------

local FRAME_SECONDS = 1 / 60.0988
local paced = adapter.windowed -- whether frames come at the console's speed
local next_frame = 0

function adapter.set_speed(mode)
  if mode ~= "normal" and mode ~= "maximum" then
    error(string.format("unknown speed mode %q; allowed are maximum, normal", mode), 0)
  end
  paced = mode == "normal"
end

-- FCEUX's own throttle would count the loops in which it is paused, too.
local function pace()
  local now = native.clock()
  if next_frame > now then
    native.sleep(next_frame - now)
  end
  next_frame = math.max(next_frame, now - FRAME_SECONDS) + FRAME_SECONDS
end

-- While a script waits, FCEUX's window is frozen. So with a window, the waiting is done while
-- emulation is paused: FCEUX then runs its GUI and calls the gui.register function about once
-- a frame. It is left at a frame's end, when the worker had said that no frame follows, and
-- ends when the worker asks for a frame. A pause inside the frame boundary would come too
-- late: that frame is emulated all the same.
function adapter.run_windowed(run_worker, FRAME)
  local signal, more = nil, false
  local granted = false -- a frame was asked for and is not emulated yet
  gui.register(function()
    if emu.paused() then
      signal, more = run_worker()
      if signal == FRAME then
        granted = true
        emu.unpause()
      end
    else
      if paced then
        pace()
      end
      if not more then
        emu.pause()
      end
    end
  end)
  emu.pause()
  while true do
    if granted then
      granted = false
    elseif more then
      signal, more = run_worker()
    end
    advance()
  end
end

function adapter.close()
  pcall(movie.stop) -- writes out what was recorded
end

return adapter
