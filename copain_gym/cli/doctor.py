"""`copain doctor`: checks each piece that the package stands on, with one line each."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from copain_gym.emulator import Emulator
from copain_gym.engines.engine import find_fceux
from copain_gym.engines.headless import find_headless
from copain_gym.errors import CopainError
from copain_gym.games import all_games
from copain_gym.games.registry import problems
from copain_gym.paths import native_directory
from copain_gym.roms.rom import read_rom

__all__ = ["Check", "diagnose", "report"]

_FRAMES = 2000  # for the measured speed


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        name: what was checked.
        ok: whether it works.
        detail: what was found.
        remedy: what to do where it does not work.
        required: whether the package is of no use without it.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    required: bool = True


def diagnose() -> Iterator[Check]:
    """Check all pieces, from the files to a running emulator."""
    yield _try("FCEUX", lambda: str(find_fceux()), "install it: apt install fceux")
    yield _try("bundled ROM", lambda: f"{read_rom().path.name}, MD5 {read_rom().md5}", _AGAIN)
    yield _try("bridge module", _module, _AGAIN)
    yield _check_games()
    yield from _check_engine("fceux")
    if find_headless() is None:
        yield Check(
            "headless engine",
            False,
            "not built; the stock emulator does its work more slowly",
            "build it: copain engine build",
            required=False,
        )
    else:
        yield Check("headless engine", True, str(find_headless()), required=False)
        yield from _check_engine("headless")


_AGAIN = "install the package again (from a checkout: make setup)"


def _check_games() -> Check:
    """The registered games; those of other packages are imported."""
    wrong = problems()
    detail = "; ".join(wrong) if wrong else ", ".join(all_games())
    return Check("games", not wrong, detail, "repair or uninstall that package", required=False)


def _module() -> str:
    path = native_directory() / "copain_native.so"
    libraries = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
    if "not found" in libraries:
        missing = [line.split()[0] for line in libraries.splitlines() if "not found" in line]
        raise CopainError(f"{path} misses {', '.join(missing)}")
    return str(path)


def _check_engine(engine: str) -> Iterator[Check]:
    """A real start with the bridge, frames, their speed, a savestate."""
    begin = time.perf_counter()
    try:
        emulator = Emulator(engine=engine)
    except (CopainError, FileNotFoundError) as error:
        yield Check(f"{engine}: start", False, str(error), "read the emulator's lines above")
        return
    with emulator:
        took = time.perf_counter() - begin
        yield Check(f"{engine}: start", True, f"bridge answers after {took:.2f} s")
        yield _try(f"{engine}: 100 frames", lambda: _hundred_frames(emulator), "")
        yield _try(f"{engine}: speed", lambda: _speed(emulator), "")
        yield _try(f"{engine}: savestate", lambda: _round_trip(emulator), "")


def _hundred_frames(emulator: Emulator) -> str:
    emulator.poweron()
    first = emulator.step(frames=100).copy()
    emulator.poweron()
    if not np.array_equal(emulator.step(frames=100), first):
        raise CopainError("two runs from power-on end in different RAM")
    return "two runs from power-on end in the same RAM"


def _speed(emulator: Emulator) -> str:
    begin = time.perf_counter()
    emulator.step(frames=_FRAMES)
    return f"{_FRAMES / (time.perf_counter() - begin):,.0f} frames/s"


def _round_trip(emulator: Emulator) -> str:
    data = emulator.save_state().to_bytes()
    first = emulator.step("A", frames=60).copy()
    emulator.load_state(data)
    if not np.array_equal(emulator.step("A", frames=60), first):
        raise CopainError("the frames after a loaded state differ")
    return f"{len(data):,} bytes there and back, same frames after it"


def _try(name: str, check: Callable[[], str], remedy: str) -> Check:
    try:
        return Check(name, True, check())
    except (CopainError, OSError, subprocess.SubprocessError) as error:
        return Check(name, False, str(error), remedy)


def report(as_json: bool) -> int:
    """Print all checks.

    Args:
        as_json: one JSON object instead of lines for people.

    Returns:
        The exit status: 0 only when all that is required works.
    """
    checks: list[dict[str, Any]] = []
    well = True
    for check in diagnose():
        checks.append(asdict(check))
        well = well and (check.ok or not check.required)
        if not as_json:
            mark = "ok  " if check.ok else "FAIL" if check.required else "--  "
            print(f"{mark} {check.name}: {check.detail}", flush=True)
            if not check.ok and check.remedy:
                print(f"     {check.remedy}")
    if as_json:
        print(json.dumps({"ok": well, "checks": checks}, indent=2))
    return 0 if well else 1
