"""Prints what copain-gym needs of other packages, one requirement a line, as pip reads it.

Usage: requirements.py EXTRAS [--oldest]

EXTRAS are names with commas between them. With `--oldest`, it prints constraints: `name[x]>=1.2`
becomes `name==1.2`, the oldest version that is allowed.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    from pip._vendor import tomli as tomllib  # type: ignore[no-redef]

ROOT = Path(__file__).resolve().parents[1]


def requirements(extras: list[str], project: dict[str, Any]) -> list[str]:
    """The requirements of a project with these extras, as pyproject.toml has them."""
    optional = project.get("optional-dependencies", {})
    unknown = [name for name in extras if name not in optional]
    if unknown:
        raise SystemExit(f"unknown extras: {', '.join(unknown)}; there are {', '.join(optional)}")
    return sorted({*project["dependencies"], *(r for name in extras for r in optional[name])})


def oldest(requirement: str) -> str:
    """The constraint that allows only the lower bound of a requirement."""
    match = re.match(r"([\w.-]+)(?:\[.*?\])?\s*>=\s*([\w.]+)[^;]*(;.*)?", requirement)
    if match is None:
        raise SystemExit(f"{requirement!r} has no lower bound")
    name, version, marker = match.groups()
    return f"{name}=={version}{marker or ''}"


if __name__ == "__main__":
    options = [word for word in sys.argv[2:] if word != "--oldest"]
    if len(sys.argv) < 2 or options:
        raise SystemExit("usage: requirements.py EXTRAS [--oldest]")
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = requirements([name for name in sys.argv[1].split(",") if name], data["project"])
    for line in wanted:
        print(oldest(line) if "--oldest" in sys.argv else line)
