"""Each option of an environment: what it does, and what it says of values that are not allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest

from copain_gym.buttons import Button
from copain_gym.envs import NesEnv
from copain_gym.games import HIRONDELLE

Make = Callable[..., NesEnv]

RIGHT = 4  # of the action set `simple`


def play(env: NesEnv, steps: int, action: Any = RIGHT) -> list[tuple[Any, ...]]:
    return [env.step(action) for _ in range(steps)]


# ---- observations ------------------------------------------------------


def test_ram(make: Make) -> None:
    env = make(obs_type="ram")
    observation, info = env.reset()
    assert observation.shape == (2048,)
    assert observation.dtype == np.uint8
    assert (observation == env.emulator.ram).all()
    assert HIRONDELLE.decode(observation)["lives"] == info["lives"] == 3
    observation[:] = 0  # it is the caller's
    assert env.emulator.ram.any()


def test_features_and_dict_are_the_same_numbers(make: Make) -> None:
    flat, grouped = make(obs_type="features"), make(obs_type="dict")
    for env in (flat, grouped):
        env.reset(seed=1)
    for _ in range(40):
        features = flat.step(RIGHT)[0]
        groups = grouped.step(RIGHT)[0]
        assert features in flat.observation_space
        assert groups in grouped.observation_space
        parts = HIRONDELLE.feature_table.parts
        assert list(groups) == list(parts)
        for name, (part, _) in parts.items():
            assert (groups[name] == features[part]).all()


def test_pictures(make: Make) -> None:
    colour, grey = make(obs_type="rgb"), make(obs_type="grayscale")
    for env in (colour, grey):
        env.reset()
        play(env, 20)
    rgb, shades = colour.step(RIGHT)[0], grey.step(RIGHT)[0]
    assert rgb.shape == (240, 256, 3)
    assert shades.shape == (240, 256, 1)
    assert (rgb == colour.emulator.screen()).all()
    assert len(np.unique(rgb.reshape(-1, 3), axis=0)) > 4
    luma = rgb @ np.array([0.299, 0.587, 0.114])
    assert np.abs(luma - shades[..., 0]).max() <= 0.5 + 1e-6


def test_one_number_is_height_and_width() -> None:
    space = NesEnv(obs_type="rgb", screen_size=84).observation_space
    assert space == NesEnv(obs_type="rgb", screen_size=(84, 84)).observation_space


@pytest.mark.parametrize("obs_type", ["rgb", "grayscale"])
@pytest.mark.parametrize("size", [(84, 84), (120, 128), (240, 256), (1, 1)])
def test_pictures_are_scaled_by_area(make: Make, obs_type: str, size: tuple[int, int]) -> None:
    whole, scaled = make(obs_type=obs_type), make(obs_type=obs_type, screen_size=size)
    for env in (whole, scaled):
        env.reset()
        play(env, 20)
    big, small = (env.step(RIGHT)[0].astype(float) for env in (whole, scaled))
    assert small.shape[:2] == size
    assert small.mean() == pytest.approx(big.mean(), abs=0.51)
    if size == (120, 128):  # each pixel is the mean of four
        blocks = big.reshape(120, 2, 128, 2, -1).mean(axis=(1, 3))
        assert np.abs(blocks - small).max() <= 0.5 + 1e-3


def test_a_state_of_an_agent_that_sees_no_pictures(make: Make) -> None:
    """Its frame was not drawn: the first picture is the one after it, never an older one."""
    blind, seeing = make(), make(obs_type="rgb", frame_skip=1, action_set="full")
    blind.reset(seed=1)
    for _ in range(40):
        blind.step(RIGHT)
    state = blind.save_state()
    shown, info = seeing.reset(options={"state": state})
    assert info["episode_frames"] == 0
    assert (seeing.emulator.ram == blind.emulator.ram).all()
    if seeing.emulator.engine == "headless":
        assert (shown == seeing.step(0)[0]).all()  # nothing is held
    else:
        assert (shown == blind.emulator.screen()).all()


def test_a_reset_shows_the_picture_of_the_state(make: Make) -> None:
    env = make(obs_type="rgb")
    first, _ = env.reset()
    play(env, 60)
    again, _ = env.reset()
    assert (first == again).all()


@pytest.mark.parametrize("engine_pair", [("rgb", "ram")])
def test_an_undrawn_frame_changes_nothing(make: Make, engine_pair: tuple[str, str]) -> None:
    drawn, undrawn = (make(obs_type=kind) for kind in engine_pair)
    for env in (drawn, undrawn):
        env.reset()
    for _ in range(100):
        drawn.step(RIGHT)
        undrawn.step(RIGHT)
        assert (drawn.emulator.ram == undrawn.emulator.ram).all()


# ---- actions -----------------------------------------------------------


@pytest.mark.parametrize(("name", "count"), [("simple", 9), ("full", 36)])
def test_named_action_sets(make: Make, name: str, count: int) -> None:
    env = make(action_set=name)
    assert env.action_space == gymnasium.spaces.Discrete(count)
    masks = HIRONDELLE.action_masks(name)
    assert len(set(masks)) == count
    env.reset()
    for action in range(count):
        env.step(action)
        assert list(env.inputs)[-1].pads == ((masks[action],) if masks[action] else ())


def test_simple_fires_by_itself(make: Make) -> None:
    env = make()
    _, info = env.reset()
    assert not info["shot_type"].any()
    infos = [env.step(0)[4] for _ in range(20)]
    assert any(i["shot_type"].any() for i in infos)


def test_directions_move_the_ship(make: Make) -> None:
    env = make(frame_skip=8)
    for action, (dx, dy) in {1: (0, -1), 2: (0, 1), 3: (-1, 0), 4: (1, 0), 8: (1, 1)}.items():
        _, before = env.reset()
        after = env.step(action)[4]
        assert np.sign(after["ship_x"] - before["ship_x"]) == dx
        assert np.sign(after["ship_y"] - before["ship_y"]) == dy


def test_multi_binary(make: Make) -> None:
    env = make(action_set="multi_binary")
    assert env.action_space == gymnasium.spaces.MultiBinary(6)
    env.reset()
    env.step(np.array([1, 0, 1, 0, 0, 1], np.int8))
    assert list(env.inputs)[-1].pads == (int(Button.A | Button.UP | Button.RIGHT),)


def test_opposite_directions_cancel_out(make: Make) -> None:
    env = make(action_set="multi_binary")
    env.reset()
    env.step(np.array([0, 1, 1, 1, 1, 1], np.int8))
    assert list(env.inputs)[-1].pads == (int(Button.B),)


def test_bad_actions_are_refused(make: Make) -> None:
    env = make()
    env.reset()
    for action in (-1, 9, 1.5, "up", None):
        with pytest.raises(ValueError, match=r"action is .*; allowed is what Discrete\(9\)"):
            env.step(action)
    env.step(0)


# ---- frames ------------------------------------------------------------


@pytest.mark.parametrize("frame_skip", [1, 4, 10])
def test_frame_skip(make: Make, frame_skip: int) -> None:
    env = make(frame_skip=frame_skip)
    _, info = env.reset()
    begin = info["frame_count"]
    infos = [step[4] for step in play(env, 5)]
    assert [i["frame_count"] - begin for i in infos] == [frame_skip * k for k in range(1, 6)]
    assert [i["episode_frames"] for i in infos] == [frame_skip * k for k in range(1, 6)]
    fps = env.metadata["render_fps"]
    assert (type(fps), fps) == (int, round(60.0988 / frame_skip))


def test_a_random_frame_skip_is_drawn_from_the_seed(make: Make) -> None:
    env = make(frame_skip=(2, 5))
    runs = []
    for seed in (3, 3, 4):
        env.reset(seed=seed)
        runs.append([step[4]["episode_frames"] for step in play(env, 40)])
    assert runs[0] == runs[1] != runs[2]
    assert set(np.diff(runs[0])) == {2, 3, 4}


def test_sticky_actions_repeat_the_action_before(make: Make) -> None:
    env = make(sticky_action_probability=0.25)
    env.reset(seed=1)
    held = []
    for k in range(200):
        env.step(1 + k % 2)  # up, down, up, …
        held.append(list(env.inputs)[-1].pads[0])
    up, down = HIRONDELLE.action_masks("simple")[1:3]
    wanted = [(up, down)[k % 2] for k in range(200)]
    repeated = sum(h != w for h, w in zip(held, wanted, strict=True))
    assert 15 <= repeated <= 90  # about a quarter; a repeat of a repeat looks right again
    always = make(sticky_action_probability=1.0)
    always.reset(seed=1)
    play(always, 5)
    assert list(always.inputs)[-1].pads == ()  # nothing was held before the first step


def test_noops_are_drawn_from_the_seed(make: Make) -> None:
    env = make(noop_max=30)
    _, still = make().reset()
    counts = [env.reset(seed=seed)[1]["frame_count"] for seed in range(30)]
    assert counts == [env.reset(seed=seed)[1]["frame_count"] for seed in range(30)]
    noops = np.array(counts) - still["frame_count"]
    assert noops.min() >= 1
    assert noops.max() <= 30
    assert len(set(counts)) > 10


def test_max_episode_frames_truncates(make: Make) -> None:
    env = make(max_episode_frames=40, noop_max=30)
    env.reset(seed=1)
    ends = [(step[2], step[3]) for step in play(env, 10)]
    assert ends == [(False, False)] * 9 + [(False, True)]
    env.reset()
    assert not env.step(0)[3]


# ---- rewards and ends --------------------------------------------------


def until_over(env: NesEnv, seed: int = 0) -> list[tuple[Any, ...]]:
    """Fly to the right edge and stay there until the episode ends."""
    env.reset(seed=seed)
    steps = []
    while not steps or not (steps[-1][2] or steps[-1][3]):
        steps.append(env.step(RIGHT))
        assert len(steps) < 5000
    return steps


def test_an_episode_ends_at_game_over(make: Make) -> None:
    steps = until_over(make())
    info = steps[-1][4]
    assert steps[-1][2:4] == (True, False)
    assert info["game_over"]
    assert not info["ending"]
    assert info["lives"] == 0xFF
    assert sum(s[4]["life_lost"] for s in steps) == 3
    assert not any(s[2] for s in steps[:-1])
    assert sum(s[1] for s in steps) == info["score"]


def test_an_episode_ends_with_a_life(make: Make) -> None:
    steps = until_over(make(terminate_on="life"))
    info = steps[-1][4]
    assert info["life_lost"]
    assert not info["game_over"]
    assert info["lives"] == 3
    assert sum(s[4]["life_lost"] for s in steps) == 1


def test_each_reward_is_what_the_variables_say(make: Make) -> None:
    runs = {
        name: until_over(make(reward=name, terminate_on="life"))
        for name in ("score", "progress", "survival", "life_lost")
    }
    infos = [s[4] for s in runs["score"]]
    assert all([s[4]["score"] for s in run] == [i["score"] for i in infos] for run in runs.values())
    assert sum(s[1] for s in runs["score"]) == infos[-1]["score"]
    assert sum(s[1] for s in runs["progress"]) == infos[-1]["scroll"]
    assert sum(s[1] for s in runs["survival"]) == len(infos) - 1
    assert [s[1] for s in runs["life_lost"]] == [0.0] * (len(infos) - 1) + [1.0]


def test_weights_of_rewards_add_up(make: Make) -> None:
    plain = {
        name: until_over(make(reward=name, terminate_on="life"))
        for name in ("score", "progress", "life_lost")
    }
    weights = {"score": 0.01, "progress": 0.5, "life_lost": -10}
    mixed = until_over(make(reward=weights, terminate_on="life"))
    for k, step in enumerate(mixed):
        expected = sum(weight * plain[name][k][1] for name, weight in weights.items())
        assert step[1] == pytest.approx(expected)
        assert type(step[1]) is float


def test_the_end_of_the_game_is_not_game_over(make: Make) -> None:
    env = make(frame_skip=1)
    env.reset(options={"state": "stage3"})
    # The last boss is beaten: the game itself goes on from there to its ending.
    env.emulator.memory[0x1B] = 0x86
    seen = []
    for _ in range(3000):
        _, _, terminated, truncated, info = env.step(0)
        assert not truncated
        seen.append((info["stage_cleared"], info["ending"], info["game_over"]))
        if terminated:
            break
    assert terminated
    assert seen[-1] == (False, True, False)
    assert not any(ending or over for _, ending, over in seen[:-1])
    assert info["loop"] == 0


# ---- what is refused ---------------------------------------------------

REFUSED = [
    ({"game": "hirondele"}, "game is 'hirondele'.*registered games are hirondelle, gradius"),
    ({"render_mode": "ansi"}, "'ansi'; allowed are None, human, rgb_array"),
    ({"obs_type": "pixels"}, "allowed are features, dict, ram, rgb, grayscale"),
    ({"action_set": "all"}, "allowed are simple, power, full, multi_binary"),
    ({"frame_skip": 0}, "frame_skip is 0; allowed are 1 to 1000"),
    ({"frame_skip": True}, "frame_skip is True"),
    ({"frame_skip": (4, 4)}, r"frame_skip is \(4, 4\).*low < high"),
    ({"frame_skip": 2.5}, "frame_skip is 2.5"),
    ({"sticky_action_probability": 1.5}, "is 1.5; allowed is a number from 0 to 1"),
    ({"reward": "points"}, "'points'; allowed are score, progress, survival, bought_speed"),
    ({"reward": {"score": 1, "time": 2}}, "has the term 'time'; allowed are score"),
    ({"reward": {"score": "much"}}, "the weight 'much'; it must be a number"),
    ({"terminate_on": "death"}, "'death'; allowed are game_over, life"),
    ({"max_episode_frames": 0}, "is 0; allowed are None, 1 and more"),
    ({"noop_max": -1}, "noop_max is -1; allowed is an integer from 0 to 10000"),
    ({"players": 2}, "players is 2; Hirondelle allows 1 only"),
    ({"state": "stage4"}, "'stage4'; allowed are start; stage1 to stage3"),
    ({"state": "stage1/checkpoint6"}, "checkpoint1 to /checkpoint5"),
    ({"state": "no such file"}, "'no such file'; allowed are start"),
    ({"screen_size": (84, 84)}, "obs_type 'features' is not a picture"),
    ({"screen_size": (0, 84), "obs_type": "rgb"}, "allowed are .1 to 240, 1 to 256."),
    ({"screen_size": 241, "obs_type": "rgb"}, r"screen_size is 241; allowed are .*or one number"),
    ({"screen_size": True, "obs_type": "rgb"}, r"screen_size is True; allowed are .1 to 240, 1"),
    ({"screen_size": 84}, "screen_size is 84, but obs_type 'features' is not a picture"),
    ({"screen_size": (84.0, 84), "obs_type": "rgb"}, r"screen_size is \(84.0, 84\); allowed"),
    ({"screen_size": (84,), "obs_type": "grayscale"}, r"screen_size is \(84,\); allowed are"),
    ({"reward": 1}, "reward is 1; allowed are a name and a mapping"),
    ({"transport": "tcp"}, "transport is 'tcp'; allowed are auto, zmq, shm"),
    ({"info_variables": ["lives", "points"]}, "has 'points'; allowed are variables of Hirondelle"),
    ({"info_variables": "lives"}, "info_variables is 'lives'; allowed are None and a list"),
    ({"info_variables": [1]}, "info_variables is .1.; allowed are None and a list"),
    ({"engine": "mesen"}, "'mesen'; allowed are None, auto, headless, fceux"),
    ({"scenario": "easy"}, "hirondelle has none, allowed is None"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=lambda v: str(v)[:40])
def test_what_is_not_allowed_is_said(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NesEnv(**options)


def test_unknown_reset_options_are_refused(make: Make) -> None:
    env = make()
    with pytest.raises(ValueError, match="the key 'stat'; allowed is 'state'"):
        env.reset(options={"stat": "start"})


def test_step_needs_a_reset(make: Make) -> None:
    env = make()
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.save_state()


@pytest.mark.parametrize("names", [(), ["enemy_x", "lives"]])
def test_infos_hold_the_variables_that_are_asked_for(make: Make, names: list[str]) -> None:
    few, all_ = make(info_variables=names), make()
    for env in (few, all_):
        env.reset(seed=1)
    info, whole = few.step(RIGHT)[4], all_.step(RIGHT)[4]
    variables = set(HIRONDELLE.decoder.slots)
    assert set(info) == set(whole) - variables | set(names)
    for name, value in info.items():
        assert np.array_equal(value, whole[name]), name
