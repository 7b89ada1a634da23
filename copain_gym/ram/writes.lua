-- Counts the writes to some addresses, by instruction. `ram/writes.py` runs it and fetches the counts.
local addresses = ...
local counted, order = {}, {}

local function note(address, _, value)
  local pc = memory.getregister("pc")
  -- The instruction begins up to three bytes before PC. JSR writes when PC is at its last byte.
  local code = pc >= 3 and pc < 0xFFFF and memory.readbyterange(pc - 3, 4) or "\0\0\0\0"
  local key = address .. ":" .. pc .. ":" .. code
  local entry = counted[key]
  if not entry then
    entry = {  -- PC is not enough as a key: banks of the cartridge have other code there
      address = address, pc = pc, code = code, frame = emu.framecount(), value = value,
      registers = {
        memory.getregister("a"), memory.getregister("x"), memory.getregister("y"),
        memory.getregister("s"),
      },
      low = memory.readbyterange(0, 256),
      -- An instruction that changes a byte may write twice: [1] has the first, third, ... write.
      counts = {0, 0}, least = {255, 255}, most = {0, 0},
    }
    counted[key] = entry
    order[#order + 1] = entry
  end
  local turn = entry.counts[1] > entry.counts[2] and 2 or 1
  entry.counts[turn] = entry.counts[turn] + 1
  if value < entry.least[turn] then entry.least[turn] = value end
  if value > entry.most[turn] then entry.most[turn] = value end
end

for _, address in ipairs(addresses) do
  memory.registerwrite(address, 1, note)
end

function fetch_writes()
  return order
end
