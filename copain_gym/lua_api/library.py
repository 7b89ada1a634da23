"""Base classes of the generated functions: libraries, registered callbacks, savestates."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from copain_gym.bridge.history import NO_INPUTS, Past

if TYPE_CHECKING:
    from copain_gym.bridge.savestate import SaveState, StateTable

__all__ = ["MISSING", "Api", "Callback", "Library", "Missing", "Registration", "Savestate"]

Result = TypeVar("Result")
Callback = TypeVar("Callback", bound=Callable[..., object])


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = 0


MISSING = Missing.MISSING
"""Stands for a callback that was not passed: the call is used as a decorator."""


class Savestate:
    """An object of FCEUX's `savestate` library, kept inside the emulator.

    Made by `lua.savestate.object` and `create`. It is freed in the emulator when this object is
    garbage-collected.

    Attributes:
        handle: its number in requests.
        shared: whether it stands for a slot or a file, which other objects can change, so that the
            inputs that lead to the state in it are not known.
    """

    def __init__(self, states: StateTable, handle: int) -> None:
        self._states = states
        self.handle = handle
        self.shared = True  # with other objects; `Calls.call` sets it
        self._past = Past(unknown=NO_INPUTS)

    @property
    def past(self) -> Past:
        """The inputs that lead to the state in it."""
        return self._past

    @past.setter
    def past(self, past: Past) -> None:
        if not self.shared:
            self._past = past

    def __del__(self) -> None:
        self._states.discard(self.handle)


class Registration:
    """A registered callback. `unregister` or the end of a `with` block ends it.

    Attributes:
        previous: the callback that was registered before, or None. It is registered again at the
            end.
    """

    def __init__(self, restore: Callable[[], None], previous: object) -> None:
        self._restore: Callable[[], None] | None = restore
        self.previous = previous

    def unregister(self) -> None:
        """Register the previous callback again. May be called more than once."""
        restore, self._restore = self._restore, None
        if restore is not None:
            restore()

    def __enter__(self) -> Registration:
        return self

    def __exit__(self, *error: object) -> None:
        self.unregister()


class Api(Protocol):
    """What a library sends its calls to: one emulator, or a batch of calls."""

    def call(self, convert: Callable[[list[Any]], Result], name: str, *arguments: object) -> Result:
        """Call a Lua function and convert its results."""

    def ask(self, convert: Callable[[list[Any]], Result], name: str, *arguments: object) -> Result:
        """Call a function that waits for the user, without a time-out."""

    def register(
        self,
        name: str,
        function: Callable[..., object] | Missing | None,
        before: tuple[object, ...],
        *after: object,
    ) -> Any:
        """Register a callback, or make a decorator that does."""

    def savestate_result(self, results: list[Any]) -> Savestate:
        """Return the savestate object of a result."""

    def handle(self, state: Savestate | SaveState) -> int:
        """Return the handle of a savestate of this emulator."""


class Library:
    """Base of the generated classes.

    Args:
        api: receives the calls.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
