-- The run that the profile-guided build is optimised for: what agents and searches do most, with the
-- game given by --rom.
-- SPDX-License-Identifier: MIT
local HIDDEN, DRAWN, RELOADS = 4000, 800, 200
local BUTTONS = { "A", "B", "select", "start", "up", "down", "left", "right" }

local seed = 1
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n
end

local pressed = {}
local function play(frames, draw)
  copain.draw(draw)
  for frame = 1, frames do
    if frame % 8 == 1 then
      for _, button in ipairs(BUTTONS) do
        pressed[button] = random(3) == 0
      end
      pressed.start = frame % 160 < 8
      pressed.select = false
    end
    joypad.set(1, pressed)
    emu.frameadvance()
    memory.readbyterange(0, 0x800)
  end
end

emu.speedmode("maximum")
emu.frameadvance()
play(HIDDEN, false)
play(DRAWN, true)
for _ = 1, RELOADS do
  local state = copain.save()
  play(4, false)
  copain.load(state)
  copain.free(state)
  copain.statehash()
  copain.screen()
end
emu.exit()
