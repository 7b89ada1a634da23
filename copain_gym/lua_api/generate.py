"""Generates code and documentation from the table of Lua functions.

`python -m copain_gym.lua_api.generate` in a checkout writes the typed binding (functions.py), the
bridge's checks (lua/fceux_signatures.lua) and docs/lua-api.md. With `--check` it only says whether
they are up to date.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from copain_gym.lua_api import values
from copain_gym.lua_api.signatures import Function, Parameter, parse

__all__ = ["CLASSES", "outputs"]

_ROOT = Path(__file__).resolve().parents[2]

CLASSES = {
    "emu": "EmuFunctions",
    "rom": "RomFunctions",
    "memory": "MemoryFunctions",
    "ppu": "PpuFunctions",
    "joypad": "JoypadFunctions",
    "zapper": "ZapperFunctions",
    "input": "InputFunctions",
    "savestate": "SavestateFunctions",
    "movie": "MovieFunctions",
    "gui": "GuiFunctions",
    "sound": "SoundFunctions",
    "debugger": "DebuggerFunctions",
    "taseditor": "TaseditorFunctions",
    "cdlog": "CdlogFunctions",
    "bit": "BitFunctions",
    "": "GlobalFunctions",
}

# Functions that convert a Lua result to a Python result.
_RESULTS = {
    "None": "no_result",
    "int": "an_int",
    "int | None": "int_or_none",
    "bool": "a_bool",
    "bytes": "some_bytes",
    "str": "a_str",
    "str | None": "str_or_none",
    "Button": "buttons_held",
    "Button | None": "buttons_or_none",
    "Pixel": "a_pixel",
    "Picture": "a_picture",
    "list[int] | None": "frames_or_none",
    "Savestate": "self._api.savestate_result",
    "Any": "a_value",
    "dict[str, Any]": "a_value",
    "dict[str, int]": "a_value",
    "dict[str, int | bool]": "a_value",
}

# ---- functions.py ----------------------------------------------------------

_MODULE_HEAD = '''"""FCEUX's Lua functions, typed.

Generated from table.py by generate.py; do not edit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from copain_gym.buttons import Button
from copain_gym.lua_api.library import MISSING, Callback, Library, Missing, Registration
from copain_gym.lua_api.values import VALUES

if TYPE_CHECKING:
    from copain_gym.bridge.savestate import SaveState
    from copain_gym.lua_api.library import Savestate

