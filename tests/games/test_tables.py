"""The tables of Gradius and Hirondelle against a true RAM image and the bundled game's source."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

from copain_gym.emulator import Emulator
from copain_gym.envs.start import play_start
from copain_gym.games import GRADIUS, HIRONDELLE, package_games
from copain_gym.games.retro.states import state_ram
from copain_gym.tas.movie import Movie

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RAM_TOML = Path(__file__).parents[2] / "homebrew/hirondelle/ram.toml"

# Where Hirondelle's source calls a thing otherwise, or has it as a part of the object arrays.
SOURCE_NAMES = {
    "frame_counter": ("frame", 0),
    "scroll": ("scroll_low", 0),
    "top_score": ("score_top", 0),
    "ship_status": ("obj_status", 0),
    "ship_x": ("obj_x", 0),
    "ship_y": ("obj_y", 0),
    "enemy_state": ("obj_sub", 12),
    "nests": ("nests_down", 0),
    "bonuses": ("bonus_found", 0),
    "kills": ("kill_total", 0),
    "gate": ("gate_left", 0),
    **{f"option_{f}": (f"obj_{f}", 1) for f in ("x", "y")},
    **{f"shot_{f}": (f"obj_{f}", 3) for f in ("type", "x", "y")},
    **{f"enemy_{f}": (f"obj_{f}", 12) for f in ("type", "x", "y", "drop", "damage")},
    **{f"bullet_{f}": (f"obj_{f}", 22) for f in ("type", "x", "y")},
}


@pytest.fixture
def level1(retro_folders: dict[str, Path]) -> np.ndarray:
    """The RAM at the start of Gradius's first stage, by stable-retro."""
    file = retro_folders["Gradius-Nes-v0"] / "Level1.state"
    return np.frombuffer(state_ram(file.read_bytes()), np.uint8)


def test_gradius_decodes_a_true_image(level1: np.ndarray) -> None:
    values = GRADIUS.decode(level1)
    expected = {
        **{"lives": 3, "ship_x": 80, "ship_y": 96, "score": 0, "stage": 0, "top_score": 50000},
        **{"speed": 0, "missile": 0, "meter": 0, "weapon": 0, "options": 0, "shield": 0},
        **{"mode": 5, "play_state": 0x80, "ship_status": 1, "paused": 0, "loop": 0},
    }
    assert {name: values[name] for name in expected} == expected
    assert not values["enemy_type"].any()
    assert not values["bullet_type"].any()


def test_gradius_plays_in_the_true_image(level1: np.ndarray) -> None:
    holding = [name for name in GRADIUS.predicates if GRADIUS.is_(name, level1)]
    assert holding == ["playing"]


def test_gradius_agrees_with_stable_retros_integration(retro_folders: dict[str, Path]) -> None:
    from copain_gym.games.retro.integration import load_integration

    rams = np.random.default_rng(1).integers(0, 256, (50, 2048), dtype=np.uint8)
    rams[:, 0x7E4:0x7E7] = 0x42  # a score
    theirs, ours = (
        load_integration(retro_folders["Gradius-Nes-v0"]).decode(rams),
        GRADIUS.decode(rams),
    )
    assert (theirs["lives"] == ours["lives"]).all()
    assert (theirs["score"] * 10 == ours["score"]).all()


def test_hirondelles_table_agrees_with_its_source() -> None:
    source = {v["name"]: v for v in tomllib.loads(RAM_TOML.read_text())["variable"]}
    for v in HIRONDELLE.variables:
        name, slot = SOURCE_NAMES.get(v.name, (v.name, 0))
        entry = source[name]
        size = 3 if entry["type"] == "bcd3" else 1
        assert v.address == entry["address"] + slot * size, v.name
        assert slot + max(v.count, 1) <= entry.get("count", 1), v.name
        if v.name == "scroll":  # low byte and page are two entries there
            assert source["scroll_page"]["address"] == entry["address"] + 1
            assert (v.type, entry["type"]) == ("u16", "u8")
        else:
            types = {"u8": ("u8", "bits"), "u16": ("u16",), "bcd": ("bcd3",)}
            assert entry["type"] in types[v.type], v.name


