"""A forked child cannot use its parent's emulators, and does them no harm."""

from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from copain_gym import Emulator, ForkError
from copain_gym.emulator import PooledEmulator
from copain_gym.emulator.group import StepGroup
from copain_gym.envs import NesEnv
from copain_gym.remote.server import Server
from copain_gym.search.run import CopainRun, Runner
from copain_gym.vector import NesVectorEnv
from tests.conftest import in_child, wait_until
from tests.transport.test_serve import free_ports


@pytest.fixture(params=["zmq", "shm"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


USES: dict[str, Callable[[Emulator, Any], object]] = {
    "step": lambda e, state: e.step("right"),
    "send_step": lambda e, state: e.send_step("right"),
    "load in a step": lambda e, state: e.step(load=state),
    "Lua function": lambda e, state: e.lua.emu.framecount(),
    "run_lua": lambda e, state: e.run_lua("return 1"),
    "read": lambda e, state: e.memory[0x20],
    "write": lambda e, state: e.memory.__setitem__(0x20, 1),
    "save_state": lambda e, state: e.save_state(),
    "load_state": lambda e, state: e.load_state(state),
    "to_bytes": lambda e, state: state.to_bytes(),
    "screen": lambda e, state: e.screen(),
    "poweron": lambda e, state: e.poweron(),
}


@pytest.mark.parametrize("use", USES)
def test_use_in_a_child(engine: str, transport: str, use: str) -> None:
    with Emulator(engine=engine, transport=transport) as emulator:
        emulator.step(frames=9)
        state = emulator.save_state()
        said = in_child(lambda: USES[use](emulator, state))
        assert said.startswith("ForkError('the emulator belongs to the parent"), said
        emulator.step("start")
        assert emulator.frame_count == 10
        emulator.load_state(state)
        assert emulator.frame_count == 9


def test_receive_in_a_child(engine: str, transport: str) -> None:
    """What the parent was sent stays the parent's."""
    with Emulator(engine=engine, transport=transport) as emulator:
        emulator.send_step(frames=5)
        assert in_child(emulator.receive_step).startswith("ForkError")
        emulator.receive_step()
        assert emulator.frame_count == 5


def test_group_in_a_child(engine: str, transport: str) -> None:
    emulators = [PooledEmulator(engine=engine, transport=transport) for _ in range(2)]
    rams, counts = np.zeros((2, 0x800), np.uint8), np.zeros((2, 2), np.int64)
    group = StepGroup(emulators, rams, counts, [0, 1])
    masks, frames = np.zeros(2, np.int64), np.full(2, 3)
    assert in_child(lambda: group.send(masks, frames)).startswith("ForkError")
    assert in_child(lambda: StepGroup(emulators, rams, counts, [0, 1])).startswith("ForkError")
    assert group.send(masks, frames) == {}
    assert in_child(group.receive).startswith("ForkError")
    assert group.receive() == {}
    assert counts[:, 0].tolist() == [3, 3]
    for emulator in emulators:
        emulator.close()


@pytest.mark.parametrize("how", ["close", "garbage", "exit"])
def test_end_of_a_child(engine: str, transport: str, how: str) -> None:
    """Neither close() nor garbage collection nor the child's exit ends what the parent has."""
    script = textwrap.dedent(f"""
        import gc, os, signal, sys
        from copain_gym import Emulator
        emulator = Emulator(engine={engine!r}, transport={transport!r})
        emulator.lua.emu.registerexit(lambda: print("exit"))
        states = [emulator.save_state() for _ in range(3)]
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            if {how!r} == "close":
                emulator.close()
            elif {how!r} == "garbage":
                del emulator, states
                gc.collect()
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        emulator.step(frames=3)
        emulator.load_state(states[2])
        os.stat(emulator._client.process.home)
        print(emulator.frame_count, len(states[1].to_bytes()) > 1000, flush=True)
        emulator.close()
    """)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "0 True\nexit\n", done.stderr


def test_child_whose_parent_has_ended(engine: str, transport: str) -> None:
    script = textwrap.dedent(f"""
        import os, signal, time
        from copain_gym import Emulator, ForkError
        emulator = Emulator(engine={engine!r}, transport={transport!r})
        parent = os.getpid()
        if os.fork():
            os._exit(0)
        signal.alarm(20)
        while os.getppid() == parent:
            time.sleep(0.01)
        try:
            emulator.step()
        except ForkError:
            print("error")
    """)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30
    )
    assert done.stdout == "error\n", done.stderr


def test_child_has_emulators_of_its_own(engine: str, transport: str) -> None:
    with Emulator(engine=engine, transport=transport) as emulator:
        emulator.step(frames=4)

        def play() -> tuple[int, ...]:
            with Emulator(engine=engine, transport=transport) as own:
                own.step(frames=7)
                return own.frame_count, own.pid

        said = in_child(play, 30)
        assert said.startswith("(7, "), said
        assert str(emulator.pid) not in said
        emulator.step()
        assert emulator.frame_count == 5


def test_callback_that_forks(engine: str, transport: str) -> None:
    with Emulator(engine=engine, transport=transport) as emulator:
        said = []
        emulator.lua.emu.registerbefore(lambda: said.append(in_child(emulator.step)))
        emulator.step(frames=2)
        assert len(said) == 2
        assert all(words.startswith("ForkError") for words in said)


def test_environment(engine: str, transport: str) -> None:
    env = NesEnv(engine=engine, transport=transport)

    def reset() -> int:
        return int(env.reset(seed=1)[1]["episode_frames"])

    assert in_child(reset, 30) == "0"  # it had not started: the child has its own
    env.reset(seed=1)
    for use in (env.reset, lambda: env.step(0), env.save_state, lambda: env.wait(1)):
        assert in_child(use).startswith("ForkError")

    def close_and_reset() -> int:
        env.close()
        return reset()

    assert in_child(close_and_reset, 30) == "0"
    assert env.step(0)[4]["episode_frames"] == 4
    env.close()


@pytest.mark.parametrize("num_envs", [1, 3])
def test_pool(engine: str, transport: str, num_envs: int) -> None:
    envs = NesVectorEnv(num_envs=num_envs, engine=engine, transport=transport)
    actions = np.zeros(num_envs, np.int64)

    def play() -> list[int]:
        envs.reset(seed=1)
        frames = envs.step(actions)[4]["episode_frames"].tolist()
        envs.close()
        return frames

    assert in_child(play, 60) == str([4] * num_envs)
    envs.reset(seed=1)
    for use in (
        envs.reset,
        lambda: envs.step(actions),
        envs.save_states,
        lambda: envs.emulators,
    ):
        assert in_child(use).startswith("ForkError('the pool of emulators belongs"), use
    assert in_child(envs.close) == "None"
    envs.send(actions)
    assert in_child(envs.recv).startswith("ForkError")
    assert envs.recv()[4]["episode_frames"].tolist() == [4] * num_envs
    assert envs.replaced == 0
    envs.close()


def test_pool_that_is_being_started(engine: str) -> None:
    """The threads that start emulators are not in the child; it does not wait for them."""
    envs = NesVectorEnv(num_envs=2, engine=engine)
    starting = threading.Thread(target=envs.reset)
    starting.start()
    assert wait_until(lambda: envs._pool._workers[1]._coming is not None, 10)
    assert in_child(lambda: envs.reset(seed=1)).startswith("ForkError")
    assert in_child(envs.close) == "None"
    starting.join()
    envs.step(np.zeros(2, np.int64))
    envs.close()


def test_run(engine: str) -> None:
    """A loop that forks."""

    def loop(runner: Runner) -> list[str]:
        said = [in_child(runner.emulator.step), in_child(lambda: runner.ask(1))]
        runner.emulator.step(frames=3)
        return [*said, str(runner.emulator.frame_count), str(runner.ask(2))]

    run = CopainRun(loop, num_runners=2, engine=engine, agent=lambda questions: questions)
    for step, ask, frames, answer in run.run():
        assert step.startswith("ForkError('the emulator")
        assert ask.startswith("ForkError('the agent")
        assert (frames, answer) == ("3", "2")


def test_server(engine: str, tmp_path: Any) -> None:
    with Server(1, port=free_ports(1), engine=engine, keys=tmp_path) as server:
        (pid,) = server.pids
        assert in_child(server.watch).startswith("ForkError('the server")
        assert in_child(server.close) == "None"
        gc.collect()
        server.watch()
        assert server.pids == [pid]
        assert Path(f"/proc/{pid}/cwd").exists()


def test_worker_processes_that_are_forked(engine: str) -> None:
    """An environment that was reset before its worker was forked is told of by a clear error."""
    env = gymnasium.make("copain/Hirondelle-v0", engine=engine)
    env.reset(seed=1)
    assert in_child(lambda: env.step(0)).startswith("ForkError")
    env.step(0)
    env.close()


def test_the_error_is_one_of_the_package() -> None:
    from copain_gym import CopainError

    assert issubclass(ForkError, CopainError)
