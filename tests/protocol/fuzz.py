"""Random and mutated messages, made from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgpack

from copain_gym.lua_api.signatures import Function, parse

__all__ = ["Requests", "random_reply"]

# Requests of the bridge itself with plausible arguments. `close`, `emu.exit` and what waits for
# somebody are left out, as they are no errors.
_OWN: list[tuple[object, ...]] = [
    ("step", 1, 1, 128),
    ("observe", 3),
    ("read", 0, 2048),
    ("write", 0x300, b"abc"),
    ("state_save",),
    ("state_load", 1),
    ("state_free", 1, 2),
    ("state_bytes", 1),
    ("state_from_bytes", b"FCSX" + bytes(64), 0),
    ("load_step", 1, 1, 1, 0),
    ("poweron",),
    ("softreset",),
    ("speed", "maximum"),
    ("hello", 1),
    ("run_lua", "return 1, ...", "chunk", 1),
    ("script_load", "local x = 1", "script", "."),
    ("script_stop", 1),
    ("script_running", 1),
    ("batch", [b"\x91\xa7observe"]),
    ("function_names",),
    ("return", 1),
    ("raise", "text"),
]
_ENDS = {"close", "emu.exit", "emu.loadrom"}
_EDGES: list[object] = [
    *(0, 1, -1, 2, 10, 255, 256, 0x7FF, 0xFFFF, 0x10000, 2**31 - 1, 2**31, -(2**31), 2**53),
    *(2**63, -(2**63), 0.5, -0.0, 1e308, -1e308, float("inf"), float("-inf"), float("nan")),
    *(None, True, False, "", "a", "red", "#", "P7F", "md5", "normal", b"", b"\x00", b"\xff" * 40),
    *([], [[]], [1, 2, 3], {}, {"x": 1}, {1: 2}, [None, 1], {"A": True, "left": "invert"}),
    *("x" * 600, "%s%s%n", "../../../etc", "/dev/null", "/", b"\xff\xfe\x00\x10\x00\x10\x01"),
]


class Requests:
    """A stream of requests, most of them wrong.

    Args:
        seed: of the random numbers.
        folder: existing folder for paths.
    """

    def __init__(self, seed: int, folder: str, functions: Sequence[Function] | None = None) -> None:
        self._random = random.Random(seed)
        self._folder = folder
        self._functions = parse() if functions is None else functions

    def next(self) -> bytes:
        """One packed request."""
        kind = self._random.random()
        if kind < 0.10:
            return self._random.randbytes(self._random.randrange(60))
        request = self._function() if kind < 0.75 else self._own()
        packed: bytes = msgpack.packb(request)
        if self._random.random() < 0.35:
            packed = self._mutate(packed)
        return b"\xc0" if _ends(packed) or _is_long(packed) else packed

    def _own(self) -> list[object]:
        name, *arguments = self._random.choice(_OWN)
        return [name, *(self._vary(argument) for argument in arguments), *self._more()]

    def _function(self) -> list[object]:
        function = self._random.choice(self._functions)
        if function.lua_name in _ENDS:
            return ["observe", 0]
        arguments = [self._argument(p.kind.lua, p.name) for p in function.parameters]
        if self._random.random() < 0.1:
            arguments = arguments[: self._random.randrange(len(arguments) + 1)]
        return [function.lua_name, *arguments, *self._more()]

    def _more(self) -> list[object]:
        return [self._random.choice(_EDGES)] if self._random.random() < 0.05 else []

    def _vary(self, value: object) -> object:
        return value if self._random.random() < 0.6 else self._random.choice(_EDGES)

    def _argument(self, kind: str, name: str) -> object:
        """A right argument as often as a wrong one."""
        pick = self._random
        if pick.random() < 0.4:
            return pick.choice(_EDGES)
        if "integer" in kind or '"number"' in kind:
            low, high = (int(part.split("=")[1]) for part in kind.split(", ")[1:3])
            near = (low, high, pick.randint(low, high), pick.randint(low, min(high, low + 300)))
            return pick.choice(near)
        if "choice" in kind:
            return pick.choice(kind.split("{ ")[1].strip(" }").replace('"', "").split(", "))
        if '"path"' in kind:
            return f"{self._folder}/{pick.randrange(5)}"
        if "callback" in kind:
            return pick.choice([None, None, 0, 5])
        if "state" in kind:
            return pick.randrange(1, 6)
        if "colour" in kind:
            return pick.choice(["red", 0xFF00FF80, [1, 2, 3], {"r": 9}, "#123456", "P11", "rand"])
        if "table" in kind:
            return pick.choice([{"A": True}, {"x": 5, "fire": True}, [1, 2], {}])
        if "boolean" in kind:
            return pick.random() < 0.5
        if name == "image":
            header = b"\xff\xfe" + bytes([0, 4, 0, 3, 1, 255, 255, 255, 255])
            return header + bytes(48 if pick.random() < 0.5 else pick.randrange(200))
        return pick.choice(["text", f"{self._folder}/{pick.randrange(5)}", b"SXIOPO", 3])

    def _mutate(self, packed: bytes) -> bytes:
        data = bytearray(packed)
        for _ in range(self._random.randint(1, 4)):
            at = self._random.randrange(len(data))
            action = self._random.randrange(4)
            if action == 0:
                data[at] = self._random.randrange(256)
            elif action == 1:
                data[at] ^= 1 << self._random.randrange(8)
            elif action == 2:
                del data[at:]
                data += b"\x00"
            else:
                data[at:at] = self._random.randbytes(self._random.randrange(1, 5))
        return bytes(data)


def _ends(packed: bytes) -> bool:
    # On purpose: no error.
    return any(name.encode() in packed for name in _ENDS)


def _is_long(packed: bytes) -> bool:
    # A step may have a million frames, or the console's speed: right, but it takes long.
    try:
        request = msgpack.unpackb(packed, strict_map_key=False, raw=True)
    except Exception:
        return False
    name = request[0] if isinstance(request, list) and request else None
    if name == b"emu.speedmode":
        return b"normal" in packed
    return name in (b"step", b"load_step") and any(
        isinstance(argument, (int, float)) and argument > 130 for argument in request
    )


def random_reply(source: random.Random) -> bytes:
    """A reply: random bytes, a random message, or a right one that is mutated."""
    kind = source.random()
    if kind < 0.3:
        return source.randbytes(source.randrange(80))
    message: Any = source.choice(_EDGES)
    if kind < 0.8:
        message = [
            source.choice([0, 1, 2, 3, -1, True, "0", None, 0.0]),
            *source.choices(_EDGES, k=source.randrange(5)),
        ]
    packed = bytearray(msgpack.packb(message))
    if kind > 0.6:
        packed[source.randrange(len(packed))] = source.randrange(256)
    return bytes(packed)
