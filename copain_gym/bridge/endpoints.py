"""Endpoints: choosing and opening the transport to an emulator."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, get_args

from copain_gym.bridge.transport import Transport
from copain_gym.bridge.transport_shm import ShmTransport, available
from copain_gym.bridge.transport_zmq import ZmqTransport
from copain_gym.errors import EndpointError

__all__ = ["TRANSPORTS", "TransportName", "needs_socket", "open_transport"]

TransportName = Literal["auto", "zmq", "shm"]
"""What `transport=` takes: `zmq` is ZeroMQ over a local socket, `shm` is shared memory, `auto` is
the faster one that works on this system."""

TRANSPORTS: tuple[TransportName, ...] = get_args(TransportName)

_SCHEMES = ("ipc", "tcp", "shm")


def _chosen(transport: str | None) -> str:
    """The transport that `transport=` or the environment selects."""
    source = "transport"
    if transport is None:
        transport, source = os.environ.get("COPAIN_TRANSPORT") or "zmq", "COPAIN_TRANSPORT"
    if transport not in TRANSPORTS:
        raise ValueError(f"{source} is {transport!r}; allowed are {', '.join(TRANSPORTS)}")
    return transport


def needs_socket(endpoint: str | None, transport: str | None) -> bool:
    """Whether `open_transport` may make a Unix socket in the emulator's home.

    Raises:
        ValueError: an unknown transport.
    """
    return endpoint is None and _chosen(transport) != "shm"


def open_transport(endpoint: str | None, transport: str | None, home: Path) -> Transport:
    """Open Python's end of a connection to an emulator on this machine.

    Args:
        endpoint: `ipc://PATH`, `tcp://127.0.0.1:PORT` or `shm://PATH`; None makes one in `home`.
        transport: one of `TRANSPORTS`; None uses `COPAIN_TRANSPORT`, else `zmq`.
        home: the emulator's private directory.

    Raises:
        ValueError: an unknown transport, or one that does not fit the endpoint.
        EndpointError: the endpoint is malformed, in use or not local, or this system has no
            shared memory.
    """
    source = "transport" if transport is not None else "COPAIN_TRANSPORT"
    transport = _chosen(transport)
    if endpoint is None:
        if transport == "shm" or (transport == "auto" and available()):
            return ShmTransport(f"shm://{home}/mailbox")
        return ZmqTransport(f"ipc://{home}/socket")
    scheme = endpoint.partition("://")[0]
    if scheme not in _SCHEMES or "://" not in endpoint:
        raise EndpointError(
            f"endpoint {endpoint!r} is unknown; "
            f"allowed are ipc://PATH, tcp://127.0.0.1:PORT and shm://PATH"
        )
    if source == "transport" and transport != "auto" and (scheme == "shm") != (transport == "shm"):
        raise ValueError(f"transport {transport!r} does not fit the endpoint {endpoint!r}")
    if scheme == "shm":
        return ShmTransport(endpoint)
    return ZmqTransport(endpoint)
