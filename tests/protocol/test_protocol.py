"""The protocol as docs/protocol.md has it, on every emulator that there is an adapter for."""

from __future__ import annotations

import os
import signal
import zlib

import msgpack
import pytest

from copain_gym.bridge.client import Client
from copain_gym.bridge.history import History
from copain_gym.bridge.protocol import PROTOCOL_VERSION, WANT_PICTURE, WANT_RAM
from copain_gym.bridge.savestate import StateTable
from copain_gym.errors import LuaError, ProtocolError
from copain_gym.lua_api.calls import Calls
from tests.conftest import wait_until

RAM, SCREEN = WANT_RAM, WANT_PICTURE
RIGHT = 0x80


def fails(client: Client, message: str, *request: object) -> LuaError:
    with pytest.raises(LuaError, match=message) as caught:
        client.request(*request)
    client.request("observe", 0)  # it lives on
    return caught.value


# ---- the handshake ---------------------------------------------------------


def test_handshake_tells_what_the_emulator_is(client: Client) -> None:
    about = client.hello(5)
    assert about.protocol == PROTOCOL_VERSION
    assert about.engine in ("toy", "fceux", "headless")
    assert len(about.rom_md5) == 32
    assert about.screen_format in ("gd", "indexed")


def test_other_version_is_refused(client: Client) -> None:
    fails(
        client,
        f"this bridge speaks protocol {PROTOCOL_VERSION}, protocol 99 was asked for",
        "hello",
        99,
    )


# ---- frames ----------------------------------------------------------------


def test_step_emulates_frames_and_reports(client: Client) -> None:
    frames, _, ram = client.request("step", 5, RAM, RIGHT)
    assert frames == 5
    assert len(ram) == 0x800
    frames, _, ram, picture = client.request("step", 1, RAM | SCREEN, 0, 0, 0, 0)
    assert frames == 6
    assert len(picture) in (62_208, 245_771)
    assert client.request("step", 0, 0)[0] == 6


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (("step", -1, 0), "the number of frames is -1; it must be an integer from 0 to 1000000"),
        (("step", 1.5, 0), r"the number of frames is 1\.5"),
        (("step", "one", 0), 'the number of frames is "one"'),
        (("step", 1, 32), "the sum of flags is 32; it must be an integer from 0 to 31"),
        (("step", 1, 0, 256), "the buttons of pad 1 is 256"),
        (("step", 1, 0, 0, 0, 0, 0, 0), "buttons of 5 pads were given; there are 4"),
        (("step",), "the number of frames is nil"),
        (("read", 0x10000, 0), "the address is 65536"),
        (("read", 0xFFFF, 2), "the length is 2; it must be an integer from 0 to 1"),
        (("write", 0, 5), "the data is a number; it must be a string"),
        (("state_load", 99), "savestate handle 99 is unknown"),
        (("state_load", "x"), "savestate handle x is unknown"),
        (("nonsense",), 'unknown request "nonsense"'),
        ((7,), "unknown request number"),
        (("return",), "unknown request"),
        (("batch", 1), "a batch is a table"),
        (("batch", [b"\xc1"]), "call 1 of the batch: .*malformed message"),
        (("script_load", "x = ", "name", "."), "unexpected symbol"),
        (("memory.readbyte",), "memory.readbyte: address is missing"),
        (("memory.readbyte", 1, 2), "memory.readbyte takes 1 arguments; 2 were given"),
        (("memory.readbyte", -1), "memory.readbyte: address is -1; it must be an integer from 0"),
    ],
)
def test_bad_request_gets_an_error_and_the_bridge_lives_on(
    client: Client, request_: tuple[object, ...], message: str
) -> None:
    fails(client, message, *request_)


# ---- memory and savestates -------------------------------------------------


def test_memory_is_read_and_written(client: Client) -> None:
    client.request("write", 0x700, b"\x01\xff\x00")
    assert client.request("read", 0x6FF, 5)[0][1:4] == b"\x01\xff\x00"
    assert client.request("read", 0, 0) == [b""]


def test_savestates_by_handle_and_as_bytes(client: Client) -> None:
    client.request("step", 10, 0, RIGHT)
    (handle,) = client.request("state_save")
    later = client.request("step", 30, RAM, RIGHT)[2]
    again = client.request("load_step", handle, 30, RAM, RIGHT)[2]
    assert again == later
    (data,) = client.request("state_bytes", handle)
    client.request("state_free", handle)
    fails(client, "is unknown", "state_load", handle)
    (other,) = client.request("state_from_bytes", data, zlib.crc32(data))
    client.request("state_load", other)
    assert client.request("step", 30, RAM, RIGHT)[2] == later
    assert client.request("observe", 0)[0] == 40


