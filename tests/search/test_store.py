"""The file of a search: resumed, killed, damaged."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from copain_gym import SearchError
from copain_gym.search import Search
from tests.conftest import wait_until
from tests.search.conftest import FROM_NOTHING, scrolled


@pytest.mark.parametrize("algorithm", FROM_NOTHING)
def test_a_resumed_search_finds_what_it_would_have_found(algorithm: str, tmp_path: Path) -> None:
    whole = Search(scrolled(40), algorithm=algorithm, seed=2).run(frames=12_000)
    file = tmp_path / "search.db"
    with Search(scrolled(40), algorithm=algorithm, seed=2, file=file) as search:
        search.run(frames=2000)
    again = 0
    while True:
        with Search(scrolled(40), seed=9, workers=2, file=file, resume=True) as search:
            assert search.algorithm.name == algorithm
            result = search.run(frames=4000 + 3000 * again if again < 2 else 12_000)
        again += 1
        if result.reason != "frames" or again == 3:
            break
    assert again >= 1
    assert result.progress.depth == whole.progress.depth
    assert np.array_equal(result.movie.inputs, whole.movie.inputs)


PROGRAM = """
import sys
from copain_gym.search import Problem, Search
from tests.search.conftest import scrolled

Search.SAVE_SECONDS = 0.1
file, resume = sys.argv[1], sys.argv[2] == "resume"
with Search(scrolled(150), workers=2, seed=5, file=file, resume=resume) as search:
    print("begun", flush=True)
    result = search.run()
result.movie.write(sys.argv[3])
"""


def test_killed_at_random_moments_it_goes_on(tmp_path: Path) -> None:
    file, movie = tmp_path / "search.db", tmp_path / "best.fm2"
    Search(scrolled(150), workers=2, seed=5).run().movie.write(movie)
    whole = movie.read_bytes()
    movie.unlink()
    moments = random.Random(1)
    kills = 0
    while not movie.exists():
        resume = "resume" if _is_saved(file) else "new"
        if resume == "new":
            file.unlink(missing_ok=True)
        arguments = [sys.executable, "-c", PROGRAM, file, resume, movie]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        workers = children(process.pid)
        if kills < 5:
            seconds = moments.uniform(0.0, 2.0)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                workers = children(process.pid)
                process.send_signal(signal.SIGKILL)
                kills += 1
        process.wait()
        process.stdout.close()
        assert all(wait_until(lambda p=pid: is_gone(p), 15) for pid in workers)  # type: ignore[misc]
    assert kills > 0
    assert movie.read_bytes() == whole


def _is_saved(file: Path) -> bool:
    try:
        Search(scrolled(150), file=file, resume=True).close()
    except SearchError:
        return False
    return True


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def children(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have started."""
    found = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return found + [grandchild for child in found for grandchild in children(child)]


def test_it_is_written_at_least_every_30_seconds() -> None:
    assert Search.SAVE_SECONDS < 30


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "search.db"
    with pytest.raises(SearchError, match="there is no search to resume"):
        Search(scrolled(40), file=file, resume=True)
    with Search(scrolled(40), file=file) as search:
        search.run()
    with pytest.raises(SearchError, match="exists; resume its search"):
        Search(scrolled(40), file=file)
    with pytest.raises(SearchError, match="of another problem"):
        Search(scrolled(40, frames_per_action=8), file=file, resume=True)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE t (x)")
    database.close()
    with pytest.raises(SearchError, match="no search of this package"):
        Search(scrolled(40), file=other, resume=True)
    other.write_bytes(b"hello" * 1000)
    with pytest.raises(SearchError, match="not a database"):
        Search(scrolled(40), file=other, resume=True)
    content = bytearray(file.read_bytes())
    content[5000:9000] = bytes(4000)
    file.write_bytes(content)
    with pytest.raises(SearchError, match=r"damaged|malformed"):
        Search(scrolled(40), file=file, resume=True)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SearchError, match="cannot be used"):
        Search(scrolled(40), file=tmp_path / "file" / "search.db")


def test_time_is_counted_over_all_parts(tmp_path: Path) -> None:
    file = tmp_path / "search.db"
    with Search(scrolled(5000), file=file) as search:
        first = search.run(0.5).progress.seconds
    begin = time.monotonic()
    with Search(scrolled(5000), file=file, resume=True) as search:
        second = search.run(0.6).progress.seconds
    assert second > first
    assert time.monotonic() - begin >= second - first
