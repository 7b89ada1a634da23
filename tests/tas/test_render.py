"""Videos of movies: their pictures, sound and length."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from copain_gym.emulator import Emulator
from copain_gym.errors import MovieError
from copain_gym.games import find_game
from copain_gym.roms.contents import Region
from copain_gym.roms.rom import read_rom
from copain_gym.tas.film import FRAME_RATES, Film
from copain_gym.tas.movie import Movie
from copain_gym.tas.render import render_film
from copain_gym.tas.replay import play_in_emulator
from copain_gym.tas.sound import SOUND_OPTIONS, record_sound, stop_sound
from tests.tas.films import COMPLETE, pictures_of, samples_of, short_movie, streams_of


def film_of(path: Path, **options: object) -> Film:
    return Film(path, read_rom(), find_game("hirondelle"), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("region", ["NTSC", "PAL"])
def test_pictures_and_sound_have_the_same_length(tmp_path: Path, region: Region) -> None:
    film = film_of(short_movie(tmp_path, 300, region), engine="headless")
    video = render_film(film, tmp_path / "film.mp4", scale=1)
    assert video.sound
    assert video.fps == pytest.approx(60.0988 if region == "NTSC" else 50.0070, abs=1e-4)
    pictures, samples = pictures_of(video.path, 256, 240), samples_of(video.path)
    assert len(pictures) == video.pictures == 300
    seconds = 300 / FRAME_RATES[region]
    # The AAC coder works in blocks of 1,024 samples and may fill the last one.
    assert len(samples) / 48000 == pytest.approx(float(seconds), abs=1024 / 48000 + 0.001)
    assert np.abs(samples.astype(int)).max() > 1000  # it is not silent


def test_the_pictures_are_those_of_the_frames(tmp_path: Path) -> None:
    film = film_of(COMPLETE, first=3001, last=3060, engine="headless")
    video = render_film(film, tmp_path / "film.mp4", scale=2, sound=False)
    shown = pictures_of(video.path, 512, 480)[:, ::2, ::2].astype(int)
    assert len(shown) == 60
    movie, expected = Movie.read(COMPLETE), []
    with Emulator(engine="headless") as emulator:
        for held in movie.inputs[:3060].tolist():
            emulator.send_step(pads={1: held[0], 2: held[1]}, screen=emulator.frame_count >= 3000)
            emulator.receive_step()
            if emulator.frame_count > 3000:
                expected.append(emulator.screen().astype(int))
    for at in (0, 20, 59):
        errors = [np.abs(picture - shown[at]).mean() for picture in expected]
        assert int(np.argmin(errors)) == at  # and not a neighbour
        assert errors[at] < 4


def test_a_film_has_the_values_and_events_of_its_frames(tmp_path: Path) -> None:
    film = film_of(short_movie(tmp_path, 400), first=101, last=400)
    assert len(list(film.play(every=2))) == 150
    with Emulator() as emulator:
        movie = Movie.read(film.path)
        for number, held in enumerate(movie.inputs.tolist(), 1):
            lags = emulator.lag_count
            ram = emulator.step(pads={1: held[0], 2: held[1]}, draw=False)
            if number > 100:
                values = find_game("hirondelle").decode(ram)
                assert film.values["score"][number - 101] == values["score"]
                assert film.values["frame_counter"][number - 101] == values["frame_counter"]
                assert film.lag[number - 101] == (emulator.lag_count > lags)


def test_subtitles_and_commands_are_events(tmp_path: Path) -> None:
    commands = np.zeros(60, np.uint8)
    commands[29] = 1
    movie = Movie.new(
        np.zeros((60, 2), np.uint8), read_rom(), commands=commands, subtitles=[(40, "Look!")]
    )
    film = film_of(movie.write(tmp_path / "short.fm2"))
    for _ in film.play(every=60):
        pass
    assert [tuple(e) for e in film.events] == [(30, "command", "reset"), (40, "subtitle", "Look!")]


def test_stock_fceux_makes_a_silent_video(tmp_path: Path) -> None:
    film = film_of(short_movie(tmp_path, 60), engine="fceux")
    video = render_film(film, tmp_path / "film.mp4", scale=1)
    assert not video.sound
    assert b"audio" not in streams_of(video.path)
    assert len(pictures_of(video.path, 256, 240)) == 60


def test_recording_the_sound_changes_nothing_else(tmp_path: Path) -> None:
    movie = Movie.read(short_movie(tmp_path, 400))
    rams = []
    for options in ((), SOUND_OPTIONS):
        with play_in_emulator(movie, read_rom(), "headless", options=options) as emulator:
            if options:
                record_sound(emulator, tmp_path / "sound.wav")
            rams.append([emulator.step(draw=False).tobytes() for _ in range(movie.frames)])
            if options:
                stop_sound(emulator)
    assert rams[0] == rams[1]
    with wave.open(str(tmp_path / "sound.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48000, 1, 2)
        assert file.getnframes() / 48000 == pytest.approx(400 / 60.0988, abs=0.001)


def test_sound_of_an_engine_that_cannot_record_it(tmp_path: Path) -> None:
    with (
        Emulator(engine="fceux") as emulator,
        pytest.raises(ValueError, match="engine is 'fceux'; only 'headless' can record sound"),
    ):
        record_sound(emulator, tmp_path / "sound.wav")


@pytest.mark.parametrize(("first", "last"), [(0, 10), (5, 4), (1, 61)])
def test_frames_that_the_movie_does_not_have(tmp_path: Path, first: int, last: int) -> None:
    with pytest.raises(MovieError, match=rf"frames {first} to {last} .* has the frames 1 to 60"):
        film_of(short_movie(tmp_path, 60), first=first, last=last)


# ---- the command ------------------------------------------------------------------


def test_the_command(tmp_path: Path) -> None:
    copain = str(Path(sys.executable).parent / "copain")
    movie, out = short_movie(tmp_path, 60), tmp_path / "film.mp4"
    words = [copain, "movie", "render", str(movie), "--out", str(out), "--buttons"]
    words += ["--frame-number", "--show", "score,lives", "--from", "11", "--scale", "1", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ, timeout=120)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["first"], facts["last"], facts["pictures"]) == (11, 60, 50)
    assert facts["game"] == "hirondelle"
    assert facts["size"] == out.stat().st_size
    assert len(pictures_of(out, 256, 262)) == 50
    done = subprocess.run(
        [*words, "--show", "scor"], capture_output=True, text=True, env=os.environ, timeout=120
    )
    assert done.returncode == 1
    assert done.stderr.startswith("copain movie render: there is no variable 'scor'; variables are")


def test_the_encoder_is_missing(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "sys.modules['imageio_ffmpeg'] = None\n"  # so that it is not found
        "from copain_gym.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    words = ["movie", "render", str(COMPLETE), "--out", str(tmp_path / "film.mp4")]
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True)
    assert done.returncode == 1
    message = (
        "copain movie render: imageio_ffmpeg is missing. Install the extra 'video': pip install"
    )
    assert done.stderr.startswith(message)
    assert list(tmp_path.iterdir()) == []
