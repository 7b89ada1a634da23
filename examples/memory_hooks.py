"""Watches which code writes to Hirondelle's memory, and how often.

    python examples/memory_hooks.py [--seconds 30]

It shows two ways to use memory.registerwrite of FCEUX's Lua. A Python function is called for each
write to the lives and the score. These writes are rare, so the time of a call does not matter.
Other addresses are written thousands of times a second. A hook in Lua counts these writes, and
Python fetches the counts once a second.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

from copain_gym import Emulator
from copain_gym.envs.start import play_start
from copain_gym.games import find_game

LIVES, SCORE = 0x20, 0x07E4
OBJECT_X = 0x0360  # X of 32 slots, written whenever an object moves

COUNT_IN_LUA = """
local address, size = ...
writes = {}
memory.registerwrite(address, size, function(at)
  local pc = memory.getregister("pc")
  writes[pc] = (writes[pc] or 0) + 1
end)
"""
FETCH_COUNTS = """
local counted = {}
for pc, count in pairs(writes) do
  counted[#counted + 1] = {pc, count}
end
writes = {}
return counted
"""


def watch(emulator: Emulator, events: list[str]) -> None:
    """Register the hooks; those in Python append a line to `events`."""
    lua = emulator.lua

    @lua.memory.registerwrite(LIVES)
    def lives_written(address: int, size: int, value: int) -> None:
        pc = lua.memory.getregister("pc")
        events.append(f"frame {lua.emu.framecount()}: lives = {value} (code near ${pc:04X})")

    @lua.memory.registerwrite(SCORE, 3)
    def score_written(address: int, size: int, value: int) -> None:
        digits = lua.memory.readbyterange(SCORE, 3)[::-1].hex()
        events.append(f"frame {lua.emu.framecount()}: score {int(digits)}0")

    emulator.run_lua(COUNT_IN_LUA, OBJECT_X, 32)


def counts(emulator: Emulator) -> Counter[int]:
    """Writes to the objects' X since the last call, by the address of the code."""
    return Counter({int(pc): int(count) for pc, count in emulator.run_lua(FETCH_COUNTS)})


def main() -> None:
    """Play in the window."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long (default 60)")
    args = parser.parse_args()
    with Emulator(window=True) as emulator:
        emulator.lua.emu.speedmode("maximum")
        play_start(emulator, find_game("hirondelle"))
        emulator.lua.emu.speedmode("normal")

        events: list[str] = []
        watch(emulator, events)
        begin, frames = time.monotonic(), 0
        while time.monotonic() - begin < args.seconds:
            emulator.step("A+up" if frames // 40 % 2 else "A+down")
            emulator.lua.gui.text(4, 12, events[-1] if events else "watching")
            frames += 1
            if frames % 60 == 0:
                for event in events[:-1]:
                    print(event)
                del events[:-1]
                busiest = ", ".join(f"${pc:04X} {n}" for pc, n in counts(emulator).most_common(4))
                print(f"writes to the objects' X in the last second: {busiest}")
        print(f"{frames / (time.monotonic() - begin):.1f} frames per second")


if __name__ == "__main__":
    main()
