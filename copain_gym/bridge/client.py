"""Python's side of the protocol: sends MessagePack requests, checks replies, raises errors."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import msgpack

from copain_gym.bridge.peer import Peer
from copain_gym.bridge.protocol import PROTOCOL_VERSION, REPLY_ERROR, REPLY_EVENT, REPLY_OK
from copain_gym.bridge.replies import About, read_about, shown, unpack, unpack_within_limits
from copain_gym.bridge.transport import Transport
from copain_gym.engines.owner import Owner
from copain_gym.errors import (
    EmulatorClosed,
    EmulatorTimeout,
    EndpointError,
    LuaError,
    ProtocolError,
    RemoteLuaError,
)

__all__ = ["Client"]

_PATIENCE_SLICE = 0.25  # seconds
_MAX_DEPTH = 8  # of callbacks within each other; the bridge has the same limit
_MAX_TEXT = 100_000  # bytes of an error message


class _Clock:
    """What is left of a time-out, for a peer that may send events without end.

    Args:
        seconds: the time-out.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._deadline = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left."""
        return self._deadline - time.monotonic()

    def extend(self, seconds: float) -> None:
        """Add the time that a callback of the user's took."""
        self._deadline += seconds


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
        self._waited = 0.0  # seconds, for an emulator on another machine
        self._serving = 0  # depth of nested callbacks
        self._failure: Exception | None = None  # the first exception raised in a callback
        self._closed_because: str | None = None
        self._wanted: Callable[[], bool] | None = None  # see `hello`

    @property
    def closed(self) -> bool:
        """Whether no request can be sent any more."""
        return self._closed_because is not None

    @property
    def in_callback(self) -> bool:
        """Whether a callback of the user's runs now, in the middle of a frame."""
        return self._serving > 0

    def ask(self, test: Callable[[Any], bool], name: str, *arguments: object) -> Any:
        """Send a request that has one result, and check it. See `request`.

        Args:
            test: whether a result is allowed.
            name: the request's name.
            arguments: see `request`.
        """
        results = self.request(name, *arguments)
        if len(results) != 1 or not test(results[0]):
            raise self.malformed(f"{name} with {shown(results)}")
        return results[0]

    def malformed(self, what: str) -> ProtocolError:
        """End the emulator because of a reply that is not allowed.

        Args:
            what: what it answered, and with what.

        Returns:
            The error to raise.
        """
        self.close("its reply was malformed")
        return ProtocolError(f"{self.transport.peer} answered {what}")

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
            about = read_about(self.request("hello", PROTOCOL_VERSION, seconds=seconds))
        except LuaError as error:
            self.close("the handshake failed")
            raise ProtocolError(f"{self.transport.peer} refused the handshake: {error}") from error
        except ValueError as error:
            self.close("the handshake failed")
            raise ProtocolError(
                f"the reply to the handshake of {self.transport.peer} is not from the bridge: "
                f"{error}"
            ) from error
        finally:
            self._wanted = None
        if about.protocol != PROTOCOL_VERSION:
            self.close("the handshake failed")
            raise ProtocolError(
                f"{self.transport.peer} speaks protocol {about.protocol}, not {PROTOCOL_VERSION}"
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
            RemoteLuaError: the same in an emulator on another machine.
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
        except ProtocolError:
            if self.transport.is_remote:
                self.close("its reply was malformed")
            raise
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
        clock = _Clock(wait) if self.transport.is_remote else None
        while True:
            try:
                reply = self._await_reply(wait) if clock is None else self._await_by(clock)
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
            self._answer_event(results, seconds, clock)

    def _await_reply(self, seconds: float) -> bytes | None:
        try:
            return self.transport.receive(seconds, self._alive)
        except EmulatorTimeout:
            deadline = time.monotonic() + self.patience
            while time.monotonic() < deadline and self.process.waits_for_cpu():
                with contextlib.suppress(EmulatorTimeout):
                    return self.transport.receive(_PATIENCE_SLICE, self.process.running)
            raise

    def _await_by(self, clock: _Clock) -> bytes | None:
        """Wait as long as the clock says; events that never end do not prolong it."""
        left = clock.left()
        try:
            if left <= 0:
                raise EmulatorTimeout
            reply = self._await_reply(left)
        except EmulatorTimeout:
            raise EmulatorTimeout(
                f"{self.transport.peer} did not answer within {clock.seconds:g} s"
            ) from None
        self._waited += left - clock.left()
        return reply

    def _alive(self) -> bool:
        """Whether a reply can still come."""
        return self.process.running() and (self._wanted is None or self._wanted())

    def _decode(self, reply: bytes) -> tuple[int, list[Any]]:
        try:
            message = unpack_within_limits(reply) if self.transport.is_remote else unpack(reply)
        except Exception as error:
            raise self.malformed(f"with {shown(reply)}, a malformed reply: {error}") from error
        if isinstance(message, list) and message and type(message[0]) is int:
            kind, *results = message
            if kind == REPLY_OK:
                return kind, results
            if kind == REPLY_ERROR and len(results) == 2 and all(type(r) is bytes for r in results):
                return kind, results
            if kind == REPLY_EVENT and results and type(results[0]) is int and self.on_event:
                if self._serving < _MAX_DEPTH:
                    return kind, results
                raise self.malformed(f"with more than {_MAX_DEPTH} events within each other")
        raise self.malformed(f"with {shown(reply)}, a reply of unknown kind")

    def _error(self, results: list[bytes]) -> LuaError:
        message, traceback = (text[:_MAX_TEXT].decode(errors="replace") for text in results)
        if self.transport.is_remote and self._failure is None:
            error: LuaError = RemoteLuaError(f"{message} ({self.transport.peer})", traceback)
        else:
            error = LuaError(message, traceback)
        if hasattr(error, "add_note") and error.traceback:  # Python 3.11
            error.add_note(error.traceback)
        if not self._serving:
            error.__cause__, self._failure = self._failure, None
        return error

    def _answer_event(
        self, results: list[Any], seconds: float | None, clock: _Clock | None
    ) -> None:
        assert self.on_event is not None
        number, *arguments = results
        self._serving += 1
        begun, waited = time.monotonic(), self._waited
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
        if clock is not None:
            clock.extend(time.monotonic() - begun - (self._waited - waited))
        if self._closed_because is not None:
            raise EmulatorClosed(
                f"{self.transport.peer} was closed in a callback"
            ) from self._failure
        try:
            self._send(answer, "return", seconds)
        except (EndpointError, ValueError) as error:  # too long, or does not fit on a full disk
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
