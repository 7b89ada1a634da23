"""Builds the headless engine: what `copain engine build` does."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import IO

from copain_gym.engines.cores import usable_cores
from copain_gym.engines.headless.locations import (
    EXECUTABLE,
    source_key,
)
from copain_gym.engines.headless.source import ARCHIVE_SHA256, get_archive, unpack
from copain_gym.errors import CopainError
from copain_gym.paths import bundled_rom, cache_directory, engine_directory

__all__ = ["BuildError", "build", "missing_tools"]

_DEBIAN_PACKAGES = "g++ cmake make pkg-config liblua5.1-0-dev zlib1g-dev"

Progress = Callable[[str], None]

_PERCENT = re.compile(r"\[ *(\d+)%\]")
_TELL_EVERY = 20  # per cent


class BuildError(CopainError):
    """The headless engine cannot be built here; the message says what is missing or failed."""


def missing_tools() -> list[str]:
    """The tools that a build needs and this machine lacks, such as `the program cmake`."""
    missing = [
        f"the program {tool}"
        for tool in (os.environ.get("CXX", "g++"), "cmake", "make", "pkg-config")
        if shutil.which(tool.split()[0]) is None
    ]
    if shutil.which("pkg-config"):
        for name, modules in (
            ("Lua 5.1's headers", ("lua5.1", "lua-5.1", "lua51")),
            ("zlib's headers", ("zlib",)),
        ):
            if all(subprocess.run(["pkg-config", "--exists", m]).returncode for m in modules):
                missing.append(name)
    return missing


def _compiler() -> str:
    """The compiler's version line, and the machine's architecture."""
    compiler = os.environ.get("CXX", "g++").split()
    try:
        version = subprocess.run(
            [*compiler, "-v"], capture_output=True, text=True, check=True, timeout=30
        ).stderr
    except (OSError, subprocess.SubprocessError) as error:
        raise BuildError(f"the compiler {' '.join(compiler)!r} does not run: {error}") from None
    return version.strip().splitlines()[-1] + " " + platform.machine()


def build(
    source: Path | None = None,
    *,
    jobs: int | None = None,
    pgo: bool = True,
    force: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Build and install the headless engine; does nothing if it is already built.

    The build goes to the user's cache (`COPAIN_CACHE`, else the XDG cache folder), in a folder
    named by a hash of its sources, patches, compiler and flags. Only one build runs at a time; a
    second one waits.

    Args:
        source: FCEUX's source archive; None downloads it with apt, once.
        jobs: number of compilers to run at once; None uses the number of usable cores.
        pgo: use profile-guided optimisation with a run of the bundled game (compiles the core
            twice).
        force: build even if it is already built.
        progress: called with a line of text at each step.

    Returns:
        The executable.

    Raises:
        BuildError: a tool is missing, or a step failed.
        SourceError: FCEUX's source cannot be downloaded, or is not the expected one.
    """
    tell = progress or (lambda text: None)
    missing = missing_tools()
    if missing:
        raise BuildError(
            f"the headless engine cannot be built: {', '.join(missing)} missing "
            f"(Debian and Ubuntu: `apt install {_DEBIAN_PACKAGES}`)"
        )
    compiler = _compiler()
    flags = {name: os.environ.get(name, "") for name in ("CFLAGS", "CXXFLAGS", "LDFLAGS")}
    recipe = {"compiler": compiler, "pgo": pgo, "source": ARCHIVE_SHA256, **flags}
    recipe_key = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:12]
    home = cache_directory() / "engine"
    executable = home / f"{source_key()}-{recipe_key}" / EXECUTABLE
    if executable.is_file() and not force:
        return executable
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "lock").open("w")
    except OSError as error:
        raise BuildError(
            f"the folder {home} cannot be written: {error.strerror}; "
            f"COPAIN_CACHE names another cache folder"
        ) from error
    with _locked(lock, tell):
        for left_over in home.glob("build-*"):  # of a build that was killed
            shutil.rmtree(left_over, ignore_errors=True)
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="build-", dir=home) as work:
            # Compile a copy, so that edits during the build cannot make its key wrong.
            engine = Path(work) / "engine"
            shutil.copytree(engine_directory(), engine)
            version = source_key(engine)
            executable = home / f"{version}-{recipe_key}" / EXECUTABLE
            if executable.is_file() and not force:
                return executable
            builder = _Builder(engine, Path(work), jobs or usable_cores(), tell)
            made = builder.run(source, version, pgo)
            (made.parent / "build.json").write_text(json.dumps(recipe, indent=1) + "\n")
            if executable.parent.exists():
                shutil.rmtree(executable.parent)
            made.parent.replace(executable.parent)
        tell(f"built in {time.monotonic() - started:.0f} s: {executable}")
    return executable


