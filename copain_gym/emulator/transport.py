"""Endpoints: what a way to an emulator must do, and which one to take."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from copain_gym.errors import EndpointError

__all__ = ["SLICE_MS", "TRANSPORTS", "Transport", "open_transport"]

TRANSPORTS = ("auto", "zmq", "shm")
"""What `transport=` takes: `zmq` is ZeroMQ over a local socket, `shm` is shared memory, `auto` is
the faster of those that work here."""

SLICE_MS = 50  # how often a wait looks whether the emulator still runs
_SCHEMES = ("ipc", "tcp", "shm")


class Transport(ABC):
    """Python's end of a connection to one emulator: a request, then its reply.

    Attributes:
        endpoint: where the emulator finds it.
    """

    endpoint: str

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The variables by which the emulator finds its way here."""

    @abstractmethod
    def send(self, message: bytes, seconds: float, alive: Callable[[], bool]) -> bool:
        """Send a request; before the first one, this waits for the emulator to connect.

        Args:
            message: at most 1 GiB.
            seconds: how long to wait for it.
            alive: whether the emulator still runs; asked about every 50 ms.

        Returns:
            False when `alive()` says that there is nobody to send to.

        Raises:
            EmulatorTimeout: nobody took it within `seconds`.
        """

    @abstractmethod
    def receive(self, seconds: float, alive: Callable[[], bool]) -> bytes | None:
        """Receive the reply.

        Returns:
            The reply, or None when `alive()` says that none can come.

        Raises:
            EmulatorTimeout: none came within `seconds`.
        """

    @abstractmethod
    def close(self) -> None:
        """Close this end and remove its file. May be called again."""


def open_transport(endpoint: str | None, transport: str | None, home: Path) -> Transport:
    """Open Python's end of a connection to an emulator on this machine.

    Args:
        endpoint: `ipc://PATH`, `tcp://127.0.0.1:PORT` or `shm://PATH`; None is one in `home`.
        transport: one of `TRANSPORTS`; None is what `COPAIN_TRANSPORT` says, else `zmq`.
        home: the emulator's private home.

    Raises:
        ValueError: an unknown transport, or one that does not fit the endpoint.
        EndpointError: the endpoint is malformed, in use or not local, or there is no shared
            memory on this system.
    """
    # Each brings a library of its own, which the other one should not have to load.
    from copain_gym.emulator import transport_shm, transport_zmq

    source = "transport"
    if transport is None:
        transport, source = os.environ.get("COPAIN_TRANSPORT") or "zmq", "COPAIN_TRANSPORT"
    if transport not in TRANSPORTS:
        raise ValueError(f"{source} is {transport!r}; allowed are {', '.join(TRANSPORTS)}")
    if endpoint is None:
        if transport == "auto":
            transport = "shm" if transport_shm.available() else "zmq"
        if transport == "shm":
            return transport_shm.ShmTransport(f"shm://{home}/mailbox")
        return transport_zmq.ZmqTransport(f"ipc://{home}/socket")
    scheme = endpoint.partition("://")[0]
    if scheme not in _SCHEMES or "://" not in endpoint:
        raise EndpointError(
            f"endpoint {endpoint!r} is unknown; "
            f"allowed are ipc://PATH, tcp://127.0.0.1:PORT and shm://PATH"
        )
    if source == "transport" and transport != "auto" and (scheme == "shm") != (transport == "shm"):
        raise ValueError(f"transport {transport!r} does not fit the endpoint {endpoint!r}")
    if scheme == "shm":
        return transport_shm.ShmTransport(endpoint)
    return transport_zmq.ZmqTransport(endpoint)
