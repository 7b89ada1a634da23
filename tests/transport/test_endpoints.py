"""Endpoints: local only, never shared, encrypted over TCP."""

from __future__ import annotations

from pathlib import Path

import pytest
import zmq

from copain_gym import Emulator, EndpointError
from copain_gym.bridge import endpoints


@pytest.mark.parametrize("endpoint", ["tcp://127.0.0.1:*", "ipc", "shm"])
def test_named_endpoints(engine: str, endpoint: str, tmp_path: Path) -> None:
    if endpoint in ("ipc", "shm"):
        endpoint = f"{endpoint}://{tmp_path}/socket"
    with Emulator(engine=engine, endpoint=endpoint) as emulator:
        emulator.step(frames=5)
        assert emulator.frame_count == 5
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["tcp", "ipc", "shm"])
def test_endpoint_in_use(engine: str, kind: str, tmp_path: Path) -> None:
    endpoint = "tcp://127.0.0.1:*" if kind == "tcp" else f"{kind}://{tmp_path}/socket"
    with Emulator(engine=engine, endpoint=endpoint) as first:
        taken = first._client.transport.endpoint
        with pytest.raises(EndpointError, match=f"{taken}.*(in use|cannot be bound)"):
            Emulator(engine=engine, endpoint=taken)
        assert first.step(frames=2).shape == (2048,)


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("tcp://0.0.0.0:5555", "would be open to other machines"),
        ("tcp://*:5555", "would be open to other machines"),
        ("tcp://127.0.0.1:0", "no port from 1 to 65535"),
        ("tcp://127.0.0.1:http", "no port"),
        ("udp://127.0.0.1:1", "allowed are ipc://PATH, tcp://127.0.0.1:PORT and shm://PATH"),
        ("ipc://", "has no path"),
        ("ipc:///nowhere/socket", "the directory /nowhere does not exist"),
        ("ipc:///proc/self/socket", "no permission|cannot be bound"),
        ("ipc:///" + "x" * 200, "a path of 201 bytes; 107 are allowed"),
    ],
)
def test_bad_endpoints(endpoint: str, message: str) -> None:
    with pytest.raises(EndpointError, match=message):
        Emulator(endpoint=endpoint)


@pytest.mark.parametrize(
    ("transport", "scheme"), [("zmq", "ipc"), ("shm", "shm"), ("auto", "shm"), (None, "ipc")]
)
def test_transports(transport: str | None, scheme: str) -> None:
    with Emulator(transport=transport) as emulator:
        assert emulator._client.transport.endpoint.startswith(f"{scheme}://")
        assert emulator.step(frames=3).shape == (2048,)


def test_transport_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPAIN_TRANSPORT", "shm")
    with Emulator() as emulator:
        assert emulator._client.transport.endpoint.startswith("shm://")
    monkeypatch.setenv("COPAIN_TRANSPORT", "pigeon")
    with pytest.raises(ValueError, match="COPAIN_TRANSPORT is 'pigeon'; allowed are auto, zmq"):
        Emulator()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"transport": "udp"}, "transport is 'udp'; allowed are auto, zmq, shm"),
        ({"transport": "shm", "endpoint": "ipc:///tmp/x"}, "does not fit the endpoint"),
        ({"transport": "zmq", "endpoint": "shm:///tmp/x"}, "does not fit the endpoint"),
    ],
)
def test_bad_transports(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Emulator(**arguments)  # type: ignore[arg-type]


def test_auto_without_shared_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "available", lambda: False)
    with Emulator(transport="auto") as emulator:
        assert emulator._client.transport.endpoint.startswith("ipc://")


def test_tcp_refuses_strangers(engine: str) -> None:
    """Neither a plain peer nor one with a key of its own is heard."""
    with Emulator(engine=engine, endpoint="tcp://127.0.0.1:*") as emulator:
        endpoint = emulator._client.transport.endpoint
        context = zmq.Context()
        try:
            plain, curve = context.socket(zmq.REP), context.socket(zmq.REP)
            curve.curve_publickey, curve.curve_secretkey = zmq.curve_keypair()
            curve.curve_serverkey = zmq.curve_keypair()[0]
            for stranger in (plain, curve):
                stranger.linger = 0
                stranger.connect(endpoint)
            for _ in range(50):  # a REQ socket would deal requests out to every peer
                emulator.step()
            assert not plain.poll(200)
            assert not curve.poll(200)
        finally:
            context.destroy(linger=0)
