"""A server whose answers are nonsense: a real ZeroMQ REP socket with CURVE, in a thread.

`ANSWERS` are what it says; `USES` are what a client asks it for meanwhile.
"""

from __future__ import annotations

import itertools
import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgpack
import zmq

from copain_gym import Emulator
from copain_gym.remote.client import ClientKeys
from copain_gym.roms.rom import read_rom
from tests.protocol.fuzz import random_reply

__all__ = ["ANSWERS", "USES", "Nonsense", "nonsense_server", "random_answer"]

RAM, PICTURE = bytes(2048), bytes(240 * 256 + 768)
_STATE = b"FCSX" + bytes(12)

Parts = list[bytes]
Answer = Callable[[str], Parts]
"""What is sent back, part by part, when a request of that name came."""


def ok(*results: object) -> bytes:
    packed: bytes = msgpack.packb([0, *results])
    return packed


def sane(name: str, *arguments: Any) -> bytes:
    """What a bridge would answer."""
    if name == "hello":
        about = {"protocol": 1, "engine": "headless", "engine_version": "1", "pid": 1}
        return ok({**about, "rom_md5": read_rom().md5, "screen_format": "indexed"})
    if name in ("step", "load_step", "observe"):
        want = arguments[-1 if name == "observe" else 1 if name == "step" else 2]
        picture = PICTURE if want & 2 else None
        return ok(1, 0, RAM if want & 1 else None, picture, 1 if want & 8 else None)
    if name == "batch":
        calls = [msgpack.unpackb(sane(*msgpack.unpackb(call))) for call in arguments[0]]
        return ok([msgpack.packb(results) for _, *results in calls])
    results: Mapping[str, object] = {
        "read": bytes(arguments[1]) if name == "read" else b"",
        "state_save": 1,
        "state_from_bytes": 1,
        "state_bytes": _STATE,
        "rom.getfilename": b"hirondelle",
        "memory.readbyte": 0,
        "memory.readbyterange": b"\0",
        "joypad.get": {"A": True},
        "gui.gdscreenshot": bytes(11 + 240 * 256 * 4),
        "run_lua": 1,
        "savestate.object": 1,
    }
    return ok(results[name]) if name in results else ok()


def says(*messages: object) -> Answer:
    """Always the same: bytes as they are, anything else as MessagePack."""
    parts = [m if isinstance(m, bytes) else msgpack.packb(m) for m in messages]
    return lambda name: parts


def _deep(depth: int) -> bytes:
    return b"\x92\x00" + b"\x91" * depth + b"\xc0"


def _many(count: int, item: bytes) -> bytes:
    return b"\x92\x00\xdd" + count.to_bytes(4, "big") + item * count


