"""Measures the cost of one request per frame: stock FCEUX with the bridge and with a bare Lua loop.

    python benchmarks/bridge_overhead.py [--rounds 7] [--seconds 1]

This is one row of `copain bench`. The emulators take turns, so that a change of the machine's speed
affects all of them. Prints frames per second and the median of the ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics

from copain_gym.bench.measure import Contender, interleave

CONTENDERS = (
    Contender("bridge, zmq", "ours:bridge"),
    Contender("bridge, shm", "ours:bridge", {"transport": "shm"}),
    Contender("bare loop", "ours:raw", {"engine": "fceux"}),
)


def main() -> None:
    """Measure, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each emulator (7)")
    parser.add_argument("--seconds", type=float, default=1.0, help="seconds of a round (1)")
    args = parser.parse_args()
    *bridges, bare = interleave(CONTENDERS, args.rounds, args.seconds)
    for found in (*bridges, bare):
        print(f"{found.name:12} {found.median:8,.0f} frames/s {found.why_not}")
    for found in bridges:
        if found.why_not:
            continue
        ratios = sorted(a / b for a, b in zip(found.values, bare.values, strict=True))
        print(
            f"{found.name} by bare loop: median {statistics.median(ratios):.3f}, "
            f"{ratios[0]:.3f} to {ratios[-1]:.3f}; {os.cpu_count()} cores"
        )


if __name__ == "__main__":
    main()
