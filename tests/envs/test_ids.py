"""The ids of the environments, above all those that stand for options."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box

from copain_gym.envs.registration import env_options, without_module
from copain_gym.games import package_games

VARIANTS = ("", "Simple", "Power")


@pytest.mark.parametrize("title", ["Hirondelle", "Gradius"])
def test_ids_need_no_options(title: str) -> None:
    ids = {name for name in gymnasium.registry if name.startswith(f"copain/{title}")}
    expected = {f"copain/{title}{v}{p}-v0" for v in VARIANTS for p in ("", "Pixels")}
    assert ids == expected
    for name in ids:
        assert env_options(name)["game"] == title.lower()


@pytest.mark.parametrize(
    ("variant", "actions", "noop_max"), [("", 9, 0), ("Simple", 9, 30), ("Power", 10, 30)]
)
def test_each_id_stands_for_its_options(variant: str, actions: int, noop_max: int) -> None:
    features = gymnasium.make(f"copain/Hirondelle{variant}-v0")
    pixels = gymnasium.make(f"copain/Hirondelle{variant}Pixels-v0")
    try:
        assert features.observation_space.shape == (135,)
        assert pixels.observation_space == Box(0, 255, (84, 84, 1), np.uint8)
        for env in (features, pixels):
            assert env.action_space == gymnasium.spaces.Discrete(actions)
            assert env.unwrapped.options.noop_max == noop_max  # type: ignore[attr-defined]
            assert env.unwrapped.options.frame_skip == 4  # type: ignore[attr-defined]
        observation, _ = pixels.reset(seed=1)
        assert observation.shape == (84, 84, 1)
        assert observation.std() > 0
    finally:
        features.close()
        pixels.close()


def test_keyword_arguments_come_before_those_of_an_id() -> None:
    env = gymnasium.make("copain/HirondellePower-v0", action_set="full", reward=None)
    assert env.action_space.n == 36  # type: ignore[attr-defined]
    assert env.unwrapped.options.reward is None  # type: ignore[attr-defined]
    env.close()


def test_pools_have_the_ids_too() -> None:
    envs = gymnasium.make_vec("copain/HirondellePowerPixels-v0", num_envs=2)
    try:
        observations, _ = envs.reset(seed=1)
        assert observations.shape == (2, 84, 84, 1)
        assert envs.single_action_space == gymnasium.spaces.Discrete(10)
    finally:
        envs.close()


def test_options_to_train_with_are_taken_by_every_game_that_has_them() -> None:
    from copain_gym.envs.options import EnvOptions

    for game in package_games():
        for options in game.training.values():
            EnvOptions(game=game, **options)


def test_options_of_an_id_are_a_copy() -> None:
    env_options("copain/HirondellePower-v0")["reward"]["score"] = 7
    assert env_options("copain/HirondellePower-v0")["reward"]["score"] == 0.01


def test_ids_with_a_module() -> None:
    assert without_module("copain_gym:copain/Hirondelle-v0") == "copain/Hirondelle-v0"
    assert without_module("copain/Hirondelle-v0") == "copain/Hirondelle-v0"
    with pytest.raises(ValueError, match="module 'no_such_module' cannot be imported"):
        without_module("no_such_module:copain/Hirondelle-v0")
