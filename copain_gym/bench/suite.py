"""The rows of the benchmark, their contenders, and the ratios."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from copain_gym.bench.measure import Contender, Rates, ask, describe_machine, interleave
from copain_gym.engines.headless import find_headless
from copain_gym.games import find_game
from copain_gym.paths import expand_user
from copain_gym.roms.store import resolve_rom

__all__ = ["RATIOS", "run"]

_PIXELS = {"obs_type": "grayscale", "screen_size": (84, 84)}
_PEERS = ("stable-retro", "stable-baselines3", "gymnasium", "numpy", "cynes", "nes-py")

RATIOS = {
    "raw_vs_stable_retro": "frames/s without a picture, relative to stable-retro's `step()`",
    "raw_picture_vs_stable_retro": "the same with every frame drawn",
    "single_features_vs_stable_retro": "one environment, features, relative to stable-retro",
    "pool8_features_vs_stable_retro": "pool of 8, features, relative to stable-retro",
    "pool8_pixels_vs_stable_retro": "pool of 8, 84x84 grey, relative to stable-retro",
    "overhead_share_pool8": "share of a step of the pool of 8 that is not emulation",
    "pool8_two_cores_vs_one": "pool of 8, features, on two cores, relative to one",
    "search_nodes_per_second_core": "load, 4 frames, RAM, save in batches: per second on one core",
    "bridge_vs_bare_loop_stock": "stock emulator, one request per frame, relative to Lua",
}
"""The ratios and their meanings. Two of them are a share and a rate."""


@dataclass(frozen=True)
class _Row:
    """A row of the benchmark: contenders that take turns.

    Args:
        title: title in tables.
        unit: unit of the rates.
        quick: contenders of a quick benchmark.
        more: further contenders of a full benchmark.
    """

    title: str
    unit: str
    quick: tuple[Contender, ...]
    more: tuple[Contender, ...] = ()


def _pool(lanes: int, engine: str, transport: str, **options: Any) -> Contender:
    return Contender(
        f"copain {engine} {transport}",
        "ours:pool",
        {"lanes": lanes, "engine": engine, "transport": transport, **options},
        lanes,
    )


def _search(transport: str, *, batched: bool = False, one_core: bool = True) -> Contender:
    name = f"copain headless {transport}{', batches' * batched}{', one core' * one_core}"
    make = "ours:search_batched" if batched else "ours:search"
    return Contender(
        name, make, {"engine": "headless", "transport": transport, "one_core": one_core}
    )


def _own_emulators(lanes: int, **options: Any) -> Contender:
    return dataclasses.replace(
        _pool(lanes, "headless", "shm", lanes_per_process=1, **options),
        name="copain headless shm, an emulator a lane",
    )


def _on_cores(lanes: int, cores: int) -> Contender:
    name = f"copain headless shm, {cores} core{'s' * (cores > 1)}"
    return dataclasses.replace(_pool(lanes, "headless", "shm", cores=cores), name=name)


def _single(engine: str, transport: str, **options: Any) -> Contender:
    return Contender(
        f"copain {engine} {transport}",
        "ours:single",
        {"engine": engine, "transport": transport, **options},
    )


def _retro(lanes: int, kind: str, pixels: bool) -> Contender:
    name = {"subproc": "SubprocVecEnv", "async": "AsyncVectorEnv"}[kind]
    options = {"lanes": lanes, "kind": kind, "pixels": pixels}
    return Contender(f"stable-retro {name}", "peers:retro_vector", options, lanes)


def _subproc(lanes: int, **options: Any) -> Contender:
    options = {"lanes": lanes, "engine": "headless", "transport": "shm", **options}
    return Contender("copain headless SubprocVecEnv", "ours:subproc", options, lanes)


def _alone(lanes: int) -> Contender:
    return Contender("emulators alone", "ours:alone", {"lanes": lanes}, lanes)


def _rows() -> dict[str, _Row]:
    stock = "fceux"
    retro_raw = Contender("stable-retro step()", "peers:retro_raw")
    rows = {
        "raw": _Row(
            "raw engine, one core",
            "frames/s",
            (
                Contender("copain headless", "ours:raw", {"engine": "headless", "draw": False}),
                Contender(
                    "copain headless, drawn", "ours:raw", {"engine": "headless", "draw": True}
                ),
                retro_raw,
            ),
            (
                Contender("copain stock", "ours:raw", {"engine": stock}),
                Contender("cynes", "peers:cynes"),
                Contender("nes-py", "peers:nes_py"),
            ),
        ),
        "single_features": _Row(
            "one environment, features",
            "steps/s",
            (
                _single("headless", "shm"),
                _single("headless", "zmq"),
                Contender("stable-retro, RAM", "peers:retro_single"),
            ),
            (
                _single(stock, "zmq"),
                _single(stock, "shm"),
                Contender("cynes, 4 frames", "peers:cynes", {"skip": 4}),
                Contender("nes-py, 4 frames", "peers:nes_py", {"skip": 4}),
            ),
        ),
        "single_pixels": _Row(
            "one environment, 84x84 grey",
            "steps/s",
            (),
            (
                _single("headless", "shm", **_PIXELS),
                _single("headless", "zmq", **_PIXELS),
                Contender("stable-retro, 84x84", "peers:retro_single", {"pixels": True}),
            ),
        ),
        "search": _Row(
            "load, 4 frames, RAM, save",
            "nodes/s",
            (_search("shm", batched=True), _search("shm")),
            (
                _search("zmq", batched=True),
                _search("zmq"),
                _search("shm", batched=True, one_core=False),
                _search("shm", one_core=False),
            ),
        ),
        "round_trip": _Row(
            "round trip without a frame",
            "round trips/s",
            (),
            tuple(
                Contender(
                    f"copain headless {t}",
                    "ours:round_trip",
                    {"engine": "headless", "transport": t},
                )
                for t in ("shm", "zmq")
            ),
        ),
        "loops": _Row(
            "loops over four frames",
            "steps/s",
            (),
            (
                Contender("copain headless, in Lua", "ours:loops", {"in_lua": True}),
                Contender("copain headless, in Python", "ours:loops", {"in_lua": False}),
            ),
        ),
        "bridge": _Row(
            "stock emulator, one request per frame",
            "frames/s",
            (
                Contender("copain stock zmq", "ours:bridge"),
                Contender("bare Lua loop", "ours:raw", {"engine": stock}),
            ),
            (Contender("copain stock shm", "ours:bridge", {"transport": "shm"}),),
        ),
    }
    cores = [n for n in (1, 2, 4, 8, 16) if n <= len(os.sched_getaffinity(0))]
    rows["pool8_cores"] = _Row(
        "pool of 8, features, on some cores",
        "steps/s",
        tuple(_on_cores(8, n) for n in cores[:2]),
        tuple(_on_cores(8, n) for n in cores[2:]),
    )
    rows["pool8_stack"] = _Row(
        "pool of 8, 84x84 grey, stack of 4",
        "steps/s",
        (),
        (
            _pool(8, "headless", "shm", frame_stack=4, **_PIXELS),
            _own_emulators(8, frame_stack=4, **_PIXELS),
        ),
    )
    rows["ppo"] = _Row(
        "training with PPO of Stable-Baselines3, 16 lanes",
        "steps/s",
        (),
        (Contender("copain headless", "ours:ppo", {"lanes": 16, "engine": "headless"}, 128 * 16),),
    )
    for lanes in (32, 64):
        rows[f"pool{lanes}_features"] = _Row(
            f"pool of {lanes}, features",
            "steps/s",
            (),
            (_pool(lanes, "headless", "shm"), _own_emulators(lanes)),
        )
        rows[f"pool{lanes}_pixels"] = _Row(
            f"pool of {lanes}, 84x84 grey",
            "steps/s",
            (),
            (_pool(lanes, "headless", "shm", **_PIXELS), _own_emulators(lanes, **_PIXELS)),
        )
    for lanes in (1, 2, 4, 8, 16):
        quick: tuple[Contender, ...] = (
            _pool(lanes, "headless", "shm"),
            _alone(lanes),
            _retro(lanes, "subproc", pixels=False),
        )
        more: tuple[Contender, ...] = (_pool(lanes, "headless", "zmq"),)
        pixels: tuple[Contender, ...] = (
            _pool(lanes, "headless", "shm", **_PIXELS),
            _retro(lanes, "subproc", pixels=True),
        )
        more_pixels: tuple[Contender, ...] = ()
        if lanes == 8:
            more += (_own_emulators(lanes), _pool(lanes, stock, "shm"), _subproc(lanes))
            more += (_retro(lanes, "async", pixels=False),)
            more_pixels = (_own_emulators(lanes, **_PIXELS), _subproc(lanes, **_PIXELS))
            more_pixels += (_pool(lanes, "headless", "zmq", **_PIXELS),)
            more_pixels += (_retro(lanes, "async", pixels=True),)
        else:
            quick, more = (), quick + more
            pixels, more_pixels = (), pixels + more_pixels
        rows[f"pool{lanes}_features"] = _Row(f"pool of {lanes}, features", "steps/s", quick, more)
        rows[f"pool{lanes}_pixels"] = _Row(
            f"pool of {lanes}, 84x84 grey", "steps/s", pixels, more_pixels
        )
    return rows


def _rows_of_game(game: str) -> dict[str, _Row]:
    """Environments and pools with one game; other packages do not know it."""
    rows = {}
    for key, title, options in (("features", "features", {}), ("pixels", "84x84 grey", _PIXELS)):
        played = {"game": game, **options}
        rows[f"single_{key}"] = _Row(
            f"one environment, {title}",
            "steps/s",
            (_single("headless", "shm", **played),),
            (_single("headless", "zmq", **played), _single("fceux", "zmq", **played)),
        )
        for lanes in (8, 2, 16):
            contenders = (_pool(lanes, "headless", "shm", **played),)
            rows[f"pool{lanes}_{key}"] = _Row(
                f"pool of {lanes}, {title}",
                "steps/s",
                *((contenders,) if lanes == 8 else ((), contenders)),
            )
    return rows


def run(
    quick: bool = False,
    say: Callable[[str], None] = lambda text: None,
    game: str | None = None,
) -> dict[str, Any]:
    """Run the benchmark.

    Args:
        quick: measure only what the ratios need, in less than two minutes.
        say: receives messages about the progress.
        game: measure this package's environments with this game alone, a name, a file or a
            folder; None is the bundled game, beside other packages.

    Raises:
        ValueError: there is no such game.
        RomError: its ROM is missing.

    Returns:
        `ratios`, `rows`, `extra`, `behaviour`, `machine`, `versions`: see docs/benchmarks.md.
    """
    if find_headless() is None:
        say("the headless engine is not built (`copain engine build`); its rows are left out")
    rom = "hirondelle.nes"
    if game:
        rom = resolve_rom(find_game(game)).name
        path = expand_user(game)  # workers find it wherever they are
        rows_to_measure = _rows_of_game(str(path.absolute()) if path.exists() else game)
    else:
        rows_to_measure = _rows()
    machine = describe_machine()
    if game:
        behaviour: dict[str, Any] = {"compared": False, "why_not": "it does not know the game"}
    else:
        say("comparing the behaviour with stable-retro")
        behaviour = _compare_behaviour(200 if quick else 2000)
    rounds, seconds = (5, 0.4) if quick else (9, 1.0)
    measured: dict[str, list[Rates]] = {}
    rows: dict[str, Any] = {}
    for key, row in rows_to_measure.items():
        contenders = row.quick if quick else row.quick + row.more
        if not contenders:
            continue
        measured[key] = interleave(contenders, rounds, seconds, _prefixed(say, row.title))
        rows[key] = {
            "title": row.title,
            "unit": row.unit,
            "contenders": [rates.to_dict() for rates in measured[key]],
        }
    return {
        "quick": quick,
        "machine": {**machine, "load_average_after": os.getloadavg()[0]},
        "game": find_game(game or "hirondelle").title,
        "versions": {"copain-gym": importlib.metadata.version("copain-gym"), **_versions()},
        "conditions": {"rom": rom, "frame_skip": 4, "sound": False},
        "behaviour": behaviour,
        "ratios": {} if game else _ratios(measured),
        "rows": rows,
        "extra": {} if quick or game else _extra(say),
    }


def _prefixed(say: Callable[[str], None], title: str) -> Callable[[str], None]:
    return lambda text: say(f"{title}: {text}")


def _versions() -> dict[str, str]:
    found = {}
    for name in _PEERS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _compare_behaviour(steps: int) -> dict[str, Any]:
    """Compare score and lives here and in stable-retro after the same inputs."""
    try:
        here = ask("ours:behaviour", steps=steps)
        there = ask("peers:behaviour", steps=steps)
    except RuntimeError as error:
        return {"compared": False, "why_not": str(error)}
    different = [k for k, (a, b) in enumerate(zip(here, there, strict=True)) if a != b]
    return {
        "compared": True,
        "steps": steps,
        "equal": not different,
        "first_difference": different[0] if different else None,
        "final_score": here[-1][0],
    }


def _ratios(measured: dict[str, list[Rates]]) -> dict[str, float | None]:
    def rate(row: str, name: str) -> float:
        return next((r.median for r in measured.get(row, ()) if r.name == name), 0.0)

    def divide(a: float, b: float) -> float | None:
        return a / b if a and b else None

    ours, raw_retro = "copain headless shm", rate("raw", "stable-retro step()")
    workers = "stable-retro SubprocVecEnv"
    pool, alone = rate("pool8_features", ours), rate("pool8_features", "emulators alone")
    return {
        "raw_vs_stable_retro": divide(rate("raw", "copain headless"), raw_retro),
        "raw_picture_vs_stable_retro": divide(rate("raw", "copain headless, drawn"), raw_retro),
        "single_features_vs_stable_retro": divide(
            rate("single_features", ours), rate("single_features", "stable-retro, RAM")
        ),
        "pool8_features_vs_stable_retro": divide(pool, rate("pool8_features", workers)),
        "pool8_pixels_vs_stable_retro": divide(
            rate("pool8_pixels", ours), rate("pool8_pixels", workers)
        ),
        "overhead_share_pool8": 1 - pool / alone if pool and alone else None,
        "pool8_two_cores_vs_one": divide(
            rate("pool8_cores", f"{ours}, 2 cores"), rate("pool8_cores", f"{ours}, 1 core")
        ),
        "search_nodes_per_second_core": rate("search", f"{ours}, batches, one core") or None,
        "bridge_vs_bare_loop_stock": divide(
            rate("bridge", "copain stock zmq"), rate("bridge", "bare Lua loop")
        ),
    }


def _extra(say: Callable[[str], None]) -> dict[str, Any]:
    """Measure start time, memory, and a pool of 64."""
    found: dict[str, Any] = {}
    for engine in ("headless", "fceux"):
        for what in ("startup", "memory"):
            say(f"{what} of {engine}")
            options = {"transport": "shm"} if what == "startup" else {}
            unit = "ms" if what == "startup" else "mib"
            found[f"{what}_{unit}_{engine}"] = _try(f"ours:{what}", engine=engine, **options)
    say("a pool of 64")
    found["pool_of_64"] = _try("ours:big_pool", lanes=64)
    say("memory of a lane that shares its emulator")
    found["memory_mib_shared_lane"] = _try(
        "ours:memory", engine="headless", lanes=16, lanes_per_process=8
    )
    return found


def _try(function: str, **options: Any) -> Any:
    try:
        return ask(function, **options)
    except RuntimeError as error:
        return {"left_out": str(error)}
