"""The pool as a VecEnv of Stable-Baselines3, and single environments in its worker processes."""

from __future__ import annotations

import os
import signal
from typing import Any

import gymnasium
import numpy as np
import pytest

pytest.importorskip("stable_baselines3", reason="the extra `train` is not installed")

from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env as make_workers
from stable_baselines3.common.vec_env import SubprocVecEnv

from copain_gym.envs import NesEnv
from copain_gym.sb3 import NesVecEnv, make_vec_env
from copain_gym.vector import NesVectorEnv
from tests.conftest import ENGINES


@pytest.fixture
def engine() -> str:
    """The fastest one; the pool's own tests run on each."""
    return ENGINES[-1]


def test_same_as_worker_processes(engine: str) -> None:
    """What SubprocVecEnv gives, without its processes."""
    kwargs = {"engine": engine, "max_episode_frames": 60, "noop_max": 8}
    pool = make_vec_env("copain/Hirondelle-v0", n_envs=2, seed=4, **kwargs)
    workers = make_workers(
        "copain_gym:copain/Hirondelle-v0",
        n_envs=2,
        seed=4,
        env_kwargs=kwargs,
        vec_env_cls=SubprocVecEnv,
    )
    episodes: list[dict[str, Any]] = []
    try:
        np.testing.assert_array_equal(pool.reset(), workers.reset())
        for k in range(40):
            chosen = np.array([k % 9, (k * 7) % 9])
            a, b = pool.step(chosen), workers.step(chosen)
            for x, y in zip(a[:3], b[:3], strict=True):
                np.testing.assert_array_equal(x, y)
            for mine, theirs in zip(a[3], b[3], strict=True):
                assert set(mine) == set(theirs)
                for episode in (mine.pop("episode", {}), theirs.pop("episode", {})):
                    episode.pop("t", None)  # seconds
                    episodes.append(episode)
                assert episodes[-1] == episodes[-2]
                for name in mine:
                    np.testing.assert_array_equal(mine[name], theirs[name])
        assert any(episodes)
    finally:
        pool.close()
        workers.close()


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_single_environments_in_workers(engine: str, method: str) -> None:
    workers = make_workers(
        "copain_gym:copain/Hirondelle-v0",
        n_envs=2,
        seed=1,
        env_kwargs={"engine": engine},
        vec_env_cls=SubprocVecEnv,
        vec_env_kwargs={"start_method": method},
    )
    observations = workers.reset()
    for _ in range(3):
        observations, *_ = workers.step(np.array([1, 2]))
    assert observations.shape == (2, *workers.observation_space.shape)
    workers.close()


def test_ppo_learns_a_little(engine: str) -> None:
    envs = make_vec_env(
        "copain/Hirondelle-v0", 2, seed=1, engine=engine, frame_skip=8, max_episode_frames=160
    )
    model = PPO("MlpPolicy", envs, n_steps=32, batch_size=32, n_epochs=1, seed=1).learn(128)
    assert [episode["l"] for episode in model.ep_info_buffer] == [20] * 6
    envs.close()


def test_ppo_with_a_bit_for_each_button(engine: str) -> None:
    """Stable-Baselines3 sends such actions as floats."""
    envs = make_vec_env("copain/Hirondelle-v0", 2, seed=1, engine=engine, action_set="multi_binary")
    PPO("MlpPolicy", envs, n_steps=16, batch_size=16, n_epochs=1, seed=1).learn(32)
    envs.close()


def test_bits_may_be_floats(engine: str) -> None:
    """As in the single environment: 0.0 and 1.0, and nothing between."""
    env = NesEnv(engine=engine, action_set="multi_binary", obs_type="ram")
    envs = NesVectorEnv(num_envs=1, engine=engine, action_set="multi_binary", obs_type="ram")
    env.reset(seed=1)
    envs.reset(seed=1)
    for dtype in (np.float32, np.float64, np.float16, np.int8, np.bool_):
        action = np.array([1, 0, 1, 0, 0, 1]).astype(dtype)
        np.testing.assert_array_equal(env.step(action)[0], envs.step(action[None])[0][0])
    for wrong in (0.5, -1.0, 2.0, np.nan):
        action = np.full(6, wrong, np.float32)
        with pytest.raises(ValueError, match=r"allowed is what MultiBinary"):
            env.step(action)
        with pytest.raises(ValueError, match=r"allowed is what MultiBinary"):
            envs.step(action[None])
    env.close()
    envs.close()
    discrete = NesVectorEnv(num_envs=1, engine=engine)
    discrete.reset()
    with pytest.raises(ValueError, match="of type float64; they must be integers"):
        discrete.step(np.array([1.0]))
    discrete.close()


