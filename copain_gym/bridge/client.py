"""Python's side of the protocol: sends MessagePack requests, checks replies, raises errors."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack

from copain_gym.bridge.peer import Peer
from copain_gym.bridge.protocol import PROTOCOL_VERSION, REPLY_ERROR, REPLY_EVENT, REPLY_OK
from copain_gym.bridge.transport import Transport
from copain_gym.engines.owner import Owner
from copain_gym.errors import (
    EmulatorClosed,
    EmulatorTimeout,
    EndpointError,
    LuaError,
    ProtocolError,
)

__all__ = ["About", "Client"]

_PATIENCE_SLICE = 0.25  # seconds


@dataclass(frozen=True)
class About:
    """What an emulator reports in the handshake.

    Attributes:
        protocol: protocol version.
        engine: `headless` or `fceux`.
        engine_version: the engine's version; empty if unknown.
        rom_md5: MD5 of the running ROM's content; empty if no ROM runs.
        screen_format: format of the pictures it sends, see `screen.decoder`.
        region: the console's television system: `NTSC`, `PAL` or `Dendy`.
    """

    protocol: int
    engine: str
    engine_version: str
    rom_md5: str
    screen_format: str
    region: str


class Client:
    """Sends requests to one emulator process and checks the replies.

    Args:
        transport: Python's end of the connection.
        process: the process at the other end; it is ended when the connection fails.
        timeout: seconds to wait for a reply.

    Attributes:
        patience: seconds to wait beyond the time-out while a busy machine gives the process no
            processor time.
        on_event: called with a callback's number and arguments when Lua calls that callback. It
            returns the callback's results and may send requests.
        owner: the process that may send requests.
    """

    def __init__(self, transport: Transport, process: Peer, timeout: float) -> None:
        self.transport = transport
        self.process = process
        self.timeout = timeout
        self.owner = Owner()
        self.patience = 0.0
        self.on_event: Callable[[int, list[Any]], list[object]] | None = None
        self._serving = 0  # depth of nested callbacks
        self._failure: Exception | None = None  # the first exception raised in a callback
        self._closed_because: str | None = None
        self._wanted: Callable[[], bool] | None = None  # see `hello`

    @property
    def closed(self) -> bool:
        """Whether no request can be sent any more."""
        return self._closed_because is not None

    def hello(self, seconds: float, wanted: Callable[[], bool] | None = None) -> About:
        """Wait for the emulator and check that it uses the same protocol version.

        Args:
            seconds: how long to wait.
            wanted: called about every 50 ms; the client is closed once it returns False.

        Raises:
            ProtocolError: the other end uses another version, or is not this package's bridge.
            EmulatorClosed: `wanted` returned False.
        """
        self._wanted = wanted
        try:
            (fields,) = self.request("hello", PROTOCOL_VERSION, seconds=seconds)
            about = About(
                protocol=int(fields[b"protocol"]),
                engine=fields[b"engine"].decode(),
                engine_version=fields[b"engine_version"].decode(),
                rom_md5=fields[b"rom_md5"].decode(),
                screen_format=fields[b"screen_format"].decode(),
                region=fields.get(b"region", b"NTSC").decode(),
            )
        except LuaError as error:
            self.close("the handshake failed")
            raise ProtocolError(f"the emulator refused the handshake: {error}") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            self.close("the handshake failed")
            raise ProtocolError("the reply to the handshake is not from the bridge") from error
        finally:
            self._wanted = None
        if about.protocol != PROTOCOL_VERSION:
            self.close("the handshake failed")
            raise ProtocolError(
                f"the emulator speaks protocol {about.protocol}, not {PROTOCOL_VERSION}"
            )
        return about

    def request(self, name: str, *arguments: object, seconds: float | None = None) -> list[Any]:
        """Send one request and wait for its results.

        Args:
            name: the request's name.
            arguments: None, bool, int, float, str, bytes, or lists and dicts of these.
            seconds: how long to wait; None uses the client's time-out.

        Returns:
            The results; strings are bytes.

        Raises:
            LuaError: the request failed in the emulator, which goes on. If a Python callback
                raised, its exception is the `__cause__`.
            EmulatorCrashed, EmulatorTimeout, ProtocolError: the connection failed; the emulator
                is ended.
            EmulatorClosed: the emulator was ended before.
            ForkError: the emulator belongs to the parent of this forked process.
        """
        self.send(name, *arguments, seconds=seconds)
        return self.receive(seconds)

    def send(self, name: str, *arguments: object, seconds: float | None = None) -> None:
        """Send a request without waiting; call `receive` next. See `request`."""
        if self._closed_because is not None:
            raise EmulatorClosed(f"the emulator is closed: {self._closed_because}")
        self._send(msgpack.packb((name, *arguments)), name, seconds)

    def _send(self, message: bytes, name: str, seconds: float | None) -> None:
        self.owner.check()
        wait = self.timeout if seconds is None else seconds
        try:
            sent = self.transport.send(message, wait, self._alive)
        except EmulatorTimeout as error:
            raise self._timed_out(error, name) from None
        except KeyboardInterrupt:
            self._interrupted()
            raise
        if not sent:
            raise self._crashed()

    def receive(self, seconds: float | None = None) -> list[Any]:
        """Wait for the results of the last `send`, and run callbacks meanwhile. See `request`."""
        if self._closed_because is not None:
            raise EmulatorClosed(f"the emulator is closed: {self._closed_because}")
        self.owner.check()
        wait = self.timeout if seconds is None else seconds
        while True:
            try:
                reply = self._await_reply(wait)
            except EmulatorTimeout as error:
                raise self._timed_out(error, "") from None
            except KeyboardInterrupt:
                self._interrupted()
                raise
            if reply is None:
                raise self._crashed()
            kind, results = self._decode(reply)
            if kind == REPLY_OK:
                return results
            if kind == REPLY_ERROR:
                raise self._error(results)
            self._answer_event(results, seconds)

    def _await_reply(self, seconds: float) -> bytes | None:
        try:
            return self.transport.receive(seconds, self._alive)
        except EmulatorTimeout:
            deadline = time.monotonic() + self.patience
            while time.monotonic() < deadline and self.process.waits_for_cpu():
                with contextlib.suppress(EmulatorTimeout):
                    return self.transport.receive(_PATIENCE_SLICE, self.process.running)
            raise

    def _alive(self) -> bool:
        """Whether a reply can still come."""
        return self.process.running() and (self._wanted is None or self._wanted())

    def _decode(self, reply: bytes) -> tuple[int, list[Any]]:
        try:
            message = msgpack.unpackb(reply, strict_map_key=False, raw=True)
        except Exception as error:
            self.close("its reply was malformed")
            raise ProtocolError(f"malformed reply {reply[:40]!r}: {error}") from error
        if isinstance(message, list) and message and type(message[0]) is int:
            kind, *results = message
            if kind == REPLY_OK:
                return kind, results
            if kind == REPLY_ERROR and len(results) == 2 and all(type(r) is bytes for r in results):
                return kind, results
            if kind == REPLY_EVENT and results and type(results[0]) is int and self.on_event:
                return kind, results
        self.close("its reply was malformed")
        raise ProtocolError(f"reply of unknown kind {reply[:40]!r}")

    def _error(self, results: list[bytes]) -> LuaError:
        error = LuaError(*(result.decode(errors="replace") for result in results))
        if hasattr(error, "add_note") and error.traceback:  # Python 3.11
            error.add_note(error.traceback)
        if not self._serving:
            error.__cause__, self._failure = self._failure, None
        return error

    def _answer_event(self, results: list[Any], seconds: float | None) -> None:
        assert self.on_event is not None
        number, *arguments = results
        self._serving += 1
        try:
            answer = msgpack.packb(("return", *self.on_event(number, arguments)))
        except Exception as error:
            self._failure = self._failure or error
            answer = msgpack.packb(("raise", f"{type(error).__name__}: {error}"))
        except BaseException:
            self.close("it was interrupted in a callback")
            raise
        finally:
            self._serving -= 1
        if self._closed_because is not None:
            raise EmulatorClosed("the emulator was closed in a callback") from self._failure
        try:
            self._send(answer, "return", seconds)
        except EndpointError as error:  # the answer does not fit on a full disk
            self._failure = self._failure or error
            self._send(msgpack.packb(("raise", str(error))), "raise", seconds)

    def _interrupted(self) -> None:
        # Otherwise a late reply would be taken for the reply to the next request.
        self.close("it was interrupted in a request")

    def _crashed(self) -> Exception:
        if self._wanted is not None and not self._wanted():
            self.close("its start was given up")
            return EmulatorClosed("the start of the emulator was given up")
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
        """End the connection and the process. May be called again.

        In a forked child the parent's connection and process go on.
        """
        if self._closed_because is None:
            self._closed_because = reason
            if not self.owner.is_here:
                return
            self.transport.close()
            self.process.end()
