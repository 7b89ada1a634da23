while true do emu.frameadvance() end
