"""The ROM store: what is recognised, and what is said of what is not."""

from __future__ import annotations

import hashlib
import os
import random
import resource
import zipfile
from collections.abc import Sequence
from pathlib import Path

import gymnasium
import pytest

import copain_gym  # noqa: F401 - registers the environments
from copain_gym.cli import main as cli
from copain_gym.envs import NesEnv
from copain_gym.errors import RomError
from copain_gym.games import HIRONDELLE, game, registry
from copain_gym.paths import bundled_rom
from copain_gym.roms import store as rom_store
from copain_gym.roms.rom import read_rom

CONTENT = bytes(range(256)) * 160  # 32 KiB PRG and 8 KiB CHR
SHA1 = hashlib.sha1(CONTENT).hexdigest()


def rom(
    content: bytes = CONTENT,
    *,
    nes20: bool = False,
    mapper: int = 0,
    trainer: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A ROM file with a header of either kind."""
    flags = (mapper & 0xF) << 4 | 1 | (4 if trainer else 0)
    header = b"NES\x1a" + bytes([2, 1, flags, (mapper & 0xF0) | (8 if nes20 else 0)])
    return header.ljust(16, b"\0") + trainer + content + after


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of the test's own."""
    monkeypatch.setenv("COPAIN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("COPAIN_ROM_PATH", raising=False)
    return tmp_path / "data" / "roms"


@pytest.fixture
def merle(monkeypatch: pytest.MonkeyPatch) -> game.Game:
    """A game that is known by the hash of CONTENT."""
    import dataclasses

    known = dataclasses.replace(
        HIRONDELLE,
        name="merle",
        title="Merle",
        bundled=False,
        roms=(game.GameRom("Merle (France)", SHA1, size=len(CONTENT)),),
    )
    monkeypatch.setitem(registry._games, "merle", known)
    return known


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def run(capsys: pytest.CaptureFixture[str], words: Sequence[object]) -> tuple[int, str]:
    status = cli.main(["rom", *map(str, words)])
    return status, capsys.readouterr().out


# ---- copain rom import -------------------------------------------------

FILES = {
    "its own name": ("Merle (France).nes", rom(), "imported"),
    "another name": ("x.nes", rom(), "imported"),
    "a NES 2.0 header": ("merle.nes", rom(nes20=True), "imported"),
    "another mapper in its header": ("merle.nes", rom(mapper=66), "imported"),
    "bytes after CHR": ("merle.nes", rom(after=b"junk"), "imported"),
    "a trainer": ("merle.nes", rom(trainer=bytes(512)), "imported"),
    "another content": ("merle.nes", rom(CONTENT[::-1]), "unknown"),
    "three bytes": ("merle.nes", b"NES", "bad"),
    "nothing": ("merle.nes", b"", "bad"),
    "a text": ("merle.nes", b"This is no ROM at all.", "bad"),
    "half of it": ("merle.nes", rom()[:20000], "bad"),
}
MESSAGES = {
    "its own name": "Merle (France) (iNES header, 32 KiB PRG + 8 KiB CHR, mapper 0, region PAL)",
    "a NES 2.0 header": "Merle (France) (NES 2.0 header, 32 KiB PRG + 8 KiB CHR, mapper 0, "
    "region NTSC)",
    "another mapper in its header": "mapper 66",
    "another content": f"not recognised: iNES header, 32 KiB PRG + 8 KiB CHR, mapper 0; "
    f"SHA-1 {hashlib.sha1(CONTENT[::-1]).hexdigest()} is none of the",
    "three bytes": "is too short: 3 bytes; the header of an iNES file alone takes 16",
    "nothing": "is empty",
    "a text": "is not an iNES file: it begins with b'This'",
    "half of it": "is truncated: 20000 bytes, its header says 40976 bytes",
}


@pytest.mark.usefixtures("merle")
@pytest.mark.parametrize("case", FILES)
def test_files(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], store: Path) -> None:
    name, data, status = FILES[case]
    file = write(tmp_path / name, data)
    code, said = run(capsys, ["import", file])
    first = said.splitlines()[0]
    assert first.startswith(f"{status:8}  {file}: ")
    assert MESSAGES.get(case, "") in first
    assert code == (0 if status == "imported" else 1)
    kept = list(store.glob("*.nes")) if store.exists() else []
    assert [k.read_bytes() for k in kept] == ([data] if status == "imported" else [])


@pytest.mark.usefixtures("merle")
def test_an_unknown_rom_is_compared_with_what_its_name_promises(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "Merle (USA).nes", rom(CONTENT[::-1], nes20=True))
    said = run(capsys, ["import", file])[1]
    assert f"For Merle (France), SHA-1 {SHA1}, 40960 bytes was expected (found 40960 bytes)" in said
    assert "verify=False" in said


@pytest.mark.usefixtures("merle")
def test_an_archive_with_two_roms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    archive = tmp_path / "two.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("folder/Merle.nes", rom())
        file.writestr("other.nes", rom(CONTENT[::-1]))
        file.writestr("readme.txt", "no ROM")
    code, said = run(capsys, ["import", archive])
    lines = said.splitlines()
    assert code == 0
    assert lines[0].startswith(f"imported  {archive}: folder/Merle.nes: Merle (France)")
    assert lines[1].startswith(f"unknown   {archive}: other.nes: not recognised")
    assert lines[2].startswith("1 imported, 1 unknown; ")
    assert len(list(store.glob("*.nes"))) == 1


@pytest.mark.usefixtures("merle")
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_without_roms_and_broken_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], method: int
) -> None:
    empty, broken = tmp_path / "empty.zip", tmp_path / "broken.zip"
    with zipfile.ZipFile(empty, "w") as file:
        file.writestr("readme.txt", "no ROM")
    with zipfile.ZipFile(broken, "w", method) as file:
        file.writestr("merle.nes", rom())
    data = bytearray(broken.read_bytes())
    data[60:80] = b"\xff" * 20
    broken.write_bytes(data)
    code, said = run(capsys, ["import", empty, broken])
    assert code == 1
    assert f"{empty}: is an archive without a .nes" in said
    assert f"{broken}: merle.nes: cannot be unpacked" in said


