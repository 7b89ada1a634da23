"""`copain search report` and `watch`: what is recorded, the page in Chromium, the window."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from selenium import webdriver

from copain_gym import Emulator
from copain_gym.cli.main import main
from copain_gym.errors import SearchError
from copain_gym.games import find_game
from copain_gym.search import Progress, Search, watch
from copain_gym.search.batch import Outcome
from copain_gym.search.judge import FAILED
from copain_gym.search.panorama import Panorama
from copain_gym.search.places import CELL, Deaths, Places
from copain_gym.search.progress import Timeline
from copain_gym.search.saved import SavedSearch
from copain_gym.tas.movie import Movie
from copain_gym.tas.png import png
from copain_gym.tas.replay import play_in_emulator
from tests.conftest import wait_until
from tests.search.conftest import scrolled
from tests.tas.browser import Page, chromium

FRAMES = 150_000


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a search with deaths, whose problem the file names."""
    path = tmp_path_factory.mktemp("search") / "first.db"
    with Search("hirondelle", seed=1, workers=2, file=path) as search:
        search.run(frames=FRAMES)
    return path


@pytest.fixture(scope="module")
def page_path(file: Path) -> Path:
    out = file.with_suffix(".html")
    assert main(["search", "report", str(file), "--out", str(out), "--no-sound"]) == 0
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as driver:
        yield driver


# ---- what is recorded ------------------------------------------------------------


def test_what_has_happened_is_in_the_file(file: Path) -> None:
    search = SavedSearch(file)
    assert search.progress.frames >= FRAMES
    assert search.progress.made >= search.progress.states - 1
    seconds = [entry.seconds for entry in search.entries]
    assert seconds == sorted(seconds)
    assert search.entries[-1].plans == search.progress.plans
    assert search.entries[-1].megabytes > 10
    assert search.places == Places("ship_x", "ship_y", "scroll", "stage")
    deaths = sum(search.deaths.values())
    assert 50 < deaths < search.progress.plans
    assert all(stage in (0, 1, 2) for stage, _, _ in search.deaths)
    assert max(x for _, x, _ in search.deaths) * CELL > 300  # with the scroll


def test_the_movie_is_that_of_the_search(file: Path) -> None:
    with Search("hirondelle", file=file, resume=True) as search:
        result = search.run(frames=1)
    saved = SavedSearch(file)
    assert np.array_equal(saved.movie.inputs, result.movie.inputs)
    assert saved.movie.guid == result.movie.guid


