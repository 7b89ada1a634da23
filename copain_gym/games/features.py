"""Features: numbers in [-1, 1] that are computed from variables, for a policy to learn from.

A game lists groups of features; `Features` computes all of them for n emulators in one call. In the
group `Scalars`, each feature depends on one variable; it suits any game. Other groups implement the
methods of `Group`; `shooter.features` has examples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.games.checks import check_names, check_tuple
from copain_gym.games.features_c import Program
from copain_gym.games.variables import Decoder, Variable

__all__ = [
    "Column",
    "Features",
    "Group",
    "GroupTable",
    "Scalars",
    "equals",
    "linear",
    "one_of_each",
    "single_value",
]

Array: TypeAlias = npt.NDArray[Any]

_TABLE_SIZE = 0x10000  # a variable with at most this many values gets a lookup table


@dataclass
class GroupTable:
    """The features of a group, and how to compute them.

    Attributes:
        shape: shape of the group, as `obs_type="dict"` documents it.
        names: names of its features, without the group's name; as many as `shape` has elements.
        meanings: meaning of each feature, for the documentation.
        rows: for C, rows of fields by the name of an argument of `Program`. The first field is the
            index of the row's first feature within the group; `Features` adds the index at which
            the group begins.
        wide: features that C does not compute: column, index of its variable in `Values.vector`,
            index in the group.
    """

    shape: tuple[int, ...]
    names: list[str]
    meanings: list[str]
    rows: Mapping[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    wide: list[tuple[Column, int, int]] = field(default_factory=list)


class Group(Protocol):
    """A group of features."""

    @property
    def name(self) -> str:
        """Name of the group."""

    def check(self, decoder: Decoder) -> None:
        """Check everything that C will read; called when the `Game` is made.

        Raises:
            ValueError: a value is not allowed; the error names it and what is allowed.
        """

    def table(self, decoder: Decoder) -> GroupTable:
        """The group's features; called when they are first needed."""


@dataclass(frozen=True)
class Column:
    """One feature that depends on one variable.

    Args:
        name: name of the feature.
        variable: name of its variable, which must be a single value.
        function: takes values of the variable, int64 of any shape, and returns an array of the same
            shape with numbers in [-1, 1].
        meaning: its meaning, for the documentation.
    """

    name: str
    variable: str
    function: Callable[[Array], Array]
    meaning: str

    def compute(self, values: Array) -> Array:
        """The feature for some values of the variable, an array of the same shape.

        Raises:
            ValueError: the function returns anything but numbers in [-1, 1].
        """
        found = np.asarray(self.function(values))
        if found.shape != values.shape or found.dtype.kind not in "biuf":
            raise ValueError(
                f"feature {self.name!r} is {found.dtype} of shape {found.shape} for values of "
                f"shape {values.shape}; allowed is one number for each value"
            )
        wrong = ~((found >= -1) & (found <= 1))  # also true for NaN
        if wrong.any():
            raise ValueError(
                f"feature {self.name!r} is {found[wrong][0]} where {self.variable} is "
                f"{values[wrong][0]}; allowed are numbers from -1 to 1"
            )
        return found


@dataclass(frozen=True)
class _Scaled:  # a class, because a nested function cannot be pickled
    low: float
    high: float

    def __call__(self, v: Array) -> Array:
        scaled: Array = np.clip((v - self.low) / (self.high - self.low), 0.0, 1.0)
        return scaled


@dataclass(frozen=True)
class _IsIn:
    values: tuple[int, ...]

    def __call__(self, v: Array) -> Array:
        return np.isin(v, self.values).astype(float)


def linear(variable: str, low: float, high: float, meaning: str, name: str = "") -> Column:
    """A variable from `low` to `high`, scaled to 0 to 1 and clipped there.

    Raises:
        ValueError: `low` is not less than `high`.
    """
    if not low < high:
        raise ValueError(f"the range of {variable!r} is {low!r} to {high!r}; allowed is low < high")
    return Column(
        name or variable,
        variable,
        _Scaled(low, high),
        f"{meaning}, {low:g} to {high:g} scaled to 0 to 1",
    )


