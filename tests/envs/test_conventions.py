"""What wrappers for Atari games, `gymnasium.utils.play` and MaskablePPO look for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pygame
import pytest
from gymnasium.utils.play import play
from gymnasium.wrappers import AtariPreprocessing
from sb3_contrib import MaskablePPO
from stable_baselines3.common.atari_wrappers import (
    AtariWrapper,
    EpisodicLifeEnv,
    MaxAndSkipEnv,
    NoopResetEnv,
    StickyActionEnv,
)

from copain_gym.envs import NesEnv
from copain_gym.sb3 import make_vec_env
from tests.conftest import ENGINES

Make = Callable[..., NesEnv]
RAW = {"obs_type": "rgb", "frame_skip": 1}
UP, DOWN, LEFT, RIGHT = 0x40000052, 0x40000051, 0x40000050, 0x4000004F


@pytest.fixture
def engine() -> str:
    """The fastest one: all of this is Python."""
    return ENGINES[-1]


# ---- Atari ---------------------------------------------------------------


@pytest.mark.parametrize("action_set", ["simple", "power", "full"])
def test_the_first_action_is_called_noop(action_set: str) -> None:
    env = NesEnv(action_set=action_set)
    names = env.get_action_meanings()
    assert names[0] == "NOOP"
    assert names.count("NOOP") == 1
    assert len(names) == env.action_space.n
    assert "FIRE" not in names  # wrappers would press it to begin an episode
    assert names[1] == ("UP" if action_set == "full" else "A+UP")


def test_buttons_are_named_where_each_is_chosen() -> None:
    env = NesEnv(action_set="multi_binary")
    assert env.get_action_meanings() == ["A", "B", "UP", "DOWN", "LEFT", "RIGHT"]
    with pytest.raises(AssertionError):  # the wrapper would send it the action 0
        NoopResetEnv(env)


def test_stable_baselines3s_wrappers(make: Make) -> None:
    env = EpisodicLifeEnv(MaxAndSkipEnv(NoopResetEnv(StickyActionEnv(make(**RAW), 0.25), 8), 4))
    first, info = env.reset(seed=3)
    assert first.shape == (240, 256, 3)
    assert env.lives == info["lives"] == 3
    before = info["frame_count"]
    info = env.step(1)[4]
    assert info["frame_count"] - before == 4


def test_a_lost_life_ends_an_episode_and_the_game_goes_on(make: Make) -> None:
    env = EpisodicLifeEnv(make(frame_skip=8))
    env.reset(seed=1)
    lives = []
    for _ in range(2):
        terminated = False
        while not terminated:
            _, _, terminated, _, info = env.step(4)  # into the terrain
        lives.append(info["lives"])
        assert not info["game_over"]
        env.reset()
    assert lives == [2, 1]


def test_no_lives_are_left_when_the_game_is_over(make: Make) -> None:
    env = make(frame_skip=8)
    env.reset(seed=1)
    lives, terminated = [env.ale.lives()], False
    while not terminated:
        terminated = env.step(4)[2]
        lives.append(env.ale.lives())
    assert lives[0] == 3
    assert lives[-1] == 0
    assert lives == sorted(lives, reverse=True)


def test_a_game_without_the_variable_has_no_lives(make: Make, pads_game: Path) -> None:
    data = (pads_game / "data.json").read_text().replace('"lives"', '"hearts"')
    (pads_game / "data.json").write_text(data)
    (pads_game / "scenario.json").write_text("{}")
    env = make(game=str(pads_game), obs_type="ram")
    env.reset()
    assert env.ale.lives() == 0


def test_an_episode_is_needed(make: Make) -> None:
    env = make()
    for ask in (lambda: env.ale.lives(), lambda: env.ale.getScreenRGB()):
        with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
            ask()


def test_pictures(make: Make) -> None:
    env = make(**RAW)
    observation, _ = env.reset(seed=1)
    np.testing.assert_array_equal(env.ale.getScreenRGB(), observation)
    grey = make(obs_type="grayscale", frame_skip=1, screen_size=84)
    observation, _ = grey.reset(seed=1)
    assert grey.ale.getScreenGrayscale().shape == (240, 256)
    out = np.zeros((84, 84), np.uint8)
    assert grey.ale.getScreenGrayscale(out) is out
    np.testing.assert_array_equal(out, observation[..., 0])
    with pytest.raises(ValueError, match=r"\(4, 84\); allowed is \(240, 256\) and \(84, 84\)"):
        grey.ale.getScreenGrayscale(np.zeros((4, 84), np.uint8))


def test_stable_baselines3s_atari_wrapper(make: Make) -> None:
    env = AtariWrapper(make(**RAW), noop_max=8)
    observation, _ = env.reset(seed=1)
    assert observation.shape == env.observation_space.shape == (84, 84, 1)
    rewards = {env.step(k % 9)[1] for k in range(20)}
    assert rewards <= {-1.0, 0.0, 1.0}


@pytest.mark.parametrize("options", [RAW, {"obs_type": "grayscale", "frame_skip": 1}], ids=str)
def test_gymnasiums_atari_preprocessing(make: Make, options: dict[str, Any]) -> None:
    base = make(**options)
    env = AtariPreprocessing(base, noop_max=8, terminal_on_life_loss=True)
    observation, info = env.reset(seed=1)
    assert observation.shape == (84, 84)
    assert observation.max() > 0
    before = info["frame_count"]
    observation, *_, info = env.step(1)
    assert info["frame_count"] - before == 4
    assert env.observation_space.contains(observation)
    with pytest.raises(ValueError, match="Disable frame-skipping"):
        AtariPreprocessing(make(obs_type="rgb", frame_skip=4))


# ---- keys ----------------------------------------------------------------


def test_keys_stand_for_actions(make: Make) -> None:
    env = make(action_set="full")
    keys, names = env.get_keys_to_action(), env.task.actions.names
    assert names[keys[(UP,)]] == "up"
    assert names[keys[tuple(sorted((ord("f"), UP, RIGHT)))]] == "A+up+right"
    assert names[keys[(ord("d"), ord("f"))]] == "A+B"
    # No action holds both: one that holds most of the pressed keys.
    assert names[keys[(LEFT, DOWN, UP)]] in ("up+left", "down+left")
    assert all(key == tuple(sorted(key)) for key in keys)
    assert all(env.action_space.contains(action) for action in keys.values())


def test_keys_of_buttons_and_of_two_players(pads_game: Path) -> None:
    env = NesEnv(str(pads_game), action_set="multi_binary", players=2)
    held = env.get_keys_to_action()[tuple(sorted((ord("f"), 13)))]
    assert [env.task.actions.names[k] for k in np.flatnonzero(held)] == ["A", "start"]
    assert env.action_space.contains(held)
    two = NesEnv(str(pads_game), players=2)
    action = two.get_keys_to_action()[(UP,)]
    assert two.action_space.contains(action)
    assert [two.task.actions.names[k] for k in action] == ["up", ""]


def test_gymnasiums_play(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A player presses up and A, then closes the window; SDL has a driver without one."""
    monkeypatch.setitem(os.environ, "SDL_VIDEODRIVER", "dummy")
    seen: list[Any] = []

    def callback(before: Any, after: Any, action: Any, *rest: Any) -> None:
        seen.append(action)
        if len(seen) == 2:
            for key in (UP, ord("f")):
                pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))
        if len(seen) == 5:
            pygame.event.post(pygame.event.Event(pygame.QUIT))

    env = make(render_mode="rgb_array", action_set="full")
    play(env, callback=callback)
    names = env.task.actions.names
    assert [names[action] for action in seen] == ["", "", "A+up", "A+up", "A+up"]


# ---- masks ---------------------------------------------------------------


@pytest.mark.parametrize(("action_set", "count"), [("simple", 9), ("multi_binary", 12)])
def test_every_action_is_allowed(action_set: str, count: int) -> None:
    env = NesEnv(action_set=action_set)
    mask = env.action_masks()
    assert mask.dtype == np.bool_
    assert mask.tolist() == [True] * count


@pytest.mark.parametrize("action_set", ["simple", "multi_binary"])
def test_maskable_ppo(make: Make, action_set: str) -> None:
    settings: dict[str, Any] = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "device": "cpu"}
    MaskablePPO("MlpPolicy", make(action_set=action_set), **settings).learn(16)
    envs = make_vec_env("copain/Hirondelle-v0", 2, engine=ENGINES[-1], action_set=action_set)
    assert envs.has_attr("action_masks")
    MaskablePPO("MlpPolicy", envs, **settings).learn(32)
    envs.close()
