"""Programs that are killed at random moments: no process, socket or file of theirs stays."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ENGINES, wait_until
from tests.emulator.test_faults import state_of
from tests.transport.test_serve import free_ports

PROMISED = 2.0  # seconds after which nothing is left
ALLOWED = 20.0  # on a machine that is busy with other things
RAM_DISK = "/dev/shm"

SIGNALS = {
    "SIGTERM": [signal.SIGTERM],
    "SIGHUP": [signal.SIGHUP],
    "SIGKILL": [signal.SIGKILL],
    "SIGINT twice": [signal.SIGINT, signal.SIGINT],
}
MOMENTS = {  # seconds after what is to be killed exists, or after the first private home does
    "any": (0.0, 1.5),
    "start": (0.0, 0.3),
    "play": (0.3, 1.0),
}

# What runs. Each program plays until it is killed, or until it has lost what it plays with.
EMULATOR = """
    from copain_gym import CopainError, Emulator
    try:
        with Emulator(engine={engine!r}, transport={transport!r}) as emulator:
            while True:
                emulator.step()
    except CopainError as error:
        print(error)
"""
POOL = """
    import numpy as np
    from copain_gym.vector import NesVectorEnv
    envs = NesVectorEnv(num_envs=3, engine={engine!r}, transport={transport!r})
    envs.reset()
    while True:
        envs.step(np.zeros(3, np.int64))
"""
WORKERS = """
    import gymnasium, copain_gym
    def make():
        return gymnasium.make("copain/Hirondelle-v0", engine={engine!r}, transport={transport!r})
    envs = gymnasium.vector.AsyncVectorEnv([make, make], context="fork")
    try:
        envs.reset()
        while True:
            envs.step(envs.action_space.sample())
    except (EOFError, OSError) as error:
        envs.close(terminate=True)
"""
TRAIN = "train q-learning --num-envs 2 --no-video --eval-episodes 0 --engine {engine} --run {run}"
SERVE = "serve --num 2 --port {port} --keys {run} --engine {engine}"


@dataclass(frozen=True)
class Kill:
    """Which program is killed, by which signals, and when."""

    victim: str
    signals: str
    moment: str
    delay: float
    pause: float
    engine: str
    transport: str


def draw_kills(count: int, seed: int) -> Iterator[Kill]:
    """Each victim in turn, and with each of them each signal in turn."""
    draws = random.Random(seed)
    for i in range(count):
        victim = list(VICTIMS)[i % len(VICTIMS)]
        signals = list(SIGNALS)[(i + i // len(VICTIMS)) % len(SIGNALS)]
        moment = draws.choice(list(MOMENTS))
        delay, pause = draws.uniform(*MOMENTS[moment]), draws.uniform(0, 0.05)
        engine, transport = draws.choice(ENGINES), draws.choice(["zmq", "shm"])
        yield Kill(victim, signals, moment, delay, pause, engine, transport)


def heed_all_signals() -> None:
    """What `nohup` and shells make their programs ignore is not ignored."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