def test_the_terrain_map_is_where_the_source_has_it() -> None:
    source = {v["name"]: v for v in tomllib.loads(RAM_TOML.read_text())["variable"]}
    (terrain,) = [g for g in HIRONDELLE.features if g.name == "terrain"]
    assert (terrain.address, 512) == (source["terrain"]["address"], source["terrain"]["count"])


@pytest.mark.parametrize("game", package_games(), ids=lambda g: g.name)
def test_every_name_that_a_game_refers_to_is_in_its_table(game) -> None:
    values = game.decode(np.zeros(2048, np.uint8))
    for predicate in game.predicates.values():
        predicate(values)
    for change in (*game.rewards.values(), *game.events.values()):
        change(values, values)
    for rule in game.start:
        rule.when(values)
    assert {"game_over", "life"} <= set(game.endings)


@pytest.mark.parametrize("game", package_games(), ids=lambda g: g.name)
def test_predicates_and_changes_say_what_they_mean(game) -> None:
    for function in (*game.predicates.values(), *game.rewards.values(), *game.events.values()):
        assert function.__doc__


# ---- what happens in a step --------------------------------------------


def ram(**values: int) -> np.ndarray:
    """A RAM in play, with some variables of one byte set."""
    image = np.zeros(2048, np.uint8)
    addresses = {v.name: v.address for v in HIRONDELLE.variables}
    for name, value in {
        **{"mode": 5, "play_state": 0x80, "lives": 2, "ship_status": 1},
        **values,
    }.items():
        image[addresses[name]] = value
    return image


CHANGES = {
    "nothing": (ram(), ram(), set()),
    "hit": (ram(), ram(play_state=0xA0, ship_status=2), {"life_lost"}),
    "still exploding": (
        ram(play_state=0xA0, ship_status=2),
        ram(play_state=0xA0, ship_status=2),
        set(),
    ),
    "next ship": (ram(play_state=0xA0, ship_status=2), ram(lives=1), set()),
    "a long step over a whole death": (ram(), ram(lives=1), {"life_lost"}),
    "last ship gone": (
        ram(play_state=0xA0, ship_status=2, lives=0),
        ram(play_state=0xC0, ship_status=0, lives=0xFF),
        {"game_over"},
    ),
    "an extra life": (ram(), ram(lives=3), set()),
    "stage cleared": (ram(play_state=0x85), ram(play_state=0x86), {"stage_cleared"}),
    "still cleared": (ram(play_state=0x86), ram(play_state=0x86), set()),
    "next stage": (ram(play_state=0x86), ram(play_state=0x90, stage=1), set()),
    "ending": (ram(play_state=0x86, stage=2), ram(play_state=0x87, stage=2), {"ending"}),
    "ending goes on": (ram(play_state=0x88), ram(play_state=0x8D), {"ending"}),
    "warp": (ram(play_state=0x81), ram(play_state=0x8E), set()),
}


@pytest.mark.parametrize("case", CHANGES)
def test_events_are_told_apart(case: str) -> None:
    before, after, expected = CHANGES[case]
    decode = HIRONDELLE.decode
    events = HIRONDELLE.events
    assert {n for n, e in events.items() if e(decode(before), decode(after))} == expected
    # The same in a batch, whose other lane stands still.
    both = decode(np.stack([before, ram()])), decode(np.stack([after, ram()]))
    found = {name: event(*both) for name, event in events.items()}
    assert {name for name, lanes in found.items() if lanes[0]} == expected
    assert not any(lanes[1] for lanes in found.values())


def test_rewards() -> None:
    before, after = ram(), ram()
    before[0x7E4:0x7E7] = (0x99, 0x01, 0x00)  # 199, shown as 1990
    after[0x7E4:0x7E7] = (0x05, 0x02, 0x00)
    before[0x3E:0x40] = (0xFE, 0x00)
    after[0x3E:0x40] = (0x01, 0x01)
    step = HIRONDELLE.decode(before), HIRONDELLE.decode(after)
    worth = {name: term(*step) for name, term in HIRONDELLE.rewards.items()}
    bought = [name for name in worth if name.startswith("bought_")]
    assert len(bought) == 6
    assert worth == {"score": 60, "progress": 3, "survival": 1, **dict.fromkeys(bought, 0)}
    back = HIRONDELLE.decode(after), HIRONDELLE.decode(before)
    assert HIRONDELLE.rewards["score"](*back) == 0
    assert HIRONDELLE.rewards["progress"](*back) == 0
    other_stage = after.copy()
    other_stage[0x19] = 1
    assert HIRONDELLE.rewards["progress"](step[0], HIRONDELLE.decode(other_stage)) == 0


