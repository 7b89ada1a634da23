"""The contenders of this package. They run in worker processes."""

from __future__ import annotations

import functools
import os
import select
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from copain_gym.bench.work import ACTIONS, Work, episodes, script
from copain_gym.bridge.endpoints import TransportName
from copain_gym.bridge.savestate import SaveState, unpack_state
from copain_gym.buttons import Button
from copain_gym.emulator import Emulator
from copain_gym.engines.engine import EngineName, find_engine
from copain_gym.engines.home import Home
from copain_gym.engines.launch import launch
from copain_gym.envs import NesEnv
from copain_gym.envs.start import StartBook
from copain_gym.games import find_game
from copain_gym.roms.rom import read_rom
from copain_gym.vector import NesVectorEnv

# A script without the bridge. It sleeps until it reads a number of units from the named pipe `go`,
# does them, and reports it through the pipe `done`.
_BARE = """
emu.speedmode("maximum")
local home = os.getenv("HOME")
package.cpath = os.getenv("COPAIN_NATIVE_DIR") .. "/?.so;" .. package.cpath
local native = require("copain_native")
local function hold(buttons, frames)
  for _ = 1, frames do
    joypad.set(1, buttons)
    emu.frameadvance()
  end
end
if copain then
  copain.draw(false)
end
emu.frameadvance()
local start = savestate.create(home .. "/start.fcs") -- of play
savestate.load(start)
if copain then
  copain.draw(os.getenv("BENCH_DRAW") == "1")
end
local seed, actions = tonumber(os.getenv("BENCH_SEED")), { %s }
local go, done = io.open(home .. "/go"), io.open(home .. "/done", "w")
while true do
  local units = go:read("*n")
  if not units then -- Python is gone
    native.exit(0)
  end
  for _ = 1, units do
    %s
  end
  done:write("x")
  done:flush()
end
"""
_FRAME = "emu.frameadvance()"
# An environment step: a random action of the simple set for four frames, then the RAM is read;
# after the last life, the game begins anew.
_STEP = """
      seed = (seed * 16807) %% 2147483647
      hold(actions[math.floor(seed / 65536) %% #actions + 1], 4)
      if memory.readbyterange(0, 0x800):byte(%d) == 255 then
        savestate.load(start)
      end
"""


def _actions() -> str:
    """Return the simple action set as Lua tables for `joypad.set`."""
    tables = []
    for mask in find_game("hirondelle").action_masks("simple"):
        held = (f"{b.name.lower()}={str(bool(mask & b)).lower()}" for b in Button if b.name)
        tables.append("{" + ", ".join(held).replace("a=", "A=", 1).replace("b=", "B=", 1) + "}")
    return ", ".join(tables)


@functools.cache
def _start_of_play() -> bytes:
    """Return the savestate at the start of play, in FCEUX's own format."""
    with Emulator() as emulator:
        start = StartBook(emulator, find_game("hirondelle")).get("start")
        return unpack_state(start.to_bytes())[1]


def _play(emulator: Emulator) -> SaveState:
    """Load the start of play and return its savestate."""
    start = StartBook(emulator, find_game("hirondelle")).get("start")
    emulator.load_state(start)
    return start


class _Bare:
    """An emulator that runs the script `_BARE`, without the bridge."""

    def __init__(self, engine: str, body: str, *, draw: bool = False, seed: int = 1) -> None:
        private = Home()
        home = private.path
        script = home / "bare.lua"
        script.write_text(_BARE % (_actions(), body))
        (home / "start.fcs").write_bytes(_start_of_play())
        chosen = find_engine(engine)
        variables = {"BENCH_DRAW": str(int(draw)), "BENCH_SEED": str(seed)}
        self._go, self._done = (_pipe(home / name) for name in ("go", "done"))
        self._process = launch(chosen, read_rom().path, private, variables, script=script)

    def send(self, units: int) -> None:
        os.write(self._go, f"{units}\n".encode())

    def receive(self) -> None:
        deadline = time.monotonic() + 300
        while not select.select([self._done], [], [], 0.1)[0]:
            if time.monotonic() > deadline or not self._process.running():
                raise RuntimeError(f"the script did not finish: {self._process.log_tail()}")
        os.read(self._done, 1)

    def close(self) -> None:
        self._process.end()
        os.close(self._go)
        os.close(self._done)

    def work(self, units: int) -> None:
        self.send(units)
        self.receive()


