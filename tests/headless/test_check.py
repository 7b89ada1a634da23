"""Exactness: the headless engine against stock FCEUX."""

from __future__ import annotations

from pathlib import Path

import pytest

from copain_gym.engines.headless.check import run_check
from copain_gym.engines.headless.runs import Run, make_plan
from copain_gym.engines.headless.states import read_fields
from copain_gym.paths import bundled_rom

from .conftest import BOARDS
from .fuzz_rom import make_rom


@pytest.mark.parametrize("board", BOARDS)
def test_each_board_plays_as_in_stock_fceux(
    board: str, board_roms: dict[str, Path], stock: Path, headless: Path
) -> None:
    report = run_check([board_roms[board]], 500, seed=3, stock=stock, headless=headless)
    assert report.differences == ()
    assert report.states > 0


def test_the_board_programs_see_what_they_are_meant_to(
    board_roms: dict[str, Path], headless: Path
) -> None:
    """Sprite-0 hits, overflow, sample IRQs, and scanline IRQs on MMC3; else they test nothing."""
    offsets = {"hit": 0x09, "overflow": 0x0B, "mapper IRQ": 0x0C, "APU IRQ": 0x0D}
    for board, rom in board_roms.items():
        plan = make_plan(600, 1, resets=0)
        run = Run("headless", headless, True, draw="none")
        _, states = run.play(rom, plan, [300, 450, 600])
        rams = [read_fields(state)["CPU.RAM"] for state in states]
        assert len({ram[offsets["hit"]] for ram in rams}) > 1, board
        assert any(ram[offsets["overflow"]] & 0x20 for ram in rams), board
        assert rams[-1][offsets["APU IRQ"]] > 0, board
        assert (rams[-1][offsets["mapper IRQ"]] > 0) == (board == "MMC3")


def test_bundled_game_plays_as_in_stock_fceux(stock: Path, headless: Path) -> None:
    report = run_check([bundled_rom()], 1500, seed=5, stock=stock, headless=headless)
    assert report.differences == ()


@pytest.mark.parametrize("seed", range(4))
def test_random_programs_run_as_in_stock_fceux(
    seed: int, tmp_path: Path, stock: Path, headless: Path
) -> None:
    rom = tmp_path / f"random-{seed}.nes"
    rom.write_bytes(make_rom(seed))
    report = run_check([rom], 240, seed=seed, stock=stock, headless=headless)
    assert report.differences == ()


def test_one_lost_cycle_is_found(board_roms: dict[str, Path], stock: Path, headless: Path) -> None:
    report = run_check(
        [board_roms["NROM"]],
        300,
        stock=stock,
        headless=headless,
        headless_options=["--skew-cycle", "150"],
    )
    assert not report.ok
    first = report.differences[0]
    # The script's first call of frameadvance runs no frame, so frame 150 is its 149th.
    assert 149 <= first.frame <= 165
    assert first.field


def test_light_gun_and_four_pads_in_a_movie(
    board_roms: dict[str, Path], stock: Path, headless: Path, tmp_path: Path
) -> None:
    """A movie connects its own devices; a light gun makes the headless engine draw its lines."""
    rom = board_roms["NROM"]
    zapper = [
        f"|0|........|{100 + i % 60:03} {40 + i % 100:03} {i % 9 < 3:d} 0 0||" for i in range(500)
    ]
    pads = [
        f"|0|{'R' if i % 5 else '.'}.....{'B' if i % 3 else '.'}.|........|L.......|.......A||"
        for i in range(500)
    ]
    for name, header, frames in (
        ("zapper", "fourscore 0\nport0 1\nport1 2\nport2 0", zapper),
        ("fourscore", "fourscore 1\nport0 1\nport1 1\nport2 0", pads),
    ):
        movie = tmp_path / f"{name}.fm2"
        movie.write_text(
            "version 3\nemuVersion 20605\nrerecordCount 0\npalFlag 0\nromFilename NROM\n"
            "romChecksum base64:AAAAAAAAAAAAAAAAAAAAAA==\n"
            f"guid 00000000-0000-0000-0000-000000000000\n{header}\n" + "\n".join(frames) + "\n"
        )
        plan = make_plan(480, 1, resets=0)
        options = ("--playmov", str(movie))
        expected, _ = Run("stock", stock, False, options).play(rom, plan)
        for draw in ("all", "none"):
            lines, _ = Run("headless", headless, True, options, draw=draw).play(rom, plan)
            assert [line[:8] for line in lines] == [line[:8] for line in expected], name
        still, _ = Run("headless", headless, True, draw="none").play(rom, plan)
        assert [line[:8] for line in still] != [line[:8] for line in expected]
