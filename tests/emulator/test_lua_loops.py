"""Frames that the user's Lua emulates itself: which of them are drawn, and how fast they are."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import pytest

from copain_gym import Emulator
from copain_gym.errors import CopainError

A = 1


@pytest.fixture
def headless() -> Iterator[Emulator]:
    with Emulator(engine="headless", transport="shm") as emulator:
        emulator.step(frames=300)
        yield emulator


def picture_after(emulator: Emulator, source: str) -> bytes | None:
    """The picture after some Lua; None if the last frame was not drawn."""
    emulator.run_lua(source)
    try:
        return emulator.screen().tobytes()
    except CopainError:
        return None


@pytest.mark.parametrize(
    ("source", "frames", "drawn"),
    [
        ("emu.frameadvance()", 1, True),
        ("copain.draw(false) emu.frameadvance()", 1, False),
        ("copain.draw(false) emu.frameadvance() copain.draw(true) emu.frameadvance()", 2, True),
        ("copain.draw(2) emu.frameadvance() emu.frameadvance()", 2, True),
        ("copain.draw(2) for _ = 1, 3 do emu.frameadvance() end", 3, False),
        ("copain.draw(4) copain.hold(3) emu.frameadvance()", 4, True),
        ("copain.draw(3) copain.hold(3) emu.frameadvance()", 4, False),
        ("copain.play(4, 1) emu.frameadvance()", 4, False),
        ("copain.play(4, 1) emu.frameadvance() emu.frameadvance()", 5, True),
    ],
)
def test_a_picture_is_there_where_lua_drew_it(
    headless: Emulator, source: str, frames: int, drawn: bool
) -> None:
    # With each frame in a step of its own the same state is reached, and its picture is known.
    start = headless.save_state()
    for _ in range(frames):
        headless.step("A" if "play(4, 1)" in source and _ < 4 else 0)
    ram, picture = bytes(headless.ram), headless.screen().tobytes()
    headless.load_state(start)
    assert picture_after(headless, source) == (picture if drawn else None)
    assert bytes(headless.ram) == ram
    headless.step(0)  # a step draws, whatever Lua asked for
    assert headless.screen().shape == (240, 256, 3)


def test_a_state_remembers_whether_lua_drew_its_frame(headless: Emulator) -> None:
    headless.run_lua("copain.draw(false) emu.frameadvance()")
    undrawn = headless.save_state()
    headless.step(0)
    headless.load_state(undrawn)
    with pytest.raises(CopainError, match="not drawn"):
        headless.screen()
    headless.run_lua("return 1")  # emulates no frame
    headless.memory[0x700] = 1
    with pytest.raises(CopainError, match="not drawn"):
        headless.screen()


def test_loops_are_as_fast_as_steps(headless: Emulator) -> None:
    loop = "local n, m = ... for _ = 1, n do copain.play(4, m) emu.frameadvance() end"
    times: dict[str, list[float]] = {"loop": [], "steps": []}
    for _ in range(12):
        began = time.perf_counter()
        headless.run_lua(loop, 100, A)
        times["loop"].append(time.perf_counter() - began)
        began = time.perf_counter()
        for _ in range(100):
            headless.step(A, 4, draw=False)
        times["steps"].append(time.perf_counter() - began)
    assert min(times["loop"]) < 1.5 * min(times["steps"]), {
        name: statistics.median(each) for name, each in times.items()
    }
