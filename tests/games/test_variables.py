"""Variables in RAM: types, arrays, batches, bad tables, cost."""

from __future__ import annotations

import timeit

import numpy as np
import pytest

from copain_gym.games import GRADIUS, HIRONDELLE
from copain_gym.games.variables import TYPES, Decoder, Variable

BYTES = (0x94, 0x21, 0x83, 0x07)  # at address 0x10


def decode(variable: Variable) -> int:
    ram = np.zeros(2048, np.uint8)
    ram[0x10:0x14] = BYTES
    return Decoder([variable])(ram)["x"]


@pytest.mark.parametrize(
    ("type_", "size", "value"),
    [
        ("u8", 1, 0x94),
        ("i8", 1, 0x94 - 0x100),
        ("u16", 2, 0x2194),
        ("u16be", 2, 0x9421),
        ("i16", 2, 0x2194),
        ("i16be", 2, 0x9421 - 0x10000),
        ("u24", 3, 0x832194),
        ("u24be", 3, 0x942183),
        ("u32", 4, 0x07832194),
        ("u32be", 4, 0x94218307),
        ("bcd", 3, 832194),
        ("bcdbe", 3, 942183),
        ("digits", 4, 7314),
        ("digitsbe", 4, 4137),
    ],
)
def test_types(type_: str, size: int, value: int) -> None:
    assert decode(Variable("x", 0x10, type_, size=size)) == value


def test_every_type_is_tested() -> None:
    tested = test_types.pytestmark[0].args[1]
    assert {case[0] for case in tested} == set(TYPES)


def test_mask_scale_and_array() -> None:
    ram = np.zeros(2048, np.uint8)
    ram[0x10:0x14] = BYTES
    table = [
        Variable("bits", 0x10, mask=0x30),
        Variable("tens", 0x13, scale=10),
        Variable("pairs", 0x10, "u16", count=2, stride=2),
        Variable("every_second", 0x10, count=2, stride=2),
    ]
    values = Decoder(table)(ram)
    assert values["bits"] == 1
    assert values["tens"] == 70
    assert values["pairs"].tolist() == [0x2194, 0x0783]
    assert values["every_second"].tolist() == [0x94, 0x83]
    assert values.to_dict().keys() == values.keys()


def test_nibbles_that_are_no_digits_count_modulo_ten() -> None:
    ram = np.full(2048, 0xAF, np.uint8)
    assert Decoder([Variable("x", 0, "bcd", size=1)])(ram)["x"] == 5


@pytest.mark.parametrize("game", [HIRONDELLE, GRADIUS], ids=lambda g: g.name)
def test_a_batch_decodes_as_its_rows_do(game) -> None:
    rams = np.random.default_rng(1).integers(0, 256, (7, 2048), dtype=np.uint8)
    batch = game.decode(rams)
    for lane, ram in enumerate(rams):
        one = game.decode(ram)
        assert (batch.vector[lane] == one.vector).all()
        for name, value in one.items():
            assert np.array_equal(batch[name][lane], value), name


def test_scalars_of_one_ram_are_ints() -> None:
    values = HIRONDELLE.decode(np.zeros(2048, np.uint8))
    assert type(values["lives"]) is int
    assert type(values.to_dict()["lives"]) is int
    assert values["enemy_x"].shape == (10,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"type": "u64"}, "'u64'; allowed are u8"),
        ({"type": ["u8"]}, "type is .'u8'.; allowed are u8"),
        ({"mask": 0}, "mask is 0x0; allowed are integers from 0x1 to 0xff"),
        ({"type": "u16", "mask": 3}, "only variables of one byte"),
        ({"count": -1}, "count is -1; allowed are integers from 0 to"),
        ({"size": 9}, "size is 9; allowed are integers from 1 to 8"),
        ({"size": 2.0}, "size is 2.0; allowed are integers"),
        ({"stride": 0}, "stride is 0; allowed are integers from 1"),
        ({"scale": 0}, "scale is 0; allowed are integers from 1"),
        ({"type": "u32", "scale": 2**40}, "fit in 64 bits"),
        ({"address": -5}, "address is -0x5; allowed are integers from 0x0 to 0xffff"),
        ({"address": 0x10000}, "address is 0x10000; allowed"),
        ({"address": "0x10"}, "address is '0x10'; allowed are integers"),
        ({"address": True}, "address is True; allowed are integers"),
        ({"name": ""}, "name of a variable is ''; allowed is a text"),
    ],
)
def test_bad_variables_say_what_is_allowed(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Variable(**{"name": "x", "address": 0, **arguments})


def test_addresses_outside_of_ram_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"'x' is at address 0x800; allowed are 0x0 to 0x7ff \(RAM\)"
    ):
        Decoder([Variable("x", 0x7FF, "u16")])


def test_names_must_differ() -> None:
    with pytest.raises(ValueError, match="named twice: x"):
        Decoder([Variable("x", 0), Variable("x", 1)])


@pytest.mark.parametrize("ram", [np.zeros(2047, np.uint8), np.zeros(2048, np.int64)])
def test_other_shapes_and_dtypes_are_refused(ram: np.ndarray) -> None:
    with pytest.raises(ValueError, match="allowed are"):
        HIRONDELLE.decode(ram)


def test_one_ram_costs_under_20_microseconds() -> None:
    ram = np.random.default_rng(1).integers(0, 256, 2048, dtype=np.uint8)
    times = timeit.repeat(lambda: GRADIUS.decode(ram), number=200, repeat=50)
    assert min(times) / 200 < 20e-6
