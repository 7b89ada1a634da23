-- The adapter: the part of the bridge that is specific to FCEUX. docs/porting.md describes its
-- interface.

local native = require("copain_native")
local adapter = { windowed = os.getenv("COPAIN_WINDOW") == "1" }

local headless = rawget(_G, "copain") -- functions of the headless engine; nil in stock FCEUX
local advance, set_pad, read_range = emu.frameadvance, joypad.set, memory.readbyterange
local emu_pause, emu_unpause, emu_paused = emu.pause, emu.unpause, emu.paused
local gui_register = gui.register

local states = require("fceux_states")
local emu_poweron = emu.poweron

-- ---- power ---------------------------------------------------------------

-- FCEUX's power switch leaves the cartridge as it is: its RAM, and the registers of some boards.
-- So it is followed by the load of a state from before the first frame.
local power_on -- that state
local power_on_ram -- the console's RAM in it

local function note_power_on()
  power_on = nil
  if emu.emulating() then
    power_on = states.new()
    savestate.save(power_on)
    power_on_ram = adapter.ram()
  end
end

function adapter.poweron()
  emu_poweron()
  if not power_on or movie.active() then -- where FCEUX itself does no more
    return
  end
  local ram = adapter.ram()
  savestate.load(power_on)
  if ram ~= power_on_ram then -- it is random
    adapter.write(0, ram)
  end
end

function adapter.start(bridge)
  adapter.bridge = bridge
  -- A Lua module's load can reset the speed (TASEmulators/fceux issue 724), so set it here.
  emu.speedmode("maximum")
  -- The first frameadvance of a script only reaches the first frame boundary.
  if not adapter.windowed then
    advance()
  end
  -- FCEUX has switched on before it knew the region that it was told.
  if os.getenv("COPAIN_POWER_ON") == "1" and emu.emulating() and not movie.active() then
    emu_poweron()
  end
  note_power_on()
end

function adapter.describe()
  return {
    engine = headless and "headless" or "fceux",
    engine_version = headless and headless.version or "",
    rom_md5 = emu.emulating() and rom.gethash("md5") or "",
    region = os.getenv("COPAIN_REGION") or "NTSC",
    screen_format = headless and "indexed" or "gd",
  }
end

adapter.advance = advance
adapter.frame_count = emu.framecount
adapter.lag_count = emu.lagcount
adapter.softreset = emu.softreset

-- ---- joypads -----------------------------------------------------------

local BUTTONS = { "A", "B", "select", "start", "up", "down", "left", "right" }
local PADS = {} -- the argument of joypad.set for each bit mask
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
  return read_range(0, native.protocol.RAM_SIZE)
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
  function adapter.screen()
    return headless.screen() .. headless.palette() -- colour emphasis changes the palette
  end
  adapter.picture = headless.picture
  adapter.hold, adapter.ram_pointer = headless.hold, headless.ram
  local drawing = require("fceux_drawing")(headless)
  adapter.draw_next, adapter.play = drawing.next, drawing.play
  adapter.draw_next_of_script = drawing.next_of_script
  function adapter.is_drawn() return drawing.drawn end
  -- Savestates are kept by the engine; other ones are those of savestate.object.
  adapter.has_state, adapter.free_state = headless.has, headless.free
  adapter.overwrite_state, adapter.reload_state = headless.save, headless.load
  function adapter.save_state() return headless.save() end
  function adapter.load_state(state)
    if type(state) == "number" then
      headless.load(state)
    else
      savestate.load(state.object)
    end
    drawing.drawn = nil
  end
  function adapter.state_to_bytes(state)
    return type(state) == "number" and headless.export(state) or states.to_bytes(state.object)
  end
  function adapter.state_from_bytes(bytes)
    states.check(bytes, "the savestate")
    return headless.import(bytes)
  end
  -- A batch without frames may have loaded a state.
  function adapter.batch_played() drawing.drawn = nil end
else
  function adapter.screen()
    return gui.gdscreenshot(true) -- true: without messages and Lua drawings
  end
  adapter.picture = adapter.screen
  function adapter.draw_next() end
  function adapter.draw_next_of_script() end
  function adapter.is_drawn() return true end
  function adapter.load_state(state)
    savestate.load(state.object)
  end
  function adapter.save_state()
    local object = states.new()
    savestate.save(object)
    return { object = object }
  end
  function adapter.state_to_bytes(state)
    return states.to_bytes(state.object)
  end
  function adapter.state_from_bytes(bytes)
    return { object = states.from_bytes(bytes) }
  end
  adapter.state_content = states.content
