"""The program fceux-headless: command line, exit codes, scripts, movies."""

from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from copain_gym.paths import bundled_rom

from .conftest import RunScript

OK, USAGE, ROM, LUA, MOVIE = 0, 2, 3, 4, 5


def call(headless: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(headless), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_help_names_every_option(headless: Path) -> None:
    source = Path(__file__).parents[2] / "engine" / "driver" / "options.cpp"
    options = set(re.findall(r'\{"([a-z0-9-]+)", (?:no|required)_argument', source.read_text()))
    options.discard("loadlua")  # the name that stock FCEUX has for --lua
    done = call(headless, "--help")
    assert done.returncode == OK
    assert options == set(re.findall(r"--([a-z0-9-]+)", done.stdout.split("Exit status")[0]))


def test_version(headless: Path) -> None:
    done = call(headless, "--version")
    assert done.returncode == OK
    assert re.fullmatch(r"fceux-headless \S+ \(FCEUX 2\.6\.5\)\n", done.stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no ROM"),
        (["--nonsense"], "unknown option '--nonsense'"),
        (["--rom"], "needs a value"),
        (["--rom", "a", "b"], "unexpected argument 'b'"),
        (["--rom", "a", "--frames", "0"], "--frames needs a number from 1"),
        (["--rom", "a", "--sound", "8000"], "44100, 48000 or 96000"),
        (["--rom", "a", "--input1", "mouse"], "gamepad"),
    ],
)
def test_wrong_usage(headless: Path, arguments: list[str], message: str) -> None:
    done = call(headless, *arguments)
    assert done.returncode == USAGE
    assert message in done.stderr


def test_missing_rom(headless: Path) -> None:
    done = call(headless, "--rom", "nowhere.nes")
    assert done.returncode == ROM
    assert "nowhere.nes" in done.stderr
    assert "No such file" in done.stderr


def test_rom_of_unknown_kind(run: RunScript, tmp_path: Path) -> None:
    rom = tmp_path / "noise.nes"
    rom.write_bytes(b"not a ROM" * 100)
    assert run("emu.exit()", rom=rom).returncode == ROM


def test_zipped_rom(run: RunScript, tmp_path: Path) -> None:
    archive = tmp_path / "game.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(bundled_rom(), "game.nes")
    done = run('print(rom.gethash("md5")) emu.exit()', rom=archive)
    assert done.returncode == OK
    assert done.stdout == run('print(rom.gethash("md5")) emu.exit()').stdout


def test_script_prints_and_ends(run: RunScript) -> None:
    done = run('print("one") emu.print("two") emu.message("three") emu.exit()', "--verbose")
    assert done.returncode == OK
    assert done.stdout.split() == ["one", "two"]
    assert "three" in done.stderr


@pytest.mark.parametrize(
    "source",
    [
        'error("broken")',
        'emu.frameadvance() error("broken")',
        'emu.registerafter(function() error("broken") end) while true do emu.frameadvance() end',
        "memory.registerwrite(0, 0x800, function() error('broken') end)\n"
        "while true do emu.frameadvance() end",
    ],
)
def test_script_error_ends_the_program(run: RunScript, source: str) -> None:
    done = run(source)
    assert done.returncode == LUA
    assert "broken" in done.stderr


def test_script_that_does_not_compile(run: RunScript) -> None:
    done = run("this is no Lua")
    assert done.returncode == LUA
    assert "script0.lua:1" in done.stderr


def test_script_that_ends_leaves_its_callbacks(run: RunScript) -> None:
    done = run(
        "n = 0 emu.registerafter(function() n = n + 1 if n == 5 then print(n) end end)",
        *("--frames", "20"),
    )
    assert (done.returncode, done.stdout.split()) == (OK, ["5"])


def test_number_of_frames(run: RunScript) -> None:
    done = run("emu.registerexit(function() print(emu.framecount()) end)", "--frames", "30")
    assert done.returncode == OK
    assert done.stdout.split() == ["30"]


def test_functions_of_the_window_say_so(run: RunScript) -> None:
    done = run(
        "local names = {gui.popup, input.popup, input.openfilepopup, taseditor.setmarker}\n"
        "for _, f in ipairs(names) do print(select(2, pcall(f, 'x'))) end emu.exit()"
    )
    lines = done.stdout.strip().splitlines()
    assert [line.split()[0] for line in lines] == [
        "gui.popup",
        "input.popup",
        "input.openfilepopup",
        "taseditor.setmarker",
    ]
    assert all("needs FCEUX's window" in line for line in lines)


def test_loadrom(run: RunScript, board_roms: dict[str, Path]) -> None:
    done = run(
        f'emu.frameadvance() emu.loadrom("{board_roms["MMC3"]}") emu.frameadvance()\n'
        'print(rom.getfilename()) print(pcall(emu.loadrom, "nowhere.nes")) emu.exit()'
    )
    name, failure = done.stdout.splitlines()[:2]
    assert name == "MMC3"
    assert "cannot read 'nowhere.nes'" in failure


def test_movie_recorded_and_played(run: RunScript, tmp_path: Path) -> None:
    movie = tmp_path / "run.fm2"
    hold = "for i = 1, 400 do joypad.set(1, {start = i % 50 < 5, right = true, A = i % 9 < 4})"
    recorded = run(
        f'emu.frameadvance() movie.record("{movie}", 0, "nobody")\n{hold} emu.frameadvance() end\n'
        "movie.stop() print(gethash(memory.readbyterange(0, 0x800), 0x800)) emu.exit()"
    )
    assert recorded.returncode == OK
    length = sum(line.startswith("|") for line in movie.read_text().splitlines())
    played = run(
        f"for i = 0, {length} do emu.frameadvance() end\n"
        "print(gethash(memory.readbyterange(0, 0x800), 0x800)) emu.exit()",
        "--playmov",
        str(movie),
    )
    assert played.stdout == recorded.stdout


def test_movie_that_is_none(run: RunScript, tmp_path: Path) -> None:
    assert run("emu.exit()", "--playmov", str(tmp_path / "nowhere.fm2")).returncode == MOVIE
