"""`Rules`: a game's events and rewards, compiled for C.

They are Python functions of the variables before and after a step. Each is called once with
symbols in place of the variables. The symbols record the operators and NumPy functions that are
applied to them, as instructions that `rules.c` runs. A function that does anything else, such as
`if`, cannot be compiled. Then all functions are called with arrays in every step.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.games import c_tables
from copain_gym.games.c_tables import MAX_INSTRUCTIONS
from copain_gym.games.variables import Decoder
from copain_gym.native import as_contiguous, structure_array

__all__ = ["CannotCompile", "Rules"]

Array: TypeAlias = "npt.NDArray[Any]"
Rule: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]

# The instructions of tables.h in the same order. Those with F work on floating-point numbers.
_Code = enum.IntEnum(
    "_Code",
    "BEFORE AFTER CONSTANT TO_FLOAT NOT INVERT NEGATE ABSOLUTE ADD SUBTRACT MULTIPLY MAXIMUM "
    "MINIMUM EQUAL NOT_EQUAL LESS LESS_EQUAL AND OR XOR SHIFT_LEFT SHIFT_RIGHT F_NEGATE "
    "F_ABSOLUTE F_ADD F_SUBTRACT F_MULTIPLY F_MAXIMUM F_MINIMUM F_EQUAL F_NOT_EQUAL F_LESS "
    "F_LESS_EQUAL SELECT",
    start=0,
)

_COMPARISONS = {
    np.equal: "EQUAL",
    np.not_equal: "NOT_EQUAL",
    np.less: "LESS",
    np.less_equal: "LESS_EQUAL",
}
_MIRRORED = {np.greater: np.less, np.greater_equal: np.less_equal}
_BITWISE = {np.bitwise_and: "AND", np.bitwise_or: "OR", np.bitwise_xor: "XOR"}
_LOGICAL = {np.logical_and: "AND", np.logical_or: "OR", np.logical_xor: "XOR"}
_ARITHMETIC = {
    np.add: "ADD",
    np.subtract: "SUBTRACT",
    np.multiply: "MULTIPLY",
    np.maximum: "MAXIMUM",
    np.minimum: "MINIMUM",
}
_OF_BOOLS = {"ADD": "OR", "MULTIPLY": "AND", "MAXIMUM": "OR", "MINIMUM": "AND"}
_SHIFTS = {np.left_shift: "SHIFT_LEFT", np.right_shift: "SHIFT_RIGHT"}
_SIGNS = {np.negative: "NEGATE", np.absolute: "ABSOLUTE"}


class CannotCompile(Exception):
    """A function cannot be expressed in instructions."""


class _Symbol(np.lib.mixins.NDArrayOperatorsMixin):
    """The result of an instruction: its number, and its kind (b bool, i int64, f double)."""

    def __init__(self, program: _Program, number: int, kind: str) -> None:
        self.program, self.number, self.kind = program, number, kind

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> _Symbol:
        if method != "__call__" or kwargs:
            raise CannotCompile(f"{ufunc.__name__} with {method} and {kwargs}")
        return self.program.apply(ufunc, *inputs)

    def __array_function__(self, called: Any, types: Any, args: Any, kwargs: Any) -> _Symbol:
        if called is np.where and len(args) == 3 and not kwargs:
            return self.program.select(*args)
        raise CannotCompile(f"{called.__name__} of variables")

    def _refuse(self, *args: Any) -> Any:
        raise CannotCompile("the value of a variable decides what is called")

    __array__ = __bool__ = __int__ = __float__ = __index__ = __iter__ = __getitem__ = _refuse
    __hash__ = None  # type: ignore[assignment]


def _wider(x: _Symbol, y: _Symbol) -> str:
    return max(x.kind, y.kind, key="bif".index)


class _Variables(Mapping[str, Any]):
    """The variables before or after a step, as symbols."""

    def __init__(self, program: _Program, side: str, decoder: Decoder) -> None:
        self._program, self._side, self._decoder = program, side, decoder

    def __getitem__(self, name: str) -> _Symbol:
        slot = self._decoder.slots[name]
        if isinstance(slot, slice):
            raise CannotCompile(f"{name!r} is an array")
        return self._program.add("i", self._side, slot)

    def __iter__(self) -> Iterator[str]:
        return iter(self._decoder.slots)

    def __len__(self) -> int:
        return len(self._decoder.slots)


class _Program:
    """The instructions so far; equal instructions are kept once."""

    def __init__(self) -> None:
        self.code: list[tuple[int, int, int, int]] = []
        self.constants: list[bytes] = []
        self._known: dict[tuple[int, ...], int] = {}

    def add(self, kind: str, name: str, a: int = 0, b: int = 0, c: int = 0) -> _Symbol:
        instruction = (int(_Code[name]), a, b, c)
        number = self._known.setdefault(instruction, len(self.code))
        if number == len(self.code):
            if number == MAX_INSTRUCTIONS:
                raise CannotCompile(f"there are more than {MAX_INSTRUCTIONS} instructions")
            self.code.append(instruction)
        return _Symbol(self, number, kind)

    def symbol(self, value: Any) -> _Symbol:
        """A value as a symbol; a number becomes a constant."""
        if isinstance(value, _Symbol):
            return value
        if isinstance(value, (bool, np.bool_)):
            kind, data = "b", np.int64(value).tobytes()
        elif isinstance(value, (int, np.integer)) and -(2**63) <= value < 2**63:
            kind, data = "i", np.int64(value).tobytes()
        elif isinstance(value, (float, np.floating)):
            kind, data = "f", np.float64(value).tobytes()
        else:
            raise CannotCompile(f"the constant {value!r}")
        if data not in self.constants:
            self.constants.append(data)
        return self.add(kind, "CONSTANT", self.constants.index(data))

    def as_float(self, symbol: _Symbol) -> _Symbol:
        return symbol if symbol.kind == "f" else self.add("f", "TO_FLOAT", symbol.number)

    def as_bool(self, symbol: _Symbol) -> _Symbol:
        return symbol if symbol.kind == "b" else self.apply(np.not_equal, symbol, 0)

    def apply(self, ufunc: Any, *inputs: Any) -> _Symbol:
        """The instruction for a NumPy function; the result has NumPy's type."""
        x, *others = (self.symbol(value) for value in inputs)
        if not others:
            return self._of_one(ufunc, x)
        if len(others) > 1:
            raise CannotCompile(ufunc.__name__)
        (y,) = others
        if ufunc in _MIRRORED:
            ufunc, x, y = _MIRRORED[ufunc], y, x
        if ufunc in _LOGICAL:
            return self.add("b", _LOGICAL[ufunc], self.as_bool(x).number, self.as_bool(y).number)
        if ufunc in _BITWISE and "f" not in (x.kind, y.kind):
            return self.add(_wider(x, y), _BITWISE[ufunc], x.number, y.number)
        if ufunc in _SHIFTS and x.kind == "i" and type(inputs[1]) is int and 0 <= inputs[1] < 64:
            return self.add("i", _SHIFTS[ufunc], x.number, inputs[1])
        if ufunc not in _COMPARISONS and ufunc not in _ARITHMETIC:
            raise CannotCompile(ufunc.__name__)
        name = (_COMPARISONS | _ARITHMETIC)[ufunc]
        kind = _wider(x, y)
        if kind == "f":
            x, y, name = self.as_float(x), self.as_float(y), f"F_{name}"
        elif kind == "b" and ufunc in _ARITHMETIC:
            if name not in _OF_BOOLS:
                raise CannotCompile(f"{ufunc.__name__} of bools")
            name = _OF_BOOLS[name]
        return self.add("b" if ufunc in _COMPARISONS else kind, name, x.number, y.number)

    def _of_one(self, ufunc: Any, x: _Symbol) -> _Symbol:
        if ufunc is np.logical_not or (ufunc is np.invert and x.kind == "b"):
            return self.add("b", "NOT", self.as_bool(x).number)
        if ufunc is np.invert and x.kind == "i":
            return self.add("i", "INVERT", x.number)
        if ufunc in _SIGNS and x.kind != "b":
            return self.add(x.kind, ("F_" if x.kind == "f" else "") + _SIGNS[ufunc], x.number)
        raise CannotCompile(ufunc.__name__)

    def select(self, condition: Any, x: Any, y: Any) -> _Symbol:
        """`np.where`."""
        test, x, y = self.as_bool(self.symbol(condition)), self.symbol(x), self.symbol(y)
        kind = _wider(x, y)
        if kind == "f":
            x, y = self.as_float(x), self.as_float(y)
        return self.add(kind, "SELECT", test.number, x.number, y.number)


