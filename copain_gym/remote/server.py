"""`copain serve`: emulators that wait for clients on other machines.

Each emulator listens on its own port and serves one client at a time. The client must have a key
of the server's list, and all traffic is encrypted (CURVE, https://rfc.zeromq.org/spec/26). When the
client disconnects, its emulator ends and a new one takes the port. So every client begins at
power-on. What a client may do is in lua/restricted.lua, unless it may run Lua.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from copain_gym.engines.engine import find_engine
from copain_gym.engines.firmware import require_firmware
from copain_gym.engines.home import Home
from copain_gym.engines.launch import launch
from copain_gym.engines.limits import enough_descriptors
from copain_gym.engines.owner import Owner
from copain_gym.engines.process import EmulatorProcess
from copain_gym.errors import EndpointError
from copain_gym.remote.keys import ServerKeys
from copain_gym.roms.rom import read_rom
from copain_gym.roms.store import rom_region

__all__ = ["Server"]

_WATCH_SECONDS = 0.1
_EARLY_SECONDS = 2.0  # an emulator that ends sooner failed to start
_EARLY_ENDS = 3


class Server:
    """Emulators that wait for clients. A context manager; `close` ends them.

    Args:
        num: number of emulators. They use consecutive ports.
        address: address to listen on: `127.0.0.1` for clients on this machine, `0.0.0.0` for all.
        port: first port.
        rom: ROM file; None selects the bundled game.
        engine: `auto`, `headless` or `fceux`.
        keys: folder of keys, see `ServerKeys.load`.
        allow_lua: let clients run Lua of their own and use files. They then can do all that this
            user can do on this machine.

    Attributes:
        endpoints: the endpoints of the emulators, `tcp://ADDRESS:PORT`.
        keys: the keys and the list of clients.

    Raises:
        ValueError: a number is out of range.
        EndpointError: an address or port cannot be used, or the keys are unusable.
        RomError: the ROM is missing or unusable.
        EmulatorNotFound: no emulator is installed.
    """

    def __init__(
        self,
        num: int = 1,
        *,
        address: str = "127.0.0.1",
        port: int = 5555,
        rom: str | os.PathLike[str] | None = None,
        engine: str | None = None,
        keys: str | os.PathLike[str] | None = None,
        allow_lua: bool = False,
    ) -> None:
        if num < 1:
            raise ValueError(f"num is {num}; allowed are 1 and more")
        if not 0 < port <= 65536 - num:
            raise ValueError(f"port is {port}; for {num} emulators allowed are 1 to {65536 - num}")
        self.rom = read_rom(rom)
        self._region = rom_region(self.rom)
        if self.rom.kind == "FDS":
            require_firmware("disksys.rom", f"the disk {self.rom.path}")
        self._engine = find_engine(engine)
        self.keys = ServerKeys.load(keys)
        self.keys.clients()  # a list that cannot be read would refuse everybody
        self._allow_lua = allow_lua
        self.endpoints = [f"tcp://{address}:{port + i}" for i in range(num)]
        for i in range(num):
            _check_free(address, port + i)
        self._owner = Owner()
        self._processes: list[EmulatorProcess | None] = [None] * num
        self._begun = [0.0] * num
        self._early_ends = [0] * num
        try:
            for i in range(num):
                self._begin(i)
        except BaseException:
            self.close()
            raise

    def _begin(self, place: int) -> None:
        variables = {
            "COPAIN_ENDPOINT": self.endpoints[place],
            "COPAIN_BIND": "1",
            "COPAIN_CURVE_PUBLIC": self.keys.public,
            "COPAIN_CURVE_SECRET": self.keys.secret,
            "COPAIN_CLIENTS": str(self.keys.clients_file.absolute()),
            "COPAIN_ALLOW_LUA": "1" if self._allow_lua else "0",
        }
        with enough_descriptors():
            self._processes[place] = launch(
                self._engine, self.rom.path, Home(), variables, region=self._region
            )
        self._begun[place] = time.monotonic()

    @property
    def client_file(self) -> Path:
        """The file of keys of the first client, which was made with the server's keys."""
        return self.keys.client_file

    @property
    def pids(self) -> list[int]:
        """The process ids of the emulators."""
        return [process.pid for process in self._processes if process is not None]

    def watch(self) -> None:
        """Start a new emulator for each one that has ended.

        Raises:
            EmulatorCrashed: an emulator repeatedly ends at its start.
            ForkError: this process is a forked child of the server's.
        """
        self._owner.check("the server")
        for place, process in enumerate(self._processes):
            if process is None or process.running():
                continue
            early = time.monotonic() - self._begun[place] < _EARLY_SECONDS
            served = (process.home / "served").exists()  # a client may make it crash
            error = process.crashed()
            process.end()
            self._early_ends[place] = (
                self._early_ends[place] + 1 if early and not served and error.returncode else 0
            )
            if self._early_ends[place] >= _EARLY_ENDS:
                raise error
            self._begin(place)

    def run(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Watch until `stop` returns true, or until Ctrl-C.

        Raises:
            EmulatorCrashed: an emulator repeatedly ends at its start.
        """
        while not stop():
            self.watch()
            time.sleep(_WATCH_SECONDS)

    def close(self) -> None:
        """End the emulators. May be called again."""
        for place, process in enumerate(self._processes):
            if process is not None:
                process.end()
                self._processes[place] = None

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _check_free(address: str, port: int) -> None:
    # Otherwise the stock emulator would run on although the bridge cannot listen.
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        raise EndpointError(
            f"cannot listen on tcp://{address}:{port}: {error.strerror or error}"
        ) from error
