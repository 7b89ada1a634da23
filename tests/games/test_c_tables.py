"""The structures and the instruction table of C are Python's, and C refuses wrong tables."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from copain_gym.games import HIRONDELLE, c_tables
from copain_gym.games.features import Features, Scalars, linear
from copain_gym.games.features_c import Program
from copain_gym.games.reader import Reader
from copain_gym.games.rules import Rules, _Code
from copain_gym.games.variables import Decoder, Variable
from copain_gym.native import Structure, as_contiguous, c_function, structure_array

ROOT = Path(__file__).resolve().parents[2]
STRUCTURES = [s for s in vars(c_tables).values() if isinstance(s, type) and s.__base__ is Structure]
DECODER = Decoder([Variable("x", 0x10), Variable("y", 0x11), Variable("kinds", 0x20, count=4)])


def test_each_structure_is_as_c_has_it(tmp_path: Path) -> None:
    """The compiler looks at each field."""
    lines = ['#include "tables.h"']
    for structure in STRUCTURES:
        name = structure.__name__
        end = 0
        for field, *_ in structure._fields_:
            at = getattr(structure, field)
            lines.append(f'_Static_assert(offsetof({name}, {field}) == {at.offset}, "{field}");')
            lines.append(f'_Static_assert(sizeof((({name} *)0)->{field}) == {at.size}, "{field}");')
            end = at.offset + at.size
        lines.append(f'_Static_assert(sizeof({name}) - {end} < 8, "{name} has more fields");')
    for name in ("MAX_INSTRUCTIONS", "MAX_OBJECTS"):
        lines.append(f'_Static_assert({name} == {getattr(c_tables, name)}, "{name}");')
    source = tmp_path / "layout.c"
    source.write_text("\n".join(lines) + "\n")
    command = ["cc", "-fsyntax-only", "-I", str(ROOT / "copain_gym" / "games"), str(source)]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_no_structure_is_forgotten() -> None:
    header = (ROOT / "copain_gym" / "games" / "tables.h").read_text()
    names = set(re.findall(r"^} (\w+);", header, re.MULTILINE)) - {"Value"}  # a union of numbers
    assert {structure.__name__ for structure in STRUCTURES} == names


def test_the_instructions_are_in_the_same_order() -> None:
    name_of = c_function("copain_games", "copain_instruction", "u", "s")
    assert [name_of(code).decode() for code in _Code] == [code.name for code in _Code]
    assert name_of(len(_Code)) is None


def test_structures_keep_what_they_point_to() -> None:
    rows = [(k, 0, 0, 3, as_contiguous([k, k, k], np.float32)) for k in range(50)]
    array = structure_array(c_tables.Column, rows)
    del rows
    tables = [
        np.ctypeslib.as_array((np.ctypeslib.ctypes.c_float * 3).from_address(int(at)))
        for at in array["table"]
    ]
    assert [table.tolist() for table in tables] == [[k] * 3 for k in range(50)]


def test_structures_want_each_field() -> None:
    with pytest.raises(TypeError, match="Decoder has the fields"):
        c_tables.Decoder(count=1, variables=1, parts=None)
    with pytest.raises(ValueError, match="contiguous"):
        c_tables.Part(address=0, value=0, adds=np.zeros((4, 4))[:, 0])


class _Made:
    """Features of a game that does not use `Features`."""

    wide = False

    def __init__(self, size: int, *rows: Any) -> None:
        self.size = size
        self.structure = Program(size, *rows).structure


TABLE = np.zeros(256)
KINDS = np.zeros((256, 3))


@pytest.mark.parametrize(
    ("columns", "objects", "terrains", "message"),
    [
        ([(9, 0, 0, 256, TABLE)], [], [], "a column lies outside of the features"),
        ([(-1, 0, 0, 256, TABLE)], [], [], "a column lies outside of the features"),
        ([(0, 6, 0, 256, TABLE)], [], [], "a column belongs to no variable"),
        ([(0, 0, 0, 0, TABLE)], [], [], "a column has no values"),
        ([], [(0, 65, 3, 2, 2, 2, 0, 1, KINDS)], [], "a group has too many objects"),
        ([], [(0, -1, 3, 2, 2, 2, 0, 1, KINDS)], [], "a group has too many objects"),
        ([], [(0, 4, 3, 2, 2, 2, 0, 1, KINDS)], [], "objects lie outside of the features"),
        ([], [(0, 3, 3, 2, 4, 2, 0, 1, KINDS)], [], "objects have variables that do not exist"),
        ([], [(0, 3, 3, 2, 2, 2, 0, 7, KINDS)], [], "objects have variables that do not exist"),
        ([], [], [(0, 1, 0x7000, 0, 0, 1, [0])], "the map of a terrain lies outside of the image"),
        ([], [], [(0, 1, -5, 0, 0, 1, [0])], "the map of a terrain lies outside of the image"),
        ([], [], [(0, 1, 0x601, 0, 0, 1, [0])], "the map of a terrain lies outside of the image"),
        ([], [], [(0, 5, 0, 0, 0, 1, [0] * 5)], "terrain lies outside of the features"),
        ([], [], [(0, 1, 0, 9, 0, 1, [0])], "a terrain has variables that do not exist"),
    ],
)
def test_tables_that_lead_astray_are_refused(
    columns: Any, objects: Any, terrains: Any, message: str
) -> None:
    made: Any = _Made(9, columns, objects, terrains)
    with pytest.raises(ValueError, match=message):
        Reader(np.zeros((1, 2048), np.uint8), DECODER, {}, [], made)


def test_tables_at_the_edge_are_taken() -> None:
    made: Any = _Made(
        12,
        [(11, 5, 0, 256, TABLE)],
        [(0, 3, 3, 2, 2, 3, 0, 1, KINDS)],
        [(9, 1, 0x600, 0, 0, 1, [0])],
    )
    reader = Reader(np.zeros((1, 2048), np.uint8), DECODER, {}, [], made)
    reader.read()
    assert reader.features().shape == (1, 12)


def test_features_of_another_table_are_refused() -> None:
    variables = [Variable(f"v{k}", k) for k in range(10)]
    features = Features((Scalars("g", (linear("v9", 0, 255, ""),)),), Decoder(variables))
    with pytest.raises(ValueError, match="a column belongs to no variable"):
        Reader(np.zeros((1, 2048), np.uint8), DECODER, {}, [], features)


@pytest.mark.parametrize(
    "code",
    [
        (len(_Code), 0, 0, 0),
        (-1, 0, 0, 0),
        (_Code.BEFORE, 6, 0, 0),
        (_Code.CONSTANT, 0, 0, 0),
        (_Code.NOT, 1, 0, 0),
        (_Code.ADD, 0, 1, 0),
        (_Code.SELECT, 0, 0, 1),
        (_Code.SHIFT_LEFT, 0, 64, 0),
    ],
)
def test_wrong_instructions_are_refused(code: tuple[int, int, int, int]) -> None:
    now = np.zeros((1, 2048), np.uint8)
    reader = Reader(now, DECODER, {}, [(1.0, lambda v, w: v["x"])])
    rules: Any = reader._rules
    right, wrong = (
        structure_array(c_tables.Instruction, [(_Code.BEFORE, 0, 0, 0), second])
        for second in ((_Code.TO_FLOAT, 0, 0, 0), code)
    )
    rules.structure.code = right.ctypes.data
    c_tables.check(reader._structure)
    rules.structure.code = wrong.ctypes.data
    with pytest.raises(ValueError, match="an instruction of the rules is not valid"):
        c_tables.check(reader._structure)


@pytest.mark.parametrize("row", [3, -1, 2**40])
def test_rows_of_no_emulator_are_refused(row: int) -> None:
    now = np.full((3, 2048), 7, np.uint8)
    reader = Reader(now, DECODER, {}, [])
    with pytest.raises(IndexError, match=f"no emulator {row}; allowed are 0 to 2"):
        reader.read(np.array([0, row]))
    assert not reader.values()["x"].any()


@pytest.mark.parametrize("shape", [(3, 2047), (3, 2049), (2048,)])
def test_images_of_another_size_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"allowed is \(n, 2048\) of uint8"):
        Reader(np.zeros(shape, np.uint8), HIRONDELLE.decoder, {}, [])


def test_images_must_be_contiguous() -> None:
    wide = np.zeros((3, 4096), np.uint8)
    with pytest.raises(ValueError, match="contiguous"):
        Reader(wide[:, :2048], DECODER, {}, [])


@pytest.mark.parametrize("shape", [(2, 100), (100,), (2, 2, 2048)])
def test_short_ram_is_not_decoded(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"allowed are \(2048,\) and \(n, 2048\)"):
        DECODER.vector(np.zeros(shape, np.uint8))


def test_rules_have_as_many_values_as_c_has_room_for() -> None:
    rules = Rules(DECODER, [], [(1.0, lambda v, w: v["x"] + w["y"])])
    assert rules.structure.length == 4  # two variables, their sum, as a floating-point number
    assert rules.structure.constants == 0
