"""Pools in which an emulator plays several lanes are like those with an emulator for each lane."""

from __future__ import annotations

import copy
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from copain_gym import Emulator
from copain_gym.roms.rom import read_rom
from copain_gym.vector import NesVectorEnv
from copain_gym.vector.shared import SharedPool
from tests.conftest import Traces, wait_until

LOADS = "return (pcall(copain.load, ...))"
LANES = 5  # of which one emulator plays three, and another one two


def make(each: int | None = 3, **options: Any) -> NesVectorEnv:
    options = {"num_envs": LANES, "engine": "headless", **options}
    return NesVectorEnv(lanes_per_process=each, **options)


@pytest.fixture
def shared() -> Iterator[NesVectorEnv]:
    envs = make()
    envs.reset(seed=1)
    yield envs
    envs.close()


def actions_of(envs: NesVectorEnv, steps: int) -> Any:
    envs.action_space.seed(1)
    return [envs.action_space.sample() for _ in range(steps)]


def assert_same_step(one: Any, other: Any) -> None:
    for a, b in zip(one[:4], other[:4], strict=True):
        np.testing.assert_equal(a, b)
    assert one[4].keys() == other[4].keys()
    for name, value in one[4].items():
        # as lists, because final observations are arrays of arrays
        np.testing.assert_equal(
            np.asarray(value).tolist(), np.asarray(other[4][name]).tolist(), name
        )


@pytest.mark.parametrize(
    "options",
    [
        {"max_episode_steps": 50},
        {"obs_type": "ram", "autoreset_mode": "SameStep", "max_episode_steps": 70},
        {
            "obs_type": "dict",
            "frame_stack": 2,
            "sticky_action_probability": 0.25,
            "max_episode_steps": 50,
        },
        {"frame_skip": (2, 6), "noop_max": 30, "max_episode_steps": 40},
        {"transport": "zmq", "max_episode_steps": 30},
        {"obs_type": "grayscale", "screen_size": 84, "frame_stack": 4, "max_episode_steps": 30},
        {
            "obs_type": "grayscale",
            "screen_size": (60, 64),
            "transport": "zmq",
            "max_episode_steps": 40,
        },
        {"state": ["start", "stage2", "start", "stage3", "stage2"], "max_episode_steps": 30},
    ],
    ids=["features", "ram", "dict", "draws", "zmq", "pixels", "pixels-zmq", "stages"],
)
def test_steps_and_movies_are_the_same(options: dict[str, Any]) -> None:
    shared, separate = make(3, **options), make(1, **options)
    try:
        first, _ = shared.reset(seed=3)
        expected, _ = separate.reset(seed=3)
        np.testing.assert_equal(first, expected)
        assert shared.process_ids[0] != shared.process_ids[1]
        assert (len(shared.process_ids), len(separate.process_ids)) == (2, LANES)
        ends = 0
        for actions in actions_of(shared, 150):
            one = shared.step(actions)
            assert_same_step(one, separate.step(actions))
            ends += int((one[2] | one[3]).sum())
        assert ends > 0
        if "state" not in options:  # stages begin by writing into RAM
            for lane in range(LANES):
                for ended in (False, True):
                    movie, other = (e.movie(lane, ended=ended) for e in (shared, separate))
                    np.testing.assert_equal(movie.inputs, other.inputs)
                    assert movie.rerecords == other.rerecords
    finally:
        shared.close()
        separate.close()


def test_parts_of_a_pool_take_turns() -> None:
    """Parts whose lanes are in the same emulator, too."""
    shared, separate = make(3), make(1)
    try:
        for envs in (shared, separate):
            envs.reset(seed=1)
        parts = [np.array([4, 0, 2]), np.array([3, 1])]
        for k in range(100):
            for envs in (shared, separate):
                for part in parts:
                    envs.send((part + k) % 9, part)
            for _ in parts:
                assert_same_step(shared.recv(), separate.recv())
    finally:
        shared.close()
        separate.close()


def test_reset_of_some_lanes(shared: NesVectorEnv) -> None:
    first = shared.step(np.full(LANES, 3))[0]
    mask = np.array([False, True, False, True, False])
    again, infos = shared.reset(options={"reset_mask": mask})
    np.testing.assert_array_equal(again[~mask], first[~mask])
    np.testing.assert_array_equal(infos["episode_frames"], np.where(mask, 0, 4))


