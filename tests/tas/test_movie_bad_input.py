"""Movies that are damaged or not as FCEUX writes them: errors and warnings name line and key."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from copain_gym import MovieError, MovieWarning
from copain_gym.tas.movie import Movie

from .test_movie import HEADER, INPUTS

GOOD = HEADER + INPUTS


def changed(old: bytes, new: bytes) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "bad, line 1: an FM2 movie begins with `version 3`, and this file with b''"),
        (changed(b"version 3\n", b""), "line 1: an FM2 movie begins .* this file with b'emuVers"),
        (changed(b"version 3", b"version 2"), "line 1: an FM2 movie begins with `version 3`"),
        (changed(b"version 3", b"version 30"), "line 1: an FM2 movie begins with `version 3`"),
        (b"FCM\x1a" + bytes(60), "line 1: this is no FM2 movie but an FCM movie"),
        (b"PK\x03\x04" + bytes(60), "line 1: this is no FM2 movie but a zip archive"),
        (GOOD.decode().encode("utf-16"), "line 1: this is no FM2 movie but text in UTF-16"),
        (changed(b"port0 1", b"port0 11"), "line 10: port0 is 11; known devices are .*, 1 pad"),
        (changed(b"port1 2", b"port1 -2"), "line 11: port1 is -2; known devices are"),
        (changed(b"port2 0", b"port2 17"), "line 12: port2 is 17; known devices are"),
        (changed(b"port0 1\n", b""), "bad: port0 is missing"),
        (changed(b"port0 1", b"port0 pad"), "line 10: port0 is 'pad'; it must be an integer"),
        (changed(b"palFlag 1", b"palFlag"), "line 4: palFlag is ''; it must be an integer"),
        (changed(b"RAMInitSeed 123456", b"RAMInitSeed 1e5"), "line 16: RAMInitSeed is '1e5'"),
        (changed(b"emuVersion 20605", b"emuVersion " + b"9" * 5000), "line 2: emuVersion is '99"),
        (changed(b"subtitle", b"savestate AAAA\nsubtitle"), "line 19: savestate is malformed: it"),
        (changed(b"subtitle", b"savestate base64:A\nsubtitle"), "line 19: savestate is malformed"),
        (changed(b"subtitle", b"savestate 0xA\nsubtitle"), "line 19: savestate is malformed"),
        (changed(b"subtitle", b"saveram 0x\nsubtitle"), "line 19: saveram is malformed"),
        (changed(b"subtitle", b"length -5\nsubtitle"), "line 19: length is -5; allowed are 0"),
        (changed(b"subtitle", b"binary 1\nsubtitle"), r"line 20: subtitle has a \| after `binary"),
        (HEADER + b"binary 1\n" + INPUTS, "line 20: binary says .* binary, but they are text"),
        (
            changed(b"|1|R", b"|256|R"),
            r"line 21: its commands .* 0 to 255; the line is '\|",
        ),
        (changed(b"|1|R", b"||R"), "line 21: its commands must be a number"),
        (changed(b"|1|R", b"|a|R"), "line 21: its commands must be a number"),
        (changed(b"|R......A|", b"|R.....A|"), "line 21, key port0: .* 8 characters, and has 7;"),
        (changed(b"|R......A|", b"||"), "line 21, key port0: .* 8 characters, and has 0;"),
        (changed(b"|012 240 1 5", b"|012 240 1"), "line 21, key port1: a zapper needs five"),
        (changed(b"|012 240", b"|256 240"), "line 21, key port1: 'x' of a zapper .* 0 to 255"),
        (changed(b"51615||", b"51616||"), "line 21, key port1: 'hit' of a zapper must be"),
        (changed(b"51615||", b"516150||"), "line 21, key port1: 'hit' of a zapper must be"),
        (changed(b"51615||", b"51615|x|"), "line 21: the field of the expansion port is not"),
        (changed(b"51615||", b"51615"), "line 21: it has 2 fields; .* it needs 4"),
        (changed(b"51615||", b"51615|||"), "line 21: it has 5 fields; .* it needs 4"),
        (changed(b"51615||", b"51615||x"), r"line 21: it does not end with \|"),
        (changed(b"port0 1", b"port0 0"), "line 21, key port0: .* the device 'none', which FCEUX"),
        (changed(b"fourscore 0", b"fourscore 1"), "line 20: it has 4 fields; .* it needs 6"),
    ],
)
def test_errors_name_file_line_and_key(data: bytes, message: str) -> None:
    with pytest.raises(MovieError, match=message):
        Movie.from_bytes(data, "bad")


@pytest.mark.parametrize(
    ("data", "message", "same"),
    [
        (b"\xef\xbb\xbf" + GOOD, "bad, line 1: the file begins with a byte order mark", GOOD),
        (GOOD.replace(b"\n", b"\r\n"), "bad: its lines end as in Windows", GOOD),
        (GOOD.replace(b"\n", b"\r"), "bad: its lines end as in Windows", GOOD),
        (changed(b"Count 7", b"Count -7"), "line 3: rerecordCount is negative", None),
        (changed(b"base64:AQ", b"base64:A"), "line 6: romChecksum is no MD5 of 16 bytes", None),
        (changed(b"base64:AQ", b"base64:AAAQ"), "line 6: romChecksum is no MD5", None),
        (changed(b"romChecksum", b"romchecksum"), "bad: romChecksum is missing", None),
        (changed(b"subtitle", b"length 4\nsubtitle"), "line 19: length is 4, .* 3 frames", None),
        (
            GOOD + b"late key\n",
            "line 23: late comes after inputs",
            HEADER + b"late key\n" + INPUTS,
        ),
    ],
)
def test_warnings_name_file_line_and_key(data: bytes, message: str, same: bytes | None) -> None:
    with pytest.warns(MovieWarning, match=message):
        movie = Movie.from_bytes(data, "bad")
    assert movie.frames == 3
    assert movie.to_bytes() == (data if same is None else same)


def test_white_space_and_empty_lines_are_left_out() -> None:
    spaced = GOOD.replace(b"palFlag", b"\n  palFlag").replace(b"|1|", b"\n \t|1|") + b"\n\n"
    assert Movie.from_bytes(spaced).to_bytes() == GOOD
    # The empty field of a device that is not plugged in may have dots; FCEUX ignores them.
    dots = HEADER.replace(b"port1 2", b"port1 0") + b"|0|R.......|........||  \n"
    assert Movie.from_bytes(dots).to_bytes().endswith(b"\n|0|R.......|||\n")
    # Some tools leave out the field of the expansion port; FCEUX reads their movies.
    assert Movie.from_bytes(GOOD.replace(b"||\n", b"|\n")).to_bytes() == GOOD


def test_a_movie_that_was_cut_off_at_any_byte() -> None:
    """Nothing is lost without an error or a warning."""
    whole = Movie.from_bytes(GOOD)
    warned = 0
    for size in range(len(HEADER) + 1, len(GOOD)):
        data = GOOD[:size]
        lines = data[len(HEADER) :].split(b"\n")
        if lines[-1] in (b"", INPUTS.split(b"\n")[len(lines) - 1]):
            movie = Movie.from_bytes(data)
            frames = len(lines) - (lines[-1] == b"")
        else:
            line = 19 + len(lines)
            with pytest.warns(MovieWarning, match=rf"bad, line {line}: the file is cut off"):
                movie = Movie.from_bytes(data, "bad")
            warned += 1
            frames = len(lines) - 1
        assert movie.frames == frames
        assert movie == Movie(
            whole.header, type(whole.records)(*(a[:frames] for a in whole.records))
        )
    assert warned > 50


def test_a_binary_movie_that_was_cut_off() -> None:
    movie = Movie.from_bytes(GOOD)
    movie.binary = True
    with pytest.warns(MovieWarning, match="bad: the file is cut off: the last 13 bytes are no wh"):
        cut = Movie.from_bytes(movie.to_bytes()[:-1], "bad")
    assert cut.inputs.tolist() == movie.inputs[:2].tolist()


def test_a_million_frames(tmp_path: Path) -> None:
    movie = Movie.new(np.random.default_rng(1).integers(0, 256, (1_000_000, 2)))
    file = movie.write(tmp_path / "long.fm2")
    assert file.stat().st_size > 20_000_000
    assert Movie.read(file) == movie


def test_files_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(MovieError, match=r"the movie .*none.fm2 cannot be read: No such file"):
        Movie.read(tmp_path / "none.fm2")
    with pytest.raises(MovieError, match="cannot be read: "):
        Movie.read(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MovieError, match="cannot be read: it is not a regular file"):
        Movie.read(tmp_path / "pipe")
    with (tmp_path / "huge.fm2").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(MovieError, match="it has 1099511627776 bytes; 134217728 are allowed"):
        Movie.read(tmp_path / "huge.fm2")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (HEADER + b"k\n" * 60_000 + INPUTS, "line 50001: the header has more than 50000 lines"),
        (HEADER + b"\n" * (17 << 20), "its header has 17826134 bytes; 16777216 are allowed"),
        (GOOD + b"\n" * (17 << 20), "bad: most of its lines are empty"),
        (GOOD + b"\r\n" * (17 << 20), "bad: most of its lines are empty"),
        (HEADER + b"|" * (17 << 20), "line 20: the file is cut off in the middle of the line"),
        (HEADER + b"|" * (17 << 20) + b"\n", "line 20: it has 17825791 fields; .* it needs 4"),
        (HEADER + b"savestate " + b"A" * (17 << 20), "its header has 17826144 bytes"),
    ],
    ids=["keys", "empty lines", "empty lines after inputs", "of Windows", "cut", "fields", "state"],
)
def test_large_nonsense_is_refused_quickly(data: bytes, message: str) -> None:
    begin = time.process_time()
    with pytest.raises((MovieError, MovieWarning), match=message):
        Movie.from_bytes(data, "bad")
    assert time.process_time() - begin < 10
