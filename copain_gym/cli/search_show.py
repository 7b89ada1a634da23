"""`copain search report` and `copain search watch`: what a search has found, to look at."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

from copain_gym.cli.command import Flag, output_file, print_json
from copain_gym.cli.movie_show import check_range, check_suffix, need_video
from copain_gym.engines.engine import EngineName
from copain_gym.search.report import best_film, write_search_report
from copain_gym.search.saved import SavedSearch
from copain_gym.search.watch import watch_best
from copain_gym.tas.render import render_film

__all__ = ["search_report", "search_watch"]


def search_report(
    file: Path,
    /,
    *,
    out: Path,
    problem: str | None = None,
    title: str | None = None,
    every: int = 2,
    sound: bool = True,
    engine: EngineName | None = None,
    json: Flag = False,
) -> None:
    """Write one HTML page about a search: maps, progress over time, its best run.

    The page shows the route of the best run and where plans have failed on maps of the stages,
    graphs over the time of the search, and the best run as `copain movie report` shows it. It
    needs no other file and no network.

    Args:
        file: File of the search, as `copain search run --file` writes it; a search may be writing
            it now.
        out: Page to write, `.html`.
        problem: Problem of the search. By default the one that the file names.
        title: Title of the page. By default names of game and file.
        every: Frames from one picture of the video to the next, 1 to 60.
        sound: Record the sound.
        engine: Engine to play in. By default COPAIN_ENGINE, else auto.
        json: Print one JSON object instead of text.
    """
    check_range("--every", every, 1, 60)
    check_suffix("--out", output_file(out), ".html", ".htm")
    need_video()
    search = SavedSearch(file, problem, engine=engine)
    from copain_gym.train.progress import Progress

    with Progress(search.movie.frames, "frame", what="playing") as progress:
        report = write_search_report(
            search,
            out,
            name=file.stem,
            title=title,
            every=every,
            sound=sound,
            engine=engine,
            on_frame=progress.update,
        )
    deaths = sum(search.deaths.values())
    if json:
        print_json(
            {
                "file": file,
                "report": out,
                "size": report.size,
                "problem": search.problem.name,
                **asdict(search.progress),
                "deaths": deaths,
                "movie_frames": search.movie.frames,
            }
        )
        return
    print(
        f"{out}: a run of {search.progress.depth} frames, {deaths} deaths, "
        f"{report.size / 1e6:.1f} MB"
    )


def search_watch(
    file: Path,
    /,
    *,
    video: Path | None = None,
    follow: Flag = False,
    problem: str | None = None,
    sound: bool = True,
) -> None:
    """Show the best run of a search in FCEUX's window, or write its video.

    Args:
        file: File of the search, as `copain search run --file` writes it; a search may be writing
            it now.
        video: Video to write instead, `.mp4`, with the pressed buttons and the frame's number.
        follow: At the end of the run, wait for a better one, until the window is closed.
        problem: Problem of the search. By default the one that the file names.
        sound: Play or record the sound.
    """
    if video is None:
        watch_best(file, problem, follow=follow, sound=sound, tell=_say)
        return
    if follow:
        raise ValueError("--follow is for the window; a video has one run")
    check_suffix("--video", output_file(video), ".mp4")
    need_video()
    search = SavedSearch(file, problem)
    _say(search)
    with tempfile.TemporaryDirectory(prefix="copain-") as folder:
        film = best_film(search, Path(folder), file.stem)
        render_film(film, video, buttons=True, frame_number=True, sound=sound)
    print(f"{video}: {search.movie.frames} frames, {video.stat().st_size / 1e6:.1f} MB")


def _say(search: SavedSearch) -> None:
    progress = search.progress
    end = "it reaches the goal" if progress.won else "it does not reach the goal yet"
    print(
        f"the best run has {search.movie.frames} frames and {progress.score:.0f} points; {end}",
        flush=True,
    )
