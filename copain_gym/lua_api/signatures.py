"""`parse` reads the table of Lua functions and makes a `Function` of each entry."""

from __future__ import annotations

import re
from dataclasses import dataclass

from copain_gym.lua_api.table import FUNCTIONS

__all__ = ["Function", "Kind", "Parameter", "parse"]


@dataclass(frozen=True)
class Kind:
    """A kind of parameter.

    Attributes:
        annotation: its type in Python.
        expression: Python source that checks and converts `{n}`, the parameter's name.
        lua: Lua source of the bridge's check: the name of a check in lua/functions.lua and its
            settings.
    """

    annotation: str
    expression: str
    lua: str


# Kinds without settings; those with settings are made in `_kind`.
_KINDS = {
    "bool": Kind("bool", 'to_flag("{n}", {n})', 'kind = "boolean"'),
    "path": Kind("str | os.PathLike[str]", 'to_path("{n}", {n})', 'kind = "path"'),
    "source": Kind("str", 'to_string("{n}", {n}, 1000000)', 'kind = "string", high = 1000000'),
    "text": Kind("object", "str({n})[:10000]", 'kind = "string", high = 40000'),
    "colour": Kind("Colour", 'to_colour("{n}", {n})', 'kind = "colour"'),
    "buttons": Kind("Held", "to_buttons({n})", 'kind = "table"'),
    "frames": Kind("Iterable[int]", 'to_frames("{n}", {n})', 'kind = "table"'),
    "image": Kind("Image", 'to_image("{n}", {n})', 'kind = "string", high = 1000000'),
    "data": Kind("bytes", 'to_bytes("{n}", {n})', 'kind = "string", high = 100000000'),
    "value": Kind("object", "{n}", 'kind = "value"'),
    "table": Kind("Mapping[Any, Any] | Sequence[Any]", "{n}", 'kind = "table"'),
    "state": Kind("Savestate | SaveState", "self._api.handle({n})", 'kind = "state"'),
    "slot": Kind("int | str | os.PathLike[str] | None", "to_slot({n})", 'kind = "value"'),
}
_RANGES = {
    "address": (0, 0xFFFF),
    "coordinate": (-32768, 32767),
    "frame": (0, 1_000_000_000),
    "bits": (-(2**51), 2**51),
}


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function.

    Attributes:
        name: its name.
        kind: how it is checked and converted.
        default: its default as Python source, or "".
        variadic: whether it takes any number of arguments.
        callback: for a callback, the types of its arguments as Python source, else "".
    """

    name: str
    kind: Kind
    default: str
    variadic: bool
    callback: str

    @property
    def optional(self) -> bool:
        """Whether the emulator accepts nil for it."""
        return bool(self.default or self.callback)


@dataclass(frozen=True)
class Function:
    """A Lua function of FCEUX.

    Attributes:
        library: its library, such as "memory", or "" for a global function.
        name: its name in the library.
        alias_of: the main name if this is an alias, else "".
        parameters: its parameters.
        result: type of its result in Python.
        marks: marks of the table, such as `window`.
        summary: its meaning in one line.
    """

    library: str
    name: str
    alias_of: str
    parameters: tuple[Parameter, ...]
    result: str
    marks: frozenset[str]
    summary: str

    @property
    def lua_name(self) -> str:
        """The name in Lua, which is also the name of the request."""
        return f"{self.library}.{self.name}" if self.library else self.name

    @property
    def callback(self) -> Parameter | None:
        """The parameter that is a callback, or None."""
        return next((p for p in self.parameters if p.callback), None)


def parse(text: str = FUNCTIONS) -> list[Function]:
    """Return all functions of the table in its order, including aliases.

    Raises:
        ValueError: an entry is not written as the table's docstring says.
    """
    functions = []
    entries = re.findall(r"^(\S.*)\n    (\S.*)$", text, re.MULTILINE)
    for head, summary in entries:
        match = re.fullmatch(r"([\w., ]+?) ?\((.*)\) -> (.+?)(?: \[([a-z ]+)\])?", head)
        if match is None:
            raise ValueError(f"an entry of the table is malformed: {head!r}")
        names, parameters, result, marks = match.groups()
        parsed = tuple(_parameter(p) for p in _split(parameters))
        first = ""
        for full_name in names.split(", "):
            library, _, name = full_name.rpartition(".")
            functions.append(
                Function(
                    library, name, first, parsed, result, frozenset((marks or "").split()), summary
                )
            )
            first = first or name
    return functions


def _split(parameters: str) -> list[str]:
    # A comma inside brackets belongs to a kind.
    return [p for p in re.split(r", (?![^\[]*\])", parameters) if p]


def _parameter(text: str) -> Parameter:
    match = re.fullmatch(r"(\*?)(\w+): (.+?)(?: = (.+))?", text)
    if match is None:
        raise ValueError(f"a parameter in the table is malformed: {text!r}")
    star, name, kind, default = match.groups()
    callback = kind[len("callback[") : -1] if kind.startswith("callback[") else ""
    return Parameter(name, _kind(kind), default or "", bool(star), callback)


def _kind(text: str) -> Kind:
    if text in _KINDS:
        return _KINDS[text]
    if text in _RANGES:
        return _integer(*_RANGES[text])
    match = re.fullmatch(r"(\w+)\[(.*)\]", text)
    if match is None:
        raise ValueError(f"unknown kind of parameter {text!r}")
    kind, setting = match.groups()
    if kind == "int":
        low, high = (int(bound) for bound in setting.split(".."))
        return _integer(low, high)
    if kind == "float":
        low, high = (int(bound) for bound in setting.split(".."))
        expression = f'to_number("{{n}}", {{n}}, {low}, {high})'
        return Kind("float", expression, f'kind = "number", low = {low}, high = {high}')
    if kind == "str":
        expression = f'to_string("{{n}}", {{n}}, {setting})'
        return Kind("str", expression, f'kind = "string", high = {setting}')
    if kind == "choice":
        choices = [f'"{choice}"' for choice in setting.split("|")]
        joined = ", ".join(choices)
        expression = f'to_choice("{{n}}", {{n}}, ({joined}))'
        return Kind(f"Literal[{joined}]", expression, f'kind = "choice", choices = {{ {joined} }}')
    if kind == "callback":
        return Kind("", "", 'kind = "callback"')
    raise ValueError(f"unknown kind of parameter {text!r}")


def _integer(low: int, high: int) -> Kind:
    expression = f'to_integer("{{n}}", {{n}}, {low}, {high})'
    return Kind("int", expression, f'kind = "integer", low = {low}, high = {high}')
