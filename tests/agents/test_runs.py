"""Runs, hyperparameters, movies, evaluations."""

from __future__ import annotations

import inspect
import resource
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
import yaml
from stable_baselines3 import DQN, PPO

from copain_gym import Emulator
from copain_gym.envs.registration import env_options
from copain_gym.errors import CopainError, FileError, MovieError
from copain_gym.files import write_atomically
from copain_gym.roms.rom import read_rom
from copain_gym.tas.inputs import Hold, InputLog
from copain_gym.tas.movie import Movie
from copain_gym.tas.video import write_video
from copain_gym.train.episodes import play_episode
from copain_gym.train.evaluation import Evaluation, evaluate
from copain_gym.train.q_demonstrations import add_movie
from copain_gym.train.q_replay import Replay
from copain_gym.train.results import append_evaluation, read_evaluations
from copain_gym.train.runs import RunSpec, choose_game
from copain_gym.train.settings import read_hyperparameters
from copain_gym.train.trained import RandomAgent

FOLDER = Path(__file__).parents[2] / "copain_gym" / "train" / "hyperparameters"
SPEC = RunSpec("random", "copain/Hirondelle-v0")
# What rl-zoo3 2.9 takes out of a table before it makes the algorithm.
ZOO = {"frame_stack", "n_envs", "n_timesteps", "normalize", "policy", "vec_env_wrapper"}


@pytest.mark.parametrize("name", ["ppo", "ppo-pixels", "dqn", "dqn-pixels"])
def test_rl_zoo3_understands_all_names(name: str) -> None:
    algorithm = PPO if name.startswith("ppo") else DQN
    allowed = ZOO | set(inspect.signature(algorithm.__init__).parameters)
    tables = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    assert set(tables.pop("trained_as").values()) <= set(tables)
    for env_id, table in tables.items():
        assert env_id == "default" or env_options(env_id)
        assert set(table) <= allowed
        assert isinstance(table["n_timesteps"], int)
        for value in table.values():
            assert (
                not isinstance(value, str)
                or value in ("MlpPolicy", "CnnPolicy")
                or (value.startswith("lin_"))
            )


@pytest.mark.parametrize("name", [path.stem for path in FOLDER.glob("*.yml")])
def test_an_environment_takes_the_options_of_its_entry(name: str) -> None:
    table = read_hyperparameters(name, "copain/Hirondelle-v0")
    gymnasium.make("copain/Hirondelle-v0", **table["env_kwargs"]).close()


def test_changes_reach_into_tables() -> None:
    table = read_hyperparameters(
        "ppo", SPEC.env_id, None, ["learning_rate=1e-5", "env_kwargs.reward={score: 1}", "n_envs=3"]
    )
    assert (table["learning_rate"], table["n_envs"]) == (1e-5, 3)
    assert table["env_kwargs"]["reward"] == {"score": 1}


@pytest.mark.parametrize("name", [path.stem for path in FOLDER.glob("*.yml")])
def test_environments_without_an_entry_get_the_default_one(name: str) -> None:
    table = read_hyperparameters(name, "copain/Nes-v0")
    known = read_hyperparameters(name, "copain/Hirondelle-v0")
    assert table.keys() == known.keys()
    assert table["n_timesteps"] == known["n_timesteps"]
    # The reward is the game's own, and its action set may be any.
    assert not {"reward", "action_set"} & table["env_kwargs"].keys()


def test_a_file_without_an_entry_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "own.yml"
    file.write_text("copain/Gradius-v0: {gamma: 0.9}")
    assert read_hyperparameters("ppo", "copain/Gradius-v0", file) == {"gamma": 0.9}
    with pytest.raises(ValueError, match="no hyperparameters for copain/Nes-v0; it has some for"):
        read_hyperparameters("ppo", "copain/Nes-v0", file)
    file.write_text("default: {gamma: 0.8}")
    assert read_hyperparameters("ppo", "copain/Nes-v0", file) == {"gamma": 0.8}


