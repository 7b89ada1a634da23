"""BizHawk's and stable-retro's movies: inputs survive, and the rest is listed."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from copain_gym import Button, MovieError
from copain_gym.roms.rom import read_rom
from copain_gym.tas.bk2 import from_bk2, read_bk2, to_bk2, write_bk2
from copain_gym.tas.bk2_log import parse_log
from copain_gym.tas.movie import COMMANDS, Movie, Subtitle
from copain_gym.tas.movie_records import ZAPPER

from .test_movie import COMPLETE
from .test_movie_properties import movies, patiently

# As BizHawk 2.x writes it, with lines of Windows.
HEADER = "MovieVersion BizHawk v2.0.0\r\nAuthor me\r\nPlatform NES\r\nGameName A game\r\n"
KEY = "LogKey:#Reset|Power|#P1 Up|P1 Down|P1 Left|P1 Right|P1 Start|P1 Select|P1 B|P1 A|"
LOG = f"[Input]\r\n{KEY}\r\n|..|........|\r\n|r.|U..R...A|\r\n|.P|...RSsB.|\r\n[/Input]\r\n"


def archive(**texts: str | bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in texts.items():
            file.writestr(name, text)
    return buffer.getvalue()


def bk2(header: str = HEADER, log: str = LOG, **more: str) -> bytes:
    return archive(**{"Header.txt": header, "Input Log.txt": log, **more})


def controls(**ports: object) -> str:
    return json.dumps({"o": {"Controls": {"Famicom": False, **ports}}})


def test_what_a_bk2_movie_says() -> None:
    movie, lost = from_bk2(
        bk2(
            HEADER + "rerecordCount 12\r\nPAL 1\r\nMD5 " + "0F" * 16 + "\r\n",
            **{
                "Comments.txt": "one\r\ntwo\r\n\r\n",
                "Subtitles.txt": "subtitle 7 0 0 120 FFFFFFFF Hello you\r\n",
            },
        )
    )
    assert lost == []
    assert movie.ports == ("pad", "none")
    assert movie.inputs[:, 0].tolist() == [0, 0x91, 0x8E]
    assert movie.commands.tolist() == [0, COMMANDS["reset"], COMMANDS["power"]]
    assert (movie.region, movie.rerecords, movie.rom_md5) == ("PAL", 12, "0f" * 16)
    assert (movie.rom_name, movie.authors, movie.comments) == ("A game", ("me",), ("one", "two"))
    assert movie.subtitles == (Subtitle(7, "Hello you"),)


def test_columns_are_read_by_their_names() -> None:
    log = (
        "[Input]\nLogKey:#Power|Reset|#P2 A|P2 Up|#P1 A|P1 B|P1 Right|\n|.r|A.|.BR|\n|..|.U|A..|\n"
    )
    movie, lost = from_bk2(bk2(log=log))
    assert lost == []
    assert movie.inputs.tolist() == [[0x82, 1], [1, 0x10]]
    assert movie.commands.tolist() == [1, 0]


@given(movies())
@patiently
def test_inputs_survive_a_conversion_to_bk2_and_back(movie: Movie) -> None:
    movie.commands[:] &= sum(bit for name, bit in COMMANDS.items() if "fds" not in name)
    data, lost = to_bk2(movie)
    again, _ = from_bk2(data)
    assert again.frames == movie.frames
    assert np.array_equal(again.commands, movie.commands)
    famicom = movie.microphone and movie.ports == ("pad", "pad")
    for port, device in enumerate(movie.ports):
        if device == "pad":
            allowed = 0xFF & ~Button.SELECT if famicom and port == 1 else 0xFF
            assert np.array_equal(again.inputs[:, port], movie.inputs[:, port] & allowed)
            assert again.ports[port] == "pad"
        elif device == "zapper":
            for axis in ("x", "y"):
                assert np.array_equal(again.zappers[axis][:, port], movie.zappers[axis][:, port])
            held = movie.zappers["bogo"][:, port] != 0
            assert np.array_equal(again.inputs[:, port] != 0, held)
            assert any(f"zapper in port {port}" in text for text in lost)
        elif device not in ("none", "unset"):
            assert any(text.startswith(f"{device} in port {port}") for text in lost)
    assert (again.region, again.rerecords) == (movie.region, movie.rerecords)
    assert again.rom_md5 == movie.rom_md5


def test_the_complete_game_is_the_same_inputs_after_a_conversion_and_back(tmp_path: Path) -> None:
    movie = Movie.read(COMPLETE)
    assert write_bk2(movie, tmp_path / "a.bk2", read_rom()) == []
    again, lost = read_bk2(tmp_path / "a.bk2")
    assert lost == []
    assert np.array_equal(again.inputs, movie.inputs)
    again.header["guid"] = movie.guid
    assert again == movie
    header = zipfile.ZipFile(tmp_path / "a.bk2").read("Header.txt").decode().split("\r\n")
    assert f"SHA1 {read_rom().sha1.upper()}" in header
    assert "Core NesHawk" in header
    log = zipfile.ZipFile(tmp_path / "a.bk2").read("Input Log.txt").decode().split("\r\n")
    assert log[:3] == ["[Input]", KEY, "|..|........|"]
    assert to_bk2(movie)[0] == to_bk2(movie)[0]


def test_a_four_score_has_bizhawk_s_order_of_pads() -> None:
    """BizHawk numbers them by plug: its P2 is the third pad of a game."""
    movie = Movie.new([[1, 2, 4, 8]])
    data, _ = to_bk2(movie)
    line = zipfile.ZipFile(io.BytesIO(data)).read("Input Log.txt").split(b"\r\n")[2]
    assert line == b"|..|.......A|.....s..|......B.|....S...|"
    assert from_bk2(data)[0].inputs.tolist() == [[1, 2, 4, 8]]


def test_a_microphone_is_that_of_a_famicom() -> None:
    """FCEUX records it as start of the second pad."""
    movie = Movie.new([[Button.START, Button.START], [0, Button.SELECT]], microphone=True)
    data, lost = to_bk2(movie)
    assert lost == ["select of pad 2: a Famicom with a microphone has none"]
    assert b"P2 Microphone|" in zipfile.ZipFile(io.BytesIO(data)).read("Input Log.txt")
    again, _ = from_bk2(data)
    assert again.microphone
    assert again.inputs.tolist() == [[8, 8], [0, 0]]


def test_a_zapper() -> None:
    zappers = np.zeros((2, 2), ZAPPER)
    zappers[:, 1] = [(12, 239, 0, 5), (255, 0, 5, 0)]
    movie = Movie.new([[0, 0], [0, 1]], ports=("none", "zapper"), zappers=zappers)
    data, lost = to_bk2(movie)
    log = zipfile.ZipFile(io.BytesIO(data)).read("Input Log.txt").split(b"\r\n")
    # A port without a device has no number.
    assert log[1] == b"LogKey:#Reset|Power|#P1 Zapper X|P1 Zapper Y|P1 Fire|"
    assert log[2:4] == [b"|..|   12,  239,.|", b"|..|  255,    0,F|"]
    assert [text.partition(":")[0] for text in lost] == ["zapper in port 1"]
    again, _ = from_bk2(data)
    assert again.ports == ("none", "zapper")
    assert again.zappers["x"][:, 1].tolist() == [12, 255]
    assert again.inputs[:, 1].tolist() == [0, 1]


def test_what_a_bk2_file_cannot_hold() -> None:
    movie = Movie.new(
        np.zeros((3, 2)),
        commands=[4, 8, 128],
        ports=("pad", "arkanoid"),
        expansion="mahjong",
        new_ppu=True,
        ram_init=(3, 5),
        state=b"x",
        author=["one", "two"],
    )
    movie.header["fork"] = "1"
    movie.tail = b"abc"
    lost = to_bk2(movie)[1]
    for word in (
        *("the savestate", "arkanoid in port 1", "fds-insert in 1 frames", "fds-select in 1"),
        *("unknown commands in 1", "mahjong", "RAMInitOption", "NewPPU", "3 bytes", "authors"),
        "does not know: fork",
    ):
        assert sum(word in text for text in lost) == 1, word
    assert len(lost) == 11


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (bk2(HEADER + "StartsFromSavestate True\n"), "the savestate at the beginning"),
        (bk2(HEADER + "StartsFromSaveRam True\n"), "the save RAM at the beginning"),
        (bk2(HEADER + f"SHA1 {'AB' * 20}\n"), "the SHA-1 of the ROM, ABAB"),
        (bk2(HEADER + "Core SubNESHawk\n"), "frames: a line of the core SubNESHawk"),
        (bk2(HEADER + "rerecordCount -3\n"), "rerecordCount: it is negative"),
        (bk2(log="LogKey:#P1 A|P1 PP7|\n|.7|\n"), "the column 'P1 PP7'"),
        (bk2(**{"SyncSettings.json": "no"}), "SyncSettings.json: it is not of a core of the NES"),
        (bk2(**{"SyncSettings.json": controls(NesLeftPort="PowerGlove")}), "PowerGlove in a port"),
        (
            bk2(**{"SyncSettings.json": controls(Famicom=True, FamicomExpPort="Zapper")}),
            "Zapper in the expansion port",
        ),
        (
            bk2(**{"SyncSettings.json": controls(Famicom=True, FamicomExpPort="Famicom4P")}),
            "it becomes a Four Score",
        ),
        (
            bk2(**{"Subtitles.txt": "subtitle 7 9 0 120 FFFFFFFF x\n"}),
            "place, duration and colour of the subtitle of frame 7",
        ),
    ],
)
def test_what_an_fm2_movie_cannot_hold(data: bytes, message: str) -> None:
    movie, lost = from_bk2(data)
    assert any(message in text for text in lost)
    assert movie.frames in (1, 3)


def test_a_movie_of_stable_retro(tmp_path: Path) -> None:
    """stable-retro records it itself, in a process of its own."""
    pytest.importorskip("stable_retro")
    rom = read_rom()
    game = tmp_path / "Swallow-Nes-v0"
    game.mkdir()
    shutil.copy(rom.path, game / "rom.nes")
    digest = hashlib.sha1(rom.path.read_bytes()[16:]).hexdigest()
    (game / "rom.sha").write_text(f"{digest}\n")
    (game / "data.json").write_text('{"info": {}}')
    (game / "scenario.json").write_text("{}")
    (game / "metadata.json").write_text("{}")
    program = """
