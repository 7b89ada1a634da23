"""`Emulator`: one FCEUX process as a Python object."""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.client import Client
from copain_gym.bridge.endpoints import needs_socket, open_transport
from copain_gym.bridge.history import History
from copain_gym.bridge.protocol import (
    MAX_FRAMES,
    WANT_DRAWING,
    WANT_PICTURE,
    WANT_RAM,
    WANT_SMALL_PICTURE,
    WANT_STATE,
)
from copain_gym.bridge.replies import About, check_observation, is_drawn, is_text, shown
from copain_gym.bridge.savestate import SaveState, StateTable
from copain_gym.bridge.screen import decoder, grey_decoder, picture_bytes
from copain_gym.buttons import Buttons, button_mask
from copain_gym.emulator.batch import BatchPlayer
from copain_gym.emulator.memory import Memory
from copain_gym.engines.engine import find_engine
from copain_gym.engines.firmware import require_firmware
from copain_gym.engines.home import Home
from copain_gym.engines.launch import launch
from copain_gym.engines.limits import enough_descriptors
from copain_gym.engines.owner import Owner
from copain_gym.errors import CopainError, LuaError, RomError
from copain_gym.inputs import InputLog
from copain_gym.lua_api.api import LuaApi
from copain_gym.lua_api.scripts import LuaScript, load_script, run_chunk
from copain_gym.remote.client import ClientKeys, RemoteProcess, RemoteTransport
from copain_gym.roms.contents import Region
from copain_gym.roms.rom import read_rom
from copain_gym.roms.store import rom_region

__all__ = ["MAX_FRAMES", "Emulator"]

# Options of the command line that do not change what a game does with its inputs.
_PLAIN_OPTIONS = frozenset(
    f"--{name}"
    for name in ("xscale", "yscale", "fullscreen", "sound", "volume", "videoDriver", "state-memory")
)