end

-- ---- savestates --------------------------------------------------------

adapter.states = states

local crc32 = gethash

function adapter.crc32(bytes)
  return crc32(bytes, #bytes) % 2 ^ 32
end

-- ---- callbacks, pause --------------------------------------------------

local gui_callback -- the user's gui.register function, while the adapter uses gui.register itself

-- Functions that register a callback of each kind; nil removes it.
adapter.callbacks = {
  before = emu.registerbefore,
  after = emu.registerafter,
  exit = emu.registerexit,
  save = savestate.registersave,
  load = savestate.registerload,
  auto = taseditor.registerauto,
  manual = taseditor.registermanual,
  gui = function(f)
    gui_callback = f
    if not adapter.windowed then
      gui_register(f)
    end
  end,
}
adapter.callback_kinds = {
  ["emu.registerbefore"] = "before",
  ["emu.registerafter"] = "after",
  ["emu.registerexit"] = "exit",
  ["gui.register"] = "gui",
  ["savestate.registersave"] = "save",
  ["savestate.registerload"] = "load",
  ["taseditor.registerauto"] = "auto",
  ["taseditor.registermanual"] = "manual",
}

-- The same for memory: (address, size, function or nil).
adapter.memory_callbacks = { write = memory.registerwrite, exec = memory.registerexec }
adapter.memory_callback_kinds = {
  ["memory.registerwrite"] = "write",
  ["memory.register"] = "write",
  ["memory.registerexec"] = "exec",
  ["memory.registerrun"] = "exec",
  ["memory.registerexecute"] = "exec",
}

-- While FCEUX is paused it runs no script, so the bridge could not receive the request to unpause.
-- Therefore each requested frame ends the pause, and the pause begins again after it.
local held = false -- whether emulation is paused, as scripts and Python see it

local function advance_held()
  emu_unpause()
  advance()
  if held then
    emu_pause()
  end
end

function adapter.pause()
  held = true
  if not adapter.windowed then -- with a window, FCEUX is paused between requests anyway
    adapter.advance = advance_held
    if adapter.bridge.callback_depth == 0 then
      emu_pause()
    end
  end
end

function adapter.unpause()
  held = false
  if not adapter.windowed then
    adapter.advance = advance
    emu_unpause()
  end
end

function adapter.paused()
  return held
end

-- Whether FCEUX waits between two frames and serves its window.
function adapter.waiting()
  return emu_paused()
end

-- Movies can pause the emulation at a frame; FCEUX still calls the GUI function then.
function adapter.expect_pause()
  if adapter.windowed then
    return
  end
  gui_register(function()
    if emu_paused() then
      held = true
      adapter.advance = advance_held
      emu_unpause()
      gui_register(gui_callback)
    end
    if gui_callback then
      gui_callback()
    end
  end)
end

local load_rom = emu.loadrom
local LOAD_SECONDS = 30

-- Stock FCEUX loads a ROM in the GUI's thread, at once or some frames later. Their number depends on
-- the machine's load.
function adapter.load_rom(path)
  if headless then
    local name = load_rom(path)
    note_power_on()
    return name
  end
  adapter.bridge.frame(false)
  local frames = emu.framecount()
  load_rom(path)
  local deadline = native.clock() + LOAD_SECONDS
  while native.clock() < deadline do
    if emu.framecount() ~= frames then -- the count has restarted, and no frame was emulated
      note_power_on()
      return rom.getfilename()
    end
    adapter.bridge.frame(false)
    frames = frames + 1
  end
  error(string.format("emu.loadrom: FCEUX did not load %q", path), 0)
end

-- ---- the Lua functions -------------------------------------------------

local LIBRARIES = { "emu", "FCEU", "rom", "memory", "ppu", "joypad", "zapper", "input",
  "savestate", "movie", "gui", "sound", "debugger", "taseditor", "cdlog", "bit" }
local GLOBALS = { "print", "gethash", "tostring", "tobitstring", "addressof", "copytable",
  "AND", "OR", "XOR", "SHIFT", "BIT" }

local raw = {} -- FCEUX's functions by name
for _, library in ipairs(LIBRARIES) do
  for name, f in pairs(_G[library]) do
    raw[library .. "." .. name] = f
  end
end
for _, name in ipairs(GLOBALS) do
  raw[name] = _G[name]
end

adapter.signatures = require("fceux_signatures")

function adapter.functions(bridge)
  local functions = require("fceux_functions")(bridge, adapter, raw)
  adapter.share_with_scripts(bridge, functions)
  return functions
end

-- The names of FCEUX's functions: all globals that are not Lua 5.1's own or the headless engine's.
local OWN = {}
for name in ([[_G _VERSION assert collectgarbage coroutine debug dofile error gcinfo getfenv
  getmetatable io ipairs load loadfile loadstring math module newproxy next os package pairs
  pcall rawequal rawget rawset require select setfenv setmetatable string table tonumber type
  unpack xpcall arg copain]]):gmatch("%S+") do
  OWN[name] = true
end
local names = {}
for name, value in pairs(_G) do
  if not OWN[name] and type(value) == "table" then
    for member in pairs(value) do
      names[#names + 1] = name .. "." .. member
    end
  elseif not OWN[name] then
    names[#names + 1] = name
  end
end

function adapter.function_names()
  return names
end

-- Gives the user's scripts versions of FCEUX's functions that work together with the bridge.
function adapter.share_with_scripts(bridge, functions)
  for _, library in ipairs({ emu, FCEU }) do
    for _, name in ipairs({ "frameadvance", "pause", "unpause", "paused", "poweron", "exit",
      "loadrom" }) do
      library[name] = functions["emu." .. name]
    end
  end
  for name, kind in pairs(adapter.callback_kinds) do
    local library, member = name:match("(%w+)%.(%w+)")
    _G[library][member] = function(f, ...)
      return bridge.register(kind, "script", f, ...)
    end
  end
  for name, kind in pairs(adapter.memory_callback_kinds) do
    local library, member = name:match("(%w+)%.(%w+)")
    _G[library][member] = function(address, size, f)
      if type(size) ~= "number" then -- the size was left out
        size, f = 1, size
      end
      bridge.register_memory(kind, "script", address, size, f)
    end
  end
  if adapter.windowed then -- with a window, drawings are recorded to be repeated
    for name in pairs(gui) do
      gui[name] = name ~= "register" and functions["gui." .. name] or gui[name]
    end
  end
  for name in pairs(emu) do
    FCEU[name] = emu[name]
  end
end

-- ---- speed, window, end ------------------------------------------------

local FRAME_SECONDS = 1 / 60.0988
local paced = adapter.windowed -- whether frames run at the console's speed
local next_frame = 0

function adapter.set_speed(mode)
  if mode ~= "normal" and mode ~= "maximum" then
    error(string.format("unknown speed mode %q; allowed are maximum, normal", mode), 0)
  end
  paced = mode == "normal"
end

-- FCEUX's own throttle would also count the loops in which FCEUX is paused.
local function pace()
  local now = native.clock()
  if next_frame > now then
    native.sleep(next_frame - now)
  end
  next_frame = math.max(next_frame, now - FRAME_SECONDS) + FRAME_SECONDS
end

-- FCEUX's window freezes while a script waits. So with a window, the bridge waits for requests
-- while emulation is paused: FCEUX then serves its window and calls the gui.register function
-- about once a frame. The pause begins at the end of a frame after which the worker wants no
-- other one, and ends when the worker asks for a frame. Pausing only at the frame boundary would
-- be too late: the next frame would still be emulated.
function adapter.run_windowed(run_worker, FRAME, begin_frame)
  local signal, more = nil, false
  local granted = false -- whether a frame was requested but not emulated yet
  gui_register(function()
    adapter.begin_gui_call()
    if emu_paused() then
      signal, more = run_worker()
      if signal == FRAME then
        granted = true
        emu_unpause()
        adapter.draw_again()
      end
    else
      if gui_callback then
        gui_callback()
      end
      if paced then
        pace()
      end
      if not more then
        emu_pause()
      end
    end
  end)
  emu_pause()
  while true do
    if granted then
      granted = false
    elseif more then
      signal, more = run_worker()
    end
    begin_frame()
    advance()
  end
end

function adapter.close()
  pcall(movie.stop) -- writes the recorded movie
end

return adapter
