"""The protocol's other ends: each engine, and the toy machine in a stand-alone Lua."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from copain_gym import Emulator
from copain_gym.bridge.client import Client
from copain_gym.bridge.endpoints import open_transport
from copain_gym.engines.home import Home
from copain_gym.engines.process import EmulatorProcess
from copain_gym.paths import lua_directory, native_directory
from tests.conftest import ENGINES

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HOSTS = ["toy", *ENGINES]


@contextmanager
def start_toy() -> Iterator[Client]:
    """The toy machine, after the handshake."""
    home = Home(for_socket=True)
    transport = open_transport(None, "zmq", home.path)
    script = lua_directory() / "bridge.lua"
    environment = {
        **os.environ,
        **transport.environment(),
        "COPAIN_ADAPTER": "toy_machine",
        "COPAIN_LUA_DIR": str(script.parent),
        "COPAIN_NATIVE_DIR": str(native_directory()),
        "COPAIN_OWNER_PID": str(os.getpid()),
        "LUA_PATH": f"{EXAMPLES}/?.lua;;",
    }
    process = EmulatorProcess(["lua5.1", str(script)], environment, home)
    client = Client(transport, process, 5.0)
    try:
        client.hello(5.0)
        yield client
    finally:
        client.close()


@contextmanager
def start_host(name: str) -> Iterator[Client]:
    """A client of one of `HOSTS`."""
    if name == "toy":
        with start_toy() as client:
            yield client
    else:
        with Emulator(engine=name) as emulator:
            yield emulator._client


@pytest.fixture(params=HOSTS)
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client of each emulator that there is."""
    with start_host(request.param) as started:
        yield started
