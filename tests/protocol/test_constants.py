"""Python's copy of the protocol's numbers is that of C and Lua."""

from __future__ import annotations

import re
from pathlib import Path

import msgpack
import pytest

from copain_gym.bridge import protocol
from copain_gym.bridge.client import Client
from copain_gym.engines.headless.states import FCEUX_STATE_MAGIC
from copain_gym.games.variables import RAM_SIZE

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = {name: getattr(protocol, name) for name in vars(protocol) if name.isupper()}


def test_python_has_what_the_bridge_has(client: Client) -> None:
    (found,) = client.request("run_lua", "return require('copain_native').protocol", "test")
    numbers = {name.decode(): value for name, value in found.items()}
    assert numbers.pop("FCEUX_STATE_MAGIC") == FCEUX_STATE_MAGIC
    assert numbers == NUMBERS


def test_the_engine_knows_the_same_states() -> None:
    source = (ROOT / "engine" / "driver" / "savestates.cpp").read_text()
    assert f'memcmp(data, "{FCEUX_STATE_MAGIC.decode()}", 4)' in source


def test_the_bridge_has_the_engines_structure() -> None:
    ours, theirs = (
        (ROOT / folder / "engine.h").read_text() for folder in ("lua/src", "engine/driver")
    )
    begin = "#ifndef COPAIN_ENGINE_H"
    assert ours[ours.index(begin) :] == theirs[theirs.index(begin) :]


def test_an_image_is_the_ram() -> None:
    assert RAM_SIZE == protocol.RAM_SIZE


def test_flags_are_bits_of_their_own() -> None:
    flags = [value for name, value in NUMBERS.items() if name.startswith("WANT_")]
    assert sorted(flags) == [1 << k for k in range(len(flags))]


def test_the_page_has_each_flag() -> None:
    page = (ROOT / "docs" / "protocol.md").read_text()
    rows = dict(re.findall(r"^\| `((?:WANT|REPLY)_\w+)` \| (\d+) \|", page, re.MULTILINE))
    wanted = {n: str(v) for n, v in NUMBERS.items() if n.startswith(("WANT_", "REPLY_"))}
    assert rows == wanted


@pytest.mark.parametrize("frames", [1, 127, 128, 256])
@pytest.mark.parametrize("mask", [0, 0x81])
def test_plain_steps_are_recognised(client: Client, frames: int, mask: int) -> None:
    """C reads the request that msgpack writes; any other want is left to the others."""
    source = "return {require('copain_native').plain_step((...))}"
    plain = msgpack.packb(["step", frames, protocol.WANT_RAM, mask])
    assert client.request("run_lua", source, "test", plain) == [[frames, mask]]
    for other in (
        ["step", frames, protocol.WANT_RAM | protocol.WANT_DRAWING, mask],
        ["step", frames, protocol.WANT_RAM, mask, 0],
        ["stop", frames, protocol.WANT_RAM, mask],
    ):
        assert client.request("run_lua", source, "test", msgpack.packb(other)) == [[]]
    for cut in range(len(plain)):
        assert client.request("run_lua", source, "test", plain[:cut]) == [[]]
