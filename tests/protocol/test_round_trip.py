"""What a call of a small function costs beside the bare ZeroMQ round trip.

`python -m tests.protocol.test_round_trip` prints the figures of docs/protocol.md.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import zmq

from copain_gym import Emulator
from copain_gym.paths import native_directory

ECHO = Path(__file__).with_name("echo.lua")
REQUEST = b"\x92\xafmemory.readbyte\x20"


@contextmanager
def bare_round_trip() -> Iterator[Callable[[int], None]]:
    """A function that makes bare round trips to a REP socket in Lua that does nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        socket = zmq.Context.instance().socket(zmq.REQ)
        socket.bind(f"ipc://{folder}/echo")
        environment = {
            **os.environ,
            "COPAIN_ENDPOINT": f"ipc://{folder}/echo",
            "COPAIN_NATIVE_DIR": str(native_directory()),
        }
        echo = subprocess.Popen(["lua5.1", str(ECHO)], env=environment)

        def run(times: int) -> None:
            for _ in range(times):
                socket.send(REQUEST)
                socket.recv()

        try:
            run(1)
            yield run
        finally:
            echo.kill()
            echo.wait()
            socket.close()


def seconds(function: Callable[[int], None], times: int) -> float:
    begin = time.perf_counter()
    function(times)
    return time.perf_counter() - begin


def measure(emulator: Emulator, calls: int, at_once: int = 100) -> tuple[float, float, float]:
    """Medians: µs of a bare round trip, µs of a call, and their ratio, measured in turns."""
    read = emulator.lua.memory.readbyte

    def call(times: int) -> None:
        for _ in range(times):
            read(0x20)

    with bare_round_trip() as bare:
        pairs = [(seconds(bare, at_once), seconds(call, at_once)) for _ in range(calls // at_once)]
    scale = 1e6 / at_once
    return (
        statistics.median(b for b, _ in pairs) * scale,
        statistics.median(c for _, c in pairs) * scale,
        statistics.median(c / b for b, c in pairs),
    )


def batch_microseconds(emulator: Emulator, calls: int) -> float:
    begin = time.perf_counter()
    with emulator.lua.batch() as batch:
        for _ in range(calls):
            batch.memory.readbyte(0x20)
    return (time.perf_counter() - begin) / calls * 1e6


def test_call_costs_little_more_than_the_bare_round_trip(emulator: Emulator) -> None:
    """The target is 1.5; about 1.25 is usual."""
    emulator.step(frames=60)
    ratios = []
    for _ in range(3):  # a busy machine disturbs one of them
        *_, ratio = measure(emulator, 8000)
        ratios.append(ratio)
        if ratio < 1.5:
            return
    raise AssertionError(f"a call takes {min(ratios):.2f} times a bare round trip; 1.5 is allowed")


def test_batch_is_several_times_faster(emulator: Emulator) -> None:
    emulator.step(frames=60)
    ratios = []
    for _ in range(3):  # a busy machine disturbs one of them
        _, call, _ = measure(emulator, 2000)
        ratios.append(batch_microseconds(emulator, 20_000) / call)
        if ratios[-1] < 0.5:
            return
    raise AssertionError(f"a call in a batch takes {min(ratios):.2f} of a call; 0.5 is allowed")


if __name__ == "__main__":
    for engine in sys.argv[1:] or ("fceux", "headless"):
        with Emulator(engine=engine) as started:
            started.step(frames=60)
            bare_us, call_us, times = measure(started, 100_000)
            batch_us = batch_microseconds(started, 100_000)
            print(
                f"{engine}: bare round trip {bare_us:.1f} µs, call {call_us:.1f} µs, "
                f"ratio {times:.2f}; in a batch {batch_us:.1f} µs"
            )
