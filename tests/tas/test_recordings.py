"""Movies that FCEUX recorded itself: read, written, and replayed in both engines.

`record_movies.py` made them, and noted the RAM of the recording run after each frame.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from copain_gym.errors import MovieError
from copain_gym.roms.rom import Rom
from copain_gym.tas.movie import Movie
from copain_gym.tas.replay import Replay, play_in_emulator

from ..conftest import ENGINES
from .record_movies import FOLDER, RECORDINGS, rams, record


def replayed(movie: Movie, rom: Rom, engine: str, file: Path | None = None) -> list[int]:
    with Replay(movie, rom, engine, file=file) as replay:
        return [zlib.crc32(frame.ram) for frame in replay]


@pytest.mark.parametrize("name", RECORDINGS)
def test_it_comes_out_byte_for_byte(name: str) -> None:
    file = FOLDER / f"{name}.fm2"
    movie = Movie.read(file)
    assert movie.to_bytes() == file.read_bytes()
    assert movie.frames == len(rams(name))


@pytest.mark.parametrize("name", RECORDINGS)
def test_both_engines_replay_it_to_the_ram_of_the_recording(
    name: str, roms: dict[str, Rom]
) -> None:
    file = FOLDER / f"{name}.fm2"
    movie = Movie.read(file)
    for engine in ENGINES:
        assert replayed(movie, roms[RECORDINGS[name][0]], engine, file) == rams(name), engine


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("new-ppu", "NewPPU", "0"),
        ("pal", "palFlag", "0"),
        ("ram-ones", "RAMInitOption", "2"),
        ("ram-random", "RAMInitSeed", "1"),
        ("microphone", "microphone", "0"),
    ],
)
def test_without_one_of_its_keys_it_is_another_movie(
    name: str, key: str, value: str, roms: dict[str, Rom]
) -> None:
    movie = Movie.read(FOLDER / f"{name}.fm2")
    movie.header[key] = value
    assert replayed(movie, roms[RECORDINGS[name][0]], "headless") != rams(name)


@pytest.mark.parametrize("name", ["soft-reset", "power"])
def test_without_its_command_it_is_another_movie(name: str, roms: dict[str, Rom]) -> None:
    movie = Movie.read(FOLDER / f"{name}.fm2")
    movie.commands[:] = 0
    differ = [
        one != other
        for one, other in zip(replayed(movie, roms["ports"], "headless"), rams(name), strict=True)
    ]
    assert not any(differ[:120])
    assert differ[120]


def test_without_its_save_ram_it_is_another_movie(roms: dict[str, Rom]) -> None:
    movie = Movie.read(FOLDER / "from-save-ram.fm2")
    movie.saveram = None
    assert replayed(movie, roms["battery"], "headless") != rams("from-save-ram")


def test_a_light_gun_and_the_pads_of_a_four_score_reach_the_game(roms: dict[str, Rom]) -> None:
    for name, field in (("zapper", "zappers"), ("four-score", "inputs")):
        movie = Movie.read(FOLDER / f"{name}.fm2")
        getattr(movie, field)[:, 1 if name == "zapper" else 3] = 0
        assert replayed(movie, roms["ports"], "headless") != rams(name)


@pytest.mark.parametrize("name", ["from-state", "pal", "power"])
def test_an_emulator_plays_it_step_by_step(name: str, roms: dict[str, Rom], engine: str) -> None:
    movie, rom = Movie.read(FOLDER / f"{name}.fm2"), roms[RECORDINGS[name][0]]
    with play_in_emulator(movie, rom, engine) as emulator:
        assert emulator.region == movie.region
        steps = [zlib.crc32(emulator.step("left+B").tobytes()) for _ in range(movie.frames)]
        assert steps == rams(name)
        assert emulator.frame_count == movie.frames


def test_a_damaged_savestate_is_refused(roms: dict[str, Rom]) -> None:
    movie = Movie.read(FOLDER / "from-state.fm2")
    state = movie.state
    assert state is not None
    content = zlib.decompress(state[16:])
    chunk = int.from_bytes(content[1:5], "little")
    for damaged, why in (
        (state[:-1], "bytes, not the"),
        (b"FCS" + state, "does not begin with FCSX"),
        (b"", "does not begin with FCSX"),
        (state[:16] + bytes(len(state) - 16), "cannot be unpacked"),
        (packed(content[:-1]), "ends within chunk"),
        (packed(content[:3]), "ends within chunk"),
        (packed(content[:9] + b"\xff" + content[10:]), "a field of chunk 1"),
        (packed(content[5 + chunk :]), "holds no RAM"),
        (packed(content, len(content) + 1), "unpacks to"),
    ):
        movie.state = damaged
        with pytest.raises(MovieError, match=f"savestate .*{why}"):
            Replay(movie, roms["hirondelle"], "headless")
    for intact in (packed(content), state[:12] + b"\xff" * 4 + content):
        movie.state = intact
        assert replayed(movie, roms["hirondelle"], "headless") == rams("from-state")


def packed(content: bytes, size: int | None = None) -> bytes:
    """A savestate of FCEUX with this content."""
    data = zlib.compress(content)
    sizes = (len(content) if size is None else size, 22065, len(data))
    return b"FCSX" + b"".join(number.to_bytes(4, "little") for number in sizes) + data


def test_stock_fceux_records_them_again(tmp_path: Path, roms: dict[str, Rom]) -> None:
    """The script still works: a new recording differs in its identity and its seed only."""
    record(tmp_path, lambda name: roms[name].path, ["four-score"])
    assert rams("four-score", tmp_path) == rams("four-score")
    one, other = (Movie.read(folder / "four-score.fm2") for folder in (tmp_path, FOLDER))
    for key in ("guid", "RAMInitSeed"):
        one.header[key] = other.header[key]
    assert one == other
