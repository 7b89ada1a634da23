"""What `copain serve` lets its clients do, and what a stranger can make it do."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq

from copain_gym import Emulator, EmulatorLost, EndpointError, RemoteLuaError
from copain_gym.lua_api.signatures import parse
from copain_gym.paths import lua_directory
from copain_gym.remote.keys import ServerKeys
from tests.conftest import wait_until

from .test_serve import Serving, serve  # noqa: F401 - a fixture

SECONDS = 8  # for a port to come back; it takes about two

# ---- a client that goes --------------------------------------------------

GONE = """
import os, sys, threading, time, signal
from copain_gym import Emulator
emulator = Emulator.connect(sys.argv[1], keys=sys.argv[2], timeout=100)
emulator.step(frames=5)
def go():
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
threading.Thread(target=go).start()
while True:
    {}
"""
BUSY = {
    "Lua that loops": 'emulator.run_lua("while true do end")',
    "Lua that sleeps": "emulator.run_lua(\"os.execute('sleep 60')\")",
    "a long step": "emulator.step(frames=1_000_000)",
    "many steps": "emulator.step(frames=1)",
}


@pytest.mark.parametrize("busy", BUSY)
def test_port_comes_back_whatever_the_client_did(
    busy: str,
    serve: Callable[..., Serving],  # noqa: F811
) -> None:
    serving = serve(1, allow_lua=True)
    (before,) = serving.server.pids
    script = GONE.format(BUSY[busy])
    arguments = [sys.executable, "-c", script, serving.endpoints[0], str(serving.keys)]
    assert subprocess.run(arguments).returncode == -signal.SIGKILL
    begun = time.monotonic()
    with Emulator.connect(
        serving.endpoints[0], keys=serving.keys, start_timeout=3 * SECONDS
    ) as emulator:
        assert emulator.frame_count == 0
        assert time.monotonic() - begun < SECONDS
    assert before not in serving.server.pids


def test_client_that_crashes_its_emulator_ends_no_server(
    serve: Callable[..., Serving],  # noqa: F811
) -> None:
    serving = serve(1, allow_lua=True)
    for _ in range(4):
        emulator = Emulator.connect(serving.endpoints[0], keys=serving.keys)
        with pytest.raises(EmulatorLost):
            emulator.run_lua("os.exit(3)")
    with Emulator.connect(serving.endpoints[0], keys=serving.keys) as emulator:
        assert emulator.frame_count == 0


# ---- strangers -----------------------------------------------------------


def peak_memory(pid: int) -> int:
    """The most memory that a process has had, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) << 10


