-- The bridge: runs inside the emulator and answers Python's requests.
--
-- A request is a MessagePack array {name, argument...}; a reply is {0, result...},
-- {1, message, traceback} or {2, callback, argument...} (callbacks.lua). The first request must
-- be {"hello", version}. docs/protocol.md lists the requests. Everything specific to one emulator
-- program is in the adapter (fceux.lua); another emulator needs only another adapter.

local ORPHAN_CHECK_FRAMES = 256
local RECEIVE_MS = 250 -- interval at which a wait checks that Python still runs

local function environment(name)
  return assert(os.getenv(name), "environment variable " .. name .. " is not set")
end

package.path = environment("COPAIN_LUA_DIR") .. "/?.lua;" .. package.path
package.cpath = environment("COPAIN_NATIVE_DIR") .. "/?.so;" .. package.cpath
local native = require("copain_native")
local adapter = require(os.getenv("COPAIN_ADAPTER") or "fceux")

local protocol = native.protocol -- the numbers of lua/src/protocol.h
local OK, ERROR, WANT_RAM = protocol.REPLY_OK, protocol.REPLY_ERROR, protocol.WANT_RAM
local WANT_PICTURE, WANT_DRAWING = protocol.WANT_PICTURE, protocol.WANT_DRAWING
local WANT_STATE, WANT_SMALL_PICTURE = protocol.WANT_STATE, protocol.WANT_SMALL_PICTURE

-- Relative paths mean the same as in Python.
native.chdir(os.getenv("COPAIN_CWD") or ".")

-- ---- the connection ----------------------------------------------------

local role = os.getenv("COPAIN_BIND") == "1" and "bind" or "connect"
local take = native.take_environment -- keys are nothing for scripts and other programs
local socket = native.open({
  [role] = environment("COPAIN_ENDPOINT"),
  public_key = take("COPAIN_CURVE_PUBLIC"),
  secret_key = take("COPAIN_CURVE_SECRET"),
  server_key = take("COPAIN_CURVE_SERVER"),
  clients = os.getenv("COPAIN_CLIENTS"),
  busy = native.pack(ERROR, "the emulator serves another client", ""),
})
local parent = native.parent_pid()
local owner = tonumber(os.getenv("COPAIN_OWNER_PID"))
local owes_reply = false -- whether a request was read but not answered yet

local function log(text)
  io.stderr:write("copain bridge: ", text, "\n")
  io.stderr:flush()
end

local function leave(code)
  adapter.close()
  socket:close()
  native.exit(code)
end

-- Python may be killed, for instance by SIGKILL. Then only the emulator can remove its private
-- home.
local home = os.getenv("COPAIN_HOME")
if home and not home:find("/copain%-[%w_]+$") then
  home = nil
end
native.watch(owner, home) -- a thread; it also works if this script hangs or was stopped

local function leave_if_orphaned()
  if native.parent_pid() ~= parent or (owner and not native.process_exists(owner)) then
    log("Python has ended")
    if home then
      native.remove_after_end(home)
    end
    leave(0)
  end
end

local function send(message)
  socket:send(message) -- if a mailbox cannot grow, the error becomes the reply
  owes_reply = false
end

-- What the worker yields: `FRAME` to emulate one frame, `WAIT` to let FCEUX serve its window.
local FRAME, WAIT = {}, {}

-- `in_callback`: called in a callback, in which FCEUX cannot serve its window.
local function receive(in_callback)
  while true do
    local message, gone = socket:recv(adapter.windowed and not in_callback and 10 or RECEIVE_MS)
    if message then
      owes_reply = true
      return message
    elseif gone then
      log("the client has disconnected")
      leave(0)
    end
    leave_if_orphaned()
    if adapter.windowed and not in_callback then
      coroutine.yield(WAIT)
    end
  end
end

-- ---- checks ------------------------------------------------------------

local function check_integer(what, value, low, high)
  if type(value) ~= "number" or value % 1 ~= 0 or value < low or value > high then
    local shown = type(value) == "string" and string.format("%q", value:sub(1, 40)) or tostring(value)
    error(string.format("%s is %s; it must be an integer from %d to %d", what, shown, low, high), 0)
  end
  return value
end

local function check_string(what, value)
  if type(value) ~= "string" then
    error(string.format("%s is a %s; it must be a string", what, type(value)), 0)
  end
  return value
end

