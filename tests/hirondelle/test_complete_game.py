"""A recorded game, from power-on through the three stages to the ending, in stock FCEUX.

complete.fm2 is real play: a search over savestates (homebrew/hirondelle/tools/play.lua) chose the
inputs, and nothing but these inputs goes into the emulator here.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from copain_gym import Emulator
from copain_gym.roms.rom import read_rom
from copain_gym.tas.movie import Movie
from tests.hirondelle.support import (
    BOSS,
    CLEARED,
    ENDING,
    INTRO,
    MODE_PLAY,
    PLAYING,
    RAM,
    Ram,
    read_movie,
    runs,
    score,
)
from tests.tas.stock import end_ram

pytestmark = pytest.mark.timeout(900)  # stock FCEUX on a busy machine

MOVIE = Path(__file__).with_name("complete.fm2")

# Stage, play state, score and lives when a boss fight begins and ends, and at the ending.
RECORDED = [
    (0, BOSS, 40_110, 4),
    (0, CLEARED, 50_110, 4),
    (1, BOSS, 98_760, 5),
    (1, CLEARED, 118_760, 5),
    (2, BOSS, 158_020, 6),
    (2, CLEARED, 188_020, 7),
    (2, ENDING[0], 188_020, 7),
]


@pytest.fixture(scope="module")
def history() -> list[tuple[int, Ram]]:
    """RAM at every change of stage or play state, with its frame; the last is the movie's end."""
    seen: list[tuple[int, Ram]] = []
    with Emulator(engine="fceux") as emulator:
        now = (-1, -1)
        for mask, frames in runs(read_movie(MOVIE)):
            for _ in range(frames):
                ram = emulator.step(mask)
                if ram[RAM["mode"]] != MODE_PLAY:
                    continue
                then, now = now, (int(ram[RAM["stage"]]), int(ram[RAM["play_state"]]))
                if now != then:
                    seen.append((emulator.frame_count, ram.copy()))
        seen.append((emulator.frame_count, emulator.ram.copy()))
        assert emulator.lag_count <= 10  # the frames before the reset code has set up the console
    return seen


def test_the_movie_is_of_the_packaged_rom() -> None:
    content = read_rom(None).path.read_bytes()[16:]
    checksum = base64.b64encode(hashlib.md5(content).digest()).decode()
    assert f"\nromChecksum base64:{checksum}\n" in MOVIE.read_text(encoding="utf-8")


def test_fceux_plays_the_movie_to_the_same_end(
    history: list[tuple[int, Ram]], tmp_path: Path
) -> None:
    """FCEUX's own movie player in a fresh process, with a script that only looks."""
    ram = end_ram(Movie.read(MOVIE), read_rom(None).path, tmp_path)
    assert ram.tobytes() == bytes(history[-1][1])


def test_it_goes_through_all_states_of_three_stages_in_order(
    history: list[tuple[int, Ram]],
) -> None:
    states = [(int(ram[RAM["stage"]]), int(ram[RAM["play_state"]])) for _, ram in history[:-1]]
    expected = []
    for stage in range(3):
        expected += [(stage, state) for state in (*INTRO, *range(PLAYING, CLEARED + 1))]
        if stage < 2:
            expected.append((stage, 0x90))
    expected += [(2, state) for state in ENDING]
    assert states == expected


def test_score_and_lives_at_each_boss_are_the_recorded_ones(
    history: list[tuple[int, Ram]],
) -> None:
    found = [
        (int(ram[RAM["stage"]]), int(ram[RAM["play_state"]]), score(ram), int(ram[RAM["lives"]]))
        for _, ram in history
        if ram[RAM["play_state"]] in (BOSS, CLEARED, ENDING[0])
    ]
    assert found == RECORDED


def test_nobody_died_and_nothing_warped(history: list[tuple[int, Ram]]) -> None:
    lives = [int(ram[RAM["lives"]]) for _, ram in history]
    assert lives == sorted(lives)
    assert all(ram[RAM["loop"]] == 0 for _, ram in history)
    assert all(
        ram[RAM["obj_status"]] == 1 for _, ram in history if ram[RAM["play_state"]] >= PLAYING
    )


def test_a_stage_takes_60_to_100_seconds(history: list[tuple[int, Ram]]) -> None:
    starts = [frame for frame, ram in history if ram[RAM["play_state"]] == PLAYING]
    ends = [frame for frame, ram in history if ram[RAM["play_state"]] == CLEARED]
    assert len(starts) == len(ends) == 3
    for start, end in zip(starts, ends, strict=True):
        assert 60 <= (end - start) / 60.0988 <= 100
