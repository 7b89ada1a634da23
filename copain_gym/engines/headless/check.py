"""Compares the headless engine with stock FCEUX: what `copain engine check` does.

Both engines play the same plans of inputs and events. The 2 KB of RAM must be equal after every
frame, and the picture and the whole machine state after some frames. The headless engine must also
reach the same machine state in every frame whether it draws all frames, some or none.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from copain_gym.engines.headless.runs import Plan, Run, RunError, make_plan
from copain_gym.engines.headless.states import OWN_FIELDS, read_fields

__all__ = [
    "PAL",
    "STOCK_STATES",
    "Difference",
    "Report",
    "Scenario",
    "compare",
    "incomplete_states",
    "run_check",
]

Progress = Callable[[str], None]

_CHECKPOINTS = 8  # frames of a scenario at which whole states are compared with stock FCEUX

STOCK_STATES = ((), ("--stock-states",))
"""Options that limit the headless engine's savestates to the fields of stock FCEUX, so that loading
one has the same effect in both."""

PAL = (("--autoPal", "0", "--pal", "1"), ("--pal",))
"""Options that select PAL for any ROM."""


@dataclass(frozen=True)
class Difference:
    """The first difference between two runs.

    Attributes:
        rom: file name of the ROM.
        scenario: name of the scenario.
        runs: names of the two runs.
        frame: the first frame after which they differ, counted from 1.
        field: the first field of the machine that differs, such as `CPU.RAM[$0012]`.
        values: the field's value in each run; None if only the pictures or callbacks differ.
    """

    rom: str
    scenario: str
    runs: tuple[str, str]
    frame: int
    field: str
    values: tuple[str, str] | None

    def __str__(self) -> str:
        return (
            f"{self.rom}, {self.scenario}: {self.runs[0]} and {self.runs[1]} differ after frame "
            f"{self.frame} in {self.field}"
            + (f": {self.values[0]} and {self.values[1]}" if self.values else "")
        )


@dataclass(frozen=True)
class Report:
    """The result of a check.

    Attributes:
        frames: frames compared, over all ROMs and scenarios.
        states: whole machine states compared with stock FCEUX.
        differences: at most one for each ROM and scenario.
    """

    frames: int
    states: int
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing differed."""
        return not self.differences


@dataclass(frozen=True)
class Scenario:
    """The inputs, events and options that both engines play.

    Attributes:
        name: name in messages.
        plan: inputs and events.
        options: further command-line options for stock FCEUX and for the headless engine.
        hooks: whether memory callbacks are registered.
        exchange: whether each engine loads its own and the other's states at the plan's
            exchange events.
        picture_every: the pictures after each multiple of this number of frames are compared; 0: a
            few.
    """

    name: str
    plan: Plan
    options: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    hooks: bool = False
    exchange: bool = False
    picture_every: int = 0


