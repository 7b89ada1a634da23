"""`Rules`: C gives to the bit what the games' functions give with NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from copain_gym.envs.options import EnvOptions
from copain_gym.envs.task import Task
from copain_gym.games import GRADIUS, HIRONDELLE
from copain_gym.games.game import Game
from copain_gym.games.reader import Reader
from copain_gym.games.retro.integration import load_integration
from copain_gym.games.rules import CannotCompile, Rules
from copain_gym.games.variables import Decoder, Variable

N = 2000
DECODER = Decoder(
    [Variable("a", 0, "i16"), Variable("b", 2, "i8"), Variable("c", 3), Variable("d", 4, count=3)]
)

Change = Callable[[Any, Any], Any]


def images(size: int = 2048, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """RAM before and after; half of the bytes stay, and many are small or equal."""
    rng = np.random.default_rng(seed)
    before = rng.integers(0, 256, (N, size), dtype=np.uint8)
    before[::2] &= 0x87
    after = np.where(rng.random((N, size)) < 0.5, before, rng.permutation(before))
    return before, after


# Every instruction of rules.c is in one of these.
INTEGERS: list[Change] = [
    lambda v, w: v["a"] + w["b"] - 3 * v["c"],
    lambda v, w: np.maximum(v["a"], w["a"]) - np.minimum(v["b"], 5),
    lambda v, w: (v["a"] & 0xF0) | (w["c"] ^ v["c"]),
    lambda v, w: (v["c"] << 3) + (w["a"] >> 2),
    lambda v, w: -v["b"] + abs(w["b"]) + ~v["c"],
    lambda v, w: np.where(v["c"] > 100, w["a"], -1),
    lambda v, w: (v["a"] == w["a"]) * 1 + (v["b"] > 0) * v["c"],
    lambda v, w: v["a"] * v["a"] * v["a"] * v["a"] * v["a"],  # wraps
    lambda v, w: True + (v["c"] > 3),
    lambda v, w: 7,
]
FLOATS: list[Change] = [
    lambda v, w: 0.1 * v["a"] - w["b"],
    lambda v, w: np.maximum(v["a"] * 0.3, w["a"] * 0.2) + np.minimum(v["c"], 2.5),
    lambda v, w: -(v["a"] * 0.7) + abs(v["b"] * 1.1),
    lambda v, w: np.where(v["a"] * 0.5 < w["a"], v["b"] * 0.1, w["c"]),
    lambda v, w: 1.5 * (v["c"] == 7),
    lambda v, w: ((v["a"] * 0.5 == w["a"]) & (v["b"] * 1.0 != 3)) * 2.0,
    lambda v, w: (v["a"] * 0.5 <= w["a"]) * 0.25,
]
TRUTHS: list[Change] = [
    lambda v, w: v["a"] == w["a"],
    lambda v, w: v["a"] != w["a"],
    lambda v, w: (v["a"] < w["a"]) | (v["b"] <= w["b"]),
    lambda v, w: (v["a"] > w["a"]) & (v["b"] >= w["b"]),
    lambda v, w: (v["a"] > w["a"]) ^ (v["b"] >= w["b"]),
    lambda v, w: np.logical_not(v["a"]),
    lambda v, w: ~(v["c"] == 3),
    lambda v, w: np.logical_and(v["c"], w["b"] > 0),
    lambda v, w: np.logical_or(v["a"], w["c"]) | np.logical_xor(v["b"], w["b"]),
    lambda v, w: (v["c"] > 3) + (w["c"] > 3),
    lambda v, w: (v["c"] > 3) * (w["c"] > 3),
    lambda v, w: np.maximum(v["c"] > 3, w["c"] > 3),
    lambda v, w: v["c"] > 5,
    lambda v, w: False,
]


def read(
    reader: Reader, images: np.ndarray, before: np.ndarray, after: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    for step in (before, after):
        images[:] = step
        reader.read()
    return reader.rewards(), reader.events()


@pytest.mark.parametrize("change", [*INTEGERS, *FLOATS])
def test_a_term(change: Change) -> None:
    rams = images()
    now = np.empty_like(rams[0])
    reader = Reader(now, DECODER, {}, [(0.3, change), (-2.0, change)])
    assert reader.in_c
    rewards, happened = read(reader, now, *rams)
    before, after = map(DECODER, rams)
    with np.errstate(over="ignore"):
        expected = np.zeros(N) + 0.3 * change(before, after) + -2.0 * change(before, after)
    assert happened == {}
    assert rewards.dtype == np.float64
    assert (rewards == expected).all()


@pytest.mark.parametrize("event", TRUTHS)
def test_an_event(event: Change) -> None:
    rams = images()
    now = np.empty_like(rams[0])
    reader = Reader(now, DECODER, {"this": event, "other": TRUTHS[0]}, [])
    assert reader.in_c
    rewards, happened = read(reader, now, *rams)
    before, after = map(DECODER, rams)
    assert happened["this"].dtype == np.bool_
    assert (happened["this"] == event(before, after)).all()
    assert (happened["other"] == (before["a"] == after["a"])).all()
    assert not rewards.any()


@pytest.mark.parametrize(
    "change",
    [
        lambda v, w: 1 if v["c"] > 3 else 0,
        lambda v, w: v["a"] // 2,
        lambda v, w: v["a"] / 2,
        lambda v, w: v["a"] << w["c"],
        lambda v, w: np.isin(v["a"], [1, 2]) * 1,
        lambda v, w: np.clip(v["a"], 0, 9),
        lambda v, w: v["d"].sum(axis=-1),
        lambda v, w: (v["c"] > 3) - (w["c"] > 3),
        lambda v, w: v["a"] + 2**63,
        lambda v, w: v["a"] + np.arange(N),
        lambda v, w: int(v["a"]),
        lambda v, w: (v["a"] > 3).astype(int),
        lambda v, w: math.floor(v["a"]),
        lambda v, w: v["e"],
        lambda v, w: np.add.reduce(v["a"]),
        lambda v, w: sum(v["a"] * k for k in range(1, 600)),
    ],
)
def test_what_cannot_be_compiled(change: Change) -> None:
    with pytest.raises(CannotCompile):
        Rules(DECODER, [], [(1.0, change)])


def test_an_event_must_be_a_truth_value() -> None:
    with pytest.raises(CannotCompile, match="a number"):
        Rules(DECODER, [lambda v, w: v["a"]], [])


def check(game: Game) -> None:
    plain = [name for name in game.reward_terms if name not in game.scripts]
    weights = {name: 0.1 * (k + 1) for k, name in enumerate(plain)}
    rams = images(game.decoder.image_size)
    now = np.empty_like(rams[0])
    reader = Task(EnvOptions(game=game, reward=weights)).reader(now)
    assert reader.in_c, f"{game.name} is computed by NumPy"
    rewards, events = read(reader, now, *rams)
    before, after = map(game.decode, rams)
    total: Any = 0.0
    for name, weight in weights.items():
        total = total + weight * {**game.rewards, **game.events}[name](before, after)
    assert (rewards == total).all(), game.name
    assert list(events) == list(game.events)
    for name, event in game.events.items():
        assert (events[name] == event(before, after)).all(), (game.name, name)


@pytest.mark.parametrize("game", [HIRONDELLE, GRADIUS], ids=["hirondelle", "gradius"])
def test_our_games(game: Game) -> None:
    check(game)


def test_every_integration(retro_folders: dict[str, Path]) -> None:
    for folder in retro_folders.values():
        check(load_integration(folder))


def test_a_game_of_somebody_who_writes_an_if() -> None:
    def odd(before: Any, after: Any) -> Any:
        return 1.0 if np.any(after["lives"] >= 0) else 2.0

    fields = {name: getattr(HIRONDELLE, name) for name in Game.__dataclass_fields__}
    game = Game(**{**fields, "rewards": {**HIRONDELLE.rewards, "odd": odd}})
    rams = images()
    now = np.empty_like(rams[0])
    reader = Task(EnvOptions(game=game, reward="odd")).reader(now)
    assert not reader.in_c
    rewards, events = read(reader, now, *rams)
    assert rewards.tolist() == [1.0] * N
    before, after = map(game.decode, rams)
    for name, event in game.events.items():
        assert (events[name] == event(before, after)).all(), name


def test_an_error_of_a_rule_is_its_own() -> None:
    now = np.zeros((3, 2048), np.uint8)
    reader = Reader(now, DECODER, {}, [(1.0, lambda v, w: v["e"])])
    with pytest.raises(KeyError, match="e"):
        reader.read()
