-- The bare ZeroMQ round trip: a REP socket that sends back what it received.
package.cpath = assert(os.getenv("COPAIN_NATIVE_DIR")) .. "/?.so;" .. package.cpath
local native = require("copain_native")
local socket = native.open({ connect = assert(os.getenv("COPAIN_ENDPOINT")) })
local parent = native.parent_pid()
while true do
  local message = socket:recv(250)
  if message then
    socket:send(message)
  elseif native.parent_pid() ~= parent then
    return
  end
end