-- What the files of the bridge share.
local bridge = {
  native = native,
  adapter = adapter,
  commands = {},
  log = log,
  send = send,
  receive = receive,
  check_integer = check_integer,
  check_string = check_string,
  owes_reply = function() return owes_reply end,
  callback_depth = 0, -- number of nested Python callbacks that run now
  before_frame = {}, -- called at the start of each frame: `drawings`, `scripts`
}

-- ---- requests ----------------------------------------------------------

local commands = bridge.commands
local states, next_state = {}, 1 -- savestates by handle
local greeted = false

function commands.hello(version)
  if version ~= protocol.PROTOCOL_VERSION then
    local refusal = string.format("this bridge speaks protocol %d, protocol %s was asked for",
      protocol.PROTOCOL_VERSION, tostring(version))
    log(refusal)
    error(refusal, 0)
  end
  greeted = true
  if role == "bind" and home then -- tells the server that this emulator did start
    assert(io.open(home .. "/served", "w")):close()
  end
  local about = adapter.describe()
  about.protocol = protocol.PROTOCOL_VERSION
  about.pid = native.pid()
  return about
end

-- Emulates one frame. `more`: whether the same request emulates another frame after it.
function bridge.frame(more)
  if bridge.callback_depth > 0 then
    error("no frame can be emulated in a callback; call emu.frameadvance() and step frames "
      .. "outside of callbacks", 0)
  end
  coroutine.yield(FRAME, more)
  bridge.raise_failure()
end

local small -- height and width of pictures that are scaled down

-- Sets the size of the grey pictures that a step sends (WANT_SMALL_PICTURE).
function commands.shrink_pictures(height, width)
  check_integer("the height of pictures", height, 1, protocol.PICTURE_HEIGHT)
  check_integer("the width of pictures", width, 1, protocol.PICTURE_WIDTH)
  small = { height, width }
end

local function small_picture()
  if not small then
    error("shrink_pictures must be called before small pictures are requested", 0)
  end
  return native.shrink(small[1], small[2], adapter.picture())
end

-- Whether `want`, a sum of flags, contains a flag.
local function contains(want, flag)
  return want % (2 * flag) >= flag
end

local function observe(want)
  local ram = contains(want, WANT_RAM) and adapter.ram() or nil
  if contains(want, WANT_PICTURE) then
    return adapter.frame_count(), adapter.lag_count(), ram, adapter.screen()
  elseif contains(want, WANT_SMALL_PICTURE) then
    return adapter.frame_count(), adapter.lag_count(), ram, small_picture()
  end
  return adapter.frame_count(), adapter.lag_count(), ram
end

local ALL_FLAGS = WANT_RAM + WANT_PICTURE + WANT_DRAWING + WANT_STATE + WANT_SMALL_PICTURE

