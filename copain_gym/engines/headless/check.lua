-- Plays a plan and writes a trace of the machine's state, in stock and in headless FCEUX.
-- copain_gym/engines/headless/runs.py writes the plan and reads the trace.
--
-- The plan: three bytes per frame, the buttons of both pads and an event. The trace: one line per
-- frame.

local function variable(name)
  return os.getenv("COPAIN_CHECK_" .. name)
end

local RESET, POWER, SAVE, LOAD, EXCHANGE = 1, 2, 3, 4, 5
local BUTTONS = { "A", "B", "select", "start", "up", "down", "left", "right" }
local PICTURE_EVERY = tonumber(variable("PICTURE_EVERY") or 97) -- frames

local file = assert(io.open(variable("PLAN"), "rb"))
local plan = file:read("*a")
file:close()
local trace = assert(io.open(variable("TRACE"), "wb"))
trace:setvbuf("line") -- if the emulator crashes, the lines so far are kept
local exported, imported = variable("EXPORT"), variable("IMPORT")
local dumps, dump_frames = variable("DUMPS"), {}
for frame in (variable("DUMP_FRAMES") or ""):gmatch("%d+") do
  dump_frames[tonumber(frame)] = true
end
local headless = rawget(_G, "copain")
local draw = headless and variable("DRAW") or "all"

local pads = {}
for mask = 0, 255 do
  pads[mask] = {}
  for bit, name in ipairs(BUTTONS) do
    pads[mask][name] = math.floor(mask / 2 ^ (bit - 1)) % 2 == 1
  end
end

-- A hash of the arguments of all callbacks so far.
local calls = 0
if variable("HOOKS") then
  local function note(address, size, value)
    calls = (calls * 31 + address * 7 + (value or 0) + 1) % 16777216
  end
  memory.registerwrite(0x0000, 0x100, note)
  memory.registerwrite(0x2000, 8, note)
  memory.registerexec(0xC000, 0x4000, note)
end

local function write_state(path)
  local state = savestate.create(path)
  savestate.save(state)
  savestate.persist(state)
end

local function ram_and_registers()
  local register = memory.getregister
  local pc = register("pc")
  local last = string.char(
    register("a"),
    register("x"),
    register("y"),
    register("s"),
    register("p"),
    pc % 256,
    math.floor(pc / 256)
  )
  return memory.readbyterange(0, 0x800) .. last
end

local slot = savestate.object()
local events = {
  [RESET] = emu.softreset,
  [POWER] = emu.poweron,
  [SAVE] = function()
    savestate.save(slot)
  end,
  [LOAD] = function()
    savestate.load(slot)
  end,
  [EXCHANGE] = function(frame)
    if exported then
      write_state(exported .. "/" .. frame)
    end
    if imported then
      savestate.load(savestate.create(imported .. "/" .. frame))
    end
  end,
}

emu.speedmode("maximum")
emu.frameadvance() -- reaches the first frame boundary
for frame = 1, #plan / 3 do
  local first, second, event = plan:byte(frame * 3 - 2, frame * 3)
  if event ~= 0 then
    events[event](frame)
  end
  joypad.set(1, pads[first])
  joypad.set(2, pads[second])
  if draw ~= "all" then
    headless.draw(draw == "some" and frame % 3 == 0)
  end
  emu.frameadvance()
  local words = { string.format("%08x", gethash(ram_and_registers(), 0x807) % 2 ^ 32) }
  words[2] = string.format("%06x", calls)
  if draw == "all" and frame % PICTURE_EVERY == 0 then
    local picture = gui.gdscreenshot(true)
    words[3] = string.format("%08x", gethash(picture, #picture) % 2 ^ 32)
  end
  if headless and variable("STATES") then
    words[#words + 1] = headless.statehash()
  end
  trace:write(table.concat(words, " "), "\n")
  if dump_frames[frame] then
    write_state(dumps .. "/" .. frame)
  end
end
trace:write("end\n")
trace:close()
emu.exit()
while true do
  emu.frameadvance()
end
