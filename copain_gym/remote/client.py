"""The client's side of `copain serve`: encrypted connections to emulators on other machines."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import zmq
import zmq.utils.monitor
from zmq.utils import z85

from copain_gym.bridge.protocol import TCP_MAX_MESSAGE
from copain_gym.bridge.transport import SLICE_MS
from copain_gym.bridge.transport_zmq import ReqTransport
from copain_gym.errors import EmulatorLost, EmulatorTimeout, EndpointError
from copain_gym.paths import expand_user

__all__ = ["ClientKeys", "RemoteProcess", "RemoteTransport"]

_LOST = zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_FAILED_AUTH
_HEARTBEAT_MS, _PATIENCE_MS = 1000, 5000


@dataclass(frozen=True)
class ClientKeys:
    """The keys that a client needs, as Z85 strings of 40 characters.

    Attributes:
        server: the server's public key.
        public: the client's public key.
        secret: the client's secret key.
    """

    server: str
    public: str
    secret: str

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None) -> ClientKeys:
        """Read the file that `copain serve` wrote.

        Args:
            path: the file; None uses the file named by `COPAIN_KEYS`.

        Raises:
            EndpointError: the file is missing or contains no keys.
        """
        name = path or os.environ.get("COPAIN_KEYS")
        if not name:
            raise EndpointError(
                "an emulator of `copain serve` needs keys: pass the file that it wrote as keys= "
                "or name it in COPAIN_KEYS"
            )
        file = expand_user(name)
        try:
            fields = json.loads(file.read_text())
            keys = cls(**{field: str(fields[field]) for field in ("server", "public", "secret")})
            for key in (keys.server, keys.public, keys.secret):
                if len(z85.decode(key)) != 32:
                    raise ValueError("a key is not of 40 characters")
        except OSError as error:
            raise EndpointError(f"keys {file} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EndpointError(
                f"keys {file} were not written by `copain serve`: {error}"
            ) from None
        return keys


class RemoteTransport(ReqTransport):
    """A REQ socket that is connected to an emulator on another machine.

    Args:
        endpoint: `tcp://HOST:PORT`.
        keys: the keys that `copain serve` wrote.

    Raises:
        EndpointError: the endpoint is malformed.
    """

    is_remote = True

    def __init__(self, endpoint: str, keys: ClientKeys) -> None:
        url = urlsplit(endpoint)
        try:
            complete = url.scheme == "tcp" and bool(url.hostname) and bool(url.port)
        except ValueError:
            complete = False
        if not complete or url.path:
            raise EndpointError(f"endpoint {endpoint!r} is unknown; allowed is tcp://HOST:PORT")
        super().__init__(TCP_MAX_MESSAGE)
        self.endpoint = endpoint
        self.peer = f"the emulator at {endpoint}"
        self.lost_because = ""
        self.socket.setsockopt(zmq.IMMEDIATE, 1)  # a request waits for the handshake's end
        self.socket.setsockopt(zmq.RCVHWM, 1)  # more than one reply at a time is none of ours
        self.socket.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
        self.socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, _PATIENCE_MS)
        self.socket.setsockopt_string(zmq.CURVE_SERVERKEY, keys.server)
        self.socket.setsockopt_string(zmq.CURVE_PUBLICKEY, keys.public)
        self.socket.setsockopt_string(zmq.CURVE_SECRETKEY, keys.secret)
        self._begun = False
        self._monitor: zmq.Socket[bytes] = self.socket.get_monitor_socket(_LOST)
        self.socket.connect(endpoint)

    def environment(self) -> dict[str, str]:
        """Nothing: the emulator was started by its server."""
        return {}

    def send(self, message: bytes, seconds: float, alive: Callable[[], bool]) -> bool:
        """Send a request. See `Transport.send`."""
        try:
            sent = super().send(message, seconds, alive)
        except EmulatorTimeout:
            raise EmulatorTimeout(
                f"no emulator answered at {self.endpoint} within {seconds:g} s: no emulator "
                f"listens there, it serves another client, or it has another key"
            ) from None
        self._begun = self._begun or sent
        return sent

    def connected(self) -> bool:
        """Whether the connection is open, as far as is known."""
        while not self.lost_because and self._monitor.poll(0):
            event = zmq.utils.monitor.recv_monitor_message(self._monitor)["event"]
            if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                self.lost_because = "the server refused the client's key"
            elif self._begun:  # before that, libzmq reconnects by itself
                self.lost_because = "the connection ended"
        return not self.lost_because

    def close(self) -> None:
        """Close the connection; the emulator at the other end then ends. May be called again."""
        if not self.socket.closed and self.owner.is_here:
            self.socket.disable_monitor()
            self._monitor.close()
            self.socket.close()


class RemoteProcess:
    """Represents an emulator process on another machine."""

    def __init__(self, transport: RemoteTransport) -> None:
        self._transport = transport
        self.pid = 0
        self.command = [transport.endpoint]

    def running(self) -> bool:
        """Whether the connection is open."""
        return self._transport.connected()

    def crashed(self) -> EmulatorLost:
        """Return the exception for a connection that ended."""
        return EmulatorLost(
            f"the emulator at {self._transport.endpoint} is lost: {self._transport.lost_because}"
        )

    def log_tail(self, lines: int = 20) -> str:
        """Return an empty string: the log is on the other machine."""
        return ""

    def wait(self, seconds: float) -> bool:
        """Wait for the end of the connection; False if it has not ended in time."""
        deadline = time.monotonic() + seconds
        while self.running():
            if time.monotonic() > deadline:
                return False
            time.sleep(SLICE_MS / 1000)
        return True

    def waits_for_cpu(self) -> bool:
        """Return False: the load of the other machine is not known."""
        return False

    def end(self) -> None:
        """Do nothing: the emulator ends when the connection ends."""