def _pipe(path: Path) -> int:
    """Open a new named pipe for reading and writing, so that opening it does not wait."""
    os.mkfifo(path)
    return os.open(path, os.O_RDWR | os.O_CLOEXEC)


def raw(engine: str, draw: bool = False) -> _Bare:
    """Frames of a Lua loop in the emulator. The stock emulator always draws."""
    return _Bare(engine, _FRAME, draw=draw)


def alone(lanes: int, engine: str = "headless") -> Work:
    """Environment steps of several emulators at the same time, in Lua, without Python."""
    lives = next(v.address for v in find_game("hirondelle").variables if v.name == "lives")
    step = _STEP % (lives + 1)  # Lua counts from 1
    emulators = [_Bare(engine, step, seed=1 + i) for i in range(lanes)]

    def work(steps: int) -> None:
        for one in emulators:
            one.send(steps)
        for one in emulators:
            one.receive()

    def close() -> None:
        for one in emulators:
            one.close()

    return Work(work, close)


def single(engine: EngineName, transport: TransportName, **options: Any) -> Work:
    """Steps of `NesEnv` with random actions."""
    env = NesEnv(engine=engine, transport=transport, **options)
    env.reset(seed=1)
    actions = np.random.default_rng(1).integers(0, env.action_space.n, ACTIONS)  # type: ignore[attr-defined]
    return episodes(env, actions)


def _use_cores(count: int) -> None:
    """Run this process, and the emulators that it starts, on so many of its cores."""
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:count]))


def pool(
    lanes: int,
    engine: EngineName,
    transport: TransportName,
    cores: int | None = None,
    **options: Any,
) -> Work:
    """Steps of `NesVectorEnv` with random actions, on some of the cores or on all of them."""
    if cores is not None:
        _use_cores(cores)
    envs = NesVectorEnv(num_envs=lanes, engine=engine, transport=transport, **options)
    envs.reset(seed=1)
    return Work(lambda n: _step(envs, n, lanes), envs.close)


def _step(envs: Any, steps: int, lanes: int) -> None:
    most = envs.single_action_space.n
    actions = np.random.default_rng(1).integers(0, most, (ACTIONS, lanes))
    for k in range(steps):
        envs.step(actions[k % ACTIONS])


def ppo(lanes: int, engine: EngineName) -> Work:
    """Environment steps of a training with PPO of Stable-Baselines3, with its default options."""
    import torch
    from stable_baselines3 import PPO

    from copain_gym.vector.sb3_make import make_vec_env

    torch.set_num_threads(1)
    envs = make_vec_env("copain/Hirondelle-v0", n_envs=lanes, seed=1, engine=engine)
    agent = PPO("MlpPolicy", envs, n_steps=128, seed=1, device="cpu")
    agent.learn(128 * lanes)

    def work(steps: int) -> None:  # a unit is a rollout and the updates from it
        agent.learn(steps * 128 * lanes, reset_num_timesteps=False)

    return Work(work, envs.close)


def subproc(lanes: int, engine: str, transport: str, **options: Any) -> Work:
    """Steps of `NesEnv` in the worker processes of Stable-Baselines3."""
    from stable_baselines3.common.vec_env import SubprocVecEnv

    options |= {"engine": engine, "transport": transport}
    envs = SubprocVecEnv([lambda: NesEnv(**options) for _ in range(lanes)])
    envs.reset()
    most = envs.action_space.n  # type: ignore[attr-defined]
    actions = np.random.default_rng(1).integers(0, most, (ACTIONS, lanes))

    def work(steps: int) -> None:
        for k in range(steps):
            envs.step(actions[k % ACTIONS])

    return Work(work, envs.close)


_BATCH = 64  # nodes in one request of a search


