-- Makes each of the emulator's Lua functions a request, such as {"memory.readbyte", 32}.
--
-- The adapter provides the functions and their signatures by name. The arguments are checked here,
-- because wrong ones may crash the emulator.

return function(bridge)
  local native, adapter, commands = bridge.native, bridge.adapter, bridge.commands
  local check_integer, check_string = bridge.check_integer, bridge.check_string

  local function show(value)
    return type(value) == "string" and string.format("%q", value:sub(1, 40)) or tostring(value)
  end

  -- ---- checks by kind: (what, value, parameter) ------------------------

  local checks = {}

  function checks.integer(what, value, parameter)
    check_integer(what, value, parameter.low, parameter.high)
  end

  function checks.number(what, value, parameter)
    if type(value) ~= "number" or not (value >= parameter.low and value <= parameter.high) then
      error(string.format("%s is %s; it must be a number from %g to %g", what, show(value),
        parameter.low, parameter.high), 0)
    end
  end

  function checks.boolean(what, value)
    if type(value) ~= "boolean" then
      error(string.format("%s is %s; it must be true or false", what, show(value)), 0)
    end
  end

  function checks.string(what, value, parameter)
    check_string(what, value)
    if #value > parameter.high then
      error(string.format("%s has %d bytes; %d are allowed", what, #value, parameter.high), 0)
    end
  end

  function checks.path(what, value)
    check_string(what, value)
    if #value == 0 or #value > 400 or value:find("%z") then
      error(string.format("%s is %s; a path has 1 to 400 bytes, none of them zero", what,
        show(value)), 0)
    end
  end

  function checks.choice(what, value, parameter)
    for _, allowed in ipairs(parameter.choices) do
      if value == allowed then
        return
      end
    end
    error(string.format("%s is %s; allowed are %s", what, show(value),
      table.concat(parameter.choices, ", ")), 0)
  end

  function checks.colour(what, value)
    local kind = type(value)
    if kind == "number" then
      check_integer(what, value, 0, 0xFFFFFFFF)
    elseif kind == "table" then
      for key, part in pairs(value) do
        check_integer(what .. "[" .. tostring(key) .. "]", part, 0, 255)
      end
    elseif kind ~= "string" or #value > 20 then
      error(string.format("%s is %s; a colour is a name, '#RRGGBBAA', 'P00' to 'P7F', a number "
        .. "or a table of 0 to 255", what, show(value)), 0)
    end
  end

  function checks.table(what, value)
    if type(value) ~= "table" then
      error(string.format("%s is %s; it must be a table", what, show(value)), 0)
    end
  end

  function checks.state(_, value)
    bridge.check_state(value, true)
  end

  function checks.callback(what, value)
    check_integer(what, value, 0, 2 ^ 53)
  end

  function checks.value() end

  -- ---- requests --------------------------------------------------------

  local function too_many(name, count, given)
    error(string.format("%s takes %d arguments; %d were given", name, count, given), 0)
  end

  -- A function that checks one argument.
  local function checker(name, parameter)
    local what = name .. ": " .. parameter.name
    local check, optional = checks[parameter.kind], parameter.optional
    return function(value)
      if value ~= nil then
        check(what, value, parameter)
      elseif not optional then
        error(what .. " is missing", 0)
      end
    end
  end

  -- Functions with one or two parameters are called most, so their checks avoid loops.
  local function checked(name, parameters, f)
    local count = #parameters
    local variadic = count > 0 and parameters[count].variadic
    local check = {}
    for i, parameter in ipairs(parameters) do
      check[i] = checker(name, parameter)
    end
    local first, second = check[1], check[2]
    if count == 1 and not variadic then
      return function(a, ...)
        if select("#", ...) > 0 then
          too_many(name, 1, 1 + select("#", ...))
        end
        first(a)
        return f(a)
      end
    elseif count == 2 and not variadic then
      return function(a, b, ...)
        if select("#", ...) > 0 then
          too_many(name, 2, 2 + select("#", ...))
        end
        first(a)
        second(b)
        return f(a, b)
      end
    end
    return function(...)
      local given = select("#", ...)
      if given > count and not variadic then
        too_many(name, count, given)
      end
      for i = 1, math.max(given, count) do
        (check[i] or check[count])((select(i, ...)))
      end
      return f(...)
    end
  end

  local functions = adapter.signatures and adapter.functions(bridge)
  for name, parameters in pairs(adapter.signatures or {}) do
    local f = assert(functions[name], "the adapter has no " .. name)
    commands[name] = checked(name, parameters, f)
  end

  -- The names of the emulator's real functions, to compare with the signatures.
  function commands.function_names()
    return adapter.function_names and adapter.function_names() or {}
  end

  -- ---- many requests in one --------------------------------------------

  local position -- in the batch, of the call that runs; nil outside a batch

  -- Adds to an error message which call of a batch failed.
  function bridge.in_batch(message)
    if position then
      message = string.format("call %d of the batch: %s", position, message)
      position = nil
    end
    return message
  end

  -- `calls` are packed requests. The results are packed too, one string per call, which
  -- preserves nil. An error ends the batch; the calls before it have taken effect.
  function commands.batch(calls)
    if type(calls) ~= "table" then
      error("a batch is a table of packed requests", 0)
    end
    local results = {}
    for i = 1, #calls do
      check_string("a call of the batch", calls[i])
      position = i
      results[i] = native.pack(bridge.dispatch(native.unpack(calls[i])))
    end
    position = nil
    return results
  end
end