'''


def _signature(function: Function, *, decorator: bool | None = None) -> str:
    """The parameters in Python; `decorator` chooses an overload of a callback function."""
    parts = ["self"]
    optional = False
    after = ""
    for parameter in function.parameters:
        if parameter.callback:
            types = f"Callable[[{parameter.callback[1:-1]}], Any]"
            if parameter.callback == "...":
                types = "Callable[..., Any]"
            if decorator is None:
                parts.append(f"function: {types} | Missing | None = MISSING")
            elif not decorator:
                star = "*, " if optional else ""
                parts.append(f"{star}function: {types} | None")
            if decorator:
                after = "*, "
            optional = True
            continue
        annotation = parameter.kind.annotation
        default = parameter.default
        if default == "None" and "None" not in annotation:
            annotation += " | None"
        star = "*" if parameter.variadic else ""
        star, after = after + star, ""
        parts.append(f"{star}{parameter.name}: {annotation}" + (f" = {default}" if default else ""))
        optional = optional or bool(default)
    return ", ".join(parts)


def _argument(parameter: Parameter) -> str:
    name = parameter.name
    expression = parameter.kind.expression.replace("{n}", name)
    if parameter.variadic:
        return f"*({expression} for {name} in {name})"
    if parameter.default == "None" and not parameter.kind.annotation.endswith("None"):
        return f"None if {name} is None else {expression}"
    return expression


def _method(function: Function) -> str:
    summary = function.summary
    if function.alias_of:
        summary = f"Alias of `{function.alias_of}`."
    docstring = f'        """{summary}"""\n'
    if function.callback:
        return _callback_method(function, docstring)
    head = f"    def {function.name}({_signature(function)}) -> {function.result}:\n{docstring}"
    if "custom" in function.marks:
        return head + "        raise NotImplementedError\n"
    convert = _RESULTS[function.result]
    if function.name.endswith("up") and function.library == "joypad":
        convert = "buttons"
    if function.lua_name == "zapper.set":
        arguments = ["to_zapper(x, y, fire)"]
    else:
        arguments = [_argument(p) for p in function.parameters]
    call = "ask" if "waits" in function.marks else "call"
    joined = ", ".join([convert, f'"{function.lua_name}"', *arguments])
    keyword = "" if function.result == "None" else "return "
    return head + f"        {keyword}self._api.{call}({joined})\n"


def _callback_method(function: Function, docstring: str) -> str:
    rest = [p for p in function.parameters if not p.callback]
    middle = _left_out(function)
    if middle:
        return _callback_method_with_middle(function, middle, docstring)
    arguments = [_argument(p) for p in rest]
    before = arguments if function.library == "memory" else []
    after = [] if function.library == "memory" else arguments
    name = f'"{function.lua_name}"'
    joined = ", ".join([name, "function", f"({''.join(a + ', ' for a in before)})", *after])
    return (
        f"    @overload\n"
        f"    def {function.name}({_signature(function, decorator=True)})"
        f" -> Callable[[Callback], Callback]: ...\n"
        f"    @overload\n"
        f"    def {function.name}({_signature(function, decorator=False)}) -> Registration: ...\n"
        f"    def {function.name}({_signature(function)}) -> Any:\n{docstring}"
        f"        return self._api.register({joined})\n"
    )


def _left_out(function: Function) -> Parameter | None:
    """A parameter with a default that comes just before the callback, which may take its place."""
    for parameter, after in itertools.pairwise(function.parameters):
        if parameter.default and after.callback:
            return parameter
    return None


def _callback_method_with_middle(function: Function, middle: Parameter, docstring: str) -> str:
    before = [p for p in function.parameters if not p.callback and p is not middle]
    assert function.callback
    types = f"Callable[[{function.callback.callback[1:-1]}], Any] | None"
    kind, default = middle.kind.annotation, middle.default
    head = "self, " + "".join(f"{p.name}: {p.kind.annotation}, " for p in before)
    overloads = (
        (f"{head}{middle.name}: {kind} = {default}", "Callable[[Callback], Callback]"),
        (f"{head}{middle.name}: {kind} = {default}, *, function: {types}", "Registration"),
        (f"{head}{middle.name}: {kind}, function: {types}", "Registration"),
        (f"{head}function: {types}, /", "Registration"),
    )
    missing = types.replace(" | None", " | Missing | None = MISSING")
    arguments = "".join(f"{_argument(p)}, " for p in [*before, middle])
    return (
        "".join(
            f"    @overload\n    def {function.name}({parameters}) -> {result}: ...\n"
            for parameters, result in overloads
        )
        + f"    def {function.name}({head}{middle.name}: {kind} | {types} = {default}, "
        f"function: {missing}) -> Any:\n{docstring}"
        f"        if function is MISSING and ({middle.name} is None or callable({middle.name})):\n"
        f"            function, {middle.name} = {middle.name}, {default}\n"
        f'        return self._api.register("{function.lua_name}", function, ({arguments}))\n'
    )


def _python(functions: list[Function]) -> str:
    used = ", ".join(
        sorted(
            name
            for name, value in vars(values).items()
            if name in values.__all__ or getattr(value, "__module__", "") == values.__name__
        )
    )
    text = _MODULE_HEAD.replace("VALUES", f"({used})")
    text += "__all__ = [\n" + "".join(f'    "{name}",\n' for name in sorted(CLASSES.values()))
    text += "]\n"
    for library, class_name in CLASSES.items():
        text += f"\n\nclass {class_name}(Library):\n"
        text += (
            f'    """FCEUX\'s Lua library `{library}`."""\n'
            if library
            else ('    """FCEUX\'s global Lua functions."""\n')
        )
        for function in functions:
            if function.library == library:
                text += "\n" + _method(function)
    return text


# ---- fceux_signatures.lua --------------------------------------------------


def _lua(functions: list[Function]) -> str:
    text = (
        "-- The parameters of FCEUX's Lua functions, for the checks in functions.lua.\n"
        "-- Generated from copain_gym/lua_api/table.py by generate.py; do not edit.\n\nreturn {\n"
    )
    for function in functions:
        text += f'  ["{function.lua_name}"] = {{'
        parts = [_lua_parameter(p) for p in _request_parameters(function)]
        text += "\n" + "".join(f"    {part},\n" for part in parts) + "  },\n" if parts else "},\n"
    return text + "}\n"


def _request_parameters(function: Function) -> list[Parameter]:
    if function.lua_name == "zapper.set":
        return [
            Parameter(
                "state", parse("f (t: table) -> None\n    .")[0].parameters[0].kind, "", False, ""
            )
        ]
    # The callback comes first, except in `memory`, where the addresses come first.
    return (
        sorted(
            function.parameters, key=lambda p: bool(p.callback) == (function.library == "memory")
        )
        if function.callback
        else list(function.parameters)
    )


def _lua_parameter(parameter: Parameter) -> str:
    marks = ", optional = true" if parameter.optional or parameter.variadic else ""
    if parameter.default in ("1", "True") and not parameter.callback:
        marks = ""  # Python always sends it
    if parameter.kind.annotation.startswith("int | str"):
        marks = ", optional = true"
    variadic = ", variadic = true" if parameter.variadic else ""
    return f'{{ name = "{parameter.name}", {parameter.kind.lua}{marks}{variadic} }}'


# ---- docs/lua-api.md -------------------------------------------------------


def _markdown(functions: list[Function]) -> str:
    text = _DOCS_HEAD.replace("COUNT", str(len(functions)))
    for library in CLASSES:
        title = f"`{library}`" if library else "Global functions"
        text += f"\n## {title}\n\n| Lua name | Python | tested | headless | meaning |\n"
        text += "|---|---|---|---|---|\n"
        for function in functions:
            if function.library == library:
                text += _row(function)
    return text


def _row(function: Function) -> str:
    signature = (
        _signature(function)[len("self") :]
        .lstrip(", ")
        .replace(" | Missing", "")
        .replace(" = MISSING", "")
    )
    python = f"{function.name}({signature}) -> {function.result}".replace("|", "\\|")
    headless = "refused" if function.marks & {"window", "shown"} else "yes"
    meaning = function.summary.replace("|", "\\|")
    if function.alias_of:
        meaning = f"Alias of `{function.alias_of}`."
    tested = "yes" if _is_tested(function) else "no"
    return f"| `{function.lua_name}` | `{python}` | {tested} | {headless} | {meaning} |\n"


def _is_tested(function: Function) -> bool:
    """Whether the tests have a check for the main name; they then call every alias, too."""
    name = function.alias_of or function.name
    folder = _ROOT / "tests/lua_api"
    if name == "popup":
        return f'("{function.library}", ' in (folder / "test_window.py").read_text()
    checks = (folder / "checks.py").read_text()
    full_name = f"{function.library}.{name}" if function.library else name
    return f'"{full_name}"' in checks or f'    ("{name}", ' in checks


_DOCS_HEAD = """# FCEUX's Lua functions in Python

<!-- Generated from copain_gym/lua_api/table.py by generate.py; do not edit below or above. -->

`Emulator.lua` has every Lua function of FCEUX 2.6.5: COUNT names, including aliases. `FCEU` is an
alias of the library `emu`. [lua.md](lua.md) explains callbacks, batches and your own Lua code.

All functions are tested. `tests/lua_api/test_functions.py` calls each name in a real FCEUX;
functions that need the window run under Xvfb. `test_table.py` compares this list with the functions
of the running emulator.

The column *headless* says *refused* if the headless engine raises an error, because the function
needs a window. FCEUX 2.6.5 has no `memory.registerread`; it is commented out in its source.

These types are used:

- `Colour`: a name, `"#RRGGBBAA"`, a tuple of 3 or 4 integers, or an integer 0xRRGGBBAA
- `Picture`: a (240, 256, 3) uint8 array
- `Held`: anything that names buttons: a mask, a string such as `"A+right"`, a list, a dict
- `Button`: a set of flags
- `Registration`: a registered callback; a context manager that ends it
"""


def outputs() -> dict[Path, str]:
    """Return the text of each generated file, by its path in the checkout."""
    functions = parse()
    return {
        Path("copain_gym/lua_api/functions.py"): _formatted(_python(functions)),
        Path("lua/fceux_signatures.lua"): _lua(functions),
        Path("docs/lua-api.md"): _markdown(functions),
    }


def _formatted(source: str) -> str:
    import subprocess

    command = [sys.executable, "-m", "ruff"]
    stdin = source
    for arguments in (["check", "--fix-only", "--select", "F401,I001", "-q"], ["format", "-q"]):
        stdin = subprocess.run(
            [*command, *arguments, "--stdin-filename", str(_ROOT / "copain_gym/functions.py"), "-"],
            input=stdin,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return stdin


def main() -> int:
    """Write the files, or compare them with `--check`.

    Returns:
        The exit status: 1 if `--check` found a difference, else 0.
    """
    stale = []
    for path, text in outputs().items():
        target = _ROOT / path
        if not target.is_file() or target.read_text() != text:
            stale.append(path)
            if "--check" not in sys.argv:
                target.parent.mkdir(exist_ok=True)
                target.write_text(text)
    for path in stale:
        print(f"{path} was out of date")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
