"""Emulators of a pool that crash, hang or are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from copain_gym import Emulator, EmulatorNotFound, EmulatorTimeout, PoolError
from copain_gym.engines.process import EmulatorProcess
from copain_gym.vector import NesVectorEnv
from tests.conftest import Traces, wait_until

GO = np.array([3, 3, 3])


@pytest.fixture
def envs(engine: str) -> NesVectorEnv:
    envs = NesVectorEnv(num_envs=3, engine=engine)
    envs.reset(seed=1)
    for _ in range(5):
        envs.step(GO)
    yield envs
    envs.close()


def stands_still(pid: int) -> bool:
    """Whether a process has ended or is stopped, after its parent sent it a signal."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "TXZ"


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (signal.SIGKILL, "EmulatorCrashed: the emulator ended by signal 9"),
        (signal.SIGSEGV, "EmulatorCrashed: the emulator ended"),
        (signal.SIGSTOP, "EmulatorTimeout: the emulator did not answer within"),
    ],
)
def test_replaced_within_two_seconds(
    envs: NesVectorEnv, number: signal.Signals, reason: str, engine: str
) -> None:
    """The lane is truncated and begins anew; the others lose nothing."""
    calm = NesVectorEnv(num_envs=3, engine=engine)
    first, _ = calm.reset(seed=1)
    for _ in range(5):
        expected, *_ = calm.step(GO)
    pid = envs.emulators[1].pid
    os.kill(pid, number)
    assert wait_until(lambda: stands_still(pid), 5)  # on a busy machine it may still answer
    start = time.monotonic()
    observations, rewards, terminated, truncated, infos = envs.step(GO)
    assert truncated.tolist() == [False, True, False]
    assert not terminated.any()
    assert infos["fault"][1].startswith(reason)
    assert infos["_fault"].tolist() == [False, True, False]
    assert rewards[1] == 0
    np.testing.assert_array_equal(observations[1], expected[1])  # the last that was seen
    after, *_ = calm.step(GO)
    np.testing.assert_array_equal(observations[[0, 2]], after[[0, 2]])
    observations, _, _, truncated, infos = envs.step(GO)
    assert time.monotonic() - start < 2
    assert not truncated.any()
    assert "fault" not in infos
    np.testing.assert_array_equal(observations[1], first[1])
    after, *_ = calm.step(GO)
    np.testing.assert_array_equal(observations[[0, 2]], after[[0, 2]])
    assert envs.replaced == 1
    calm.close()


def test_killed_in_the_middle_of_a_step(envs: NesVectorEnv) -> None:
    pid = envs.emulators[0].pid
    envs.send(GO)
    os.kill(pid, signal.SIGKILL)
    _, _, _, truncated, _ = envs.recv()
    # It may have answered before; then the next step notices.
    if not truncated[0]:
        _, _, _, truncated, _ = envs.step(GO)
    assert truncated.tolist() == [True, False, False]


def test_all_killed_at_once(envs: NesVectorEnv, traces: Traces) -> None:
    for emulator in envs.emulators:
        os.kill(emulator.pid, signal.SIGKILL)
    _, _, _, truncated, infos = envs.step(GO)
    assert truncated.all()
    assert infos["_fault"].all()
    _, _, _, truncated, _ = envs.step(GO)
    assert not truncated.any()


def test_killed_before_the_new_episode(envs: NesVectorEnv) -> None:
    """An emulator that fails between an end and the reset costs nothing but time."""
    pid = envs.emulators[2].pid
    os.kill(pid, signal.SIGKILL)
    envs.step(GO)
    os.kill(envs.emulators[2].pid, signal.SIGKILL)  # the replacement, too
    _, _, _, truncated, infos = envs.step(GO)
    assert not truncated.any()
    assert infos["episode_frames"].tolist() == [28, 28, 0]


