"""Movies are verified on stock FCEUX, and replays are compared."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from copain_gym.errors import MovieError
from copain_gym.games import HIRONDELLE, Game, find_game
from copain_gym.roms.rom import Rom, read_rom
from copain_gym.tas import replay as replays
from copain_gym.tas.compare import compare_replays, first_input, variable_names
from copain_gym.tas.expected import Expected, companion_path, expect
from copain_gym.tas.movie import Movie
from copain_gym.tas.movie_roms import game_of_rom, rom_of_movie
from copain_gym.tas.outcome import Watcher
from copain_gym.tas.replay import Frame, Replay
from copain_gym.tas.verify import verify

from ..hirondelle.test_complete_game import MOVIE as COMPLETE
from ..roms.test_regions import hack
from .record_movies import FOLDER


@pytest.fixture(scope="module")
def rom() -> Rom:
    return read_rom()


@pytest.fixture
def movie() -> Movie:
    return Movie.read(FOLDER / "power-on.fm2")


def test_a_whole_game_is_verified_on_stock_fceux(rom: Rom) -> None:
    movie = Movie.read(COMPLETE)
    verdict = verify(movie, rom, HIRONDELLE, expected=expect(movie, rom), file=COMPLETE)
    assert verdict.same
    assert verdict.stock == verdict.expected
    assert verdict.stock.frames == movie.frames
    assert [name for _, name in verdict.stock.events] == ["stage_cleared"] * 3 + ["ending"]
    assert verdict.stock.flags["ending"]
    assert verdict.notes == ()


def test_one_changed_input_of_it_is_found(rom: Rom) -> None:
    movie = Movie.read(COMPLETE)
    expected = expect(movie, rom)
    movie.inputs[3000, 0] ^= 0x40  # left
    verdict = verify(movie, rom, HIRONDELLE, expected=expected)
    assert not verdict.same
    assert "hashes" in verdict.differs
    assert verdict.first_input == 3001
    assert verdict.first is not None
    assert verdict.first.frame == 3001
    assert verdict.named is not None
    assert "ship_x" in {name for name, _, _ in verdict.named.variables}
    address = HIRONDELLE.decoder.variables["ship_x"].address
    assert (verdict.named.names or {})[address].startswith("ship_x")


def test_without_a_companion_the_headless_engine_is_compared(movie: Movie, rom: Rom) -> None:
    verdict = verify(movie, rom, HIRONDELLE)
    assert verdict.same
    assert not verdict.companion
    assert verdict.stock == verdict.expected


def test_an_engine_that_plays_otherwise_is_found(
    roms: dict[str, Rom], monkeypatch: pytest.MonkeyPatch
) -> None:
    movie, rom = Movie.read(FOLDER / "two-pads.fm2"), roms["ports"]
    expected = expect(movie, rom)
    options = ["--no-draw", "--skew-cycle", "150"]  # a deliberate error of the engine
    monkeypatch.setattr(
        replays, "_unseen", lambda engine: options if engine.name == "headless" else []
    )
    skewed = verify(movie, rom)
    assert not skewed.same
    assert skewed.first is not None
    assert 150 <= skewed.first.frame <= 170
    assert verify(movie, rom, expected=expected).same  # the headless engine is not asked


def test_a_companion_that_is_out_of_date_is_told(movie: Movie, rom: Rom) -> None:
    expected = expect(movie, rom)
    old = dataclasses.replace(expected.outcome, ram_sha1="0" * 40)
    verdict = verify(movie, rom, HIRONDELLE, expected=dataclasses.replace(expected, outcome=old))
    assert verdict.differs == ("ram_sha1",)
    assert verdict.first is None
    assert "leads to something else today" in verdict.notes[0]


def test_without_the_headless_engine_the_hashes_tell_where(
    movie: Movie, rom: Rom, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = expect(movie, rom)
    movie.inputs[100, 0] ^= 0x80
    monkeypatch.setattr("copain_gym.tas.verify.find_headless", lambda: None)
    verdict = verify(movie, rom, HIRONDELLE, expected=expected)
    assert not verdict.same
    assert verdict.first is None
    told = verdict.notes[-1]
    assert told.startswith("the first frame that differs is one of ")
    first = int(told.split("one of ")[1].split()[0])
    assert 101 <= first <= 130


def test_a_changed_key_is_told(roms: dict[str, Rom]) -> None:
    movie, rom = Movie.read(FOLDER / "ram-ones.fm2"), roms["ports"]
    expected = expect(movie, rom)
    movie.header["RAMInitOption"] = "2"
    verdict = verify(movie, rom, expected=expected)
    assert not verdict.same
    assert verdict.first_input is None
    assert verdict.notes == ("RAMInitOption was changed after the companion was made",)
    assert verdict.first is not None
    assert verdict.first.frame == 1


# ---- outcomes, companions ----------------------------------------------


def test_the_companion_is_read_as_it_was_written(movie: Movie, rom: Rom, tmp_path: Path) -> None:
    expected = expect(movie, rom)
    file = expected.write(companion_path(tmp_path / "run.fm2"))
    assert file.name == "run.fm2.json"
    assert file.stat().st_size < 20_000
    assert Expected.read(file) == expected


def test_a_state_and_random_ram_are_in_it_too(rom: Rom, tmp_path: Path) -> None:
    movie = Movie.read(FOLDER / "from-state.fm2")
    expected = expect(movie, rom)
    assert Expected.read(expected.write(tmp_path / "a.json")).movie == movie
    assert verify(movie, rom, expected=expected).same


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "format 2; 1 is supported"),
        ({"frames": -1}, "field 'frames' is -1"),
        ({"hashes": ["x"]}, "field 'hashes'"),
        ({"movie": "AAAA"}, "is not the companion of a movie"),
        ({"more": 1}, "unknown field 'more'"),
        ({"events": [[1]]}, "field 'events'"),
        ({"ram_sha1": None}, "field 'ram_sha1'"),
    ],
)
def test_a_damaged_companion(
    change: dict[str, object], message: str, movie: Movie, rom: Rom, tmp_path: Path
) -> None:
    file = expect(movie, rom).write(tmp_path / "a.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(MovieError, match=message):
        Expected.read(file)


def test_no_json_and_no_file(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    with pytest.raises(MovieError, match=r"companion .*a\.json cannot be read"):
        Expected.read(file)
    for text in ("{", "[]", "[" * 100_000, "1"):
        file.write_text(text)
        with pytest.raises(MovieError, match="not the companion of a movie"):
            Expected.read(file)


def test_a_companion_of_another_rom(movie: Movie, rom: Rom) -> None:
    other = dataclasses.replace(expect(movie, rom), rom_md5="0" * 32)
    with pytest.raises(MovieError, match="companion was made with the ROM with MD5 000"):
        verify(movie, rom, expected=other)


def test_every_frame_counts_for_the_hashes() -> None:
    """A difference that is over before the next hash changes it, and so does a lag frame."""

    def hashes(*changed: int, lag: int = 0) -> tuple[str, ...]:
        watcher = Watcher(10, every=4)
        for number in range(1, 11):
            ram = bytes([number, number in changed]) + bytes(2046)
            watcher.add(Frame(number, number == lag, ram))
        return watcher.outcome().hashes

    plain = hashes()
    assert len(plain) == 3
    assert [a == b for a, b in zip(plain, hashes(6), strict=True)] == [True, False, False]
    assert [a == b for a, b in zip(plain, hashes(10), strict=True)] == [True, True, False]
    assert [a == b for a, b in zip(plain, hashes(lag=9), strict=True)] == [True, True, False]


# ---- comparing ---------------------------------------------------------


def test_two_movies_of_different_lengths(movie: Movie, rom: Rom) -> None:
    shorter = movie[:200]
    assert first_input(movie, shorter) == 201
    with Replay(movie, rom, "headless") as one, Replay(shorter, rom, "headless") as other:
        result = compare_replays((movie, one), (shorter, other))
    assert result.first is not None
    assert (result.first.frame, result.first.kind) == (201, "end")
    assert result.outcomes[1].frames == 200


def test_variables_are_named_by_address() -> None:
    names = variable_names(HIRONDELLE)
    for variable in HIRONDELLE.variables:
        for element in range(max(variable.count, 1)):
            for address in variable.addresses(element):
                assert variable.name in names[address]


def test_a_game_with_variables_in_its_cartridge(movie: Movie, rom: Rom) -> None:
    """A replay has the RAM only: its addresses are named, but nothing is decoded."""
    game = dataclasses.replace(HIRONDELLE, memory=((0x6000, 16),))
    assert expect(movie, rom, game).outcome.values == {}
    whole = Movie.read(COMPLETE)[:900]
    other = whole.copy()
    other.inputs[800, 0] ^= 0x40
    with Replay(whole, rom, "headless") as one, Replay(other, rom, "headless") as two:
        result = compare_replays((whole, one), (other, two), game)
    assert result.first is not None
    assert result.named is None
    assert result.outcomes[0].frames < 900
    assert any("ship_x" in name for name in (result.first.names or {}).values())


def test_the_rom_is_found_without_all_tables(
    movie: Movie, rom: Rom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables of stable-retro's games take seconds to read."""
    read: list[object] = []

    def find(name: str) -> Game:
        read.append(name)
        return find_game(name)

    monkeypatch.setattr("copain_gym.tas.movie_roms.find_game", find)
    assert rom_of_movie(movie) == rom
    assert read == ["hirondelle"]


def test_the_rom_of_a_movie_is_found(movie: Movie, rom: Rom, tmp_path: Path) -> None:
    assert rom_of_movie(movie) == rom
    game = game_of_rom(rom)
    assert game is HIRONDELLE
    assert game_of_rom(read_rom(hack(tmp_path / "g.nes"))) is None
    with pytest.raises(MovieError, match="romChecksum names the ROM"):
        rom_of_movie(movie, hack(tmp_path / "g.nes"))
    movie.rom_md5 = "1" * 32
    with pytest.raises(MovieError, match=r"MD5 1111.* not among those of the known games"):
        rom_of_movie(movie)
    movie.rom_md5 = None
    with pytest.raises(MovieError, match="does not name its ROM"):
        rom_of_movie(movie)
