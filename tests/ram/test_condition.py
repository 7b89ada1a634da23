"""Conditions: what their words mean on small traces, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from copain_gym.errors import RamSearchError
from copain_gym.ram import Candidate, RamSearch, Trace

RIGHT, LEFT = 128, 64


def trace_of(values: list[int], held: list[int] | None = None, at: int = 0x20) -> Trace:
    """A trace in which one byte has these values, and the others are 0."""
    trace = Trace()
    for value, buttons in zip(values, held or [0] * len(values), strict=True):
        ram = np.zeros(2048, np.uint8)
        ram[at] = value
        trace.add(ram, buttons)
    return trace


@pytest.mark.parametrize(
    ("condition", "values", "met"),
    [
        ("equals 3", [3, 3, 3], True),
        ("equals 3", [3, 2, 3], False),
        ("equals 2 at 2", [3, 2, 3], True),
        ("equals 3 at 2", [3, 2, 3], False),
        ("equals 2 during 2 to 3", [3, 2, 2], True),
        ("equals $1f at 1", [31, 0, 0], True),
        ("equals 0x1f at 1", [31, 0, 0], True),
        ("differs 3 at 2", [3, 2, 3], True),
        ("differs from 2 at 2", [3, 2, 3], False),
        ("above 2 during 1 to 2", [3, 4, 0], True),
        ("above 3 during 1 to 2", [3, 4, 0], False),
        ("below 4", [3, 3, 3], True),
        ("below 3", [3, 2, 2], False),
        ("increased", [1, 1, 2], True),
        ("increased", [1, 2, 1], False),
        ("increased", [1, 1, 1], False),
        ("increased from 1 to 3", [1, 0, 2], True),
        ("increased from 2 to 3", [1, 3, 2], False),
        ("increased since 2", [9, 1, 2], True),
        ("increased by 2", [1, 3, 5], True),
        ("increased by 2", [1, 3, 4], False),
        ("increased by 4 from 1 to 3", [1, 3, 5], True),
        ("increased by 3 from 1 to 3", [1, 3, 5], False),
        ("decreased by 1 during 2 to 3", [0, 3, 2], True),
        ("decreased", [1, 2, 1], False),
        ("changed", [1, 1, 2], True),
        ("changed", [1, 1, 1], False),
        ("changed from 1 to 3", [1, 2, 1], False),
        ("changed by 2", [3, 1, 3], True),
        ("changed by 2", [3, 1, 2], False),
        ("unchanged", [2, 2, 2], True),
        ("unchanged", [2, 3, 2], False),
        ("unchanged from 1 to 3", [2, 3, 2], True),
        ("unchanged during 2 to 3", [2, 3, 3], True),
    ],
)
def test_what_it_means(condition: str, values: list[int], met: bool) -> None:
    here = [Candidate(0x20, "u8", 1)]
    search = RamSearch(trace_of(values), candidates=here).where(condition)
    assert search.candidates == (here if met else [])


@pytest.mark.parametrize(
    ("condition", "values", "held", "met"),
    [
        ("changed while right", [1, 2, 2], [0, RIGHT, 0], True),
        ("changed while right", [1, 1, 2], [0, RIGHT, 0], False),
        ("changed while right", [1, 2, 3], [0, RIGHT, 0], True),
        ("changed only while right", [1, 2, 3], [0, RIGHT, 0], False),
        ("changed only while right", [1, 2, 2], [0, RIGHT | 1, 0], True),
        ("increased while right", [5, 6, 5], [0, RIGHT, LEFT], True),
        ("increased while left", [5, 6, 5], [0, RIGHT, LEFT], False),
        ("unchanged while nothing", [5, 6, 6], [0, RIGHT, 0], True),
        ("unchanged while nothing", [5, 6, 7], [0, RIGHT, 0], False),
        ("equals 6 while right", [5, 6, 7], [0, RIGHT, 0], True),
        ("changed while A+right", [1, 2, 2], [0, RIGHT | 1, RIGHT], True),
        ("changed while A+right", [1, 1, 2], [0, RIGHT | 1, RIGHT], False),
        ("unchanged while exactly A", [1, 1, 2], [0, 1, RIGHT | 1], True),
        ("unchanged while A", [1, 1, 2], [0, 1, RIGHT | 1], False),
        ("changed only while exactly A+right", [1, 1, 2], [0, 1, RIGHT | 1], True),
        ("changed while right held during 1 to 2", [1, 2, 2], [0, RIGHT, RIGHT], True),
        ("changed during 2 to 3 while right", [1, 2, 2], [0, RIGHT, RIGHT], False),
    ],
)
def test_held_buttons(condition: str, values: list[int], held: list[int], met: bool) -> None:
    here = [Candidate(0x20, "u8", 1)]
    search = RamSearch(trace_of(values, held), candidates=here).where(condition)
    assert search.candidates == (here if met else [])


def test_a_change_that_comes_later() -> None:
    trace = trace_of([1, 1, 2, 2], [0, RIGHT, 0, 0])
    assert 0x20 not in found(RamSearch(trace).where("changed only while right"))
    assert found(RamSearch(trace, delay=1).where("changed only while right")) == [0x20]


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        ("u8", [200], 200),
        ("i8", [200], -56),
        ("u16", [0x34, 0x12], 0x1234),
        ("u16be", [0x12, 0x34], 0x1234),
        ("i16", [0xFF, 0xFF], -1),
        ("u32", [1, 2, 3, 4], 0x04030201),
        ("bcd", [0x21, 0x43, 0x05], 54321),
        ("bcdbe", [0x05, 0x43, 0x21], 54321),
        ("digits", [1, 2, 3], 321),
    ],
)
def test_types(kind: str, data: list[int], value: int) -> None:
    trace = Trace()
    ram = np.full(2048, 0xEE, np.uint8)
    for _ in range(2):
        trace.add(ram)
    ram[0x7F0 : 0x7F0 + len(data)] = data
    trace.add(ram)
    search = RamSearch(trace, [kind]).where(f"equals {value} at 3")
    (candidate,) = search.candidates
    assert (candidate.address, candidate.type) == (0x7F0, kind)
    assert search.values(candidate)[2] == value


def test_bytes_that_are_no_digits_are_dropped() -> None:
    trace = trace_of([0x1A, 0x10])
    assert 0x20 in found(RamSearch(trace, ["bcd"], size=1).where("equals 10 at 2"))
    assert 0x20 not in found(RamSearch(trace, ["bcd"], size=1).where("equals 10"))


def test_all_types_at_once_end_at_the_end_of_ram() -> None:
    search = RamSearch(trace_of([7, 7], at=0x7FF), ["u8", "u16be", "u16"])
    assert len(search.candidates) == 2048 + 2047 + 2047
    search.where("equals 7")
    assert [(c.address, c.type) for c in search.candidates] == [(0x7FF, "u8"), (0x7FE, "u16be")]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("", "a relation is missing"),
        ("grew", "'grew' is no relation"),
        ("equals", "a number is missing"),
        ("equals many", "'many' is no number"),
        ("equals 3 since 2", "'since' is not allowed"),
        ("increased at 2", "'at' is not allowed"),
        ("increased by 0", "allowed are 1 and more"),
        ("unchanged by 2", "'unchanged' has no amount"),
        ("changed from 1", "'to FRAME' is missing"),
        ("changed from 3 to 2", "frame 2 is not after frame 3"),
        ("changed while jump", "unknown button 'jump'"),
        ("changed from 1 to 2 while right", "write 'during FRAME to FRAME'"),
        ("equals 3 only while right", "'only' stands before 'while'"),
        ("unchanged only while right", "'only' stands before 'while'"),
        ("changed at once", "'at' is not allowed"),
        ("equals 3 at 1 please", "'please' is too much"),
        ("equals 3 at 4", "there are the frames 1 to 3"),
        ("equals 3 at 0", "there are the frames 1 to 3"),
        ("increased since 3", "a change needs two frames"),
        ("changed while right", "in none of the frames 1 to 3"),
    ],
)
def test_what_is_refused(condition: str, message: str) -> None:
    search = RamSearch(trace_of([1, 2, 3]))
    with pytest.raises(RamSearchError, match=message):
        search.where("equals 3 at 3", condition)
    assert len(search.candidates) == 2048  # nothing was dropped


def test_options_that_are_refused() -> None:
    trace = trace_of([1])
    with pytest.raises(RamSearchError, match="type is 'float'; allowed are u8"):
        RamSearch(trace, ["float"])
    with pytest.raises(RamSearchError, match="size is 9; allowed are 1 to 8"):
        RamSearch(trace, ["bcd"], size=9)
    with pytest.raises(RamSearchError, match="delay is -1; allowed are 0 to 60"):
        RamSearch(trace, delay=-1)
    with pytest.raises(RamSearchError, match="2000 bytes; allowed are 2048"):
        trace.add(b"\0" * 2000)
    with pytest.raises(RamSearchError, match="no frames yet"):
        RamSearch(Trace()).where("equals 0")


def found(search: RamSearch) -> list[int]:
    return [candidate.address for candidate in search.candidates]
