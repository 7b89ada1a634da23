"""`copain random` and `copain brute-force`, as a user calls them."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from copain_gym import Button, Emulator
from copain_gym.cli import main as cli
from copain_gym.envs.start import play_start
from copain_gym.games import find_game
from copain_gym.search.brute_force import BruteForce, Outcome

GAME = find_game("hirondelle")


def copain(*words: str) -> int:
    return cli.main(words)


def test_random_plays_episodes(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("random", "--runners", "2", "--episodes", "1", "--seed", "3")
    assert copain(*words) == 0
    first = capsys.readouterr().out
    assert "runner 1 of 2: episode 1: score" in first
    assert "runner 2 of 2: episode 1: score" in first
    assert copain(*words) == 0
    second = capsys.readouterr().out
    assert sorted(first.splitlines()) == sorted(second.splitlines())  # the seed decides


def test_brute_force_gives_up_at_the_limit(capsys: pytest.CaptureFixture[str]) -> None:
    assert copain("brute-force", "--max-actions", "5", "--frame-per-action", "4") == 1
    assert "--max-actions was reached: 5 actions deep, 5 actions in all" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("brute-force", "--preferred-positions", "48"), "'48' is not a position; write X,Y"),
        (("random", "--speedmode", "warp"), 'Invalid value "warp" for --speedmode'),
    ],
)
def test_wrong_usage(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert copain(*words) == 2
    assert message in capsys.readouterr().err


def test_rom_must_have_the_md5(capsys: pytest.CaptureFixture[str]) -> None:
    assert copain("random", "--rom-md5", "0" * 32, "--episodes", "1") == 1
    assert "expected is 0000" in capsys.readouterr().err


def test_results_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("random", "--runners", "2", "--episodes", "2", "--seed", "3", "--json")
    assert copain(*words) == 0
    result = json.loads(capsys.readouterr().out)
    order = [(episode["runner"], episode["episode"]) for episode in result["episodes"]]
    assert order == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert result["best_score"] == max(episode["score"] for episode in result["episodes"])
    assert copain("brute-force", "--max-actions", "5", "--json") == 1
    result = json.loads(capsys.readouterr().out)
    assert not result["ending_reached"]
    (runner,) = result["runners"]
    assert (runner["reason"], runner["actions"], len(runner["path"])) == ("limit", 5, 5)


def test_json_needs_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert copain("random", "--json") == 1
    assert "give --episodes" in capsys.readouterr().err


# ---- games that do not declare what is needed ------------------------------

BARE = """
import dataclasses
from copain_gym.games import HIRONDELLE
playing = HIRONDELLE.predicates["playing"]
GAME = dataclasses.replace(
    HIRONDELLE, name="bare", title="Bare", search=None, predicates={"playing": playing}
)
"""


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        ("brute-force", ["'dead': ", "'ending': ", "search=SearchRules(x=…, y=…, positions=…)"]),
        ("random", ["'dead': "]),
    ],
)
def test_a_game_is_told_what_to_declare(
    command: str, needed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bare.py"
    file.write_text(BARE)
    assert copain(command, "--game", str(file)) == 1
    said = capsys.readouterr().err
    assert [words for words in ("add to its Game", *needed) if words not in said] == []


def test_a_search_presses_what_its_game_declares(emulator: Emulator) -> None:
    rules = dataclasses.replace(GAME.search, held="B+select", positions=((0, 100),))
    start(emulator)
    outcome = BruteForce(emulator, dataclasses.replace(GAME, search=rules)).search(limit=3)
    assert all(mask & 0x06 == 0x06 and not mask & 0x01 for mask in outcome.path)
    assert all(mask & Button.LEFT for mask in outcome.path)


# ---- the search itself -----------------------------------------------------


def start(emulator: Emulator) -> None:
    play_start(emulator, GAME)


def replay(path: list[int], frames: int) -> np.ndarray:
    with Emulator() as emulator:
        start(emulator)
        for mask in path:
            ram = emulator.step(mask, frames)
        return ram


def test_search_finds_a_way_past_deaths_and_its_path_replays(emulator: Emulator) -> None:
    """It flies into terrain that kills who stands still, and gets on all the same."""
    start(emulator)
    search = BruteForce(emulator, GAME, preferred_positions=[(80, 190)], actions_per_savestate=6)
    outcome = search.search(limit=400)
    assert outcome.reason == "limit"
    assert outcome.deaths == outcome.loads > 0
    assert outcome.depth > 20
    assert (replay(outcome.path, 16) == emulator.ram).all()


def test_search_stops_at_the_ending(emulator: Emulator) -> None:
    """The ending's play state is written into RAM at the seventh action."""
    start(emulator)
    actions = itertools.count(1)

    def write_ending() -> bool:
        if next(actions) == 7:
            emulator.memory[0x1B] = 0x87
        return False

    outcome = BruteForce(emulator, GAME).search(write_ending, limit=50)
    assert outcome.reason == "ending"
    assert outcome.actions == 7


def test_search_is_stuck_where_every_way_dies(emulator: Emulator) -> None:
    """The last life is taken in each action."""
    start(emulator)

    def take_life() -> bool:
        emulator.memory[0x100] = 2  # dying
        emulator.memory[0x1B] = 0xA0
        return False

    outcome = BruteForce(emulator, GAME).search(take_life, limit=200)
    assert outcome.reason == "stuck"
    assert outcome.deaths == 9


def test_search_can_be_stopped(emulator: Emulator) -> None:
    start(emulator)
    assert BruteForce(emulator, GAME).search(lambda: True) == Outcome(reason="stopped")


def test_settings_are_checked(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="number_of_savestates is 0; it must be at least 1"):
        BruteForce(emulator, GAME, number_of_savestates=0)
