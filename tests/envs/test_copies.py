"""Environments that are made again: from a spec in JSON, by pickle, by copy."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.wrappers import TimeLimit

import copain_gym  # noqa: F401 - registers the environments
from copain_gym.envs import NesEnv
from copain_gym.errors import EmulatorClosed
from copain_gym.games import HIRONDELLE
from copain_gym.paths import bundled_rom

Make = Callable[..., NesEnv]

CHANCE: dict[str, Any] = {
    "frame_skip": (2, 6),
    "sticky_action_probability": 0.25,
    "noop_max": 30,
    "action_set": "full",
}


def play(env: Any, steps: int, seed: int = 0) -> list[tuple[Any, ...]]:
    """Steps with random actions: RAM, reward, ends and info of each."""
    rng = np.random.default_rng(seed)
    seen = []
    for _ in range(steps):
        _, reward, terminated, truncated, info = env.step(rng.integers(0, env.action_space.n))
        infos = {name: np.asarray(value).tolist() for name, value in info.items()}
        seen.append((env.unwrapped.emulator.ram.tobytes(), reward, terminated, truncated, infos))
    return seen


# ---- a spec in JSON --------------------------------------------------------


@pytest.fixture
def some_state(make: Make) -> Any:
    env = make(noop_max=5)
    env.reset(seed=1)
    play(env, 20)
    return env.save_state()


def test_a_spec_in_json_makes_the_same_environment(engine: str, some_state: Any) -> None:
    states = [some_state, some_state.to_bytes(), bytearray(some_state.state)]
    for state in states:
        options = {
            "obs_type": "grayscale",
            "screen_size": np.array([60, 64]).tolist(),
            "frame_skip": (2, np.int64(5)),
            "sticky_action_probability": np.float64(0.25),
            "reward": {"score": np.float32(0.5), "life_lost": -1},
            "info_variables": {"lives": None}.keys(),
            "rom_path": Path(bundled_rom()),
            "state": state,
            "noop_max": np.int64(3),
            "max_episode_frames": 500,
            "render_mode": "rgb_array",
            "engine": engine,
            "transport": "zmq",
        }
        env = gymnasium.make("copain/Hirondelle-v0", max_episode_steps=50, **options)
        text = env.spec.to_json()
        again = gymnasium.make(EnvSpec.from_json(text))
        assert isinstance(again, TimeLimit)
        assert again.spec.to_json() == text
        first, second = env.reset(seed=3), again.reset(seed=3)
        assert (first[0] == second[0]).all()
        assert first[1] == second[1]
        assert play(env, 10) == play(again, 10)
        env.close()
        again.close()


def test_each_option_has_a_form_in_json(tmp_path: Path) -> None:
    env = gymnasium.make("copain/Hirondelle-v0")
    for name, value in env.unwrapped.options.arguments().items():
        kwargs = {} if name == "game" else {name: value}
        text = gymnasium.make("copain/Hirondelle-v0", **kwargs).spec.to_json()
        assert json.loads(text)["kwargs"]["game"] == "hirondelle"


def test_a_state_that_is_no_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="state is 'data:;base64,%%%'…, which is not base64"):
        NesEnv(state="data:;base64,%%%")


# ---- pickle ------------------------------------------------------------------


def test_pickle_keeps_options_and_spec(engine: str) -> None:
    env = gymnasium.make("copain/Hirondelle-v0", frame_skip=2, engine=engine)
    before = pickle.dumps(env)
    env.reset(seed=1)
    env.step(0)
    for data in (before, pickle.dumps(env)):
        again = pickle.loads(data)
        assert again.unwrapped.options == env.unwrapped.options
        assert again.spec.to_json() == env.spec.to_json()
        again.reset(seed=1)
        again.step(0)
        assert (again.unwrapped.emulator.ram == env.unwrapped.emulator.ram).all()
        again.close()
    env.close()


# ---- copies --------------------------------------------------------------------


@pytest.mark.parametrize("render_mode", [None, "rgb_array"])
def test_a_copy_has_the_same_future(make: Make, render_mode: str | None) -> None:
    env = make(**CHANCE, render_mode=render_mode, reward={"score": 1, "life_lost": -5})
    env.action_space.seed(7)
    env.reset(seed=4)
    play(env, 30, seed=1)
    env.note = ["mine"]  # type: ignore[attr-defined]
    clone = copy.deepcopy(env)
    try:
        assert clone.emulator.pid != env.emulator.pid
        assert list(clone.inputs) == list(env.inputs)
        assert clone.note == env.note  # type: ignore[attr-defined]
        assert clone.note is not env.note  # type: ignore[attr-defined]
        assert np.array_equal(clone.render(), env.render())
        future = play(env, 60, seed=2)
        assert play(clone, 60, seed=2) == future
        assert list(clone.inputs) == list(env.inputs)
        assert clone.action_space.sample() == env.action_space.sample()
        ours, theirs = env.reset(), clone.reset()
        assert (ours[0] == theirs[0]).all()  # the same draw of no-op frames
    finally:
        clone.close()
    env.step(0)  # it was only the clone's emulator that ended


def test_a_copy_before_reset(make: Make, traces: Any) -> None:
    env = make(**CHANCE)
    before = traces.count()[0]
    clone = copy.deepcopy(env)
    assert traces.count()[0] == before
    with pytest.raises(gymnasium.error.ResetNeeded):
        clone.step(0)
    env.reset(seed=2)
    clone.reset(seed=2)
    assert play(clone, 10) == play(env, 10)
    clone.close()


def test_a_copy_through_wrappers(engine: str) -> None:
    env = gymnasium.make("copain/Hirondelle-v0", max_episode_steps=25, engine=engine)
    env.reset(seed=1)
    play(env, 20)
    clone = copy.deepcopy(env)
    assert [step[3] for step in play(clone, 5)] == [False] * 4 + [True]
    assert clone.spec.to_json() == env.spec.to_json()
    env.close()
    clone.close()


def test_a_copy_of_pictures(make: Make) -> None:
    env = make(obs_type="grayscale", screen_size=(84, 84))
    env.reset(seed=1)
    play(env, 20)
    clone = copy.deepcopy(env)
    for _ in range(5):
        assert (clone.step(4)[0] == env.step(4)[0]).all()
    clone.close()


def test_a_copy_without_an_emulator_is_an_error(make: Make) -> None:
    env = make()
    env.reset(seed=1)
    env.emulator.close()
    for use in (lambda: copy.deepcopy(env), env.save_state):
        with pytest.raises(EmulatorClosed):
            use()


def test_a_copy_of_a_scripted_reward(make: Make, pads_game: Path) -> None:
    """The script counts in variables of its own, which nothing else can see."""
    (pads_game / "scenario.json").write_text(
        json.dumps({"reward": {"script": "lua:worth"}, "scripts": ["worth.lua"]})
    )
    (pads_game / "worth.lua").write_text(
        "calls = 0\nfunction worth()\n  calls = calls + 1\n  return calls + data.pad1\nend\n"
    )
    env = make(game=str(pads_game), action_set="simple")
    env.reset(seed=1)
    rewards = [step[1] for step in play(env, 5)]
    assert len(set(rewards)) > 1
    clone = copy.deepcopy(env)
    ours, theirs = play(env, 5), play(clone, 5)
    assert ours == theirs
    clone.reset()
    assert clone.step(0)[1] < ours[-1][1]  # it begins to count anew
    clone.close()


def test_a_game_object_has_a_name_in_json() -> None:
    env = gymnasium.make("copain/Nes-v0", game=HIRONDELLE)
    assert json.loads(env.spec.to_json())["kwargs"]["game"] == "hirondelle"
    again = gymnasium.make(EnvSpec.from_json(env.spec.to_json()))
    assert again.unwrapped.game is HIRONDELLE