import sys, numpy as np, stable_retro as retro
retro.data.Integrations.add_custom_path(sys.argv[1])
env = retro.make("Swallow-Nes-v0", state=retro.State.NONE, players=2, render_mode="rgb_array",
    inttype=retro.data.Integrations.CUSTOM_ONLY, use_restricted_actions=retro.Actions.ALL)
env.record_movie(sys.argv[1] + "/a.bk2")
env.reset()
for k in range(18):
    env.step(np.eye(18, dtype=np.int8)[k])
env.close()
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    subprocess.run(command, check=True, timeout=120)
    movie, lost = read_bk2(tmp_path / "a.bk2")
    assert lost == []
    assert movie.rom_name == "Swallow-Nes-v0"
    order = [*("B", None, "SELECT", "START", "UP", "DOWN", "LEFT", "RIGHT", "A")]
    masks = [0 if name is None else int(Button[name]) for name in order]
    assert movie.inputs[0].tolist() == [0, 0]  # the frame of `reset`
    assert movie.inputs[1:].tolist() == [[m, 0] for m in masks] + [[0, m] for m in masks]


# ---- bad input -----------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "bad: this is no bk2 movie: it is no zip archive"),
        (b"version 3\n", "bad: this is no bk2 movie: it is no zip archive"),
        (bk2()[:-30], "bad: this is no bk2 movie: it is no zip archive"),
        (bk2()[:40] + b"!" + bk2()[41:], "bad: the zip archive is damaged: "),
        (archive(**{"a.txt": "x"}), "bad: this is no bk2 movie: it has no Header.txt"),
        (archive(**{"Header.txt": HEADER}), "bad: this is no bk2 movie: it has no Input Log.txt"),
        (bk2("Platform SNES\n"), "bad, Header.txt, key Platform: 'SNES' is not the NES"),
        (bk2(HEADER + "rerecordCount x\n"), "bad, Header.txt, key rerecordCount: 'x' is no int"),
        (bk2(log="[Input]\n|..|\n"), "bad, Input Log.txt: no line names the columns"),
        (bk2(log="hello\n"), "bad, Input Log.txt, line 1: b'hello' is no line of an input log"),
        (bk2(log=KEY + "\n|..|.......|\n"), "Log.txt, line 2: it has 9 characters .* needs 10"),
        (bk2(log=KEY + "\n|..|.........|\n"), "Log.txt, line 2: it has 11 characters"),
        (bk2(log="LogKey:#P1 A|P1 A|\n"), "line 1, key LogKey: too many columns, or two of"),
        (bk2(log="LogKey:" + "|".join(map(str, range(999)))), "key LogKey: too many columns"),
        (bk2(log="LogKey:#P1 Zapper X|\n|12|\n"), "line 2: a number and a comma is missing"),
        (bk2(log="LogKey:#P1 Zapper X|\n|x,|\n"), "line 2: a number and a comma is missing"),
        (bk2(log="LogKey:#P1 Zapper X|\n|--,|\n"), "line 2: a number and a comma is missing"),
        (bk2(log="LogKey:#P1 Zapper X|\n|,|\n"), "line 2: a number and a comma is missing"),
        (bk2(log=KEY + "\n" * 2_000_000), "bad, Input Log.txt: most of its lines are empty"),
        (bk2(HEADER + "x" * (5 << 20)), "bad: Header.txt has .* bytes; 4194304 are allowed"),
    ],
)
def test_errors_name_the_file_and_the_line(data: bytes, message: str) -> None:
    with pytest.raises(MovieError, match=message):
        from_bk2(data, "bad")


