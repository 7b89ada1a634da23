"""A small interpreter for the Lua of stable-retro's reward scripts.

It supports functions, local and global variables, `if`, numeric `for`, `return`, calls, fields, and
the operators of Lua 5.1. It does not support tables, methods of strings, or other loops. A script
sees `data` with the decoded variables, and `math`. Anything else raises an error with the line
number. Scripts come from foreign files: a call that does not end within a number of operations
is an error, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from copain_gym.errors import ScriptError
from copain_gym.games.retro.lua_values import BINARY, MATH, Steps, negative, truth

__all__ = ["LuaScript"]

_TOKEN = re.compile(
    r"(?P<space>\s+|--(?!\[\[)[^\n]*)"
    r"|(?P<number>0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<string>\"[^\"\\\n]*\"|'[^'\\\n]*')"
    r"|(?P<operator>==|~=|<=|>=|\.\.|[-+*/%^<>=(),.;])",
)
_KEYWORDS = frozenset(
    (
        *("and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in"),
        *("local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while"),
    )
)
_UNARY_LEVEL = 7
_RIGHT = ("..", "^")  # associate to the right


class _Scope:
    """Variables of a block; a global is a variable of the outermost one."""

    __slots__ = ("parent", "variables")

    def __init__(self, parent: _Scope | None = None) -> None:
        self.parent = parent
        self.variables: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope.variables[name]
            scope = scope.parent
        return None

    def set(self, name: str, value: Any) -> None:
        scope = self
        while name not in scope.variables and scope.parent is not None:
            scope = scope.parent
        scope.variables[name] = value


Expression: TypeAlias = Callable[[_Scope], Any]
Statement: TypeAlias = Callable[[_Scope], "tuple[Any] | None"]
"""Runs in a scope; returns the value of a `return` in a tuple, else None."""


class _Parser:
    def __init__(self, source: str, name: str) -> None:
        self.name = name
        self.steps = Steps()
        self.tokens: list[tuple[str, str, int]] = []
        at, line = 0, 1
        while at < len(source):
            if source.startswith("--[[", at):
                end = source.find("]]", at) + 2
                if end < 2:
                    raise self.error("a comment without an end", line)
                line += source.count("\n", at, end)
                at = end
                continue
            match = _TOKEN.match(source, at)
            if match is None:
                raise self.error(f"{source[at]!r}", line)
            if match.lastgroup != "space":
                self.tokens.append((str(match.lastgroup), match[0], line))
            line += match[0].count("\n")
            at = match.end()
        self.tokens.append(("end of file", "end of file", line))
        self.at = 0

    def error(self, what: str, line: int) -> ScriptError:
        return ScriptError(f"{self.name}, line {line}: {what} is not supported here")

    @property
    def text(self) -> str:
        return self.tokens[self.at][1]

    def take(self) -> str:
        text = self.text
        self.at += 1
        return text

    def accept(self, *texts: str) -> bool:
        if self.tokens[self.at][0] != "string" and self.text in texts:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.unexpected()

    def unexpected(self) -> ScriptError:
        return self.error(repr(self.text), self.tokens[self.at][2])

    def identifier(self) -> str:
        if self.tokens[self.at][0] != "name" or self.text in _KEYWORDS:
            raise self.unexpected()
        return self.take()

    # ---- statements ----------------------------------------------------

    def block(self, *ends: str) -> Statement:
        statements: list[Statement] = []
        take = self.steps.take
        while self.text not in ends:
            statements.append(self.statement())
            self.accept(";")

        def run(scope: _Scope) -> tuple[Any] | None:
            for statement in statements:
                take()
                returned = statement(scope)
                if returned is not None:
                    return returned
            return None

        return run

    def inner(self, *ends: str) -> Statement:
        body = self.block(*ends)
        return lambda scope: body(_Scope(scope))

    def statement(self) -> Statement:
        if self.accept("local"):
            if self.accept("function"):
                return self.function(local=True)
            name = self.identifier()
            value = self.expression() if self.accept("=") else lambda scope: None
            return lambda scope: scope.variables.__setitem__(name, value(scope))
        if self.accept("function"):
            return self.function(local=False)
        if self.accept("if"):
            return self.conditional()
        if self.accept("for"):
            return self.numeric_for()
        if self.accept("do"):
            body = self.inner("end")
            self.expect("end")
            return body
        if self.accept("return"):
            result: Expression = lambda scope: None  # noqa: E731
            if self.text not in ("end", "else", "elseif", "end of file", ";"):
                result = self.expression()
            return lambda scope: (result(scope),)
        name_at = self.at
        name = self.identifier()
        if self.accept("="):
            value = self.expression()
            return lambda scope: scope.set(name, value(scope))
        self.at = name_at
        call = self.suffixed()
        if self.tokens[self.at - 1][1] != ")":
            raise self.unexpected()

        def run(scope: _Scope) -> None:
            call(scope)

        return run

    def function(self, local: bool) -> Statement:
        name = self.identifier()
        self.expect("(")
        parameters: list[str] = []
        if not self.accept(")"):
            parameters.append(self.identifier())
            while self.accept(","):
                parameters.append(self.identifier())
            self.expect(")")
        body = self.block("end")
        self.expect("end")

        take = self.steps.take

        def define(scope: _Scope) -> None:
            def call(*arguments: Any) -> Any:
                take()
                inner = _Scope(scope)
                padded = arguments + (None,) * (len(parameters) - len(arguments))
                inner.variables.update(zip(parameters, padded, strict=False))
                returned = body(inner)
                return returned[0] if returned else None

            if local:
                scope.variables[name] = call
            else:
                scope.set(name, call)

        return define

    def conditional(self) -> Statement:
        branches: list[tuple[Expression, Statement]] = []
        while True:
            condition = self.expression()
            self.expect("then")
            branches.append((condition, self.inner("elseif", "else", "end")))
            if not self.accept("elseif"):
                break
        otherwise = self.inner("end") if self.accept("else") else None
        self.expect("end")

        def run(scope: _Scope) -> tuple[Any] | None:
            for condition, body in branches:
                if truth(condition(scope)):
                    return body(scope)
            return otherwise(scope) if otherwise else None

        return run

    def numeric_for(self) -> Statement:
        name = self.identifier()
        self.expect("=")
        first = self.expression()
        self.expect(",")
        last = self.expression()
        step = self.expression() if self.accept(",") else lambda scope: 1
        self.expect("do")
        body = self.block("end")
        self.expect("end")
        take, add = self.steps.take, BINARY["+"][1]

        def run(scope: _Scope) -> tuple[Any] | None:
            value, end, by = (add(bound(scope), 0) for bound in (first, last, step))
            while value <= end if by > 0 else value >= end:
                take()
                inner = _Scope(scope)
                inner.variables[name] = value
                returned = body(inner)
                if returned is not None:
                    return returned
                value = add(value, by)
            return None

        return run

    # ---- expressions ---------------------------------------------------

    def expression(self) -> Expression:
        left = self.conjunction()
        while self.accept("or"):
            left = self._logic(left, self.conjunction(), stop=True)
        return left

    def conjunction(self) -> Expression:
        left = self.binary(0)
        while self.accept("and"):
            left = self._logic(left, self.binary(0), stop=False)
        return left

    @staticmethod
    def _logic(a: Expression, b: Expression, stop: bool) -> Expression:
        def evaluate(scope: _Scope) -> Any:
            value = a(scope)
            return value if truth(value) is stop else b(scope)

        return evaluate

    def binary(self, level: int) -> Expression:
        left = self.unary()
        while self.tokens[self.at][0] == "operator" and self.text in BINARY:
            own, function = BINARY[self.text]
            if own < level:
                break
            right = self.binary(own if self.take() in _RIGHT else own + 1)
            left = self._apply(function, left, right)
        return left

    def _apply(
        self, function: Callable[[Any, Any], Any], a: Expression, b: Expression
    ) -> Expression:
        take = self.steps.take

        def evaluate(scope: _Scope) -> Any:
            take()
            return function(a(scope), b(scope))

        return evaluate

    def unary(self) -> Expression:
        if self.accept("not"):
            value = self.binary(_UNARY_LEVEL)
            return lambda scope: not truth(value(scope))
        if self.accept("-"):
            value = self.binary(_UNARY_LEVEL)
            return lambda scope: negative(value(scope), 0)
        return self.suffixed()

    def suffixed(self) -> Expression:
        value = self.primary()
        while True:
            if self.accept("."):
                value = self._field(value, self.identifier())
            elif self.accept("("):
                arguments: list[Expression] = []
                if not self.accept(")"):
                    arguments.append(self.expression())
                    while self.accept(","):
                        arguments.append(self.expression())
                    self.expect(")")
                value = self._call(value, arguments)
            else:
                return value

    def _field(self, table: Expression, name: str) -> Expression:
        def evaluate(scope: _Scope) -> Any:
            fields = table(scope)
            if not isinstance(fields, Mapping):
                raise ValueError(f"what is asked for the field {name!r} has no fields")
            if name not in fields:
                raise ValueError(f"there is no {name!r} among {', '.join(map(str, fields))}")
            return fields[name]

        return evaluate

    def _call(self, function: Expression, arguments: list[Expression]) -> Expression:
        take, count = self.steps.take, 1 + len(arguments)

        def evaluate(scope: _Scope) -> Any:
            take(count)
            called = function(scope)
            if not callable(called):
                raise ValueError("what is called is no function")
            return called(*(a(scope) for a in arguments))

        return evaluate

    def primary(self) -> Expression:
        kind, text, _ = self.tokens[self.at]
        if self.accept("("):
            value = self.expression()
            self.expect(")")
            return value
        if kind == "name" and text in ("nil", "true", "false"):
            self.take()
            constant = {"nil": None, "true": True, "false": False}[text]
            return lambda scope: constant
        if kind == "name":
            name = self.identifier()
            return lambda scope: scope.get(name)
        if kind in ("number", "string"):
            self.take()
            literal: Any = text[1:-1] if kind == "string" else _number(text)
            return lambda scope: literal
        raise self.unexpected()


def _number(text: str) -> float:
    if text[:2].lower() == "0x":
        value = int(text[2:34], 16)  # far more digits than a number has
        return float("inf") if len(text) > 34 else BINARY["+"][1](value, 0)
    number = float(text)
    return (
        int(number) if number.is_integer() and abs(number) < 2**53 and "." not in text else number
    )


class LuaScript:
    """A script and its global variables.

    Args:
        source: its text.
        name: its name in messages.

    Raises:
        ScriptError: the script uses something that is not supported, fails, or does not end.

    Examples:
        >>> script = LuaScript("n = 0 function add(k) n = n + k * data.x return n end")
        >>> script.data = {"x": 2}
        >>> script.call("add", 3), script.call("add", 1)
        (6, 8)
    """

    def __init__(self, source: str, name: str = "script") -> None:
        self.name = name
        self._globals = _Scope()
        self._globals.variables.update(math=MATH, data={})
        self._steps = Steps()
        self._guarded(self._load, source)

    def _load(self, source: str) -> None:
        parser = _Parser(source, self.name)
        self._steps = parser.steps
        parser.block("end of file")(self._globals)

    def _guarded(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of the script's; whatever goes wrong there is an error of the script."""
        self._steps.begin()
        try:
            return function(*arguments)
        except ScriptError:
            raise
        except RecursionError:
            raise ScriptError(
                f"{self.name}: its calls or expressions are nested too deep"
            ) from None
        except Exception as error:
            raise ScriptError(f"{self.name}: {error}") from error

    @property
    def data(self) -> Mapping[str, Any]:
        """The decoded variables that the script sees."""
        data: Mapping[str, Any] = self._globals.variables["data"]
        return data

    @data.setter
    def data(self, data: Mapping[str, Any]) -> None:
        self._globals.variables["data"] = data

    def call(self, function: str, *arguments: Any) -> Any:
        """Call one of the script's functions.

        Raises:
            ScriptError: the script has no such function, or the function fails or does not end.
        """
        value = self._globals.get(function)
        if not callable(value):
            raise ScriptError(f"{self.name} has no function {function!r}")
        return self._guarded(value, *arguments)

    def call_for_number(self, function: str, *arguments: Any) -> float:
        """Call one of the script's functions that returns a number; nil is 0.

        Raises:
            ScriptError: as `call`, or it returns something else.
        """
        result = self.call(function, *arguments)
        return float(self._guarded(BINARY["+"][1], 0 if result is None else result, 0))
