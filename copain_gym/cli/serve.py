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
    allow_lua: bool = False,
    add_client: str | None = None,
    remove_client: str | None = None,
) -> None:
    """Start emulators for clients on other machines.

    Connections are encrypted. A client needs a file of keys; one is written at the first start.
    Ctrl-C or SIGTERM ends the server and its emulators.

    Clients can play, read and write the console's memory, and use savestates. They cannot run
    Lua or reach files of this machine unless you say --allow-lua.

    Args:
        num: Number of emulators.
        address: Address to listen on. 0.0.0.0 means all addresses of this machine.
        port: First port. Each emulator has its own: this one, the next one, and so on.
        rom: ROM file. By default the bundled game.
        engine: Engine of the emulators. By default COPAIN_ENGINE, else auto.
        keys: Folder of the keys. By default a folder in the data folder.
        allow_lua: Let clients run Lua. A client can then read and change all files of the user
            who runs the server, and start programs. Use it only with clients that you trust.
        add_client: Write keys for another client of this name, and end.
        remove_client: Remove the key of the client of this name, and end. If the client is
            connected, its connection ends.
    """
    from copain_gym.remote.keys import ServerKeys
    from copain_gym.remote.server import Server

    if add_client is not None or remove_client is not None:
        known = ServerKeys.load(keys)
        if remove_client is not None:
            known.remove_client(remove_client)
            print(f"client {remove_client} can no longer connect")
        if add_client is not None:
            print(f"client {add_client} needs {known.add_client(add_client)}")
        return
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: ended.append(number))
    with Server(
        num, address=address, port=port, rom=rom, engine=engine, keys=keys, allow_lua=allow_lua
    ) as server:
        print(f"{server.rom.path.name} at {server.endpoints[0]}", end="")
        print(f" to {server.endpoints[-1]}" if num > 1 else "")
        files = [server.keys.file_of(name) for name in server.keys.clients()]
        here = ", ".join(str(file) for file in files if file.exists())
        if here:
            print(f"clients need {'one of ' if ', ' in here else ''}{here}")
        elif not files:
            print("no client can connect; `copain serve --add-client NAME` makes keys for one")
        if allow_lua:
            print("clients can run Lua: they can do all that you can do on this machine")
        print(end="", flush=True)
        server.run(lambda: bool(ended))
