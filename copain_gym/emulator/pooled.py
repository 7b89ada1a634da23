"""`PooledEmulator`: an `Emulator` with the extra methods that environments and pools need."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.history import History, Past
from copain_gym.bridge.protocol import WANT_RAM
from copain_gym.bridge.savestate import SaveState
from copain_gym.bridge.transport import Transport
from copain_gym.buttons import Buttons
from copain_gym.emulator.emulator import Emulator
from copain_gym.errors import CopainError

__all__ = ["PooledEmulator"]


class PooledEmulator(Emulator):
    """An emulator that an environment steps, alone or in a pool.

    Args:
        rom: see `Emulator`.
        wanted: called about every 50 ms during the start; the start is given up once it returns
            False.
        patience: seconds to wait beyond the time-out while a busy machine gives the emulator no
            processor time.
        kwargs: see `Emulator`.

    Raises:
        EmulatorClosed: the start was given up.
    """

    def __init__(
        self,
        rom: str | os.PathLike[str] | None = None,
        *,
        wanted: Callable[[], bool] | None = None,
        patience: float = 0.0,
        **kwargs: Any,
    ) -> None:
        self._wanted = wanted
        self._forget_small()
        super().__init__(rom, **kwargs)
        self._client.patience = patience

    @classmethod
    def connect(
        cls,
        endpoint: str,
        *,
        wanted: Callable[[], bool] | None = None,
        patience: float = 0.0,
        **kwargs: Any,
    ) -> PooledEmulator:
        """See `Emulator.connect`; this class explains `wanted` and `patience`."""
        emulator = cls.__new__(cls)
        emulator._wanted = wanted
        emulator._forget_small()
        emulator._connect(endpoint, **kwargs)
        emulator._client.patience = patience
        return emulator

    def _forget_small(self) -> None:
        self._small_size = 0, 0
        self._small: bytes | None = None
        self._wants_small = False

    @property
    def transport(self) -> Transport:
        """Python's end of the connection."""
        return self._client.transport

    @property
    def history(self) -> History:
        """What the emulator has played; a `StepGroup` adds to it."""
        return self._history

    @property
    def patience(self) -> float:
        """Seconds to wait beyond the time-out while the emulator gets no processor time."""
        return self._client.patience

    @patience.setter
    def patience(self, seconds: float) -> None:
        self._client.patience = seconds

    def send_step(
        self,
        buttons: Buttons = 0,
        frames: int = 1,
        *,
        pads: Mapping[int, Buttons] | None = None,
        screen: bool = False,
        draw: bool = False,
        load: SaveState | bytes | None = None,
        save: bool = False,
        small: bool = False,
    ) -> None:
        """Begin a step; see `Emulator.send_step`.

        Args:
            buttons: see `Emulator.step`.
            frames: see `Emulator.step`.
            pads: see `Emulator.step`.
            screen: see `Emulator.send_step`.
            draw: see `Emulator.send_step`.
            load: see `Emulator.step`.
            save: see `Emulator.step`.
            small: draw the last frame and fetch it scaled down, see `shrink_pictures`.
        """
        self._send_step(buttons, frames, pads, screen, draw, load, save, small)
        self._wants_small = small and not screen

    def begin_step(self, frames: int) -> None:
        """Prepare `receive_step` for a step without a picture that `StepGroup` sends."""
        self._forget(self._always_draws)
        self._wants_small = False
        self._step_wants = WANT_RAM
        self._step_seconds = self._client.timeout + frames / self.SLOWEST_FPS

    def shrink_pictures(self, height: int, width: int) -> None:
        """Set the size of the pictures that a step fetches with `small`.

        The emulator does the scaling, with the same result as `copain_gym.envs.pictures`.

        Args:
            height: 1 to 240 pixels.
            width: 1 to 256 pixels.

        Raises:
            LuaError: the size is out of range.
        """
        self._client.request("shrink_pictures", height, width)
        self._small_size = height, width
        self._small_bytes = height * width

    # ---- several machines in this emulator, see `ConsoleGroup` ----------------

    def send_message(self, name: str, message: bytes, frames: int) -> None:
        """Send a request that emulates this number of frames, without waiting."""
        self._client.send(name, message, seconds=self._client.timeout + frames / self.SLOWEST_FPS)

    def receive_message(self, frames: int) -> list[Any]:
        """Wait for the results of the request that `send_message` sent."""
        return self._client.receive(self._client.timeout + frames / self.SLOWEST_FPS)

    def malformed(self, what: str) -> CopainError:
        """End the emulator, and return the error that says what it has answered."""
        return self._client.malformed(what)

    def state_of(self, handle: int, past: Past, *, drawn: bool) -> SaveState:
        """The savestate with a handle; the emulator frees it when the object is deleted."""
        return self._states.make(handle, past, drawn=drawn)

    def free_states(self, handles: Iterable[int] = (), at_least: int = 1) -> None:
        """Free savestates by handle, and those whose objects were deleted.

        Args:
            handles: the handles.
            at_least: send a request only if there are at least this many.
        """
        self._states.discard_all(handles)
        self._states.free_garbage(at_least)

    # ---- pictures --------------------------------------------------------------

    def small_screen(self) -> npt.NDArray[np.uint8]:
        """The picture of the last step with `small`, (height, width) uint8 shades of grey.

        Raises:
            ValueError: no step with `small` was made.
        """
        if self._small is None:
            raise ValueError("no small picture was fetched; use send_step(..., small=True)")
        return np.frombuffer(self._small, np.uint8).reshape(self._small_size)

    def _take_picture(self, picture: bytes) -> None:
        if self._wants_small:
            self._small, self._wants_small = picture, False
        else:
            super()._take_picture(picture)
