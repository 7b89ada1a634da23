"""Half an hour of random inputs, and the busiest frames that there can be."""

from __future__ import annotations

import numpy as np
import pytest

from copain_gym import Emulator
from tests.hirondelle.support import (
    BULLETS,
    ENEMIES,
    MODE_PLAY,
    PLAY_STATES,
    PLAYING,
    RAM,
    SHIP,
    SHOTS,
    Ram,
    start_game,
)

FRAMES = 108_000
TYPES = {
    "shots": {0, 1, 2, 3, 4},
    "enemies": {0, 1, 2, 3, 0x10, *range(0x84, 0x90), 0x98, 0x99},
    "bullets": {0, 0x81},
}


def check(ram: Ram) -> None:
    """Everything in RAM is something that the game can be."""
    mode, state = int(ram[RAM["mode"]]), int(ram[RAM["play_state"]])
    assert mode <= 5
    assert state in PLAY_STATES
    assert ram[RAM["lock"]] == 0
    assert ram[RAM["stage"]] <= 2
    assert ram[RAM["checkpoint"]] <= 4
    assert ram[RAM["lives"]] <= 99 or ram[RAM["lives"]] == 0xFF
    assert ram[RAM["rank"]] <= 15
    for name, limit in (
        ("speed", 5),
        ("missile", 1),
        ("meter", 6),
        ("weapon", 2),
        ("options", 2),
        ("shield", 5),
        ("paused", 1),
    ):
        assert ram[RAM[name]] <= limit, name
    digits = ram[RAM["score"] : RAM["score"] + 3]
    assert all(d & 15 <= 9 and d >> 4 <= 9 for d in digits.tolist())
    assert not ram[RAM["score2"] : RAM["score2"] + 3].any()
    types = ram[RAM["obj_type"] : RAM["obj_type"] + 32]
    for name, (first, last) in (("shots", SHOTS), ("enemies", ENEMIES), ("bullets", BULLETS)):
        assert set(types[first:last].tolist()) <= TYPES[name], name
    if mode == MODE_PLAY and 0x80 <= state <= 0x86:
        assert 16 <= ram[RAM["obj_x"] + SHIP] <= 240
        assert 16 <= ram[RAM["obj_y"] + SHIP] <= 192
        assert ram[RAM["obj_status"] + SHIP] == 1
    assert ram[0x1A0:0x1C0].max() == 0  # the stack has not come down here


@pytest.mark.timeout(900)  # stock FCEUX on a busy machine
def test_random_inputs_for_half_an_hour() -> None:
    random = np.random.default_rng(1)
    played = games = 0
    was_over = False
    with Emulator() as emulator:
        ram = emulator.step(frames=200)
        while emulator.frame_count < FRAMES:
            mask = int(random.integers(256)) & ~0x0C  # without SELECT and START
            in_play = ram[RAM["mode"]] == MODE_PLAY and not ram[RAM["paused"]]
            if random.random() < (0.01 if in_play else 0.5):
                mask |= 0x08
            if random.random() < 0.05:
                mask |= 0x04
            frames = int(random.integers(1, 13))
            ram = emulator.step(mask, frames=frames)
            check(ram)
            played += frames * int(in_play)
            over = ram[RAM["play_state"]] == 0xC0
            games += over and not was_over
            was_over = over
        lagged = emulator.lag_count
    assert played > FRAMES * 0.6
    assert games > 10
    assert lagged < FRAMES / 1000


def fill(ram: Ram, random: np.random.Generator, bullet: int) -> Ram:
    """A copy of RAM in which every free enemy and bullet slot has got somebody."""
    kinds = (0x84, 0x85, 0x86, 0x87, 0x89, 0x8A, 0x8B, 0x8D, 0x8E, 0x8F)
    filled = ram.copy()
    types = ram[RAM["obj_type"] : RAM["obj_type"] + 32]
    for slot in np.flatnonzero(types[ENEMIES[0] :] == 0) + ENEMIES[0]:
        enemy = slot < BULLETS[0]
        fields = {
            "obj_y": random.integers(40, 160),
            "obj_x": random.integers(120, 250),
            "obj_vx": 0xFF,
            "obj_hp": 20,
            "obj_damage": 0,
            "obj_sub": 0,
            "obj_fire": 20,
            "obj_sprite": 0xFF if enemy else bullet,
            "obj_status": 1,
            "obj_type": kinds[slot - ENEMIES[0]] if enemy else 0x81,
        }
        for name, value in fields.items():
            filled[RAM[name] + slot] = value
    return filled


def test_no_lag_with_all_slots_busy() -> None:
    """Ten enemies, ten bullets, all shots and missiles, for 1,500 frames with each weapon."""
    random = np.random.default_rng(2)
    busy = 0
    with Emulator() as emulator:
        ram = start_game(emulator)
        before = emulator.lag_count
        bullet = bullet_sprite(emulator)
        for frame in range(4_500):
            if ram[RAM["play_state"]] == PLAYING:
                filled = fill(ram, random, bullet)
                filled[RAM["invincible"]] = 9
                filled[RAM["missile"]] = 1
                filled[RAM["options"]] = 2
                filled[RAM["weapon"]] = frame // 1_500
                filled[RAM["terrain"] : RAM["terrain"] + 512] = 0
                for first, last in ((0x41, 0x4F), (0x100, 0x1A0), (0x300, 0x700)):
                    emulator.memory[first:last] = filled[first:last]
            ram = emulator.step("A")
            busy += bool((ram[RAM["obj_type"] + 12 : RAM["obj_type"] + 32] != 0).all())
        lagged = emulator.lag_count - before
        assert ram[RAM["lag_count"]] == 0
        assert ram[RAM["late_count"]] < 5
    assert busy > 2_000
    assert lagged == 0


def bullet_sprite(emulator: Emulator) -> int:
    """The metasprite that the game gives its bullets: the one of the first that is fired."""
    state = emulator.save_state()
    for _ in range(3_000):
        emulator.memory[RAM["invincible"]] = 9
        ram = emulator.step()
        for slot in range(*BULLETS):
            if ram[RAM["obj_type"] + slot]:
                sprite = int(ram[RAM["obj_sprite"] + slot])
                emulator.load_state(state)
                return sprite
    raise AssertionError("no enemy has fired within 3,000 frames")
