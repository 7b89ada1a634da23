"""The `copain` commands and options that the documentation names exist."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .pages import PAGES as ALL_PAGES
from .pages import ROOT, blocks, name, prose

PAGES = [page for page in ALL_PAGES if page != ROOT / "CHANGELOG.md"]
"""Pages about this version; the changelog also names commands that are gone."""

_COMMAND = re.compile(
    r"(?<![\w./-])(?:\.venv/bin/)?copain ([a-z][a-z-]*(?: [a-z][a-z-]*)?)(?=\s|$)(.*)"
)
_OPTION = re.compile(r"(?<!\S)(--[a-z][a-z-]*)")


def code(page: Path) -> Iterator[str]:
    """The lines of code of a page: of blocks, indented lines, and code within sentences."""
    for block in blocks(page):
        if not block.language.startswith("python"):
            yield from block.text.replace("\\\n", " ").splitlines()
    for line in prose(page).splitlines():
        if line.startswith("    "):
            yield line
    yield from re.findall(r"`([^`]+)`", prose(page))


def commands(page: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """The words of each command, and the options that stand behind them."""
    for line in code(page):
        match = _COMMAND.search(line.partition(" #")[0])
        if match:
            yield tuple(match[1].split()), match[2]


@functools.cache
def usage(words: tuple[str, ...]) -> str:
    """The help of a command; empty where there is no such command."""
    copain = str(Path(sys.executable).parent / "copain")
    done = subprocess.run([copain, *words, "--help"], capture_output=True, text=True)
    is_it = re.search(rf"usage:\s+copain {' '.join(words)}\b", done.stdout, re.IGNORECASE)
    return done.stdout if is_it and done.returncode == 0 else ""


def find_help(words: tuple[str, ...]) -> str:
    """The help of a command; its second word may be an argument, as in `copain completion bash`."""
    first = usage(words[:1])
    is_group = "COMMAND" in first.strip().partition("\n")[0]
    return usage(words) or ("" if is_group else first)


NAMED = sorted({(words, name(page)) for page in PAGES for words, _ in commands(page)})
OPTIONS = sorted(
    {
        (words, option, name(page))
        for page in PAGES
        for words, rest in commands(page)
        for option in _OPTION.findall(rest)
    }
)


def test_commands_are_found() -> None:
    assert len({words for words, _ in NAMED}) >= 15
    assert len(OPTIONS) >= 10


@pytest.mark.parametrize(
    ("words", "page"), NAMED, ids=lambda v: v if isinstance(v, str) else "-".join(v)
)
def test_the_command_exists(words: tuple[str, ...], page: str) -> None:
    assert find_help(words), f"{page}: there is no command `copain {' '.join(words)}`"


@pytest.mark.parametrize(("words", "option", "page"), OPTIONS)
def test_the_option_exists(words: tuple[str, ...], option: str, page: str) -> None:
    assert re.search(rf"{option}\b", find_help(words)), f"{page}: {' '.join(words)} has no {option}"


def test_commands_that_do_not_exist_are_noticed() -> None:
    assert not find_help(("frobnicate",))
    assert not find_help(("state", "frobnicate"))
    assert "--frobnicate" not in find_help(("doctor",))
