"""A small interpreter for the Lua of stable-retro's reward scripts.

It supports functions, local and global variables, `if`, numeric `for`, `return`, calls, fields, and
the operators of Lua 5.1. It does not support tables, methods of strings, or other loops. A script
sees `data` with the decoded variables, and `math`. Anything else raises an error with the line
number.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

__all__ = ["LuaScript"]

_TOKEN = re.compile(
    r"(?P<space>\s+|--\[\[.*?\]\]|--[^\n]*)"
    r"|(?P<number>0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<string>\"[^\"\\\n]*\"|'[^'\\\n]*')"
    r"|(?P<operator>==|~=|<=|>=|\.\.|[-+*/%^<>=(),.;])",
    re.DOTALL,
)
_KEYWORDS = frozenset(
    (
        *("and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in"),
        *("local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while"),
    )
)
_MATH = {"floor": math.floor, "ceil": math.ceil, "abs": abs, "min": min, "max": max}


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


def _divide(a: Any, b: Any) -> float:
    return a / b if b else math.nan if a == 0 else math.copysign(math.inf, a)


_BINARY: dict[str, tuple[int, Callable[[Any, Any], Any]]] = {
    "<": (3, operator.lt),
    ">": (3, operator.gt),
    "<=": (3, operator.le),
    ">=": (3, operator.ge),
    "==": (3, operator.eq),
    "~=": (3, operator.ne),
    "..": (4, lambda a, b: f"{a}{b}"),
    "+": (5, operator.add),
    "-": (5, operator.sub),
    "*": (6, operator.mul),
    "/": (6, _divide),
    "%": (6, operator.mod),
    "^": (8, operator.pow),
}
_UNARY_LEVEL = 7
_RIGHT = ("..", "^")  # associate to the right


def _truth(value: Any) -> bool:
    return value is not None and value is not False  # 0 is true in Lua


class _Parser:
    def __init__(self, source: str, name: str) -> None:
        self.name = name
        self.tokens: list[tuple[str, str, int]] = []
        at, line = 0, 1
        while at < len(source):
            match = _TOKEN.match(source, at)
            if match is None:
                raise self.error(f"{source[at]!r}", line)
            if match.lastgroup != "space":
                self.tokens.append((str(match.lastgroup), match[0], line))
            line += match[0].count("\n")
            at = match.end()
        self.tokens.append(("end of file", "end of file", line))
        self.at = 0

    def error(self, what: str, line: int) -> ValueError:
        return ValueError(f"{self.name}, line {line}: {what} is not supported here")

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

    def unexpected(self) -> ValueError:
        return self.error(repr(self.text), self.tokens[self.at][2])

    def identifier(self) -> str:
        if self.tokens[self.at][0] != "name" or self.text in _KEYWORDS:
            raise self.unexpected()
        return self.take()

    # ---- statements ----------------------------------------------------

    def block(self, *ends: str) -> Statement:
        statements: list[Statement] = []
        while self.text not in ends:
            statements.append(self.statement())
            self.accept(";")

        def run(scope: _Scope) -> tuple[Any] | None:
            for statement in statements:
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

        def define(scope: _Scope) -> None:
            def call(*arguments: Any) -> Any:
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
                if _truth(condition(scope)):
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

        def run(scope: _Scope) -> tuple[Any] | None:
            value, end, by = first(scope), last(scope), step(scope)
            while value <= end if by > 0 else value >= end:
                inner = _Scope(scope)
                inner.variables[name] = value
                returned = body(inner)
                if returned is not None:
                    return returned
                value += by
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
            return value if _truth(value) is stop else b(scope)

        return evaluate

    def binary(self, level: int) -> Expression:
        left = self.unary()
        while self.tokens[self.at][0] == "operator" and self.text in _BINARY:
            own, function = _BINARY[self.text]
            if own < level:
                break
            right = self.binary(own if self.take() in _RIGHT else own + 1)
            left = self._apply(function, left, right)
        return left

    @staticmethod
    def _apply(function: Callable[[Any, Any], Any], a: Expression, b: Expression) -> Expression:
        return lambda scope: function(a(scope), b(scope))

    def unary(self) -> Expression:
        if self.accept("not"):
            value = self.binary(_UNARY_LEVEL)
            return lambda scope: not _truth(value(scope))
        if self.accept("-"):
            value = self.binary(_UNARY_LEVEL)
            return lambda scope: -value(scope)
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

    @staticmethod
    def _field(table: Expression, name: str) -> Expression:
        return lambda scope: table(scope)[name]

    @staticmethod
    def _call(function: Expression, arguments: list[Expression]) -> Expression:
        return lambda scope: function(scope)(*(a(scope) for a in arguments))

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
    return int(text, 0) if text.isdigit() or text[:2].lower() == "0x" else float(text)


class LuaScript:
    """A script and its global variables.

    Args:
        source: its text.
        name: its name in messages.

    Raises:
        ValueError: the script uses something that is not supported.

    Examples:
        >>> script = LuaScript("n = 0 function add(k) n = n + k * data.x return n end")
        >>> script.data = {"x": 2}
        >>> script.call("add", 3), script.call("add", 1)
        (6, 8)
    """

    def __init__(self, source: str, name: str = "script") -> None:
        self.name = name
        parser = _Parser(source, name)
        body = parser.block("end of file")
        self._globals = _Scope()
        self._globals.variables.update(math=_MATH, data={})
        body(self._globals)

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
            ValueError: the script has no such function.
        """
        value = self._globals.get(function)
        if not callable(value):
            raise ValueError(f"{self.name} has no function {function!r}")
        return value(*arguments)
