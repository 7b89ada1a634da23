"""The protocol's constants: Python's copy of `lua/src/protocol.h`.

Lua and C take them from that header. A test compares the two; docs/protocol.md explains them.
"""

from __future__ import annotations

from typing import Final

PROTOCOL_VERSION: Final = 1
"""Version of the protocol; Python and the bridge must use the same one."""

# Kinds of message from the emulator.
REPLY_OK: Final = 0
REPLY_ERROR: Final = 1
REPLY_EVENT: Final = 2

# What a step does and sends; `want` is a sum of these flags.
WANT_RAM: Final = 1
WANT_PICTURE: Final = 2
WANT_DRAWING: Final = 4  # draw the last frame, but do not send it
WANT_STATE: Final = 8  # save the state and send its handle
WANT_SMALL_PICTURE: Final = 16

MAX_FRAMES: Final = 1_000_000
"""Largest number of frames in one step."""

# A batch, see lua/src/batch.c.
BATCH_HEAD_WORDS: Final = 8
BATCH_HASH: Final = 1  # send a hash of the state at the end of each item
BATCH_SMALL_PICTURE: Final = 2  # draw the last frame of each item, send it in grey, scaled down
BATCH_MAX_ITEMS: Final = 1_000_000
"""Largest number of items, and of holds, in one batch."""
BATCH_MAX_REPLY: Final = 0x10000000
"""Largest reply to a batch, in bytes."""
# How a condition compares a byte, after its mask, with a value.
IS_EQUAL: Final = 0
IS_NOT_EQUAL: Final = 1
IS_LESS: Final = 2
IS_AT_MOST: Final = 3
IS_GREATER: Final = 4
IS_AT_LEAST: Final = 5

# Sizes in bytes and pixels.
RAM_SIZE: Final = 0x800
PICTURE_HEIGHT: Final = 240
PICTURE_WIDTH: Final = 256
PALETTE_SIZE: Final = 768  # red, green and blue for each of 256 colours
GD_HEADER_SIZE: Final = 11  # before the pixels of a picture in GD's format

TCP_MAX_MESSAGE: Final = 0x2000000
"""Largest message over TCP, in bytes: twice the largest savestate."""

# The mailbox in shared memory, see lua/src/mailbox.h.
MAILBOX_MAGIC: Final = 0x584D5043  # "CPMX"
MAILBOX_VERSION: Final = 1
MAILBOX_HEAD_SIZE: Final = 256
MAILBOX_LENGTH_WORD: Final = 2  # index of the head's 32-bit word with the message's length
MAILBOX_MAX_MESSAGE: Final = 0x40000000
# Results of waiting on the mailbox.
MAILBOX_INTERRUPTED: Final = -1
MAILBOX_TIMEOUT: Final = 0
MAILBOX_READY: Final = 1
