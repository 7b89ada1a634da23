"""`LuaApi`: the Lua functions of one emulator, and batches of calls."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgpack

from copain_gym.bridge.history import NO_INPUTS, Past
from copain_gym.bridge.replies import shown, unpack_within_limits
from copain_gym.bridge.savestate import SaveState, StateTable
from copain_gym.errors import LuaError
from copain_gym.lua_api import functions as f
from copain_gym.lua_api.calls import Calls
from copain_gym.lua_api.effects import is_harmless
from copain_gym.lua_api.library import Missing, Savestate
from copain_gym.lua_api.values import a_str, to_path

if TYPE_CHECKING:
    from copain_gym.bridge.client import Client

__all__ = ["Batch", "Deferred", "LuaApi"]

Result = TypeVar("Result")
_LARGEST_BATCH = 10_000  # calls in one request


class _Emu(f.EmuFunctions):
    """The functions of `emu` that also change something on Python's side."""

    def __init__(self, calls: Calls) -> None:
        super().__init__(calls)
        self._calls = calls

    def loadrom(self, path: str | os.PathLike[str]) -> str:
        absolute = to_path("path", path)
        name = self._calls.ask(a_str, "emu.loadrom", absolute)  # the bridge limits the time
        self._calls.rom_changed(absolute)
        return name

    def exit(self) -> None:
        self._calls.exit()


class LuaApi(f.GlobalFunctions):
    """FCEUX's Lua functions, such as `lua.memory.readbyte(0x20)`. Global functions are methods.

    Callbacks run in the thread that waits for the emulator. They may use the emulator, but not
    emulate frames. docs/lua.md has examples.

    Args:
        client: connection to the emulator.
        states: the emulator's savestates.
        changed: is called before each request, because cached values may become outdated.
        rom_changed: is called with the path after another ROM was loaded.

    Examples:
        >>> from copain_gym import Emulator
        >>> with Emulator() as emulator:
        ...     emulator.lua.joypad.set(1, "start")
        ...     emulator.lua.emu.frameadvance()
        ...     emulator.lua.emu.framecount()
        1
    """

    def __init__(
        self,
        client: Client,
        states: StateTable,
        changed: Callable[[], None],
        rom_changed: Callable[[str], None],
    ) -> None:
        calls = Calls(client, states, changed, rom_changed)
        super().__init__(calls)
        self._calls = calls
        self._client = client
        self.emu = self.FCEU = _Emu(calls)
        self.rom = f.RomFunctions(calls)
        self.memory = f.MemoryFunctions(calls)
        self.ppu = f.PpuFunctions(calls)
        self.joypad = f.JoypadFunctions(calls)
        self.zapper = f.ZapperFunctions(calls)
        self.input = f.InputFunctions(calls)
        self.savestate = f.SavestateFunctions(calls)
        self.movie = f.MovieFunctions(calls)
        self.gui = f.GuiFunctions(calls)
        self.sound = f.SoundFunctions(calls)
        self.debugger = f.DebuggerFunctions(calls)
        self.taseditor = f.TaseditorFunctions(calls)
        self.cdlog = f.CdlogFunctions(calls)
        self.bit = f.BitFunctions(calls)

    @property
    def has_exit_callback(self) -> bool:
        """Whether a callback is registered for the end of the emulator."""
        return self._calls.has_exit_callback

    def batch(self) -> Batch:
        """Collect calls and send them as one request at the end of a `with` block.

        Examples:
            >>> from copain_gym import Emulator
            >>> with Emulator() as emulator:
            ...     with emulator.lua.batch() as batch:
            ...         ppu = batch.ppu.readbyte(0x3F00)
            ...         _ = batch.memory.writebyte(0x10, 7), batch.memory.readbyte(0x10)
            ...     ppu.value, batch.results
            (0, [0, None, 7])
        """
        return Batch(self._calls, self._client)