def test_fault_is_a_truncation(engine: str) -> None:
    envs = make_vec_env("copain/Hirondelle-v0", n_envs=2, seed=1, engine=engine)
    first = envs.reset()
    last, *_ = envs.step(np.array([3, 3]))
    os.kill(envs.get_attr("pid")[1], signal.SIGKILL)
    observations, rewards, dones, infos = envs.step(np.array([3, 3]))
    assert rewards.dtype == np.float32
    assert dones.tolist() == [False, True]
    assert "SIGKILL" in infos[1]["fault"]
    assert "fault" not in infos[0]
    assert infos[1]["TimeLimit.truncated"]
    np.testing.assert_array_equal(infos[1]["terminal_observation"], last[1])
    np.testing.assert_array_equal(observations[1], first[1])
    envs.close()


def test_lanes(engine: str) -> None:
    envs = make_vec_env("copain/Hirondelle-v0", 2, engine=engine, render_mode="rgb_array")
    envs.reset()
    assert envs.get_attr("engine") == [engine, engine]
    assert envs.get_attr("num_envs", [0]) == [2]
    assert [len(p) for p in envs.env_method("step", "A", frames=2, indices=[1])] == [2048]
    assert envs.env_is_wrapped(gymnasium.Wrapper) == [False, False]
    envs.step(np.array([0, 0]))
    assert envs.render("rgb_array").size == 2 * 240 * 256 * 3
    with pytest.raises(AttributeError, match="cannot be set"):
        envs.set_attr("engine", "fceux")
    with pytest.raises(AttributeError, match="nonsense"):
        envs.get_attr("nonsense")
    envs.close()


def test_a_value_for_each_lane(engine: str) -> None:
    envs = make_vec_env("copain/Hirondelle-v0", n_envs=3, engine=engine)
    assert not envs.has_attr("difficulty")
    envs.set_attr("difficulty", 1)
    envs.set_attr("difficulty", 5, indices=[2])
    envs.set_attr("note", "b", indices=1)
    assert envs.get_attr("difficulty") == [1, 1, 5]
    assert envs.get_attr("difficulty", 2) == [5]
    assert envs.get_attr("note", [1]) == ["b"]
    with pytest.raises(AttributeError, match="no attribute 'note'"):
        envs.get_attr("note")
    assert envs.get_attr("action_space") == [envs.action_space] * 3
    assert envs.get_attr("observation_space", 0) == [envs.observation_space]
    for name in ("num_envs", "frame_count"):
        with pytest.raises(AttributeError, match="cannot be set"):
            envs.set_attr(name, 1)
    envs.reset()
    assert envs.get_attr("difficulty") == [1, 1, 5]
    envs.close()


def test_options_begin_elsewhere(engine: str) -> None:
    envs = make_vec_env("copain/Hirondelle-v0", n_envs=2, engine=engine)
    envs.set_options([{}, {"state": "stage2"}])
    envs.reset()
    assert [info["stage"] for info in envs.reset_infos] == [0, 1]
    envs.reset()
    assert [info["stage"] for info in envs.reset_infos] == [0, 0]
    envs.close()


def test_needs_same_step() -> None:
    envs = NesVectorEnv(num_envs=1)
    with pytest.raises(ValueError, match="needs SAME_STEP"):
        NesVecEnv(envs)
    envs.close()


def test_other_environments_are_refused() -> None:
    with pytest.raises(ValueError, match="'CartPole-v1', which is not an environment of"):
        make_vec_env("CartPole-v1")
