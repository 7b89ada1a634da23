"""`copain ram`: step by step to a game's file, and its errors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from copain_gym.cli.main import main
from copain_gym.envs.nes_env import NesEnv
from copain_gym.games import find_game
from copain_gym.roms.rom import read_rom
from copain_gym.tas.movie import Movie
from tests.games.conftest import gap_rom

__all__ = ["gap_rom"]

COMPLETE = str(Path(__file__).parents[1] / "hirondelle/complete.fm2")
ROM = str(read_rom().path)
PART = ["--to", "3000", "--rom", ROM]


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def search(
    capsys: pytest.CaptureFixture[str], *words: str, movie: str = COMPLETE, status: int = 0
) -> dict[str, object]:
    part = PART if movie == COMPLETE else []
    assert main(["ram", "search", movie, *part, *words]) == status
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def addresses(found: dict[str, object]) -> list[int]:
    return [candidate["address"] for candidate in found["candidates"]]  # type: ignore[attr-defined]


def test_step_by_step_to_a_game_that_plays(capsys: pytest.CaptureFixture[str]) -> None:
    file = ["--file", "found.json", "--json"]
    score = [*file, "--name", "score"]
    first = search(capsys, *score, "--type", "u8,bcd", "--where", "equals 0 at 300")
    second = search(capsys, *score, "--where", "equals 80 at 600", "equals 310 at 900")
    assert second["conditions"] == ["equals 0 at 300", "equals 80 at 600", "equals 310 at 900"]
    assert set(addresses(second)) < set(addresses(first))
    assert 0x7E4 in addresses(second)
    search(capsys, *score, "--where", "equals 2407 at 3000")
    lives = [*file, "--name", "lives", "--where", "equals 0 at 1", "equals 3 at 400"]
    found = search(capsys, *lives, "above 2 during 400 to 3000", "below 5", "changed since 400")
    assert addresses(found) == [0x20]
    x = ["--name", "x", "--where", "increased while right during 700 to 1800"]
    x += ["decreased while left during 700 to 1800", "unchanged while exactly A during 700 to 1800"]
    assert 0x360 in addresses(search(capsys, *file, *x, "--out", "found.py"))
    game = find_game("found.py")
    table = find_game("hirondelle").decoder.variables
    assert game.decoder.variables["score"].address == table["score"].address
    assert game.decoder.variables["lives"].address == table["lives"].address
    env = NesEnv(game="found.py")
    env.action_space.seed(1)
    _, info = env.reset(seed=1)
    assert info["lives"] == 3  # START was pressed
    lost = False
    for _ in range(1000):
        _, reward, terminated, _, info = env.step(env.action_space.sample())
        lost = lost or info["life_lost"]
        assert reward >= 0
        if terminated:
            break
    assert terminated
    assert info["lives"] <= 0
    assert lost
    env.close()
    assert main(["random", "--game", "found.py", "--episodes", "1", "--seed", "1"]) == 0


def test_a_game_without_lives_begins_at_power_on(
    gap_rom: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shutil.copy(gap_rom, "gap.nes")
    held = np.zeros((120, 2), np.uint8)
    held[60:64, 0] = 8
    held[68:88, 0] = 128
    Movie.new(held, read_rom("gap.nes")).write("gap.fm2")
    words = ["--rom", "gap.nes", "--name", "x", "--where", "increased by 2 while right", "--json"]
    assert addresses(search(capsys, *words, "--out", "mine.py", movie="gap.fm2")) == [
        0x11,
        0x17,
        0x203,
    ]
    text = Path("mine.py").read_text()
    assert 'rom_files=("gap.nes",)' in text
    assert "# increased by 2 while right" in text
    env = NesEnv(game="mine.py", frame_skip=1)
    env.reset(seed=1)
    actions = find_game("mine.py").actions["simple"]
    buttons = [""] * 60 + ["start"] * 4 + [""] * 4 + ["right"] * 20
    for name in buttons:
        _, reward, *_, info = env.step(actions.index(name))
    assert (reward, info["x"]) == (2, 16 + 2 * 20)
    env.close()


def test_no_candidate_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    found = search(capsys, "--where", "equals 1 at 300", "equals 2 at 300", "--json", status=1)
    assert found["count"] == 0


def test_it_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--where", "equals 3 at 400", "--limit", "2"]
    assert main(["ram", "search", COMPLETE, *PART, *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("value: ")
    assert lines[2].split()[:3] == ["0x0020", "u8", "0"]
    assert len(lines) == 5
    assert "more; --limit prints them" in lines[4]


def test_a_search_is_begun_anew(capsys: pytest.CaptureFixture[str]) -> None:
    file = ["--file", "found.json", "--json"]
    search(capsys, *file, "--where", "equals 3 at 400")
    again = search(capsys, *file, "--restart", "--type", "u16", "--where", "equals 0 at 1")
    assert again["conditions"] == ["equals 0 at 1"]
    assert {candidate["type"] for candidate in again["candidates"]} == {"u16"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["search", "none.fm2"], "none.fm2"),
        (["search", COMPLETE, "--where", "grew"], "'grew' is no relation"),
        (["search", COMPLETE, "--type", "float"], "type is 'float'; allowed are u8"),
        (["search", COMPLETE, "--size", "9", "--type", "bcd"], "size is 9"),
        (["search", COMPLETE, "--delay", "99"], "delay is 99"),
        (["search", COMPLETE, "--name", "a b"], "name of the variable is 'a b'"),
        (["search", COMPLETE, "--limit", "-1"], "--limit is -1"),
        (["search", COMPLETE, "--out", "a.txt"], "must end with .py"),
        (["search", COMPLETE, "--out", "there.py"], "there.py exists"),
        (["search", COMPLETE, "--to", "9", "--out", "a.py"], "2048 candidates of 'value' are left"),
        (["search", COMPLETE, "--from", "9", "--to", "8"], "frames 9 to 8 are asked for"),
        (["search", COMPLETE, "--file", "bad.json"], "bad.json holds no candidates"),
        (["search", COMPLETE, "--file", "bad2.json"], "bad2.json holds"),
        (["search", COMPLETE, "--file", "other.json"], "are of another ROM"),
        (["writes", "score"], "the address is 'score'"),
        (["writes", "0x2000"], "allowed are addresses in 0x0 to 0x7ff"),
        (["writes", "0x20", "--size", "0"], "size is 0; allowed are 1 to 64"),
        (["writes", "0x20", "--seconds", "0"], "--seconds is 0"),
        (["writes", "0x20", "--seed", "-1"], "--seed is -1"),
        (["writes", "0x20", COMPLETE, "--game", "gradius"], "--game is for play without a movie"),
        (["writes", "0x20", "none.fm2"], "none.fm2"),
    ],
)
def test_what_is_wrong_is_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("there.py").write_text("mine")
    Path("bad.json").write_text("{}")
    wrong = [[2047, "u16", 2]]
    for name, md5, candidates in (("bad2", read_rom().md5, wrong), ("other", "0" * 32, [])):
        searches = {"value": {"conditions": [], "candidates": candidates}}
        content = {"format": 1, "rom_md5": md5, "searches": searches}
        Path(f"{name}.json").write_text(json.dumps(content))
    if COMPLETE in words:
        words = [*words, "--rom", ROM]
    assert main(["ram", *words]) == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.startswith(f"copain ram {words[0]}: ")
    assert len(printed.splitlines()) == 1
    assert Path("there.py").read_text() == "mine"


def test_types_of_a_search_stay(capsys: pytest.CaptureFixture[str]) -> None:
    search(capsys, "--file", "found.json", "--where", "equals 3 at 400", "--json")
    words = ["ram", "search", COMPLETE, "--rom", ROM, "--file", "found.json", "--type", "u16"]
    assert main(words) == 1
    assert "which keeps its types" in capsys.readouterr().err


def test_writes_of_a_movie_and_of_random_play(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["ram", "writes", "0x7e4", COMPLETE, "--rom", ROM, "--size", "3", "--seconds", "30"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    texts = [write["text"] for write in found["writes"]]
    assert texts == [
        *("sta $07e4", "sta $07e5", "sta $07e6", "sta $0700,x"),
        *("sta $07e4", "sta $07e5", "sta $07e6"),
    ]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0x07e4 to 0x07e6: 7 instructions wrote there in 1800 frames"
    assert lines[2].split()[:5] == ["$95FA", "8d", "e4", "07", "sta"]
    assert main(["ram", "writes", "$20", "--seconds", "10", "--json"]) == 0
    played = json.loads(capsys.readouterr().out)["writes"]
    assert ("sta $20", 3) in [(write["text"], write["most"]) for write in played]  # a game began
    assert main(["ram", "writes", "0x1ff", "--seconds", "0.02"]) == 1  # nothing wrote there
