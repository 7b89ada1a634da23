"""`write_report`: one HTML page with a movie's video, inputs, variables and events.

The page needs no other file and no network. Its parts are in `report_page/`. What it shows is in it
as JSON, and the video as base64.
"""

from __future__ import annotations

import base64
import html
import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from copain_gym.files import write_file
from copain_gym.games.game import Game
from copain_gym.tas.film import Film, variable_names
from copain_gym.tas.render import Rendered, render_film, used_ports

__all__ = ["Report", "Section", "default_variables", "write_report"]

_PARTS = Path(__file__).with_name("report_page")
_SHOWN = 5  # variables that are shown at first
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "&<>\u2028\u2029"}
_LIKELY = ("score", "lives", "stage", "level", "world", "health", "x", "y")


class Report(NamedTuple):
    """A report that was written.

    Attributes:
        path: the page.
        size: its size in bytes.
        video: its video.
        events: number of events.
    """

    path: Path
    size: int
    video: Rendered
    events: int


class Section(NamedTuple):
    """A part that a page has in addition, behind the movie's video and facts.

    Attributes:
        html: its element.
        style: its style sheet.
        script: its script, which runs behind that of the page and can use what is in it.
        data: what the script finds as `film.more`.
    """

    html: str
    style: str
    script: str
    data: Mapping[str, Any]


