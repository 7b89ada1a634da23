"""Which games there are, and what `game=` takes."""

from __future__ import annotations

import copy
import dataclasses
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

import copain_gym
from copain_gym.games import HIRONDELLE, Game, Variable, all_games, find_game
from tests.games.conftest import game_file, page_blocks


def started(v: Any) -> Any:
    return v["state"] == 0x80  # the ship is there and obeys


def game(name: str = "dot", title: str = "Dot", **fields: Any) -> Game:
    """A small game of the bundled ROM."""
    default = {
        "variables": (Variable("mode", 0), Variable("state", 0x1B), Variable("x", 0x360)),
        "actions": {"simple": ("", "right")},
        "predicates": {"playing": started},
        "start": HIRONDELLE.start,
        "rewards": {"score": lambda before, after: after["x"] - before["x"]},
        "bundled": True,
    }
    return Game(name=name, title=title, **{**default, **fields})


def first_step(**options: Any) -> tuple[float, np.ndarray]:
    env = gymnasium.make("copain/Nes-v0", **options)
    try:
        env.reset(seed=1)
        observation, reward, *_ = env.step(1)
        return float(reward), observation
    finally:
        env.close()


# ---- what game= takes ------------------------------------------------------


def test_a_game_object_plays() -> None:
    reward, observation = first_step(game=game())
    assert reward > 0
    assert observation.shape == (3,)  # one feature of each variable


def test_a_pool_takes_a_game_object() -> None:
    envs = gymnasium.make_vec("copain/Nes-v0", num_envs=2, game=game())
    envs.reset(seed=1)
    assert (envs.step(np.array([1, 0]))[1] > 0).tolist() == [True, False]
    envs.close()


def test_a_file_may_be_given_as_a_path_or_text(gap: Path) -> None:
    assert find_game(gap) is find_game(str(gap)) is find_game(gap.parent / "." / "gap.py")
    assert first_step(game=gap)[1].shape == (5,)


def test_a_folder_with_a_game_file(gap: Path) -> None:
    gap.rename(gap.parent / "game.py")
    found = find_game(gap.parent)
    assert found.name == "gap"
    assert found.rom_candidates == (gap.parent / "gap.nes",)


def test_a_file_may_import_its_neighbours(gap: Path) -> None:
    (gap.parent / "table.py").write_text("TITLE_OF_GAME = 'Gap of two files'\n")
    text = game_file().replace('title="Gap"', "title=TITLE_OF_GAME")
    gap.write_text(text.replace("import numpy", "from .table import TITLE_OF_GAME\nimport numpy"))
    assert find_game(gap).title == "Gap of two files"


