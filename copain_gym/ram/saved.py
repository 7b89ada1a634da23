"""The file in which `copain ram search` keeps what is left of the candidates between its calls."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

from copain_gym.errors import FileError, RamSearchError
from copain_gym.files import read_file, write_file
from copain_gym.files.schema import check_fields, check_format, hexadecimal
from copain_gym.games.variables import RAM_SIZE, TYPES
from copain_gym.paths import expand_user
from copain_gym.ram.search import Candidate

__all__ = ["SavedSearch", "SavedSearches", "check_variable_name"]

_FORMAT = 1
_LARGEST = 64 << 20


@dataclass
class SavedSearch:
    """What is left of the search for one variable.

    Attributes:
        conditions: those that were met.
        candidates: the candidates that met them.
    """

    conditions: list[str]
    candidates: list[Candidate]


@dataclass
class SavedSearches:
    """The searches in a file, by the name of their variable.

    Attributes:
        rom_md5: MD5 of the ROM that they are of.
        searches: the searches.
    """

    rom_md5: str
    searches: dict[str, SavedSearch] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> SavedSearches:
        """Read a file.

        Raises:
            RamSearchError: it cannot be read, or holds no searches.
        """
        try:
            content = json.loads(read_file(expand_user(path), _LARGEST))
            check_format(content, _FORMAT)
            known = {"format": lambda _: True, "rom_md5": hexadecimal(32), "searches": _is_map}
            fields = check_fields(content, known)
            return cls(
                fields["rom_md5"],
                {check_variable_name(n): _search(s) for n, s in fields["searches"].items()},
            )
        except FileError as error:
            raise RamSearchError(f"the candidates cannot be read: {error}") from error
        except (ValueError, RecursionError) as error:
            raise RamSearchError(f"{path} holds no candidates of a search: {error}") from error

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the file.

        Raises:
            FileError: it cannot be written.
        """
        content = {
            "format": _FORMAT,
            "rom_md5": self.rom_md5,
            "searches": {
                name: {"conditions": search.conditions, "candidates": search.candidates}
                for name, search in self.searches.items()
            },
        }
        write_file(expand_user(path), json.dumps(content))


def check_variable_name(name: str) -> str:
    """Check the name of a variable that is searched for; return it.

    Raises:
        RamSearchError: it is not allowed.
    """
    if not (name.isascii() and name.isidentifier() and len(name) <= 40):
        raise RamSearchError(
            f"the name of the variable is {name!r}; allowed are 1 to 40 letters, digits and '_', "
            f"with no digit first"
        )
    return name


def _search(content: object) -> SavedSearch:
    fields = check_fields(
        content,
        {"conditions": _is_list_of(str), "candidates": _is_list_of(list)},
    )
    return SavedSearch(fields["conditions"], [_candidate(c) for c in fields["candidates"]])


def _candidate(content: list[Any]) -> Candidate:
    if [type(part) for part in content] == [int, str, int]:
        address, kind, size = content
        fixed = TYPES.get(kind, 0)  # 0 for a type that is not known
        right = size == fixed if fixed is not None else 1 <= size <= 8
        if right and 0 <= address <= RAM_SIZE - size:
            return Candidate(address, kind, size)
    raise ValueError(f"it has a candidate {str(content)[:40]}, which is not allowed")


def _is_map(value: object) -> bool:
    return isinstance(value, dict)


def _is_list_of(kind: type) -> Any:
    return lambda value: isinstance(value, list) and all(isinstance(v, kind) for v in value)