class Program:
    """A running program whose private homes are in a folder of its own.

    All its processes have that folder in their environment, which is how they are found.
    """

    def __init__(self, kill: Kill, run: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kill-", dir=RAM_DISK))
        self._sign = str(self.folder).encode()
        words = VICTIMS[kill.victim][0]
        blanks = {"engine": kill.engine, "transport": kill.transport, "run": run}
        if "{port}" in words:
            blanks["port"] = free_ports(2)
        if words.startswith("\n"):
            arguments = ["-c", textwrap.dedent(words).format(**blanks)]
        else:
            arguments = ["-m", "copain_gym.cli.main", *words.format(**blanks).split()]
        with (run.parent / "log").open("wb") as log:
            self.python = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "COPAIN_TMPDIR": str(self.folder), "OMP_NUM_THREADS": "1"},
                preexec_fn=heed_all_signals,
            )

    def processes(self) -> dict[int, bytes]:
        """The environments of its processes, without those that have ended, by id."""
        found = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit():
                    environment = (entry / "environ").read_bytes()
                    if self._sign in environment:
                        found[int(entry.name)] = environment
        return found

    def emulators(self) -> list[int]:
        home = b"COPAIN_HOME=" + self._sign
        return [pid for pid, environment in self.processes().items() if home in environment]

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.python.pid}/task/{self.python.pid}/children")
        with contextlib.suppress(OSError):
            return [int(word) for word in children.read_text().split()]
        return []

    def itself(self) -> list[int]:
        return [self.python.pid]

    def has_ended(self) -> bool:
        return self.python.poll() is not None

    def left(self) -> list[str]:
        """What there is of it: processes, files, sockets."""
        processes = [f"process {pid} {state_of(pid)}" for pid in self.processes()]
        # `os.walk` goes on where a folder is removed while it looks.
        files = [
            str(Path(at, name))
            for at, inner, names in os.walk(self.folder)
            for name in inner + names
        ]
        table = Path("/proc/net/unix").read_text().splitlines()
        sockets = [line.split()[-1] for line in table if str(self.folder) in line]
        return processes + files + sockets

    def remove(self) -> None:
        for pid in self.processes():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.python.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


VICTIMS: dict[str, tuple[str, Callable[[Program], list[int]]]] = {
    "Python": (EMULATOR, Program.itself),
    "emulator": (EMULATOR, Program.emulators),
    "pool": (POOL, Program.itself),
    "worker": (WORKERS, Program.workers),
    "training": (TRAIN, Program.itself),
    "serve": (SERVE, Program.itself),
}


def carry_out(kill: Kill, program: Program) -> None:
    """Send the signals, and wait for the end of the program."""
    victims = VICTIMS[kill.victim][1]

    def has_begun() -> bool:
        return bool(victims(program)) if kill.moment == "any" else any(program.folder.iterdir())

    def can_be_killed() -> bool:
        return bool(victims(program))

    assert wait_until(lambda: program.has_ended() or has_begun(), 60)
    time.sleep(kill.delay)
    assert wait_until(lambda: program.has_ended() or can_be_killed(), 60)
    assert not program.has_ended(), "it ended before it was killed"
    pid = victims(program)[-1]
    for number in SIGNALS[kill.signals]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        time.sleep(kill.pause)
    program.python.wait(60)


def seconds_until_nothing_is_left(kill: Kill, folder: Path) -> float:
    """How long something of the program is left after its end."""
    folder.mkdir()
    program = Program(kill, folder / "run")
    try:
        carry_out(kill, program)
        ended = time.monotonic()
        assert wait_until(lambda: not program.left(), ALLOWED), program.left()
        return time.monotonic() - ended
    except (AssertionError, subprocess.TimeoutExpired) as error:
        log = (folder / "log").read_text()[-2000:]
        raise AssertionError(f"{kill}: {error}\n{log}") from error
    finally:
        program.remove()


def test_nothing_is_left_of_a_killed_program(tmp_path: Path) -> None:
    """Each of the programs, each of the signals."""
    for number, kill in enumerate(draw_kills(15, seed=1)):
        seconds_until_nothing_is_left(kill, tmp_path / str(number))


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_nothing_is_left_of_200_killed_programs(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seconds, failures = [], []
    for number, kill in enumerate(draw_kills(200, seed=2)):
        try:
            seconds.append(seconds_until_nothing_is_left(kill, tmp_path / str(number)))
            print(f"{number}: {kill}: {seconds[-1]:.2f} s", flush=True)
        except AssertionError as error:
            failures.append(str(error))
            print(f"{number}: FAILED {error}", flush=True)
    late = sum(one > PROMISED for one in seconds)
    figure = (
        f"200 kills: {len(failures)} left a process or file; the rest was gone after "
        f"{statistics.median(seconds):.2f} s (median), {max(seconds):.1f} s at most, "
        f"{late} later than {PROMISED:.0f} s"
    )
    print(figure)
    record_property("figure", figure)
    assert not failures, "\n".join(failures)
