"""Exactness on boards: hooks on each line, handlers that notice reads, random programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from copain_gym import Emulator
from copain_gym.engines.headless.check import (
    PAL,
    STOCK_STATES,
    Scenario,
    compare,
    incomplete_states,
)
from copain_gym.engines.headless.runs import Run, make_plan
from copain_gym.engines.headless.states import read_fields
from copain_gym.errors import EmulatorCrashed

from .board_sweep import DIFFERENT, EQUAL, STOCK_FAILS, check_cartridge, main
from .cartridges import MAPPERS, UNIF_BOARDS, Cartridge, all_cartridges, named
from .conftest import assemble
from .fuzz_rom import make_board_rom


@pytest.mark.parametrize("mapper", [4, 163])
@pytest.mark.parametrize("program", range(3))
def test_hooks_on_each_line_come_in_their_place(
    mapper: int, program: int, tmp_path: Path, stock: Path, headless: Path
) -> None:
    """MMC3 raises IRQs in its hook; mapper 163 switches banks there, at lines that it looks up."""
    rom = assemble("line_hook", tmp_path / "line.nes", MAPPER=mapper, PROGRAM=program)
    scenario = Scenario("lines", make_plan(120, 1))
    difference, states = compare(rom, scenario, stock=stock, headless=headless)
    assert difference is None
    assert states > 0


def test_the_line_programs_see_what_they_are_meant_to(tmp_path: Path, headless: Path) -> None:
    for program in range(3):
        rom = assemble("line_hook", tmp_path / f"{program}.nes", MAPPER=4, PROGRAM=program)
        _, (state,) = Run("headless", headless, True).play(rom, make_plan(30, 1), [30])
        ram = read_fields(state)["CPU.RAM"]
        assert len(set(ram[0x300:0x400])) > 30
        assert (ram[2] > 0) == (program == 2)


@pytest.mark.parametrize("board", [0, 4])
@pytest.mark.parametrize("options", [((), ()), PAL], ids=["ntsc", "pal"])
def test_loops_that_wait_or_count_run_as_in_stock_fceux(
    board: int, options: Any, tmp_path: Path, stock: Path, headless: Path
) -> None:
    rom = assemble("loops", tmp_path / "loops.nes", BOARD=board)
    scenario = Scenario("loops", make_plan(400, 1), options)
    difference, states = compare(rom, scenario, stock=stock, headless=headless)
    assert difference is None, str(difference)
    assert states > 0


def test_the_loops_meet_many_interrupts(tmp_path: Path, headless: Path) -> None:
    rom = assemble("loops", tmp_path / "loops.nes", BOARD=4)
    _, (state,) = Run("headless", headless, True).play(rom, make_plan(300, 1, resets=0), [300])
    ram = read_fields(state)["CPU.RAM"]
    assert ram[6] > 0, "no IRQ"
    assert len(set(ram[0x400:0x500])) > 64


def test_reads_that_a_board_notices(tmp_path: Path, stock: Path, headless: Path) -> None:
    rom = assemble("noticed_reads", tmp_path / "noticed.nes")
    scenario = Scenario("reads", make_plan(120, 1))
    difference, _ = compare(rom, scenario, stock=stock, headless=headless)
    assert difference is None


@pytest.mark.parametrize(
    ("name", "seed"),
    [
        *(("ines:4", 1), ("ines:14", 1), ("ines:19", 1), ("ines:40", 1), ("ines:85", 1)),
        *(("ines:222", 1), ("ines:235", 1), ("ines:5", 1), ("ines:64-pal", 1)),
        *(
            ("nes2:4-pal", 1),
            ("nes2:171", 1),
            ("nes2:256", 1),
            ("unif:SL12-pal", 1),
            ("unif:TLSROM", 1),
        ),
        ("unif:PEC-586", 3),  # changes how tiles are fetched within a frame
    ],
)
def test_random_programs_run_alike_on_boards(
    name: str, seed: int, stock: Path, headless: Path
) -> None:
    result = check_cartridge(named(name), seed, 80, stock=stock, headless=headless)
    assert result.verdict == EQUAL, result.details
    assert result.states > 0


def test_a_difference_is_told_with_its_frame_and_field(
    tmp_path: Path, stock: Path, headless: Path
) -> None:
    cartridge = named("ines:4")
    rom = tmp_path / cartridge.file_name
    rom.write_bytes(make_board_rom(cartridge, 1))
    scenario = Scenario("random", make_plan(60, 1))
    difference, _ = compare(
        rom, scenario, stock=stock, headless=headless, headless_options=["--skew-cycle", "30"]
    )
    assert difference is not None
    assert 29 <= difference.frame <= 40
    assert difference.field


def test_the_option_for_pal_is_heeded(tmp_path: Path, stock: Path, headless: Path) -> None:
    """An iNES file does not tell its system; both engines would take it for NTSC."""
    cartridge = Cartridge("ines", 0)
    rom = tmp_path / "random.nes"
    rom.write_bytes(make_board_rom(cartridge, 1))
    plan = make_plan(30, 1)
    for name, executable, options in (
        ("stock", stock, PAL[0]),
        ("headless", headless, PAL[1]),
    ):
        run = Run(name, executable, name == "headless")
        pal = Run(name, executable, name == "headless", options)
        assert run.play(rom, plan)[0] != pal.play(rom, plan)[0]


def test_states_that_lack_something_are_found(tmp_path: Path, headless: Path) -> None:
    """FCEUX saves no period of the sample unit: after a power-on as NTSC, PAL has another.

    The headless engine does, unless it saves only what stock FCEUX saves.
    """
    cartridge = named("ines:14-pal")
    rom = tmp_path / cartridge.file_name
    rom.write_bytes(make_board_rom(cartridge, 2))
    plan = make_plan(60, 1, exchanges=3, resets=0)
    lacking = incomplete_states(rom, plan, headless, *PAL[1], *STOCK_STATES[1])
    assert lacking is not None
    assert lacking.runs == ("without loads", "with loads")
    assert incomplete_states(rom, plan, headless, *PAL[1]) is None


def test_states_after_a_reset_are_complete(tmp_path: Path, headless: Path) -> None:
    """A reset changes the format of the sample unit and not its period."""
    cartridge = named("ines:3")
    rom = tmp_path / cartridge.file_name
    rom.write_bytes(make_board_rom(cartridge, 2))
    plan = make_plan(240, 2, reloads=20, exchanges=30, resets=100)
    assert incomplete_states(rom, plan, headless, *STOCK_STATES[1]) is not None
    assert incomplete_states(rom, plan, headless) is None


def test_a_program_that_crashes_fceux_is_told(tmp_path: Path, stock: Path, headless: Path) -> None:
    """On mapper 45 FCEUX reads far outside of a small ROM, whatever engine it is."""
    cartridge = named("ines:45")
    result = check_cartridge(cartridge, 4, 60, stock=stock, headless=headless)
    assert result.verdict == STOCK_FAILS
    assert result.details.count("SIGSEGV") == 2
    rom = tmp_path / cartridge.file_name
    rom.write_bytes(make_board_rom(cartridge, 4))
    for engine in ("fceux", "headless"):
        with Emulator(rom, engine=engine) as emulator, pytest.raises(EmulatorCrashed) as crashed:
            emulator.step(frames=600)
        assert "SIGSEGV" in str(crashed.value)


def test_every_board_is_among_the_cartridges() -> None:
    cartridges = list(all_cartridges(pal=False))
    assert len(cartridges) == len(set(map(str, cartridges)))
    assert {c.board for c in cartridges} == {*MAPPERS, *UNIF_BOARDS}
    assert all(named(str(c)) == c for c in [*cartridges, *all_cartridges(pal=True)])
    with pytest.raises(ValueError, match="ines:999"):
        named("ines:999")


def test_programs_are_drawn_from_their_seeds() -> None:
    cartridge = named("nes2:4")
    assert make_board_rom(cartridge, 1) == make_board_rom(cartridge, 1)
    assert make_board_rom(cartridge, 1) != make_board_rom(cartridge, 2)


def test_the_command_tells_its_sum(headless: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--cartridges", "ines:2", "--system", "ntsc", "--frames", "40", "--jobs", "1"]
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"ines:2 seed 1: {EQUAL}"
    assert lines[-1].startswith("1 programs on 1 cartridges, 40 frames and 8 whole states equal: 0")
    assert DIFFERENT not in lines[0]
