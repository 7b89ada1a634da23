"""`copain movie`: what it prints, what it writes, and its errors."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from copain_gym import Emulator
from copain_gym.cli import main as cli
from copain_gym.roms.rom import read_rom
from copain_gym.tas.bk2 import read_bk2
from copain_gym.tas.movie import Movie
from copain_gym.tas.states import find_state, ram_sha1
from tests.cli.test_doctor import copain

COMPLETE = Path(__file__).parents[1] / "hirondelle/complete.fm2"


def run(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert cli.main(["movie", *map(str, words)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


def error(capsys: pytest.CaptureFixture[str], *words: object, status: int = 1) -> str:
    assert cli.main(["movie", *map(str, words)]) == status
    return capsys.readouterr().err


def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "info", COMPLETE).splitlines()
    assert lines == [
        "format     FM2, text",
        "length     17207 frames, 4:46.31",
        "region     NTSC",
        "start      power-on",
        f"ROM        hirondelle, MD5 {read_rom().md5}",
        "ports      pad + none",
        "rerecords  21175",
        "authors    copain-gym, tools/play.lua",
        "presses    0: A 3, B 8, START 1, UP 327, DOWN 315, LEFT 326, RIGHT 306",
    ]
    found = json.loads(run(capsys, "info", COMPLETE, "--json"))
    assert (found["frames"], found["ports"], found["lost"]) == (17207, ["pad", "none"], [])
    assert found["presses"][0]["UP"] == 327


def test_info_of_other_consoles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    movie = Movie.new(
        [[1, 0], [0, 1]],
        ports=("pad", "zapper"),
        expansion="mahjong",
        commands=[0, 3],
        region="PAL",
        new_ppu=True,
        fds=True,
        microphone=True,
        ram_init=(3, 4),
        comments=["a \x1b[2J comment"],
        subtitles=[(1, "x")],
        binary=True,
    )
    lines = run(capsys, "info", movie.write(tmp_path / "a.fm2")).splitlines()
    assert lines == [
        "format     FM2, binary",
        "length     2 frames, 0:00.04",
        "region     PAL",
        "start      power-on",
        "ROM        no name, MD5 not known",
        "ports      pad + zapper, mahjong in the expansion port, microphone, new PPU, Famicom Disk "
        "System, RAM at power-on: option 3",
        "rerecords  0",
        "authors    not named",
        "presses    0: A 1; 1: TRIGGER 1",
        "commands   reset 1, power 1",
        r"comments   a \x1b[2J comment",
        "subtitles  1",
    ]


def test_convert_to_bk2_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there, back = tmp_path / "a.bk2", tmp_path / "new/a.fm2"
    rom = read_rom()
    assert run(capsys, "convert", COMPLETE, there, "--rom-path", rom.path) == (
        f"{there}: 17207 frames\n"
    )
    assert rom.sha1.upper().encode() in zipfile.ZipFile(there).read("Header.txt")
    assert run(capsys, "convert", there, back) == f"{back}: 17207 frames\n"
    assert Movie.read(COMPLETE).compare(Movie.read(back)) is None
    assert json.loads(run(capsys, "info", there, "--json"))["format"] == "bk2"


def test_convert_to_binary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "convert", COMPLETE, tmp_path / "a.fm2", "--binary")
    assert (tmp_path / "a.fm2").stat().st_size < COMPLETE.stat().st_size / 6
    run(capsys, "convert", tmp_path / "a.fm2", tmp_path / "a.fm2", "--replace")
    assert (tmp_path / "a.fm2").read_bytes() == COMPLETE.read_bytes()


def test_what_cannot_survive_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    movie = Movie.new([[1, 0]], new_ppu=True, state=b"x").write(tmp_path / "a.fm2")
    lines = run(capsys, "convert", movie, tmp_path / "a.bk2").splitlines()
    assert [line.split(":")[0] for line in lines[1:]] == [
        "lost       the savestate",
        "lost       NewPPU",
    ]
    command = ["convert", movie, tmp_path / "a.bk2", "--replace", "--json"]
    assert len(json.loads(run(capsys, *command))["lost"]) == 2


def test_cut_and_join(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = (tmp_path / f"{name}.fm2" for name in "abc")
    assert run(capsys, "cut", COMPLETE, first, "--stop", 1000) == f"{first}: 1000 frames\n"
    run(capsys, "cut", COMPLETE, second, "--start", 1000)
    said = json.loads(run(capsys, "join", first, second, "--output", third, "--json"))
    assert (said["frames"], said["rerecords"]) == (17207, 2 * 21175)
    assert np.array_equal(Movie.read(third).inputs, Movie.read(COMPLETE).inputs)
    run(capsys, "cut", third, tmp_path / "d.bk2", "--start", 5, "--stop", 6)
    assert read_bk2(tmp_path / "d.bk2")[0].frames == 1


def test_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.fm2"
    bad = tmp_path / "bad.fm2"
    bad.write_text("version 3\nport0 1\nport1 0\n|0|.......|||\n")
    assert error(capsys, "info", bad).startswith(
        f"copain movie info: {bad}, line 4, key port0: the field of a pad needs 8 characters"
    )
    assert "No such file" in error(capsys, "info", tmp_path / "none.fm2")
    assert "must be .fm2 or .bk2" in error(capsys, "convert", COMPLETE, tmp_path / "a.txt")
    assert "--binary is for .fm2" in error(
        capsys, "convert", COMPLETE, tmp_path / "a.bk2", "--binary"
    )
    assert f"{bad} exists; --replace replaces it" in error(capsys, "convert", COMPLETE, bad)
    assert f"{tmp_path} is a directory" in error(capsys, "cut", COMPLETE, tmp_path)
    for limits in (("--start", 9, "--stop", 8), ("--start", -1), ("--stop", 17208)):
        assert f"{COMPLETE} has the frames 0 to 17207" in error(
            capsys, "cut", COMPLETE, out, *limits
        )
    pal = Movie.new(np.zeros((1, 2)), ports=("pad", "none"), region="PAL").write(tmp_path / "p.fm2")
    message = "copain movie join: the region of the movies are NTSC and PAL\n"
    assert error(capsys, "join", COMPLETE, pal, "--output", out) == message
    assert not out.exists()


def test_a_warning_is_one_line(tmp_path: Path) -> None:
    cut = tmp_path / "cut.fm2"
    cut.write_bytes(COMPLETE.read_bytes()[:-5])
    done = copain("movie", "info", str(cut))
    assert "17206 frames" in done.stdout
    assert done.stderr == (
        f"warning: {cut}, line 17224: the file is cut off in the middle of the line "
        f"'|0|.......', which is left out\n"
    )


def test_the_movie_that_leads_to_a_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPAIN_DATA_DIR", str(tmp_path))
    assert cli.main(["state", "make", "x", "--frames", "30"]) == 0
    file = tmp_path / "x.fm2"
    assert cli.main(["state", "export", "x", str(file)]) == 0
    assert capsys.readouterr().out.endswith(f"{file}\n")
    movie = Movie.read(file)
    movie.check_rom(read_rom())
    state = find_state("hirondelle", "x")
    assert state is not None
    assert movie.frames == state.inputs.frames
    with Emulator(engine="fceux") as emulator:
        emulator.lua.movie.play(file, True)
        emulator.step(frames=movie.frames)
        assert ram_sha1(emulator) == state.ram_sha1
    other = tmp_path / "other.nes"
    other.write_bytes(read_rom().path.read_bytes()[:-1] + b"\xaa")
    words = ["state", "export", "x", str(file), "--rom-path", str(other)]
    assert cli.main(words) == 1
    assert f"{other} is not a ROM of Hirondelle" in capsys.readouterr().err
