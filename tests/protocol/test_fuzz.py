"""Random and mutated messages: neither side crashes or hangs, and what is wrong is an error.

COPAIN_FUZZ is the number of requests to each emulator (default 20,000); COPAIN_FUZZ_SEED the seed.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import msgpack
import pytest

from copain_gym.bridge.client import Client
from copain_gym.errors import CopainError, ProtocolError

from .conftest import HOSTS, start_host
from .fuzz import Requests, random_reply

COUNT = int(os.environ.get("COPAIN_FUZZ", "20000"))
SEED = int(os.environ.get("COPAIN_FUZZ_SEED", "1"))
OK, ERROR, EVENT = 0, 1, 2
SECONDS = 20  # far more than any of these requests needs


def exchange(client: Client, message: bytes) -> list[object]:
    """One request and its reply; callbacks that are registered by chance are answered."""
    while True:
        assert client.transport.send(message, SECONDS, client.process.running), client_died(client)
        reply = client.transport.receive(SECONDS, client.process.running)
        assert reply is not None, client_died(client)
        decoded: list[object] = msgpack.unpackb(reply, raw=True, strict_map_key=False)
        if decoded[0] != EVENT:
            return decoded
        message = msgpack.packb(["return"])


def client_died(client: Client) -> str:
    return str(client.process.crashed())


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("host", HOSTS)
def test_random_requests(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # random words are file names, too
    with start_host(host) as client:
        send_random_requests(client, Requests(SEED, str(tmp_path)))


def send_random_requests(client: Client, requests: Requests) -> None:
    kinds: Counter[object] = Counter()
    client.request("state_save")
    for number in range(COUNT):
        message = requests.next()
        try:
            kind, *results = exchange(client, message)
        except BaseException:
            print(f"request {number} with seed {SEED}: {message!r}")
            raise
        kinds[kind] += 1
        if kind == ERROR:
            assert len(results) == 2
            assert all(isinstance(result, bytes) and result for result in results)
    assert set(kinds) == {OK, ERROR}
    assert kinds[ERROR] > COUNT // 3  # most of them are wrong
    assert kinds[OK] > COUNT // 50
    kind, frames, *_ = exchange(client, msgpack.packb(["step", 3, 1]))
    assert kind == OK, frames


def test_random_replies() -> None:
    """Whatever comes back, the client raises one of its errors or returns results."""
    source = random.Random(SEED)
    with start_host("toy") as client:
        transport, process = client.transport, client.process

        class Replies:
            peer, is_remote = "the emulator", False

            def send(self, message: bytes, seconds: float, alive: object) -> bool:
                return True

            def receive(self, seconds: float, alive: object) -> bytes:
                return random_reply(source)

            def close(self) -> None:
                pass

        class Process:
            def running(self) -> bool:
                return True

            def end(self) -> None:
                pass

        outcomes: Counter[str] = Counter()
        for _ in range(100_000):
            fuzzed = Client(Replies(), Process(), 1.0)  # type: ignore[arg-type]
            fuzzed.on_event = lambda number, arguments: []
            try:
                assert isinstance(fuzzed.request("observe", 0), list)
                outcomes["results"] += 1
            except ProtocolError:
                outcomes["malformed"] += 1
                assert fuzzed.closed
            except CopainError as error:
                outcomes[type(error).__name__] += 1
        assert {"results", "malformed", "LuaError"} <= set(outcomes)
        client.transport, client.process = transport, process
