"""The message of a batch, see lua/src/batch.c, on every emulator that has an adapter."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest

from copain_gym.bridge.batch_message import pack_batch, unpack_batch
from copain_gym.bridge.client import Client
from copain_gym.bridge.protocol import (
    BATCH_MAX_ITEMS,
    BATCH_SMALL_PICTURE,
    IS_AT_LEAST,
    IS_EQUAL,
    MAX_FRAMES,
    WANT_RAM,
)
from copain_gym.errors import LuaError

COUNTER = 0x300  # a byte of RAM that neither the toy machine nor the bundled game uses


def message(
    handles: list[int] = [0],  # noqa: B006
    holds: list[list[tuple[int, int]]] | None = None,
    keep: list[bool] | None = None,
    **options: object,
) -> bytes:
    """A message; each item has the same holds of a mask and a number of frames."""
    n = len(handles)
    plan = np.array([[(128, 2)]] * n if holds is None else holds)
    given: dict[str, object] = {
        "ranges": [(0, 0x800)],
        "conditions": [],
        "freed": [],
        "hashes": False,
    }
    return pack_batch(
        handles,
        plan[:, :, :1].astype(np.uint8),
        plan[:, :, 1].astype(np.uint32),
        np.array([False] * n if keep is None else keep, np.uint8),
        **{**given, **options},  # type: ignore[arg-type]
    )


def changed(data: bytes, word: int, value: int) -> bytes:
    """A message with another 32-bit number in its head or in what follows it."""
    return data[: 4 * word] + struct.pack("<I", value) + data[4 * word + 4 :]


def test_a_batch_is_its_steps(client: Client) -> None:
    client.request("step", 3, 0, 1)
    (start,) = client.request("state_save")
    holds = [[(128, 2), (64, 3)], [(1, 4), (2, 0)], [(16, 1), (32, 1)]]
    handles = [start, 0, start]
    data = message(handles, holds, [True, False, True], hashes=True)
    (reply,) = client.request("play_batch", data)
    frames = np.array([[f for _, f in item] for item in holds], np.uint32)
    keep = np.array([1, 0, 1], np.uint8)
    result = unpack_batch(reply, keep, frames, row=0x800, conditions=0, hashes=True)
    for k, (handle, item) in enumerate(zip(handles, holds, strict=True)):
        if handle:
            client.request("state_load", handle)
        for mask, count in item:
            frame, lag, ram = client.request("step", count, WANT_RAM, mask)
        assert ram == result.memory[k].tobytes()
        assert (frame, lag) == (result.frames[k], result.lag_frames[k])
        assert result.played[k] == frames[k].sum()
    for k in (0, 2):
        client.request("state_load", int(result.kept[k]))
        assert client.request("observe", WANT_RAM)[2] == result.memory[k].tobytes()
    assert result.kept[1] == 0
    assert len(set(result.hashes.tolist())) == 3


def test_conditions_and_freed_states(client: Client) -> None:
    client.request("write", COUNTER, b"\x05")
    handles = [client.request("state_save")[0] for _ in range(3)]
    conditions = [(COUNTER, 0xFF, IS_EQUAL, 4), (COUNTER, 0x04, IS_AT_LEAST, 1)]
    data = message(
        [handles[0]] * 2,
        [[(0, 2), (0, 2)]] * 2,
        ranges=[(COUNTER, 1), (COUNTER, 2)],
        conditions=conditions,
        freed=handles[1:],
    )
    (reply,) = client.request("play_batch", data)
    result = unpack_batch(
        reply,
        np.zeros(2, np.uint8),
        np.full((2, 2), 2, np.uint32),
        row=3,
        conditions=2,
        hashes=False,
    )
    assert result.ended.tolist() == [2, 2]
    assert result.played.tolist() == [2, 2]
    assert result.memory[:, :2].tolist() == [[5, 5]] * 2
    for handle in handles[1:]:
        with pytest.raises(LuaError, match=f"savestate handle {handle} is unknown"):
            client.request("state_load", handle)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "the batch has 0 bytes; its head alone has 32"),
        (bytes(31), "the batch has 31 bytes"),
        (message()[:-1], r"the batch has \d+ bytes; its head says \d+"),
        (message() + b"x", r"the batch has \d+ bytes; its head says \d+"),
        (changed(message(), 0, 4), "the sum of flags of the batch is 4"),
        (changed(message(), 0, BATCH_SMALL_PICTURE), "the height of pictures is 0"),
        (changed(message(), 7, 84 << 16 | 84), "the last number of the head is"),
        (changed(message(), 1, BATCH_MAX_ITEMS + 1), "the number of items is 1000001"),
        (changed(message(), 1, 2**32 - 1), "the number of items is"),
        (changed(message(), 2, 2**32 - 1), "the number of holds is"),
        (changed(message(), 3, 0), "the number of pads is 0; it must be from 1 to 4"),
        (changed(message(), 3, 5), "the number of pads is 5"),
        (changed(message(), 4, 2**31), "the number of memory ranges is"),
        (changed(message(), 5, 2**31), "the number of conditions is"),
        (changed(message(), 6, 2**31), r"the batch has \d+ bytes; its head says"),
        (changed(message(), 7, 1), "the last number of the head is 1"),
        (changed(message(), 10, 2), "the number of holds of all items is 2"),
        (changed(message(), 11, MAX_FRAMES + 1), "the number of frames of the batch is 1000001"),
        (changed(message(), 12, 0x10000), "an address is 65536"),
        (changed(message(), 13, 0x10001), "the length of a memory range is 65537"),
        (message([2**40 + 5]), "savestate handle 1099511627781 is unknown"),
        (message([3]), "savestate handle 3 is unknown"),
        (message([2**63]), "is unknown"),
        (message(conditions=[(0x10000, 1, 0, 0)]), "the address of a condition is 65536"),
        (message(conditions=[(0, 256, 0, 0)]), "the mask of a condition is 256"),
        (message(conditions=[(0, 1, 6, 0)]), "the comparison of a condition is 6"),
        (message(conditions=[(0, 1, 0, 256)]), "the value of a condition is 256"),
        (message([0] * 9000, ranges=[(0, 0x10000)]), "the size of the reply in bytes is"),
        (7, "the batch is a number; it must be a string"),
    ],
)
def test_malformed_messages(client: Client, data: object, error: str) -> None:
    """Nothing is played, and the emulator goes on."""
    before = client.request("observe", WANT_RAM)
    with pytest.raises(LuaError, match=error):
        client.request("play_batch", data)
    assert client.request("observe", WANT_RAM) == before


def test_mutated_messages(client: Client) -> None:
    """Each gets a reply; a head that lies about sizes makes nothing read or write elsewhere."""
    source = random.Random(5)
    handle = client.request("state_save")[0]
    good = message(
        [handle, 0], [[(1, 1), (2, 1)]] * 2, [True, False], conditions=[(0, 1, 0, 5)], freed=[9]
    )
    answers = [0, 0]
    for _ in range(400):
        data = bytearray(good)
        for _ in range(source.randint(1, 3)):
            at = source.randrange(len(data))
            if 64 <= at < 80:  # frames; the others of their bytes would make the batch long
                at -= at % 4
            data[at] = source.choice([0, 1, 2, 127, 255, data[at] ^ 1 << source.randrange(8)])
        try:
            client.request("play_batch", bytes(data), seconds=120)
            answers[0] += 1
        except LuaError:
            answers[1] += 1
    assert min(answers) > 20
    client.request("observe", WANT_RAM)
