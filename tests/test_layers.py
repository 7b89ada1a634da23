"""The package's layers: imports go down only, and no modules import each other in a circle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "copain_gym"

LAYERS = [
    *("files", "engines", "games", "roms", "bridge", "lua_api", "remote", "emulator", "tas"),
    *("ram", "envs", "vector", "search", "train", "bench", "cli"),
]
"""Packages, from the lowest up. The modules below all of them are `GROUND`."""

GROUND = {"buttons", "errors", "inputs", "native", "paths"}

SHORT_NAMES = {"run", "sb3"}
"""Modules at the top that only hold names of packages for users."""


def module_name(path: Path) -> str:
    parts = ("copain_gym", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules() -> dict[str, Path]:
    return {module_name(path): path for path in PACKAGE.rglob("*.py")}


def imports(source: str, known: set[str]) -> Iterator[str]:
    """The package's modules that some source imports, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            submodules = [name for name in names if name in known]
            yield from submodules
            if len(submodules) < len(names):
                yield node.module


def layer(module: str) -> int:
    first = module.split(".")[1]
    return -1 if first in GROUND else LAYERS.index(first)


def upward(module: str, source: str, known: set[str]) -> list[str]:
    """The imports of a module that lead to a higher layer, or to the package itself."""
    return [
        f"{module} imports {name}"
        for name in imports(source, known)
        if name == "copain_gym" or layer(name) > layer(module)
    ]


def test_imports_go_down() -> None:
    known = modules()
    found = [
        line
        for module, path in known.items()
        if module != "copain_gym" and module.split(".")[1] not in SHORT_NAMES
        for line in upward(module, path.read_text(), set(known))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "from copain_gym.envs import NesEnv",
        "from copain_gym import emulator",
        "def late():\n    import copain_gym.vector.pool",
    ],
)
def test_an_upward_import_is_found(line: str) -> None:
    assert upward("copain_gym.games.game", line, set(modules()))


def test_no_circles() -> None:
    known = modules()
    graph = {
        module: [name for name in imports(path.read_text(), set(known)) if name != "copain_gym"]
        for module, path in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_each_package_is_a_layer() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages == set(LAYERS)
    loose = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert loose == GROUND | SHORT_NAMES


def test_the_architecture_page_has_the_layers_in_order() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| `copain_gym/(\w+)/`", page, re.MULTILINE)
    assert rows == LAYERS[::-1]
