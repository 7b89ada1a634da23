"""What a game declares is checked when it is made: no wrong value reaches the C code."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from copain_gym.games import (
    HIRONDELLE,
    Game,
    GameRom,
    SearchRules,
    StageStart,
    StartStep,
    Variable,
)
from copain_gym.games.features import Column, Features, Scalars, linear
from copain_gym.games.reader import Reader
from copain_gym.games.shooter.features import Objects, Terrain
from copain_gym.games.variables import Decoder
from tests.games.test_registry import game

TABLE = (
    Variable("type", 0x300, count=10),
    Variable("xs", 0x360, count=10),
    Variable("ys", 0x320, count=10),
    Variable("few", 0x3A0, count=9),
    Variable("wide", 0x400, "u16", count=10),
    Variable("x", 0x50),
    Variable("y", 0x51),
    Variable("signed", 0x52, "i8"),
    Variable("scroll", 0x53, "u16"),
    Variable("score", 0x60, "bcd"),
)


def objects(**changes: Any) -> Objects:
    return dataclasses.replace(
        Objects("foes", "type", "xs", "ys", ("x", "y"), (), "foe"), **changes
    )


def terrain(**changes: Any) -> Terrain:
    return dataclasses.replace(Terrain("map", 0x500, "scroll", ("x", "y"), (0, 2)), **changes)


def with_features(*groups: Any, memory: Any = ()) -> Game:
    """A game with these features; they are computed once, from random images."""
    made = game(
        variables=TABLE,
        features=groups,
        memory=memory,
        predicates={"playing": lambda v: True},
        start=(),
        rewards={"score": lambda before, after: after["score"]},
    )
    images = np.random.default_rng(1).integers(0, 256, (3, made.decoder.image_size), np.uint8)
    reader = Reader(images, made.decoder, {}, [], made.feature_table)
    reader.read()
    assert (abs(reader.features()) <= 1).all()
    return made


def test_good_features_are_taken() -> None:
    assert with_features(objects(), terrain()).feature_table.size == 34


@pytest.mark.parametrize("address", [0, 0x600])
def test_a_map_may_be_anywhere_in_ram(address: int) -> None:
    with_features(terrain(address=address))


def test_a_map_may_be_in_the_cartridges_memory() -> None:
    """The same tiles there and in RAM give the same features."""
    made = with_features(
        terrain(), terrain(name="far", address=0x6100), memory=((0x7000, 8), (0x6000, 0x400))
    )
    image = np.zeros((1, made.decoder.image_size), np.uint8)
    tiles = np.random.default_rng(2).integers(0, 256, 512) & 0x10
    image[0, 0x500:0x700] = image[0, 0x808 + 0x100 :][:512] = tiles
    reader = Reader(image, made.decoder, {}, [], made.feature_table)
    reader.read()
    near, far = reader.features()[0, :4], reader.features()[0, 4:]
    assert near.tolist() == far.tolist()
    assert 0 < near.min() < near.max() < 1


@pytest.mark.parametrize(
    ("group", "message"),
    [
        (terrain(address=0x7000), "at address 0x7000 to 0x71ff; allowed are 0x0 to 0x7ff"),
        (terrain(address=-5), "address is -0x5; allowed are integers from 0x0"),
        (terrain(address=0x601), "at address 0x601 to 0x800; allowed"),
        (terrain(address="0x500"), "address is '0x500'; allowed are integers"),
        (terrain(address=1e9), "address is 1000000000.0; allowed are integers"),
        (terrain(scroll="type"), "variable 'type' is an array; allowed are single values"),
        (terrain(scroll="scrol"), "variable is 'scrol'; allowed are type, xs, ys"),
        (terrain(origin=("x",)), r"origin is \('x',\); allowed are the names of X and Y"),
        (terrain(origin=("x", "score")), "'score' has values from 0 to 999999; allowed"),
        (terrain(offsets=(0, 64)), "an offset is 64; allowed are integers from -64 to 63"),
        (terrain(offsets=(0.5,)), "offsets has 0.5; allowed is a tuple of integers"),
        (terrain(offsets=2**40), "offsets is 1099511627776; allowed is a tuple"),
        (objects(x="few"), "'type' has 10, 'few' has 9, 'ys' has 10 elements; allowed is the sa"),
        (objects(type="few"), "'few' has 9, 'xs' has 10"),
        (objects(y="y"), "elements of 'y' is 0; allowed are integers from 1 to 64"),
        (objects(y="wide"), "'wide' has values from 0 to 65535; allowed are variables with v"),
        (objects(type="nothing"), "type is 'nothing'; allowed are type, xs"),
        (objects(origin=("xs", "y")), "'xs' is an array; allowed are single values"),
        (objects(origin=("x", "signed")), "'signed' has values from -128 to 127; allowed"),
        (objects(origin="xy"), "origin is 'xy'; allowed is a tuple of two names"),
        (objects(flags=(("boss", 5, ""),)), "flag is .'boss', 5, ''.; allowed is .name, func"),
        (
            objects(flags=(("boss", lambda t: True, ""),)),
            "flag 'boss' is .* allowed is a number from -1 to 1 for each",
        ),
        (objects(flags=(("boss", lambda t: t, ""),)), "allowed is a number from -1"),
        (Scalars("s", (linear("xs", 0, 1, ""),)), "'xs' is an array; allowed are single"),
        (Scalars("s", (linear("z", 0, 1, ""),)), "variable is 'z'; allowed are type, xs"),
        (Scalars("s", (Column("a", "x", abs, ""),)), "'a' is 2 where x is 2; allowed are nu"),
        (Scalars("s", (Column("a", "score", abs, ""),)), "'a' is 999999 where score is 999999"),
        (Scalars("s", (Column("a", "x", np.max, ""),)), "of shape .. for values of shape .256"),
        (Scalars("s", (Column("a", "x", 5, ""),)), "s.a: function is 5; allowed is a function"),
        (Scalars("s", linear("x", 0, 1, "")), "columns is Column.* allowed is a tuple of Column"),
        ("scalars", "features has 'scalars'; allowed are groups such as Scalars"),
    ],
)
def test_wrong_features_are_refused(group: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        with_features(group)


def test_groups_have_different_names() -> None:
    with pytest.raises(ValueError, match="groups of features have 'map' twice"):
        with_features(terrain(), terrain())


def test_the_shooters_features_are_checked_without_a_game() -> None:
    decoder = Decoder([*TABLE, *(Variable(f"many{k}", k, count=65) for k in range(3))])
    with pytest.raises(ValueError, match="is 65; allowed are integers from 1 to 64"):
        Features((objects(type="many0", x="many1", y="many2"),), decoder)


def test_linear_needs_a_range() -> None:
    with pytest.raises(ValueError, match="range of 'x' is 3 to 3; allowed is low < high"):
        linear("x", 3, 3, "")


def unknown(v: Any) -> Any:
    return v["livse"] == 0


def changed(before: Any, after: Any) -> Any:
    return before["x"] != after["x"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "../up"}, "name of a game is '../up'; allowed is letters, digits"),
        ({"name": 5}, "name of a game is 5; allowed is letters"),
        ({"title": "!"}, "game 'dot': title is '!'; allowed is a text with letters or digits"),
        ({"variables": ()}, "variables is ..; allowed are one or more"),
        ({"variables": Variable("mode", 0)}, "variables is Variable.* allowed is a tuple"),
        ({"variables": ("mode",)}, "variables has 'mode'; allowed is a tuple of Variable"),
        ({"variables": (Variable("mode", 0x800),)}, "'mode' is at address 0x800; allowed are"),
        ({"variables": (Variable("mode", 0), Variable("mode", 1))}, "named twice: mode"),
        ({"variables": (Variable("a", 0x7FE, count=3),)}, "'a' is at address 0x800; allowed"),
        ({"memory": ((0x7FF, 1),)}, "address of memory is 0x7ff; allowed are integers from 0x4020"),
        ({"memory": ((0x6000, 0),)}, "length of memory at 0x6000 is 0; allowed are integers"),
        ({"memory": ((0x6000, 0xFFFF),)}, "is 65535; allowed are integers from 1 to 40960"),
        ({"memory": ((0x6000, 2), (0x6001, 2))}, "memory has the address 0x6001 twice"),
        ({"memory": (0x6000,)}, "memory has 24576; allowed are pairs of address and length"),
        ({"actions": {}}, "actions has no set; allowed are one or more"),
        ({"actions": {"simple": ()}}, "actions 'simple' is ..; allowed are one or more"),
        ({"actions": {"simple": "up"}}, "actions 'simple' is 'up'; allowed is a tuple"),
        ({"actions": {"simple": ("up+jump",)}}, "'up.jump': unknown button 'jump'; allowed"),
        ({"actions": {"multi_binary": ("A",)}}, "every game has 'multi_binary' already"),
        ({"buttons": ("A", "A+B")}, "allowed are names of single buttons"),
        ({"buttons": ("A", "a")}, "buttons have 'a' twice"),
        ({"buttons": ("jump",)}, "unknown button 'jump'"),
        ({"predicates": {}}, "predicates has nothing; it needs 'playing', a function"),
        ({"predicates": {"playing": unknown}}, "'playing' uses the variable 'livse'; the game has"),
        ({"predicates": {"playing": changed}}, "'playing' must be a function of the variables: "),
        ({"predicates": {"playing": True}}, "'playing' is True; allowed is a function"),
        ({"predicates": [unknown]}, "predicates is .* allowed is a dict with names as keys"),
        ({"events": {"lost": unknown}}, "events 'lost' must be a function of the variables befo"),
        ({"events": {"": changed}}, "a name in events is ''; allowed is a text"),
        ({"events": {5: changed}}, "a name in events is 5; allowed is a text"),
        ({"events": {"x": changed}}, "names in infos .* have 'x' twice"),
        ({"events": {"frame_count": changed}}, "names in infos .* have 'frame_count' twice"),
        ({"events": {"score": changed}}, "terms of the reward .* have 'score' twice"),
        ({"rewards": {}}, "rewards has nothing; allowed are one or more terms"),
        ({"rewards": {"r": lambda before, after: after["y"]}}, "'r' uses the variable 'y'"),
        ({"scripts": {"s": 5}}, "scripts 's' is 5; allowed is a function"),
        ({"endings": {"game_over": ("over",)}}, "an event is 'over'; allowed are none"),
        ({"endings": {"game_over": "over"}}, "endings 'game_over' is 'over'; allowed is a tuple"),
        ({"two_player_events": {"x": changed}}, "two_player_events: an event is 'x'; allowed"),
        ({"players": 0}, "players is 0; allowed are integers from 1 to 4"),
        ({"players": True}, "players is True; allowed are integers"),
        ({"start": (unknown,)}, "start has .* allowed is a tuple of StartStep"),
        ({"start": (StartStep(unknown, "start"),)}, "start rule: when uses the variable 'livse'"),
        ({"start_frames": 0}, "start_frames is 0; allowed are integers from 1"),
        ({"start_wait": 1800}, "start_wait is 1800; allowed are integers from 0 to 1799"),
        ({"stage_start": StageStart(unknown, 1, 2, 3, 4)}, "stage start: when uses the variable"),
        ({"search": SearchRules("x", "y", ((1, 2),))}, "search: position: variable is 'y'"),
        ({"roms": ("sha1",)}, "roms has 'sha1'; allowed is a tuple of GameRom"),
        ({"rom_files": "dot.nes"}, "rom_files is 'dot.nes'; allowed is a tuple of paths"),
    ],
)
def test_a_wrong_game_says_what_is_allowed(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        game(**fields)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StartStep(unknown, "jump"), "buttons is 'jump': unknown button 'jump'"),
        (lambda: StartStep(unknown, 8), "start rule: buttons is 8; allowed is a text"),
        (lambda: StartStep(unknown, "start", 0), "hold is 0; allowed are integers from 1"),
        (lambda: StartStep(unknown, "start", 4, -1), "release is -1; allowed are integers"),
        (lambda: StartStep(unknown, "start", players=5), "players is 5; allowed are integers"),
        (lambda: StageStart(unknown, 0x800, 0, 1, 1), "stage is 0x800; allowed are integers fro"),
        (lambda: StageStart(unknown, 0, -1, 1, 1), "checkpoint is -0x1; allowed are integers"),
        (lambda: StageStart(unknown, 0, 1, 0, 1), "stages is 0; allowed are integers from 1"),
        (lambda: GameRom("a", "12"), "ROM 'a': sha1 is '12'; allowed is 40 hexadecimal digits"),
        (lambda: GameRom("a", "0" * 40, md5="x"), "md5 is 'x'; allowed is 32 hexadecimal"),
        (lambda: GameRom("a", "0" * 40, size=-1), "size is -1; allowed are integers from 0"),
        (lambda: SearchRules("x", "y", ()), "positions is ..; allowed are one or more"),
        (lambda: SearchRules("x", "y", ((1,),)), r"position is \(1,\); allowed is \(x, y\)"),
        (lambda: SearchRules("x", "y", (("1", 2),)), "is '1'; allowed are integers"),
        (lambda: SearchRules("x", "y", ((1, 2),), "jump"), "held is 'jump': unknown button"),
    ],
)
def test_a_wrong_part_says_what_is_allowed(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_functions_may_need_values_that_are_not_zero() -> None:
    """They are called with zeros once, and what they raise then is no error of the game's."""
    game(rewards={"share": lambda before, after: 1 // after["x"]})


def test_a_game_without_endings_goes_on() -> None:
    assert game().endings == {"game_over": ()}


def test_the_first_term_is_the_reward_where_there_is_no_score() -> None:
    assert game(rewards={"first": changed, "second": changed}).default_reward == "first"


def test_a_changed_copy_is_checked_as_well() -> None:
    with pytest.raises(ValueError, match="players is 5"):
        dataclasses.replace(HIRONDELLE, players=5)
