"""Calls of Lua functions in one emulator, and the callbacks registered there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from copain_gym.bridge.replies import is_handle, shown
from copain_gym.bridge.savestate import SaveState, StateTable
from copain_gym.errors import CopainError, EmulatorCrashed, StateError
from copain_gym.lua_api.effects import record_call
from copain_gym.lua_api.library import Missing, Registration, Savestate
from copain_gym.lua_api.values import from_lua

if TYPE_CHECKING:
    from copain_gym.bridge.client import Client

__all__ = ["Calls"]

Result = TypeVar("Result")
_FOREVER = float("inf")

# Functions that register the same callback, and the one whose callback returns a result.
_SAME = {
    "memory.register": "memory.registerwrite",
    "memory.registerrun": "memory.registerexec",
    "memory.registerexecute": "memory.registerexec",
}
_RETURNING = "savestate.registersave"


class Calls:
    """Sends calls of Lua functions to one emulator and runs its callbacks.

    Args:
        client: connection to the emulator.
        states: the emulator's savestates.
        changed: is called before each request and callback, because cached values may become
            outdated.
        rom_changed: is called with the path after another ROM was loaded.
    """

    def __init__(
        self,
        client: Client,
        states: StateTable,
        changed: Callable[[], None],
        rom_changed: Callable[[str], None],
    ) -> None:
        self._client = client
        self._states = states
        self.changed = changed
        self.rom_changed = rom_changed
        self._functions: dict[int, Callable[..., object]] = {}  # by id
        self._returning: set[int] = set()  # ids whose results are kept
        self._ids: dict[tuple[str, int], int] = {}  # by name and address; 0 where there is none
        self._uses: Counter[int] = Counter()  # how many places an id is registered at
        self._next_id = 1
        self._state: Savestate | SaveState | None = None  # among the arguments of the next call
        client.on_event = self._run

    def call(self, convert: Callable[[list[Any]], Result], name: str, *arguments: object) -> Result:
        """Call a Lua function and convert its results."""
        self.changed()
        while arguments and arguments[-1] is None:
            arguments = arguments[:-1]
        state, self._state = self._state, None
        results = self._client.request(name, *arguments)
        self.record(name, arguments, state)
        result = self.converted(convert, name, results)
        if isinstance(result, Savestate) and not arguments:
            result.shared = False
        return result

    def record(
        self, name: str, arguments: Sequence[Any], state: Savestate | SaveState | None = None
    ) -> None:
        """Record what a call did to the emulator's inputs, see `record_call`."""
        record_call(
            self._states.history, name, arguments, state, in_callback=self._client.in_callback
        )

    def forget(self, why: str) -> None:
        """Record that the emulator's inputs are not known any more."""
        self._states.history.forget(why)

    def ask(self, convert: Callable[[list[Any]], Result], name: str, *arguments: object) -> Result:
        """Call a function that waits for the user, without a time-out."""
        self.changed()
        results = self._client.request(name, *arguments, seconds=_FOREVER)
        self.record(name, arguments)
        return self.converted(convert, name, results)

    def converted(
        self, convert: Callable[[list[Any]], Result], name: str, results: list[Any]
    ) -> Result:
        """Convert the results of a function, which may be any.

        Raises:
            ProtocolError: they cannot be those of the function; the emulator is ended.
        """
        try:
            return convert(results)
        except CopainError:
            raise
        except Exception as error:
            raise self._client.malformed(f"{name} with {shown(results)}") from error

    def savestate_result(self, results: list[Any]) -> Savestate:
        """Return the savestate object of a result."""
        self._states.free_garbage()
        if len(results) != 1 or not is_handle(results[0]):
            raise ValueError("no handle of a savestate")
        return Savestate(self._states, results[0])

    def handle(self, state: Savestate | SaveState) -> int:
        """Return the handle of a savestate of this emulator."""
        if not isinstance(state, (Savestate, SaveState)):
            raise TypeError(f"state is {state!r}; it must be one of savestate.object()")
        if state._states is not self._states:
            raise StateError("the savestate is inside another emulator")
        self._state = state
        return state.handle

    def exit(self) -> None:
        """End the emulator with `emu.exit`."""
        try:
            self._client.request("emu.exit")
        except EmulatorCrashed as error:
            if error.returncode != 0:
                raise
        self._client.close("emu.exit() was called")

    # ---- callbacks -------------------------------------------------------

    @property
    def has_exit_callback(self) -> bool:
        """Whether a callback is registered for the end of the emulator."""
        return ("emu.registerexit", 0) in self._ids

    def register(
        self,
        name: str,
        function: Callable[..., object] | Missing | None,
        before: tuple[Any, ...],
        *after: object,
    ) -> Any:
        """Register a callback, or make a decorator that does.

        Args:
            name: Lua function that registers, such as "emu.registerafter".
            function: the callback; None removes it; MISSING makes a decorator.
            before: for memory functions, the first address and the number of addresses.
            after: further arguments of the Lua function.
        """
        if isinstance(function, Missing):

            def decorate(decorated: Callable[..., object]) -> Callable[..., object]:
                self._register(name, decorated, before, after)
                return decorated

            return decorate
        return self._register(name, function, before, after)

    def _register(
        self,
        name: str,
        function: Callable[..., object] | None,
        before: tuple[Any, ...],
        after: tuple[object, ...],
    ) -> Registration:
        if function is not None and not callable(function):
            raise TypeError(f"function is {function!r}; it must be callable, or None")
        name = _SAME.get(name, name)
        start, size = before or (0, 1)
        places = [(name, address) for address in range(start, start + size)]
        previous = [self._functions.get(self._ids.get(place, 0)) for place in places]
        number = 0
        if function is not None:
            number, self._next_id = self._next_id, self._next_id + 1
            self._functions[number] = function
            if name == _RETURNING:
                self._returning.add(number)
        arguments = (number or None, *after)
        try:
            self.changed()
            self._client.request(name, *before, *arguments)
        except BaseException:
            self._functions.pop(number, None)
            raise
        for place in places:
            self._replace(place, number)

        def restore() -> None:
            if not self._client.closed:
                self._restore(places, number, previous, after)

        return Registration(restore, previous[0])

    def _replace(self, place: tuple[str, int], number: int) -> None:
        old = self._ids.pop(place, 0)
        if number:
            self._ids[place] = number
            self._uses[number] += 1
        if old:
            self._uses[old] -= 1
            if not self._uses[old]:
                del self._uses[old]
                del self._functions[old]
                self._returning.discard(old)

    def _restore(
        self,
        places: list[tuple[str, int]],
        number: int,
        previous: list[Callable[..., object] | None],
        after: tuple[object, ...],
    ) -> None:
        # A callback that was registered since then stays. Consecutive addresses with the same
        # callback are registered in one request.
        i = 0
        while i < len(places):
            function = previous[i]
            end = i
            while (
                end < len(places)
                and previous[end] is function
                and self._ids.get(places[end], 0) == number
            ):
                end += 1
            if end > i:
                name, address = places[i]
                before = (address, end - i) if name.startswith("memory.") else ()
                self._register(name, function, before, after)
            i = max(end, i + 1)

    def _run(self, number: int, arguments: list[Any]) -> list[object]:
        """Run a callback; return its results for the emulator."""
        function = self._functions.get(number)
        if function is None:  # taken away while the event was on its way
            return []
        returning = number in self._returning
        self.changed()
        try:
            result = function(*from_lua(arguments))
        finally:
            self.changed()
        if not returning or result is None:
            return []
        return list(result) if isinstance(result, tuple) else [result]
