"""What a connection to an emulator must do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["SLICE_MS", "Transport"]

SLICE_MS = 50  # how often a wait looks whether the emulator still runs


class Transport(Protocol):
    """Python's end of a connection to one emulator: a request, then its reply.

    Attributes:
        endpoint: where the emulator finds it.
        peer: what messages call the emulator.
        is_remote: whether the emulator is on another machine, so that it may answer anything.
    """

    endpoint: str
    peer: str = "the emulator"
    is_remote: bool = False

    def environment(self) -> dict[str, str]:
        """The variables by which the emulator finds its way here."""

    def send(self, message: bytes, seconds: float, alive: Callable[[], bool]) -> bool:
        """Send a request; before the first one, this waits for the emulator to connect.

        Args:
            message: at most 1 GiB, over TCP 32 MiB.
            seconds: how long to wait for it.
            alive: whether the emulator still runs; asked about every 50 ms.

        Returns:
            False when `alive()` says that there is nobody to send to.

        Raises:
            EmulatorTimeout: nobody took it within `seconds`.
            ProtocolError: the reply to the last request was not one message.
            ValueError: the message is too long; nothing was sent.
        """

    def receive(self, seconds: float, alive: Callable[[], bool]) -> bytes | None:
        """Receive the reply.

        Returns:
            The reply, or None when `alive()` says that none can come.

        Raises:
            EmulatorTimeout: none came within `seconds`.
        """

    def close(self) -> None:
        """Close this end and remove its file. May be called again."""
