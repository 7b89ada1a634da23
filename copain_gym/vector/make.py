"""`make_pool`: the pool that the options of a vector environment ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor

from copain_gym.emulator import PooledEmulator
from copain_gym.engines.cores import usable_cores
from copain_gym.engines.engine import find_engine
from copain_gym.engines.headless.states import INCOMPLETE
from copain_gym.envs.task import Task
from copain_gym.errors import EmulatorNotFound
from copain_gym.roms.rom import read_rom
from copain_gym.vector.options import VectorOptions
from copain_gym.vector.pool import Pool
from copain_gym.vector.separate import SeparatePool
from copain_gym.vector.shared import SharedPool
from copain_gym.vector.worker import FaultBudget, SharedStarts, Worker

__all__ = ["make_pool", "make_separate_pool"]


def make_pool(
    options: VectorOptions, task: Task, rom: str | os.PathLike[str], executor: Executor
) -> Pool:
    """Make a pool; its emulators start when episodes begin.

    Args:
        options: the options of the vector environment.
        task: its task.
        rom: path of the ROM.
        executor: runs the starts of emulators in the background.
    """
    each = _lanes_per_process(options, task, rom)
    if each == 1:
        return make_separate_pool(options, task, rom, executor)
    return SharedPool(
        _workers(options, task, rom, executor, range(0, options.count, each)),
        each,
        options.states,
        task.game,
        task.small,
        options.players,
    )


def _lanes_per_process(options: VectorOptions, task: Task, rom: str | os.PathLike[str]) -> int:
    """How many lanes an emulator plays.

    Raises:
        ValueError: the options ask for several, but something else needs an emulator for each lane.
    """
    asked = options.lanes_per_process
    if asked == 1 or options.count == 1:
        return 1
    needed = _need_of_emulators(options, task, rom)
    if needed is None:
        return asked or -(-options.count // usable_cores())
    if asked is not None:
        raise ValueError(f"lanes_per_process is {asked}; allowed are 1 and None, because {needed}")
    return 1


def _need_of_emulators(
    options: VectorOptions, task: Task, rom: str | os.PathLike[str]
) -> str | None:
    """Why each lane needs an emulator of its own; None if it does not."""
    if options.endpoints is not None:
        return "each of the endpoints is an emulator"
    if any(options.render_modes):
        return "render_mode shows the picture of an emulator"
    if task.needs_screen and task.small is None:
        return "whole pictures are fetched from each emulator"
    mapper = read_rom(rom).mapper
    if mapper in INCOMPLETE:
        return f"savestates of mapper {mapper} are incomplete"
    try:
        engine = find_engine(options.engine)
    except EmulatorNotFound:
        return "the engine is not installed"  # its error comes with the first start
    return None if engine.name == "headless" else f"the engine is {engine.name!r}"


def make_separate_pool(
    options: VectorOptions, task: Task, rom: str | os.PathLike[str], executor: Executor
) -> SeparatePool:
    """Make a pool with an emulator for each lane; see `make_pool`."""
    small = task.small  # the emulators scale pictures down at the same time
    whole = task.needs_screen and small is None
    return SeparatePool(
        _workers(options, task, rom, executor, range(options.count)),
        task.game,
        [whole or mode == "rgb_array" for mode in options.render_modes],
        options.obs_type if task.needs_screen else None,
        small,
        options.players,
    )


def _workers(
    options: VectorOptions,
    task: Task,
    rom: str | os.PathLike[str],
    executor: Executor,
    lanes: range,
) -> list[Worker]:
    """The emulators that begin in these lanes, one for each."""
    budget, starts = FaultBudget(options.max_faults), SharedStarts()
    return [
        Worker(
            _starter(options, rom, lane),
            task.game,
            options.states[lane],
            executor,
            budget,
            starts,
            task.small,
            options.players,
        )
        for lane in lanes
    ]


def _starter(
    options: VectorOptions, rom: str | os.PathLike[str], lane: int
) -> Callable[[Callable[[], bool]], PooledEmulator]:
    """The function that starts the emulator of a lane."""

    def start(wanted: Callable[[], bool]) -> PooledEmulator:
        if options.endpoints is not None:
            return PooledEmulator.connect(
                options.endpoints[lane],
                keys=options.keys,
                rom=rom,
                timeout=options.timeout,
                wanted=wanted,
            )
        return PooledEmulator(
            rom,
            engine=options.engine,
            window=options.render_modes[lane] == "human",
            transport=options.transport,
            timeout=options.timeout,
            region=options.region,
            wanted=wanted,
        )

    return start
