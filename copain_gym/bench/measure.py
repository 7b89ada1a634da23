"""Measuring in turns, so that a change of the machine's speed affects all contenders."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Contender", "Rates", "ask", "describe_machine", "interleave"]

_START_SECONDS = 120.0


@dataclass(frozen=True)
class Contender:
    """Something that is measured.

    Args:
        name: name in tables.
        make: function that makes it, as `module:function` in `copain_gym.bench`.
        options: arguments of that function.
        per_unit: what one unit of its work counts for, such as 8 environment steps for a step of
            8 lanes.
    """

    name: str
    make: str
    options: Mapping[str, Any] = field(default_factory=dict)
    per_unit: int = 1


@dataclass
class Rates:
    """The rates of a contender, in units per second.

    Attributes:
        name: name of the contender.
        values: the rate of each round.
        why_not: why there are no rates.
    """

    name: str
    values: list[float] = field(default_factory=list)
    why_not: str = ""

    @property
    def median(self) -> float:
        """The median of the rounds; 0 if nothing was measured."""
        return statistics.median(self.values) if self.values else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the rates as a JSON object."""
        if not self.values:
            return {"name": self.name, "left_out": self.why_not}
        return {
            "name": self.name,
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "rounds": self.values,
        }


class _Worker:
    """A child process that runs one contender; see `worker`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "copain_gym.bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            return {"error": f"its process ended with exit status {self._process.wait()}"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def ask(function: str, **options: Any) -> Any:
    """Call a function of `copain_gym.bench` in a separate process.

    Raises:
        RuntimeError: the function failed.
    """
    worker = _Worker()
    try:
        answer = worker.ask(ask=function, options=options)
    finally:
        worker.close()
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["result"]


def interleave(
    contenders: Sequence[Contender],
    rounds: int,
    seconds: float,
    say: Callable[[str], None] = lambda text: None,
) -> list[Rates]:
    """Measure contenders in turns.

    Args:
        contenders: all are made before the first round, and are stopped while others work.
        rounds: number of turns of each.
        seconds: approximate length of a turn, in seconds.
        say: receives messages about the progress.

    Returns:
        The rates in the same order. A contender that cannot be made has none.
    """
    found = [Rates(c.name) for c in contenders]
    workers: dict[int, tuple[_Worker, int]] = {}
    try:
        for k, contender in enumerate(contenders):
            say(f"starting {contender.name}")
            worker = _Worker()
            workers[k] = worker, 0
            answer = worker.ask(make=contender.make, options=dict(contender.options))
            if "error" not in answer:
                answer = _calibrate(worker, seconds)
            if "error" in answer:
                found[k].why_not = answer["error"]
                worker.close()
                del workers[k]
            else:
                workers[k] = worker, answer["units"]
        for r in range(rounds):
            # Every second round in reverse order, because the order matters, too.
            order = list(workers.items()) if r % 2 == 0 else list(workers.items())[::-1]
            for k, (worker, units) in order:
                say(f"round {r + 1} of {rounds}: {contenders[k].name}")
                answer = worker.ask(work=units)
                if "error" in answer:
                    found[k].why_not = answer["error"]
                    continue
                found[k].values.append(units * contenders[k].per_unit / answer["seconds"])
    finally:
        for worker, _ in workers.values():
            worker.close()
    return found


def _calibrate(worker: _Worker, seconds: float) -> dict[str, Any]:
    """Find how many units take about as long as a turn; this also warms up."""
    units, begin = 1, time.monotonic()
    while True:
        answer = worker.ask(work=units)
        if "error" in answer or answer["seconds"] > seconds / 4:
            break
        units *= 4
        if time.monotonic() - begin > _START_SECONDS:
            break
    if "error" in answer:
        return answer
    return {"units": max(1, round(units * seconds / answer["seconds"]))}


def describe_machine() -> dict[str, Any]:
    """Return processor, cores, system, Python, and the current load average."""
    model = "unknown"
    try:
        with open("/proc/cpuinfo") as lines:  # noqa: PTH123 - no path of ours
            model = next((x.split(":")[1].strip() for x in lines if "model name" in x), model)
    except OSError:
        pass
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{os.uname().sysname} {os.uname().release} {os.uname().machine}",
        "python": sys.version.split()[0],
        "load_average": os.getloadavg()[0],
    }
