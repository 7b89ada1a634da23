"""`Peer`: what the client asks of the process at the other end of a connection."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Peer"]


class Peer(Protocol):
    """A process on this machine, or one on another machine as far as it can be seen from here."""

    command: list[str]

    @property
    def pid(self) -> int:
        """Process id; 0 on another machine."""

    def running(self) -> bool:
        """Whether it has not ended, as far as that is known."""

    def crashed(self) -> Exception:
        """The exception for a process that ended by itself."""

    def log_tail(self) -> str:
        """The last lines of its log; empty where that is not known."""

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when the time is over."""

    def starves(self) -> bool:
        """Whether it wants to run and other processes keep it from that."""

    def end(self) -> None:
        """End it if it runs. May be called again."""