def test_fault_with_same_step(engine: str) -> None:
    envs = NesVectorEnv(num_envs=2, engine=engine, autoreset_mode="SameStep")
    first, _ = envs.reset(seed=1)
    last, *_ = envs.step(GO[:2])
    os.kill(envs.emulators[0].pid, signal.SIGKILL)
    observations, _, _, truncated, infos = envs.step(GO[:2])
    assert truncated.tolist() == [True, False]
    assert "SIGKILL" in infos["fault"][0]
    np.testing.assert_array_equal(infos["final_obs"][0], last[0])
    np.testing.assert_array_equal(observations[0], first[0])
    envs.close()


def test_fault_with_autoreset_disabled(engine: str) -> None:
    """The lane stays ended, with its reason, until it is reset."""
    envs = NesVectorEnv(num_envs=2, engine=engine, autoreset_mode="Disabled")
    first, _ = envs.reset(seed=1)
    envs.step(GO[:2])
    os.kill(envs.emulators[0].pid, signal.SIGKILL)
    for steps in (2, 3):
        _, _, _, truncated, infos = envs.step(GO[:2])
        assert truncated.tolist() == [True, False]
        assert "SIGKILL" in infos["fault"][0]
        assert infos["episode_frames"][1] == 4 * steps
    observations, _ = envs.reset(options={"reset_mask": np.array([True, False])})
    np.testing.assert_array_equal(observations[0], first[0])
    assert not envs.step(GO[:2])[3].any()
    envs.close()


def test_too_many_faults_are_an_error(engine: str, traces: Traces) -> None:
    before = traces.count()
    envs = NesVectorEnv(num_envs=2, engine=engine, max_faults=2)
    envs.reset(seed=1)
    for _ in range(2):
        os.kill(envs.emulators[0].pid, signal.SIGKILL)
        envs.step(GO[:2])
        envs.step(GO[:2])
    os.kill(envs.emulators[0].pid, signal.SIGKILL)
    with pytest.raises(PoolError, match=r"failed 3 times within a minute, 2 are allowed.*SIGKILL"):
        envs.step(GO[:2])
    assert traces.return_to(before)  # it ended all
    envs.close()


def test_emulator_that_never_starts_is_an_error_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, traces: Traces
) -> None:
    before = traces.count()
    file = tmp_path / "fceux"
    file.write_text("#!/bin/sh\necho out of order\nexit 3\n")
    file.chmod(0o755)
    monkeypatch.setenv("COPAIN_FCEUX", str(file))
    envs = NesVectorEnv(num_envs=2, engine="fceux", max_faults=3)
    with pytest.raises(PoolError, match=r"does not start(.|\n)*out of order"):
        envs.reset()
    envs.close()
    assert traces.return_to(before)


@pytest.mark.parametrize("num_envs", [1, 2, 20])  # 20: more than are started at once
def test_emulators_that_never_connect_are_an_error(num_envs: int, tmp_path: Path) -> None:
    """No lane tries again, the log is told, and Python ends."""
    file = tmp_path / "fceux"
    file.write_text("#!/bin/sh\necho no library\nexec sleep 600\n")
    file.chmod(0o755)
    script = (
        "import time\n"
        "from copain_gym import PoolError\n"
        "from copain_gym.vector import NesVectorEnv\n"
        f"envs = NesVectorEnv(num_envs={num_envs}, engine='fceux')\n"
        "start = time.monotonic()\n"
        "try:\n"
        "    envs.reset()\n"
        "except PoolError as error:\n"
        "    print(error)\n"
        "print('after', int(time.monotonic() - start))\n"
    )
    homes = tmp_path / "homes"
    homes.mkdir()
    environment = {**os.environ, "COPAIN_FCEUX": str(file), "COPAIN_TMPDIR": str(homes)}
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=100
    )
    seconds = time.monotonic() - start
    assert "does not start: the emulator did not connect within 15 s" in done.stdout, done.stderr
    assert "no library" in done.stdout
    assert 15 <= int(done.stdout.split()[-1]) < 20
    assert seconds < 30  # it did not wait for other starts
    assert not list(homes.iterdir())


