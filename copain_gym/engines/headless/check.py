"""Compares the headless engine with stock FCEUX: what `copain engine check` does.

Both engines play the same plans of inputs and events. After every frame the 2 KB of RAM must be
equal, now and then the picture and the whole machine state too; and the headless engine must come
to the same machine state in every frame whether it draws all frames, some or none.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from copain_gym.engines.headless.runs import Plan, Run, make_plan
from copain_gym.engines.headless.states import OWN_FIELDS, read_fields

__all__ = ["Difference", "Report", "run_check"]

Progress = Callable[[str], None]

_CHECKPOINTS = 8  # frames of a scenario at which whole states are compared with stock FCEUX


@dataclass(frozen=True)
class Difference:
    """Where two runs part.

    Attributes:
        rom: the program.
        scenario: what was played.
        runs: names of the two runs.
        frame: the first frame after which they differ, counted from 1.
        field: the first field of the machine that differs, such as `CPU.RAM[$0012]`.
        values: what the two have there.
    """

    rom: str
    scenario: str
    runs: tuple[str, str]
    frame: int
    field: str
    values: tuple[str, str]

    def __str__(self) -> str:
        return (
            f"{self.rom}, {self.scenario}: {self.runs[0]} and {self.runs[1]} differ after frame "
            f"{self.frame} in {self.field}: {self.values[0]} and {self.values[1]}"
        )


@dataclass(frozen=True)
class Report:
    """The result of a check.

    Attributes:
        frames: frames compared, over all ROMs and scenarios.
        states: whole machine states compared with stock FCEUX.
        differences: at most one a ROM and scenario.
    """

    frames: int
    states: int
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing differed."""
        return not self.differences


@dataclass(frozen=True)
class _Scenario:
    name: str
    plan: Plan
    options: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())  # stock, headless
    hooks: bool = False
    exchange: bool = False
    whole_states: bool = True


