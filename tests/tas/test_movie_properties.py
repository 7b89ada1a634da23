"""Properties of any movie: what is written is read, byte for byte, as text and as binary."""

from __future__ import annotations

import contextlib
import warnings

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from copain_gym import MovieError, MovieWarning
from copain_gym.tas.movie import Movie
from copain_gym.tas.movie_header import DEVICES, EXPANSIONS
from copain_gym.tas.movie_records import ZAPPER

patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Settings of properties: a busy machine is no failure."""

PORTS = some.one_of(
    some.just(("pad",) * 4), some.tuples(*[some.sampled_from(sorted(DEVICES.values()))] * 2)
)
LINE = some.text(some.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30)
WORD = some.text("abcXYZ019_é", min_size=1, max_size=8)
FACTS = some.fixed_dictionaries(
    {
        "expansion": some.sampled_from(sorted(EXPANSIONS.values())),
        "rom_name": LINE,
        "rom_md5": some.none() | some.binary(min_size=16, max_size=16).map(bytes.hex),
        "region": some.sampled_from(["NTSC", "PAL"]),
        "rerecords": some.integers(0, 2**31 - 1),
        "author": some.lists(LINE, max_size=3),
        "comments": some.lists(LINE.filter(lambda t: t[:7] != "author "), max_size=3),
        "subtitles": some.lists(some.tuples(some.integers(0, 10**6), LINE), max_size=3),
        "new_ppu": some.booleans(),
        "ram_init": some.tuples(some.integers(0, 3), some.integers(-(2**31), 2**31 - 1)),
        "fds": some.booleans(),
        "microphone": some.booleans(),
        "state": some.none() | some.binary(min_size=1, max_size=40),
        "saveram": some.none() | some.binary(min_size=1, max_size=40),
        "guid": some.uuids().map(str),
    }
)


@some.composite
def movies(draw: some.DrawFn) -> Movie:
    """Any movie."""
    ports = draw(PORTS)
    random = np.random.default_rng(draw(some.integers(0, 2**32)))
    frames = draw(some.integers(0, 40))
    held = random.integers(0, 256, (frames, len(ports)))
    held *= np.array([device in ("pad", "zapper") for device in ports])
    zappers = np.zeros(held.shape, ZAPPER)
    for port, device in enumerate(ports):
        if device == "zapper":
            zappers[:, port] = np.frombuffer(random.bytes(frames * ZAPPER.itemsize), ZAPPER)
    commands = random.integers(0, 256, frames)
    movie = Movie.new(held, commands=commands, zappers=zappers, ports=ports, **draw(FACTS))
    for key in draw(some.lists(WORD, max_size=3)):
        movie.header[key] = draw(LINE)
    return movie


@given(movies())
@patiently
def test_what_is_written_is_read(movie: Movie) -> None:
    for binary in (False, True):
        movie.binary = binary
        if binary and any("|" in line.value for line in movie.header.lines[-4:]):
            continue  # see the next test
        data = movie.to_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MovieWarning)
            again = Movie.from_bytes(data)
        assert again == movie
        assert again.to_bytes() == data
        again.binary = not binary
        assert np.array_equal(again.inputs, movie.inputs)


@given(some.binary(max_size=400), some.booleans())
@patiently
def test_any_bytes_are_a_movie_or_an_error(data: bytes, movie: bool) -> None:
    head = b"version 3\nport0 1\nport1 2\n" if movie else b""
    with contextlib.suppress(MovieError), warnings.catch_warnings():
        warnings.simplefilter("ignore", MovieWarning)
        read = Movie.from_bytes(head + data)
        written = read.to_bytes()
        assert Movie.from_bytes(written).to_bytes() == written


@given(some.data())
@patiently
def test_a_changed_byte_is_a_movie_or_an_error(data: some.DataObject) -> None:
    content = bytearray(data.draw(movies()).to_bytes())
    for _ in range(data.draw(some.integers(1, 4))):
        content[data.draw(some.integers(0, len(content) - 1))] = data.draw(some.integers(0, 255))
    with contextlib.suppress(MovieError), warnings.catch_warnings():
        warnings.simplefilter("ignore", MovieWarning)
        written = Movie.from_bytes(bytes(content)).to_bytes()
        assert Movie.from_bytes(written).to_bytes() == written
