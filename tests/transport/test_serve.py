"""`copain serve`: emulators for clients that have the key, and for nobody else."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import zmq

from copain_gym import Emulator, EmulatorLost, EmulatorTimeout, EndpointError, RomError
from copain_gym.remote.keys import ServerKeys
from copain_gym.remote.server import Server
from copain_gym.roms.rom import read_rom
from copain_gym.vector import NesVectorEnv
from tests.conftest import Traces, wait_until


def free_ports(count: int) -> int:
    """The first of some ports in a row that nobody listens at."""
    for port in range(21000, 30000, count):
        sockets = [socket.socket() for _ in range(count)]
        try:
            for i, one in enumerate(sockets):
                one.bind(("127.0.0.1", port + i))
            return port
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
    raise RuntimeError("no free ports")


class Serving:
    """A server that is watched in a thread."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.endpoints = server.endpoints
        self.keys = server.client_file
        self._stop = threading.Event()
        self._thread = threading.Thread(target=server.run, args=(self._stop.is_set,))
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.server.close()


@pytest.fixture
def serve(engine: str, tmp_path: Path) -> Iterator[Callable[..., Serving]]:
    running: list[Serving] = []

    def start(count: int, **options: bool) -> Serving:
        keys = tmp_path / "keys"
        server = Server(count, port=free_ports(count), engine=engine, keys=keys, **options)
        running.append(Serving(server))
        return running[-1]

    yield start
    for one in running:
        one.close()


def bent_keys(serving: Serving, path: Path, **changes: str) -> Path:
    fields = json.loads(serving.keys.read_text())
    path.write_text(json.dumps({**fields, **changes}))
    return path


def test_client_plays_as_if_here(engine: str, serve: Callable[[int], Serving]) -> None:
    serving = serve(1)
    with (
        Emulator(engine=engine) as here,
        Emulator.connect(serving.endpoints[0], keys=serving.keys) as there,
    ):
        assert there.engine == engine
        assert there.frame_count == 0
        for held in ("start", "A+right", 0):
            np.testing.assert_array_equal(here.step(held, 30), there.step(held, 30))
        state = there.save_state().to_bytes()
        here.load_state(state)
        np.testing.assert_array_equal(here.step(0, 20), there.step(0, 20))


def test_every_client_begins_at_power_on(serve: Callable[[int], Serving]) -> None:
    serving = serve(1)
    for _ in range(3):
        with Emulator.connect(serving.endpoints[0], keys=serving.keys) as emulator:
            assert emulator.frame_count == 0
            emulator.step(frames=10)


def test_one_client_at_a_time(serve: Callable[[int], Serving]) -> None:
    serving = serve(1)
    with Emulator.connect(serving.endpoints[0], keys=serving.keys) as first:
        with pytest.raises(EmulatorTimeout, match="it serves another client"):
            Emulator.connect(serving.endpoints[0], keys=serving.keys, start_timeout=0.5)
        first.step(frames=5)
        assert first.frame_count == 5
    with Emulator.connect(serving.endpoints[0], keys=serving.keys) as second:
        assert second.frame_count == 0


def test_unknown_key_is_refused(serve: Callable[[int], Serving], tmp_path: Path) -> None:
    serving = serve(1)
    public, secret = (key.decode() for key in zmq.curve_keypair())
    stranger = bent_keys(serving, tmp_path / "stranger.json", public=public, secret=secret)
    with pytest.raises(EmulatorLost, match="the server refused"):
        Emulator.connect(serving.endpoints[0], keys=stranger)
    with Emulator.connect(serving.endpoints[0], keys=serving.keys) as emulator:
        assert emulator.step(frames=2).shape == (2048,)


def test_wrong_server_key_is_refused(serve: Callable[[int], Serving], tmp_path: Path) -> None:
    """A client does not talk to a server that is not the one it knows."""
    serving = serve(1)
    other = bent_keys(serving, tmp_path / "other.json", server=zmq.curve_keypair()[0].decode())
    with pytest.raises(EmulatorTimeout, match="or it has another key"):
        Emulator.connect(serving.endpoints[0], keys=other, start_timeout=1)


def test_unencrypted_peer_is_refused(serve: Callable[[int], Serving]) -> None:
    serving = serve(1)
    context = zmq.Context()
    try:
        plain = context.socket(zmq.REQ)
        plain.connect(serving.endpoints[0])
        plain.send(b"\x92\xa5hello\x01")
        with Emulator.connect(serving.endpoints[0], keys=serving.keys) as emulator:
            for _ in range(20):
                emulator.step()
            assert not plain.poll(300)
            assert emulator.frame_count == 20
    finally:
        context.destroy(linger=0)


def test_lost_emulator_is_reported_within_a_second(serve: Callable[[int], Serving]) -> None:
    serving = serve(1)
    with Emulator.connect(serving.endpoints[0], keys=serving.keys) as emulator:
        emulator.step()
        os.kill(serving.server.pids[0], signal.SIGKILL)
        start = time.monotonic()
        with pytest.raises(EmulatorLost, match="the connection ended"):
            emulator.step(frames=100_000)
        assert time.monotonic() - start < 1


