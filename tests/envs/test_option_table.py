"""Each option is declared once; signatures, docstrings and the documentation agree with it."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from gymnasium.vector import AutoresetMode

from copain_gym.bridge.endpoints import TransportName
from copain_gym.engines.engine import EngineName
from copain_gym.envs import NesEnv
from copain_gym.envs.options import EnvOptions, ObsType, RenderMode
from copain_gym.search.run import CopainRun
from copain_gym.vector import NesVectorEnv
from copain_gym.vector.options import VectorOptions

ROOT = Path(__file__).parents[2]

PAIRS = [
    pytest.param(NesEnv, EnvOptions, id="NesEnv"),
    pytest.param(NesVectorEnv, VectorOptions, id="NesVectorEnv"),
]


def arguments(docstring: str) -> dict[str, str]:
    """The `Args` section of a docstring, each entry on one line."""
    section = inspect.cleandoc(docstring).split("\nArgs:\n")[1].split("\n\n")[0]
    entries = re.split(r"\n?^    (?=\w)", section, flags=re.MULTILINE)[1:]
    return {
        name: " ".join(text.split())
        for name, _, text in (entry.partition(": ") for entry in entries)
    }


@pytest.mark.parametrize(("env", "options"), PAIRS)
def test_signature(env: Any, options: type[EnvOptions]) -> None:
    parameters = dict(inspect.signature(env.__init__).parameters)
    parameters.pop("self")
    assert {name: p.default for name, p in parameters.items()} == {
        entry.name: entry.default for entry in options.entries()
    }
    types = {name: p.annotation for name, p in parameters.items()}
    assert types == {entry.name: entry.type for entry in options.entries()}


@pytest.mark.parametrize(("env", "options"), PAIRS)
def test_docstring(env: Any, options: type[EnvOptions]) -> None:
    assert arguments(env.__doc__) == {e.name: e.metadata["meaning"] for e in options.entries()}


def rows(options: type[EnvOptions]) -> Iterator[str]:
    """The rows of a table in the documentation."""
    for entry in options.entries():
        default = entry.default
        if isinstance(default, AutoresetMode):
            default = default.value
        shown = f"`{default}`" if isinstance(default, str) else f"{default}"
        yield f"| `{entry.name}` | {shown} | {entry.metadata['meaning']} |"


def table(page: str, heading: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text()
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| `")]


def test_the_table_of_the_documentation() -> None:
    expected = list(rows(EnvOptions))
    assert table("environments.md", "Options") == expected, "\n".join(expected)


def test_the_vector_table_of_the_documentation() -> None:
    single = {row for row in rows(EnvOptions)}
    expected = [row for row in rows(VectorOptions) if row not in single]
    assert table("vector.md", "Options") == expected, "\n".join(expected)


CHOICES = {
    "obs_type": get_args(ObsType),
    "render_mode": get_args(RenderMode),
    "engine": get_args(EngineName),
    "transport": get_args(TransportName),
    "autoreset_mode": tuple(mode.value for mode in AutoresetMode),
}


def lists_of(values: tuple[str, ...], source: str) -> int:
    """How many lists, tuples, sets, dicts or types of a source name all the values."""
    found = 0
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            parts = node.elts
        elif isinstance(node, ast.Dict):
            parts = [key for key in node.keys if key is not None]
        else:
            continue
        words = {part.value for part in parts if isinstance(part, ast.Constant)}
        found += words >= set(values)
    return found


@pytest.mark.parametrize("name", CHOICES)
def test_allowed_values_are_listed_once(name: str) -> None:
    found = {
        str(path.relative_to(ROOT)): count
        for path in (ROOT / "copain_gym").rglob("*.py")
        if (count := lists_of(CHOICES[name], path.read_text()))
    }
    # Those of autoreset_mode are Gymnasium's.
    assert sum(found.values()) == (0 if name == "autoreset_mode" else 1), found


def test_a_second_list_is_found() -> None:
    for source in ('x = ("auto", "zmq", "shm")', 'T = Literal["shm", "auto", "zmq"]'):
        assert lists_of(CHOICES["transport"], source) == 1


@pytest.mark.parametrize("name", ["obs_type", "render_mode", "engine", "transport"])
def test_the_meaning_names_each_choice(name: str) -> None:
    (entry,) = (e for e in EnvOptions.entries() if e.name == name)
    for value in CHOICES[name]:
        assert f"`{value}`" in entry.metadata["meaning"]


def test_a_run_has_the_engines_of_an_environment() -> None:
    types = {entry.name: entry.type for entry in EnvOptions.entries()}
    assert inspect.signature(CopainRun.__init__).parameters["engine"].annotation == types["engine"]
