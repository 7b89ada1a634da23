"""The rules of the game, seen in RAM: flow, power-ups, pause, death, hidden things."""

from __future__ import annotations

import numpy as np

from copain_gym import Emulator
from tests.hirondelle.support import (
    BOSS,
    DYING,
    GAME_OVER,
    MODE_PLAY,
    PLAYING,
    RAM,
    STAGE_END,
    WARP,
    Ram,
    run_until,
    score,
    start_at,
    start_game,
)


def ship(ram: Ram) -> tuple[int, int]:
    return int(ram[RAM["obj_x"]]), int(ram[RAM["obj_y"]])


def test_from_power_on_to_control(emulator: Emulator) -> None:
    emulator.step(frames=120)
    assert emulator.ram[RAM["mode"]] == 0
    emulator.step(frames=80)
    assert emulator.ram[RAM["mode"]] == 1
    modes = [int(emulator.step("start")[RAM["mode"]])]
    modes += [int(emulator.step()[RAM["mode"]]) for _ in range(107)]
    assert modes.index(3) == 0
    assert modes.index(MODE_PLAY) == 80
    assert emulator.ram[RAM["play_state"]] == PLAYING
    assert emulator.frame_count == 308
    assert ship(emulator.ram) == (80, 96)
    assert emulator.ram[RAM["lives"]] == 3
    assert score(emulator.ram) == 0
    assert emulator.ram[RAM["obj_status"]] == 1


def test_the_menu_has_an_expert_game_that_begins_in_the_second_loop(emulator: Emulator) -> None:
    emulator.step(frames=200)
    assert emulator.step("select")[RAM["cursor"]] == 1
    emulator.step(frames=4)
    emulator.step("start")
    run_until(emulator, PLAYING, 200)
    assert emulator.ram[RAM["loop"]] == 1
    assert emulator.ram[RAM["rank"]] == 0  # until the first frame of play
    emulator.step()
    assert emulator.ram[RAM["rank"]] == 4


def test_the_title_shows_a_demo_when_nobody_plays(emulator: Emulator) -> None:
    emulator.step(frames=900)
    assert emulator.ram[RAM["mode"]] == 2
    emulator.step(frames=300)
    assert score(emulator.ram) > 0
    assert emulator.ram[RAM["obj_status"]] == 1
    assert emulator.step("start")[RAM["mode"]] == 0


def test_the_ship_stays_within_its_range(emulator: Emulator) -> None:
    start_game(emulator)
    emulator.step("up+left", frames=90)
    assert ship(emulator.ram) == (16, 16)
    for _ in range(60):
        emulator.memory[RAM["terrain"] : RAM["terrain"] + 512] = bytes(512)  # no sea
        emulator.memory[RAM["invincible"]] = 9
        emulator.step("right+down", frames=3)
    assert ship(emulator.ram) == (240, 192)


def test_start_pauses_and_nothing_moves(emulator: Emulator) -> None:
    start_game(emulator)
    emulator.step("A", frames=60)
    emulator.step("start")
    before = emulator.ram.copy()
    assert before[RAM["paused"]] == 1
    after = emulator.step(frames=100)
    for name, length in (("obj_type", 0x1A0), ("scroll_sub", 3), ("terrain", 512), ("score", 3)):
        first = RAM[name]
        assert np.array_equal(before[first : first + length], after[first : first + length]), name
    emulator.step("start")
    assert emulator.step(frames=2)[RAM["paused"]] == 0
    assert not np.array_equal(before[0x360:0x380], emulator.ram[0x360:0x380])