def test_client_that_is_killed_frees_the_emulator(serve: Callable[[int], Serving]) -> None:
    serving = serve(1)
    script = (
        "import os, sys, signal\n"
        "from copain_gym import Emulator\n"
        "emulator = Emulator.connect(sys.argv[1], keys=sys.argv[2])\n"
        "emulator.step(frames=50)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    arguments = [sys.executable, "-c", script, serving.endpoints[0], str(serving.keys)]
    assert subprocess.run(arguments).returncode == -signal.SIGKILL
    with Emulator.connect(serving.endpoints[0], keys=serving.keys) as emulator:
        assert emulator.frame_count == 0


def test_pool_over_endpoints_replaces_what_is_lost(serve: Callable[[int], Serving]) -> None:
    serving = serve(2)
    envs = NesVectorEnv(endpoints=serving.endpoints, keys=serving.keys)
    try:
        assert envs.num_envs == 2
        first, _ = envs.reset(seed=1)
        envs.step(np.array([1, 2]))
        os.kill(serving.server.pids[0], signal.SIGKILL)
        start = time.monotonic()
        _, _, _, truncated, infos = envs.step(np.array([1, 2]))
        assert truncated.tolist() == [True, False]
        assert "EmulatorLost" in infos["fault"][0]
        again, _, _, truncated, infos = envs.step(np.array([1, 2]))
        assert time.monotonic() - start < 2
        assert not truncated.any()
        np.testing.assert_array_equal(again[0], first[0])
    finally:
        envs.close()


def test_other_rom_is_an_error(serve: Callable[[int], Serving], tmp_path: Path) -> None:
    serving = serve(1)
    data = bytearray(read_rom().path.read_bytes())
    data[-1] ^= 1
    rom = tmp_path / "other.nes"
    rom.write_bytes(data)
    with pytest.raises(RomError, match=r"runs the ROM with MD5 \w+; .*other\.nes has"):
        Emulator.connect(serving.endpoints[0], keys=serving.keys, rom=rom)


# ---- keys and the command ------------------------------------------------


def test_keys_are_private_and_kept(tmp_path: Path) -> None:
    first = ServerKeys.load(tmp_path / "keys")
    assert ServerKeys.load(tmp_path / "keys") == first
    for name in ("server.json", "client.json"):
        assert (tmp_path / "keys" / name).stat().st_mode & 0o077 == 0
    fields = json.loads(first.client_file.read_text())
    assert fields["server"] == first.public
    assert first.secret not in fields.values()
    assert first.clients() == {"client": fields["public"]}
    assert first.clients_file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        ("{}", "were not written by `copain serve`"),
        ("[]", "were not written by `copain serve`"),
        ('{"server": "x", "public": "y", "secret": "z"}', "were not written by `copain serve`"),
    ],
)
def test_bad_key_files(content: str | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "client.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(EndpointError, match=message):
        Emulator.connect("tcp://127.0.0.1:5555", keys=path)


def test_no_keys_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COPAIN_KEYS", raising=False)
    with pytest.raises(EndpointError, match="COPAIN_KEYS"):
        Emulator.connect("tcp://127.0.0.1:5555")


@pytest.mark.parametrize("endpoint", ["ipc:///tmp/x", "tcp://host", "tcp://:5", "tcp://h:99999"])
def test_bad_remote_endpoints(endpoint: str, tmp_path: Path) -> None:
    keys = ServerKeys.load(tmp_path).client_file
    with pytest.raises(EndpointError, match="allowed is tcp://HOST:PORT"):
        Emulator.connect(endpoint, keys=keys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"num": 0}, "num is 0"), ({"num": 3, "port": 65535}, "allowed are 1 to 65533")],
)
def test_bad_numbers(arguments: dict[str, int], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        Server(**arguments, keys=tmp_path)


def test_port_in_use(tmp_path: Path, traces: Traces) -> None:
    before = traces.count()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EndpointError, match=f"tcp://127.0.0.1:{port}: Address already in use"):
            Server(port=port, keys=tmp_path / "keys")
    assert traces.return_to(before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command(number: signal.Signals, tmp_path: Path, traces: Traces) -> None:
    port = free_ports(2)
    command = [sys.executable, "-m", "copain_gym.cli.main", "serve", "--num", "2"]
    options = ["--port", str(port), "--keys", str(tmp_path / "keys")]
    with subprocess.Popen(command + options, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        assert (
            lines[0] == f"hirondelle.nes at tcp://127.0.0.1:{port} to tcp://127.0.0.1:{port + 1}\n"
        )
        found = re.fullmatch(r"clients need (.*)\n", lines[1])
        assert found
        with Emulator.connect(f"tcp://127.0.0.1:{port + 1}", keys=found[1]) as emulator:
            assert emulator.step(frames=3).shape == (2048,)
        process.send_signal(number)
        assert process.wait(5) == (130 if number == signal.SIGINT else 0)
    assert wait_until(lambda: traces.count()[2] == 0, 2)
