"""`copain engine`: build, check and find the headless engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from copain_gym.cli.command import Exit, Flag, print_json
from copain_gym.engines.headless.locations import find_headless
from copain_gym.errors import CopainError, EmulatorNotFound

__all__ = ["engine_build", "engine_check", "engine_path"]

_Positive = Annotated[int, Parameter(validator=Number(gte=1))]


def engine_build(
    *,
    source: Path | None = None,
    jobs: _Positive | None = None,
    pgo: bool = True,
    force: Flag = False,
) -> None:
    """Build the headless engine.

    It is built from FCEUX's source and kept in the cache folder. If it is already built, nothing
    is done.

    Args:
        source: FCEUX's source archive. By default it is downloaded with apt.
        jobs: Number of compilers that run at the same time. By default one for each core.
        pgo: Compile twice, the second time with a profile of the first. The result is faster.
        force: Build even if it is built already.
    """
    from copain_gym.engines.headless.build import build

    said = False

    def tell(text: str) -> None:
        nonlocal said
        said = True
        print(text, flush=True)

    executable = build(source, jobs=jobs, pgo=pgo, force=force, progress=tell)
    if not said:
        print(f"already built: {executable}")


def engine_check(
    *roms: Path,
    frames: _Positive = 20000,
    seed: int = 1,
    engine_option: tuple[str, ...] = (),
    json: Flag = False,
) -> int:
    """Compare the headless engine with stock FCEUX, frame by frame.

    The same inputs, resets and savestates are played in both engines. RAM, pictures and machine
    states are compared. Exit status: 0 no difference, 1 differences, 2 the check could not be
    made.

    Args:
        roms: ROM files. By default the bundled game.
        frames: Length of the long scenarios, in frames.
        seed: Seed of the inputs and events.
        engine_option: Further options for fceux-headless. With a dash in front, write
            `--engine-option=--name`.
        json: Print one JSON object instead of text. Progress goes to stderr.
    """
    import sys

    from copain_gym.engines.engine import find_fceux
    from copain_gym.engines.headless.check import run_check
    from copain_gym.paths import bundled_rom

    out = sys.stderr if json else sys.stdout
    try:
        report = run_check(
            [_rom_file(rom) for rom in roms] or [bundled_rom()],
            frames,
            seed,
            stock=find_fceux(),
            headless=_built(),
            headless_options=engine_option,
            progress=lambda text: print(text, file=out, flush=True),
        )
    except (CopainError, FileNotFoundError) as error:
        print(f"copain engine check: {error}", file=sys.stderr)
        return Exit.USAGE
    if json:
        print_json(
            {
                "ok": report.ok,
                "frames": report.frames,
                "states": report.states,
                "differences": report.differences,
            }
        )
    else:
        print(
            f"{report.frames} frames and {report.states} whole states compared with stock FCEUX: "
            f"{len(report.differences)} differences"
        )
    return Exit.SUCCESS if report.ok else Exit.FAILURE


def engine_path(*, json: Flag = False) -> None:
    """Print the path of the headless engine.

    Exit status: 0 it is built, 1 it is not.

    Args:
        json: Print one JSON object instead of the path.
    """
    executable = _built()
    if json:
        print_json({"path": executable})
    else:
        print(executable)


def _built() -> Path:
    executable = find_headless()
    if executable is None:
        raise EmulatorNotFound("the headless engine is not built; `copain engine build` builds it")
    return executable


def _rom_file(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"{str(path)!r} is not a file")
    return path
