"""The television system: decided by the bytes or the user, kept by the store, told to engines."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import gymnasium
import pytest

import copain_gym  # noqa: F401 - registers the environments
from copain_gym import Emulator
from copain_gym.cli import main as cli
from copain_gym.envs import NesEnv
from copain_gym.errors import LuaError, RomError
from copain_gym.paths import bundled_rom
from copain_gym.roms.contents import Region
from copain_gym.roms.regions import record_region, recorded_regions, region_of_name
from copain_gym.roms.rom import read_rom
from copain_gym.roms.store import find_rom, rom_region, store_directory

from .test_store import merle, rom, store, write  # noqa: F401 - fixtures

CYCLES = {"NTSC": 29780.7, "PAL": 33247.5}  # of the CPU in a frame


def hack(path: Path, **changes: int) -> Path:
    """A copy of the bundled game that no table knows, with other bytes in its header."""
    data = bytearray(bundled_rom().read_bytes())
    data[-1] ^= 1
    for place, value in changes.items():
        data[int(place[1:])] = value
    path.write_bytes(data)
    return path


def cycles(emulator: Emulator) -> float:
    emulator.step(frames=3)
    emulator.lua.debugger.resetcyclescount()
    emulator.step(frames=20)
    return emulator.lua.debugger.getcyclescount() / 20


NES20_PAL = {"_7": 0x08, "_12": 1}


@pytest.mark.parametrize(
    ("name", "header", "asked", "region"),
    [
        ("g.nes", {}, None, "NTSC"),
        ("g (F).nes", {}, None, "NTSC"),
        ("g.nes", {}, "PAL", "PAL"),
        ("g (E).nes", {}, "PAL", "PAL"),
        ("g.nes", NES20_PAL, None, "PAL"),
        ("g (U).nes", NES20_PAL, None, "PAL"),
        ("g.nes", NES20_PAL, "NTSC", "NTSC"),
        ("g.nes", {"_9": 1}, None, "PAL"),
    ],
)
@pytest.mark.filterwarnings("ignore:ROM .* is played as NTSC")
def test_both_engines_play_it_there(
    name: str,
    header: dict[str, int],
    asked: Region | None,
    region: str,
    engine: str,
    tmp_path: Path,
) -> None:
    with Emulator(hack(tmp_path / name, **header), engine=engine, region=asked) as emulator:
        assert emulator.region == region
        assert emulator.frame_count == 0
        assert cycles(emulator) == pytest.approx(CYCLES[region], abs=2)


@pytest.mark.filterwarnings("ignore:ROM .* is played as NTSC")
def test_the_name_changes_nothing(engine: str, tmp_path: Path) -> None:
    runs = []
    for name, region in (
        ("g.nes", None),
        ("g (F).nes", None),
        ("g.nes", "PAL"),
        ("g (E).nes", "PAL"),
    ):
        with Emulator(hack(tmp_path / name), engine=engine, region=region) as emulator:  # type: ignore[arg-type]
            first = emulator.save_state().to_bytes()
            runs.append((first, emulator.step("start", 100).tobytes()))
    assert runs[0] == runs[1]
    assert runs[2] == runs[3]


def test_a_name_that_is_not_followed_is_told(tmp_path: Path) -> None:
    rom = read_rom(hack(tmp_path / "g (Europe).nes"))
    with pytest.warns(UserWarning, match=r"g \(Europe\)\.nes is played as NTSC.*region='PAL'"):
        assert rom_region(rom) == "NTSC"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rom_region(rom, "Dendy") == "Dendy"
    with pytest.raises(ValueError, match="region is 'SECAM'; allowed are NTSC, PAL, Dendy"):
        rom_region(rom, "SECAM")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("a.nes", None),
        ("a (Europe).nes", "PAL"),
        ("a (France).nes", "PAL"),
        ("a (f) [!].nes", "PAL"),
        ("a (USA).nes", "NTSC"),
        ("a (USA, Europe).nes", "NTSC"),
        ("a (Rev 1) (Spain, Sweden).nes", "PAL"),
        ("a (Unl).nes", None),
        ("e.nes", None),
    ],
)
def test_names(name: str, region: str | None) -> None:
    assert region_of_name(name) == region


# ---- kept by the store -------------------------------------------------


def listed(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert cli.main(["rom", "list"]) == 0
    return next(line for line in capsys.readouterr().out.splitlines() if line.startswith("merle"))


def test_it_survives_the_import(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    from copain_gym.games import HIRONDELLE, game, registry

    dump = hack(tmp_path / "Merle (E).nes")
    known = dataclasses.replace(
        HIRONDELLE,
        name="merle",
        bundled=False,
        roms=(game.GameRom("Merle", read_rom(dump).sha1),),
    )
    monkeypatch.setitem(registry._games, "merle", known)
    assert cli.main(["rom", "import", str(dump)]) == 0
    assert "region PAL" in capsys.readouterr().out
    stored = find_rom(known)
    assert "(E)" not in stored.name
    assert "  PAL  " in listed(capsys)
    # whatever the copy is called, and for the dump itself
    for path in (stored, dump, hack(tmp_path / "x.nes"), hack(tmp_path / "x (U).nes")):
        assert rom_region(read_rom(path)) == "PAL"
    assert cli.main(["rom", "import", str(tmp_path / "x.nes")]) == 0
    assert rom_region(read_rom(stored)) == "PAL"
    with Emulator(stored) as emulator:
        assert cycles(emulator) == pytest.approx(CYCLES["PAL"], abs=2)
    assert cli.main(["rom", "import", "--region", "NTSC", str(dump)]) == 0
    assert rom_region(read_rom(stored)) == "NTSC"
    assert "  NTSC  " in listed(capsys)


def test_what_a_known_rom_s_name_says_goes_before_the_file_s(tmp_path: Path, merle: object) -> None:  # noqa: F811
    assert cli.main(["rom", "import", str(write(tmp_path / "m (USA).nes", rom()))]) == 0
    assert list(recorded_regions(store_directory()).values()) == ["PAL"]  # Merle (France)


def test_a_damaged_record_is_told() -> None:
    record_region(store_directory(), "0" * 40, "PAL")
    for text in ("{", "[1]", '{"a": "SECAM"}', "[" * 100_000, '{"a": []}'):
        (store_directory() / "regions.json").write_text(text)
        with pytest.raises(RomError, match=r"regions\.json is damaged"):
            recorded_regions(store_directory())


def test_files_that_fceux_plays_in_their_own_region_only(tmp_path: Path) -> None:
    head = b"UNIF" + (7).to_bytes(4, "little") + bytes(24)
    file = write(tmp_path / "g.unf", head + b"TVCI" + (1).to_bytes(4, "little") + b"\1")
    assert rom_region(read_rom(file)) == "PAL"
    with pytest.raises(RomError, match=r"region is 'NTSC', but the UNIF file .*g\.unf says PAL"):
        rom_region(read_rom(file), "NTSC")


# ---- environments, movies ----------------------------------------------


def test_environments(tmp_path: Path) -> None:
    env = gymnasium.make("copain/Hirondelle-v0", region="PAL")
    env.reset(seed=1)
    assert env.unwrapped.emulator.region == "PAL"  # type: ignore[attr-defined]
    env.close()
    with pytest.raises(ValueError, match="region is 'SECAM'; allowed are None, NTSC, PAL, Dendy"):
        NesEnv(region="SECAM")  # type: ignore[arg-type]


def record(emulator: Emulator, path: Path) -> bytes:
    """Record a movie from power-on; returns the RAM at its end."""
    emulator.lua.movie.record(path)
    emulator.step("start", 60)
    ram = emulator.step("right", 60).tobytes()
    emulator.lua.movie.stop()
    return ram


def test_movies_are_played_in_their_region(engine: str, tmp_path: Path) -> None:
    game = hack(tmp_path / "g.nes")
    with Emulator(game, engine=engine, region="PAL") as emulator:
        ram = record(emulator, tmp_path / "pal.fm2")
    assert "palFlag 1\n" in (tmp_path / "pal.fm2").read_text()
    with Emulator(game, engine=engine, region="PAL") as emulator:
        assert emulator.lua.movie.play(tmp_path / "pal.fm2", True)
        assert emulator.step(frames=120).tobytes() == ram
        assert cycles(emulator) == pytest.approx(CYCLES["PAL"], abs=2)
    with Emulator(game, engine=engine) as emulator:
        message = r"pal\.fm2\" is for PAL \(palFlag 1\), and this console is NTSC.*region='PAL'"
        with pytest.raises(LuaError, match=message):
            emulator.lua.movie.play(tmp_path / "pal.fm2")


def test_a_movie_of_another_region_is_played_alike(tmp_path: Path) -> None:
    """FCEUX for Linux then runs the PPU as PAL and the CPU as NTSC; the headless engine follows."""
    from ..conftest import ENGINES

    game = hack(tmp_path / "g.nes")
    with Emulator(game, region="PAL") as emulator:
        record(emulator, tmp_path / "pal.fm2")
    runs = []
    for engine in ENGINES:
        with Emulator(game, engine=engine) as emulator:
            play = "movie.play(...); local t = {}; for i = 1, 20 do emu.frameadvance() "
            play += "t[i] = debugger.getcyclescount() end return t[20] - t[10]"
            ten = emulator.run_lua(play, str(tmp_path / "pal.fm2"))
            runs.append((round(ten / 10), emulator.ram.tobytes()))
    assert runs[0] == runs[-1]
    assert runs[0][0] == 35464


def test_another_rom_of_another_region_is_told(engine: str, tmp_path: Path) -> None:
    pal = hack(tmp_path / "g.nes", **NES20_PAL)
    with Emulator(engine=engine) as emulator:
        with pytest.warns(UserWarning, match=re.escape("g.nes is for PAL, and is played on this")):
            emulator.lua.emu.loadrom(pal)
        assert cycles(emulator) == pytest.approx(CYCLES["NTSC"], abs=2)
