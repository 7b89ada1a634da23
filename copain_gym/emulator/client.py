"""The protocol, Python's side: requests as MessagePack, replies, errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgpack

from copain_gym.emulator.process import EmulatorProcess
from copain_gym.emulator.transport import Transport
from copain_gym.errors import EmulatorClosed, EmulatorTimeout, LuaError, ProtocolError

__all__ = ["PROTOCOL", "About", "Client"]

PROTOCOL = 1
"""Version of the protocol; both sides must agree on it."""

_OK, _ERROR = 0, 1


@dataclass(frozen=True)
class About:
    """What an emulator says of itself in the handshake.

    Attributes:
        protocol: version of the protocol.
        engine: `headless` or `fceux`.
        engine_version: its version, empty where it does not tell.
        rom_md5: MD5 of the running ROM's content, empty when none runs.
        screen_format: how it sends pictures, see `screen.decoder`.
        palette: 768 bytes of RGB for the format `indexed`.
    """

    protocol: int
    engine: str
    engine_version: str
    rom_md5: str
    screen_format: str
    palette: bytes | None


class Client:
    """Sends requests to one emulator process and checks what comes back.

    Args:
        transport: the bound endpoint.
        process: the process at its other end; ended when the connection fails.
        timeout: seconds to wait for a reply.
    """

    def __init__(self, transport: Transport, process: EmulatorProcess, timeout: float) -> None:
        self.transport = transport
        self.process = process
        self.timeout = timeout
        self._closed_because: str | None = None

    @property
    def closed(self) -> bool:
        """Whether no request can be sent any more."""
        return self._closed_because is not None

    def hello(self, seconds: float) -> About:
        """Shake hands: wait for the emulator and agree on the protocol.

        Raises:
            ProtocolError: it speaks another version, or is no bridge of ours.
        """
        try:
            (fields,) = self.request("hello", PROTOCOL, seconds=seconds)
            about = About(
                protocol=int(fields[b"protocol"]),
                engine=fields[b"engine"].decode(),
                engine_version=fields[b"engine_version"].decode(),
                rom_md5=fields[b"rom_md5"].decode(),
                screen_format=fields[b"screen_format"].decode(),
                palette=fields.get(b"palette"),
            )
        except LuaError as error:
            self.close("the handshake failed")
            raise ProtocolError(f"the emulator refused the handshake: {error}") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            self.close("the handshake failed")
            raise ProtocolError("the handshake's answer is not one of the bridge") from error
        if about.protocol != PROTOCOL:
            self.close("the handshake failed")
            raise ProtocolError(f"the emulator speaks protocol {about.protocol}, not {PROTOCOL}")
        return about

    def request(self, name: str, *arguments: object, seconds: float | None = None) -> list[Any]:
        """Send one request and wait for its results.

        Args:
            name: the request's name.
            arguments: None, bool, int, float, str, bytes, or lists and dicts of these.
            seconds: how long to wait; None is the client's time-out.

        Returns:
            The results; strings come as bytes.

        Raises:
            LuaError: the request failed in the emulator, which goes on.
            EmulatorCrashed, EmulatorTimeout, ProtocolError: the emulator is ended.
            EmulatorClosed: it was ended before.
        """
        self.send(name, *arguments, seconds=seconds)
        return self.receive(seconds)

    def send(self, name: str, *arguments: object, seconds: float | None = None) -> None:
        """Send a request only; `receive` must follow. See `request`."""
        if self._closed_because is not None:
            raise EmulatorClosed(f"the emulator is closed: {self._closed_because}")
        message = msgpack.packb((name, *arguments))
        wait = self.timeout if seconds is None else seconds
        try:
            sent = self.transport.send(message, wait, self.process.running)
        except EmulatorTimeout as error:
            raise self._timed_out(error, name) from None
        except KeyboardInterrupt:
            self._interrupted()
            raise
        if not sent:
            raise self._crashed()

    def receive(self, seconds: float | None = None) -> list[Any]:
        """Wait for the results of the request sent before. See `request`."""
        wait = self.timeout if seconds is None else seconds
        try:
            reply = self.transport.receive(wait, self.process.running)
        except EmulatorTimeout as error:
            raise self._timed_out(error, "") from None
        except KeyboardInterrupt:
            self._interrupted()
            raise
        if reply is None:
            raise self._crashed()
        return self._decode(reply)

    def _decode(self, reply: bytes) -> list[Any]:
        try:
            kind, *results = msgpack.unpackb(reply, strict_map_key=False, raw=True)
        except Exception as error:
            self.close("its reply was malformed")
            raise ProtocolError(f"malformed reply {reply[:40]!r}: {error}") from error
        if kind == _OK:
            return list(results)
        if kind == _ERROR and len(results) == 2 and all(isinstance(r, bytes) for r in results):
            message, traceback = (r.decode(errors="replace") for r in results)
            raise LuaError(message, traceback)
        self.close("its reply was malformed")
        raise ProtocolError(f"reply of unknown kind {kind!r}")

    def _interrupted(self) -> None:
        # A late reply would be taken for that of the next request.
        self.close("it was interrupted in a request")

    def _crashed(self) -> Exception:
        error = self.process.crashed()
        self.close("it crashed")
        return error

    def _timed_out(self, error: EmulatorTimeout, name: str) -> EmulatorTimeout:
        log = self.process.log_tail()
        self.close("it did not answer in time")
        request = f" (request {name!r})" if name else ""
        tail = f"\nIts last lines:\n{log}" if log else ""
        return EmulatorTimeout(f"{error}{request}; it was ended{tail}")

    def close(self, reason: str = "close() was called") -> None:
        """End the connection and the process. May be called again."""
        if self._closed_because is None:
            self._closed_because = reason
            self.transport.close()
            self.process.end()
