"""`Store`: a whole search in one SQLite file.

Everything since the last call of `save` is written in one transaction. A search that is killed at
any moment goes on from the last one.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.errors import SearchError
from copain_gym.paths import expand_user
from copain_gym.search.batch import Holds
from copain_gym.search.places import Deaths
from copain_gym.search.problem import Problem
from copain_gym.search.progress import Progress, Timeline
from copain_gym.search.tree import Node, Tree

__all__ = ["Store", "fingerprint"]

_APPLICATION = 0x436F5365  # "CoSe": SQLite keeps it in the header of the file
_VERSION = 1
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE nodes (
    number INTEGER PRIMARY KEY, parent INTEGER NOT NULL, held BLOB NOT NULL, depth INTEGER NOT NULL,
    flags INTEGER NOT NULL, score REAL NOT NULL, value REAL NOT NULL, cell INTEGER NOT NULL
);
"""
_PROGRESS = ", ".join(Progress.names())
_HISTORY = f"""
CREATE TABLE IF NOT EXISTS progress ({_PROGRESS});
CREATE TABLE IF NOT EXISTS deaths (
    stage INTEGER NOT NULL, x INTEGER NOT NULL, y INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (stage, x, y)
) WITHOUT ROWID;
"""
"""Tables that files of older versions lack. They are read as empty, and made when written."""


class Store:
    """The file of a search.

    Args:
        path: the file.
        resume: whether to open the search that is in it; else a new one is made there.
        write: whether it may be written. If not, the file stays as it is.

    Raises:
        SearchError: the file cannot be opened, is no search, or holds one that would be lost.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, resume: bool = False, write: bool = True
    ) -> None:
        self.path = expand_user(path)
        if resume and not self.path.is_file():
            raise SearchError(f"there is no search to resume: {self.path} is not a file")
        if not resume and self.path.exists() and self.path.stat().st_size:
            raise SearchError(
                f"the file {self.path} exists; resume its search, or remove the file first"
            )
        try:
            if write:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._database = sqlite3.connect(self.path)
            else:
                uri = f"{self.path.absolute().as_uri()}?mode=ro"
                self._database = sqlite3.connect(uri, uri=True)
            try:
                self._open(resume)
            except BaseException:
                self._database.close()
                raise
        except (OSError, sqlite3.Error) as error:
            raise SearchError(f"the search file {self.path} cannot be used: {error}") from error

    def _open(self, resume: bool) -> None:
        database = self._database
        if not resume:
            database.executescript(_TABLES)
            database.execute(f"PRAGMA application_id = {_APPLICATION}")
            database.execute(f"PRAGMA user_version = {_VERSION}")
            return
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if application != _APPLICATION:
            raise SearchError(f"the file {self.path} is no search of this package")
        if version != _VERSION:
            raise SearchError(
                f"the search file {self.path} has the format {version}; allowed is {_VERSION}"
            )

    def save(
        self,
        tree: Tree,
        facts: Mapping[str, Any],
        timeline: Timeline | None = None,
        deaths: Deaths | None = None,
    ) -> None:
        """Write what has changed in a tree, facts by name, and what has happened.

        Raises:
            SearchError: the file cannot be written.
        """
        added, dropped = tree.changes()
        rows = [(number, node[0], _packed(node.held), *node[2:]) for number, node in added]
        marks = ", ".join("?" * len(Progress.names()))
        try:
            self._database.executescript(_HISTORY)
            with self._database:
                if timeline is not None:
                    self._database.executemany(
                        f"INSERT INTO progress ({_PROGRESS}) VALUES ({marks})", timeline.changes()
                    )
                if deaths is not None:
                    self._database.executemany(
                        "INSERT OR REPLACE INTO deaths VALUES (?, ?, ?, ?)", deaths.changes()
                    )
                self._database.executemany(
                    "DELETE FROM nodes WHERE number = ?", [(number,) for number in dropped]
                )
                self._database.executemany(
                    "INSERT OR REPLACE INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows
                )
                self._database.executemany(
                    "INSERT OR REPLACE INTO facts VALUES (?, ?)",
                    [(name, json.dumps(value)) for name, value in facts.items()],
                )
        except sqlite3.Error as error:
            raise SearchError(f"the search file {self.path} cannot be written: {error}") from error
        tree.saved()
        if timeline is not None:
            timeline.saved()
        if deaths is not None:
            deaths.saved()

    def load(self, tree: Tree) -> dict[str, Any]:
        """Fill a tree with the stored states, and return the facts.

        Raises:
            SearchError: the file is damaged.
        """
        try:
            facts = {
                name: json.loads(value)
                for name, value in self._database.execute("SELECT name, value FROM facts")
            }
            if not facts:
                raise SearchError(f"the search file {self.path} was left before its first save")
            tree.restore(self._nodes(), int(facts["following"]))
        except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
            raise SearchError(f"the search file {self.path} is damaged: {error}") from error
        return facts

    def _nodes(self) -> Iterator[tuple[int, Node]]:
        for number, parent, held, *rest in self._database.execute("SELECT * FROM nodes"):
            yield number, Node(parent, _unpacked(held), *rest)

    def load_history(self, timeline: Timeline, deaths: Deaths) -> None:
        """Fill in what has happened; a file of an older version has nothing of it.

        Raises:
            SearchError: the file is damaged.
        """
        try:
            names = "SELECT name FROM sqlite_master WHERE type = 'table'"
            known = {name for (name,) in self._database.execute(names)}
            if "progress" in known:
                rows = self._database.execute(f"SELECT {_PROGRESS} FROM progress ORDER BY seconds")
                timeline.restore(rows)
            if "deaths" in known:
                counts = self._database.execute("SELECT stage, x, y, count FROM deaths")
                deaths.restore(counts)
        except (sqlite3.Error, TypeError, ValueError) as error:
            raise SearchError(f"the search file {self.path} is damaged: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _packed(held: Holds) -> bytes:
    return np.array(held, "<u4").tobytes()


def _unpacked(data: bytes) -> Holds:
    pairs: npt.NDArray[np.uint32] = np.frombuffer(data, "<u4").reshape(-1, 2)
    return tuple((mask, frames) for mask, frames in pairs.tolist())


def fingerprint(problem: Problem) -> str:
    """What a problem is known by, so that a search is not resumed with another one."""
    parts: list[object] = [
        problem.name,
        problem.the_game.name,
        problem.start,
        problem.masks,
        problem.objective,
    ]
    parts += [problem.frames_per_action, dict(problem.same), problem.frames]
    data = repr(parts).encode()
    if problem.origin is not None and Path(problem.origin).is_file():
        data += Path(problem.origin).read_bytes()
    return hashlib.sha256(data).hexdigest()
