"""The numbers of the protocol, Python's copy of `lua/src/protocol.h`.

Lua and C have them from that header. A test compares the two; docs/protocol.md explains them.
"""

from __future__ import annotations

from typing import Final

PROTOCOL_VERSION: Final = 1
"""Both sides must agree on it."""

# What a message from the emulator is.
REPLY_OK: Final = 0
REPLY_ERROR: Final = 1
REPLY_EVENT: Final = 2

# What a step is to do and send; `want` is a sum of these.
WANT_RAM: Final = 1
WANT_PICTURE: Final = 2
WANT_DRAWING: Final = 4  # the last frame is drawn, and not sent
WANT_STATE: Final = 8  # the state is saved, and its handle sent
WANT_SMALL_PICTURE: Final = 16

MAX_FRAMES: Final = 1_000_000
"""Largest number of frames of one step."""

# Sizes in bytes and pixels.
RAM_SIZE: Final = 0x800
PICTURE_HEIGHT: Final = 240
PICTURE_WIDTH: Final = 256
PALETTE_SIZE: Final = 768  # red, green, blue of 256 colours
GD_HEADER_SIZE: Final = 11  # before the pixels of a picture in GD's format

TCP_MAX_MESSAGE: Final = 0x2000000
"""Largest message over TCP, in bytes: twice the largest savestate."""

# The mailbox in shared memory, see lua/src/mailbox.h.
MAILBOX_MAGIC: Final = 0x584D5043  # "CPMX"
MAILBOX_VERSION: Final = 1
MAILBOX_HEAD_SIZE: Final = 256
MAILBOX_LENGTH_WORD: Final = 2  # the 32-bit word of the head that has the message's length
MAILBOX_MAX_MESSAGE: Final = 0x40000000
# What waiting ended with.
MAILBOX_INTERRUPTED: Final = -1
MAILBOX_TIMEOUT: Final = 0
MAILBOX_READY: Final = 1