def _trace(rule: Rule, before: _Variables, after: _Variables) -> Any:
    try:
        return rule(before, after)
    except Exception as error:
        # It does not work with symbols. If the error is its own, arrays raise it again.
        raise CannotCompile(str(error)) from error


class Rules:
    """Some events and a reward of a game, compiled.

    Args:
        decoder: the decoder of the game's variables.
        events: functions of the variables before and after a step that say whether something
            happened.
        terms: weights and functions whose weighted sum is the reward.

    Attributes:
        structure: the structure for C.

    Raises:
        CannotCompile: one of the functions cannot be compiled.
    """

    def __init__(
        self, decoder: Decoder, events: Iterable[Rule], terms: Sequence[tuple[float, Rule]]
    ) -> None:
        program = _Program()
        sides = [_Variables(program, side, decoder) for side in ("BEFORE", "AFTER")]
        happened = [program.symbol(_trace(event, *sides)) for event in events]
        if any(symbol.kind != "b" for symbol in happened):
            raise CannotCompile("an event is a number")
        values = [program.as_float(program.symbol(_trace(term, *sides))) for _, term in terms]
        self.structure = c_tables.Rules(
            length=len(program.code),
            constants=len(program.constants),
            events=len(happened),
            terms=len(values),
            code=structure_array(c_tables.Instruction, program.code),
            constant=np.frombuffer(b"".join(program.constants), np.int64),
            event=as_contiguous([symbol.number for symbol in happened], np.int32),
            term=as_contiguous([symbol.number for symbol in values], np.int32),
            weight=as_contiguous([weight for weight, _ in terms], np.float64),
        )
