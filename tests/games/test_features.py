"""Features: each group against a plain Python computation of the same."""

from __future__ import annotations

import numpy as np
import pytest

from copain_gym.games import HIRONDELLE
from copain_gym.games.features import Features, Scalars, linear
from copain_gym.games.reader import Reader
from copain_gym.games.variables import Decoder, Variable

TABLE = HIRONDELLE.feature_table


def computed(rams: np.ndarray) -> np.ndarray:
    reader = Reader(rams, HIRONDELLE.decoder, {}, [], TABLE)
    reader.read()
    return reader.features()


def features(ram: np.ndarray) -> dict[str, float]:
    row = computed(ram[None])[0]
    return dict(zip(TABLE.names, row.tolist(), strict=True))


def random_ram(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    ram = rng.integers(0, 256, 2048, dtype=np.uint8)
    ram[0x0500:0x0700] *= rng.random(512) < 0.1  # terrain that is mostly free
    ram[0x0300:0x0320] *= rng.random(32) < 0.5  # some free slots
    ram[0x0320] = rng.integers(16, 193)
    return ram


def terrain_tile(ram: np.ndarray, column: int, row: int) -> int:
    byte = int(ram[0x0500 + 8 * (column % 64) + row // 4])
    return byte >> (2 * (row % 4)) & 3


@pytest.mark.parametrize("seed", range(20))
def test_terrain_is_the_free_space_above_and_below(seed: int) -> None:
    ram = random_ram(seed)
    found = features(ram)
    ship = (int(ram[0x3E]) + 256 * int(ram[0x3F]) + int(ram[0x0360])) // 8
    row = min(int(ram[0x0320]) // 8, 25)
    for k, offset in enumerate(range(-2, 20, 2)):
        column = [terrain_tile(ram, ship + offset, r) for r in range(26)]
        above = next((row - r for r in range(row, -1, -1) if column[r]), row + 1)
        below = next((r - row for r in range(row, 26) if column[r]), 26 - row)
        assert found[f"terrain[{k}].above"] == pytest.approx(above / 26)
        assert found[f"terrain[{k}].below"] == pytest.approx(below / 26)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("group", "first"), [("enemies", 12), ("bullets", 22)])
def test_objects_are_listed_from_the_ship_outwards(seed: int, group: str, first: int) -> None:
    ram = random_ram(seed)
    found = features(ram)
    ship_x, ship_y = int(ram[0x0360]), int(ram[0x0320])
    objects = []
    for slot in range(first, first + 10):
        kind = int(ram[0x0300 + slot])
        dx, dy = int(ram[0x0360 + slot]) - ship_x, int(ram[0x0320 + slot]) - ship_y
        if kind:
            objects.append((abs(dx) + abs(dy), slot, dx, dy, kind))
    objects.sort()
    for k, (_, _, dx, dy, kind) in enumerate(objects):
        assert found[f"{group}[{k}].present"] == 1
        assert found[f"{group}[{k}].dx"] == pytest.approx(dx / 256)
        assert found[f"{group}[{k}].dy"] == pytest.approx(dy / 256)
        if group == "enemies":
            assert found[f"enemies[{k}].dangerous"] == (kind >= 0x80)
            assert found[f"enemies[{k}].capsule"] == (kind == 1)
            assert found[f"enemies[{k}].boss"] == (kind in (0x98, 0x99))
    part, (count, fields) = TABLE.parts[group]
    names = TABLE.names[part][len(objects) * fields :]
    rest = [found[name] for name in names]
    assert len(rest) == (count - len(objects)) * fields
    assert not any(rest)


def test_scalars_are_scaled_and_clipped() -> None:
    ram = np.zeros(2048, np.uint8)
    ram[0x20], ram[0x40], ram[0x42], ram[0x1B], ram[0x3F] = 3, 200, 4, 0x84, 2
    found = features(ram)
    assert found["ship.lives"] == pytest.approx(3 / 5)
    assert found["power.speed"] == 1
    assert [n for n, v in found.items() if n.startswith("power.meter_") and v] == [
        "power.meter_laser"
    ]
    assert found["progress.boss"] == 1
    assert found["progress.scroll"] == pytest.approx(512 / 4096)


def test_all_features_stay_within_the_box() -> None:
    rams = np.random.default_rng(3).integers(0, 256, (500, 2048), dtype=np.uint8)
    rows = computed(rams)
    assert rows.shape == (500, TABLE.size)
    assert rows.dtype == np.float32
    assert rows.min() >= -1
    assert rows.max() <= 1


def test_a_batch_is_as_its_rows_are() -> None:
    rams = np.stack([random_ram(seed) for seed in range(8)])
    rows = computed(rams)
    for ram, row in zip(rams, rows, strict=True):
        assert (computed(ram[None])[0] == row).all()


def test_parts_cover_all_features_in_order() -> None:
    at = 0
    for part, shape in TABLE.parts.values():
        assert part.start == at
        assert part.stop - part.start == np.prod(shape)
        at = part.stop
    assert at == TABLE.size == len(TABLE.names) == len(TABLE.meanings)
    assert len(set(TABLE.names)) == TABLE.size


def test_variables_too_wide_for_a_table_are_computed() -> None:
    decoder = Decoder([Variable("score", 0, "bcd")])
    table = Features((Scalars("g", (linear("score", 0, 1000, "points"),)),), decoder)
    rams = np.zeros((2, 2048), np.uint8)
    rams[0, 1] = 0x05
    rams[1, 2] = 0x05
    reader = Reader(rams, decoder, {}, [], table)
    reader.read()
    assert reader.features()[:, 0].tolist() == [0.5, 1.0]
    rams[:, 1] = 0x02
    reader.read(np.array([0]))
    assert reader.features()[:, 0].tolist() == [np.float32(0.2), 1.0]


def test_columns_of_arrays_are_refused() -> None:
    decoder = Decoder([Variable("xs", 0, count=3)])
    with pytest.raises(ValueError, match="'xs' is an array; allowed are single values"):
        Features((Scalars("g", (linear("xs", 0, 1, ""),)),), decoder)