@pytest.mark.usefixtures("merle")
def test_a_folder_with_all_that_is_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "dumps"
    write(folder / "a" / "m.NES", rom())
    write(folder / "b" / "notes.txt", b"nothing")
    write(folder / "c.nes", b"abc")
    code, said = run(capsys, ["import", folder])
    assert code == 0
    assert said.splitlines()[-1].startswith("1 imported, 1 bad; ")
    assert "notes.txt" not in said


def test_paths_that_are_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    code, said = run(capsys, ["import", tmp_path / "missing", empty])
    assert code == 1
    assert "missing: does not exist" in said
    assert f"{empty}: no .nes" in said


@pytest.mark.usefixtures("merle")
def test_importing_again_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "m.nes", rom())
    run(capsys, ["import", file])
    code, said = run(capsys, ["import", file])
    assert code == 0
    assert said.startswith("present")
    assert "in the store already" in said


def test_the_bundled_rom_needs_no_import(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, ["import", bundled_rom()])
    assert code == 0
    assert "it comes with the package" in said


def test_a_store_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, merle: game.Game
) -> None:
    blocked = write(tmp_path / "file", b"")
    monkeypatch.setenv("COPAIN_DATA_DIR", str(blocked))
    file = write(tmp_path / "m.nes", rom())
    with pytest.raises(RomError, match=r"store .*file/roms cannot be written"):
        list(rom_store.import_roms([file]))


def test_list(tmp_path: Path, capsys: pytest.CaptureFixture[str], merle: game.Game) -> None:
    said = run(capsys, ["list"])[1]
    assert "bundled" in said
    assert f"SHA-1 {SHA1}  missing: copain rom import PATH" in said
    run(capsys, ["import", write(tmp_path / "m.nes", rom())])
    said = run(capsys, ["list"])[1]
    assert f"  PAL    SHA-1 {SHA1}  {rom_store.store_path('merle', merle.roms[0])}" in said


# ---- which ROM a game gets ---------------------------------------------