PURCHASES = {
    "speed": ({}, {"speed": 1}, {"speed"}),
    "missile": ({}, {"missile": 1}, {"missile"}),
    "double": ({}, {"weapon": 2}, {"double"}),
    "laser": ({}, {"weapon": 1}, {"laser"}),
    "laser for double": ({"weapon": 2}, {"weapon": 1}, {"laser"}),
    "second option": ({"options": 1}, {"options": 2}, {"option"}),
    "shield": ({}, {"shield": 5}, {"shield"}),
    "shield is hit": ({"shield": 5}, {"shield": 4}, set()),
    "owned": ({"speed": 1, "weapon": 2}, {"speed": 1, "weapon": 2}, set()),
    "death": ({"speed": 3, "missile": 1, "weapon": 2, "options": 2, "shield": 1}, {}, set()),
}


@pytest.mark.parametrize("case", PURCHASES)
def test_purchases_are_told_apart(case: str) -> None:
    before, after, expected = PURCHASES[case]
    owned = dict.fromkeys(("speed", "missile", "weapon", "options", "shield"), 0)
    step = [HIRONDELLE.decode(ram(**{**owned, **values})) for values in (before, after)]
    worth = {name: term(*step) for name, term in HIRONDELLE.rewards.items()}
    assert {name[7:] for name, gain in worth.items() if name[:7] == "bought_" and gain} == expected


def test_gradius_with_two_players_is_over_when_both_are() -> None:
    over = GRADIUS.two_player_events["game_over"]
    one, both = ram(lives=0xFF, lives2=2), ram(lives=0xFF, lives2=0xFF)
    playing = GRADIUS.decode(ram())
    assert not over(playing, GRADIUS.decode(one))
    assert over(playing, GRADIUS.decode(both))


def test_two_players_choose_the_menus_second_line(emulator: Emulator) -> None:
    # Hirondelle's second line is its expert game, which begins in loop 1.
    for players, loop in ((1, 0), (2, 1)):
        rules = dataclasses.replace(HIRONDELLE, start=GRADIUS.start, players=2)
        play_start(emulator, rules, players=players)
        assert HIRONDELLE.decode(emulator.ram)["loop"] == loop


def test_the_table_reads_the_running_game(emulator: Emulator) -> None:
    play_start(emulator, HIRONDELLE)
    begin = HIRONDELLE.decode(emulator.ram)
    assert (begin["lives"], begin["score"], begin["stage"]) == (3, 0, 0)
    right = HIRONDELLE.decode(emulator.step("right", 30))
    assert right["ship_x"] > begin["ship_x"]
    down = HIRONDELLE.decode(emulator.step("down", 30))
    assert down["ship_y"] > right["ship_y"]
    fired = HIRONDELLE.decode(emulator.step("A", 4))
    assert fired["shot_type"].any()
    assert fired["scroll"] > begin["scroll"]


MOVIE = Path(__file__).parents[1] / "hirondelle/complete.fm2"


def test_a_whole_game_is_told_apart_from_its_beginning_to_its_ending() -> None:
    """A recorded game to the ending: what happens is seen once each, and in its order."""
    pads = Movie.read(MOVIE).inputs[:, 0].tolist()
    seen: list[tuple[str, int]] = []
    with Emulator() as emulator:
        before = HIRONDELLE.decode(emulator.ram)
        for held, group in itertools.groupby(pads):  # as steps of at most four frames see it
            count = len(list(group))
            for frames in [4] * (count // 4) + [1] * (count % 4):
                after = HIRONDELLE.decode(emulator.step(held, frames))
                for name, event in HIRONDELLE.events.items():
                    if event(before, after):
                        seen.append((name, after["stage"]))
                before = after
            if seen and seen[-1][0] == "ending":
                break
    assert list(dict.fromkeys(e for e in seen if e[0] != "life_lost")) == [
        ("stage_cleared", 0),
        ("stage_cleared", 1),
        ("stage_cleared", 2),
        ("ending", 2),
    ]