def _scenarios(frames: int, seed: int) -> Iterator[_Scenario]:
    short = max(frames // 5, min(frames, 300))
    yield _Scenario("inputs and resets", make_plan(frames, seed))
    # A load leaves what stock FCEUX does not save as it was, in stock FCEUX.
    reloads = make_plan(frames, seed + 1, reloads=7)
    yield _Scenario("savestates", reloads, whole_states=False)
    exchanges = make_plan(short, seed + 2, exchanges=25, resets=False)
    yield _Scenario("exchanged savestates", exchanges, exchange=True, whole_states=False)
    yield _Scenario("memory hooks", make_plan(max(short // 4, 60), seed + 3), hooks=True)
    pal = (("--pal", "1"), ("--pal",))
    yield _Scenario("PAL", make_plan(short, seed + 4), options=pal)
    new_ppu = (("--newppu", "1"), ("--newppu",))
    yield _Scenario("new PPU", make_plan(max(short // 4, 60), seed + 5), options=new_ppu)


def run_check(
    roms: Sequence[Path],
    frames: int,
    seed: int = 1,
    *,
    stock: Path,
    headless: Path,
    headless_options: Sequence[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Play every scenario on every ROM in both engines and compare.

    Args:
        roms: the programs.
        frames: length of the long scenarios.
        seed: of inputs and events.
        stock: the stock FCEUX executable.
        headless: the headless executable.
        headless_options: further options for it.
        progress: is called with a line of text for each scenario.

    Raises:
        RunError: an engine failed.
        ValueError: no frames, or no ROM.
    """
    if frames < 1:
        raise ValueError(f"frames is {frames}; at least 1 is needed")
    if not roms:
        raise ValueError("no ROM to check")
    tell = progress or (lambda text: None)
    compared = states = 0
    differences = []
    for rom in roms:
        for scenario in _scenarios(frames, seed):
            pair = (
                Run("stock", stock, False, scenario.options[0], hooks=scenario.hooks),
                Run(
                    "headless",
                    headless,
                    True,
                    (*headless_options, *scenario.options[1]),
                    hooks=scenario.hooks,
                    states=True,
                ),
            )
            difference, checked = _compare(rom.absolute(), scenario, *pair)
            compared += scenario.plan.frames
            states += checked
            verdict = "equal" if difference is None else f"DIFFERENT: {difference}"
            tell(f"{rom.name}: {scenario.name}, {scenario.plan.frames} frames: {verdict}")
            if difference is not None:
                differences.append(difference)
    return Report(compared, states, tuple(differences))


def _compare(
    rom: Path, scenario: _Scenario, stock: Run, headless: Run
) -> tuple[Difference | None, int]:
    """Compare one scenario: the first difference, and how many whole states were compared."""
    plan = scenario.plan
    if scenario.exchange:
        return _compare_exchange(rom, scenario, stock, headless), 0
    runs = (
        stock,
        headless,
        replace(headless, name="headless without pictures", draw="none"),
        replace(headless, name="headless with every third picture", draw="some"),
    )
    count = _CHECKPOINTS if scenario.whole_states else 0
    checkpoints = sorted({plan.frames * (i + 1) // count for i in range(count)} - {0})
    with ThreadPoolExecutor(2) as pool:
        played = list(pool.map(lambda run: run.play(rom, plan, checkpoints), runs))
    traces = [lines for lines, _ in played]
    # A line: RAM, callbacks, now and then the picture where all are drawn, the state where known.
    comparisons = [(0, 1, slice(None, -17)), (0, 2, slice(15)), (0, 3, slice(15))]
    comparisons += [(1, 2, slice(-16, None)), (1, 3, slice(-16, None))]
    for one, other, part in comparisons:
        first = traces[0] if other == 1 else [line[part] for line in traces[one]]
        frame = _first_difference(first, [line[part] for line in traces[other]])
        if frame:
            return _explain(rom, scenario, (runs[one], runs[other]), frame), 0
    for number, frame in enumerate(checkpoints):
        pair = (played[0][1][number], played[1][1][number])
        found = _differing_field(*pair)
        if found is not None:
            names = (runs[0].name, runs[1].name)
            return Difference(rom.name, scenario.name, names, frame, *found), 0
    return None, len(checkpoints)


def _compare_exchange(
    rom: Path, scenario: _Scenario, stock: Run, headless: Run
) -> Difference | None:
    """Each engine saves states to files, and the other loads them at the same frames."""
    with tempfile.TemporaryDirectory(prefix="copain-check-") as name:
        folders = [Path(name) / "stock", Path(name) / "headless"]
        for folder in folders:
            folder.mkdir()
        savers = [replace(stock, export=folders[0]), replace(headless, export=folders[1])]
        loaders = [
            replace(stock, name="stock with headless states", import_=folders[1]),
            replace(headless, name="headless with stock states", import_=folders[0]),
        ]
        with ThreadPoolExecutor(2) as pool:
            saved = list(pool.map(lambda run: run.play(rom, scenario.plan)[0], savers))
            loaded = list(pool.map(lambda run: run.play(rom, scenario.plan)[0], loaders))
        for run, trace in zip([savers[1], *loaders], [saved[1], *loaded], strict=True):
            frame = _first_difference([line[:8] for line in saved[0]], [line[:8] for line in trace])
            if frame:
                return _explain(rom, scenario, (savers[0], run), frame)
    return None


def _first_difference(first: list[str], second: list[str]) -> int:
    """Number of the first line in which two traces differ, from 1; 0 is none."""
    for number, (one, two) in enumerate(zip(first, second, strict=True), 1):
        if one != two:
            return number
    return 0


def _explain(rom: Path, scenario: _Scenario, runs: tuple[Run, Run], frame: int) -> Difference:
    """Play both runs up to the frame again and name the first field that differs."""
    plan = Plan(scenario.plan.data[: frame * 3])
    states = [run.play(rom, plan, [frame])[1][0] for run in runs]
    found = _differing_field(states[0], states[1])
    if found is None:
        what = "what the callbacks saw" if scenario.hooks else "the picture"
        found = (what, ("one", "another"))
    return Difference(rom.name, scenario.name, (runs[0].name, runs[1].name), frame, *found)


def _differing_field(one: bytes, other: bytes) -> tuple[str, tuple[str, str]] | None:
    """The first field in which two savestates differ, and the values in hexadecimal."""
    first, second = read_fields(one), read_fields(other)
    for key in [*first, *second]:
        if key in first and key in second:
            a, b = first[key], second[key]
            if a != b:
                at = next(
                    (i for i, pair in enumerate(zip(a, b, strict=False)) if len(set(pair)) > 1), 0
                )
                if len(a) <= 8:
                    return key, (a.hex(), b.hex())
                return f"{key}[${at:04X}]", (a[at : at + 1].hex(), b[at : at + 1].hex())
        elif key not in OWN_FIELDS:
            there = ("there", "missing")
            return key, there if key in first else (there[1], there[0])
    return None
