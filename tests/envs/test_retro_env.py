"""Integrations of stable-retro as environments."""

from __future__ import annotations

import gzip
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from copain_gym.envs import NesEnv
from copain_gym.errors import RomError
from copain_gym.paths import bundled_rom
from tests.envs.conftest import held
from tests.games.fceumm import ask
from tests.games.test_retro_state import START

Make = Callable[..., NesEnv]


@pytest.fixture
def no_warnings() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.usefixtures("no_warnings")
def test_an_integration_runs_without_code(pads_game: Path, engine: str) -> None:
    env = gymnasium.make("copain/Retro-v0", game=str(pads_game), engine=engine)
    check_env(env.unwrapped, skip_render_check=True)
    observation, info = env.reset()
    assert observation.shape == (240, 256, 3)
    assert info["lives"] == 3
    begin = info["frames"]
    action = np.zeros(8, np.int8)
    action[0] = 1  # A
    _, reward, terminated, _, info = env.step(action)
    assert (info["frames"] - begin) % 256 == 1
    assert (reward, terminated, held(info["pad1"])) == (2.0, False, {"A"})
    env.close()


def test_reward_and_end_follow_the_scenario(make: Make, pads_game: Path) -> None:
    env = make(game=str(pads_game), action_set="multi_binary", obs_type="ram")
    env.reset()
    press, release = np.array([0, 1, 0, 0, 0, 0, 0, 0]), np.zeros(8, np.int64)
    press, release = press.astype(np.int8), release.astype(np.int8)
    rewards, ends = [], []
    for _ in range(3):
        for action in (press, release):
            _, reward, terminated, _, info = env.step(action)
            rewards.append(reward)
            ends.append(terminated)
    assert rewards == [-5.0, 0.0] * 3
    assert ends == [False, False, False, False, True, True]
    assert info["lives"] == 0
    life = make(game=str(pads_game), action_set="multi_binary", obs_type="ram", terminate_on="life")
    life.reset()
    _, _, terminated, _, info = life.step(press)
    assert terminated
    assert info["life_lost"]
    assert not info["done"]


def test_the_cartridges_ram_is_read_too(make: Make, pads_game: Path) -> None:
    env = make(game=str(pads_game), frame_skip=3)
    env.reset()
    for _ in range(5):
        info = env.step(0)[4]
        assert info["saved"] == info["frames"] != 0


def test_two_players(make: Make, pads_game: Path) -> None:
    discrete = make(game=str(pads_game), players=2, action_set="full")
    names = discrete.task.actions.names
    assert discrete.action_space == gymnasium.spaces.MultiDiscrete([36, 36])
    discrete.reset()
    action = np.array([names.index("UP+A"), names.index("LEFT+B")])
    info = discrete.step(action)[4]
    assert held(info["pad1"]) == {"up", "A"}
    assert held(info["pad2"]) == {"left", "B"}
    binary = make(game=str(pads_game), players=2, action_set="multi_binary")
    assert binary.action_space == gymnasium.spaces.MultiBinary(16)
    binary.reset()
    buttons = np.zeros(16, np.int8)
    buttons[[3, 8, 15]] = 1  # start; A and right
    info = binary.step(buttons)[4]
    assert held(info["pad1"]) == {"start"}
    assert held(info["pad2"]) == {"A", "right"}


def test_a_script_pays_from_the_beginning_of_each_episode(make: Make, pads_game: Path) -> None:
    (pads_game / "script.lua").write_text(
        "before = 0\nfunction gain() local d = data.score - before before = data.score "
        "return d * 10 end"
    )
    scenario = {"reward": {"script": "lua:gain"}, "scripts": ["script.lua"]}
    (pads_game / "scenario.json").write_text(json.dumps(scenario))
    env = make(game=str(pads_game), action_set="full", frame_skip=5)
    fire = env.task.actions.names.index("A")
    for _ in range(2):
        env.reset()
        assert [env.step(a)[1] for a in (fire, fire, 0, fire)] == [50.0, 50.0, 0.0, 50.0]
    weighted = make(
        game=str(pads_game), action_set="full", frame_skip=5, reward={"scenario": 0.1, "score": 1}
    )
    weighted.reset()
    assert weighted.step(fire)[1] == pytest.approx(5.0 + 5.0)


def test_the_game_must_be_named() -> None:
    with pytest.raises(ValueError, match='game="SuperMarioBros-Nes"'):
        gymnasium.make("copain/Retro-v0")


def test_without_its_rom_it_tells_the_ways(pads_game: Path) -> None:
    (pads_game / "rom.nes").unlink()
    with pytest.raises(RomError, match="copain rom import"):
        NesEnv(str(pads_game))


# ---- savestates of stable-retro's emulator -----------------------------


def test_episodes_begin_at_the_integrations_state(
    make: Make, tmp_path: Path, no_warnings: None
) -> None:
    folder = tmp_path / "Hirondelle-Nes"
    folder.mkdir()
    theirs = ask(tmp_path, what="trace", rom=str(bundled_rom()), before=START, after=[])
    (folder / "Level1.state").write_bytes(gzip.compress(theirs["state"]))
    (folder / "data.json").write_text(
        json.dumps({"info": {"lives": {"address": 32, "type": "|u1"}}})
    )
    (folder / "metadata.json").write_text(json.dumps({"default_state": "Level1"}))
    for state in ("start", "Level1", "Level1.state"):
        env = make(game=str(folder), rom_path=bundled_rom(), obs_type="ram", state=state)
        observation, info = env.reset()
        assert observation.tobytes() == theirs["rams"][0]
        assert info["lives"] == 3
        assert env.inputs.snapshot() is None  # nobody knows how it was reached
    with pytest.raises(ValueError, match="allowed are start; Level1; the file"):
        NesEnv(str(folder), rom_path=bundled_rom(), state="Level2")


def test_a_state_that_does_not_convert_is_replaced_by_start(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "Hirondelle-Nes"
    folder.mkdir()
    theirs = ask(tmp_path, what="trace", rom=str(bundled_rom()), before=START, after=[])
    (folder / "Level1.state").write_bytes(theirs["state"].replace(b"NTAR", b"NTAX"))
    (folder / "data.json").write_text(
        json.dumps({"info": {"lives": {"address": 32, "type": "|u1"}}})
    )
    (folder / "metadata.json").write_text(json.dumps({"default_state": "Level1"}))
    env = make(game=str(folder), rom_path=bundled_rom(), obs_type="ram")
    with pytest.warns(UserWarning, match="START is pressed every 2 seconds from power-on"):
        _, info = env.reset()
    assert info["lives"] == 3
    assert env.inputs.pure
