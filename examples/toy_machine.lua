-- A second emulator for the bridge: a toy machine in a stand-alone Lua 5.1.
--
-- It shows everything that an adapter must provide (docs/porting.md). The tests of the protocol use
-- it. It is started as `lua5.1 lua/bridge.lua` with COPAIN_ADAPTER=toy_machine.
--
-- The machine has 2 KiB of RAM. In each frame its program counts the frame in $00, reads pad 1
-- into $01, and moves a dot: x in $02, y in $03.

local adapter = { windowed = false }
local bridge

-- ---- the machine -------------------------------------------------------

local A, B, UP, DOWN, LEFT, RIGHT = 0x01, 0x02, 0x10, 0x20, 0x40, 0x80
local RAM_SIZE = 0x800
local ram, frames, lag_frames, pads
local callbacks, write_hooks = {}, {}

local function power_on()
  ram, frames, lag_frames, pads = {}, 0, 0, {}
  for address = 0, RAM_SIZE - 1 do
    ram[address] = 0
  end
  ram[2], ram[3] = 128, 120
end
power_on()

local function poke(address, value)
  ram[address] = value % 256
  local hook = write_hooks[address]
  if hook then
    hook(address, 1, ram[address])
  end
end

local function held(button)
  return math.floor((pads[1] or 0) / button) % 2 == 1
end

local function run_program()
  poke(0, ram[0] + 1)
  poke(1, pads[1] or 0)
  local speed = held(B) and 2 or 1
  poke(2, ram[2] + (held(RIGHT) and speed or 0) - (held(LEFT) and speed or 0))
  poke(3, ram[3] + (held(DOWN) and speed or 0) - (held(UP) and speed or 0))
  if held(A) then
    poke(4, ram[4] + 1)
  end
end

-- ---- frames ------------------------------------------------------------

function adapter.start(the_bridge)
  bridge = the_bridge
end

local function call(kind)
  if callbacks[kind] then
    callbacks[kind]()
  end
end

function adapter.advance()
  call("before")
  run_program()
  frames = frames + 1
  call("after")
  call("gui")
end

function adapter.frame_count() return frames end
function adapter.lag_count() return lag_frames end
adapter.poweron = power_on

function adapter.softreset()
  frames = 0
  ram[2], ram[3] = 128, 120
end

function adapter.set_pads(masks)
  pads = { unpack(masks) }
end

-- ---- memory, picture, savestates ---------------------------------------

function adapter.read(address, length)
  local bytes = {}
  for i = 1, length do
    bytes[i] = string.char(ram[(address + i - 1) % RAM_SIZE])
  end
  return table.concat(bytes)
end

function adapter.ram()
  return adapter.read(0, RAM_SIZE)
end

function adapter.write(address, bytes)
  for i = 1, #bytes do
    poke((address + i - 1) % RAM_SIZE, bytes:byte(i))
  end
end

local PALETTE = "\0\0\0" .. string.rep("\255", 765) -- black, then white

function adapter.draw_next() end -- the picture is drawn when it is requested

function adapter.screen()
  local x, y = ram[2], ram[3] % 240
  local empty = string.rep("\0", 256)
  local line = string.rep("\0", x) .. "\1" .. string.rep("\0", 255 - x)
  return string.rep(empty, y) .. line .. string.rep(empty, 239 - y) .. PALETTE
end

function adapter.save_state()
  return { ram = adapter.ram(), frames = frames, lag_frames = lag_frames }
end

function adapter.load_state(state)
  frames, lag_frames = state.frames, state.lag_frames
  for address = 0, RAM_SIZE - 1 do
    ram[address] = state.ram:byte(address + 1)
  end
end

function adapter.state_to_bytes(state)
  return string.format("TOY1 %d %d\n", state.frames, state.lag_frames) .. state.ram
end

function adapter.state_from_bytes(bytes)
  local saved_frames, saved_lag, from = bytes:match("^TOY1 (%d+) (%d+)\n()")
  if not from or #bytes ~= from - 1 + RAM_SIZE then
    error("the savestate is not one of the toy machine", 0)
  end
  return { ram = bytes:sub(from), frames = tonumber(saved_frames),
    lag_frames = tonumber(saved_lag) }
end

-- ---- callbacks and functions -------------------------------------------

local function register(kind)
  return function(f)
    callbacks[kind] = f
  end
end
adapter.callbacks = { before = register("before"), after = register("after"),
  gui = register("gui"), exit = register("exit") }
adapter.callback_kinds = { ["emu.registerbefore"] = "before", ["emu.registerafter"] = "after",
  ["emu.registerexit"] = "exit", ["gui.register"] = "gui" }
adapter.memory_callbacks = {
  write = function(address, size, f)
    for a = address, address + size - 1 do
      write_hooks[a] = f
    end
  end,
}
adapter.memory_callback_kinds = { ["memory.registerwrite"] = "write" }

local ADDRESS = { name = "address", kind = "integer", low = 0, high = RAM_SIZE - 1 }
local FUNCTION = { name = "function", kind = "callback", optional = true }
adapter.signatures = {
  ["emu.frameadvance"] = {},
  ["emu.framecount"] = {},
  ["emu.registerbefore"] = { FUNCTION },
  ["emu.registerafter"] = { FUNCTION },
  ["emu.registerexit"] = { FUNCTION },
  ["gui.register"] = { FUNCTION },
  ["memory.readbyte"] = { ADDRESS },
  ["memory.writebyte"] = { ADDRESS, { name = "value", kind = "integer", low = 0, high = 255 } },
  ["memory.registerwrite"] = { ADDRESS,
    { name = "size", kind = "integer", low = 1, high = RAM_SIZE }, FUNCTION },
}

function adapter.functions()
  local functions = {
    ["emu.frameadvance"] = function() bridge.frame(false) end,
    ["emu.framecount"] = adapter.frame_count,
    ["memory.readbyte"] = function(address) return ram[address] end,
    ["memory.writebyte"] = poke,
    ["memory.registerwrite"] = function(address, size, id)
      bridge.register_memory("write", "python", address, size, id)
    end,
  }
  for name, kind in pairs(adapter.callback_kinds) do
    functions[name] = function(id) bridge.register(kind, "python", id) end
  end
  -- The functions for the user's own Lua code, whose callbacks are separate from Python's.
  emu = { frameadvance = functions["emu.frameadvance"], framecount = adapter.frame_count,
    registerafter = function(f) return bridge.register("after", "script", f) end }
  memory = { readbyte = functions["memory.readbyte"], writebyte = poke }
  return functions
end

function adapter.function_names()
  local names = {}
  for name in pairs(adapter.signatures) do
    names[#names + 1] = name
  end
  return names
end

-- ---- the rest ----------------------------------------------------------

function adapter.describe()
  return { engine = "toy", engine_version = "1", rom_md5 = string.rep("0", 32),
    screen_format = "indexed" }
end

function adapter.set_speed(mode)
  if mode ~= "maximum" then
    error(string.format("unknown speed mode %q; allowed is maximum", mode), 0)
  end
end

function adapter.close() end

return adapter