class Deferred(Generic[Result]):
    """The result of a call in a batch. It is available after the batch was sent."""

    def __init__(self, convert: Callable[[list[Any]], Result]) -> None:
        self._convert = convert
        self._results: list[Any] | None = None

    @property
    def value(self) -> Result:
        """The result.

        Raises:
            RuntimeError: the batch was not sent yet, or an error ended it before this call.
        """
        if self._results is None:
            raise RuntimeError("this call of the batch was not made")
        return self._convert(self._results)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


class Batch:
    """Calls of Lua functions that are sent together.

    A batch has the libraries and global functions of `LuaApi`; each call returns a `Deferred`. An
    error ends the batch: calls before it were made, calls after it were not.

    Args:
        calls: the calls of the emulator.
        client: connection to the emulator.

    Attributes:
        results: the results of the calls in their order, after the batch was sent.
    """

    def __init__(self, calls: Calls, client: Client) -> None:
        self._calls = calls
        self._client = client
        self._pending: list[tuple[bytes, Deferred[Any], tuple[str, tuple[object, ...]]]] = []
        self.results: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        class_name = f"{name.capitalize()}Functions"
        if not name.startswith("_") and class_name in f.__all__:
            return getattr(f, class_name)(self)
        if name == "FCEU":
            return f.EmuFunctions(self)
        if not name.startswith("_") and hasattr(f.GlobalFunctions, name):
            return getattr(f.GlobalFunctions(self), name)
        raise AttributeError(f"a batch has no {name!r}")

    # The methods that the libraries call:

    def call(self, convert: Callable[[list[Any]], Any], name: str, *arguments: object) -> Any:
        """Add a call to the batch."""
        while arguments and arguments[-1] is None:
            arguments = arguments[:-1]

        def checked(results: list[Any]) -> Any:
            return self._calls.converted(convert, name, results)

        deferred = Deferred(checked)
        message = msgpack.packb((name, *arguments))
        self._pending.append((message, deferred, (name, arguments)))
        return deferred

    def ask(self, convert: Callable[[list[Any]], Any], name: str, *arguments: object) -> Any:
        """Refuse a call that waits for the user."""
        raise ValueError(f"{name} waits for the user; it cannot be in a batch")

    def register(
        self,
        name: str,
        function: Callable[..., object] | Missing | None,
        before: tuple[object, ...],
        *after: object,
    ) -> Any:
        """Refuse to register a callback."""
        raise ValueError(f"{name} cannot be in a batch")

    def savestate_result(self, results: list[Any]) -> Savestate:
        """Return the savestate object of a result."""
        return self._calls.savestate_result(results)

    def handle(self, state: Savestate | SaveState) -> int:
        """Return the handle of a savestate of this emulator."""
        handle = self._calls.handle(state)
        state.past = Past(unknown=NO_INPUTS)  # it may be saved again, in the middle of the batch
        return handle

    # ---- sending ---------------------------------------------------------

    def send(self) -> list[Any]:
        """Send the calls and return their results in order."""
        pending, self._pending = self._pending, []
        self._calls.changed()
        for start in range(0, len(pending), _LARGEST_BATCH):
            part = pending[start : start + _LARGEST_BATCH]
            try:
                packed = self._client.ask(_is_list, "batch", [message for message, *_ in part])
            except LuaError:
                if not all(is_harmless(call[0]) for *_, call in part):
                    self._calls.forget("a batch of calls ended with an error")
                raise
            for *_, call in part:
                self._calls.record(*call)
            if len(packed) != len(part):
                raise self._client.malformed(f"a batch with {len(packed)} results")
            for results, (_, deferred, _call) in zip(packed, part, strict=True):
                deferred._results = self._unpack(results)
        self.results = [deferred.value for _, deferred, _call in pending]
        return self.results

    def _unpack(self, packed: Any) -> list[Any]:
        try:
            results = unpack_within_limits(packed)
            if isinstance(results, list):
                return results
        except Exception:  # the library raises many kinds
            pass
        raise self._client.malformed(f"a batch with {shown(packed)}")

    def __enter__(self) -> Batch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.send()
