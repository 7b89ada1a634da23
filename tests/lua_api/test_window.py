"""What of FCEUX's Lua needs its window, on a virtual display, with a user made of xdotool."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from copain_gym import Emulator
from copain_gym.lua_api.signatures import Function, parse
from tests.conftest import assert_speed_of_the_console, wait_until

from .checks import CHECKS
from .test_functions import POPUPS, first_name

# Those whose checks look at pictures, or that end the emulator, are tested below.
OTHERWISE = ("gui.register", "debugger.hitbreakpoint")
IN_WINDOW = [
    f
    for f in parse()
    if (f.library in ("gui", "input", "taseditor", "joypad") or "window" in f.marks)
    and first_name(f) not in (*POPUPS, *OTHERWISE)
]


@pytest.fixture(scope="module")
def shown(display: str) -> Iterator[Emulator]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", display)
        patch.delenv("WAYLAND_DISPLAY", raising=False)
        with Emulator(window=True) as emulator:
            assert wait_until(lambda: bool(windows("--pid", str(emulator.pid))), 10)
            yield emulator


def windows(*search: str) -> list[str]:
    done = subprocess.run(
        ["xdotool", "search", "--onlyvisible", *search], capture_output=True, text=True
    )
    return done.stdout.split()


def xdotool(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True)


def press(emulator: Emulator, key: str) -> None:
    window = windows("--pid", str(emulator.pid))[-1]
    xdotool("windowfocus", "--sync", window, "key", key)


def display_pixels() -> npt.NDArray[np.uint8]:
    """The whole display, (height, width, 3) RGB."""
    data = subprocess.run(["xwd", "-root", "-silent"], capture_output=True, check=True).stdout
    header = np.frombuffer(data, ">u4", 25)
    height, stride, colours = int(header[5]), int(header[12]), int(header[19])
    pixels = np.frombuffer(data, np.uint8, offset=int(header[0]) + colours * 12)
    return pixels.reshape(height, stride // 4, 4)[:, : int(header[4]), 2::-1]


def pink_is_seen() -> bool:
    """Whether much of the display is pink: FCEUX shows drawings in the nearest of its colours."""
    pixels = display_pixels().astype(int)
    pink = (pixels[..., 0] > 150) & (pixels[..., 1] < 120) & (pixels[..., 2] > 150)
    return int(pink.sum()) > 5000


@pytest.mark.usefixtures("windowed")
@pytest.mark.parametrize("function", IN_WINDOW, ids=lambda f: f.lua_name)
def test_function_in_window(function: Function, shown: Emulator, tmp_path: Path) -> None:
    shown.lua.emu.speedmode("maximum")
    shown.poweron()
    call = getattr(getattr(shown.lua, function.library), function.name)
    CHECKS[first_name(function)](call, shown, tmp_path)


@pytest.mark.usefixtures("windowed")
def test_drawing_is_seen_at_once_and_on_the_next_frame_only(shown: Emulator) -> None:
    shown.lua.emu.speedmode("maximum")
    shown.lua.gui.register(None)
    shown.step(frames=3)
    assert wait_until(lambda: not pink_is_seen(), 5)
    shown.lua.gui.box(0, 0, 255, 239, "magenta", "magenta")
    assert wait_until(pink_is_seen, 5)
    shown.step()
    assert wait_until(pink_is_seen, 5)
    shown.step()
    assert wait_until(lambda: not pink_is_seen(), 5)


@pytest.mark.usefixtures("windowed")
def test_gui_callback_is_called_once_a_frame_at_full_speed(shown: Emulator) -> None:
    lua = shown.lua
    calls: list[int] = []

    def draw() -> None:
        calls.append(1)
        lua.gui.box(10, 10, 40, 40, "red")

    shown.step(frames=2)
    lua.emu.speedmode("normal")
    shown.step(frames=5)
    with lua.gui.register(draw):
        frames = assert_speed_of_the_console(lambda: shown.step("right"), frames=1)
    assert len(calls) == frames
    lua.emu.speedmode("maximum")


@pytest.mark.usefixtures("windowed")
def test_drawings_do_not_flicker_while_frames_are_stepped(shown: Emulator) -> None:
    lua = shown.lua
    lua.emu.speedmode("normal")
    finished = threading.Event()
    with lua.gui.register(lambda: lua.gui.box(0, 0, 255, 239, "magenta", "magenta")):
        shown.step(frames=5)

        def play() -> None:
            while not finished.is_set():
                shown.step()

        player = threading.Thread(target=play)
        player.start()
        try:
            assert wait_until(pink_is_seen, 5)
            assert [pink_is_seen() for _ in range(10)] == [True] * 10
        finally:
            finished.set()
            player.join()
    lua.emu.speedmode("maximum")


@pytest.mark.usefixtures("windowed")
@pytest.mark.parametrize(
    ("library", "kind", "answers"),
    [
        ("gui", "ok", ["yes"]),  # what FCEUX says for OK
        ("input", "yesno", ["yes", "no"]),
        ("input", "yesnocancel", ["yes", "no", "cancel"]),
    ],
)
def test_popup_waits_for_the_answer(
    shown: Emulator, library: str, kind: str, answers: list[str]
) -> None:
    for number, answer in enumerate(answers):
        user = threading.Thread(target=click_button, args=(number, len(answers)))
        user.start()
        assert getattr(shown.lua, library).popup("Is it so?", kind) == answer
        user.join()


def click_button(number: int, buttons: int) -> None:
    """Press one of the buttons of xmessage, which stand in a row at the lower left."""
    found: list[str] = []

    def box_is_there() -> bool:
        found[:] = windows("--class", "Xmessage")
        return bool(found)

    assert wait_until(box_is_there, 10)
    shell = subprocess.run(
        ["xdotool", "getwindowgeometry", "--shell", found[-1]], capture_output=True, text=True
    ).stdout
    size = dict(line.split("=") for line in shell.split())
    step = 42 if buttons > 1 else 0
    x, y = 20 + number * step, int(size["HEIGHT"]) - 15
    for _ in range(20):  # until it is gone: a click may come before it listens
        xdotool("mousemove", "--window", found[-1], str(x), str(y), "click", "1")
        if wait_until(lambda: not windows("--class", "Xmessage"), 0.5):
            return


@pytest.mark.usefixtures("windowed")
def test_hot_keys_of_savestates_call_python_with_the_next_request(shown: Emulator) -> None:
    events: list[tuple[object, ...]] = []

    def save(slot: int) -> tuple[int, str]:
        events.append(("save", slot))
        return 5, "kept"

    def happened(kind: str, key: str) -> bool:
        press(shown, key)
        shown.step(frames=2)
        return any(event[0] == kind for event in events)

    with (
        shown.lua.savestate.registersave(save),
        shown.lua.savestate.registerload(lambda slot, *kept: events.append(("load", slot, *kept))),
    ):
        assert wait_until(lambda: happened("save", "shift+F3"), 10)
        assert wait_until(lambda: happened("load", "F3"), 10)
    assert events[0] == ("save", 3)
    assert next(event for event in events if event[0] == "load")[:2] == ("load", 3)


@pytest.mark.usefixtures("windowed")
def test_breakpoint_stops_until_the_user_goes_on(shown: Emulator) -> None:
    shown.step(frames=2)
    before = shown.frame_count
    shown.lua.debugger.hitbreakpoint()
    shown.send_step(frames=2)
    going_on = threading.Event()

    def user() -> None:
        while not going_on.wait(0.5):
            press(shown, "Pause")

    thread = threading.Thread(target=user)
    thread.start()
    shown.receive_step()
    going_on.set()
    thread.join()
    assert shown.frame_count == before + 2


@pytest.mark.usefixtures("windowed")
def test_tas_editor_calls_its_callbacks(display: str) -> None:
    with Emulator(window=True) as emulator:
        events: list[str] = []
        emulator.lua.taseditor.registerauto(lambda: events.append("auto"))
        emulator.lua.taseditor.registermanual(lambda: events.append("manual"), "Mine")
        assert wait_until(lambda: bool(windows("--pid", str(emulator.pid))), 10)
        press(emulator, "alt+t")
        xdotool("key", "Up", "key", "Return")  # Tools, its last entry
        assert wait_until(lambda: bool(windows("--name", "TAS Editor")), 10)
        editor = windows("--name", "TAS Editor")[-1]

        def happened() -> bool:
            xdotool("windowfocus", editor, "key", "alt+l")
            xdotool("key", "Return")  # Lua, its first entry
            emulator.step()
            return "manual" in events

        assert wait_until(happened, 20)
        assert "auto" in events
        assert emulator.lua.movie.mode() == "taseditor"
