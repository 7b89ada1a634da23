"""What `copain doctor` checks: everything that the package needs."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from copain_gym.emulator import Emulator
from copain_gym.engines.engine import find_fceux
from copain_gym.engines.headless import find_headless
from copain_gym.errors import CopainError
from copain_gym.games import all_games
from copain_gym.games.registry import problems
from copain_gym.paths import data_directory, native_directory
from copain_gym.roms.rom import read_rom

__all__ = ["Check", "diagnose"]

_FRAMES = 2000  # for the measured speed


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        name: what was checked.
        ok: whether it works.
        detail: what was found.
        remedy: what to do if it does not work.
        required: whether the package cannot work without it.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    required: bool = True


def diagnose() -> Iterator[Check]:
    """Check everything, from the files to a running emulator."""
    yield _try("FCEUX", lambda: str(find_fceux()), "install it: apt install fceux")
    yield _try("bundled ROM", lambda: f"{read_rom().path.name}, MD5 {read_rom().md5}", _AGAIN)
    yield _bridge_module()
    yield _try("data folder", lambda: str(data_directory()), _FOLDERS, required=False)
    yield _check_games()
    yield from _check_engine("fceux")
    yield from _headless()


_AGAIN = (
    "install the package again: pip install --force-reinstall --no-deps copain-gym, "
    "or in a checkout: make setup"
)
_FOLDERS = "set HOME, or name folders by COPAIN_DATA_DIR and COPAIN_CACHE"
_DEBIAN_PACKAGES = {"libzmq.so.5": "libzmq5", "libsodium.so.23": "libsodium23"}
"""Packages of Debian and Ubuntu that have the libraries of the bridge module."""


def _bridge_module() -> Check:
    """Whether the compiled module is there, and every library that it loads."""
    name = "bridge module"
    try:
        path = native_directory() / "copain_native.so"
        listing = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return Check(name, False, str(error), _AGAIN)
    missing = missing_libraries(listing)
    if missing:
        return Check(name, False, f"{path} needs {', '.join(missing)}", install_hint(missing))
    return Check(name, True, str(path))


def missing_libraries(listing: str) -> list[str]:
    """Names of the libraries that are missing, from the output of `ldd`."""
    return re.findall(r"^\s*(\S+) => not found", listing, re.MULTILINE)


def install_hint(libraries: list[str]) -> str:
    """How to install shared libraries."""
    known = [_DEBIAN_PACKAGES[name] for name in libraries if name in _DEBIAN_PACKAGES]
    other = [name for name in libraries if name not in _DEBIAN_PACKAGES]
    hints = []
    if known:
        hints.append(f"install it: apt install {' '.join(known)} (Debian, Ubuntu)")
    if other:
        hints.append(f"install the packages of your system that have {', '.join(other)}")
    return "; ".join(hints)


def _check_games() -> Check:
    """The registered games; those of other packages are imported."""
    wrong = problems()
    detail = "; ".join(wrong) if wrong else ", ".join(all_games())
    return Check("games", not wrong, detail, "repair or uninstall that package", required=False)


def _headless() -> Iterator[Check]:
    name = "headless engine"
    try:
        executable = find_headless()
    except OSError as error:
        yield Check(name, False, str(error), "correct COPAIN_HEADLESS, or unset it")
        return
    except RuntimeError as error:  # no home directory
        yield Check(name, False, str(error), _FOLDERS, required=False)
        return
    if executable is None:
        detail = "not built; stock FCEUX is used instead, which is slower"
        yield Check(name, False, detail, "build it: copain engine build", required=False)
        return
    yield Check(name, True, str(executable), required=False)
    yield from _check_engine("headless")


def _check_engine(engine: str) -> Iterator[Check]:
    """A real start with the bridge, frames, their speed, a savestate."""
    begin = time.perf_counter()
    try:
        emulator = Emulator(engine=engine)
    except (CopainError, OSError) as error:
        yield Check(f"{engine}: start", False, str(error), "see the emulator's output above")
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
        raise CopainError("other frames follow after loading a savestate")
    return f"{len(data):,} bytes saved and loaded, the same frames follow"


def _try(name: str, check: Callable[[], str], remedy: str, *, required: bool = True) -> Check:
    try:
        return Check(name, True, check(), required=required)
    except (CopainError, OSError, RuntimeError) as error:
        return Check(name, False, str(error), remedy, required)