def _scenarios(frames: int, seed: int) -> Iterator[Scenario]:
    short = max(frames // 5, min(frames, 300))
    yield Scenario("inputs and resets", make_plan(frames, seed))
    yield Scenario("savestates", make_plan(frames, seed + 1, reloads=7), options=STOCK_STATES)
    exchanges = make_plan(short, seed + 2, exchanges=25, resets=0)
    yield Scenario("exchanged savestates", exchanges, STOCK_STATES, exchange=True)
    yield Scenario("memory hooks", make_plan(max(short // 4, 60), seed + 3), hooks=True)
    yield Scenario("PAL", make_plan(short, seed + 4), options=PAL)
    new_ppu = (("--newppu", "1"), ("--newppu",))
    yield Scenario("new PPU", make_plan(max(short // 4, 60), seed + 5), options=new_ppu)


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
        roms: the ROM files.
        frames: length of the long scenarios.
        seed: random seed for inputs and events.
        stock: the stock FCEUX executable.
        headless: the headless executable.
        headless_options: further options for it.
        progress: called with a line of text for each scenario.

    Raises:
        RunError: an engine failed.
        ValueError: `frames` is below 1, or there is no ROM.
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
            difference, checked = compare(
                rom, scenario, stock=stock, headless=headless, headless_options=headless_options
            )
            compared += scenario.plan.frames
            states += checked
            verdict = "equal" if difference is None else f"DIFFERENT: {difference}"
            tell(f"{rom.name}: {scenario.name}, {scenario.plan.frames} frames: {verdict}")
            if difference is not None:
                differences.append(difference)
    return Report(compared, states, tuple(differences))


def compare(
    rom: Path,
    scenario: Scenario,
    *,
    stock: Path,
    headless: Path,
    headless_options: Sequence[str] = (),
) -> tuple[Difference | None, int]:
    """Play a scenario on a ROM in both engines and compare.

    Args:
        rom: the ROM file.
        scenario: the scenario to play.
        stock: the stock FCEUX executable.
        headless: the headless executable.
        headless_options: further options for it.

    Returns:
        The first difference, and the number of whole states compared.

    Raises:
        RunError: an engine failed.
    """
    rom = rom.absolute()
    one = Run(
        "stock",
        stock,
        False,
        scenario.options[0],
        hooks=scenario.hooks,
        picture_every=scenario.picture_every,
    )
    options = (*headless_options, *scenario.options[1])
    other = replace(
        one, name="headless", executable=headless, headless=True, options=options, states=True
    )
    runs = (
        one,
        other,
        replace(other, name="headless without pictures", draw="none"),
        replace(other, name="headless with every third picture", draw="some"),
    )
    if not scenario.exchange:
        return _compare_runs(rom, scenario, runs)[:2]
    with tempfile.TemporaryDirectory(prefix="copain-check-") as name:
        folders = [Path(name) / run.name for run in runs]
        for folder in folders:
            folder.mkdir()
        own = tuple(
            replace(run, export=folder, import_=folder)
            for run, folder in zip(runs, folders, strict=True)
        )
        difference, states, trace = _compare_runs(rom, scenario, own)
        if difference is None:
            loading = (
                replace(one, name="stock with headless states", import_=folders[1]),
                replace(other, name="headless with stock states", import_=folders[0]),
            )
            for run, (lines, _) in zip(
                loading, _play_all(rom, scenario.plan, loading), strict=True
            ):
                frame = _first_difference([s[:8] for s in trace], [line[:8] for line in lines])
                if frame:
                    return _explain(rom, scenario, (own[0], run), frame), 0
        return difference, states


_Runs = tuple[Run, ...]


def _play_all(
    rom: Path, plan: Plan, runs: _Runs, checkpoints: Sequence[int] = ()
) -> list[tuple[list[str], list[bytes]]]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda run: run.play(rom, plan, checkpoints), runs))


def _compare_runs(
    rom: Path, scenario: Scenario, runs: _Runs
) -> tuple[Difference | None, int, list[str]]:
    """Compare stock FCEUX with the headless engine drawing all, no and some frames.

    Returns:
        The first difference, the number of whole states compared, and the stock run's trace.
    """
    plan = scenario.plan
    checkpoints = sorted({plan.frames * (i + 1) // _CHECKPOINTS for i in range(_CHECKPOINTS)} - {0})
    played = _play_all(rom, plan, runs, checkpoints)
    traces = [lines for lines, _ in played]
    # A line has hashes of RAM with registers and of the callbacks' arguments. Runs that draw all
    # frames add the picture in some lines; headless runs add the whole state in every line.
    comparisons = [(0, 1, slice(None, -17)), (0, 2, slice(15)), (0, 3, slice(15))]
    comparisons += [(1, 2, slice(-16, None)), (1, 3, slice(-16, None))]
    for one, other, part in comparisons:
        first = traces[0] if other == 1 else [line[part] for line in traces[one]]
        frame = _first_difference(first, [line[part] for line in traces[other]])
        if frame:
            return _explain(rom, scenario, (runs[one], runs[other]), frame), 0, traces[0]
    equal = 0
    for number, frame in enumerate(checkpoints):
        if _differing_field(played[0][1][number], played[1][1][number]) is not None:
            pair = (runs[0], runs[1])
            return _first_differing_state(rom, scenario, pair, equal, frame), 0, traces[0]
        equal = frame
    return None, len(checkpoints), traces[0]


def _first_differing_state(
    rom: Path, scenario: Scenario, runs: tuple[Run, Run], equal: int, different: int
) -> Difference:
    """Save the states of all frames between an equal and a differing one, and compare them."""
    frames = range(equal + 1, different + 1)
    plan = Plan(scenario.plan.data[: different * 3])
    states = [run.play(rom, plan, frames)[1] for run in runs]
    for frame, *pair in zip(frames, *states, strict=True):
        found = _differing_field(*pair)
        if found is not None:
            return Difference(rom.name, scenario.name, _names(runs), frame, *found)
    raise RunError(f"{rom.name}, {scenario.name}: a difference at frame {different} did not recur")


def incomplete_states(rom: Path, plan: Plan, headless: Path, *options: str) -> Difference | None:
    """Check whether loading a state just saved changes what follows: the state is then incomplete.

    The headless engine plays the plan twice. In the second run it loads each state right after
    saving it.

    Args:
        rom: the ROM file.
        plan: inputs and events; states are saved and loaded at its exchange events.
        headless: the headless executable.
        options: further options for it.

    Returns:
        The first difference after a load; None if there is none.

    Raises:
        RunError: the engine failed.
    """
    rom = rom.absolute()
    with tempfile.TemporaryDirectory(prefix="copain-check-") as name:
        straight = Run("without loads", headless, True, options, export=Path(name))
        loading = replace(straight, name="with loads", import_=Path(name))
        traces = [run.play(rom, plan)[0] for run in (straight, loading)]
        frame = _first_difference(*traces)
        if frame:
            scenario = Scenario("complete savestates", plan)
            return _explain(rom, scenario, (straight, loading), frame)
    return None


def _first_difference(first: list[str], second: list[str]) -> int:
    """Number of the first line in which two traces differ, from 1; 0 if they are equal."""
    for number, (one, two) in enumerate(zip(first, second, strict=True), 1):
        if one != two:
            return number
    return 0


def _explain(rom: Path, scenario: Scenario, runs: tuple[Run, Run], frame: int) -> Difference:
    """Play both runs up to the frame again and name the first field that differs."""
    plan = Plan(scenario.plan.data[: frame * 3])
    states = [run.play(rom, plan, [frame])[1][0] for run in runs]
    found = _differing_field(states[0], states[1])
    if found is None:
        what = "what the callbacks saw" if scenario.hooks else "the picture"
        return Difference(rom.name, scenario.name, _names(runs), frame, what, None)
    return Difference(rom.name, scenario.name, _names(runs), frame, *found)


def _names(runs: tuple[Run, Run]) -> tuple[str, str]:
    return runs[0].name, runs[1].name


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
