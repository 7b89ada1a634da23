"""State files that strangers made: always a StateError that names the file, within limits."""

from __future__ import annotations

import gzip
import os
import random
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest

from copain_gym.bridge.savestate import pack_state, unpack_state
from copain_gym.cli.main import main
from copain_gym.emulator import Emulator
from copain_gym.errors import CopainError, FileError, LuaError, StateError
from copain_gym.files import check_name, write_file
from copain_gym.games.retro.states import state_ram
from copain_gym.tas.inputs import Hold, InputLog, Poke
from copain_gym.tas.states import GameState, list_states, load_state_file, store_state

MD5, SHA1 = "0" * 32, "1" * 40
BOMB = bytes(1 << 30)


def game_state(**changes: Any) -> bytes:
    """A well-formed file of a game state but for the fields that are changed or left out."""
    fields: dict[str, Any] = {
        "version": 1,
        "game": "hirondelle",
        "rom_md5": MD5,
        "state": pack_state(b"FCSX", MD5),
        "inputs": [[4, 8], [-1, 0x19, 2]],
        "ram_sha1": SHA1,
        "note": "",
        "name": "x",
        **changes,
    }
    return wrap(msgpack.packb({k: v for k, v in fields.items() if v is not ...}))


def wrap(body: bytes) -> bytes:
    return b"COPAINGS" + zlib.crc32(body).to_bytes(4, "little") + zlib.compress(body, 9)


def savestate(body: bytes) -> bytes:
    return b"COPAINSS" + zlib.crc32(body).to_bytes(4, "little") + body


def inner(**changes: Any) -> bytes:
    fields = {"version": 1, "rom_md5": MD5, "fcs": zlib.compress(b"FCSX"), **changes}
    return game_state(state=savestate(msgpack.packb({k: v for k, v in fields.items() if v != ...})))


BAD: dict[str, Callable[[], bytes]] = {
    "no field": lambda: wrap(msgpack.packb({})),
    "no map": lambda: wrap(msgpack.packb([1, 2])),
    "a number": lambda: wrap(msgpack.packb(7)),
    "no MessagePack": lambda: wrap(b"\xc1\xc1"),
    "cut off": lambda: wrap(b"\xde\xff\xff"),
    "numbers as keys": lambda: wrap(msgpack.packb({1: 2})),
    "lists as keys": lambda: wrap(b"\x81\x91\x01\x01"),
    "a broken text": lambda: wrap(b"\x81\xa2\xff\xff\x01"),
    "deep lists": lambda: wrap(b"\x91" * 100_000),
    "two million lists": lambda: wrap(b"\xdd\x00\x1e\x84\x80" + b"\x90" * 2_000_000),
    "more bytes after it": lambda: wrap(msgpack.packb({}) + b"x"),
    "a time stamp": lambda: wrap(b"\xd6\xff\x00\x00\x00\x00"),
    "another format": lambda: game_state(version=2),
    "a format of another type": lambda: game_state(version=[1]),
    "a field too many": lambda: game_state(more=1),
    **{
        f"without {name}": lambda name=name: game_state(**{name: ...})
        for name in ("version", "game", "rom_md5", "state", "inputs", "ram_sha1", "note", "name")
    },
    "a game of another type": lambda: game_state(game=3),
    "an absolute path": lambda: game_state(game="/tmp/elsewhere"),
    "a path upwards": lambda: game_state(game="../../../elsewhere"),
    "two dots": lambda: game_state(game=".."),
    "no game": lambda: game_state(game=""),
    "a NUL": lambda: game_state(game="a\0b"),
    "a new line": lambda: game_state(game="a\n"),
    "a backslash": lambda: game_state(game="a\\b"),
    "a very long game": lambda: game_state(game="a" * 300),
    "a name upwards": lambda: game_state(name="../x"),
    "a hidden name": lambda: game_state(name=".x"),
    "bytes as a name": lambda: game_state(name=b"x"),
    "no MD5": lambda: game_state(rom_md5="xyz"),
    "no SHA-1": lambda: game_state(ram_sha1=None),
    "a long note": lambda: game_state(note="a" * 100_000),
    "a state of another type": lambda: game_state(state="text"),
    "no savestate": lambda: game_state(state=b"nothing"),
    "a savestate of another ROM": lambda: game_state(rom_md5="f" * 32),
    "inputs of another type": lambda: game_state(inputs="text"),
    "inputs of numbers": lambda: game_state(inputs=[1, 2]),
    "an empty entry": lambda: game_state(inputs=[[]]),
    "a short write": lambda: game_state(inputs=[[-1]]),
    "a write elsewhere": lambda: game_state(inputs=[[-1, 70000, 0]]),
    "negative frames": lambda: game_state(inputs=[[-5, 1]]),
    "a wide mask": lambda: game_state(inputs=[[5, 256]]),
    "five pads": lambda: game_state(inputs=[[5, 1, 1, 1, 1, 1]]),
    "a fraction": lambda: game_state(inputs=[[5, 1.5]]),
    "true": lambda: game_state(inputs=[[True, 1]]),
    "an inner state without fields": lambda: game_state(state=savestate(msgpack.packb({}))),
    "an inner state that is a list": lambda: game_state(state=savestate(msgpack.packb([]))),
    "an inner MD5 of another type": lambda: inner(rom_md5=1),
    "no inner data": lambda: inner(fcs=...),
    "inner data of another type": lambda: inner(fcs="text"),
    "inner data that are no zlib": lambda: inner(fcs=b"text"),
    "inner data that are cut off": lambda: inner(fcs=zlib.compress(bytes(99))[:-3]),
    "a picture of another type": lambda: inner(picture="yes"),
    "1 MB that unpacks to 1 GB": lambda: b"COPAINGS" + bytes(4) + zlib.compress(BOMB, 9),
    "the same within": lambda: inner(fcs=zlib.compress(BOMB, 9)),
    "a large file": lambda: b"COPAINGS" + bytes(30 << 20),
    "nothing after the head": lambda: b"COPAINGS",
    "nothing": lambda: b"",
}