def search_batched(engine: str, transport: str, one_core: bool) -> Work:
    """The same as `search`, with 64 nodes in each request."""
    if one_core:
        _use_cores(1)
    emulator = Emulator(engine=engine, transport=transport)
    root = _play(emulator)

    def work(nodes: int) -> None:
        states: list[SaveState | None] = [root] * _BATCH
        for first in range(0, nodes, _BATCH):
            count = min(_BATCH, nodes - first)
            masks = (np.arange(first, first + count) % 256) & 0xF1
            result = emulator.play_batch(states[:count], masks, 4, keep=True)
            states = [root] * _BATCH if first // _BATCH % 8 == 7 else list(result.states)

    return Work(work, emulator.close)


def search(engine: str, transport: str, one_core: bool) -> Work:
    """Load a savestate, emulate four frames, read RAM, save a savestate: in one request."""
    if one_core:
        _use_cores(1)
    emulator = Emulator(engine=engine, transport=transport)
    root = _play(emulator)

    def work(nodes: int) -> None:
        state = root
        for k in range(nodes):
            emulator.step(k % 256 & 0xF1, 4, draw=False, load=state, save=True)
            saved = emulator.saved_state
            assert saved is not None
            state = saved if k % 8 else root

    return Work(work, emulator.close)


def round_trip(engine: str, transport: str) -> Work:
    """Requests that emulate no frame."""
    emulator = Emulator(engine=engine, transport=transport)

    def work(steps: int) -> None:
        for _ in range(steps):
            emulator.step(frames=0)

    return Work(work, emulator.close)


def loops(engine: str = "headless", in_lua: bool = True) -> Work:
    """Steps of four frames: a loop of Lua in one request, or a request for each step."""
    emulator = Emulator(engine=engine)
    _play(emulator)
    loop = "local n = ... for k = 1, n do copain.play(4, k % 2) emu.frameadvance() end"

    def work(steps: int) -> None:
        if in_lua:
            emulator.run_lua(loop, steps)
        else:
            for k in range(1, steps + 1):
                emulator.step(k % 2, 4, draw=False)

    return Work(work, emulator.close)


def bridge(engine: str = "fceux", transport: str = "zmq") -> Work:
    """Frames with one request and 2 KB of RAM each."""
    emulator = Emulator(engine=engine, transport=transport)

    def work(frames: int) -> None:
        for _ in range(frames):
            emulator.step("A")

    return Work(work, emulator.close)


# ---- measured once ------------------------------------------------------


def startup(engine: str, transport: str, times: int = 7) -> float:
    """Return the median time from nothing to the first step, in milliseconds."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        emulator = Emulator(engine=engine, transport=transport)
        emulator.step()
        taken.append(1000 * (time.perf_counter() - begin))
        emulator.close()
    return statistics.median(taken)


def memory(engine: EngineName, lanes: int = 4, lanes_per_process: int = 1) -> float:
    """Return the proportional set size of a lane among several, in MiB."""
    envs = NesVectorEnv(num_envs=lanes, engine=engine, lanes_per_process=lanes_per_process)
    envs.reset(seed=1)
    _step(envs, 20, lanes)
    sizes = _set_sizes(envs.process_ids)
    envs.close()
    return sum(sizes) / lanes


def _set_sizes(pids: Sequence[int]) -> list[float]:
    """The proportional set size of processes, in MiB."""
    sizes = []
    for pid in pids:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        sizes.append(next(int(x.split()[1]) for x in lines if x.startswith("Pss:")) / 1024)
    return sizes


def big_pool(lanes: int, engine: EngineName = "headless") -> dict[str, float]:
    """Measure a large pool: seconds to start, steps per second, MiB of all emulators."""
    begin = time.perf_counter()
    envs = NesVectorEnv(num_envs=lanes, engine=engine)
    envs.reset(seed=1)
    seconds = time.perf_counter() - begin
    begin = time.perf_counter()
    _step(envs, 50, lanes)
    rate = 50 * lanes / (time.perf_counter() - begin)
    total = sum(_set_sizes(envs.process_ids))
    envs.close()
    return {"start_seconds": seconds, "steps_per_second": rate, "pss_mib": total}


def behaviour(steps: int) -> list[list[int]]:
    """Return score and lives after each of a fixed sequence of inputs."""
    with Emulator(timeout=30) as emulator:
        emulator.poweron()
        return script(lambda buttons, frames: emulator.step(buttons, frames), steps)
