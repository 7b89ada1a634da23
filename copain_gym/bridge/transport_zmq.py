"""Requests and replies over ZeroMQ REQ/REP: `ipc://` and `tcp://`."""

from __future__ import annotations

import os
import socket as sockets
import time
from collections.abc import Callable
from pathlib import Path

import zmq

from copain_gym.bridge.protocol import MAILBOX_MAX_MESSAGE, TCP_MAX_MESSAGE
from copain_gym.bridge.transport import SLICE_MS, Transport
from copain_gym.engines.owner import Owner
from copain_gym.errors import EmulatorTimeout, EndpointError, LimitError, ProtocolError

__all__ = ["ReqTransport", "ZmqTransport"]

_LOOPBACK = ("127.0.0.1", "localhost")
_ENVELOPE = 1024  # bytes, more than what ZeroMQ and CURVE put around a message
_MAX_IPC_PATH = sockets.AF_UNIX and 107  # bytes; sun_path less its terminating zero


class ReqTransport(Transport):
    """A REQ socket: each request gets one reply. Subclasses bind or connect it.

    Args:
        longest: bytes that a message may have. A peer that sends a longer one is disconnected,
            also before it has said who it is.

    Attributes:
        socket: the socket.
        owner: the process that may use and close it.
    """

    def __init__(self, longest: int) -> None:
        self.owner = Owner()
        self._longest = longest
        self.socket = _new_socket()
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, SLICE_MS)
        self.socket.setsockopt(zmq.SNDTIMEO, SLICE_MS)
        self.socket.setsockopt(zmq.MAXMSGSIZE, longest + _ENVELOPE)

    def send(self, message: bytes, seconds: float, alive: Callable[[], bool]) -> bool:
        """Send a request. See `Transport.send`."""
        if len(message) > self._longest:
            raise ValueError(f"a message has {len(message)} bytes; {self._longest} are allowed")
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.socket.send(message)
                return True
            except zmq.Again:
                if not alive():
                    return False
                if time.monotonic() > deadline:
                    raise EmulatorTimeout(
                        f"{self.peer} did not connect within {seconds:g} s"
                    ) from None
            except zmq.ZMQError as error:
                if error.errno != zmq.EFSM:
                    raise
                if self.socket.getsockopt(zmq.RCVMORE):
                    raise ProtocolError(f"{self.peer} answered in more than one part") from None
                raise ProtocolError("the reply to the last request was not received yet") from None

    def receive(self, seconds: float, alive: Callable[[], bool]) -> bytes | None:
        """Receive the reply. See `Transport.receive`."""
        reply = self._take()  # it usually comes within one slice
        deadline = time.monotonic() + seconds - SLICE_MS / 1000
        while reply is None:
            running = alive()  # called before the wait: a reply may come just before the end
            reply = self._take()
            if reply is None and not running:
                return None
            if reply is None and time.monotonic() > deadline:
                raise EmulatorTimeout(f"{self.peer} did not answer within {seconds:g} s")
        return reply

    def _take(self) -> bytes | None:
        """The reply; None if none came within a slice."""
        try:
            return self.socket.recv()
        except zmq.Again:
            return None
        except zmq.ZMQError as error:
            # If the peer disconnects while a request is written, libzmq drops the request silently
            # (socket_base.cpp, "pipe is dead while a multi-part send is in progress") and then
            # has no reply to wait for.
            if error.errno != zmq.EFSM:
                raise
            time.sleep(SLICE_MS / 1000)
            return None


class ZmqTransport(ReqTransport):
    """A REQ socket bound to a local endpoint, to which the emulator connects.

    Args:
        endpoint: `ipc://PATH`, or `tcp://127.0.0.1:PORT` with `*` for any free port. Over TCP,
            CURVE keys are made for this one connection.

    Attributes:
        endpoint: the bound endpoint, with the real port.

    Raises:
        EndpointError: the endpoint is malformed, in use, not writable, or not local.
    """

    def __init__(self, endpoint: str) -> None:
        (_check_tcp if endpoint.startswith("tcp:") else _check_ipc)(endpoint)
        self._curve: dict[str, str] = {}
        tcp = endpoint.startswith("tcp:")
        super().__init__(TCP_MAX_MESSAGE if tcp else MAILBOX_MAX_MESSAGE)
        try:
            if tcp:
                self._make_keys()
            self.socket.bind(endpoint)
        except zmq.ZMQError as error:
            self.socket.close()
            raise EndpointError(f"endpoint {endpoint!r} cannot be bound: {error}") from error
        self.endpoint: str = self.socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def _make_keys(self) -> None:
        # Only the emulator that we start gets the server's key. Without it no handshake
        # succeeds.
        server, server_secret = zmq.curve_keypair()
        client, client_secret = zmq.curve_keypair()
        self.socket.curve_server = True
        self.socket.curve_secretkey = server_secret
        self.socket.curve_publickey = server
        self._curve = {
            "COPAIN_CURVE_SERVER": server.decode(),
            "COPAIN_CURVE_PUBLIC": client.decode(),
            "COPAIN_CURVE_SECRET": client_secret.decode(),
        }

    def environment(self) -> dict[str, str]:
        """The environment variables that tell the emulator where to connect."""
        return {"COPAIN_ENDPOINT": self.endpoint, **self._curve}

    def close(self) -> None:
        """Close the socket and remove its file."""
        if not self.socket.closed and self.owner.is_here:
            self.socket.close()
            if self.endpoint.startswith("ipc://"):
                Path(self.endpoint[6:]).unlink(missing_ok=True)


def _new_socket() -> zmq.Socket[bytes]:
    """A REQ socket in this process's ZeroMQ context.

    Raises:
        LimitError: the limit on sockets or open files is reached.
    """
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
    try:
        return context.socket(zmq.REQ)
    except zmq.ZMQError as error:
        raise LimitError(
            f"cannot make a socket: {error.strerror}; ZeroMQ allows "
            f"{context.get(zmq.MAX_SOCKETS)} in a process, and `ulimit -n` limits open files"
        ) from error


def _check_tcp(endpoint: str) -> None:
    host, _, port = endpoint[6:].rpartition(":")
    if host not in _LOOPBACK:
        raise EndpointError(
            f"endpoint {endpoint!r} would be open to other machines; "
            f"allowed are tcp://127.0.0.1:PORT and tcp://127.0.0.1:*"
        )
    if port != "*" and not (port.isdigit() and 0 < int(port) < 65536):
        raise EndpointError(f"endpoint {endpoint!r} has no port from 1 to 65535, nor *")


def _check_ipc(endpoint: str) -> None:
    path = endpoint[6:]
    if not path:
        raise EndpointError(f"endpoint {endpoint!r} has no path")
    if len(os.fsencode(path)) > _MAX_IPC_PATH:
        raise EndpointError(
            f"endpoint {endpoint!r} has a path of {len(os.fsencode(path))} bytes; "
            f"{_MAX_IPC_PATH} are allowed"
        )
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise EndpointError(f"endpoint {endpoint!r}: the directory {folder} does not exist")
    if not os.access(folder, os.W_OK):
        raise EndpointError(f"endpoint {endpoint!r}: no permission to write in {folder}")
    # libzmq would replace a socket on which another process listens.
    with sockets.socket(sockets.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError:
            return
    raise EndpointError(f"endpoint {endpoint!r} is in use")
