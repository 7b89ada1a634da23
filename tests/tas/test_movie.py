"""Movies: what FM2 files say, and what comes out of them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from copain_gym import Button, MovieError
from copain_gym.roms.rom import read_rom
from copain_gym.tas.inputs import Hold, InputLog, Reset
from copain_gym.tas.movie import COMMANDS, Movie, RamInit, Subtitle
from copain_gym.tas.movie_records import ZAPPER

COMPLETE = Path(__file__).parents[1] / "hirondelle/complete.fm2"

HEADER = b"""\
version 3
emuVersion 20605
rerecordCount 7
palFlag 1
romFilename Game (E) [!]
romChecksum base64:AQIDBAUGBwgJCgsMDQ4PEA==
guid 6B8B4567-23C6-6698-4873-DC515CFF944A
fourscore 0
microphone 1
port0 1
port1 2
port2 0
FDS 1
NewPPU 1
RAMInitOption 3
RAMInitSeed 123456
comment author A. N. Other
comment made in one night
subtitle 10 Hello | world
"""
INPUTS = b"""\
|0|........|000 000 0 0 0||
|1|R......A|012 240 1 5 18446744073709551615||
|127|RLDUTSBA|255 255 3 0 1005||
"""


def test_what_a_movie_says() -> None:
    movie = Movie.from_bytes(HEADER + INPUTS)
    assert movie.frames == len(movie) == 3
    assert movie.ports == ("pad", "zapper")
    assert movie.expansion == "none"
    assert movie.inputs.tolist() == [[0, 0], [Button.RIGHT | Button.A, 1], [255, 3]]
    assert movie.zappers["x"].tolist() == [[0, 0], [0, 12], [0, 255]]
    assert movie.zappers["y"].tolist() == [[0, 0], [0, 240], [0, 255]]
    assert movie.zappers["bogo"][:, 1].tolist() == [0, 5, 0]
    assert movie.zappers["hit"][:, 1].tolist() == [0, (1 << 64) - 1, 1005]
    assert movie.commands.tolist() == [0, COMMANDS["reset"], sum(COMMANDS.values())]
    assert (movie.region, movie.rerecords) == ("PAL", 7)
    assert (movie.rom_name, movie.rom_md5) == ("Game (E) [!]", bytes(range(1, 17)).hex())
    assert (movie.fds, movie.new_ppu, movie.microphone) == (True, True, True)
    assert movie.ram_init == RamInit(3, 123456)
    assert (movie.authors, movie.comments) == (("A. N. Other",), ("made in one night",))
    assert movie.subtitles == (Subtitle(10, "Hello | world"),)
    assert movie.guid == "6B8B4567-23C6-6698-4873-DC515CFF944A"
    assert (movie.emu_version, movie.length, movie.binary) == (20605, None, False)
    assert (movie.start, movie.state, movie.saveram) == ("power-on", None, None)


def test_a_movie_comes_out_byte_for_byte(tmp_path: Path) -> None:
    for data in (HEADER + INPUTS, HEADER, HEADER + b"key of a fork\nempty \nbare\n" + INPUTS):
        assert Movie.from_bytes(data).to_bytes() == data
    file = tmp_path / "a.fm2"
    file.write_bytes(HEADER + INPUTS)
    assert Movie.read(file).write(tmp_path / "b.fm2").read_bytes() == HEADER + INPUTS
    assert Movie.read(COMPLETE).to_bytes() == COMPLETE.read_bytes()


def test_names_that_are_not_utf_8_come_out_byte_for_byte() -> None:
    data = HEADER.replace(b"Game (E)", b" M\xe4rchen\t") + INPUTS
    assert Movie.from_bytes(data).to_bytes() == data


def test_a_four_score_has_four_pads() -> None:
    head = HEADER.replace(b"fourscore 0", b"fourscore 1").replace(b"port1 2", b"port1 1")
    data = head + b"|0|R.......|.L......|..D.....|...U....||\n"
    movie = Movie.from_bytes(data)
    assert movie.ports == ("pad",) * 4
    assert movie.inputs.tolist() == [[0x80, 0x40, 0x20, 0x10]]
    assert movie.to_bytes() == data


def test_devices_that_fceux_does_not_record() -> None:
    """FCEUX leaves their fields empty, also in binary movies."""
    head = HEADER.replace(b"port1 2", b"port1 5").replace(b"port2 0", b"port2 4")
    data = head + b"|0|R.......|||\n|0|........|||\n"
    movie = Movie.from_bytes(data)
    assert movie.ports == ("pad", "arkanoid")
    assert movie.expansion == "family-keyboard"
    assert movie.unrecorded == ("arkanoid", "family-keyboard")
    assert movie.to_bytes() == data
    movie.binary = True
    assert movie.to_bytes() == head + b"binary 1\n|\x00\x80\x00\x00"
    movie.inputs[0, 1] = 1
    with pytest.raises(MovieError, match="port 1 is 'arkanoid'; FM2 movies have no place"):
        movie.to_bytes()


def test_any_character_but_a_dot_or_a_space_is_a_held_button() -> None:
    head = HEADER.replace(b"port1 2", b"port1 0")
    movie = Movie.from_bytes(head + b"|0|x. .0..1|||\n")
    assert movie.inputs[:, 0].tolist() == [0b10001001]


def test_binary_movies_have_records_of_a_fixed_size() -> None:
    movie = Movie.from_bytes(HEADER + INPUTS)
    movie.binary = True
    head, _, body = movie.to_bytes().partition(b"binary 1\n|")
    assert head == HEADER
    hit = (1 << 64) - 1
    assert body == (
        bytes(14)
        + b"\x01\x81\x0c\xf0\x01\x05"
        + hit.to_bytes(8, "little")
        + b"\x7f\xff\xff\xff\x03\x00"
        + (1005).to_bytes(8, "little")
    )
    again = Movie.from_bytes(movie.to_bytes())
    assert again == movie
    assert again.to_bytes() == movie.to_bytes()
    again.binary = False
    assert again.to_bytes() == HEADER + INPUTS


def test_an_embedded_savestate(tmp_path: Path) -> None:
    movie = Movie.from_bytes(HEADER + b"savestate base64:AQID\n" + INPUTS)
    assert (movie.start, movie.state) == ("savestate", b"\x01\x02\x03")
    hexadecimal = Movie.from_bytes(HEADER + b"savestate 0x010203\n" + INPUTS)
    assert hexadecimal.state == movie.state
    assert b"\nsavestate 0x010203\n" in hexadecimal.to_bytes()
    movie.state = None
    assert movie.to_bytes() == HEADER + INPUTS
    movie.saveram = bytes(20)
    assert movie.start == "saveram"
    assert Movie.from_bytes(movie.to_bytes()).saveram == bytes(20)


@pytest.mark.parametrize("binary", [False, True])
def test_length_ends_the_inputs(binary: bool) -> None:
    """Projects of FCEUX's TAS editor have other data after them."""
    movie = Movie.from_bytes(HEADER + INPUTS)
    movie.binary = binary
    movie.header["length"] = "3"
    data = movie.to_bytes() + b"\x00PROJECT\n|\r\xff"
    project = Movie.from_bytes(data)
    assert (project.frames, project.length) == (3, 3)
    assert project.tail == b"\x00PROJECT\n|\r\xff"
    assert project.to_bytes() == data
    assert Movie.from_bytes(data.replace(b"length 3", b"length 0")).frames == 0


