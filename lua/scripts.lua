-- The user's Lua code: chunks that run once, and scripts that run during steps.

return function(bridge)
  local commands = bridge.commands
  -- The user's globals are separate from the bridge's, and persist from chunk to chunk.
  local environment = setmetatable({}, { __index = _G })
  environment._G = environment

  local function compile(source, name)
    bridge.check_string("the Lua source", source)
    bridge.check_string("the chunk's name", name)
    local chunk, message = loadstring(source, "=" .. name:sub(1, 200))
    if not chunk then
      error(message, 0)
    end
    return setfenv(chunk, environment)
  end

  -- Runs a chunk with arguments and returns its results. It may call emu.frameadvance().
  function commands.run_lua(source, name, ...)
    return compile(source, name)(...)
  end

  -- ---- scripts ---------------------------------------------------------

  local scripts, next_script = {}, 1 -- coroutines by number
  local order = {} -- numbers of the running scripts, in the order of loading

  local function finish(number)
    scripts[number] = nil
    for i = #order, 1, -1 do
      if order[i] == number then
        table.remove(order, i)
      end
    end
  end

  local function resume(number, ...)
    local script = scripts[number]
    local ok, message = coroutine.resume(script, ...)
    if not ok then
      local traceback = debug.traceback(script)
      finish(number)
      return message, traceback
    elseif coroutine.status(script) == "dead" then
      finish(number)
    end
  end

  local function run_scripts()
    for _, number in ipairs({ unpack(order) }) do
      local message, traceback = resume(number)
      if message then
        bridge.fail("a script failed: " .. tostring(message), traceback)
      end
    end
    if #order == 0 then
      bridge.before_frame.scripts = nil
    end
  end

  -- Runs a script up to its first emu.frameadvance(); it goes on at the start of each later
  -- frame. Its modules are searched in `folder`. Returns its number and whether it still runs.
  function commands.script_load(source, name, folder, ...)
    local chunk = compile(source, name)
    local modules = bridge.check_string("the script's folder", folder) .. "/?.lua;"
    if not package.path:find(modules, 1, true) then
      package.path = modules .. package.path
    end
    local number = next_script
    next_script = number + 1
    scripts[number] = coroutine.create(chunk)
    order[#order + 1] = number
    local message, traceback = resume(number, ...)
    if message then
      error({ message = tostring(message), traceback = traceback }, 0)
    end
    bridge.before_frame.scripts = #order > 0 and run_scripts or nil
    return number, scripts[number] ~= nil
  end

  function commands.script_running(number)
    return scripts[number] ~= nil
  end

  function commands.script_stop(number)
    finish(number)
  end
end
