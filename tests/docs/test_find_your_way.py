"""docs/find-your-way.md names files that exist, and what they define."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from .pages import ROOT


class Entry(NamedTuple):
    question: str
    file: str
    name: str


def entries() -> list[Entry]:
    text = (ROOT / "docs/find-your-way.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.*?) \| \[(.*?)\]\(\.\./(.*?)\) \| `(.*?)` \|", text, re.MULTILINE)
    assert all(shown == target for _, shown, target, _ in rows)
    return [Entry(question, target, name) for question, _, target, name in rows]


def defined_in_python(source: str) -> set[str]:
    """Functions, classes, their methods (`Class.method`) and constants of a module."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            functions = (ast.FunctionDef, ast.AsyncFunctionDef)
            found |= {f"{node.name}.{f.name}" for f in node.body if isinstance(f, functions)}
        if isinstance(node, ast.Assign):
            found |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


def is_defined(path: Path, name: str) -> bool:
    source = path.read_text(encoding="utf-8")
    word = re.escape(name)
    if path.suffix == ".py":
        return name in defined_in_python(source)
    if path.suffix == ".lua":
        pattern = rf"^(local )?function {word}\(|^{word} = function"
    else:  # C: a definition, whose line does not end with a semicolon
        pattern = rf"^[a-z].*\b{word}\((?!.*;$)"
    return re.search(pattern, source, re.MULTILINE) is not None


def test_the_page_has_the_questions_of_a_newcomer() -> None:
    assert len(entries()) >= 19
    questions = " ".join(entry.question for entry in entries())
    for subject in (
        *("reward computed", "add a game", "add a Lua function", "validated", "command"),
        *("FCEUX started", "savestate become bytes"),
    ):
        assert subject in questions


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_the_file_defines_what_is_named(entry: Entry) -> None:
    path = ROOT / entry.file
    assert path.is_file(), f"{entry.question} {entry.file} does not exist"
    assert is_defined(path, entry.name), f"{entry.file} does not define {entry.name}"


@pytest.mark.parametrize(
    ("file", "source", "name"),
    [
        ("a.py", "def f(): pass", "g"),
        ("a.py", "class A:\n    def f(self): pass", "A.g"),
        ("a.lua", "-- function step()\nstep()", "step"),
        ("a.c", "int wake(int);\n", "wake"),
    ],
)
def test_what_is_not_defined_is_noticed(tmp_path: Path, file: str, source: str, name: str) -> None:
    path = tmp_path / file
    path.write_text(source)
    assert not is_defined(path, name)
