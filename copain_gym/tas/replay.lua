-- Watches FCEUX play a movie and writes the RAM after each of its frames.
-- copain_gym/tas/replay.py starts it and reads what it writes.
--
-- FCEUX's own player decides everything: this script presses no button, changes no memory, and sets
-- only the speed. It writes a line about the movie, then a record for each frame: one byte that is 1
-- if the game did not read the pads, and the 2 KiB of RAM.

local out = assert(io.open(os.getenv("COPAIN_REPLAY_TRACE"), "wb"))
local playing = movie.mode() == "playback"
local frames = playing and movie.length() or 0
out:write(string.format("%s %d\n", movie.mode() or "none", frames))
out:flush()

local read, lagged, frame_count = memory.readbyterange, emu.lagged, emu.framecount
local LAG = { [true] = "\1", [false] = "\0" }

local function watch()
  local frame = frame_count()
  if frame > frames then
    return
  end
  out:write(LAG[lagged()], read(0, 0x800))
  if frame == frames then
    out:close()
    frames = -1
  end
end

emu.speedmode("maximum")
if frames > 0 then
  emu.registerafter(watch)
else
  out:close()
end