def test_states_in_all_lanes_and_other_pools(shared: NesVectorEnv) -> None:
    for actions in actions_of(shared, 20):
        shared.step(actions)
    states = shared.save_states()
    assert shared.save_states()[0].state is states[0].state  # nothing has happened since
    expected = shared.step(np.full(LANES, 3))
    shared.step(np.full(LANES, 5))
    shared.load_states(states[::-1])
    after = shared.step(np.full(LANES, 3))
    np.testing.assert_array_equal(after[0], expected[0][::-1])
    shared.load_states(states)  # again: they are still there
    np.testing.assert_array_equal(shared.step(np.full(LANES, 3))[0], expected[0])
    other = make(1)
    other.reset(seed=9)
    other.load_states(states)
    np.testing.assert_array_equal(other.step(np.full(LANES, 3))[0], expected[0])
    np.testing.assert_equal(other.movie(2).inputs, shared.movie(2).inputs)
    other.close()


def test_savestates_are_freed(shared: NesVectorEnv) -> None:
    pool = shared._pool
    assert isinstance(pool, SharedPool)
    seen = []
    for actions in actions_of(shared, 300):
        shared.step(actions)
        seen += pool._table.handles[:3].tolist()
        shared.load_states(shared.save_states([1]), [2])
    emulator = pool._workers[0].emulator
    emulator.free_states()
    held = [handle for handle in seen if emulator.run_lua(LOADS, handle)]
    assert set(pool._table.handles[:2].tolist()) <= set(held)
    assert len(held) <= 6  # the last two of each lane


def test_a_copy_has_the_same_future(shared: NesVectorEnv) -> None:
    for actions in actions_of(shared, 20):
        shared.step(actions)
    clone = copy.deepcopy(shared)
    try:
        for actions in actions_of(shared, 20):
            assert_same_step(shared.step(actions), clone.step(actions))
    finally:
        clone.close()


def test_lanes_get_emulators_when_they_are_asked_for(shared: NesVectorEnv, traces: Traces) -> None:
    separate = make(1)
    separate.reset(seed=1)
    for actions in actions_of(shared, 20):
        shared.step(actions)
        separate.step(actions)
    emulators = shared.emulators
    assert len({emulator.pid for emulator in emulators}) == LANES
    assert all(isinstance(emulator, Emulator) for emulator in emulators)
    assert [e.frame_count for e in emulators] == [e.frame_count for e in separate.emulators]
    assert shared.emulators == emulators
    for actions in actions_of(shared, 20):
        assert_same_step(shared.step(actions), separate.step(actions))
    np.testing.assert_equal(shared.movie(3).inputs, separate.movie(3).inputs)
    assert shared.movie(3).rerecords == separate.movie(3).rerecords
    separate.close()


def test_no_emulators_while_a_step_is_under_way(shared: NesVectorEnv) -> None:
    shared.send(np.full(LANES, 3))
    with pytest.raises(gymnasium.error.AlreadyPendingCallError):
        _ = shared.emulators
    shared.recv()


# ---- faults ----------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_killed_emulator_takes_its_lanes_along(
    shared: NesVectorEnv, number: signal.Signals
) -> None:
    calm = make(1)
    first, _ = calm.reset(seed=1)
    go = np.full(LANES, 3)
    seen, *_ = shared.step(go)
    calm.step(go)
    start = time.monotonic()
    os.kill(shared.process_ids[0], number)
    observations, rewards, terminated, truncated, infos = shared.step(go)
    assert truncated.tolist() == [True, True, True, False, False]
    assert not terminated.any()
    assert all(why.startswith("Emulator") for why in infos["fault"][:3])
    assert infos["_fault"].tolist() == truncated.tolist()
    assert (rewards[:3] == 0).all()
    np.testing.assert_array_equal(observations[:3], seen[:3])
    after, *_ = calm.step(go)
    np.testing.assert_array_equal(observations[3:], after[3:])
    observations, _, _, truncated, infos = shared.step(go)
    assert time.monotonic() - start < 2
    assert not truncated.any()
    assert "fault" not in infos
    np.testing.assert_array_equal(observations[:3], first[:3])
    after, *_ = calm.step(go)
    np.testing.assert_array_equal(observations[3:], after[3:])
    assert shared.replaced == 1
    assert (
        shared.movie(0, ended=True).frames == calm.movie(0).frames - 4
    )  # with the step that failed
    calm.close()


