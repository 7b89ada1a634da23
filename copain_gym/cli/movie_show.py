"""`copain movie render` and `copain movie report`: a movie to look at."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from copain_gym.cli.command import Flag, output_file, print_json
from copain_gym.engines.engine import EngineName
from copain_gym.errors import CopainError
from copain_gym.paths import install_command
from copain_gym.tas.expected import Expected, companion_path
from copain_gym.tas.film import Film, check_variables
from copain_gym.tas.movie_files import load_movie
from copain_gym.tas.movie_roms import game_of_rom, rom_of_movie
from copain_gym.tas.render import Rendered, render_film
from copain_gym.tas.report import write_report
from copain_gym.tas.verify import verify as verify_movie

__all__ = ["check_range", "check_suffix", "movie_render", "movie_report", "need_video"]

From = Annotated[int, Parameter(name="--from")]
To = Annotated[int | None, Parameter(name="--to")]


def movie_render(
    movie: Path,
    /,
    *,
    out: Path,
    rom: Path | None = None,
    game: str | None = None,
    buttons: Flag = False,
    frame_number: Flag = False,
    show: tuple[str, ...] = (),
    from_: From = 1,
    to: To = None,
    scale: int = 2,
    every: int = 1,
    sound: bool = True,
    engine: EngineName | None = None,
    json: Flag = False,
) -> None:
    """Play a movie and write its video: MP4 with H.264 and AAC sound.

    FCEUX itself plays the movie. Only the headless engine can record the sound; with another
    engine the video is silent.

    Args:
        movie: A movie: FM2, or `.bk2` of BizHawk or stable-retro.
        out: Video file to write, `.mp4`.
        rom: ROM file. By default the known ROM that the movie names.
        game: Game of the ROM, for its variables: a name, a Python file that defines `GAME`, or a
            folder. By default the game that the ROM is known as.
        buttons: Show the pressed buttons below the picture.
        frame_number: Show the number of the frame.
        show: Variables of the game to show, such as `score,lives`.
        from_: First frame of the video, from 1.
        to: Last frame of the video. By default that of the movie.
        scale: Factor of width and height, 1 to 8.
        every: Frames from one picture to the next; 2 is half of the console's pictures.
        sound: Record the sound.
        engine: Engine to play in. By default COPAIN_ENGINE, else auto.
        json: Print one JSON object instead of text.
    """
    check_range("--scale", scale, 1, 8)
    check_range("--every", every, 1, 60)
    check_suffix("--out", output_file(out), ".mp4")
    with _film(movie, rom, game, from_, to, engine) as film:
        names = check_variables(_words(show), film.game)
        video = render_film(
            film,
            out,
            buttons=buttons,
            frame_number=frame_number,
            variables=names,
            every=every,
            scale=scale,
            sound=sound,
        )
    facts = {**_facts(film), "video": video.path, **_video_facts(video), "size": _size(out)}
    if json:
        print_json(facts)
        return
    print(
        f"{out}: frames {film.first} to {film.last}, {video.pictures} pictures at "
        f"{video.fps:.4f} a second, {'with' if video.sound else 'without'} sound, "
        f"{_size(out) / 1e6:.1f} MB"
    )


def movie_report(
    movie: Path,
    /,
    *,
    out: Path,
    rom: Path | None = None,
    game: str | None = None,
    show: tuple[str, ...] = (),
    title: str | None = None,
    from_: From = 1,
    to: To = None,
    every: int = 1,
    scale: int = 1,
    sound: bool = True,
    verify: Flag = False,
    engine: EngineName | None = None,
    json: Flag = False,
) -> None:
    """Play a movie and write one HTML page about it: video, inputs, variables, events.

    The page needs no other file and no network. A click or drag on the piano roll of the inputs
    or on the graphs of the variables goes to that frame in all of them.

    Args:
        movie: A movie: FM2, or `.bk2` of BizHawk or stable-retro.
        out: Page to write, `.html`.
        rom: ROM file. By default the known ROM that the movie names.
        game: Game of the ROM, for its variables and events: a name, a Python file that defines
            `GAME`, or a folder. By default the game that the ROM is known as.
        show: Variables that are shown at first, such as `score,lives`; the reader can choose
            others. By default some that change.
        title: Title of the page. By default names of game and movie.
        from_: First frame, from 1.
        to: Last frame. By default that of the movie.
        every: Frames from one picture of the video to the next; 2 makes a smaller page.
        scale: Factor of the video's width and height, 1 to 8; 2 has sharper colours in a larger
            page.
        sound: Record the sound.
        verify: Verify the movie first, see `copain movie verify`; the page shows the result.
        engine: Engine to play in. By default COPAIN_ENGINE, else auto.
        json: Print one JSON object instead of text.
    """
    check_range("--every", every, 1, 60)
    check_range("--scale", scale, 1, 8)
    check_suffix("--out", output_file(out), ".html", ".htm")
    with _film(movie, rom, game, from_, to, engine) as film:
        names = check_variables(_words(show), film.game)
        facts = {"Verified": _verdict(film)} if verify else {}
        report = write_report(
            film,
            out,
            variables=names or None,
            title=title,
            every=every,
            scale=scale,
            sound=sound,
            facts=facts,
        )
    if json:
        events = [event._asdict() for event in film.events]
        video = _video_facts(report.video)
        print_json(
            {
                **_facts(film),
                **{name.lower(): text for name, text in facts.items()},
                "report": out,
                "size": report.size,
                **video,
                "events": events,
            }
        )
        return
    print(
        f"{out}: frames {film.first} to {film.last}, {len(film.values)} variables, "
        f"{report.events} events, {report.size / 1e6:.1f} MB"
    )


def _verdict(film: Film) -> str:
    """What the verification of a movie says, in a sentence."""
    companion = companion_path(film.path)
    known = Expected.read(companion) if companion.exists() else None
    verdict = verify_movie(film.movie, film.rom, film.game, expected=known)
    against = companion.name if verdict.companion else "a replay in the headless engine"
    if verdict.same:
        return f"yes, stock FCEUX plays it to the same end as {against}"
    at = "" if verdict.first is None else f", from frame {verdict.first.frame} on"
    return f"NO, stock FCEUX differs from {against}{at}"


def need_video() -> None:
    """Raise an error if a package for videos is missing, at once and not after minutes of play."""
    for name in ("imageio_ffmpeg", "tqdm"):
        if importlib.util.find_spec(name) is None:
            how = install_command("video")
            raise CopainError(f"{name} is missing. Install the extra 'video': {how}")


@contextmanager
def _film(
    movie: Path,
    rom: Path | None,
    game: str | None,
    first: int,
    last: int | None,
    engine: EngineName | None,
) -> Iterator[Film]:
    """The film of a movie, which shows how far it is played."""
    need_video()
    from copain_gym.train.progress import Progress

    found = rom_of_movie(load_movie(movie)[0], rom)
    table = game_of_rom(found, game)
    film = Film(movie, found, table, first=first, last=last, engine=engine)
    with Progress(film.last, "frame", what="playing") as progress:
        film.on_frame = progress.update
        yield film


def _words(texts: tuple[str, ...]) -> list[str]:
    return [word for text in texts for word in text.split(",") if word]


def check_range(name: str, value: int, low: int, high: int) -> None:
    """Raise a ValueError if the value of an option is out of its range."""
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; allowed are {low} to {high}")


def check_suffix(name: str, path: Path, *allowed: str) -> None:
    """Raise a ValueError if the file of an option has none of the suffixes."""
    if path.suffix.lower() not in allowed:
        raise ValueError(f"{name} is {str(path)!r}; its name must end with {allowed[0]}")


def _size(path: Path) -> int:
    return path.stat().st_size


def _facts(film: Film) -> dict[str, Any]:
    return {
        "movie": film.path,
        "rom": film.rom.path,
        "game": film.game.name if film.game is not None else None,
        "first": film.first,
        "last": film.last,
        "region": film.movie.region,
    }


def _video_facts(video: Rendered) -> dict[str, Any]:
    return {"pictures": video.pictures, "fps": video.fps, "sound": video.sound}
