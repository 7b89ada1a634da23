"""The interface of a connection to an emulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["SLICE_MS", "Transport"]

SLICE_MS = 50  # interval at which a wait checks that the emulator still runs


class Transport(Protocol):
    """Python's end of a connection to one emulator; each request gets one reply.

    Attributes:
        endpoint: the address to which the emulator connects.
        peer: the emulator's name in messages.
        is_remote: whether the emulator is on another machine, so that it may answer anything.
    """

    endpoint: str
    peer: str = "the emulator"
    is_remote: bool = False

    def environment(self) -> dict[str, str]:
        """The environment variables that tell the emulator where to connect."""

    def send(self, message: bytes, seconds: float, alive: Callable[[], bool]) -> bool:
        """Send a request; before the first one, this waits for the emulator to connect.

        Args:
            message: at most 1 GiB, over TCP 32 MiB.
            seconds: how long to wait until it can be sent.
            alive: returns whether the emulator still runs; called about every 50 ms.

        Returns:
            True if it was sent; False if `alive()` returned False.

        Raises:
            EmulatorTimeout: it could not be sent within `seconds`.
            ProtocolError: the reply to the last request was not received, or had several parts.
            ValueError: the message is too long; nothing was sent.
        """

    def receive(self, seconds: float, alive: Callable[[], bool]) -> bytes | None:
        """Receive the reply.

        Returns:
            The reply, or None if `alive()` returned False.

        Raises:
            EmulatorTimeout: no reply came within `seconds`.
        """

    def close(self) -> None:
        """Close this end and remove its file. May be called again."""