def test_zip_bombs() -> None:
    """A text that would fill the memory, and an archive of a million files."""
    bomb = archive(**{"Header.txt": HEADER, "Input Log.txt": bytes(200 << 20)})
    assert len(bomb) < 300_000
    with pytest.raises(MovieError, match=r"Input Log.txt has 209715200 bytes; 134217728 are all"):
        from_bk2(bomb)
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as file:
        for number in range(30_000):
            file.writestr(str(number), b"")
    with pytest.raises(MovieError, match="this is no bk2 movie: it has too many files"):
        from_bk2(many.getvalue())


def test_files_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(MovieError, match="cannot be read: No such file"):
        read_bk2(tmp_path / "none.bk2")
    with (tmp_path / "huge.bk2").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(MovieError, match="cannot be read: it has 1099511627776 bytes"):
        read_bk2(tmp_path / "huge.bk2")


def test_inputs_of_100_000_frames_with_a_zapper() -> None:
    movie = Movie.new(np.ones((100_000, 2)), ports=("pad", "zapper"))
    again, _ = from_bk2(to_bk2(movie)[0])
    assert np.array_equal(again.inputs[:, 0], movie.inputs[:, 0])
    lines = b"LogKey:#P1 Zapper X|P1 Fire|P2 A|\r\n" + b"|  -12,F|.|\r\n" * 2 + b"|3,.|A|\r\n"
    table = parse_log(lines, "log")  # lines of other forms
    assert {name: values.tolist() for name, values in table.items()} == {
        "P1 Zapper X": [-12, -12, 3],
        "P1 Fire": [True, True, False],
        "P2 A": [False, False, True],
    }


@given(some.text("PNESlatform 1\r\n", max_size=60), some.binary(max_size=200), some.booleans())
@patiently
def test_any_texts_are_a_movie_or_an_error(header: str, log: bytes, key: bool) -> None:
    texts = {"Header.txt": "Platform NES\n" + header, "SyncSettings.json": log}
    with contextlib.suppress(MovieError):
        movie, _ = from_bk2(
            archive(**texts, **{"Input Log.txt": (KEY.encode() + b"\n|..|" if key else b"") + log})
        )
        assert Movie.from_bytes(movie.to_bytes()).frames == movie.frames