def test_capsules_move_the_meter_and_b_buys(emulator: Emulator) -> None:
    start_game(emulator)
    bought = {1: "speed", 2: "missile", 5: "options", 6: "shield"}
    for position, name in bought.items():
        assert emulator.ram[RAM[name]] == 0
        emulator.memory[RAM["meter"]] = position
        emulator.step()
        ram = emulator.step("B")
        assert ram[RAM[name]] == (5 if name == "shield" else 1)
        assert ram[RAM["meter"]] == 0
    for position, weapon in ((3, 2), (4, 1)):
        emulator.memory[RAM["meter"]] = position
        emulator.step()
        assert emulator.step("B")[RAM["weapon"]] == weapon
    emulator.memory[RAM["meter"]] = 6  # owned: cannot be bought again
    emulator.step()
    assert emulator.step("B")[RAM["meter"]] == 6


def test_a_capsule_is_taken(emulator: Emulator) -> None:
    start_game(emulator)
    x, y = ship(emulator.ram)
    slot = 21
    for name, value in (("obj_x", x + 8), ("obj_y", y), ("obj_status", 1), ("obj_type", 1)):
        emulator.memory[RAM[name] + slot] = value
    ram = emulator.step(frames=2)
    assert ram[RAM["capsules"]] == 1
    assert ram[RAM["meter"]] == 1
    assert score(ram) == 500
    assert ram[RAM["obj_type"] + slot] == 0


def test_a_shield_takes_a_bullet_but_not_the_ground(emulator: Emulator) -> None:
    start_game(emulator)
    emulator.memory[RAM["shield"]] = 5
    x, y = ship(emulator.ram)
    slot = 31
    for name, value in (("obj_x", x), ("obj_y", y), ("obj_status", 1), ("obj_type", 0x81)):
        emulator.memory[RAM[name] + slot] = value
    ram = emulator.step(frames=2)
    assert ram[RAM["shield"]] == 4
    assert ram[RAM["obj_status"]] == 1
    run_until(emulator, DYING, 120, "down")


def test_a_death_takes_power_ups_and_returns_to_the_checkpoint(emulator: Emulator) -> None:
    start_at(emulator, 0, 2)
    for name, value in (("speed", 3), ("missile", 1), ("weapon", 1), ("options", 2), ("meter", 4)):
        emulator.memory[RAM[name]] = value
    start = emulator.ram[RAM["scroll_sub"] : RAM["scroll_sub"] + 3].copy()
    ram = run_until(emulator, DYING, 600, "down")
    assert ram[RAM["obj_status"]] == 2
    assert ram[RAM["timer"]] == 120
    for name in ("speed", "missile", "weapon", "options", "meter"):
        assert ram[RAM[name]] == 0
    ram = emulator.step(frames=147)
    assert ram[RAM["play_state"]] == PLAYING
    assert ram[RAM["lives"]] == 2
    assert ram[RAM["checkpoint"]] == 2
    assert np.array_equal(ram[RAM["scroll_sub"] : RAM["scroll_sub"] + 3], start)
    assert ship(ram) == (80, 96)


def test_three_deaths_end_the_game_and_the_title_comes_back(emulator: Emulator) -> None:
    start_game(emulator)
    for left in (2, 1):
        run_until(emulator, DYING, 600, "down")
        ram = run_until(emulator, PLAYING, 147)
        assert ram[RAM["lives"]] == left
    run_until(emulator, DYING, 600, "down")
    ram = run_until(emulator, GAME_OVER, 121)
    assert ram[RAM["lives"]] == 0xFF
    for _ in range(256):
        if ram[RAM["mode"]] == 0:
            break
        ram = emulator.step()
    assert ram[RAM["mode"]] == 0
    emulator.step(frames=140)
    assert emulator.ram[RAM["mode"]] == 1
    emulator.step("start")
    ram = run_until(emulator, PLAYING, 200)
    assert ram[RAM["lives"]] == 3


def test_points_give_extra_lives(emulator: Emulator) -> None:
    start_game(emulator)
    emulator.memory[RAM["score"] : RAM["score"] + 3] = bytes.fromhex("901900")  # 19,900
    x, y = ship(emulator.ram)
    slot = 21
    for name, value in (("obj_x", x), ("obj_y", y), ("obj_status", 1), ("obj_type", 1)):
        emulator.memory[RAM[name] + slot] = value
    ram = emulator.step(frames=2)
    assert score(ram) == 20_400
    assert ram[RAM["lives"]] == 4