def test_a_game_that_does_not_exist_is_refused_before_training() -> None:
    with pytest.raises(ValueError, match=r"game file .*gone\.py cannot be read"):
        choose_game("copain/Hirondelle-v0", "gone.py")


def test_file_keeps_its_old_content_until_the_new_one_is_complete(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    file.write_text("old")

    def half(path: Path) -> None:
        path.write_text("ne")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        write_atomically(file, half)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_full_disk_is_an_error_of_each_file_of_a_run(tmp_path: Path) -> None:
    """A limit of 4096 bytes a file stands for the full disk: it works for every user."""
    inputs, rom = InputLog([Hold(3000, ())]), read_rom()
    result = Evaluation((1.0,) * 2000, (1,) * 2000, (1,) * 2000)
    small = Evaluation((1.0,), (1,), (1,))
    append_evaluation(tmp_path, 1, 1.0, small)
    films = [(np.full((240, 256, 3), k % 256, np.uint8) for k in range(300))]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(FileError, match=r"game\.fm2 of \d+ bytes .*File too large"):
            Movie.from_log(inputs, rom).write(tmp_path / "game.fm2")
        with pytest.raises(FileError, match=r"evaluations\.csv: \d+ bytes .*File too large"):
            append_evaluation(tmp_path, 2, 2.0, result)
        with pytest.raises(FileError, match=r"x\.pt.* cannot be written"):
            write_atomically(tmp_path / "x.pt", lambda p: torch.save(torch.zeros(5000), p))
        with pytest.raises(CopainError, match=r"game\.mp4"):
            write_video(tmp_path / "game.mp4", films)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in tmp_path.iterdir()] == ["evaluations.csv"]
    assert [noted.steps for noted in read_evaluations(tmp_path)] == [1]


def player(seed: int = 1) -> RandomAgent:
    env = gymnasium.make(SPEC.env_id)
    agent = RandomAgent(env.action_space, seed)
    env.close()
    return agent


def test_movie_leads_stock_fceux_to_the_same_place(tmp_path: Path) -> None:
    episode = play_episode(player(), SPEC, seed=3, max_frames=600)
    movie = episode.movie().write(tmp_path / "game.fm2")
    assert Movie.read(movie).to_log().snapshot() == episode.inputs.snapshot()
    with Emulator(episode.rom.path) as emulator:
        episode.inputs.replay(emulator)
        expected = emulator.ram.copy()
    with Emulator(episode.rom.path, engine="fceux") as emulator:
        emulator.lua.movie.play(str(movie), True)
        ram = emulator.step(frames=episode.inputs.frames)
        assert np.array_equal(ram, expected)


def test_evaluation_is_repeatable_and_counts_each_emulator_alike() -> None:
    one, two = (evaluate(player(), SPEC, episodes=3, seed=11) for _ in range(2))
    assert one == two
    assert len(one.scores) == len(one.frames) == 3
    assert min(one.frames) > 400
    assert len(set(one.frames)) > 1  # the waiting at the beginning differs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rom_md5": "12" * 16}, "romChecksum names the ROM with MD5 1212"),
        ({"region": "PAL"}, "palFlag says PAL, but the environment of the demonstrations has NTSC"),
        ({"new_ppu": True}, "NewPPU says True, but the environment of the demonstrations has Fal"),
        ({"ram_init": (1, 0)}, "RAMInitOption says 1, but the environment of the demonstrations"),
        ({"commands": [2]}, "frame 0 has the command power; a log has only reset"),
    ],
)
def test_movies_of_other_consoles_are_no_demonstrations(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    movie = Movie.new([[0, 0]], read_rom(), **change).write(tmp_path / "other.fm2")  # type: ignore[arg-type]
    env = gymnasium.make(SPEC.env_id, frame_skip=4)
    shape, dtype = env.observation_space.shape, env.observation_space.dtype
    assert shape is not None
    try:
        with pytest.raises(MovieError, match=message):
            add_movie(movie, env, Replay(10, 1, shape, dtype))
    finally:
        env.close()