def test_close_gives_up_a_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, traces) -> None:
    """Ctrl-C while emulators start is heard at once, and so is the end after it."""
    file = tmp_path / "fceux"
    file.write_text("#!/bin/sh\nexec sleep 600\n")
    file.chmod(0o755)
    monkeypatch.setenv("COPAIN_FCEUX", str(file))
    before = traces.count()
    envs = NesVectorEnv(num_envs=2, engine="fceux")
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        envs.reset()
    envs.close()
    assert time.monotonic() - start < 5
    assert traces.return_to(before)


def test_missing_emulator_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPAIN_FCEUX", "/nowhere/fceux")
    envs = NesVectorEnv(num_envs=2, engine="fceux")
    with pytest.raises(EmulatorNotFound, match="/nowhere/fceux"):
        envs.reset()
    envs.close()


def test_interrupt_leaves_no_process(engine: str, traces: Traces) -> None:
    """Ctrl-C in a step ends all emulators; a reset starts new ones."""
    before = traces.count()
    envs = NesVectorEnv(num_envs=2, engine=engine, frame_skip=1000)
    first, _ = envs.reset(seed=1)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    envs.send(GO[:2])
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    with pytest.raises(KeyboardInterrupt):
        envs.recv()
    assert wait_until(lambda: traces.count()[0] == before[0], 2)
    again, _ = envs.reset(seed=1)
    np.testing.assert_array_equal(again, first)
    envs.close()
    assert traces.return_to(before)


def test_no_emulator_outlives_a_killed_pool(engine: str, traces: Traces) -> None:
    script = (
        "import os, signal\n"
        "from copain_gym.vector import NesVectorEnv\n"
        f"envs = NesVectorEnv(num_envs=3, engine={engine!r})\n"
        "envs.reset()\n"
        "print(*(e.pid for e in envs.emulators), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    pids = [int(word) for word in done.stdout.split()]
    assert len(pids) == 3, done.stderr
    assert wait_until(lambda: not any(Path(f"/proc/{pid}/cwd").exists() for pid in pids), 2)
    assert wait_until(lambda: traces.count()[2] == 0, 2)


def waits_at_first_sight(process: EmulatorProcess) -> bool:
    """It runs; for how much of the time is not known yet."""
    process._looked = None
    return process.waits_for_cpu()


def waits_after_half_a_second_of_work(process: EmulatorProcess) -> bool:
    """As if it had had a core for the last half second."""
    _, used = process._look()
    process._looked = time.monotonic() - 0.5, used - 0.5
    return process.waits_for_cpu()


def test_patience_is_for_those_that_want_to_run(engine: str) -> None:
    """A busy machine is no fault of an emulator's, but waiting or being stopped is."""
    with Emulator(engine=engine) as emulator:
        process = emulator._client.process
        assert wait_until(lambda: not waits_at_first_sight(process), 2)  # it waits for a request
        emulator.send_step(frames=1_000_000)
        assert wait_until(lambda: waits_at_first_sight(process), 2)
        assert wait_until(lambda: not waits_after_half_a_second_of_work(process), 2)
        os.kill(emulator.pid, signal.SIGSTOP)
        assert wait_until(lambda: not waits_at_first_sight(process), 2)


def test_endless_loop_is_a_fault(envs: NesVectorEnv) -> None:
    emulator = envs.emulators[0]
    emulator.patience = 2.0
    with pytest.raises(EmulatorTimeout):
        emulator.run_lua("while true do end")


def test_many_resets_leave_nothing(engine: str, traces: Traces) -> None:
    warm = NesVectorEnv(num_envs=1, engine=engine)
    warm.reset()
    warm.close()
    before = traces.count()
    for _ in range(3):
        envs = NesVectorEnv(num_envs=3, engine=engine)
        for _ in range(20):
            envs.reset(seed=1)
            envs.load_states(envs.save_states())
        envs.close()
        envs.close()
    assert traces.return_to(before)