@contextmanager
def _locked(file: IO[str], tell: Progress) -> Iterator[None]:
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("waiting for another build to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


class _Builder:
    """One build, in its own folder."""

    def __init__(self, engine: Path, work: Path, jobs: int, tell: Progress) -> None:
        self.engine = engine
        self.work = work
        self.jobs = jobs
        self.tell = tell
        self.tree = work / "build"

    def run(self, source: Path | None, version: str, pgo: bool) -> Path:
        """Build, and return the stripped executable, in a folder ready to install."""
        self.tell("getting FCEUX's source")
        archive = get_archive(cache_directory() / "engine", source)
        patches = sorted((self.engine / "patches").glob("*.patch"))
        self.tell(f"unpacking it and applying {len(patches)} patches")
        fceux = unpack(archive, self.work / "source", patches)
        settings = [
            f"-DFCEUX_SOURCE={fceux}",
            f"-DCOPAIN_ENGINE_VERSION={metadata.version('copain-gym')}+{version}",
            f"-DPGO_PROFILE={self.work / 'profile'}",
        ]
        if pgo:
            self._compile([*settings, "-DPGO=generate"], "compiling for the profiling run")
            self._profile()
            self._compile([*settings, "-DPGO=use"], "compiling with the profile")
        else:
            self._compile(settings, "compiling")
        install = self.work / "install"
        install.mkdir()
        made = install / EXECUTABLE
        shutil.copy2(self.tree / EXECUTABLE, made)
        if shutil.which("strip"):
            self._step(["strip", "--strip-unneeded", str(made)], "strip")
        self._step([str(made), "--version"], "the new engine")
        return made

    def _compile(self, settings: list[str], what: str) -> None:
        self.tell(f"{what} ({self.jobs} jobs)")
        self._step(["cmake", "-S", str(self.engine), "-B", str(self.tree), *settings], "cmake")
        command = ["cmake", "--build", str(self.tree), "--parallel", str(self.jobs)]
        self._step(command, "the compiler", progress=what)

    def _profile(self) -> None:
        self.tell("profiling with the bundled game")
        rom = bundled_rom()
        if not rom.is_file():
            raise BuildError(f"the bundled game {str(rom)!r} is missing; install the package again")
        home = self.work / "home"
        home.mkdir()
        script = self.engine / "pgo" / "train.lua"
        self._step(
            [str(self.tree / EXECUTABLE), "--rom", str(rom), "--lua", str(script)],
            "the profiling run",
            HOME=str(home),
        )

    def _step(self, command: list[str], what: str, progress: str = "", **environment: str) -> None:
        """Run a program; `progress` names what its percentages are told as."""
        log: list[str] = []
        told = 0
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=dict(os.environ, **environment),
        ) as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    log.append(line.rstrip())
                    found = _PERCENT.match(line)
                    if progress and found and int(found[1]) >= told + _TELL_EVERY:
                        told = int(found[1]) // _TELL_EVERY * _TELL_EVERY
                        self.tell(f"{progress}: {told} %")
            except BaseException:  # Ctrl-C, or nobody reads what is told
                process.kill()
                raise
        if process.returncode:
            errors = [line for line in log if "error" in line.lower()][:5]
            tail = "\n".join(errors or log[-15:])
            raise BuildError(f"{what} failed with exit status {process.returncode}:\n{tail}")
