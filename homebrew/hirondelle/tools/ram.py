#!/usr/bin/env python3
"""Turn ram.toml, the one table of the game's RAM, into what needs it.

ram.py inc ram.toml OUT.inc      writes one assembler equate a variable
ram.py readme ram.toml README.md replaces the RAM map between the two markers
ram.py check ram.toml README.md  fails if that RAM map is out of date
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

SIZES = {"u8": 1, "i8": 1, "u16": 2, "bcd3": 3, "bits": 1}
BEGIN = "<!-- RAM map: written by tools/ram.py from ram.toml -->"
END = "<!-- end of the RAM map -->"
KEYS = {"name", "address", "type", "count", "stride", "unit", "meaning", "public"}

Variable = dict[str, "str | int | bool"]


def parse(text: str) -> list[Variable]:
    """Read the small part of TOML that ram.toml uses (Python 3.10 has no tomllib).

    Args:
        text: the file's text.

    Returns:
        One dictionary a ``[[variable]]`` table, in file order.

    Raises:
        SystemExit: on a line that is not understood, an unknown key or an overlap.
    """
    variables: list[Variable] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line == "[[variable]]":
            variables.append({})
            continue
        match = re.fullmatch(r"(\w+)\s*=\s*(.+)", line)
        if not match or not variables or match[1] not in KEYS:
            raise SystemExit(f"ram.toml:{number}: not understood: {raw}")
        key, value = match[1], match[2]
        if value.startswith('"') and value.endswith('"'):
            variables[-1][key] = value[1:-1]
        elif value in ("true", "false"):
            variables[-1][key] = value == "true"
        else:
            variables[-1][key] = int(value, 0)
    check(variables)
    return variables


def length(variable: Variable) -> int:
    """Bytes that a variable covers, from its first to its last."""
    size = SIZES[str(variable["type"])]
    return int(variable.get("stride", size)) * (int(variable.get("count", 1)) - 1) + size


def check(variables: list[Variable]) -> None:
    """Stop on unknown types, doubled names and overlapping addresses."""
    owner: dict[int, str] = {}
    names: set[str] = set()
    for variable in variables:
        name = str(variable["name"])
        if variable["type"] not in SIZES:
            raise SystemExit(f"ram.toml: {name}: type {variable['type']!r} is none of {[*SIZES]}")
        if name in names:
            raise SystemExit(f"ram.toml: {name} is defined twice")
        names.add(name)
        first = int(variable["address"])
        for address in range(first, first + length(variable)):
            if address in owner:
                raise SystemExit(f"ram.toml: {name} and {owner[address]} share ${address:04X}")
            if address > 0x7FF or 0x1A0 <= address < 0x200:
                raise SystemExit(f"ram.toml: {name} at ${address:04X} is outside usable RAM")
            owner[address] = name


def address_text(variable: Variable) -> str:
    """The address as the README shows it, with the range of an array."""
    first = int(variable["address"])
    digits = 2 if first < 0x100 else 4
    last = first + length(variable) - 1
    return f"${first:0{digits}X}" + (f"-${last:0{digits}X}" if last > first else "")


def include(variables: list[Variable]) -> str:
    """Assembler source: ``name = $address`` for each variable."""
    lines = ["; Written by tools/ram.py from ram.toml: change that file."]
    for v in variables:
        lines.append(f"{v['name']} = ${int(v['address']):04X} ; {v['meaning']}")
    return "\n".join(lines) + "\n"


def table(variables: list[Variable]) -> str:
    """The README's RAM map as a Markdown table, in order of address."""
    lines = ["| address | name | type | unit | meaning |", "|---|---|---|---|---|"]
    for v in sorted(variables, key=lambda item: int(item["address"])):
        kind = str(v["type"]) + (f" x {v['count']}" if "count" in v else "")
        lines.append(
            f"| {address_text(v)} | `{v['name']}` | {kind} | {v.get('unit', '')} | {v['meaning']} |"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Run one of the three commands of the module's docstring."""
    if len(arguments) != 3 or arguments[0] not in ("inc", "readme", "check"):
        print(__doc__, file=sys.stderr)
        return 2
    command, source, target = arguments[0], Path(arguments[1]), Path(arguments[2])
    variables = parse(source.read_text(encoding="utf-8"))
    if command == "inc":
        target.write_text(include(variables), encoding="utf-8")
        return 0
    readme = target.read_text(encoding="utf-8")
    if readme.count(BEGIN) != 1 or readme.count(END) != 1:
        raise SystemExit(f"{target}: the two markers of the RAM map are missing")
    head, rest = readme.split(BEGIN)
    tail = rest.split(END)[1]
    wanted = f"{head}{BEGIN}\n{table(variables)}\n{END}{tail}"
    if command == "readme":
        target.write_text(wanted, encoding="utf-8")
    elif wanted != readme:
        raise SystemExit(f"{target}: RAM map out of date, run: make readme")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
