"""`Peer`: the methods that the client needs of the process at the other end of a connection."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Peer"]


class Peer(Protocol):
    """An emulator process on this machine, or the connection to one on another machine."""

    command: list[str]

    @property
    def pid(self) -> int:
        """Process id; 0 if the process is on another machine."""

    def running(self) -> bool:
        """Whether the process still runs; on another machine, whether the connection is open."""

    def crashed(self) -> Exception:
        """The exception for a process that ended by itself."""

    def log_tail(self) -> str:
        """The last lines of its log; empty if the log cannot be read."""

    def wait(self, seconds: float) -> bool:
        """Wait for the process to end; False after `seconds` without an end."""

    def waits_for_cpu(self) -> bool:
        """Whether the process is ready to run but other processes use the CPU."""

    def end(self) -> None:
        """End the process if it runs. May be called again."""