def test_stranger_takes_no_memory(
    serve: Callable[..., Serving],  # noqa: F811
) -> None:
    """One frame of 400 MB from a peer without keys, as the first one of CURVE's handshake."""
    serving = serve(1)
    (pid,) = serving.server.pids
    with Emulator.connect(serving.endpoints[0], keys=serving.keys) as emulator:
        before = peak_memory(pid)
        host, port = serving.endpoints[0][6:].split(":")
        with socket.create_connection((host, int(port))) as peer:
            signature = b"\xff" + bytes(8) + b"\x7f"
            peer.sendall(signature + b"\x03\x01" + b"CURVE".ljust(20, b"\0") + bytes(32))
            size = 400_000_000
            peer.sendall(b"\x06" + size.to_bytes(8, "big"))
            ended = False
            for _ in range(size // 100_000):
                try:
                    peer.sendall(bytes(100_000))
                except ConnectionError:
                    ended = True
                    break
            assert ended
        assert peak_memory(pid) - before < 48 << 20
        emulator.step()


# ---- no Lua --------------------------------------------------------------


def test_default_mode_plays_and_saves(
    serve: Callable[..., Serving],  # noqa: F811
) -> None:
    serving = serve(1)
    with Emulator.connect(serving.endpoints[0], keys=serving.keys) as emulator:
        emulator.step("start", 30)
        state = emulator.save_state()
        data = state.to_bytes()
        emulator.load_state(data)
        assert emulator.screen().shape == (240, 256, 3)
        emulator.memory[0x300] = 7
        assert emulator.lua.memory.readbyte(0x300) == 7
        frames = []
        emulator.lua.emu.registerafter(lambda: frames.append(1))
        emulator.step(frames=3)
        assert len(frames) == 3
        kept = emulator.lua.savestate.object()
        emulator.lua.savestate.save(kept)
        emulator.lua.savestate.persist(kept)
        emulator.lua.savestate.load(kept)
        with emulator.lua.batch() as batch:
            batch.memory.readbyte(0x300)
        assert batch.results == [7]


def test_default_mode_refuses_lua_and_files(
    serve: Callable[..., Serving],  # noqa: F811
    tmp_path: Path,
) -> None:
    serving = serve(1)
    script = tmp_path / "script.lua"
    script.write_text("emu.frameadvance()")
    movie = tmp_path / "movie.fm2"
    movie.write_text("version 3\n")
    with Emulator.connect(serving.endpoints[0], keys=serving.keys) as emulator:
        attempts: list[Callable[[], object]] = [
            lambda: emulator.run_lua("return 1"),
            lambda: emulator.load_lua(script),
            lambda: emulator.lua.emu.exec_count(100, "return 1"),
            lambda: emulator.lua.emu.exec_time(100, "return 1"),
            lambda: emulator.lua.emu.loadrom(emulator.rom.path),
            lambda: emulator.lua.emu.getdir(),
            lambda: emulator.lua.gui.savescreenshotas(tmp_path / "picture.png"),
            lambda: emulator.lua.gui.savescreenshot(),
            lambda: emulator.lua.movie.record(tmp_path / "new.fm2"),
            lambda: emulator.lua.movie.play(movie),
            lambda: emulator.lua.savestate.object(1),
            lambda: emulator.lua.savestate.create(tmp_path / "state"),
            lambda: emulator.lua.cdlog.savecdlogfileas(tmp_path / "log"),
            lambda: emulator.lua.input.get(),
            lambda: emulator.lua.print("x"),
        ]
        before = {path.name for path in tmp_path.iterdir()}
        for attempt in attempts:
            with pytest.raises(RemoteLuaError, match=r"is refused: .*--allow-lua"):
                attempt()
        with pytest.raises(RemoteLuaError, match=r"call 2 of the batch: .* is refused"):
            emulator._client.request(
                "batch", [b"\x92\xa7observe\x00", b"\x93\xa7run_lua\xa8return 1\xa1x"]
            )

        def in_callback() -> None:
            emulator.run_lua("return 1")

        emulator.lua.emu.registerafter(in_callback)
        with pytest.raises(Exception, match="is refused"):
            emulator.step()
        assert {path.name for path in tmp_path.iterdir()} == before


REFUSED = """
emu.debuggerloop emu.debuggerloopstep emu.exec_count emu.exec_time emu.getdir emu.loadrom emu.print
input.get input.read input.popup input.openfilepopup input.savefilepopup
savestate.loadscriptdata movie.name movie.getname movie.filename movie.replay movie.playbeginning
movie.record movie.save movie.play movie.playback movie.load gui.savescreenshot
gui.savescreenshotas gui.popup debugger.hitbreakpoint debugger.getsymboloffset print addressof
"""
REFUSED_LIBRARIES = {"taseditor", "cdlog"}


def test_every_function_was_thought_of() -> None:
    """Each Lua function is allowed, or named above as one that is not."""
    text = (lua_directory() / "restricted.lua").read_text()
    allowed = set(text.split("[[")[1].split("]]")[0].split())
    names = {function.lua_name for function in parse()}
    refused = set(REFUSED.split())
    refused |= {name for name in names if name.partition(".")[0] in REFUSED_LIBRARIES}
    assert not refused & allowed
    assert {name for name in allowed if "." in name} <= names
    assert names - allowed - refused == set()


# ---- secrets -------------------------------------------------------------


def test_lua_finds_no_keys_in_the_environment(
    serve: Callable[..., Serving],  # noqa: F811
) -> None:
    serving = serve(1, allow_lua=True)
    (pid,) = serving.server.pids
    secret = serving.server.keys.secret
    with Emulator.connect(serving.endpoints[0], keys=serving.keys) as emulator:
        assert emulator.run_lua("return os.getenv('COPAIN_CURVE_SECRET')") is None
        source = "local f = io.open('/proc/self/environ', 'rb'); return f:read('*a')"
        environment = emulator.run_lua(source)
        assert b"COPAIN_LUA_DIR=" in environment
        assert secret.encode() not in environment
        child = emulator.run_lua("return io.popen('env'):read('*a')")
        assert b"COPAIN_LUA_DIR=" in child
        assert secret.encode() not in child
    assert secret.encode() not in b"".join(
        Path(f"/proc/{one}/environ").read_bytes() for one in serving.server.pids if one != pid
    )


def test_lua_of_this_machine_finds_no_keys_either(engine: str) -> None:
    with Emulator(engine=engine, endpoint="tcp://127.0.0.1:*") as emulator:
        source = "local f = io.open('/proc/self/environ', 'rb'); return f:read('*a')"
        secret = emulator._client.transport.environment()["COPAIN_CURVE_SECRET"].encode()
        assert secret not in emulator.run_lua(source)
        assert emulator.run_lua("return os.getenv('COPAIN_CURVE_SECRET')") is None


# ---- a key for each client -----------------------------------------------


def test_each_client_has_a_key_that_can_be_withdrawn(
    serve: Callable[..., Serving],  # noqa: F811
) -> None:
    serving = serve(2)
    keys = serving.server.keys
    other = keys.add_client("alice")
    fields = [json.loads(file.read_text()) for file in (serving.keys, other)]
    assert fields[0]["secret"] != fields[1]["secret"]
    first = Emulator.connect(serving.endpoints[0], keys=serving.keys)
    second = Emulator.connect(serving.endpoints[1], keys=other)
    keys.remove_client("alice")
    assert not other.exists()

    def lost() -> bool:
        try:
            second.step()
        except EmulatorLost:
            return True
        return False

    assert wait_until(lost, SECONDS)
    first.step()
    first.close()
    other.write_text(json.dumps(fields[1]))  # a copy that the client has
    with pytest.raises(EmulatorLost, match="the server refused"):
        Emulator.connect(serving.endpoints[1], keys=other)
    with Emulator.connect(serving.endpoints[1], keys=serving.keys) as emulator:
        emulator.step()


def test_a_client_may_make_its_own_key(
    serve: Callable[..., Serving],  # noqa: F811
    tmp_path: Path,
) -> None:
    serving = serve(1)
    public, secret = (key.decode() for key in zmq.curve_keypair())
    with serving.server.keys.clients_file.open("a") as file:
        file.write(f"{public} bob\n")
    mine = tmp_path / "mine.json"
    fields = {"server": serving.server.keys.public, "public": public, "secret": secret}
    mine.write_text(json.dumps(fields))
    with Emulator.connect(serving.endpoints[0], keys=mine) as emulator:
        emulator.step()


def test_client_names(tmp_path: Path) -> None:
    keys = ServerKeys.load(tmp_path)
    for name in ("", "../x", "server", "client", "a" * 200):
        with pytest.raises(ValueError, match="client"):
            keys.add_client(name)
    with pytest.raises(ValueError, match="there is no client 'eve'; there are client"):
        keys.remove_client("eve")


def test_keys_of_an_earlier_version(tmp_path: Path) -> None:
    """Its one key of all clients goes on working."""
    (public, secret), (client, _) = ([k.decode() for k in zmq.curve_keypair()] for _ in range(2))
    fields = {"public": public, "secret": secret, "client": client}
    (tmp_path / "server.json").write_text(json.dumps(fields))
    assert ServerKeys.load(tmp_path).clients() == {"client": client}


def test_damaged_list_of_clients(tmp_path: Path) -> None:
    ServerKeys.load(tmp_path).clients_file.write_text("not a key\n")
    with pytest.raises(EndpointError, match=r"clients.txt, line 1: 'not' is no key of 40"):
        ServerKeys.load(tmp_path).clients()


def test_commands_for_clients(tmp_path: Path) -> None:
    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "copain_gym.cli.main", "serve", "--keys", str(tmp_path)]
        return subprocess.run(command + list(options), capture_output=True, text=True, timeout=60)

    done = run("--add-client", "alice")
    assert done.stdout == f"client alice needs {tmp_path / 'alice.json'}\n", done.stderr
    assert list(ServerKeys.load(tmp_path).clients()) == ["client", "alice"]
    done = run("--remove-client", "client")
    assert done.stdout == "client client can no longer connect\n", done.stderr
    assert list(ServerKeys.load(tmp_path).clients()) == ["alice"]
    done = run("--remove-client", "eve")
    assert done.returncode != 0
    assert "there is no client 'eve'" in done.stderr
    assert "Traceback" not in done.stderr