def test_lanes_that_did_not_play_are_told_later(shared: NesVectorEnv) -> None:
    """An emulator fails while only one of its lanes plays."""
    os.kill(shared.process_ids[0], signal.SIGKILL)
    shared.send(np.array([3]), np.array([1]))
    assert shared.recv()[3].tolist() == [True]
    shared.send(np.array([3, 3, 3]), np.array([0, 2, 4]))
    _, _, _, truncated, infos = shared.recv()
    assert truncated.tolist() == [True, True, False]
    assert "SIGKILL" in infos["fault"][0]
    *_, truncated, infos = shared.step(np.full(LANES, 3))
    assert not truncated.any()
    assert infos["episode_frames"].tolist()[:4] == [0, 0, 0, 4]


def test_all_killed_at_once(shared: NesVectorEnv, traces: Traces) -> None:
    for pid in shared.process_ids:
        os.kill(pid, signal.SIGKILL)
    assert shared.step(np.full(LANES, 3))[3].all()
    assert not shared.step(np.full(LANES, 3))[3].any()


@pytest.mark.parametrize("mode", ["SameStep", "Disabled"])
def test_killed_with_other_modes(mode: str) -> None:
    envs = make(3, autoreset_mode=mode)
    first, _ = envs.reset(seed=1)
    os.kill(envs.process_ids[1], signal.SIGKILL)
    observations, _, _, truncated, _ = envs.step(np.full(LANES, 3))
    assert truncated.tolist() == [False, False, False, True, True]
    if mode == "SameStep":
        np.testing.assert_array_equal(observations[3:], first[3:])
    else:
        envs.reset(options={"reset_mask": truncated})
    assert not envs.step(np.full(LANES, 3))[3].any()
    envs.close()


def test_closed_and_begun_again(shared: NesVectorEnv) -> None:
    pids = shared.process_ids
    shared._stepping.abandon()  # as an interrupt does
    for pid in pids:
        assert wait_until(lambda pid=pid: not Path(f"/proc/{pid}").exists(), 5)
    with pytest.raises(gymnasium.error.ResetNeeded):
        shared.step(np.full(LANES, 3))
    shared.reset(seed=1)
    assert not shared.step(np.full(LANES, 3))[3].any()


# ---- the option --------------------------------------------------------------


def test_by_default_the_cores_share_the_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copain_gym.vector.make.usable_cores", lambda: 2)
    envs = make(None)
    envs.reset()
    assert len(envs.process_ids) == 2
    envs.close()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"render_mode": "rgb_array"}, "render_mode"),
        ({"obs_type": "rgb"}, "pictures"),
        ({"engine": "fceux"}, "the engine is 'fceux'"),
    ],
)
def test_what_needs_an_emulator_for_each_lane(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=rf"lanes_per_process is 3; allowed are 1 .*{reason}"):
        make(3, **options)
    envs = make(None, **options)
    assert not isinstance(envs._pool, SharedPool)
    envs.close()


def test_cartridges_whose_savestates_are_incomplete(tmp_path: Path) -> None:
    rom = bytearray(read_rom().path.read_bytes())
    rom[6], rom[7] = rom[6] & 0x0F, rom[7] & 0x0F | 0x70  # mapper 112
    (tmp_path / "other.nes").write_bytes(rom)
    with pytest.raises(ValueError, match="mapper 112 are incomplete"):
        make(3, rom_path=tmp_path / "other.nes", verify=False)
    assert not isinstance(make(None, rom_path=tmp_path / "other.nes")._pool, SharedPool)


@pytest.mark.parametrize("each", [0, -1, 1.5, "two"])
def test_wrong_numbers(each: Any) -> None:
    with pytest.raises(ValueError, match="lanes_per_process"):
        make(each)