def equals(name: str, variable: str, values: Sequence[int], meaning: str) -> Column:
    """1 where a variable has one of the values, else 0."""
    return Column(name, variable, _IsIn(tuple(values)), f"1 {meaning}")


@dataclass(frozen=True)
class Scalars:
    """A group of columns, (len(columns),)."""

    name: str
    columns: tuple[Column, ...]

    def check(self, decoder: Decoder) -> None:
        """See `Group`."""
        check_tuple(f"features {self.name!r}: columns", self.columns, Column, "Column")
        for column in self.columns:
            what = f"feature {self.name}.{column.name}"
            single_value(what, decoder, column.variable)
            if not callable(column.function):
                raise ValueError(f"{what}: function is {column.function!r}; allowed is a function")

    def table(self, decoder: Decoder) -> GroupTable:
        """See `Group`."""
        rows: list[tuple[Any, ...]] = []
        wide: list[tuple[Column, int, int]] = []
        for index, column in enumerate(self.columns):
            variable, slot = single_value(self.name, decoder, column.variable)
            low, high = variable.range
            if high - low < _TABLE_SIZE:
                values = column.compute(np.arange(low, high + 1))
                rows.append((index, slot, low, len(values), values))
            else:
                column.compute(np.array([low, 0, high]))  # a check of what it returns
                wide.append((column, slot, index))
        return GroupTable(
            (len(self.columns),),
            [column.name for column in self.columns],
            [column.meaning for column in self.columns],
            {"columns": rows},
            wide,
        )


def one_of_each(variables: Sequence[Variable]) -> tuple[Scalars, ...]:
    """One feature for each single-value variable: the range of its type, scaled to 0 to 1."""
    return tuple(
        Scalars(v.name, (linear(v.name, *v.range, f"{v.name} over its type's range", "value"),))
        for v in variables
        if not v.count
    )


class Features:
    """Computes the features of n emulators.

    Args:
        groups: the groups, in the order of their features.
        decoder: the decoder of the game's variables.

    Attributes:
        size: number of features, F.
        names: name of each feature, F of them.
        meanings: meaning of each feature, F of them.
        parts: slice and shape of each group.
        structure: the structure for C.
        wide: whether C does not compute all features; see `fill_wide`.

    Raises:
        ValueError: a group is not valid; the error says what is allowed.
    """

    def __init__(self, groups: Sequence[Group], decoder: Decoder) -> None:
        self.names: list[str] = []
        self.meanings: list[str] = []
        self.parts: dict[str, tuple[slice, tuple[int, ...]]] = {}
        self._wide: list[tuple[Column, int, int]] = []
        rows: dict[str, list[tuple[Any, ...]]] = {}
        for group in groups:
            group.check(decoder)
            first = len(self.names)
            table = group.table(decoder)
            self.names += [
                f"{group.name}{'' if name.startswith('[') else '.'}{name}" for name in table.names
            ]
            self.meanings += table.meanings
            self.parts[group.name] = slice(first, len(self.names)), table.shape
            for kind, fields in table.rows.items():
                rows.setdefault(kind, []).extend((first + row[0], *row[1:]) for row in fields)
            self._wide += [(column, slot, first + index) for column, slot, index in table.wide]
        self.size = len(self.names)
        self.structure = Program(self.size, **rows).structure
        self.wide = bool(self._wide)

    def fill_wide(self, vector: Array, out: npt.NDArray[np.float32]) -> None:
        """Compute the features that C does not: the variable has too many values for a table.

        Args:
            vector: the variables of n emulators, (n, k) int64.
            out: their features, (n, F), which are filled in.
        """
        for column, slot, index in self._wide:
            out[:, index] = column.function(vector[:, slot])


def single_value(what: str, decoder: Decoder, name: str) -> tuple[Variable, int]:
    """A variable that is a single value, and its index in `Values.vector`.

    Args:
        what: name of its user in the message.
        decoder: the decoder of the game's variables.
        name: name of the variable.

    Raises:
        ValueError: there is no such variable, or it is an array.
    """
    check_names(f"{what}: variable", [name], decoder.variables)
    slot = decoder.slots[name]
    if not isinstance(slot, int):
        raise ValueError(f"{what}: variable {name!r} is an array; allowed are single values")
    return decoder.variables[name], slot
