"""Infos of a single environment have dtypes, and Gymnasium's vector environments keep them."""

from __future__ import annotations

import copy

import numpy as np
from gymnasium.vector import SyncVectorEnv

from copain_gym.envs import NesEnv
from copain_gym.vector import NesVectorEnv
from tests.conftest import ENGINES

ENGINE = ENGINES[-1]


def test_each_has_the_dtype_that_a_pool_has() -> None:
    env, envs = NesEnv(engine=ENGINE), NesVectorEnv(num_envs=1, engine=ENGINE)
    try:
        env.reset(seed=1)
        envs.reset(seed=1)
        for _ in range(3):
            info, infos = env.step(4)[4], envs.step(np.array([4]))[4]
            for name, value in info.items():
                assert value.dtype == infos[name].dtype, name
                assert value.shape == infos[name].shape[1:], name
                np.testing.assert_array_equal(value, infos[name][0])
    finally:
        env.close()
        envs.close()


def test_what_was_returned_does_not_change() -> None:
    env = NesEnv(engine=ENGINE)
    first = env.reset(seed=1)[1]
    kept = copy.deepcopy(first)
    for _ in range(3):
        env.step(4)
    env.close()
    for name, value in kept.items():
        np.testing.assert_array_equal(first[name], value)


def test_gymnasiums_vector_environment_has_arrays_of_them() -> None:
    envs = SyncVectorEnv([lambda: NesEnv(engine=ENGINE)] * 2)
    envs.reset(seed=1)
    infos = envs.step(np.array([4, 3]))[4]
    envs.close()
    assert infos["life_lost"].dtype == np.bool_
    assert infos["lives"].dtype == np.int64
    assert infos["bullet_x"].shape[0] == 2
