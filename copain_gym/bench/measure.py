"""Measuring: contenders take turns, so that a change of the machine's speed meets all of them."""

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
    """What is measured.

    Args:
        name: in tables.
        make: the function that makes it, as `module:function` in `copain_gym.bench`.
        options: its arguments.
        per_unit: what a unit of its work counts for: 8 environment steps for a step of 8 lanes.
    """

    name: str
    make: str
    options: Mapping[str, Any] = field(default_factory=dict)
    per_unit: int = 1


@dataclass
class Rates:
    """What was measured of a contender: units a second, round by round.

    Attributes:
        name: of the contender.
        values: a rate of each round.
        why_not: why there are none.
    """

    name: str
    values: list[float] = field(default_factory=list)
    why_not: str = ""

    @property
    def median(self) -> float:
        """The median, 0 where nothing was measured."""
        return statistics.median(self.values) if self.values else 0.0

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
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
    """A child process with a contender; see `worker`."""

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
    """Call a function of `copain_gym.bench` in a process of its own.

    Raises:
        RuntimeError: it failed.
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
        contenders: all are made before the first round, and stand still while others work.
        rounds: how often each has its turn.
        seconds: about how long a turn takes.
        say: is told what goes on.

    Returns:
        Their rates, in the same order; those that cannot be made have none.
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
            # The other way round every second time: whoever comes after whom matters, too.
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
    """How many units take about as long as a round; warms up as well."""
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
    """Processor, cores, system, and the load before the measurement."""
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
