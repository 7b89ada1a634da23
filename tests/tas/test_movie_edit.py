"""Editing of movies, and statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from copain_gym import Button
from copain_gym.tas.movie import COMMANDS, Difference, Movie, Subtitle

from .test_movie import HEADER, INPUTS
from .test_movie_properties import movies, patiently


def rows(movie: Movie) -> list[Any]:
    """All that a movie holds of each frame."""
    records = zip(*(array.tolist() for array in movie.records), strict=True)
    return [repr(record) for record in records]


def empty(movie: Movie, frames: int) -> list[Any]:
    return rows(Movie.new(np.zeros((frames, len(movie.ports))), ports=movie.ports))


def numbered(frames: int, **facts: Any) -> Movie:
    """A movie whose frames hold their own numbers."""
    held = np.arange(frames)[:, None] * np.array([1, 0])
    return Movie.new(held, subtitles=[(k, str(k)) for k in range(frames)], **facts)


def held(movie: Movie) -> list[int]:
    return list(movie.inputs[:, 0].tolist())


@given(movies(), some.data())
@patiently
def test_movies_are_edited_as_lists_are(movie: Movie, data: some.DataObject) -> None:
    before, frames = movie.to_bytes(), rows(movie)
    start, stop = sorted(data.draw(some.integers(0, len(movie))) for _ in range(2))
    number = data.draw(some.integers(0, 5))
    other = movie[start:stop]
    assert rows(other) == frames[start:stop]
    assert rows(movie[start - len(movie) - 1 :]) == frames[start - len(movie) - 1 :]
    assert rows(movie.join(other, other)) == frames + frames[start:stop] * 2
    assert rows(movie.insert(stop, other)) == frames[:stop] + frames[start:stop] + frames[stop:]
    assert (
        rows(movie.insert(start, number)) == frames[:start] + empty(movie, number) + frames[start:]
    )
    assert rows(movie.delete(start, stop)) == frames[:start] + frames[stop:]
    assert rows(movie.replace(stop, other)) == (
        frames[:stop] + frames[start:stop] + frames[stop + stop - start :]
    )
    assert rows(movie.shift(number, start)) == rows(movie.insert(start, number))
    assert rows(movie.shift(start - stop, start)) == rows(movie.delete(start, stop))
    edited = movie.insert(stop, other)
    assert Movie.from_bytes(edited.to_bytes()) == edited
    assert movie.to_bytes() == before


def test_the_rest_of_the_header_stays() -> None:
    movie = Movie.from_bytes(HEADER + b"length 3\n" + INPUTS + b"project data")
    assert movie.tail
    part = movie[0:2]
    assert (part.frames, part.length, part.tail) == (2, None, b"")
    head = HEADER[: HEADER.index(b"subtitle")]
    assert part.to_bytes() == head + INPUTS[: INPUTS.index(b"|127|")]
    assert movie[:].to_bytes() == HEADER + INPUTS


def test_subtitles_stay_with_their_frames() -> None:
    movie = numbered(5)
    assert movie[1:3].subtitles == ((0, "1"), (1, "2"))
    assert movie.insert(2, 10).subtitles == ((0, "0"), (1, "1"), (12, "2"), (13, "3"), (14, "4"))
    assert movie.delete(1, 3).subtitles == ((0, "0"), (1, "3"), (2, "4"))
    assert (movie[:1] + movie[3:]).subtitles == ((0, "0"), (1, "3"), (2, "4"))
    movie.subtitles = (Subtitle(99, "after the end"),)
    assert movie.delete(0).subtitles == ((98, "after the end"),)


def test_authors_and_rerecords_are_added() -> None:
    one = numbered(2, author="one", rerecords=5)
    two = numbered(2, author=["two", "one"], rerecords=7)
    joined = one + two
    assert (joined.authors, joined.rerecords) == (("one", "two"), 12)
    assert held(joined) == [0, 1, 0, 1]


def test_the_inputs_of_one_port_are_shifted() -> None:
    movie = Movie.new(np.array([[1, 5], [2, 6], [3, 7], [4, 8]]))
    later = movie.shift(1, start=1, port=0)
    assert later.inputs.tolist() == [[1, 5], [0, 6], [2, 7], [3, 8]]
    earlier = movie.shift(-2, start=1, port=1)
    assert earlier.inputs.tolist() == [[1, 5], [2, 8], [3, 0], [4, 0]]
    assert movie.shift(9, port=1).inputs.tolist() == [[1, 0], [2, 0], [3, 0], [4, 0]]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda m: m[::2], "the step is 2; a part of a movie has no step"),
        (lambda m: m[3], r"a movie takes slices, such as movie\[10:20\], not 3"),
        (lambda m: m.insert(5, 1), "frame is 5; allowed are 0 to 4"),
        (lambda m: m.insert(-1, 1), "frame is -1; allowed are 0 to 4"),
        (lambda m: m.insert(0, -1), "the number of frames is -1; allowed are 0 and more"),
        (lambda m: m.delete(3, 2), "stop is 2, but start is 3"),
        (lambda m: m.delete(3, 9), "frame is 9; allowed are 0 to 4"),
        (lambda m: m.delete(4), "frame is 5; allowed are 0 to 4"),
        (lambda m: m.shift(-3, 2), "frame is 5; allowed are 0 to 4"),
        (lambda m: m.shift(1, port=2), "port is 2; allowed are 0 to 1"),
        (lambda m: m.shift(-5, port=1), "frame is 5; allowed are 0 to 4"),
        (lambda m: m.join(numbered(1, region="PAL")), "the region of the movies are NTSC and PAL"),
        (lambda m: m.join(numbered(1, new_ppu=True)), "the new_ppu of the movies are False and Tr"),
        (lambda m: m.insert(1, Movie.new(np.ones((1, 4)))), "the ports of the movies are"),
        (lambda m: m.replace(1, numbered(1, state=b"x")), "savestate is another one; a movie that"),
        (lambda m: m.compare(Movie.new(np.ones((1, 4)))), "have other devices: pad, pad and pad,"),
    ],
)
def test_what_cannot_be_edited(edit: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        edit(numbered(4))


def test_where_two_movies_part() -> None:
    movie = Movie.from_bytes(HEADER + INPUTS)
    assert movie.compare(movie.copy()) is None
    other = movie.copy()
    other.rerecords = 99
    assert movie.compare(other) is None
    other.zappers["y"][2, 1] = 7
    assert movie.compare(other) == (2, "zapper 1", (255, 255, 0, 1005), (255, 7, 0, 1005))
    other.inputs[1, 0] = 3
    assert movie.compare(other) == Difference(1, "port 0", 0x81, 3)
    other.commands[1] = 2
    assert movie.compare(other) == Difference(1, "commands", 1, 2)
    assert movie.compare(movie[:2]) == Difference(2, "frames", 3, 2)
    assert movie[:1].compare(movie) == Difference(1, "frames", 1, 3)


def test_statistics() -> None:
    movie = Movie.new(
        np.array([[0, 0], [1, 1], [1, 0], [0x81, 2], [0, 2], [1, 0], [0, 0]]),
        ports=("pad", "zapper"),
        commands=[0, 0, 0, 0, 1, 0, 3],
        rerecords=4,
    )
    found = movie.statistics(lag_frames=2)
    assert (found.frames, found.rerecords, found.lag_frames, found.idle_frames) == (7, 4, 2, 1)
    assert found.seconds == pytest.approx(7 / 60.0988)
    pad, zapper = found.presses
    assert {name: count for name, count in pad.items() if count} == {"A": 2, "RIGHT": 1}
    assert {name: count for name, count in found.held[0].items() if count} == {"A": 4, "RIGHT": 1}
    assert set(pad) == {button.name for button in Button}
    assert zapper == {"TRIGGER": 1, "AWAY": 1}
    assert {name: count for name, count in found.commands.items() if count} == {
        "reset": 2,
        "power": 1,
    }
    assert set(found.commands) == set(COMMANDS)
    movie.region = "PAL"
    assert movie.statistics().seconds == pytest.approx(7 / 50.007)
    assert movie.statistics().lag_frames is None


def test_a_button_that_is_held_from_the_first_frame_is_a_press() -> None:
    assert Movie.new([[1, 0], [1, 0]]).statistics().presses[0]["A"] == 1
    assert Movie.new(np.zeros((0, 2))).statistics().frames == 0