def test_a_new_movie() -> None:
    rom = read_rom()
    inputs = np.array([[0x81], [0]])
    movie = Movie.new(
        inputs,
        rom,
        commands=[0, 1],
        rerecords=12,
        author=["one", "two"],
        comments=["a comment"],
        subtitles=[(1, "a text")],
        ram_init=(3, 99),
        guid="00000000-0000-4000-8000-00000000000a",
    )
    assert movie.to_bytes().decode() == (
        "version 3\nemuVersion 20605\nrerecordCount 12\npalFlag 0\nromFilename hirondelle\n"
        "romChecksum base64:Mvvbd6Mqa7Z++ncFg/8MmQ==\n"
        "guid 00000000-0000-4000-8000-00000000000A\nfourscore 0\nmicrophone 0\nport0 1\nport1 0\n"
        "port2 0\nFDS 0\nNewPPU 0\nRAMInitOption 3\nRAMInitSeed 99\ncomment author one\n"
        "comment author two\ncomment a comment\nsubtitle 1 a text\n"
        "|0|R......A|||\n|1|........|||\n"
    )
    movie.check_rom(rom)
    assert Movie.from_bytes(movie.to_bytes()) == movie


def test_new_movies_of_other_devices() -> None:
    four = Movie.new(np.full((2, 4), 3), region="PAL", new_ppu=True, fds=True, microphone=True)
    assert (four.ports, four.region) == (("pad",) * 4, "PAL")
    assert (four.new_ppu, four.fds, four.microphone, four.rom_md5) == (True, True, True, None)
    zappers = np.zeros((2, 2), ZAPPER)
    zappers["x"][:, 1] = [4, 5]
    zapper = Movie.new(
        np.ones((2, 2)), ports=("pad", "zapper"), zappers=zappers, expansion="mahjong", state=b"x"
    )
    again = Movie.from_bytes(zapper.to_bytes())
    assert again == zapper
    assert again.zappers["x"][:, 1].tolist() == [4, 5]
    assert (again.expansion, again.state) == ("mahjong", b"x")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": [[256]]}, "inputs has numbers outside of 0 to 255"),
        ({"inputs": [1, 2]}, r"inputs has the shape \(2,\); it needs 2 dimensions"),
        ({"inputs": np.zeros((1, 3))}, "ports are .*; allowed are one, two, or four pads"),
        ({"ports": ("pad", "gun")}, "port 1 is 'gun'; known devices are unset, none, pad"),
        ({"expansion": "gun"}, "the expansion port is 'gun'; known devices are"),
        ({"region": "Dendy"}, "region is 'Dendy'; movies know 'NTSC' and 'PAL' only"),
        ({"rerecords": -1}, "rerecords is -1; allowed are 0 and more"),
        ({"rom_md5": "12"}, "rom_md5 is '12'; it must be 32 hexadecimal digits"),
        ({"author": "one\ntwo"}, "a value must be a single line"),
        ({"rom_name": "a\rb"}, "a value must be a single line"),
    ],
)
def test_new_movies_refuse_what_cannot_be(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Movie.new(**{"inputs": np.zeros((1, 2)), **arguments})  # type: ignore[arg-type]


def test_the_rom_of_a_movie() -> None:
    rom = read_rom()
    Movie.read(COMPLETE).check_rom(rom)
    with pytest.raises(MovieError, match=r"line 6: romChecksum names the ROM with MD5 0102.*nes"):
        Movie.from_bytes(HEADER).check_rom(rom)
    with pytest.raises(MovieError, match="romChecksum names no ROM; "):
        Movie.new(np.zeros((1, 2))).check_rom(rom)


def test_header_values_can_be_changed() -> None:
    movie = Movie.from_bytes(HEADER + INPUTS)
    movie.rerecords, movie.region, movie.rom_md5 = 8, "NTSC", "00" * 15 + "01"
    movie.authors, movie.comments, movie.subtitles = ("me",), (), (Subtitle(3, "now"),)
    movie.header["mine"] = "value"
    del movie.header["microphone"]
    text = movie.to_bytes().decode()
    assert "rerecordCount 8\npalFlag 0\n" in text
    assert "romChecksum base64:AAAAAAAAAAAAAAAAAAAAAQ==\n" in text
    assert "comment author me\nsubtitle 3 now\nmine value\n|0|" in text
    assert "microphone" not in text
    assert movie.header.all("comment") == ["author me"]
    assert list(movie.header)[:3] == ["version", "emuVersion", "rerecordCount"]
    with pytest.raises(ValueError, match="'a key' cannot be a key"):
        movie.header["a key"] = ""


def test_copies_are_independent() -> None:
    movie = Movie.from_bytes(HEADER + INPUTS)
    other = movie.copy()
    assert other == movie
    other.inputs[0, 0] = 1
    other.rerecords = 1
    assert movie.to_bytes() == HEADER + INPUTS
    assert other != movie


@pytest.mark.parametrize("ports", [("pad", "pad"), ("zapper", "pad"), ("pad",) * 4])
@pytest.mark.parametrize("binary", [False, True])
def test_100_000_frames_are_read_in_half_a_second(ports: tuple[str, ...], binary: bool) -> None:
    random = np.random.default_rng(1)
    movie = Movie.new(random.integers(0, 4, (100_000, len(ports))), ports=ports, binary=binary)
    movie.commands[:] = random.integers(0, 256, 100_000)
    if "zapper" in ports:
        movie.zappers["hit"][:, 0] = random.integers(0, 1 << 62, 100_000)
    data = movie.to_bytes()
    seconds = []
    for _ in range(3):
        begin = time.process_time()  # of this process, so that a busy machine does not count
        again = Movie.from_bytes(data)
        seconds.append(time.process_time() - begin)
        assert again == movie
    assert min(seconds) < 0.5


@pytest.mark.parametrize("pads", [(), (1,), (0, 2), (1, 2, 0, 4)])
def test_the_inputs_of_an_emulator(pads: tuple[int, ...]) -> None:
    log = InputLog()
    log.hold((), 10)
    log.hold(pads, 5)
    log.hold((0x81,), 1)
    movie = Movie.from_log(log, read_rom(), author="me", rerecords=3)
    assert movie.frames == 16
    assert movie.ports == ("pad",) * (4 if len(pads) > 2 else 2)
    assert (movie.authors, movie.rerecords) == (("me",), 3)
    assert movie.inputs[15].tolist()[:2] == [0x81, 0]
    assert Movie.from_bytes(movie.to_bytes()).to_log().snapshot() == log.snapshot()


def test_a_log_of_no_frames() -> None:
    movie = Movie.from_log(InputLog())
    assert movie.frames == 0
    assert movie.to_log().snapshot() == ()


def test_what_a_movie_cannot_take_from_a_log() -> None:
    poked, reset, twice = (InputLog([Hold(5, ())]) for _ in range(3))
    poked.poke(0x10, 1)
    reset.reset()
    twice.reset()
    twice.reset()
    twice.hold((), 1)
    for log, why in (
        (poked, "memory was written after frame 5: 1 at the address 0x0010"),
        (reset, "reset was pressed after frame 5, and no frame was played since"),
        (twice, "reset was pressed twice after frame 5, without a frame between"),
        (InputLog(None, unknown="a reason"), "from power-on are not known: a reason"),
    ):
        with pytest.raises(MovieError, match=why):
            Movie.from_log(log)


def test_resets_and_rerecords_of_a_log() -> None:
    log = InputLog([Reset(), Hold(3, (1,)), Reset(), Hold(2, (1,)), Hold(1, ())], rerecords=7)
    movie = Movie.from_log(log)
    assert movie.commands.tolist() == [1, 0, 0, 1, 0, 0]
    assert movie.rerecords == 7
    again = Movie.from_bytes(movie.to_bytes()).to_log()
    assert (again.snapshot(), again.rerecords) == (log.snapshot(), 7)
    assert (log.frames, log.frames_since_reset) == (6, 3)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"subtitle", b"savestate base64:AQID\nsubtitle", "line 19: savestate cannot be in a log"),
        (b"subtitle", b"saveram base64:AQID\nsubtitle", "line 19: saveram cannot be in a log"),
        (b"", b"", "line 11: port1 is 'zapper'; a log has pads only"),
    ],
)
def test_what_a_log_cannot_hold(old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(MovieError, match=message):
        Movie.from_bytes((HEADER + INPUTS).replace(old, new, 1)).to_log()


def test_a_log_cannot_hold_commands() -> None:
    movie = Movie.new(np.zeros((9, 2)))
    movie.commands[7] = 3
    with pytest.raises(MovieError, match="frame 7 has the command reset, power; a log has only r"):
        movie.to_log()


def test_the_import_is_quick_and_needs_no_emulator() -> None:
    program = (
        "import sys, time\n"
        "begin = time.process_time()\n"  # of this process, so that a busy machine does not count
        "import copain_gym.tas\n"
        "seconds = time.process_time() - begin\n"
        "copain_gym.tas.Movie.new([[1]]).to_bytes()\n"
        "heavy = ('torch', 'gymnasium', 'zmq', 'copain_gym.emulator', 'copain_gym.engines')\n"
        "print(seconds, [name for name in heavy if name in sys.modules])\n"
    )
    command = [sys.executable, "-c", program]
    runs = [subprocess.run(command, capture_output=True, text=True).stdout for _ in range(5)]
    assert all(run.endswith(" []\n") for run in runs)
    assert min(float(run.split()[0]) for run in runs) < 0.2