def test_a_changed_file_is_loaded_again(gap: Path) -> None:
    assert find_game(gap).title == "Gap"
    gap.write_text(game_file().replace('title="Gap"', 'title="A wider gap"'))
    assert find_game(gap).title == "A wider gap"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("GAME = 5", "has GAME = 5; it must define GAME, a copain_gym.games.Game"),
        ("", "has GAME = None"),
        ("1 / 0", "cannot be loaded: ZeroDivisionError: division by zero"),
        ("def", "cannot be loaded: SyntaxError"),
        ("raise SystemExit(3)", "cannot be loaded: SystemExit: 3"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(text: str | None, message: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        find_game(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "no game was named"),
        (5, "game is 5; allowed are a Game, a name, a file or a folder"),
        ("hirondele", "registered games are hirondelle, gradius"),
        (__file__ + "c", "registered games are"),
    ],
)
def test_what_no_game_is_says_what_is_allowed(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        find_game(value)


def test_another_file_is_refused(gap: Path) -> None:
    with pytest.raises(ValueError, match=r"gap\.nes', a file; allowed are Python files"):
        find_game(gap.parent / "gap.nes")


# ---- its ROM ---------------------------------------------------------------


def test_a_missing_rom_names_the_files_that_the_game_names(gap: Path) -> None:
    (gap.parent / "gap.nes").unlink()
    with pytest.raises(
        copain_gym.RomError, match=r"(?s)ROM of Gap was not found.*paths do not exist: .*gap\.nes"
    ):
        gymnasium.make("copain/Nes-v0", game=gap)


def test_rom_path_is_taken_where_the_game_names_no_hash(gap: Path) -> None:
    other = gap.parent / "gap.nes"
    other.rename(other.with_name("moved.nes"))
    reward, _ = first_step(game=gap, rom_path=other.with_name("moved.nes"))
    assert reward == 0


# ---- register_game ---------------------------------------------------------


def test_a_registered_game_has_a_name_and_an_environment() -> None:
    made = game("dot", "A Dot's way (2)")
    assert copain_gym.register_game(made) == "copain/ADotSWay2-v0"
    assert find_game("dot") is made
    assert all_games()["dot"] is made
    env = gymnasium.make("copain/ADotSWay2-v0")
    assert env.unwrapped.game is made
    assert copain_gym.register_game(made) == "copain/ADotSWay2-v0"  # once more is no error


@pytest.mark.parametrize(
    ("name", "title", "message"),
    [
        ("hirondelle", "Other", "another game named 'hirondelle'; .* replace=True"),
        ("other", "Hirondelle", "another environment copain/Hirondelle-v0"),
    ],
)
def test_names_and_titles_are_taken_once(name: str, title: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        copain_gym.register_game(game(name, title))
    assert find_game("hirondelle") is HIRONDELLE
    assert "other" not in all_games()


def test_a_game_may_be_replaced() -> None:
    first, second = game(), game()
    copain_gym.register_game(first)
    copain_gym.register_game(second, replace=True)
    assert find_game("dot") is second


def test_training_takes_the_environment_of_a_registered_game(tmp_path: Path) -> None:
    from copain_gym.cli.command import run_script
    from copain_gym.cli.train import load_script

    env_id = copain_gym.register_game(game())
    words = ["--env-id", env_id, "--run", str(tmp_path / "run"), "--timesteps", "64"]
    words += ["--num-envs", "2", "--no-progress", "--no-video", "--eval-episodes", "0"]
    assert (
        run_script(load_script("ppo").main, [*words, "--set", "n_steps=32", "batch_size=32"]) == 0
    )
    assert (tmp_path / "run" / "last.zip").exists()


# ---- pickling --------------------------------------------------------------


def test_specs_with_a_name_or_path_become_json(gap: Path) -> None:
    copain_gym.register_game(gap)
    for env_id, options in (
        ("copain/Gap-v0", {}),
        *(("copain/Nes-v0", {"game": named}) for named in (str(gap), gap, find_game(gap))),
    ):
        env = gymnasium.make(env_id, **options)
        spec = gymnasium.envs.registration.EnvSpec.from_json(env.spec.to_json())
        assert gymnasium.make(spec).unwrapped.game is find_game(gap)


def loaded_elsewhere(data: bytes, tmp_path: Path) -> str:
    """What another Python, which registered nothing, makes of a pickled game."""
    file = tmp_path / "game.pickle"
    file.write_bytes(data)
    code = (
        "import pickle, sys; game = pickle.load(open(sys.argv[1], 'rb')); "
        "zeros = dict.fromkeys(game.decoder.slots, 0) | {'state': 128}; "
        "print(game.name, game.predicates['playing'](zeros))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, file],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    return done.stdout.strip() or done.stderr


def test_a_game_of_a_file_is_pickled_as_that(gap: Path, tmp_path: Path) -> None:
    assert pickle.loads(pickle.dumps(find_game(gap))) is find_game(gap)
    assert loaded_elsewhere(pickle.dumps(find_game(gap)), tmp_path) == "gap False"


def test_the_packages_games_are_pickled_by_name() -> None:
    assert pickle.loads(pickle.dumps(HIRONDELLE)) is HIRONDELLE
    assert pickle.loads(pickle.dumps(find_game("gradius"))) is find_game("gradius")


def test_a_game_object_is_pickled_by_value(tmp_path: Path) -> None:
    made = game()
    same = pickle.loads(pickle.dumps(made))
    assert [v.name for v in same.variables] == ["mode", "state", "x"]
    assert (same.decode(np.ones(2048, np.uint8)).vector == 1).all()
    assert loaded_elsewhere(pickle.dumps(made), tmp_path) == "dot True"


def test_a_pickled_environment_plays_the_same() -> None:
    env = gymnasium.make("copain/Nes-v0", game=game()).unwrapped
    other = pickle.loads(pickle.dumps(env))
    rewards = []
    for one in (env, other):
        one.reset(seed=1)
        rewards.append([one.step(1)[1] for _ in range(5)])
        one.close()
    assert rewards[0] == rewards[1]
    assert any(rewards[0])


def test_what_cannot_be_pickled_says_which_part() -> None:
    lock = threading.Lock()
    made = game(predicates={"playing": lambda v: v["state"] == 128 and bool(lock)})
    with pytest.raises(pickle.PicklingError, match="'dot' cannot be pickled because of its predic"):
        pickle.dumps(made)


def test_copies_are_the_game_itself() -> None:
    made = game()
    assert copy.deepcopy(made) is copy.copy(made) is made


def test_a_changed_copy_is_another_game(gap: Path) -> None:
    other = dataclasses.replace(find_game(gap), title="Other")
    assert other.file is None
    assert pickle.loads(pickle.dumps(other)).title == "Other"


# ---- games of other packages -----------------------------------------------


def install(folder: Path, name: str, entry: str, module: str = "") -> None:
    """What `pip install` leaves of a package with an entry point."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry)
    (folder / f"{name}.py").write_text(module)


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{Path(__file__).parents[2]}"},
    )


@pytest.fixture
def packages(tmp_path: Path, gap_rom: Path) -> Path:
    """A folder of installed packages, one of which offers the page's game."""
    (block,) = page_blocks("toml")
    entry = block.replace('"', "").replace("project.entry-points.", "")
    text = game_file().replace('("gap.nes",)', repr((str(gap_rom),)))
    install(tmp_path, "gap_game", entry, "print('imported')\n" + text)
    return tmp_path


def test_a_package_offers_a_game_and_is_imported_late(packages: Path) -> None:
    done = python(
        "import gymnasium, copain_gym, sys\n"
        "assert 'gap_game' not in sys.modules\n"
        "env = gymnasium.make('copain/Gap-v0')\n"
        "print(env.reset(seed=1)[1]['x'])\n"
        "from copain_gym.games import all_games\n"
        "print(*all_games())\n"
        "import pickle; print(pickle.loads(pickle.dumps(env.unwrapped.game)).name)",
        packages,
    )
    assert done.stderr == ""
    assert done.stdout.split("\n")[:4] == ["imported", "16", "hirondelle gradius gap", "gap"]


def test_a_broken_package_is_a_warning_that_names_it(packages: Path) -> None:
    install(packages, "broken_game", "[copain_gym.games]\nbroken = broken_game:GAME\n", "1 / 0")
    install(packages, "misnamed", "[copain_gym.games]\nother = gap_game:GAME\n")
    short = "import dataclasses, gap_game\nGAME = dataclasses.replace(gap_game.GAME, name='short')"
    install(packages, "short_game", "[copain_gym.games]\nshort = short_game:GAME\n", short)
    install(packages, "greedy", "[copain_gym.games]\nhirondelle = gap_game:GAME\n")
    done = python(
        "import copain_gym; from copain_gym.cli.main import main; main(['rom', 'list'])", packages
    )
    assert done.returncode == 0
    assert "game 'hirondelle' of greedy is ignored" in done.stderr
    assert "game 'broken' of broken_game cannot be loaded: ZeroDivisionError" in done.stderr
    assert "its entry point is named 'other', the game 'gap'" in done.stderr
    assert "name 'short' makes the id copain/Short-v0, its title 'Gap'" in done.stderr
    assert {"hirondelle", "gradius", "gap"} <= {
        line.split()[0] for line in done.stdout.splitlines()
    }
    done = python("from copain_gym.games import find_game; find_game('broken')", packages)
    assert "ValueError: game 'broken' of broken_game cannot be loaded" in done.stderr


def test_the_doctor_lists_games_and_what_is_wrong(packages: Path) -> None:
    code = "from copain_gym.cli import checks; print(checks._check_games())"
    assert "detail='hirondelle, gradius, gap'" in python(code, packages).stdout
    install(packages, "broken_game", "[copain_gym.games]\nbroken = broken_game:GAME\n", "1 / 0")
    said = python(code, packages).stdout
    assert "ok=False" in said
    assert "broken_game cannot be loaded: ZeroDivisionError" in said
