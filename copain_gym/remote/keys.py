"""Keys of a server of `copain serve`, and the list of clients that may connect to it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import zmq
from zmq.utils import z85

from copain_gym.errors import EndpointError
from copain_gym.files import check_name, write_file
from copain_gym.paths import data_directory, expand_user
from copain_gym.remote.client import ClientKeys

__all__ = ["ServerKeys"]

_FIRST_CLIENT = "client"
_SERVER_FILE, _CLIENTS_FILE = "server.json", "clients.txt"


@dataclass(frozen=True)
class ServerKeys:
    """The keys of a server, and who may connect to it.

    Its folder contains `server.json` (the server's keys), `clients.txt` (a line for each client:
    its public key, a space, its name) and a file of keys for each client that was made here.

    Attributes:
        public: the server's public key, a Z85 string of 40 characters.
        secret: the server's secret key.
        folder: the folder.
    """

    public: str
    secret: str
    folder: Path

    @classmethod
    def load(cls, folder: str | os.PathLike[str] | None = None) -> ServerKeys:
        """Read the keys in a folder; make them, and those of a first client, if there are none.

        Args:
            folder: None is the folder `serve` in the user's data folder.

        Raises:
            EndpointError: the folder cannot be written, or a file in it contains no keys.
        """
        place = expand_user(folder) if folder else data_directory() / "serve"
        file = place / _SERVER_FILE
        try:
            if not file.exists():
                place.mkdir(parents=True, exist_ok=True, mode=0o700)
                public, secret = (key.decode() for key in zmq.curve_keypair())
                _write_private(file, {"public": public, "secret": secret})
                (place / _CLIENTS_FILE).unlink(missing_ok=True)  # of a server that is no more
            fields = json.loads(file.read_text())
            for name in ("public", "secret"):
                _check_key(fields[name])
            keys = cls(fields["public"], fields["secret"], place)
            if not keys.clients_file.exists():
                if "client" in fields:  # written by an earlier version
                    keys._write_clients({_FIRST_CLIENT: _check_key(fields["client"])})
                else:
                    keys._write_clients({})
                    keys.add_client(_FIRST_CLIENT)
        except OSError as error:
            raise EndpointError(
                f"keys in {place} cannot be used: {error.strerror or error}"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise EndpointError(f"keys {file} are damaged: {error}") from None
        return keys

    @property
    def clients_file(self) -> Path:
        """The list of clients. Running servers follow its changes."""
        return self.folder / _CLIENTS_FILE

    @property
    def client_file(self) -> Path:
        """The file of keys of the first client, which was made with the server's."""
        return self.file_of(_FIRST_CLIENT)

    def file_of(self, client: str) -> Path:
        """The file of keys of a client that was made here."""
        return self.folder / f"{client}.json"

    def clients(self) -> dict[str, str]:
        """The public key of each client, by its name.

        Raises:
            EndpointError: the list cannot be read, or a line is not a key and a name.
        """
        try:
            lines = self.clients_file.read_text().splitlines()
        except (OSError, ValueError) as error:
            raise EndpointError(f"{self.clients_file} cannot be read: {error}") from error
        found: dict[str, str] = {}
        for number, line in enumerate(lines, 1):
            key, _, name = line.partition(" ")
            try:
                found[name.strip() or f"line {number}"] = _check_key(key)
            except ValueError as error:
                raise EndpointError(
                    f"{self.clients_file}, line {number}: {error}; allowed is a public key of 40 "
                    f"characters, a space and a name"
                ) from None
        return found

    def add_client(self, name: str) -> Path:
        """Make keys for another client.

        Args:
            name: a part of the name of the file of keys.

        Returns:
            The file of keys, which the client needs.

        Raises:
            ValueError: the name is not allowed, or another client has it.
            EndpointError: a file cannot be written.
        """
        check_name("client", name)
        if f"{name}.json" == _SERVER_FILE:
            raise ValueError(f"client {name!r} is not allowed as a name: {_SERVER_FILE} is taken")
        clients = self.clients()
        if name in clients:
            raise ValueError(f"there is a client {name!r} already")
        public, secret = (key.decode() for key in zmq.curve_keypair())
        file = self.file_of(name)
        try:
            _write_private(file, asdict(ClientKeys(self.public, public, secret)))
            self._write_clients({**clients, name: public})
        except OSError as error:
            raise EndpointError(f"{file} cannot be written: {error.strerror or error}") from error
        return file

    def remove_client(self, name: str) -> None:
        """Take a client's key out of the list. A running server ends its connection at once.

        Raises:
            ValueError: there is no such client.
            EndpointError: a file cannot be written.
        """
        clients = self.clients()
        if name not in clients:
            raise ValueError(
                f"there is no client {name!r}; there are {', '.join(clients) or 'none'}"
            )
        del clients[name]
        try:
            self._write_clients(clients)
            self.file_of(name).unlink(missing_ok=True)
        except OSError as error:
            raise EndpointError(
                f"{self.clients_file} cannot be written: {error.strerror or error}"
            ) from error

    def _write_clients(self, clients: dict[str, str]) -> None:
        lines = [f"{key} {name}\n" for name, key in clients.items()]
        write_file(self.clients_file, "".join(lines), private=True)


def _check_key(key: object) -> str:
    if not isinstance(key, str) or len(key) != 40 or len(z85.decode(key)) != 32:
        raise ValueError(f"{str(key)[:50]!r} is no key of 40 characters")
    return key


def _write_private(path: Path, fields: dict[str, str]) -> None:
    write_file(path, json.dumps(fields, indent=1) + "\n", private=True)
