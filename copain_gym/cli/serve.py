"""`copain serve`."""

from __future__ import annotations

import signal
from pathlib import Path

from copain_gym.engines.engine import EngineName

__all__ = ["serve"]


def serve(
    *,
    num: int = 1,
    address: str = "127.0.0.1",
    port: int = 5555,
    rom: Path | None = None,
    engine: EngineName | None = None,
    keys: Path | None = None,
) -> None:
    """Start emulators for clients on other machines.

    Connections are encrypted. A client needs the file of keys that is written at the first start.
    Ctrl-C or SIGTERM ends the server and its emulators.

    Args:
        num: Number of emulators.
        address: Address to listen on. 0.0.0.0 means all addresses of this machine.
        port: First port. Each emulator has its own: this one, the next one, and so on.
        rom: ROM file. By default the bundled game.
        engine: Engine of the emulators. By default COPAIN_ENGINE, else auto.
        keys: Folder of the keys. By default a folder in the data folder.
    """
    from copain_gym.remote.server import Server

    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: ended.append(number))
    with Server(num, address=address, port=port, rom=rom, engine=engine, keys=keys) as server:
        print(f"{server.rom.path.name} at {server.endpoints[0]}", end="")
        print(f" to {server.endpoints[-1]}" if num > 1 else "")
        print(f"clients need {server.client_file}", flush=True)
        server.run(lambda: bool(ended))