def write_report(
    film: Film,
    path: Path,
    *,
    variables: Sequence[str] | None = None,
    title: str | None = None,
    every: int = 1,
    scale: int = 1,
    sound: bool = True,
    facts: Mapping[str, str] | None = None,
    more: Callable[[], Section] | None = None,
) -> Report:
    """Play a film and write its report.

    Args:
        film: the film; afterwards it has the values and events of its frames.
        path: the HTML file.
        variables: names of the variables that are shown at first; None chooses some. The reader
            can choose others.
        title: title of the page; None makes one from the game and the movie's name.
        every: number of frames from one picture of the video to the next.
        scale: factor of the video's width and height; 2 has sharper colours in a larger page.
        sound: record the sound, see `render_film`.
        facts: further facts to show first, such as the result of a verification.
        more: makes a section that the page has in addition, after the film was played.

    Raises:
        CopainError: the movie is not played, or no video encoder is installed.
        FileError: the report cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="copain-") as folder:
        file = Path(folder) / "video.mp4"
        video = render_film(film, file, every=every, scale=scale, small=True, sound=sound)
        content = base64.b64encode(file.read_bytes()).decode("ascii")
    if variables is None:
        variables = default_variables(film.game, film.values)
    if title is None:
        name = film.game.title if film.game is not None else film.rom.path.stem
        title = f"{name}: {film.path.stem}"
    data = {
        "first": film.first,
        "frames": film.frames,
        "fps": float(film.fps),
        "every": every,
        "ports": _ports(film),
        "lag": _runs(film.lag),
        "variables": _variables(film, variables),
        "events": [event._asdict() for event in film.events],
        "summary": _summary(film),
        "facts": [*(facts or {}).items(), *_facts(film)],
        "video": {"type": "video/mp4", "sound": video.sound},
    }
    section = Section("", "", "", {}) if more is None else more()
    page = _fill(title, {**data, "more": section.data}, content, section)
    write_file(path, page)
    return Report(path, len(page.encode()), video, len(film.events))


def default_variables(game: Game | None, values: Mapping[str, npt.NDArray[np.int64]]) -> list[str]:
    """Choose the variables that most readers want to see: score, lives, stage, position.

    Args:
        game: the game; None if it is not known.
        values: values of each variable in the film.
    """
    if game is None:
        return []
    search = (game.search.x, game.search.y) if game.search else ()
    likely = [*_LIKELY[:3], *search, *_LIKELY[3:]]
    changing = [name for name in variable_names(game) if np.ptp(values[name]) > 0]
    chosen = [name for name in dict.fromkeys(likely) if name in changing]
    chosen += [name for name in changing if name not in chosen]
    return chosen[:_SHOWN]


# ---- what the page shows ----------------------------------------------------


def _runs(values: npt.NDArray[Any]) -> list[int]:
    """Run-length code: [length, value, length, value, ...]."""
    if not len(values):
        return []
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    lengths = np.diff(np.append(starts, len(values)))
    return [int(n) for pair in zip(lengths, values[starts], strict=True) for n in pair]


def _ports(film: Film) -> list[dict[str, Any]]:
    return [
        {
            "number": port + 1,
            "device": film.movie.ports[port],
            "title": f"{film.movie.ports[port].capitalize()} {port + 1}",
            "runs": _runs(film.inputs[:, port]),
        }
        for port in used_ports(film)
    ]


def _variables(film: Film, shown: Sequence[str]) -> list[dict[str, Any]]:
    if film.game is None:
        return []
    table = {variable.name: variable for variable in film.game.variables}
    # Those that are shown come first, in the order in which they were asked for.
    names = [*dict.fromkeys(shown), *(name for name in film.values if name not in shown)]
    return [
        {
            "name": name,
            "meaning": table[name].meaning,
            "unit": table[name].unit,
            "shown": name in shown,
            "runs": _runs(film.values[name]),
        }
        for name in names
    ]


def _duration(film: Film, frames: int) -> str:
    seconds = float(frames / film.fps)
    minutes, rest = int(seconds // 60), seconds % 60
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:05.2f}" if hours else f"{minutes}:{rest:05.2f}"


def _summary(film: Film) -> str:
    authors = ", ".join(film.movie.authors)
    length = f"{film.frames:,} frames, {_duration(film, film.frames)}"
    return f"by {authors}, {length}" if authors else length


def _facts(film: Film) -> list[tuple[str, str]]:
    movie, rom = film.movie, film.rom
    whole = film.frames == movie.frames
    part = "" if whole else f"{film.first:,} to {film.last:,} of "
    facts = [
        ("Movie", film.path.name),
        ("Author", ", ".join(movie.authors) or "not named"),
        ("Rerecords", f"{movie.rerecords:,}"),
        ("Frames", f"{part}{movie.frames:,}"),
        ("Duration", f"{_duration(film, movie.frames)} at {float(film.fps):.4f} frames/s"),
        ("Lag frames", f"{int(film.lag.sum()):,}"),
        ("Buttons pressed", f"{_presses(film):,} times"),
        ("Game", film.game.title if film.game is not None else "not known"),
        ("ROM", movie.rom_name or rom.path.stem),
        ("ROM's MD5", rom.md5),
        ("Region", movie.region),
        ("Starts at", movie.start),
        ("Ports", ", ".join(movie.ports)),
    ]
    if movie.new_ppu:
        facts.append(("PPU", "FCEUX's new PPU"))
    if movie.ram_init.option:
        facts.append(("RAM at power-on", f"RAMInitOption {movie.ram_init.option}"))
    return facts + [("Comment", comment) for comment in movie.comments]


def _presses(film: Film) -> int:
    """How often a button went down."""
    held = film.inputs
    before = np.concatenate([np.zeros_like(held[:1]), held[:-1]])
    return int(np.unpackbits(held & ~before).sum())


# ---- the page -----------------------------------------------------------------


def _fill(title: str, data: Mapping[str, Any], video: str, section: Section) -> str:
    """Put data into the page. Nothing in it can end a script or begin a tag."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    text = text.translate(_ESCAPES)
    parts = {
        "TITLE": html.escape(title),
        "STYLE": (_PARTS / "page.css").read_text(encoding="utf-8").strip(),
        "SCRIPT": (_PARTS / "page.js").read_text(encoding="utf-8").strip(),
        "MORE": section.html.strip(),
        "MORESTYLE": section.style.strip(),
        "MORESCRIPT": section.script.strip(),
        "DATA": text,
        "VIDEO": video,
    }
    page = (_PARTS / "page.html").read_text(encoding="utf-8")
    # One pass over the template, so that what is put in is not searched again.
    return re.sub("%([A-Z]+)%", lambda match: parts[match[1]], page)