def test_a_resumed_search_goes_on_counting(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    counts, entries = [], []
    for frames in (60_000, 90_000):
        with Search("hirondelle", seed=2, file=path, resume=frames > 60_000) as search:
            search.run(frames=frames)
        saved = SavedSearch(path)
        counts.append(sum(saved.deaths.values()))
        entries.append([entry.plans for entry in saved.entries])
    assert 0 < counts[0] < counts[1]
    assert entries[1][: len(entries[0])] == entries[0]
    assert len(entries[1]) > len(entries[0])


def test_recording_changes_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Search(scrolled(60), seed=3).run()
    monkeypatch.setattr(Places, "of", classmethod(lambda cls, game: None))
    plain = Search(scrolled(60), seed=3).run()
    assert np.array_equal(recorded.movie.inputs, plain.movie.inputs)
    assert recorded.progress.plans == plain.progress.plans


def test_a_file_of_an_older_version(file: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    old.write_bytes(file.read_bytes())
    database = sqlite3.connect(old)
    database.executescript("DROP TABLE progress; DROP TABLE deaths;")
    database.execute("DELETE FROM facts WHERE name IN ('made', 'places')")
    database.commit()
    database.close()
    before = SavedSearch(old)
    assert (before.deaths, before.entries) == ({}, [])
    assert before.places == Places("ship_x", "ship_y", "scroll", "stage")
    with Search("hirondelle", file=old, resume=True) as search:
        search.run(frames=FRAMES + 20_000)
    after = SavedSearch(old)
    assert after.progress.frames > before.progress.frames
    assert after.entries


def test_a_file_is_not_written_by_its_readers(file: Path) -> None:
    before = file.read_bytes()
    SavedSearch(file)
    assert file.read_bytes() == before


def test_files_without_a_run_or_problem(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    with Search(scrolled(40), seed=1, file=path) as search:
        search.run()
    with pytest.raises(SearchError, match="does not name its problem"):
        SavedSearch(path)
    with pytest.raises(SearchError, match="of another problem"):
        SavedSearch(path, "hirondelle")
    assert SavedSearch(path, scrolled(40)).won
    begun = tmp_path / "begun.db"
    with Search(scrolled(40), file=begun) as search:
        search.save()
    with pytest.raises(SearchError, match="has found no run yet"):
        SavedSearch(begun, scrolled(40))


def test_deaths_are_counted_by_place() -> None:
    deaths = Deaths(Places("x", "y", "scroll"), known=1)
    outcome = Outcome(FAILED, 4, (), 0.0, 0.0, 0, seen=(7, 20, 33, 100))
    alive = outcome._replace(flags=0)
    taken = deaths.take([outcome, alive, outcome])
    assert [o.seen for o in taken] == [(7,), (7,), (7,)]  # what the algorithm asked for
    assert deaths.counts == {(0, 120 // CELL, 33 // CELL): 2}
    assert deaths.changes() == [(0, 15, 4, 2)]
    deaths.saved()
    assert deaths.changes() == []


def test_places_of_games() -> None:
    assert Places.of(find_game("gradius")) == Places("ship_x", "ship_y", "scroll", "stage")
    names = {"x": 1, "y": 2}
    assert Places("x", "y").place(names) == (0, 1, 2)


def test_a_long_search_has_few_entries() -> None:
    timeline = Timeline()
    for second in range(0, 360_000, 2):
        timeline.add(Progress(second, 0, second, 0, 0, 0, 0, 0.0, False, 1.0))
    assert 2000 < len(timeline.entries) < 5000
    timeline.add(Progress(360_000, 0, 360_000, 0, 0, 0, 0, 0.0, False, 1.0), last=True)
    assert timeline.entries[-1].plans == 360_000


def test_a_map_is_put_together_from_pictures() -> None:
    """A wide picture is looked at through a window that moves, with something in front of it."""
    wide = np.random.default_rng(1).integers(0, 255, (240, 900, 3)).astype(np.uint8)
    panorama = Panorama(Places("x", "y", "scroll", "stage"))
    for scroll in range(0, 600, 3):
        picture = wide[:, scroll : scroll + 256].copy()
        picture[100:110, 50:60] = 255  # the player
        values = {"x": 50, "y": 100, "scroll": scroll, "stage": 2}
        panorama.read(values, scroll >= 30, picture)
    ((stage, (begin, found)),) = panorama.maps().items()
    assert (stage, begin) == (2, 30)
    inside = slice(256, found.shape[1])  # behind the first picture
    assert np.array_equal(found[:, inside], wide[:, 30 + 256 : 30 + found.shape[1]])
    assert found.shape[1] > 700
    assert panorama.route[:11] == [None] * 10 + [(2, 80, 100)]


def test_another_screen_does_not_cover_a_map() -> None:
    """A stage may begin with the scroll of the one before, and end with a picture of its own."""
    wide = np.random.default_rng(1).integers(0, 250, (240, 900, 3)).astype(np.uint8)
    other = np.full((240, 256, 3), 255, np.uint8)
    panorama = Panorama(Places("x", "y", "scroll"))
    steps = [(580, other), *((k, wide[:, k : k + 256]) for k in range(601)), (0, other)]
    for scroll, picture in steps:
        panorama.read({"x": 10, "y": 0, "scroll": scroll}, True, picture)
    begin, found = panorama.maps()[0]
    assert begin == 0
    assert np.array_equal(found, wide[:, : found.shape[1]])
    assert found.shape[1] == 600 + 248


def test_a_game_whose_x_is_its_place_in_the_stage_has_no_pictures() -> None:
    panorama = Panorama(Places("x", "y"))
    for x in (10, 700):
        panorama.read({"x": x, "y": 5}, True, np.zeros((240, 256, 3), np.uint8))
    assert panorama.maps() == {}
    assert panorama.route == [(0, 10, 5), (0, 700, 5)]


@pytest.mark.parametrize("colours", [4, 255])
def test_a_png_is_its_picture(colours: int) -> None:
    picture = np.random.default_rng(1).integers(0, colours, (30, 40, 3)).astype(np.uint8)
    read = cv2.imdecode(np.frombuffer(png(picture), np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(np.asarray(read)[..., ::-1], picture)


# ---- the page --------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height", "phone"), [(1280, 800, False), (390, 844, True)])
def test_the_page(
    browser: webdriver.Chrome, page_path: Path, file: Path, width: int, height: int, phone: bool
) -> None:
    page = Page(browser, page_path, width, height, phone=phone)
    search = SavedSearch(file)
    assert page.js("document.documentElement.scrollWidth") <= width  # nothing sticks out
    assert f"({sum(search.deaths.values()):,})" in page.text("#death-count")
    assert page.js("document.querySelectorAll('.chart').length") >= 6
    assert page.js("charts[0].values.at(-1)") == search.progress.depth
    assert page.js("charts[1].values.at(-1)") == search.progress.score
    # The mark is where the variables of the frame say, and follows the frame.
    stage = page.js("stages[0].stage")
    for frame in (600, 1000):
        page.js(f"setFrame({frame})")
        x, y, scroll = (
            page.js(f"variables.find((v) => v.name === '{name}').values[{frame - 1}]")
            for name in ("ship_x", "ship_y", "scroll")
        )
        assert page.js(f"route[{frame - 1}]") == [stage, x + scroll, y]
        assert page.js("stages[0].canvas.dataset.here") == f"{x + scroll},{y}"
    assert page.errors() == []
    assert page.requests() == []


def test_a_click_on_the_map_goes_to_its_frame(browser: webdriver.Chrome, page_path: Path) -> None:
    page = Page(browser, page_path)
    page.wait("stages[0].image.complete")
    page.js("document.querySelector('#maps').scrollIntoView({block: 'center'})")
    place = page.js("route[1199]")
    box = page.box("#maps canvas")
    scale, left = page.js("stages[0].scale"), page.js("stages[0].left")
    page.js("setFrame(1)")
    page.click(box["x"] + (place[1] - left) * scale, box["y"] + place[2] * scale)
    shown = page.js("route[frame - 1]")
    assert abs(shown[1] - place[1]) + abs(shown[2] - place[2]) <= 4 / scale


def test_route_and_deaths_are_drawn_and_can_be_hidden(
    browser: webdriver.Chrome, page_path: Path
) -> None:
    page = Page(browser, page_path)
    page.wait("stages[0].image.complete")

    def pixels() -> list[int]:
        context = "stages[0].layer.getContext('2d')"
        size = "0, 0, stages[0].layer.width, stages[0].layer.height"
        found: list[int] = page.js(f"Array.from({context}.getImageData({size}).data)")
        return found

    both = pixels()
    for box in ("show-route", "show-deaths"):
        page.js(f"element('{box}').click()")
        without = pixels()
        assert without != both, box
        both = without


def test_what_is_not_recorded_is_said(
    browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A game without a position, and a file without progress."""
    monkeypatch.setattr(Places, "of", classmethod(lambda cls, game: None))
    file = tmp_path / "short.db"
    with Search("hirondelle", seed=1, file=file) as search:
        search.run(frames=300)
    database = sqlite3.connect(file)
    database.execute("DELETE FROM progress")
    database.commit()
    database.close()
    out = str(tmp_path / "short.html")
    assert main(["search", "report", str(file), "--out", out, "--no-sound"]) == 0
    page = Page(browser, Path(out))
    assert "no position of the player" in page.text("#maps")
    assert "no progress over time" in page.text("#charts")
    assert page.errors() == []


# ---- commands ------------------------------------------------------------------------


def test_json_and_a_video(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = tmp_path / "small.db"
    with Search("hirondelle", seed=1, file=small) as search:
        search.run(frames=2000)
    words = ["search", "report", str(small), "--out", str(tmp_path / "s.html"), "--json"]
    assert main([*words, "--every", "4", "--title", "Mine & yours"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["size"] == (tmp_path / "s.html").stat().st_size
    assert found["movie_frames"] == SavedSearch(small).movie.frames
    assert "<title>Mine &amp; yours</title>" in (tmp_path / "s.html").read_text()
    video = tmp_path / "s.mp4"
    assert main(["search", "watch", str(small), "--video", str(video)]) == 0
    assert "does not reach the goal yet" in capsys.readouterr().out
    shown = cv2.VideoCapture(str(video)).get(cv2.CAP_PROP_FRAME_COUNT)
    assert shown == found["movie_frames"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["report", "none.db", "--out", "a.html"], "none.db is not a file"),
        (["report", "FILE", "--out", "a.txt"], "must end with .html"),
        (["report", "FILE", "--out", "a.html", "--every", "0"], "--every is 0"),
        (["report", "FILE", "--out", "a.html", "--problem", "none"], "'none'"),
        (["report", "MOVIE", "--out", "a.html"], "cannot be used"),
        (["watch", "FILE", "--video", "a.avi"], "must end with .mp4"),
        (["watch", "FILE", "--video", "a.mp4", "--follow"], "--follow is for the window"),
        (["watch", "none.db"], "none.db is not a file"),
    ],
)
def test_what_is_wrong_is_one_line(
    words: list[str],
    message: str,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("movie.fm2").write_text("version 3\n" * 100)
    named = {"FILE": str(file), "MOVIE": "movie.fm2"}
    assert main(["search", *(named.get(word, word) for word in words)]) == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert len(printed.splitlines()) == 1


@pytest.mark.usefixtures("windowed")
def test_the_window_shows_the_run_and_then_a_better_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it waits, the search goes on; closing the window ends it."""
    monkeypatch.setattr("copain_gym.search.watch._LOOK_SECONDS", 0.2)
    path = tmp_path / "a.db"
    with Search("hirondelle", seed=1, file=path) as search:
        search.run(frames=600)
    runs: list[tuple[str, int]] = []

    def play(movie: Movie, *arguments: Any, **options: Any) -> Emulator:
        emulator = play_in_emulator(movie, *arguments, **options)
        runs.append((movie.guid, emulator.pid))
        return emulator

    monkeypatch.setattr(watch, "play_in_emulator", play)
    statuses: list[int] = []
    words = ["search", "watch", str(path), "--follow", "--no-sound"]
    thread = threading.Thread(target=lambda: statuses.append(main(words)))
    thread.start()
    try:
        assert wait_until(lambda: len(runs) == 1, 60)
        with Search("hirondelle", file=path, resume=True) as search:
            search.run(frames=3000)
        assert wait_until(lambda: len(runs) == 2, 60)
        assert runs[1][0] == SavedSearch(path).movie.guid != runs[0][0]
    finally:
        assert wait_until(lambda: close_window(runs[-1][1]) or not thread.is_alive(), 60)
        thread.join(60)
    assert statuses == [0]


def close_window(pid: int) -> bool:
    """Close the window of a process as a person does; whether there was one."""
    words = ["xdotool", "search", "--onlyvisible", "--pid", str(pid)]
    found = subprocess.run(words, capture_output=True, text=True).stdout.split()
    if not found:
        return False
    words = ["xdotool", "windowfocus", "--sync", found[-1], "key", "ctrl+q"]
    return subprocess.run(words, capture_output=True, timeout=20).returncode == 0
