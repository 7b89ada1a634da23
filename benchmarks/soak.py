"""Runs a pool for a long time, kills emulators now and then, and looks for leaks.

    python benchmarks/soak.py [--steps 2000000] [--lanes 8] [--kill-every 10] [--log soak.jsonl]

At intervals, a line of JSON reports the progress and the resources in use: processes, descriptors,
files, memory. Exit status: 0 no problem, 1 a lane was lost or resources were leaked.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from copain_gym.vector import NesVectorEnv


def held(folder: Path) -> dict[str, int]:
    """Numbers of child processes, descriptors and threads of this process, and of files."""
    threads = Path("/proc/self/task").glob("*/children")  # each lists the processes that it started
    children = [pid for children in threads for pid in children.read_text().split()]
    return {
        "processes": len(children),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "files": sum(1 for _ in folder.rglob("*")),
    }


def memory(pids: Sequence[int]) -> dict[str, float]:
    """Memory in MiB: RSS of this process, PSS of the largest emulator."""
    status = Path("/proc/self/status").read_text()
    own = int(next(x for x in status.splitlines() if x.startswith("VmRSS")).split()[1])
    largest = 0
    for pid in pids:
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            largest = max(largest, int(next(x for x in lines if x.startswith("Pss:")).split()[1]))
    return {"python_mib": own / 1024, "largest_emulator_mib": largest / 1024}


def soak(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run the pool, and return a summary."""
    warm = NesVectorEnv(num_envs=1, engine=args.engine, transport=args.transport)
    warm.reset()
    warm.close()
    before = held(folder)
    envs = NesVectorEnv(
        num_envs=args.lanes,
        lanes_per_process=args.lanes_per_process,
        engine=args.engine,
        transport=args.transport,
    )
    envs.reset(seed=1)
    rng, chance = np.random.default_rng(1), random.Random(1)
    most = int(envs.single_action_space.n)  # type: ignore[attr-defined]
    begin = time.monotonic()
    kill_at, report_at = begin + args.kill_every, begin
    steps = killed = faults = episodes = 0
    reports: list[dict[str, Any]] = []
    per_lane = np.zeros(args.lanes, np.int64)
    with args.log.open("w") as log:
        while steps < args.steps:
            now = time.monotonic()
            if now >= kill_at:
                os.kill(chance.choice(envs.process_ids), signal.SIGKILL)
                killed += 1
                kill_at = now + args.kill_every
            actions = rng.integers(0, most, args.lanes)
            _, _, terminated, truncated, infos = envs.step(actions)
            steps += args.lanes
            faults += int(truncated.sum())
            episodes += int(terminated.sum())
            per_lane += infos["episode_frames"] > 0
            if now >= report_at:
                report_at = now + args.report_every
                report = {
                    "seconds": round(now - begin, 1),
                    "steps": steps,
                    "killed": killed,
                    "faults": faults,
                    "episodes": episodes,
                    **held(folder),
                    **memory(envs.process_ids),
                }
                reports.append(report)
                print(json.dumps(report), file=log, flush=True)
    seconds = time.monotonic() - begin
    envs.close()
    deadline = time.monotonic() + 5  # ZeroMQ closes descriptors in a thread of its own
    while held(folder) != before and time.monotonic() < deadline:
        time.sleep(0.05)
    after = held(folder)
    settled = reports[len(reports) // 4 :] or reports
    growth = max(r["python_mib"] for r in settled) - settled[0]["python_mib"]
    largest = max(r["largest_emulator_mib"] for r in reports)
    return {
        "steps": steps,
        "seconds": seconds,
        "steps_per_second": steps / seconds,
        "killed": killed,
        "faults": faults,
        "replaced": envs.replaced,
        "episodes": episodes,
        "least_active_lane": float(per_lane.min() / per_lane.max()),
        "before": before,
        "after": after,
        "python_mib_growth_after_a_quarter": growth,
        "largest_emulator_mib": largest,
        "most_processes": max(r["processes"] for r in reports),
        "ok": bool(
            all(after[name] <= before[name] for name in before)
            and faults >= killed - 1  # the last one may have been killed after its last step
            and per_lane.min() > 0.9 * per_lane.max()
            and growth < 16
        ),
    }


def main() -> int:
    """Run the soak and print its summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--steps", type=int, default=2_000_000, help="environment steps in all")
    parser.add_argument("--lanes", type=int, default=8, help="lanes of the pool (8)")
    parser.add_argument("--lanes-per-process", type=int, help="lanes of an emulator (by the cores)")
    parser.add_argument("--kill-every", type=float, default=10.0, help="seconds between kills (10)")
    parser.add_argument("--report-every", type=float, default=15.0, help="seconds (15)")
    parser.add_argument("--engine", help="engine of the emulators (auto)")
    parser.add_argument("--transport", default="auto", help="auto, zmq or shm (auto)")
    parser.add_argument("--log", type=Path, default=Path("soak.jsonl"), help="reports (soak.jsonl)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-", dir="/dev/shm") as folder:
        os.environ["COPAIN_TMPDIR"] = folder
        summary = soak(args, Path(folder))
    print(json.dumps(summary, indent=1))
    return 0 if summary["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
