"""`copain_gym.sb3.make_vec_env` is called as Stable-Baselines3's own."""

from __future__ import annotations

import csv
import inspect
import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from stable_baselines3.common.env_util import make_vec_env as their_make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor, get_monitor_files
from stable_baselines3.common.vec_env import DummyVecEnv

from copain_gym.envs import NesEnv
from copain_gym.sb3 import NesVecEnv, make_vec_env
from tests.conftest import ENGINES

ID = "copain/Hirondelle-v0"
ENGINE = ENGINES[-1]
SHORT: dict[str, Any] = {"engine": ENGINE, "max_episode_frames": 40}


def test_the_same_parameters() -> None:
    theirs = inspect.signature(their_make_vec_env).parameters
    mine = dict(inspect.signature(make_vec_env).parameters)
    assert mine.pop("kwargs").kind is inspect.Parameter.VAR_KEYWORD
    assert list(mine) == list(theirs)
    assert [p.default for p in mine.values()] == [p.default for p in theirs.values()]


def test_the_id_with_its_module() -> None:
    """In a process that has not imported the package's environments."""
    program = (
        "from copain_gym.sb3 import make_vec_env\n"
        f"envs = make_vec_env('copain_gym:{ID}', 2, seed=1, env_kwargs={{'engine': {ENGINE!r}}})\n"
        "print(envs.reset().shape, envs.get_attr('spec')[0].id)\nenvs.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["(2,", "135)", ID], done.stderr


def test_options_by_any_of_their_names() -> None:
    envs = make_vec_env(
        ID, 2, env_kwargs={"frame_skip": 8, **SHORT}, vec_env_kwargs={"timeout": 5.0}, noop_max=3
    )
    options = envs.envs.options
    assert (options.frame_skip, options.timeout, options.noop_max) == (8, 5.0, 3)
    envs.close()
    single = make_vec_env(NesEnv, 1, env_kwargs={"obs_type": "ram"})
    assert single.observation_space.shape == (2048,)
    single.close()


def test_files_as_stable_baselines3_writes_them(tmp_path: Path) -> None:
    """Same names, same columns, same episodes."""
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    settings: dict[str, Any] = {
        "n_envs": 2,
        "seed": 3,
        "start_index": 5,
        "env_kwargs": SHORT,
        "monitor_kwargs": {"info_keywords": ("score",)},
    }
    makes = ((make_vec_env, mine), (their_make_vec_env, theirs))
    for make, folder in makes:
        envs = make(ID, monitor_dir=str(folder), **settings)
        envs.reset()
        for k in range(25):
            envs.step(np.array([k % 9, 4]))
        envs.close()
    names = ["5.monitor.csv", "6.monitor.csv"]
    assert sorted(Path(f).name for f in get_monitor_files(str(mine))) == names
    for name in names:
        found = []
        for folder in (mine, theirs):
            first, *rest = (folder / name).read_text().splitlines()
            assert json.loads(first[1:])["env_id"] == ID
            rows = list(csv.DictReader(rest))
            assert len(rows) == 2
            found.append([{k: float(v) for k, v in row.items() if k != "t"} for row in rows])
        assert found[0] == found[1]


def test_files_are_continued_on_request(tmp_path: Path) -> None:
    for _ in range(2):
        envs = make_vec_env(
            ID, monitor_dir=tmp_path, monitor_kwargs={"override_existing": False}, **SHORT
        )
        envs.reset()
        for _ in range(10):
            envs.step(np.array([4]))
        envs.close()
    assert len((tmp_path / "0.monitor.csv").read_text().splitlines()) == 2


def test_evaluations_see_that_it_is_monitored() -> None:
    class Still:
        def predict(self, observation: Any, **_: Any) -> tuple[np.ndarray, None]:
            return np.zeros(len(observation), np.int64), None

    envs = make_vec_env(ID, 2, **SHORT)
    assert envs.env_is_wrapped(Monitor) == [True, True]
    assert envs.env_is_wrapped(gymnasium.Wrapper) == [False, False]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rewards, lengths = evaluate_policy(
            Still(), envs, n_eval_episodes=2, return_episode_rewards=True
        )
    assert lengths == [10, 10]
    assert len(rewards) == 2
    envs.close()


def test_a_subclass() -> None:
    class Mine(NesVecEnv):
        pass

    envs = make_vec_env(ID, vec_env_cls=Mine)
    assert type(envs) is Mine
    envs.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"wrapper_class": Monitor}, "wrapper_class is Monitor; allowed is None, because a pool"),
        ({"wrapper_kwargs": {"x": 1}}, "wrapper_class is None; allowed is None"),
        ({"vec_env_cls": DummyVecEnv}, "vec_env_cls is DummyVecEnv; allowed are None and subclass"),
        ({"vec_env_kwargs": {"start_method": "spawn"}}, "vec_env_kwargs has 'start_method', which"),
        ({"env_kwargs": {"num_envs": 3}}, "env_kwargs has 'num_envs'.*n_envs is its number"),
        ({"env_kwargs": {"frame_skip": 4}, "frame_skip": 8}, "'frame_skip', which was given"),
        ({"frameskip": 4}, "make_vec_env has 'frameskip', which is no option.*are.*frame_sk"),
        ({"autoreset_mode": "NextStep"}, "'autoreset_mode'.*always SAME_STEP"),
        ({"monitor_kwargs": {"reset_keywords": ("a",)}}, "reset_keywords in monitor_kwargs is"),
        ({"monitor_kwargs": {"allow_early_resets": False}}, "allow_early_resets in monitor_kwargs"),
        ({"monitor_kwargs": {"folder": "x"}}, "monitor_kwargs has 'folder'; allowed are info_key"),
        ({"env_id": "no_such_module:copain/X-v0"}, "whose module cannot be imported"),
        ({"env_id": lambda: None}, "env_id is <lambda>; allowed are an id of one of copain_gym's"),
        ({"env_id": "CartPole-v1"}, "'CartPole-v1', which is not an environment"),
    ],
)
def test_what_cannot_be_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_vec_env(**{"env_id": ID, **arguments})


def test_attributes_before_reset() -> None:
    envs = make_vec_env(ID, 2, engine=ENGINE)
    assert not envs.has_attr("anything")
    with pytest.raises(AttributeError, match="no attribute 'anything'"):
        envs.get_attr("anything")
    assert envs.get_attr("action_space") == [envs.action_space] * 2
    assert envs.get_attr("action_space")[0] == gymnasium.spaces.Discrete(9)
    assert envs.get_attr("observation_space")[1].shape == (135,)
    assert envs.env_method("get_action_meanings", indices=1)[0][0] == "NOOP"
    assert [m.tolist() for m in envs.env_method("action_masks")] == [[True] * 9] * 2
    envs.close()
