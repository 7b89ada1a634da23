"""Files that comments and docstrings name exist."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("agents", "benchmarks", "copain_gym", "engine", "examples", "lua", "scripts")
NAME = re.compile(r"(?<![\w./*-])(?:[\w.-]+/)*[\w-]+\.(?:cpp|inc|lua|sh|py|c|h)\b(?!\()")
FOREIGN = {
    *("fceu.cpp", "lua-engine.cpp", "movie.cpp", "ops.inc", "ppu.cpp", "x6502.cpp"),  # FCEUX
    *("Gradius-BulletHell.lua", "SMB-HitBoxes.lua"),  # FCEUX's Lua scripts
    "movie-bk2.cpp",  # stable-retro
    "socket_base.cpp",  # libzmq
    *("Emulator.lua", "emulator.lua"),  # an attribute
    "NAME.py",
}
"""Names that are not of files here."""

_C = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_SHELL = re.compile(r"^\s*#[^\n]*", re.MULTILINE)
COMMENTS = {
    **dict.fromkeys((".c", ".h", ".cpp", ".inc"), _C),
    **dict.fromkeys((".sh", ".txt"), _SHELL),
    ".lua": re.compile(r"--[^\n]*"),
}


def python_comments(source: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        if documented and (text := ast.get_docstring(node)):
            yield text


def comments(path: Path) -> Iterator[str]:
    if path.suffix == ".py":
        yield from python_comments(path.read_text())
    elif path.suffix in COMMENTS:
        yield from COMMENTS[path.suffix].findall(path.read_text())


def files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]


def missing(texts: Iterator[str], known: list[str]) -> list[str]:
    """The files that some comments name and that are in no folder."""
    named = {match for text in texts for match in NAME.findall(text)}
    unknown = (n for n in named if not any(f"/{k}".endswith(f"/{n}") for k in known))
    return sorted(name for name in unknown if name.rpartition("/")[2] not in FOREIGN)


def test_files_that_comments_name_exist() -> None:
    everywhere = files(*FOLDERS, "tests", "homebrew")
    known = [path.relative_to(ROOT).as_posix() for path in everywhere]
    found = {
        str(path.relative_to(ROOT)): names
        for path in files(*FOLDERS)
        if (names := missing(comments(path), known))
    }
    assert not found


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.c", "/* Read by\n * gone.py. */"),
        ("a.cpp", "int a; // see gone.h"),
        ("a.lua", "-- gone.lua has it"),
        ("a.py", '"""See `copain_gym/gone.py`."""'),
        ("b.py", "# as gone.c has it"),
    ],
)
def test_a_file_that_is_gone_is_found(tmp_path: Path, name: str, source: str) -> None:
    (tmp_path / name).write_text(source)
    (only,) = missing(comments(tmp_path / name), ["copain_gym/here.py"])
    assert "gone" in only
