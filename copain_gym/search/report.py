"""`write_search_report`: one HTML page about a search, with the movie of its best run.

The page is that of a movie's report, with the parts in `report_page/` added: maps with the route
and the places of deaths, and graphs over the time of the search.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from copain_gym.bridge.screen import HEIGHT, WIDTH
from copain_gym.games import Game
from copain_gym.search.panorama import Panorama, Picture
from copain_gym.search.places import CELL, Places
from copain_gym.search.progress import Progress
from copain_gym.search.saved import SavedSearch
from copain_gym.tas.film import Film
from copain_gym.tas.png import png
from copain_gym.tas.report import Report, Section, write_report

__all__ = ["best_film", "write_search_report"]

_PARTS = Path(__file__).with_name("report_page")


def best_film(search: SavedSearch, folder: Path, name: str, engine: str | None = None) -> Film:
    """The film of the best run of a search.

    Args:
        search: the search.
        folder: where its movie is written.
        name: name of the movie without suffix.
        engine: see `Film`.
    """
    path = search.movie.write(folder / f"{name}.fm2")
    return Film(path, search.start.rom, search.problem.the_game, engine=engine)


def write_search_report(
    search: SavedSearch,
    path: Path,
    *,
    name: str,
    title: str | None = None,
    every: int = 2,
    sound: bool = True,
    engine: str | None = None,
    on_frame: Callable[[int], object] | None = None,
) -> Report:
    """Play the best run of a search, and write the page about the search.

    Args:
        search: the search.
        path: the HTML file.
        name: name of the movie on the page.
        title: title of the page; None makes one.
        every: number of frames from one picture of the video to the next.
        sound: record the sound, see `render_film`.
        engine: see `Film`.
        on_frame: see `Film`.

    Raises:
        CopainError: the run is not played, or no video encoder is installed.
        FileError: the page cannot be written.
    """
    game, places = search.problem.the_game, search.places
    panorama = None if places is None else Panorama(places)
    with tempfile.TemporaryDirectory(prefix="copain-") as folder:
        film = best_film(search, Path(folder), name, engine)
        film.on_frame = on_frame
        if panorama is not None:
            film.on_read = _reader(game, panorama)
        return write_report(
            film,
            path,
            title=title or f"{game.title}: search {name}",
            every=every,
            sound=sound,
            facts=_facts(search),
            more=lambda: _section(search, panorama, places),
        )


def _reader(game: Game, panorama: Panorama) -> Any:
    playing = game.predicates["playing"]

    def read(values: Mapping[str, Any], picture: Picture | None) -> None:
        panorama.read(values, bool(playing(values)), picture)

    return read


def _facts(search: SavedSearch) -> dict[str, str]:
    progress, facts = search.progress, search.facts
    found = {
        "Problem": search.problem.name,
        "Goal": "reached" if search.won else "not reached yet",
        "Best run": f"{progress.depth:,} frames, {progress.score:,.0f} points",
        "Algorithm": f"{facts['algorithm']}, seed {facts['seed']}",
        "Options": ", ".join(f"{key}={value}" for key, value in facts["options"].items()),
        "Search": f"{progress.seconds:,.0f} seconds, {progress.plans:,} plans, "
        f"{progress.frames:,} frames",
        "States": f"{progress.states:,} known, {progress.made:,} made, "
        f"{progress.duplicates:,} duplicates",
        "Deaths": f"{sum(search.deaths.values()):,} counted",
    }
    return {name: text for name, text in found.items() if text}


def _section(search: SavedSearch, panorama: Panorama | None, places: Places | None) -> Section:
    """What a search has more to show than a movie."""
    parts = {
        suffix: (_PARTS / f"section.{suffix}").read_text(encoding="utf-8")
        for suffix in ("html", "css", "js")
    }
    data = {
        "stages": [] if panorama is None else _stages(search, panorama),
        "route": [] if panorama is None else _route(panorama),
        "cell": CELL,
        "places": None if places is None else places.to_plain(),
        "names": Progress.names(),
        "progress": [_entry(entry) for entry in search.entries],
    }
    return Section(parts["html"], parts["css"], parts["js"], data)


def _entry(entry: Progress) -> list[float]:
    return [round(float(getattr(entry, name)), 2) for name in Progress.names()]


def _route(panorama: Panorama) -> list[list[int] | int]:
    """Positions, one a frame; a number instead of one says for how many frames there is none."""
    route: list[list[int] | int] = []
    for place in panorama.route:
        last = route[-1] if route else None
        if place is not None:
            route.append(list(place))
        elif isinstance(last, int):
            route[-1] = last + 1
        else:
            route.append(1)
    return route


def _stages(search: SavedSearch, panorama: Panorama) -> list[dict[str, Any]]:
    """Each stage that was reached: its size, its picture, and where plans have failed in it."""
    maps = panorama.maps()
    reached = {place[0] for place in panorama.route if place is not None}
    found = []
    for stage in sorted(reached | {cell[0] for cell in search.deaths}):
        deaths = [[x, y, n] for (s, x, y), n in search.deaths.items() if s == stage]
        on_route = [place for place in panorama.route if place is not None and place[0] == stage]
        left, picture = maps.get(stage, (0, None))
        xs = [x * CELL for x, _, _ in deaths] + [x for _, x, _ in on_route]
        ys = [y * CELL for _, y, _ in deaths] + [y for _, _, y in on_route]
        right = left + picture.shape[1] if picture is not None else max(xs) + CELL
        image = ""
        if picture is not None:
            image = f"data:image/png;base64,{base64.b64encode(png(picture)).decode('ascii')}"
        found.append(
            {
                "stage": stage,
                "left": left,
                "width": max(right - left, WIDTH),
                "height": max(HEIGHT, max(ys, default=0) + CELL),
                "picture": 0 if picture is None else picture.shape[1],
                "image": image,
                "deaths": deaths,
            }
        )
    return found
