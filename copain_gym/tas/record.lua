-- Lets FCEUX record a movie of what a person plays in its window.
-- copain_gym/tas/window.py starts it.
--
-- FCEUX's own recorder writes the movie from power-on, also through pauses, resets and loaded
-- savestates. When the file COPAIN_RECORD_END exists, the recording ends, and FCEUX with it.

local path, author = os.getenv("COPAIN_RECORD_MOVIE"), os.getenv("COPAIN_RECORD_AUTHOR")
local the_end = os.getenv("COPAIN_RECORD_END")

emu.speedmode("normal")
movie.record(path, 0, author or "")
if not movie.active() then
  io.stderr:write("FCEUX cannot record a movie to ", path, "\n")
  os.exit(1)
end

local function stop()
  pcall(movie.stop) -- it may have been stopped from the menu
end

emu.registerexit(stop)
gui.register(function() -- FCEUX calls it about 60 times a second, also while it is paused
  local file = io.open(the_end, "r")
  if file then
    file:close()
    stop()
    os.exit(0)
  end
end)
while true do
  emu.frameadvance()
end
