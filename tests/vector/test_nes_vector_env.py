"""`NesVectorEnv`: Gymnasium's vector API over a pool."""

from __future__ import annotations

import dataclasses
import pickle
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import RecordEpisodeStatistics

from copain_gym import StateError
from copain_gym.envs import NesEnv
from copain_gym.vector import NesVectorEnv

Make = Callable[..., NesVectorEnv]


@pytest.fixture
def make(engine: str) -> Iterator[Make]:
    made: list[NesVectorEnv] = []

    def start(num_envs: int = 3, **kwargs: Any) -> NesVectorEnv:
        made.append(NesVectorEnv(num_envs=num_envs, engine=engine, **kwargs))
        return made[-1]

    yield start
    for envs in made:
        envs.close()


def actions(envs: NesVectorEnv, count: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return list(rng.integers(0, envs.single_action_space.n, (count, envs.num_envs)))


# ---- as Gymnasium has it -------------------------------------------------


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"obs_type": "dict"},
        {"obs_type": "ram", "action_set": "multi_binary"},
        {"obs_type": "rgb", "render_mode": "rgb_array"},
        {"obs_type": "grayscale", "screen_size": (84, 84), "action_set": "full"},
    ],
)
def test_make_vec(engine: str, kwargs: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        envs = gymnasium.make_vec("copain/Hirondelle-v0", num_envs=2, engine=engine, **kwargs)
    assert isinstance(envs.unwrapped, NesVectorEnv)
    observations, infos = envs.reset(seed=1)
    assert envs.observation_space.contains(observations)
    assert infos["lives"].tolist() == [3, 3]
    envs.action_space.seed(1)
    for _ in range(3):
        observations, rewards, terminated, truncated, infos = envs.step(envs.action_space.sample())
    assert envs.observation_space.contains(observations)
    assert (rewards.dtype, rewards.shape) == (np.float64, (2,))
    assert terminated.dtype == truncated.dtype == np.bool_
    assert infos["_lives"].tolist() == [True, True]
    if "render_mode" in kwargs:
        pictures = envs.render()
        assert [p.shape for p in pictures] == [(240, 256, 3)] * 2
        np.testing.assert_array_equal(pictures[0], observations[0])
    envs.close()


@pytest.mark.parametrize(
    "kwargs",
    [
        {"obs_type": "features"},
        {"obs_type": "ram", "info_variables": ["score", "bullet_x"]},
        {"obs_type": "ram", "info_variables": []},
        {"obs_type": "rgb"},
        {"obs_type": "grayscale", "screen_size": (84, 84)},
        {
            "obs_type": "ram",
            "noop_max": 30,
            "sticky_action_probability": 0.3,
            "frame_skip": (2, 6),
            "max_episode_frames": 150,
            "reward": {"score": 0.1, "life_lost": -5, "progress": 1},
            "terminate_on": "life",
        },
    ],
)
def test_lanes_are_as_single_environments(make: Make, engine: str, kwargs: dict[str, Any]) -> None:
    """Observations, rewards, ends and infos, over several episodes with all that is random."""
    envs = make(2, **kwargs)
    singles = [NesEnv(engine=engine, **kwargs) for _ in range(2)]
    try:
        observations, infos = envs.reset(seed=7)
        for i, env in enumerate(singles):
            observation, info = env.reset(seed=7 + i)
            np.testing.assert_array_equal(observation, observations[i])
            check_info(info, infos, i)
        done = [False, False]
        ends = 0
        for chosen in actions(envs, 150 if engine == "headless" else 60):
            observations, rewards, terminated, truncated, infos = envs.step(chosen)
            for i, env in enumerate(singles):
                if done[i]:
                    observation, info = env.reset()
                    outcome: tuple[Any, ...] = (0.0, False, False)
                else:
                    observation, *rest, info = env.step(chosen[i])
                    outcome = tuple(rest)
                assert outcome == (rewards[i], terminated[i], truncated[i])
                np.testing.assert_array_equal(observation, observations[i])
                check_info(info, infos, i)
                done[i] = outcome[1] or outcome[2]
                ends += done[i]
        assert ends or "max_episode_frames" not in kwargs
    finally:
        for env in singles:
            env.close()


def check_info(single: dict[str, Any], infos: dict[str, Any], lane: int) -> None:
    assert set(single) == {name for name in infos if name[0] != "_"}
    for name, value in single.items():
        assert np.array_equal(infos[name][lane], value), name
        assert infos[f"_{name}"][lane]


def test_same_seed_same_trajectory(make: Make) -> None:
    kwargs = {"noop_max": 20, "sticky_action_probability": 0.5, "frame_skip": (1, 5)}
    first, second = make(2, **kwargs), make(2, **kwargs)
    np.testing.assert_array_equal(first.reset(seed=3)[0], second.reset(seed=3)[0])
    for chosen in actions(first, 40):
        a, b = first.step(chosen), second.step(chosen)
        for x, y in zip(a[:4], b[:4], strict=True):
            np.testing.assert_array_equal(x, y)


def test_observations_belong_to_the_caller(make: Make) -> None:
    for obs_type in ("features", "ram", "rgb"):
        envs = make(2, obs_type=obs_type)
        observations, infos = envs.reset(seed=1)
        kept, lives = observations.copy(), infos["score"].copy()
        for chosen in actions(envs, 20):
            envs.step(chosen)
        np.testing.assert_array_equal(observations, kept)
        np.testing.assert_array_equal(infos["score"], lives)
        envs.close()


# ---- the ends of episodes ------------------------------------------------


def test_next_step(make: Make) -> None:
    envs = make(2, max_episode_steps=3)
    first, _ = envs.reset(seed=1)
    flags = []
    for chosen in actions(envs, 8):
        observations, rewards, _, truncated, infos = envs.step(chosen)
        flags.append(truncated.tolist())
        if len(flags) in (4, 8):  # the step after an end begins anew
            np.testing.assert_array_equal(observations, first)
            assert rewards.tolist() == [0, 0]
            assert infos["episode_frames"].tolist() == [0, 0]
    assert flags == [[n == 3] * 2 for n in (1, 2, 3, 0, 1, 2, 3, 0)]
    assert "final_obs" not in infos


def test_same_step(make: Make) -> None:
    envs = make(2, max_episode_steps=3, autoreset_mode="SameStep", noop_max=9)
    other = make(2, max_episode_steps=3, autoreset_mode=AutoresetMode.NEXT_STEP, noop_max=9)
    np.testing.assert_array_equal(envs.reset(seed=1)[0], other.reset(seed=1)[0])
    chosen = actions(envs, 12)
    for k in range(12):
        observations, rewards, _, truncated, infos = envs.step(chosen[k])
        expected, worth, _, ended, told = other.step(chosen[k])
        assert truncated.tolist() == ended.tolist() == [k % 3 == 2] * 2
        np.testing.assert_array_equal(rewards, worth)
        if truncated.any():
            for i in range(2):
                np.testing.assert_array_equal(infos["final_obs"][i], expected[i])
            np.testing.assert_array_equal(
                infos["final_info"]["episode_frames"], told["episode_frames"]
            )
            assert infos["_final_obs"].tolist() == [True, True]
            expected, *_ = other.step(chosen[k])
        np.testing.assert_array_equal(observations, expected)


def test_same_step_keeps_the_other_lanes(make: Make) -> None:
    envs = make(3, autoreset_mode="SameStep", max_episode_frames=40, frame_skip=(3, 6))
    envs.reset(seed=5)
    seen = 0
    for chosen in actions(envs, 30):
        _, _, _, truncated, infos = envs.step(chosen)
        assert infos["episode_frames"][truncated].tolist() == [0] * int(truncated.sum())
        if truncated.any() and not truncated.all():
            seen += 1
            assert (infos["episode_frames"][~truncated] > 0).all()
            assert (infos["final_info"]["episode_frames"][truncated] >= 40).all()
            assert infos["final_info"]["_lives"].tolist() == truncated.tolist()
    assert seen


def test_disabled_is_reset_by_mask(make: Make) -> None:
    envs = make(3, autoreset_mode="Disabled", max_episode_steps=2)
    first, _ = envs.reset(seed=1)
    chosen = actions(envs, 4)
    envs.step(chosen[0])
    before, _, _, truncated, _ = envs.step(chosen[1])
    assert truncated.all()
    with pytest.raises(gymnasium.error.ResetNeeded, match=r"lanes \[0, 1, 2\] have ended"):
        envs.step(chosen[2])
    mask = np.array([True, False, True])
    observations, infos = envs.reset(options={"reset_mask": mask})
    np.testing.assert_array_equal(observations[mask], first[mask])
    np.testing.assert_array_equal(observations[1], before[1])
    assert infos["_lives"].tolist() == mask.tolist()
    assert infos["episode_frames"].tolist() == [0, 8, 0]
    with pytest.raises(gymnasium.error.ResetNeeded, match=r"lanes \[1\]"):
        envs.step(chosen[2])
    envs.reset(options={"reset_mask": ~mask})
    envs.step(chosen[2])


# ---- halves of a step ----------------------------------------------------


def test_send_and_recv(make: Make) -> None:
    """Two halves of the lanes, taking turns, see what they would have seen together."""
    together, apart = make(4), make(4)
    together.reset(seed=2)
    apart.reset(seed=2)
    halves = [np.array([0, 2]), np.array([3, 1])]
    chosen = actions(together, 25)
    apart.send(chosen[0][halves[0]], halves[0])
    apart.send(chosen[0][halves[1]], halves[1])
    for k in range(25):
        whole = together.step(chosen[k])
        for half in halves:
            part = apart.recv()
            for x, y in zip(part[:4], whole[:4], strict=True):
                np.testing.assert_array_equal(x, y[half])
            np.testing.assert_array_equal(part[4]["score"], whole[4]["score"][half])
            if k < 24:
                apart.send(chosen[k + 1][half], half)


def test_halves_out_of_order(make: Make) -> None:
    envs = make(2)
    with pytest.raises(gymnasium.error.ResetNeeded):
        envs.step(np.array([0, 0]))
    envs.reset(seed=1)
    with pytest.raises(gymnasium.error.NoAsyncCallError):
        envs.recv()
    envs.send(np.array([1]), [1])
    with pytest.raises(gymnasium.error.AlreadyPendingCallError):
        envs.send(np.array([1, 1]))
    with pytest.raises(gymnasium.error.AlreadyPendingCallError):
        envs.reset()
    assert envs.recv()[1].shape == (1,)
    assert envs.step(np.array([1, 1]))[1].shape == (2,)


# ---- states --------------------------------------------------------------


def test_lanes_may_be_numbers_of_any_type(make: Make) -> None:
    envs = make(2)
    envs.reset(seed=1)
    seen = []
    for lanes in ([1], np.array([1, 0], np.int32), np.array([1], np.uint8), [0, 1]):
        envs.send(np.zeros(len(lanes), int), lanes)
        seen.append(envs.recv()[4]["frame_count"])
    first = seen[0][0]
    assert [s.tolist() for s in seen] == [
        [first],
        [first + 4, first],
        [first + 8],
        [first + 4, first + 12],
    ]


def test_states_go_into_any_lane(make: Make) -> None:
    envs = make(3)
    envs.reset(seed=1)
    for chosen in actions(envs, 30):
        envs.step(chosen)
    saved = envs.save_states()
    futures = []
    for _ in range(2):
        track = []
        for _ in range(10):
            track.append(envs.step(np.array([4, 4, 4]))[0])
        futures.append(track)
        observations, infos = envs.load_states([saved[1], saved[1], saved[0]], [0, 1, 2])
        assert observations.shape == (3, *envs.single_observation_space.shape)
        assert infos["episode_frames"].tolist() == [120, 120, 120]
    for once, again in zip(*futures, strict=True):
        np.testing.assert_array_equal(again[0], once[1])
        np.testing.assert_array_equal(again[1], once[1])
        np.testing.assert_array_equal(again[2], once[0])


def test_states_go_into_another_pool(make: Make) -> None:
    one, other = make(1), make(2)
    one.reset(seed=1)
    other.reset(seed=1)
    for chosen in actions(one, 20):
        one.step(chosen)
    other.load_states(one.save_states(), [1])
    for _ in range(5):
        a, b = one.step(np.array([3])), other.step(np.array([3, 3]))
        np.testing.assert_array_equal(a[0][0], b[0][1])
    with pytest.raises(ValueError, match="1 states were given for 2 lanes"):
        other.load_states(one.save_states())


def test_states_of_a_pool_without_pictures_go_into_one_with(make: Make) -> None:
    options = {"obs_type": "grayscale", "screen_size": (84, 84), "action_set": "full"}
    blind, seeing = make(2), make(2, frame_skip=1, **options)
    blind.reset(seed=1)
    older, _ = seeing.reset(seed=1)
    for chosen in actions(blind, 20):
        blind.step(chosen)
    states = [dataclasses.replace(s, state=bytes(s.state)) for s in blind.save_states()]
    observations, infos = seeing.load_states(states)
    assert infos["episode_frames"].tolist() == [80, 80]
    assert (observations != older).any(axis=(1, 2, 3)).all()
    if seeing.emulators[0].engine == "headless":  # the frame after that of the state
        assert (observations == seeing.step(np.zeros(2, int))[0]).all()


def test_each_lane_has_its_start(make: Make) -> None:
    envs = make(3, state=["start", "stage2", "stage3"])
    _, infos = envs.reset(seed=1)
    assert infos["stage"].tolist() == [0, 1, 2]
    _, infos = envs.reset(options={"state": ["stage2", "start", "start"]})
    assert infos["stage"].tolist() == [1, 0, 0]
    _, infos = envs.reset()
    assert infos["stage"].tolist() == [0, 1, 2]
    with pytest.raises(StateError):
        envs.reset(options={"state": b"COPAINSSnonsense"})


# ---- pictures ------------------------------------------------------------


def test_each_lane_has_its_render_mode(make: Make) -> None:
    envs = make(3, render_mode=[None, "rgb_array", None])
    envs.reset(seed=1)
    envs.step(np.array([0, 0, 0]))
    pictures = envs.render()
    assert pictures is not None
    assert [None if p is None else p.shape for p in pictures] == [None, (240, 256, 3), None]


# ---- arguments -----------------------------------------------------------


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_envs": 0}, "num_envs is 0; allowed are None, 1 and more"),
        ({"render_mode": "ansi"}, "render_mode is 'ansi'; allowed are None, human, rgb_array"),
        ({"render_mode": ["human"]}, "render_mode has 1 values; allowed are one, or .* of 2"),
        ({"autoreset_mode": "never"}, "autoreset_mode is 'never'; allowed are NextStep, SameStep"),
        ({"state": ["start"] * 3}, "state has 3 values"),
        ({"state": "nowhere"}, "state is 'nowhere'; allowed are start"),
        ({"obs_type": "ascii"}, "obs_type is 'ascii'; allowed are features"),
        ({"timeout": 0}, "timeout is 0 s"),
        ({"max_faults": -1}, "max_faults is -1"),
        ({"max_episode_steps": 0}, "max_episode_steps is 0"),
        ({"endpoints": ["tcp://a:1"]}, "there are 1 endpoints for 2 lanes"),
        ({"frame_skip": 0}, "frame_skip is 0"),
    ],
)
def test_bad_arguments(kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NesVectorEnv(**{"num_envs": 2, **kwargs})


def test_bad_actions(make: Make) -> None:
    envs = make(2)
    envs.reset(seed=1)
    most = int(envs.single_action_space.n)
    for bad, message in (
        ([0], r"shape \(1,\); allowed is \(2,\)"),
        ([0, most], rf"allowed is what Discrete\({most}\)"),
        ([-1, 0], "allowed is what"),
        ([0.5, 0.0], "type float64; they must be integers"),
    ):
        with pytest.raises(ValueError, match=message):
            envs.step(np.array(bad))
    for lanes in ([0, 0], [2], [-1], []):
        with pytest.raises(ValueError, match="lanes are"):
            envs.send(np.zeros(len(lanes), int), lanes)
    assert envs.step(np.array([0, most - 1]))[1].shape == (2,)


def test_bad_reset_options(make: Make) -> None:
    envs = make(2)
    envs.reset(seed=1)
    for options, error in (
        ({"speed": 2}, ValueError),
        ({"reset_mask": [True, False]}, TypeError),
        ({"reset_mask": np.array([True])}, ValueError),
        ({"reset_mask": np.array([False, False])}, ValueError),
        ({"state": "nowhere"}, ValueError),
        ({"state": ["start"] * 3}, ValueError),
    ):
        with pytest.raises(error):
            envs.reset(options=options)
    with pytest.raises(ValueError, match="3 seeds were given for 2 lanes"):
        envs.reset(seed=[1, 2, 3])
    assert envs.step(np.array([0, 0]))[1].shape == (2,)


def test_no_process_before_reset() -> None:
    envs = NesVectorEnv(num_envs=2)
    with pytest.raises(gymnasium.error.ResetNeeded):
        _ = envs.emulators
    envs.close()


def test_spec_pickles(engine: str) -> None:
    envs = gymnasium.make_vec("copain/Hirondelle-v0", num_envs=2, engine=engine)
    spec = pickle.loads(pickle.dumps(envs.spec))
    assert spec.kwargs["num_envs"] == 2
    envs.close()


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_statistics_of_gymnasium(make: Make, mode: AutoresetMode) -> None:
    """Each episode has its length and its return, as Gymnasium's wrapper counts them."""
    envs = make(autoreset_mode=mode, max_episode_frames=40, reward="survival")
    wrapped = RecordEpisodeStatistics(envs)
    wrapped.reset(seed=1)
    old = tuple(map(int, gymnasium.__version__.split(".")[:2])) < (1, 4)
    short = old and mode == AutoresetMode.SAME_STEP  # docs/vector.md says so
    rewards: list[np.ndarray] = []
    lengths = []
    for action in actions(envs, 33):
        _, reward, _, _, infos = wrapped.step(action)
        rewards.append(reward)
        if "episode" in infos:
            counted = rewards[1:] if short and lengths else rewards
            lengths.append(infos["episode"]["l"].tolist())
            assert np.all(np.sum(counted, axis=0) > 0)
            np.testing.assert_allclose(infos["episode"]["r"], np.sum(counted, axis=0))
            # the next step only resets
            rewards = [np.zeros(3)] if mode == AutoresetMode.NEXT_STEP else []
    later = [9 if short else 10] * 3
    assert lengths[:2] == [[10] * 3, later]