def grown() -> int:
    """The most memory that this process ever had, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def refusal(call: Callable[..., object], *arguments: object) -> str | None:
    """What a call refuses its arguments with; None where it takes them."""
    try:
        call(*arguments)
    except (StateError, LuaError) as error:
        return str(error)
    return None


@pytest.fixture(scope="module", autouse=True)
def _peak() -> None:
    zlib.compress(BOMB, 1)  # so that making the bombs does not count


@pytest.mark.parametrize("case", BAD)
def test_each_bad_file_is_an_error_that_names_it(
    case: str, tmp_path: Path, data_directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad file.state"
    file.write_bytes(BAD[case]())
    before, start = grown(), time.monotonic()
    with pytest.raises(StateError, match=r"bad file\.state"):
        load_state_file(file)
    assert main(["state", "import", str(file)]) == 1
    assert str(file) in capsys.readouterr().err
    assert time.monotonic() - start < 5
    assert grown() - before < 300 << 20
    assert not data_directory.exists()
    assert list(tmp_path.iterdir()) == [file]


def test_a_well_formed_file_is_taken(tmp_path: Path) -> None:
    file = write_file(tmp_path / "x.state", game_state(game="Super Game (USA)-Nes"))
    state = load_state_file(file)
    assert list(state.inputs) == [Hold(4, (8,)), Poke(0x19, 2)]
    store_state(state, "x")
    assert [entry[:2] for entry in list_states()] == [("Super Game (USA)-Nes", "x")]
    assert load_state_file(write_file(tmp_path / "y", game_state(inputs=None))).inputs.frames == 0


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.state"
    os.mkfifo(pipe)
    for path, message in (
        (pipe, "it is not a regular file"),
        (Path("/dev/zero"), "it is not a regular file"),
        (tmp_path, "Is a directory"),
    ):
        start = time.monotonic()
        with pytest.raises(StateError, match=f"{path} cannot be read: {message}"):
            load_state_file(path)
        assert time.monotonic() - start < 1


@pytest.mark.parametrize("seed", range(3))
def test_mutated_files(seed: int, tmp_path: Path) -> None:
    """What is changed at random is an error or a state; nothing else happens."""
    rng = random.Random(seed)
    file = tmp_path / "mutated.state"
    whole, refused = game_state(), 0
    body = zlib.decompress(whole[12:])
    for _ in range(600):
        data = bytearray(body if rng.random() < 0.7 else whole)
        within = len(data) == len(body)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data))
            how = rng.randrange(4)
            if how == 0:
                data[at] = rng.randrange(256)
            elif how == 1:
                del data[at : at + rng.randint(1, 20)]
            elif how == 2:
                data[at:at] = rng.randbytes(rng.randint(1, 8))
            else:
                data[at:at] = data[rng.randrange(len(data)) :][: rng.randint(1, 40)]
            data = data or bytearray(1)
        file.write_bytes(wrap(bytes(data)) if within else bytes(data))
        said = refusal(load_state_file, file)
        assert said is None or str(file) in said
        refused += said is not None
    assert refused > 400


def test_no_name_leads_out_of_the_store(data_directory: Path) -> None:
    state = GameState.from_bytes(game_state())
    for game in ("/tmp/x", "..", "../x", "a/b", ".x", "", "a\\b", "x" * 101, "a\n", "~"):
        other = GameState(game, MD5, state.state, InputLog(), SHA1)
        with pytest.raises(ValueError, match=r"the game's name .* is not allowed"):
            store_state(other, "x")
        if game:
            with pytest.raises(ValueError, match="is not allowed"):
                list_states(game)
    for name in ("/x", "..", "a/b", "", "a b", "x\0", "-x"):
        with pytest.raises(ValueError, match="is not allowed"):
            check_name("the state name", name)
    assert not data_directory.exists()


def test_states_of_fceumm(tmp_path: Path) -> None:
    field = b"RAM\0" + (0x800).to_bytes(4, "little") + bytes(0x800)
    body = b"\1" + len(field).to_bytes(4, "little") + field
    good = b"FCS\xff" + len(body).to_bytes(4, "little") + bytes(8) + body
    assert state_ram(gzip.compress(good)) == bytes(0x800)
    rng = random.Random(5)
    bad = [good[:k] for k in (0, 4, 6, 15, 17, 40, len(good) - 1)]
    bad += [gzip.compress(good)[:-9], gzip.compress(BOMB), b"\x1f\x8b", good[:20] + bytes(2000)]
    for data in bad:
        with pytest.raises(StateError, match="the file"):
            state_ram(data, "the file")
    for _ in range(500):
        data = bytearray(good)
        for _ in range(3):
            data[rng.randrange(40)] = rng.randrange(256)
        assert "the file" in (refusal(state_ram, bytes(data), "the file") or "the file")


@pytest.mark.parametrize("seed", range(2))
def test_mutated_savestates_leave_the_emulator_alive(engine: str, seed: int) -> None:
    """The right checksum round what FCEUX would read beyond."""
    rng = random.Random(seed)
    with Emulator(engine=engine) as emulator:
        emulator.step("start", 60)
        md5, data = unpack_state(emulator.save_state().to_bytes())
        for _ in range(40):
            broken = bytearray(data)
            at = rng.choice([4, 8, 12, 16, 17, 21, 25]) + rng.randrange(4)
            broken[at] ^= rng.randrange(1, 256)
            if rng.random() < 0.5:
                del broken[rng.randrange(16, len(broken)) :]
            said = refusal(emulator.load_state, pack_state(bytes(broken), md5))
            assert said is None or "is not a complete FCEUX savestate" in said
        emulator.load_state(pack_state(data, md5))
        emulator.step()


def test_a_full_disk_never_leaves_a_part_of_a_state(tmp_path: Path) -> None:
    """A limit of 4096 bytes a file stands for the full disk: it works for every user."""
    script = """
import resource, sys
from pathlib import Path
from copain_gym.files import append_to_file, write_file
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
write_file(sys.argv[1] + "/a", bytes(4096))
for act in (lambda p: write_file(p, bytes(5000)), lambda p: append_to_file(p, "x" * 5000)):
    try:
        act(Path(sys.argv[1]) / "a")
    except OSError as error:
        print(type(error).__name__, error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[0] == f"FileError the file {tmp_path}/a of 5000 bytes cannot be written: " + (
        "File too large"
    )
    assert "5000 bytes cannot be appended: File too large" in lines[1]
    assert (tmp_path / "a").read_bytes() == bytes(4096)
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]
    assert issubclass(FileError, CopainError)
