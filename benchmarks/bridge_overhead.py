"""What one request a frame costs: the stock emulator through the bridge beside a bare Lua loop.

    python benchmarks/bridge_overhead.py [--frames 2000] [--rounds 7]

Both emulators run side by side and take turns, so that a change of the machine's speed meets
both. Prints frames per second of each round and the median of the ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from copain_gym import Emulator
from copain_gym.emulator.engine import find_engine
from copain_gym.emulator.process import EmulatorProcess
from copain_gym.roms import read_rom

# The bare loop: nothing but frames. It runs a round when the file `go` appears in its home,
# and writes the seconds that the round took.
_BARE_LOOP = """
emu.speedmode("maximum")
local home = os.getenv("HOME")
local frames = tonumber(os.getenv("BENCH_FRAMES"))
package.cpath = os.getenv("COPAIN_NATIVE_DIR") .. "/?.so;" .. package.cpath
local native = require("copain_native")
emu.frameadvance()
while true do
  local go = io.open(home .. "/go")
  if go then
    go:close()
    os.remove(home .. "/go")
    local start = native.clock()
    for _ = 1, frames do
      emu.frameadvance()
    end
    local out = io.open(home .. "/result.part", "w")
    out:write(native.clock() - start)
    out:close()
    os.rename(home .. "/result.part", home .. "/result")
  else
    native.sleep(0.005)
  end
end
"""


@contextmanager
def bare_loop(frames: int) -> Iterator[Path]:
    """A stock emulator with the bare loop; yields its private home."""
    from copain_gym.paths import native_directory

    home = Path(tempfile.mkdtemp(prefix="copain-"))
    script = home / "bare.lua"
    script.write_text(_BARE_LOOP)
    engine = find_engine("fceux")
    environment = engine.environment(home)
    environment.update(COPAIN_NATIVE_DIR=str(native_directory()), BENCH_FRAMES=str(frames))
    process = EmulatorProcess(engine.command(read_rom().path, script), environment, home)
    try:
        yield home
    finally:
        process.end()


def bare_round(home: Path, frames: int) -> float:
    """Frames per second of one round of the bare loop."""
    (home / "go").touch()
    result = home / "result"
    deadline = time.monotonic() + 60
    while not result.exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the bare loop did not finish within 60 s")
        time.sleep(0.002)
    seconds = float(result.read_text())
    result.unlink()
    return frames / seconds


def bridge_round(emulator: Emulator, frames: int) -> float:
    """Frames per second with one request, and 2 KB of RAM, a frame."""
    begin = time.perf_counter()
    for _ in range(frames):
        emulator.step("A")
    return frames / (time.perf_counter() - begin)


def measure(frames: int, rounds: int) -> list[tuple[float, float]]:
    """Frames per second of bridge and bare loop, round by round in turns."""
    with Emulator(engine="fceux") as emulator, bare_loop(frames) as home:
        bridge_round(emulator, frames // 4)
        bare_round(home, frames)
        return [(bridge_round(emulator, frames), bare_round(home, frames)) for _ in range(rounds)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--frames", type=int, default=2000, help="frames of a round (2000)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each (7)")
    args = parser.parse_args()
    results = measure(args.frames, args.rounds)
    for bridge, bare in results:
        print(f"bridge {bridge:7,.0f} frames/s   bare loop {bare:7,.0f} frames/s")
    ratios = sorted(bridge / bare for bridge, bare in results)
    print(
        f"ratio: median {statistics.median(ratios):.3f}, "
        f"{ratios[0]:.3f} to {ratios[-1]:.3f}; {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
