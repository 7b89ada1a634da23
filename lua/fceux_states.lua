-- Converts FCEUX's savestates to and from bytes. FCEUX itself only reads and writes files, and
-- does not report a failed write. So the file is in memory, and every state is checked.
--
-- A state has a header of 16 bytes ("FCSX", size, version, compressed size or -1), then chunks.
-- A chunk is a type byte, a size and data. In most chunks the data are fields: a name of four
-- bytes, a size and the value. All numbers are little endian.

local native = require("copain_native")

local M = {}

local HEADER, NOT_COMPRESSED = 16, 0xFFFFFFFF
local LARGEST = 64 * 2 ^ 20 -- bytes
local CPU, MOVIE_FRAME, MOVIE, PICTURE = 1, 6, 7, 8 -- chunks; the latter two have no fields

local function read32(bytes, at)
  local a, b, c, d = bytes:byte(at, at + 3)
  return a + b * 256 + c * 65536 + d * 16777216
end

-- What is wrong with the header or the length of a state; nil if they are right.
local function length_fault(bytes)
  if bytes:sub(1, 4) ~= "FCSX" then
    return "it does not begin with 'FCSX'"
  elseif #bytes < HEADER then
    return string.format("it has %d bytes, its header alone has %d", #bytes, HEADER)
  end
  local size, packed = read32(bytes, 5), read32(bytes, 13)
  local stored = packed == NOT_COMPRESSED and size or packed
  if size > LARGEST then
    return string.format("its header says %.0f bytes; %.0f are allowed", size, LARGEST)
  elseif #bytes ~= HEADER + stored then
    return string.format("it has %d bytes, its header says %.0f", #bytes, HEADER + stored)
  end
end

local function chunk_fault(bytes)
  local ram, at = false, HEADER + 1
  while at <= #bytes do
    if #bytes - at < 4 then
      return "it ends within a chunk"
    end
    local chunk, size = bytes:byte(at), read32(bytes, at + 1)
    local field, stop = at + 5, at + 5 + size
    if stop > #bytes + 1 then
      return string.format("it ends within chunk %d", chunk)
    elseif chunk == PICTURE and size ~= 256 * 256 and size ~= 256 * 256 + 8 then
      return string.format("its picture has %.0f bytes", size)
    end
    while chunk ~= MOVIE and chunk ~= PICTURE and field < stop do
      local value = stop - field >= 8 and read32(bytes, field + 4)
      if not value or value > stop - field - 8 then
        return string.format("a field of chunk %d is broken", chunk)
      end
      if chunk == CPU and value == 0x800 and bytes:sub(field, field + 2) == "RAM" then
        ram = true
      end
      field = field + 8 + value
    end
    at = stop
  end
  return not ram and "it holds no RAM" or nil
end

-- The bytes of a complete state without its picture and its movie.
function M.content(bytes)
  local parts, at = {}, HEADER + 1
  while at <= #bytes do
    local chunk, stop = bytes:byte(at), at + 5 + read32(bytes, at + 1)
    if chunk ~= PICTURE and chunk ~= MOVIE and chunk ~= MOVIE_FRAME then
      parts[#parts + 1] = bytes:sub(at, stop - 1)
    end
    at = stop
  end
  return table.concat(parts)
end

-- Raises an error if `bytes` are not a complete state, as some incomplete states crash FCEUX.
-- `packed` allows a compressed state, such as FCEUX's window writes; only its length is checked.
function M.check(bytes, what, packed)
  local fault = length_fault(bytes)
  if not fault and read32(bytes, 13) == NOT_COMPRESSED then
    fault = chunk_fault(bytes)
  elseif not fault and not packed then
    fault = "it is compressed"
  end
  if fault then
    error(string.format("%s is not a complete FCEUX savestate: %s", what, fault), 0)
  end
end

-- Writes a whole file, or raises an error with its name, the size and the reason.
local function write(path, bytes, what)
  local file, message = io.open(path, "wb")
  local done = file
  if file then
    done, message = file:write(bytes)
    local closed, at_close = file:close() -- writes the rest of the buffer
    if done and not closed then
      done, message = nil, at_close
    end
  end
  if not done then
    error(string.format("%s of %d bytes cannot be written: %s", what, #bytes, message), 0)
  end
end

local function read(path, what)
  local file, message = io.open(path, "rb")
  if not file then
    error(string.format("%s cannot be read: %s", what, message), 0)
  end
  local bytes = file:read("*a") or ""
  file:close()
  return bytes
end

-- The file in memory is there only while bytes are exchanged: FCEUX looks into the file of a new
-- state object, which takes longer than to save the state.
local memory = native.memory_path()

local function with_memory(exchange, ...)
  native.open_memory()
  local done, result = pcall(exchange, ...)
  native.close_memory()
  return done and result or error(result, 0)
end

local create, persist = savestate.create, savestate.persist

local function make(bytes, what)
  return with_memory(function()
    write(memory, bytes, what)
    return create(memory)
  end)
end

-- Makes a state object that `to_bytes` can read.
function M.new()
  return create(memory)
end

-- Returns the bytes of an object that `new` or `from_bytes` made.
function M.to_bytes(object)
  local bytes = with_memory(function()
    write(memory, "", "the savestate") -- FCEUX crashes if it cannot open the file
    persist(object)
    return read(memory, "the savestate")
  end)
  M.check(bytes, "the savestate that FCEUX wrote")
  return bytes
end

-- Makes a state object from the bytes of a complete state.
function M.from_bytes(bytes)
  M.check(bytes, "the savestate")
  return make(bytes, "the savestate")
end

-- Makes a state object from a file of the user; returns nil if there is no such file.
function M.from_file(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local bytes = file:read(LARGEST + HEADER + 1) or ""
  file:close()
  local what = string.format("the savestate %q", path)
  M.check(bytes, what, true)
  return make(bytes, what)
end

-- Writes an object that this module made to a file of the user, atomically.
function M.to_file(object, path)
  local bytes = M.to_bytes(object)
  local part = string.format("%s.%d.part", path, native.pid())
  local what = string.format("the savestate %q", path)
  local done, message = pcall(write, part, bytes, what)
  if done then
    done, message = os.rename(part, path)
    message = done or string.format("%s cannot be written: %s", what, message)
  end
  if not done then
    os.remove(part)
    error(message, 0)
  end
end

-- Raises an error if FCEUX wrote a slot's file incompletely.
function M.check_file(path)
  local what = string.format("the savestate %q", path)
  M.check(read(path, what), what, true)
end

return M