def test_power_on_and_reset(client: Client) -> None:
    first = client.request("step", 20, RAM, RIGHT)[2]
    client.request("poweron")
    assert client.request("observe", 0)[0] == 0
    assert client.request("step", 20, RAM, RIGHT)[2] == first
    client.request("softreset")


# ---- callbacks, batches, Lua -----------------------------------------------


def calls_of(client: Client) -> Calls:
    about = client.hello(5)
    states = StateTable(client, about.rom_md5, History())
    return Calls(client, states, lambda: None, lambda path: None)


def test_callback_is_an_event_in_place_of_the_reply(client: Client) -> None:
    calls, counts = calls_of(client), []
    calls.register(
        "emu.registerafter", lambda: counts.append(client.request("emu.framecount")[0]), ()
    )
    client.request("step", 3, 0)
    assert len(counts) == 3
    calls.register("emu.registerafter", None, ())
    client.request("step", 3, 0)
    assert len(counts) == 3


def test_memory_callback(client: Client) -> None:
    client.request("step", 60, 0)
    calls, events = calls_of(client), []
    calls.register("memory.registerwrite", lambda *event: events.append(event), (0, 4))
    client.request("step", 2, 0)
    assert events
    assert all(0 <= address < 4 and size == 1 for address, size, _ in events)


def test_error_in_a_callback(client: Client) -> None:
    def broken() -> None:
        raise KeyError("ours")

    calls = calls_of(client)
    calls.register("emu.registerbefore", broken, ())
    with pytest.raises(LuaError) as caught:
        client.request("step", 50, 0)
    assert isinstance(caught.value.__cause__, KeyError)
    calls.register("emu.registerbefore", None, ())
    assert client.request("step", 0, 0)[0] == 1


def test_exit_callback(client: Client) -> None:
    calls, called = calls_of(client), []
    calls.register("emu.registerexit", lambda: called.append(1), ())
    client.request("close")
    assert called == [1]
    assert wait_until(lambda: not client.process.running(), 5)


def test_batch_and_chunk(client: Client) -> None:
    packed = [msgpack.packb(["write", 0x700, b"\x07"]), msgpack.packb(["memory.readbyte", 0x700])]
    (results,) = client.request("batch", packed)
    assert [msgpack.unpackb(result) for result in results] == [[], [7]]
    source = "for i = 1, 5 do emu.frameadvance() end; return emu.framecount(), ..."
    assert client.request("run_lua", source, "chunk", "x", None, 2) == [5, b"x", None, 2]


def test_function_names_are_those_of_the_signatures(client: Client) -> None:
    (names,) = client.request("function_names")
    assert b"memory.readbyte" in names


# ---- ends ------------------------------------------------------------------


def test_close_is_answered_and_ends_the_emulator(client: Client) -> None:
    assert client.request("close") == []
    assert wait_until(lambda: not client.process.running(), 5)


def test_first_request_must_be_hello() -> None:
    from .conftest import start_toy

    original = Client.hello
    try:
        Client.hello = lambda self, seconds: None  # type: ignore[method-assign]
        with start_toy() as client:
            with pytest.raises(LuaError, match="the first request must be 'hello'"):
                client.request("observe", 0)
            assert original(client, 5).engine == "toy"
    finally:
        Client.hello = original  # type: ignore[method-assign]


def test_emulator_leaves_when_it_is_orphaned() -> None:
    """The bridge notices a dead owner within a second, also where no frame is asked for."""
    import subprocess
    import sys

    program = """
import sys, time
from tests.protocol.conftest import start_toy
with start_toy() as client:
    print(client.process.pid, flush=True)
    time.sleep(60)
"""
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()

    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    assert wait_until(gone, 5)


def test_malformed_reply_ends_the_emulator() -> None:
    from .conftest import start_toy

    with start_toy() as client:
        receive = client.transport.receive
        client.transport.receive = lambda *a: receive(*a) and b"\x92\x09\x00"  # type: ignore
        with pytest.raises(ProtocolError, match="reply of unknown kind"):
            client.request("observe", 0)
        assert client.closed
        assert not client.process.running()