-- Holds the buttons (one bit mask per pad) for `frames` frames, then sends what `want` asks for.
-- `want` is a sum of flags: WANT_RAM to send the RAM, WANT_PICTURE to draw the last frame and send
-- the picture, WANT_DRAWING to draw it without sending it, WANT_STATE to save the state and send
-- its handle, WANT_SMALL_PICTURE to draw the last frame and send it in grey and scaled down.
function commands.step(frames, want, ...)
  check_integer("the number of frames", frames, 0, protocol.MAX_FRAMES)
  check_integer("the sum of flags", want, 0, ALL_FLAGS)
  local pads = { ... }
  if #pads > 4 then
    error(string.format("buttons of %d pads were given; there are 4", #pads), 0)
  end
  for i = 1, #pads do
    check_integer("the buttons of pad " .. i, pads[i], 0, 255)
  end
  local draw = contains(want, WANT_PICTURE) or contains(want, WANT_DRAWING)
    or contains(want, WANT_SMALL_PICTURE)
  local hidden = draw and frames - 1 or frames -- frames that need no picture; they come first
  local can_hold = adapter.hold and not next(bridge.before_frame)
  local done = 0
  while done < frames do
    local count = 1
    adapter.set_pads(pads)
    adapter.draw_next(draw and done == hidden)
    if can_hold and done < hidden then
      count = math.min(hidden - done, ORPHAN_CHECK_FRAMES)
      adapter.hold(count - 1)
    end
    done = done + count
    bridge.frame(done < frames)
    if done % ORPHAN_CHECK_FRAMES == 0 then
      leave_if_orphaned()
    end
  end
  if contains(want, WANT_STATE) then
    local frame_count, lag_count, ram, screen = observe(want)
    return frame_count, lag_count, ram, screen, bridge.keep_state(adapter.save_state())
  end
  return observe(want)
end

function commands.observe(want)
  return observe(check_integer("the sum of flags", want, 0, WANT_RAM + WANT_PICTURE))
end

-- Whether the last frame was drawn; nil if a savestate was loaded since.
function commands.drawn()
  return adapter.is_drawn()
end

local function free_state(handle)
  if adapter.has_state and adapter.has_state(handle) then
    adapter.free_state(handle)
  else
    states[handle] = nil
  end
end

-- A savestate is what the adapter made; if that is a number, it is the handle, too.
function bridge.check_state(handle, may_be_empty)
  local state = type(handle) == "number" and states[handle]
  if not state and adapter.has_state and adapter.has_state(handle) then
    return handle
  end
  if not state then
    local shown = type(handle) == "number" and string.format("%.0f", handle) or tostring(handle)
    error(string.format("savestate handle %s is unknown", shown), 0)
  end
  if type(state) == "table" and state.empty and not may_be_empty then
    error(string.format("nothing was saved in the savestate with handle %d", handle), 0)
  end
  return state
end

-- Loads a savestate and steps, in one request.
function commands.load_step(handle, ...)
  adapter.load_state(bridge.check_state(handle))
  return commands.step(...)
end

-- What a batch needs of an emulator other than the headless engine. `kept` are the states of the batch.
local kept = {}
local machine = {
  has = function(handle) return states[handle] ~= nil and not states[handle].empty end,
  free = free_state,
  load = function(handle) adapter.load_state(bridge.check_state(handle)) end,
  save = function()
    kept[#kept + 1] = bridge.keep_state(adapter.save_state())
    return kept[#kept]
  end,
  hash = function()
    local bytes = adapter.state_to_bytes(adapter.save_state())
    return adapter.state_content and adapter.state_content(bytes) or bytes
  end,
  read = function(address, length) return adapter.read(address, length) end,
  counts = function() return adapter.frame_count(), adapter.lag_count() end,
}

-- Emulates the frames of a batch one by one.
local function play_frames(batch)
  local played = 0
  local function hold(frames, draw_last, ...)
    local pads = { ... }
    for k = 1, frames or 0 do
      adapter.set_pads(pads)
      adapter.draw_next(draw_last and k == frames)
      bridge.frame(k < frames)
      played = played + 1
      if played % ORPHAN_CHECK_FRAMES == 0 then
        leave_if_orphaned()
      end
    end
    return frames
  end
  repeat until not hold(batch:next())
end

-- Plays many short runs from savestates; lua/src/batch.c describes the message and the reply.
function commands.play_batch(message)
  check_string("the batch", message)
  if bridge.callback_depth > 0 then
    error("no batch can be played in a callback", 0)
  end
  for _, handle in ipairs(kept) do -- of a batch that failed
    free_state(handle)
  end
  kept = {}
  local batch = native.batch(message, machine)
  local frames = nil
  if not next(bridge.before_frame) then
    frames = batch:play() -- the headless engine plays all items during one bridge.frame
  end
  if frames then
    adapter.draw_next(false)
    bridge.frame()
  elseif frames == nil then
    play_frames(batch)
  elseif adapter.batch_played then
    adapter.batch_played()
  end
  local reply = batch:reply()
  kept = {}
  return reply
end

function commands.poweron()
  adapter.poweron()
end

function commands.softreset()
  adapter.softreset()
end

function commands.read(address, length)
  check_integer("the address", address, 0, 0xFFFF)
  check_integer("the length", length, 0, 0x10000 - address)
  return adapter.read(address, length)
end

function commands.write(address, bytes)
  check_integer("the address", address, 0, 0xFFFF)
  check_string("the data", bytes)
  check_integer("the length of the data", #bytes, 0, 0x10000 - address)
  adapter.write(address, bytes)
end

function bridge.keep_state(state)
  if type(state) == "number" then
    return state
  end
  local handle = next_state
  next_state = handle + 1
  states[handle] = state
  return handle
end

function commands.state_save()
  return bridge.keep_state(adapter.save_state())
end

function commands.state_load(handle)
  adapter.load_state(bridge.check_state(handle))
end

function commands.state_free(...)
  for _, handle in ipairs({ ... }) do
    free_state(handle)
  end
end

function commands.state_bytes(handle)
  return adapter.state_to_bytes(bridge.check_state(handle))
end

-- `checksum`: CRC-32 of the bytes, checked because a damaged state can crash or hang an emulator.
function commands.state_from_bytes(bytes, checksum)
  check_string("the savestate", bytes)
  check_integer("the savestate's checksum", checksum, 0, 0xFFFFFFFF)
  if adapter.crc32 and adapter.crc32(bytes) ~= checksum then
    error(string.format("the savestate of %d bytes does not have the checksum %.0f",
      #bytes, checksum), 0)
  end
  return bridge.keep_state(adapter.state_from_bytes(bytes))
end

function commands.speed(mode)
  adapter.set_speed(check_string("the speed mode", mode))
end

function commands.close()
  if bridge.callback_depth > 0 then
    error("the emulator cannot be closed in a callback", 0)
  end
  bridge.call_exit_callbacks()
  send(native.pack(OK))
  leave(0)
end

-- Sends the last reply if the emulator itself ends, as by emu.exit().
function bridge.say_goodbye()
  if owes_reply then
    send(native.pack(OK))
  end
  socket:close()
end

function bridge.dispatch(name, ...)
  local command = type(name) == "string" and commands[name]
  if not command then
    error(string.format("unknown request %s", type(name) == "string"
      and string.format("%q", name:sub(1, 40)) or type(name)), 0)
  elseif not greeted and name ~= "hello" then
    error(string.format("the first request must be 'hello', it was '%s'", name), 0)
  end
  return command(...)
end

-- ---- the loop ----------------------------------------------------------

require("callbacks")(bridge)
require("scripts")(bridge)
require("functions")(bridge)
if role == "bind" and os.getenv("COPAIN_ALLOW_LUA") ~= "1" then
  require("restricted")(bridge)
end

local function answer(...)
  bridge.raise_failure()
  return native.pack(OK, ...)
end

-- Training mostly sends plain steps: a `step` with one pad that asks only for the RAM. If the
-- emulator and the connection can, they are answered without a Lua table or a string of the RAM.
local can_play = adapter.play and socket.send_step

local function play(message)
  local frames, mask = native.plain_step(message)
  if not frames or frames < 1 or frames > ORPHAN_CHECK_FRAMES or mask > 255
    or not greeted or next(bridge.before_frame) then
    return false
  end
  adapter.play(frames, mask)
  bridge.frame()
  local ram = adapter.ram_pointer()
  if ram then
    owes_reply = false
    socket:send_step(adapter.frame_count(), adapter.lag_count(), ram)
  else
    send(answer(observe(WANT_RAM)))
  end
  return true
end

-- The worker answers requests until an error ends it; then a new worker replaces it. It is a
-- coroutine because errors must be caught, and emu.frameadvance() cannot be called in a pcall.
local function work()
  while true do
    local message = receive()
    bridge.call_missed()
    if not (can_play and play(message)) then
      send(answer(bridge.dispatch(native.unpack(message))))
    end
  end
end

local worker = coroutine.create(work)

-- Runs the worker up to its next yield. Returns FRAME and whether more frames follow, or WAIT.
local function run_worker()
  while true do
    local ok, signal, more = coroutine.resume(worker)
    if ok and (signal == FRAME or signal == WAIT) then
      return signal, more
    end
    local message, traceback = signal, debug.traceback(worker)
    if ok then
      message = "a script yielded outside a coroutine of its own"
    elseif type(signal) == "table" and signal.traceback then -- of a callback or a script
      message, traceback = signal.message, signal.traceback .. "\nin the request:\n" .. traceback
    end
    message = bridge.in_batch(tostring(message))
    worker = coroutine.create(work)
    if not owes_reply then
      log(message .. "\n" .. traceback)
      leave(1)
    end
    local sent, fault = pcall(send, native.pack(ERROR, message, traceback))
    if not sent then -- the mailbox has no room for it
      send(native.pack(ERROR, fault, ""))
    end
  end
end

local function begin_frame()
  local act = bridge.before_frame
  if act.drawings then
    act.drawings()
  end
  if act.scripts then
    act.scripts()
  end
end

adapter.start(bridge)
if adapter.windowed then
  adapter.run_windowed(run_worker, FRAME, begin_frame)
else
  while true do
    run_worker()
    begin_frame()
    adapter.advance()
  end
end