def test_the_store_and_the_path_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, merle: game.Game
) -> None:
    with pytest.raises(RomError, match=r"Merle .*was not found"):
        rom_store.find_rom(merle)
    list(rom_store.import_roms([write(tmp_path / "m.nes", rom())]))
    stored = rom_store.find_rom(merle)
    assert stored.parent == rom_store.store_directory()
    other = write(tmp_path / "elsewhere" / "any name.nes", rom(nes20=True))
    for named in (other, other.parent):
        monkeypatch.setenv("COPAIN_ROM_PATH", f"{tmp_path / 'nowhere'}:{named}")
        assert rom_store.find_rom(merle) == other
    monkeypatch.setenv("COPAIN_ROM_PATH", str(tmp_path / "nowhere"))
    assert rom_store.find_rom(merle) == stored


def test_what_the_path_names_is_said_where_it_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, merle: game.Game
) -> None:
    other = write(tmp_path / "other.nes", rom(CONTENT[::-1]))
    missing = tmp_path / "missing.nes"
    monkeypatch.setenv("COPAIN_ROM_PATH", f"{other}:{missing}")
    with pytest.raises(RomError) as caught:
        rom_store.find_rom(merle)
    assert f"{other} is another ROM (iNES header" in str(caught.value)
    assert f"{missing} does not exist" in str(caught.value)


def test_rom_path_is_verified(tmp_path: Path, merle: game.Game) -> None:
    good = write(tmp_path / "good.nes", rom(nes20=True))
    wrong = write(tmp_path / "wrong.nes", rom(CONTENT[::-1]))
    assert rom_store.resolve_rom(merle, good) == good
    with pytest.raises(RomError) as caught:
        rom_store.resolve_rom(merle, wrong)
    text = str(caught.value)
    assert f"{wrong} is not a ROM of Merle: found iNES header, 32 KiB PRG + 8 KiB CHR" in text
    assert hashlib.sha1(CONTENT[::-1]).hexdigest() in text
    assert f"expected Merle (France), SHA-1 {SHA1}" in text
    assert "pass verify=False" in text
    with pytest.warns(UserWarning, match="used anyway"):
        assert rom_store.resolve_rom(merle, wrong, verify=False) == wrong
    with pytest.raises(RomError, match="It is Hirondelle"):
        rom_store.resolve_rom(merle, bundled_rom())


def test_a_hack_of_the_bundled_game_plays_with_a_warning(tmp_path: Path) -> None:
    data = bytearray(bundled_rom().read_bytes())
    data[-1] ^= 1  # the last byte of a picture
    hack = write(tmp_path / "hack.nes", bytes(data))
    with pytest.raises(RomError, match="is not a ROM of Hirondelle"):
        gymnasium.make("copain/Hirondelle-v0", rom_path=hack)
    with pytest.warns(UserWarning, match="verify=False"):
        env = NesEnv("hirondelle", rom_path=hack, verify=False)
    assert env.reset()[1]["lives"] == 3
    assert env.emulator.rom.path == hack
    env.close()


def test_a_renamed_rom_of_another_game_is_refused_by_gradius(tmp_path: Path) -> None:
    renamed = write(tmp_path / "Gradius (USA).nes", bundled_rom().read_bytes())
    with pytest.raises(RomError, match=r"is not a ROM of Gradius: found .*It is Hirondelle"):
        gymnasium.make("copain/Gradius-v0", rom_path=renamed)


def test_what_is_known_of_a_rom(tmp_path: Path) -> None:
    plain = read_rom(write(tmp_path / "a.nes", rom(mapper=4)))
    assert (plain.header, plain.prg, plain.chr, plain.mapper) == ("iNES", 32768, 8192, 4)
    assert plain.sha1 == SHA1
    assert plain.crc32 == f"{__import__('zlib').crc32(CONTENT):08x}"
    new = read_rom(write(tmp_path / "b (E).nes", rom(nes20=True)))
    assert (new.header, new.region, new.md5) == ("NES 2.0", "NTSC", plain.md5)
    assert read_rom(write(tmp_path / "c (Europe).nes", rom())).region is None
    trained = read_rom(write(tmp_path / "e.nes", rom(trainer=bytes(512), after=b"x")))
    assert trained.sha1 == SHA1
    assert trained.sha1_file == hashlib.sha1(bytes(512) + CONTENT + b"x").hexdigest()


