"""A movie that cannot be played as it was recorded is refused, by its key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from copain_gym.errors import MovieError
from copain_gym.roms.rom import Rom, read_rom
from copain_gym.tas.movie import Movie
from copain_gym.tas.playable import check_playable, doubts
from copain_gym.tas.replay import Replay, play_in_emulator

from ..roms.test_regions import NES20_PAL, hack


@pytest.fixture
def rom() -> Rom:
    return read_rom()


def make(rom: Rom, **header: str) -> Movie:
    movie = Movie.new([[8, 0]] * 30, rom)
    for key, value in header.items():
        movie.header[key] = value
    return movie


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("romChecksum", "base64:AAECAwQFBgcICQoLDA0ODw==", "romChecksum names the ROM with MD5"),
        ("port1", "3", "port1 power-pad-a: FCEUX writes no inputs"),
        ("port0", "5", "port0 arkanoid: FCEUX writes no inputs"),
        ("port2", "8", "port2 mahjong: FCEUX writes no inputs"),
        ("RAMInitOption", "7", "RAMInitOption 7 is unknown; FCEUX knows 0 to 3"),
        ("FDS", "1", "FDS is 1, and .* is an iNES file"),
    ],
)
def test_a_key_that_cannot_be_honoured(key: str, value: str, message: str, rom: Rom) -> None:
    movie = make(rom, **{key: value})
    for refuse in (check_playable, Replay, play_in_emulator):
        with pytest.raises(MovieError, match=message):
            refuse(movie, rom)  # type: ignore[operator]


def test_no_frames_and_unknown_commands(rom: Rom) -> None:
    with pytest.raises(MovieError, match="no frames"):
        check_playable(Movie.new(np.empty((0, 2)), rom), rom)
    movie = make(rom)
    movie.commands[7] = 128
    with pytest.raises(MovieError, match=r"frame 8 has the command 128; FCEUX knows 1 \(reset"):
        check_playable(movie, rom)


def test_a_disk_without_its_bios(rom: Rom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    disk = tmp_path / "g.fds"
    disk.write_bytes(b"FDS\x1a\x01" + bytes(11 + 65500))
    found = read_rom(disk)
    with pytest.raises(MovieError, match=r"the movie \(FDS 1\) needs the BIOS.*disksys\.rom"):
        check_playable(Movie.new([[0, 0]], found), found)


def test_a_file_that_fceux_plays_in_its_own_region_only(tmp_path: Path) -> None:
    file = tmp_path / "g.unf"
    head = b"UNIF" + (7).to_bytes(4, "little") + bytes(24)
    file.write_bytes(head + b"TVCI" + (1).to_bytes(4, "little") + b"\1")
    rom = read_rom(file)
    movie = Movie.new([[0, 0]], rom)
    check_playable(movie, rom)
    movie.region = "NTSC"
    with pytest.raises(MovieError, match="palFlag region is 'NTSC', but the UNIF file"):
        check_playable(movie, rom)


def test_what_is_doubtful_is_told(tmp_path: Path, rom: Rom) -> None:
    assert doubts(make(rom), rom) == []
    pal = read_rom(hack(tmp_path / "g.nes", **NES20_PAL))
    movie = make(pal, palFlag="0", RAMInitOption="3")
    movie.rom_md5 = None
    told = "\n".join(doubts(movie, pal))
    assert "does not name its ROM" in told
    assert "for NTSC (palFlag 0), and the ROM is for PAL" in told
    assert "RAMInitOption 3" in told


def test_a_file_that_fceux_reads_otherwise_is_told(tmp_path: Path, rom: Rom) -> None:
    """FCEUX takes such a file for an empty movie and plays on without a word."""
    movie = make(rom)
    file = tmp_path / "m.fm2"
    file.write_bytes(b"\xef\xbb\xbf" + movie.to_bytes())
    for engine in ("fceux", "headless"):
        with (
            Replay(movie, rom, engine, file=file) as replay,
            pytest.raises(MovieError, match="FCEUX reads 0 frames in the movie, which has 30"),
        ):
            list(replay)


def test_nothing_is_left_of_a_replay_that_is_given_up(rom: Rom, traces: object) -> None:
    from ..conftest import Traces

    assert isinstance(traces, Traces)
    before = traces.count()
    with Replay(make(rom), rom) as replay:
        assert next(iter(replay)).number == 1
    replay = Replay(make(rom), rom)
    del replay
    assert traces.return_to(before)
