-- Callbacks: functions of Python and of Lua scripts that the emulator calls.
--
-- To call one of Python's, the bridge answers the pending request with {2, id, argument...}.
-- Python runs the function, which may send requests itself. Then Python sends {"return",
-- result...} or {"raise", message}, and the pending request goes on.

local MAX_DEPTH = 8 -- one callback can cause another; this limits the use of the C stack
local MAX_MISSED = 1000 -- later events are dropped

return function(bridge)
  local native, adapter = bridge.native, bridge.adapter
  local OK, ERROR = native.protocol.REPLY_OK, native.protocol.REPLY_ERROR
  local EVENT = native.protocol.REPLY_EVENT
  local failure -- {message, traceback} of the first callback or script that failed
  local missed = {} -- events that came while Python was not listening

  -- An error in a callback would stop the emulator's Lua. So it is raised at the request's end.
  function bridge.fail(message, traceback)
    if adapter.hold then
      adapter.hold(0) -- emulates no further frame of the request
    end
    failure = failure or { message = tostring(message), traceback = traceback }
  end

  function bridge.raise_failure()
    if failure and bridge.callback_depth == 0 then
      local raised = failure
      failure = nil
      error(raised, 0)
    end
  end

  local function with_traceback(message)
    return { message = tostring(message), traceback = debug.traceback("", 2) }
  end

  -- Handles a request that Python sends in a callback. Returns the reply, or nil and the
  -- callback's results.
  local function handle(name, ...)
    if name == "return" then
      return nil, { n = select("#", ...), ... }
    elseif name == "raise" then
      local message = tostring((...))
      bridge.fail("a callback raised " .. message, debug.traceback("", 2))
      return nil, { n = 0 }
    end
    return native.pack(OK, bridge.dispatch(name, ...))
  end

  local function serve()
    while true do
      local message = bridge.receive(true)
      local ok, reply, results = xpcall(function()
        return handle(native.unpack(message))
      end, with_traceback)
      if not ok then
        bridge.send(native.pack(ERROR, bridge.in_batch(reply.message), reply.traceback))
      elseif results then
        return results
      else
        bridge.send(reply)
      end
    end
  end

  -- Calls the Python function with this id.
  local function call(id, ...)
    if failure then
      return -- call nothing more before the error is reported
    elseif not bridge.owes_reply() then
      local last = missed[#missed]
      local again = last and last[1] == id and select("#", ...) == 0 -- as the TAS editor's updates
      if #missed < MAX_MISSED and not again then
        missed[#missed + 1] = { id, n = select("#", ...), ... }
      end
      return
    elseif bridge.callback_depth >= MAX_DEPTH then
      bridge.fail(string.format("callbacks are nested deeper than %d", MAX_DEPTH),
        debug.traceback("", 2))
      return
    end
    local ok, message = pcall(native.pack, EVENT, id, ...)
    if not ok then
      bridge.fail(message, debug.traceback("", 2))
      return
    end
    bridge.callback_depth = bridge.callback_depth + 1
    bridge.send(message)
    local results = serve()
    bridge.callback_depth = bridge.callback_depth - 1
    return unpack(results, 1, results.n)
  end

  -- The user of a window may cause events between requests. The next request reports them.
  function bridge.call_missed()
    while missed[1] do
      local event = table.remove(missed, 1)
      call(event[1], unpack(event, 2, event.n + 1))
    end
  end

  -- ---- registering -----------------------------------------------------

  -- FCEUX has one callback of each kind. The bridge gives Python and the scripts one each.
  local functions = {} -- by kind, then by owner: "python", "script"

  local function call_script(f, ...)
    local n, given = select("#", ...), { ... } -- xpcall of Lua 5.1 passes no arguments on
    local results = { xpcall(function() return f(unpack(given, 1, n)) end, with_traceback) }
    if results[1] then
      return unpack(results, 2, table.maxn(results))
    end
    bridge.fail("a script's callback failed: " .. results[2].message, results[2].traceback)
  end

  local function owner_function(owner, f)
    local caller = owner == "python" and call or call_script
    return f and function(...) return caller(f, ...) end
  end

  -- Registers `f` for a kind of event; nil removes it. Returns the previous function.
  function bridge.register(kind, owner, f, ...)
    local registered = functions[kind] or { raw = {} }
    functions[kind] = registered
    local before = registered.raw[owner]
    registered.raw[owner] = f
    registered[owner] = owner_function(owner, f)
    local first, second = registered.script, registered.python
    if first and second then
      adapter.callbacks[kind](function(...)
        first(...)
        return second(...)
      end, ...)
    else
      adapter.callbacks[kind](first or second, ...)
    end
    return before
  end

  function bridge.call_exit_callbacks()
    local registered = functions.exit
    functions.exit = nil
    if registered then
      for _, owner in ipairs({ "script", "python" }) do
        if registered[owner] then
          registered[owner]()
        end
      end
    end
  end

  -- ---- memory hooks ----------------------------------------------------

  local hooks = {} -- by kind, then by address: {script = f, python = f}

  local function call_hooks(kind)
    local by_address = hooks[kind]
    return function(address, size, value)
      local registered = by_address[address]
      if registered then
        if registered.script then
          registered.script(address, size, value)
        end
        if registered.python then
          registered.python(address, size, value)
        end
      end
    end
  end

  -- Registers `f` for `size` addresses from `address`; nil removes it.
  function bridge.register_memory(kind, owner, address, size, f)
    local by_address = hooks[kind] or {}
    hooks[kind] = by_address
    local hook = owner_function(owner, f)
    local needed = hook ~= nil
    for a = address, address + size - 1 do
      local registered = by_address[a] or {}
      registered[owner] = hook
      by_address[a] = next(registered) and registered or nil
      needed = needed or by_address[a] ~= nil
    end
    -- Addresses without a callback may stay hooked next to addresses with one.
    adapter.memory_callbacks[kind](address, size, needed and call_hooks(kind) or nil)
  end
end