def test_an_archive_is_no_rom(tmp_path: Path) -> None:
    archive = tmp_path / "m.nes"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("merle.nes", rom())
    with pytest.raises(RomError, match=r"is a zip archive; .*copain rom import"):
        read_rom(archive)


# ---- damaged and hostile files -----------------------------------------

METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflated": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "LZMA": zipfile.ZIP_LZMA,
}


@pytest.mark.usefixtures("merle")
@pytest.mark.parametrize("method", METHODS)
def test_mutated_archives_are_told_by_name(method: str, tmp_path: Path, store: Path) -> None:
    archive = tmp_path / "mutated.zip"
    with zipfile.ZipFile(archive, "w", METHODS[method]) as file:
        file.writestr("merle.nes", rom())
        file.writestr("other.nes", rom(CONTENT[::-1]))
    whole = archive.read_bytes()
    rng = random.Random(7)
    statuses = set()
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            # Mostly the heads of members and the tables at the end.
            at = rng.choice([rng.randrange(120), len(data) - 1 - rng.randrange(180)])
            data[at] = rng.randrange(256)
        if rng.random() < 0.2:
            del data[rng.randrange(len(data)) :]
        archive.write_bytes(data)
        for result in rom_store.import_roms([archive]):
            assert result.source.startswith(str(archive))
            statuses.add(result.status)
    assert "bad" in statuses
    assert [kept.read_bytes() for kept in store.glob("*.nes")] in ([], [rom()])


@pytest.mark.usefixtures("merle")
@pytest.mark.parametrize("method", ["deflated", "bzip2", "LZMA"])
def test_a_damaged_member_does_not_hide_the_next(
    method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "half.zip"
    with zipfile.ZipFile(archive, "w", METHODS[method]) as file:
        file.writestr("broken.nes", rom(CONTENT[::-1]))
        file.writestr("merle.nes", rom())
    data = bytearray(archive.read_bytes())
    data[50:70] = b"\xff" * 20
    archive.write_bytes(data)
    said = run(capsys, ["import", archive])[1].splitlines()
    assert said[0].startswith(f"bad       {archive}: broken.nes: cannot be unpacked: ")
    assert said[1].startswith(f"imported  {archive}: merle.nes: ")


@pytest.mark.usefixtures("merle")
def test_names_in_archives_lead_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    archive = tmp_path / "names.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../../up (Europe).nes", rom())
        file.writestr(f"{tmp_path}/absolute\x1b[2J.nes", rom())
    said = run(capsys, ["import", archive])[1]
    assert "\x1b" not in said
    assert "absolute\\x1b[2J.nes" in said
    assert sorted(path.name for path in store.iterdir()) == [
        f"merle-{SHA1[:8]}.nes",
        "regions.json",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "names.zip"]


def test_what_is_no_regular_file_and_what_is_too_large(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe, large = tmp_path / "pipe.nes", tmp_path / "large.nes"
    os.mkfifo(pipe)
    with large.open("wb") as file:
        file.truncate(1 << 40)
    said = run(capsys, ["import", pipe, large])[1]
    assert f"bad       {pipe}: cannot be read: it is not a regular file" in said
    assert f"bad       {large}: cannot be read: it has 1099511627776 bytes; 16777216 are" in said
    for path in (pipe, large):
        with pytest.raises(RomError, match=f"ROM {path} cannot be read: it (is no|has)"):
            read_rom(path)


@pytest.mark.usefixtures("merle")
def test_a_full_disk_leaves_no_part_of_a_rom(tmp_path: Path, store: Path) -> None:
    file = write(tmp_path / "m.nes", rom())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))  # as a full disk, for any user
    try:
        with pytest.raises(RomError, match=r"of 40976 bytes cannot be written: File too large"):
            list(rom_store.import_roms([file]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(store.iterdir()) == []
    assert [result.status for result in rom_store.import_roms([file])] == ["imported"]