class Emulator(BatchPlayer):
    """A real FCEUX in its own process, at power-on.

    It is a context manager; `close` ends the process. Emulation is paused between calls.

    Args:
        rom: ROM file; None selects Hirondelle, the bundled free game.
        engine: `auto`, `headless` or `fceux`; None uses `COPAIN_ENGINE`, else `auto`.
        window: show FCEUX's window (needs a display and engine `fceux`).
        sound: enable sound (engine `fceux`).
        options: further options for the emulator's command line.
        endpoint: where to listen for the emulator, `ipc://PATH`, `tcp://127.0.0.1:PORT` (`*` for
            any free port; always encrypted) or `shm://PATH`. None makes one in a private
            directory.
        transport: `zmq` (ZeroMQ), `shm` (shared memory) or `auto`, the faster of the two. None
            follows the endpoint, or `COPAIN_TRANSPORT`, else `zmq`.
        timeout: seconds to wait for a reply; a step of many frames gets more.
        start_timeout: seconds to wait for the emulator to start.
        region: `NTSC`, `PAL` or `Dendy`; None is the ROM's own, see
            `copain_gym.roms.store.rom_region`.

    Attributes:
        engine: `headless` or `fceux`.
        region: the television system of the console: `NTSC`, `PAL` or `Dendy`.
        engine_version: the version that the engine reports.
        rom: the checked ROM.
        memory: the CPU's address space, `memory[0x20]`, `memory[0:0x800]`.
        lua: FCEUX's Lua functions, `lua.joypad.get(1)`.
        saved_state: the state saved by the last step with `save=True`; None before the first one.

    Raises:
        RomError: the ROM is missing or unusable.
        EmulatorNotFound: no emulator is installed.
        DisplayError: a window is asked for, and no display was found.
        EmulatorCrashed: the emulator ended while it started.
        EmulatorTimeout: the emulator did not connect within `start_timeout`.
        LimitError: a system limit does not allow another emulator.
        EndpointError: the endpoint is in use or not allowed.
        ValueError: an argument is out of range.

    Examples:
        >>> with Emulator() as emulator:
        ...     ram = emulator.step("start", frames=4)
        ...     ram.shape, ram.dtype, emulator.frame_count
        ((2048,), dtype('uint8'), 4)
    """

    SLOWEST_FPS = 100
    """Frames per second that the time-out of a long step assumes."""

    _wanted: Callable[[], bool] | None = None  # returns False to give up the start
    _windowed = False
    _small_bytes = 0  # of pictures that were scaled down, see `PooledEmulator`

    def __init__(
        self,
        rom: str | os.PathLike[str] | None = None,
        *,
        engine: str | None = None,
        window: bool = False,
        sound: bool = False,
        options: Sequence[str] = (),
        endpoint: str | None = None,
        transport: str | None = None,
        timeout: float = 10.0,
        start_timeout: float = 15.0,
        region: Region | None = None,
    ) -> None:
        _check_seconds(timeout=timeout, start_timeout=start_timeout)
        self.rom = read_rom(rom)
        self._windowed = window
        region = rom_region(self.rom, region)
        if self.rom.kind == "FDS":
            require_firmware("disksys.rom", f"the disk {self.rom.path}")
        chosen = dataclasses.replace(find_engine(engine, window=window), sound=sound)
        with enough_descriptors():
            home = Home(for_socket=needs_socket(endpoint, transport))
            try:
                connection = open_transport(endpoint, transport, home.path)
            except BaseException:
                home.remove()
                raise
            try:
                process = launch(
                    chosen,
                    self.rom.path,
                    home,
                    connection.environment(),
                    options=options,
                    region=region,
                )
            except BaseException:
                connection.close()
                raise
            self._greet(Client(connection, process, timeout), start_timeout)
        unusual = [o for o in options if o.startswith("-") and o not in _PLAIN_OPTIONS]
        if unusual:
            self._history.never(f"the emulator was started with the option {unusual[0]}")

    @classmethod
    def connect(
        cls,
        endpoint: str,
        *,
        keys: str | os.PathLike[str] | None = None,
        rom: str | os.PathLike[str] | None = None,
        timeout: float = 10.0,
        start_timeout: float = 15.0,
    ) -> Emulator:
        """Connect to an emulator that `copain serve` started, on any machine.

        The emulator is at power-on. No other client can use it until it is closed.

        Args:
            endpoint: `tcp://HOST:PORT`.
            keys: the key file that `copain serve` wrote; None uses the file named by `COPAIN_KEYS`.
            rom: see `Emulator`; the emulator must run the same ROM.
            timeout: see `Emulator`.
            start_timeout: seconds to wait for the connection.

        Raises:
            EndpointError: the endpoint or the key file is unusable.
            RomError: the emulator runs another ROM.
            EmulatorTimeout: no reply came within `start_timeout`.
            EmulatorLost: the server refused the key.
        """
        emulator = cls.__new__(cls)
        emulator._connect(
            endpoint, keys=keys, rom=rom, timeout=timeout, start_timeout=start_timeout
        )
        return emulator

    def _connect(
        self,
        endpoint: str,
        *,
        keys: str | os.PathLike[str] | None = None,
        rom: str | os.PathLike[str] | None = None,
        timeout: float = 10.0,
        start_timeout: float = 15.0,
    ) -> None:
        _check_seconds(timeout=timeout, start_timeout=start_timeout)
        self.rom = read_rom(rom)
        transport = RemoteTransport(endpoint, ClientKeys.load(keys))
        self._greet(Client(transport, RemoteProcess(transport), timeout), start_timeout)

    def _greet(self, client: Client, start_timeout: float) -> None:
        self._client = client
        try:
            about = client.hello(start_timeout, self._wanted)
            if not about.rom_md5:
                raise RomError(f"FCEUX cannot run the ROM {self.rom.path}:\n{self.log}")
            if about.rom_md5 != self.rom.md5 and isinstance(client.process, RemoteProcess):
                raise RomError(
                    f"the emulator at {client.transport.endpoint} runs the ROM with MD5 "
                    f"{about.rom_md5}; {self.rom.path} has {self.rom.md5}"
                )
            self._prepare(about)
            self._observe(0)
        except BaseException:
            client.close("it did not start")
            raise

    def _prepare(self, about: About) -> None:
        self.engine = about.engine
        self.region: Region = about.region  # type: ignore[assignment]  # `read_about` checks it
        self._always_draws = about.engine != "headless"
        self.engine_version = about.engine_version
        self._history = History(has_user=self._windowed)
        self._states = StateTable(self._client, about.rom_md5, self._history)
        self._decode_screen = decoder(about.screen_format)
        self._decode_grey = grey_decoder(about.screen_format)
        self._picture_bytes = picture_bytes(about.screen_format)
        self.memory = Memory(self._client, self._written)
        self.lua = LuaApi(self._client, self._states, self._forget, self._rom_changed)
        self._counts: tuple[int, int] | None = None  # frames, lag frames
        self._ram: npt.NDArray[np.uint8] | None = None
        self._picture: bytes | None = None
        self._drawn = True  # whether the last frame was drawn
        self._asks_drawn = False  # whether Lua may have emulated frames since that was known
        self.saved_state: SaveState | None = None

    # ---- running ---------------------------------------------------------

    def step(
        self,
        buttons: Buttons = 0,
        frames: int = 1,
        *,
        pads: Mapping[int, Buttons] | None = None,
        draw: bool = True,
        load: SaveState | bytes | None = None,
        save: bool = False,
    ) -> npt.NDArray[np.uint8]:
        """Hold buttons for a number of frames.

        Args:
            buttons: buttons held on pad 1: a mask or `Button`, `"A+right"`, names, or a mapping.
            frames: number of frames, 0 to 1,000,000; 0 reads the state without advancing.
            pads: buttons held on each pad, by pad number 1 to 4, in place of `buttons`. Pads that
                are not given hold nothing.
            draw: draw the last frame, for `screen()`. The headless engine is faster without it;
                the stock engine draws all frames anyway.
            load: savestate to load before the step, in the same request.
            save: save the state after the step, in the same request, as `saved_state`.

        Returns:
            The 2 KiB of RAM after the last frame, (2048,) uint8, read-only.

        Raises:
            ValueError: an unknown button, pad, or a number of frames out of range.
            StateError: the savestate is damaged or of another ROM; nothing was changed.
            EmulatorCrashed, EmulatorTimeout, EmulatorClosed: the emulator has ended.
            ForkError: the emulator belongs to the parent of this forked process.
        """
        self.send_step(buttons, frames, pads=pads, draw=draw, load=load, save=save)
        return self.receive_step()

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
    ) -> None:
        """Begin a `step` and return at once; `receive_step` waits for its end.

        Between the two calls, other emulators can be stepped, but this one takes no requests.

        Args:
            buttons: see `step`.
            frames: see `step`.
            pads: see `step`.
            screen: draw the last frame and fetch it in the same request; `screen()` returns it.
            draw: draw the last frame; unlike in `step`, the default is not to.
            load: see `step`.
            save: see `step`.
        """
        self._send_step(buttons, frames, pads, screen, draw, load, save)

    def _send_step(
        self,
        buttons: Buttons,
        frames: int,
        pads: Mapping[int, Buttons] | None,
        screen: bool,
        draw: bool,
        load: SaveState | bytes | None,
        save: bool,
        small: bool = False,
    ) -> None:
        if isinstance(frames, bool) or not isinstance(frames, (int, np.integer)):
            raise ValueError(f"frames is {frames!r}; it must be an integer")
        if not 0 <= frames <= MAX_FRAMES:
            raise ValueError(f"frames is {frames}; allowed are 0 to {MAX_FRAMES}")
        masks = _pad_masks(pads) if pads is not None else [button_mask(buttons)]
        want = WANT_RAM | (WANT_DRAWING if draw else 0) | (WANT_STATE if save else 0)
        want |= WANT_PICTURE if screen else WANT_SMALL_PICTURE if small else 0
        name, arguments = "step", [int(frames), want, *masks]
        if save:
            self._states.free_garbage(at_least=256)
        loaded = None
        if load is not None:
            loaded = self._states.import_state(load)
            name, arguments = "load_step", [loaded.handle, *arguments]
        if frames > 0:
            drawn = screen or draw or small or self._always_draws
        else:
            drawn = self._is_drawn() if loaded is None else loaded.has_picture
        self._forget(drawn)
        self._step_seconds = self._client.timeout + int(frames) / self.SLOWEST_FPS
        self._step_wants = want
        self._client.send(name, *arguments, seconds=self._step_seconds)
        if loaded is not None:
            self._history.load(loaded.past)
        if frames > 0:
            held = masks[0] if len(masks) == 1 else int.from_bytes(bytes(masks), "little")
            self._history.hold(held, int(frames))

    def receive_step(self) -> npt.NDArray[np.uint8]:
        """Wait for the end of the step that `send_step` began; see `step`."""
        try:
            results = self._client.receive(self._step_seconds)
        except LuaError:
            self._history.forget("a step was ended by an error in Lua or in a callback")
            raise
        return self._keep(results, self._step_wants)

    def poweron(self) -> None:
        """Switch the console off and on; the frame count starts at 0."""
        self._history.power_on()
        self._change("poweron")

    def softreset(self) -> None:
        """Press the console's reset button; RAM is kept, the frame count starts at 0."""
        self._history.reset()
        self._change("softreset")

    def _written(self, address: int, data: bytes) -> None:
        self._forget()
        self._history.write(address, data)
        self._forget_in_callback()

    def _forget(self, drawn: bool | None = None) -> None:
        """Drop fetched values, as the machine's state has changed.

        Args:
            drawn: whether the current frame has a picture; True after power-on and resets; None if
                Lua decides it.
        """
        self._ram = self._picture = self._counts = None
        self._asks_drawn = drawn is None
        if drawn is not None:
            self._drawn = drawn

    def _is_drawn(self) -> bool:
        """Whether the current frame has a picture."""
        if self._asks_drawn:
            self._asks_drawn = False
            if not self._always_draws:
                drawn = self._client.ask(is_drawn, "drawn")
                self._drawn = self._drawn if drawn is None else drawn
        return self._drawn

    def _change(self, request: str) -> None:
        self._forget(True)
        self._client.request(request)
        self._forget_in_callback()
        self._observe(0)

    def _forget_in_callback(self) -> None:
        if self._client.in_callback:
            self._history.forget("the machine was changed in a callback, within a frame")

    # ---- reading ---------------------------------------------------------

    @property
    def ram(self) -> npt.NDArray[np.uint8]:
        """The console's 2 KiB of RAM as it is now, (2048,) uint8, read-only."""
        if self._ram is None:
            self._observe(WANT_RAM)
        assert self._ram is not None
        return self._ram

    def screen(self, *, grey: bool = False) -> npt.NDArray[np.uint8]:
        """The picture of the last frame, without FCEUX's on-screen messages.

        Args:
            grey: shades of grey instead of colours.

        Returns:
            (240, 256, 3) uint8 RGB, or (240, 256) uint8 with `grey`.

        Raises:
            CopainError: the last frame was not drawn, see `step`, or the loaded state was saved
                after a frame that was not drawn.
        """
        if not self._is_drawn():
            raise CopainError("the last frame was not drawn; step with draw=True")
        if self._picture is None:
            self._observe(WANT_PICTURE)
        assert self._picture is not None
        return self._decode_grey(self._picture) if grey else self._decode_screen(self._picture)

    @property
    def frame_count(self) -> int:
        """Frames since power-on or reset; loading a savestate restores its count."""
        return self._count()[0]

    @property
    def lag_count(self) -> int:
        """Lag frames since power-on: frames in which the game did not read the pads."""
        return self._count()[1]

    def _count(self) -> tuple[int, int]:
        if self._counts is None:
            self._observe(0)
        assert self._counts is not None
        return self._counts

    def _observe(self, want: int) -> None:
        self._keep(self._client.request("observe", want), want)

    def _keep(self, results: list[Any], want: int) -> npt.NDArray[np.uint8]:
        size = self._small_bytes if want & WANT_SMALL_PICTURE else self._picture_bytes
        try:
            frames, lag_frames, ram, picture, state = check_observation(results, want, size)
        except ValueError as error:
            raise self._client.malformed(f"a step with {shown(results)}: {error}") from None
        self._counts = frames, lag_frames
        if picture is not None:
            self._take_picture(picture)
        if state is not None:
            self.saved_state = self._states.adopt(state, drawn=self._drawn)
        if ram is not None:
            self._ram = np.frombuffer(ram, np.uint8)
        return self._ram  # type: ignore[return-value]

    def _take_picture(self, picture: bytes) -> None:
        self._picture = picture

    # ---- savestates ------------------------------------------------------

    def save_state(self) -> SaveState:
        """Save the whole machine inside the emulator, in microseconds.

        Returns:
            A handle; `to_bytes()` gives its bytes.
        """
        return self._states.save(drawn=self._is_drawn())

    def import_state(self, state: SaveState | bytes) -> SaveState:
        """Copy a savestate into the emulator without loading it.

        Args:
            state: a state of another emulator with the same ROM, or the bytes from
                `SaveState.to_bytes`. A state of this emulator is returned unchanged.

        Raises:
            StateError: the state is damaged or of another ROM.
        """
        return self._states.import_state(state)

    def load_state(self, state: SaveState | bytes) -> None:
        """Load a savestate.

        Args:
            state: from `save_state` of any emulator with the same ROM, of either engine, or the
                bytes of such a state.

        Raises:
            StateError: the state is damaged or of another ROM; nothing was changed.
        """
        loaded = self._states.import_state(state)
        self._states.load(loaded)
        self._forget_in_callback()
        self._forget(loaded.has_picture)
        self._observe(0)

    def state_with_picture(self, state: SaveState) -> SaveState:
        """A savestate that has a picture, for callers that need one.

        A state saved after a frame that was not drawn has no picture, and that frame cannot be
        drawn later. It gets the picture of the next frame, with no buttons held. The emulator's
        own state does not change.

        Args:
            state: a state of this emulator.

        Returns:
            The same state if it has a picture, else a copy with one.
        """
        if state.has_picture:
            return state
        here, loads = self.save_state(), self._history.loads
        self.step(load=state)
        # Loading keeps the frame just drawn on the screen; saving again stores it with the state.
        self._states.load(state)
        seen = self._states.save(drawn=True)
        self.load_state(here)
        self._history.loads = loads  # these loads are no attempts of the player
        seen.past = state.past
        return seen

    # ---- inputs ------------------------------------------------------------

    @property
    def inputs(self) -> InputLog:
        """A copy of the inputs from power-on to the current frame.

        A loaded savestate brings its inputs along, also one of another emulator. `unknown` of the
        result says why the inputs are not known, for example because a savestate was loaded from
        its bytes.
        """
        log = self._history.past().log()
        log.rerecords = self.rerecords
        return log

    @property
    def rerecords(self) -> int:
        """Number of savestates that were loaded, by this emulator or before a state was saved.

        Of two counts, that of this emulator and that of a loaded state, the larger one goes on. It
        can be set.
        """
        return self._history.loads

    @rerecords.setter
    def rerecords(self, count: int) -> None:
        if count < 0:
            raise ValueError(f"rerecords is {count}; allowed are 0 and more")
        self._history.loads = count

    # ---- the user's Lua code ---------------------------------------------

    def run_lua(self, source: str, *arguments: object) -> Any:
        """Run Lua in the emulator, for inner loops too slow to run across processes.

        The code may call `emu.frameadvance()`. Its globals persist until the next call.

        Args:
            source: the text of a Lua chunk; it reads its arguments from `...`.
            arguments: None, bool, int, float, str, bytes, or lists and dicts of these.

        Returns:
            The chunk's result: None for no value, a tuple for several values. Strings are
            bytes; tables are lists, or dicts with str keys.

        Raises:
            LuaError: the chunk failed; the error's `traceback` says where.
        """
        self._forget()
        if "register" in source:  # what it registers goes on running
            self._history.never("run_lua registered functions that may change the game")
        else:
            self._history.forget("run_lua ran Lua code that may change the game or its inputs")
        return run_chunk(self._client, source, arguments)

    def load_lua(self, path: str | os.PathLike[str], *arguments: object) -> LuaScript:
        """Load an FCEUX Lua script that runs during steps, up to its next `emu.frameadvance()`.

        Args:
            path: the script.
            arguments: see `run_lua`.

        Raises:
            LuaError: the script failed before its first frame. A later error is raised by the
                step in which it happens.
        """
        self._forget()
        self._history.never(f"the Lua script {path} was loaded, which may change the game")
        return load_script(self._client, path, arguments)

    def _rom_changed(self, path: str) -> None:
        rom_md5 = self._client.ask(is_text, "rom.gethash", "md5")
        self._states.rom_changed(rom_md5.decode())
        self.rom = read_rom(path)
        region = rom_region(self.rom)
        if region != self.region:
            warnings.warn(
                f"ROM {self.rom.path} is for {region}, and is played on this {self.region} "
                f"console; another Emulator plays it as {region}",
                UserWarning,
                stacklevel=2,
            )

    # ---- end -------------------------------------------------------------

    @property
    def pid(self) -> int:
        """Process id of the emulator; 0 if it runs on another machine."""
        return self._client.process.pid

    @property
    def peer(self) -> str:
        """What messages call the emulator; for one of another machine, with its endpoint."""
        return self._client.transport.peer

    @property
    def closed(self) -> bool:
        """Whether the emulator was closed, crashed, or was ended after a time-out."""
        return self._client.closed

    @property
    def owner(self) -> Owner:
        """The process that owns the emulator; forked children cannot use it."""
        return self._client.owner

    @property
    def log(self) -> str:
        """The last lines of the emulator's output."""
        return self._client.process.log_tail()

    def close(self) -> None:
        """End the emulator and remove its files. May be called again.

        A function registered with `lua.emu.registerexit` is called first. In a forked child
        only this object is closed; the parent's emulator goes on.
        """
        try:
            if self.lua.has_exit_callback and not self.closed and self.owner.is_here:
                self._client.request("close")
        finally:
            self._client.close()

    def __enter__(self) -> Emulator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"pid {self.pid}"
        return f"<Emulator {self.engine} {self.rom.path.name} {state}>"


def _check_seconds(**times: float) -> None:
    for name, seconds in times.items():
        if not 0 < seconds < float("inf"):
            raise ValueError(f"{name} is {seconds} s; it must be positive")


def _pad_masks(pads: Mapping[int, Buttons]) -> list[int]:
    for number in pads:
        if number not in (1, 2, 3, 4):
            raise ValueError(f"there is no pad {number!r}; allowed are 1 to 4")
    return [button_mask(pads.get(n, 0)) for n in range(1, max(pads, default=1) + 1)]