ANSWERS: dict[str, Answer] = {
    # no message of the protocol
    "nothing": says(b""),
    "nil": says(None),
    "a number": says(7),
    "text": says("hello"),
    "an empty list": says([]),
    "a map": says({"0": 1}),
    "random bytes": says(bytes(range(200, 256))),
    "HTTP": says(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "a list cut off": says(b"\xdd\xff\xff\xff\xff"),
    "bytes cut off": says(b"\x92\x00\xc6\x7f\xff\xff\xff"),
    "a map with a map as key": says(b"\x92\x00\x81\x80\x01"),
    "an extension": says(b"\x92\x00\xd4\x05\x00"),
    "a time stamp": says(b"\x92\x00\xd6\xff\x00\x00\x00\x00"),
    "trailing bytes": says(ok(1, 0, RAM) + b"\x00"),
    "kind 3": says([3, 1]),
    "kind true": says([True, 1]),
    "kind 0.0": says([0.0, 1]),
    # right in form, with wrong values
    "no results": says([0]),
    "many results": says([0, *range(1000)]),
    "nils": says([0, None, None, None, None, None]),
    "RAM of 3 bytes": says([0, 1, 0, b"abc"]),
    "RAM as text": says([0, 1, 0, "a" * 2048, "b" * len(PICTURE)]),
    "RAM as a number": says([0, 1, 0, 1 << 40]),
    "RAM twice": says([0, 1, 0, RAM, RAM]),
    "floating-point frames": says([0, 0.5, 1.5, RAM]),
    "infinite frames": says([0, float("inf"), float("nan"), RAM]),
    "frames beyond 64 bits": says([0, (1 << 64) - 1, 0, RAM]),
    "frames that are true": says([0, True, False, RAM]),
    "a picture of 3 bytes": says([0, 1, 0, RAM, b"abc"]),
    "a handle that is text": says([0, "one"]),
    "a handle below zero": says([0, -1]),
    "a huge number": says([0, (1 << 64) - 1]),
    "not a number": says([0, float("nan")]),
    "a list of lists": says([0, [[[]]]]),
    "text that is not UTF-8": says([0, b"\xff\xfe\xfd"]),
    "lists 500 deep": says(_deep(500)),
    "lists 100,000 deep": says(_deep(100_000)),
    # of a size that costs memory
    "RAM of 100 MB": says(ok(1, 0, bytes(100_000_000))),
    "30 million lists": says(_many(30_000_000, b"\x90")),
    "30 million nils": says(_many(30_000_000, b"\xc0")),
    # errors and events
    "an error without text": says([1]),
    "an error of numbers": says([1, 2, 3]),
    "an error": says([1, "nonsense", ""]),
    "an error of 20 MB": says([1, "x" * 20_000_000, "y"]),
    "an event without a number": says([2]),
    "an event with a text": says([2, "x"]),
    "endless events": says([2, 1]),
    "endless events of an unknown number": says([2, 99, "x", None]),
    # not one message
    "two parts": says(ok(1, 0, RAM), ok()),
    "a hundred parts": says(*[ok()] * 100),
}


def random_answer(seed: int) -> Answer:
    """Another answer to each request, from a seed."""
    source = random.Random(seed)
    return lambda name: [random_reply(source) for _ in range(1 + (source.random() < 0.1))]


def _use_callback(emulator: Emulator) -> None:
    emulator.lua.emu.registerafter(lambda: emulator.memory[0])
    emulator.step(frames=3)


def _use_batch(emulator: Emulator) -> None:
    with emulator.lua.batch() as batch:
        batch.memory.readbyte(1)
        batch.rom.getfilename()


USES: dict[str, Callable[[Emulator], object]] = {
    "connect": lambda emulator: None,
    "step": lambda emulator: (emulator.step(1, 4), emulator.step(2, 4)),
    "ram": lambda emulator: emulator.ram,
    "frame_count": lambda emulator: emulator.frame_count,
    "screen": lambda emulator: emulator.screen(),
    "grey": lambda emulator: emulator.screen(grey=True),
    "poweron": lambda emulator: emulator.poweron(),
    "memory": lambda emulator: (emulator.memory[5], emulator.memory[0:100]),
    "write": lambda emulator: emulator.memory.__setitem__(5, 1),
    "save": lambda emulator: emulator.save_state(),
    "step with save": lambda emulator: emulator.step(save=True),
    "state as bytes": lambda emulator: emulator.save_state().to_bytes(),
    "load": lambda emulator: emulator.load_state(emulator.save_state()),
    "lua int": lambda emulator: emulator.lua.memory.readbyte(1),
    "lua bytes": lambda emulator: emulator.lua.memory.readbyterange(0, 1),
    "lua text": lambda emulator: emulator.lua.rom.getfilename(),
    "lua buttons": lambda emulator: emulator.lua.joypad.get(1),
    "lua picture": lambda emulator: emulator.lua.gui.gdscreenshot(),
    "lua state": lambda emulator: emulator.lua.savestate.object(),
    "run_lua": lambda emulator: emulator.run_lua("return 1"),
    "batch": _use_batch,
    "callback": _use_callback,
}


@dataclass
class Nonsense:
    """A running server.

    Attributes:
        endpoint: where it listens.
        keys: file of keys for its clients.
    """

    endpoint: str
    keys: Path
    _answer: Answer | None = None
    _sane_first: int = 0

    def begin(self, answer: Answer, sane_first: int) -> None:
        """Answer the next client: so many requests sanely, then with nonsense."""
        self._answer, self._sane_first = answer, sane_first
        self._count = itertools.count()

    def parts(self, request: bytes) -> Parts:
        try:
            name, *arguments = msgpack.unpackb(request)
        except Exception:  # not to be read, of a client that is gone
            name, arguments = "", []
        if name == "hello":
            self._count = itertools.count()
        if self._answer is None or next(self._count) < self._sane_first:
            return [sane(name, *arguments)]
        return self._answer(name)


@contextmanager
def nonsense_server(folder: Path) -> Iterator[Nonsense]:
    """A server on a free port of this machine. It admits any key."""
    public, secret = zmq.curve_keypair()
    client = ClientKeys(public.decode(), *(key.decode() for key in zmq.curve_keypair()))
    keys = folder / "nonsense.json"
    keys.write_text(json.dumps(asdict(client)))
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = context.socket(zmq.REP)
    socket.linger = 0
    socket.curve_server = True
    socket.curve_publickey, socket.curve_secretkey = public, secret
    socket.bind("tcp://127.0.0.1:*")
    server = Nonsense(socket.getsockopt_string(zmq.LAST_ENDPOINT), keys)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            if socket.poll(50):
                socket.send_multipart(server.parts(socket.recv_multipart()[0]))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server
    finally:
        stop.set()
        thread.join()
        context.destroy(linger=0)
