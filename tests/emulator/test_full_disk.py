"""Savestates and long messages where the disk is full: complete or an error, never cut off."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from copain_gym import Emulator, LuaError

TRANSPORTS = ["zmq", "shm"]
# A mount namespace of the test's own. Where none may be made, the limits below are tested alone.
NAMESPACE = next(
    (
        words
        for words in (["unshare", "-m"], ["unshare", "-rm"])
        if subprocess.run(
            [*words, "sh", "-c", "mount -t tmpfs none /mnt"], capture_output=True
        ).returncode
        == 0
    ),
    None,
)
HEAD = """
import os, sys
from pathlib import Path
import numpy as np
from copain_gym import CopainError, Emulator
disk, engine, transport = Path(sys.argv[1]), *sys.argv[2:]
def fill(leave):
    with open(disk / "filler", "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)) == 4096:
                pass
        except OSError:
            pass
        file.truncate(max(0, file.tell() - leave) // 4096 * 4096)
def free():
    (disk / "filler").unlink()
emulator = Emulator(engine=engine, transport=transport)
emulator.step("start", frames=90)
"""


def on_full_disk(folder: Path, body: str, engine: str, transport: str) -> str:
    """Run a script whose emulators' private homes lie on a RAM disk of 1 MB."""
    assert NAMESPACE is not None
    script = folder / "script.py"
    script.write_text(HEAD + body)
    disk = folder / "disk"
    disk.mkdir()
    command = f'mount -t tmpfs -o size=1m none "{disk}" && exec "$@"'
    done = subprocess.run(
        [*NAMESPACE, "sh", "-c", command, "sh", sys.executable, script, disk, engine, transport],
        env={**os.environ, "COPAIN_TMPDIR": str(disk)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


full_disk = pytest.mark.parametrize("transport", TRANSPORTS if NAMESPACE else [])


@full_disk
def test_states_are_complete_on_a_full_disk(engine: str, transport: str, tmp_path: Path) -> None:
    said = on_full_disk(
        tmp_path,
        """
first = emulator.save_state().to_bytes()  # the mailbox has room for states now
emulator.step("right", frames=100)
ram = emulator.ram.copy()
fill(4096)
data = emulator.save_state().to_bytes()
emulator.step(frames=60)
emulator.load_state(data)
assert (emulator.ram == ram).all()
fill(0)
emulator.load_state(first)
assert (emulator.ram != ram).any()
emulator.load_state(data)
assert (emulator.ram == ram).all()
again = emulator.save_state().to_bytes()
free()
with Emulator(engine=engine) as other:
    other.load_state(again)
    assert (other.ram == ram).all()
    assert (other.step("A", frames=60) == emulator.step("A", frames=60)).all()
print("complete")
""",
        engine,
        transport,
    )
    assert said == "complete\n"


@full_disk
def test_a_mailbox_that_cannot_grow(engine: str, transport: str, tmp_path: Path) -> None:
    said = on_full_disk(
        tmp_path,
        """
with Emulator(engine=engine) as other:
    state = other.save_state().to_bytes()
fill(0)
for what in (emulator.screen, lambda: emulator.load_state(state), emulator.save_state().to_bytes):
    ram = emulator.ram.copy()
    try:
        what()
        print("done")
    except CopainError as error:
        assert str(disk) in str(error) and "No space left on device" in str(error), error
        assert "cannot grow for a message of" in str(error), error
        assert (emulator.step(frames=0) == ram).all()
        print("refused")
free()
emulator.load_state(state)
emulator.step()
assert emulator.screen().any()
""",
        engine,
        transport,
    )
    assert said == ("done\n" if transport == "zmq" else "refused\n") * 3


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_states_are_complete_or_an_error_where_files_are_limited(
    engine: str, transport: str
) -> None:
    with Emulator(engine=engine, transport=transport) as emulator:
        emulator.step("start", frames=90)
        first = emulator.save_state().to_bytes()
        emulator.step("right", frames=100)
        state, ram = emulator.save_state(), emulator.ram.copy()
        resource.prlimit(emulator.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        if engine == "headless":  # it needs no file
            emulator.load_state(first)
            assert emulator.save_state().to_bytes() == first
            emulator.load_state(state.to_bytes())
        else:
            with pytest.raises(LuaError, match=r"it has 4096 bytes, its header says \d{5}"):
                state.to_bytes()
            with pytest.raises(LuaError, match=r"savestate of \d{5} bytes cannot .*File too large"):
                emulator.load_state(first)
        assert (emulator.step(frames=0) == ram).all()
        resource.prlimit(emulator.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        emulator.step(frames=60)
        emulator.load_state(state.to_bytes())
        assert (emulator.ram == ram).all()


def test_a_state_written_by_lua_is_there_whole_or_not_at_all(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "kept.fcs"
    with Emulator(engine=engine) as emulator:
        lua = emulator.lua.savestate
        state = lua.create(path)
        lua.save(state)
        resource.prlimit(emulator.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        with pytest.raises(LuaError, match="it has 4096 bytes"):
            lua.persist(state)
        assert list(tmp_path.iterdir()) == []
        resource.prlimit(emulator.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        lua.persist(state)
        assert list(tmp_path.iterdir()) == [path]
        whole = path.read_bytes()
        path.write_bytes(whole[:4096])
        with pytest.raises(LuaError, match=rf"{path}.* it has 4096 bytes, its header says"):
            lua.create(path)
        path.write_bytes(whole)
        lua.load(lua.create(path))