def test_the_upper_right_corner_is_a_way_to_the_next_stage(emulator: Emulator) -> None:
    ram = start_at(emulator, 0, 3)
    for _ in range(1200):
        emulator.memory[RAM["invincible"]] = 3
        emulator.memory[RAM["terrain"] : RAM["terrain"] + 512] = bytes(512)
        ram = emulator.step("up+right", frames=2)
        if ram[RAM["play_state"]] == WARP:
            break
    assert ram[RAM["play_state"]] == WARP
    ram = run_until(emulator, PLAYING, 140)
    assert ram[RAM["stage"]] == 1
    assert ram[RAM["lives"]] == 3


def test_all_nests_of_stage_1_make_the_corner_lead_past_stage_2(emulator: Emulator) -> None:
    start_at(emulator, 0, 4)
    emulator.memory[RAM["nests_down"]] = 4
    emulator.memory[RAM["scroll_low"] : RAM["scroll_low"] + 2] = bytes([0xF0, 8])
    emulator.memory[RAM["terrain"] : RAM["terrain"] + 512] = bytes(512)
    run_until(emulator, STAGE_END, 40)
    run_until(emulator, WARP, 300, "up+right")
    ram = run_until(emulator, PLAYING, 140)
    assert ram[RAM["stage"]] == 2


def test_a_boss_that_nobody_beats_gives_up_without_points(emulator: Emulator) -> None:
    start_at(emulator, 0, 4)
    emulator.memory[RAM["scroll_low"] : RAM["scroll_low"] + 2] = bytes([0xF0, 8])
    for _ in range(100):
        emulator.memory[RAM["invincible"]] = 255
        if emulator.step(frames=50)[RAM["play_state"]] == 0x86:
            break
    else:
        raise AssertionError("the boss is still there after 5,000 frames")
    assert score(emulator.ram) == 0
    assert emulator.ram[RAM["boss_state"]] == 0


def test_a_closed_core_cannot_be_hurt(emulator: Emulator) -> None:
    start_at(emulator, 0, 4)
    emulator.memory[RAM["scroll_low"] : RAM["scroll_low"] + 2] = bytes([0xF0, 8])
    run_until(emulator, BOSS, 600)
    core, shot = 12, 3
    for _ in range(60):
        assert emulator.ram[RAM["boss_open"]] == 0
        for name in ("obj_x", "obj_y"):
            emulator.memory[RAM[name] + shot] = int(emulator.ram[RAM[name] + core])
        emulator.memory[RAM["obj_status"] + shot] = 1
        emulator.memory[RAM["obj_type"] + shot] = 1
        emulator.memory[RAM["invincible"]] = 9
        emulator.step()
    assert emulator.ram[RAM["obj_damage"] + core] == 0


def test_a_hidden_bonus_is_found_once(emulator: Emulator) -> None:
    """A missile that strikes the block from the left takes it away and gives 5,000 points."""
    ram = start_game(emulator)
    x, y, slot = 120, 96, 9
    scroll = int(ram[RAM["scroll_low"]])
    address = RAM["terrain"] + (scroll + x) // 8 % 64 * 8 + y // 8 // 4
    emulator.memory[address] = 3 << 2 * (y // 8 % 4)
    for name, value in (("obj_x", 106), ("obj_y", 80), ("obj_status", 1), ("obj_type", 4)):
        emulator.memory[RAM[name] + slot] = value
    ram = emulator.step(frames=30)
    assert ram[RAM["bonus_found"]] == 1
    assert score(ram) == 5_010
    assert ram[address] == 0
    assert ram[RAM["obj_type"] + slot] == 0
