"""The report of a movie, in Chromium: what it shows, and that all parts are scrubbed together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from selenium import webdriver

from copain_gym.games import find_game
from copain_gym.roms.rom import read_rom
from copain_gym.tas.film import Film
from copain_gym.tas.movie import Movie
from copain_gym.tas.replay import play_in_emulator
from copain_gym.tas.report import write_report
from tests.tas.browser import Page, chromium
from tests.tas.films import short_movie

FRAMES = 500
HOSTILE = "</script><img src=x onerror=document.body.remove()> & \u2028 <!-- 'q' \"q\""


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """A film with a report beside its movie."""
    folder = tmp_path_factory.mktemp("report")
    movie = Movie.read(short_movie(folder, FRAMES))
    movie.authors = ("tester", HOSTILE)
    movie.subtitles = [(120, HOSTILE), (300, "half")]  # type: ignore[assignment]
    movie.write(folder / "short.fm2")
    film = Film(folder / "short.fm2", read_rom(), find_game("hirondelle"), engine="headless")
    write_report(film, folder / "report.html", facts={"Verified": "yes, stock FCEUX"})
    return film


@pytest.fixture(scope="module")
def report(film: Film) -> Path:
    return film.path.with_name("report.html")


def pictures(film: Film) -> list[npt.NDArray[np.uint8]]:
    with play_in_emulator(film.movie, film.rom, "headless") as emulator:
        found = []
        for _ in range(film.movie.frames):
            emulator.step()
            found.append(emulator.screen())
        return found


def shown(page: Page) -> int:
    """The frame that is shown; checks that all parts of the page show the same one."""
    page.wait("!video.seeking && wantedTime === null")
    frame = int(page.text("#frame"))
    assert page.js("Number(seek.value)") == frame
    assert page.js("Math.floor(video.currentTime * film.fps + 0.001) + 1") == frame
    for slider in ("roll", "timeline"):
        assert page.js(f"Number({slider}.getAttribute('aria-valuenow'))") == frame
    cursor, plot = page.box("#cursor"), page.box("#marks")
    at = plot["x"] + (frame - 0.5) / FRAMES * plot["width"]
    assert cursor["x"] + cursor["width"] / 2 == pytest.approx(at, abs=1)
    in_roll = page.js("(frame + 0.5 - begin) / size * roll.clientWidth")
    assert float(page.js("roll.dataset.cursor")) == pytest.approx(in_roll, abs=0.01)
    return frame


def at_roll(page: Page, frame: int) -> tuple[float, float]:
    """The place of a frame in the piano roll."""
    box = page.box("#roll")
    begin, size = page.js("[begin, size]")
    return box["x"] + (frame + 0.5 - begin) / size * box["width"], box["y"] + box["height"] / 2


def at_timeline(page: Page, frame: int) -> tuple[float, float]:
    plot = page.box("#marks")
    return plot["x"] + (frame - 0.5) / FRAMES * plot["width"], plot["y"] + plot["height"] + 20


def test_a_click_on_the_piano_roll_moves_the_video_and_the_cursors(
    browser: webdriver.Chrome, report: Path, film: Film
) -> None:
    page, expected = Page(browser, report), pictures(film)
    assert shown(page) == 1
    for frame in (400, 37, 263):
        page.click(*at_roll(page, frame))
        assert shown(page) == frame
        # The very picture of this frame, and of no neighbour that differs from it.
        picture = page.video_picture().astype(int)
        errors = [np.abs(picture - one).mean() for one in expected]
        assert errors[frame - 1] < 12
        assert errors[frame - 1] <= min(errors) + 0.3
        held = int(film.inputs[frame - 1, 0])
        keys = page.js("[...document.querySelectorAll('.key.held')].map((key) => key.title)")
        names = ("A", "B", "select", "start", "up", "down", "left", "right")
        assert set(keys) == {name for bit, name in enumerate(names) if held >> bit & 1}
        assert page.text("#variables .lane output") == f"{film.values['score'][frame - 1]:,}"
    assert page.errors() == []


def test_a_drag_on_the_timeline_scrubs(browser: webdriver.Chrome, report: Path) -> None:
    page = Page(browser, report)
    page.mouse("Pressed", *at_timeline(page, 100))
    assert shown(page) == pytest.approx(100, abs=1)
    for frame in (200, 350, 420, 260):
        page.mouse("Moved", *at_timeline(page, frame))
        assert shown(page) == pytest.approx(frame, abs=1)
    page.mouse("Moved", -50, 700)  # out of the window: the first frame
    assert shown(page) == 1
    page.mouse("Released", -50, 700)
    page.mouse("Moved", *at_timeline(page, 300))  # no button is held
    assert shown(page) == 1


def test_keys(browser: webdriver.Chrome, report: Path) -> None:
    page = Page(browser, report)
    page.click(*at_roll(page, 100))
    for key, frame in (("ArrowRight", 101), ("ArrowLeft", 100), ("PageDown", 160), ("PageUp", 100)):
        page.key(key)
        assert shown(page) == frame
    page.key("ArrowRight", modifiers=8)
    assert shown(page) == 110
    for key, frame in (("]", 120), ("]", 300), ("[", 120), ("End", FRAMES), ("Home", 1)):
        page.key(key)
        assert shown(page) == frame
    size = page.js("size")
    page.key("+")
    assert page.js("size") == size // 2
    assert page.text("#zoom") == f"{size // 2} frames"


def test_playing_moves_all_of_it(browser: webdriver.Chrome, report: Path) -> None:
    page = Page(browser, report)
    page.key(" ")
    page.wait("frame > 40")
    page.key(" ")
    page.wait("video.paused && !video.seeking")
    assert 40 < shown(page) < FRAMES
    play = "document.getElementById('play').getAttribute('aria-label')"
    assert page.js(play) == "Play"


def test_what_the_screen_shows(browser: webdriver.Chrome, report: Path, film: Film) -> None:
    page = Page(browser, report)
    page.click(*at_roll(page, 400))
    shown(page)
    page.video_picture()
    pixels = page.screenshot().astype(int)
    red = np.array([0xD0, 0x10, 0x3A])  # of the cursors in light colours
    for selector in ("#roll", "#timeline"):
        box = page.box(selector)
        left, top = round(box["x"]), round(box["y"])
        part = pixels[top : top + round(box["height"]), left : left + round(box["width"])]
        columns = (np.abs(part - red).sum(axis=2) < 60).mean(axis=0)
        expected = at_roll(page, 400) if selector == "#roll" else at_timeline(page, 400)
        assert columns.argmax() + left == pytest.approx(expected[0], abs=2)
        assert columns.max() > 0.8  # from top to bottom
    box = page.box("#video")
    x, y = round(box["x"]), round(box["y"])
    video = pixels[y : y + round(box["height"]), x : x + round(box["width"])]
    assert len(np.unique(video.reshape(-1, 3), axis=0)) > 50
    assert page.js("document.documentElement.scrollWidth") <= 1280


def test_a_finger_on_a_phone(browser: webdriver.Chrome, report: Path) -> None:
    page = Page(browser, report, 390, 844, phone=True)
    assert page.js("document.documentElement.scrollWidth") == 390
    page.driver.execute_script("roll.scrollIntoView({block: 'end'})")
    page.touch("Start", at_roll(page, 100))
    page.touch("Move", at_roll(page, 130))
    page.touch("Move", at_roll(page, 160))
    page.touch("End")
    assert shown(page) == pytest.approx(160, abs=1)
    page.driver.execute_script("timeline.scrollIntoView({block: 'end'})")
    page.touch("Start", at_timeline(page, 300))
    page.touch("End")
    assert shown(page) == pytest.approx(300, abs=1)
    # A video that stays in sight covers no part that is scrubbed.
    assert page.box("#video")["y"] >= 0
    for button in page.js(
        "[...document.querySelectorAll('#transport button')].map((b) => b.getBoundingClientRect())"
    ):
        assert min(button["width"], button["height"]) >= 40
    page.touch("Start", (195.0, 800.0))
    page.touch("End")


def test_events_and_facts(browser: webdriver.Chrome, report: Path) -> None:
    page = Page(browser, report)
    events = page.js("[...document.querySelectorAll('#events button')].map((b) => b.innerText)")
    assert [event.split("\n")[1] for event in events] == ["120 · 0:01.98", "300 · 0:04.98"]
    assert events[0].startswith("</script><img src=x onerror=document.body.remove()> &")
    facts = dict(
        zip(
            page.js("[...facts.querySelectorAll('dt')].map((e) => e.textContent)"),
            page.js("[...facts.querySelectorAll('dd')].map((e) => e.textContent)"),
            strict=True,
        )
    )
    assert facts["Author"] == f"tester, {HOSTILE}"
    assert facts["Rerecords"] == "12"
    assert facts["Frames"] == "500"
    assert facts["Verified"] == "yes, stock FCEUX"
    page.driver.execute_script("document.querySelectorAll('#events button')[1].click()")
    assert shown(page) == 300
    assert page.js("document.querySelectorAll('#events [aria-current=true]').length") == 1
    assert page.js("document.images.length") == 0  # the hostile text made none


def test_the_reader_chooses_variables(browser: webdriver.Chrome, report: Path) -> None:
    page = Page(browser, report)
    names = "[...document.querySelectorAll('#variables .lane .name')].map((n) => n.innerText)"
    before = len(page.js(names))
    choose = """[...document.querySelectorAll('#choices label')]
        .find((label) => label.textContent.startsWith("scroll ")).querySelector("input").click()"""
    page.driver.execute_script(choose)
    after = page.js(names)
    assert len(after) == before + 1
    assert any(name.startswith("scroll\n") for name in after)


@pytest.mark.parametrize("dark", [False, True])
def test_contrast(browser: webdriver.Chrome, report: Path, dark: bool) -> None:
    """Of text at least 4.5, of what is drawn at least 3, as WCAG 2.2 AA asks for."""
    page = Page(browser, report, dark=dark)

    def light(name: str) -> float:
        value = page.js("css(arguments[0])", name).lstrip("#")
        parts = [int(value[k : k + 2], 16) / 255 for k in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, other: str) -> float:
        low, high = sorted((light(one), light(other)))
        return (high + 0.05) / (low + 0.05)

    buttons = ("--b-direction", "--b-A", "--b-B", "--b-select", "--b-start")
    kinds = ("--stage", "--loss", "--ending", "--subtitle", "--command", "--other")
    for text in ("--ink", "--soft"):
        for paper in ("--paper", "--card", "--row"):
            assert contrast(text, paper) >= 4.5, (text, paper)
    for held in buttons:  # the letter on a pressed button, and the bars of the roll
        assert contrast(held, "--card") >= 4.5, held
        assert contrast(held, "--row") >= 3, held
    for drawn in (*kinds, "--graph", "--cursor", "--accent"):
        assert contrast(drawn, "--card") >= 3, drawn
    assert contrast("--on-accent", "--accent") >= 4.5


def test_everything_has_a_name(browser: webdriver.Chrome, report: Path) -> None:
    page = Page(browser, report)
    tree = page.cdp("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "slider", "combobox", "checkbox", "Video", "region"}
    found = [node for node in tree if node.get("role", {}).get("value") in roles]
    assert len([node for node in found if node["role"]["value"] == "slider"]) == 3
    for node in found:
        assert node.get("name", {}).get("value"), node


def test_the_page_asks_for_nothing(browser: webdriver.Chrome, report: Path) -> None:
    page = Page(browser, report)
    page.requests()  # those of other tests
    page = Page(browser, report)
    assert page.requests() == []
    assert page.errors() == []


def test_a_rom_without_a_table(browser: webdriver.Chrome, tmp_path: Path, film: Film) -> None:
    other = Film(film.path, read_rom(), None, first=401, last=460)
    report = write_report(other, tmp_path / "report.html", sound=False)
    page = Page(browser, report.path)
    assert page.text("#frame") == "401"
    assert page.js("document.querySelectorAll('#variables .lane').length") == 0
    assert page.js("document.getElementById('choose').hidden")
    page.click(*at_roll(page, 430))
    assert page.text("#frame") == "430"
    assert page.errors() == []


def test_the_command(browser: webdriver.Chrome, tmp_path: Path) -> None:
    copain, out = str(Path(sys.executable).parent / "copain"), tmp_path / "report.html"
    words = [copain, "movie", "report", str(short_movie(tmp_path, 120)), "--out", str(out)]
    words += ["--show", "scroll,lives", "--title", "A title", "--verify", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ, timeout=120)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["verified"].startswith("yes, stock FCEUX plays it to the same end as ")
    assert facts["size"] == out.stat().st_size
    assert (facts["last"], facts["pictures"], facts["sound"]) == (120, 120, True)
    page = Page(browser, out)
    assert page.driver.title == "A title"
    assert page.text("#facts dd").startswith("yes, stock FCEUX")
    names = page.js("[...document.querySelectorAll('#variables .name')].map((n) => n.innerText)")
    assert [name.split("\n")[0] for name in names] == ["scroll", "lives"]
