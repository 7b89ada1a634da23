"""Python functions that the emulator calls."""

from __future__ import annotations

import traceback

import pytest

from copain_gym import Emulator, EmulatorClosed, LuaError

FRAME_COUNTER = 0x02


@pytest.fixture
def playing(emulator: Emulator) -> Emulator:
    """The game's title, where its frame counter runs."""
    emulator.step(frames=60)
    return emulator


def test_order_within_a_frame(playing: Emulator) -> None:
    lua, events = playing.lua, []
    lua.emu.registerbefore(lambda: events.append("before"))
    lua.emu.registerafter(lambda: events.append("after"))
    lua.memory.registerwrite(FRAME_COUNTER, function=lambda *_: events.append("write"))
    playing.step(frames=2)
    assert events == ["before", "write", "after"] * 2


def test_decorator_keeps_the_function_and_none_takes_it_away(playing: Emulator) -> None:
    counts = []

    @playing.lua.emu.registerafter()
    def count() -> None:
        counts.append(1)

    count()
    playing.step(frames=2)
    assert len(counts) == 3
    playing.lua.emu.registerafter(None)
    playing.step(frames=2)
    assert len(counts) == 3


def test_context_manager_brings_back_what_was_there(playing: Emulator) -> None:
    calls = []
    playing.lua.emu.registerafter(outer := lambda: calls.append("outer"))
    with playing.lua.emu.registerafter(lambda: calls.append("inner")) as registration:
        assert registration.previous is outer
        playing.step()
    playing.step()
    assert calls == ["inner", "outer"]


def test_memory_hooks_of_ranges_overlap(playing: Emulator) -> None:
    wide, narrow = [], []
    playing.lua.memory.registerwrite(0, 0x100, lambda a, size, value: wide.append(a))
    playing.step()
    assert FRAME_COUNTER in wide
    with playing.lua.memory.registerwrite(FRAME_COUNTER, 1, lambda *_: narrow.append(1)):
        wide.clear()
        playing.step(frames=2)
        assert FRAME_COUNTER not in wide
        assert wide
        assert len(narrow) == 2
    wide.clear()
    playing.step()
    assert FRAME_COUNTER in wide
    playing.lua.memory.registerwrite(0, 0x100, None)
    wide.clear()
    playing.step()
    assert not wide


def test_everything_but_frames_is_allowed_in_a_callback(playing: Emulator) -> None:
    lua, seen = playing.lua, []

    def act() -> None:
        state = playing.save_state()
        playing.memory[0x7F0] = 0x42
        seen.append((int(playing.ram[0x7F0]), lua.joypad.get(1), lua.memory.getregister("pc")))
        playing.load_state(state)
        lua.gui.text(10, 10, "here")
        playing.run_lua("return memory.readbyte(0)")
        with lua.batch() as batch:
            batch.memory.readbyte(0)

    with lua.emu.registerafter(act):
        playing.step(frames=2)
    assert [value for value, _, _ in seen] == [0x42, 0x42]
    assert playing.memory[0x7F0] != 0x42


@pytest.mark.parametrize(
    "forbidden",
    [
        lambda e: e.step(),
        lambda e: e.lua.emu.frameadvance(),
        lambda e: e.run_lua("emu.frameadvance()"),
    ],
    ids=["step", "frameadvance", "run_lua"],
)
def test_frames_in_a_callback_are_refused(playing: Emulator, forbidden) -> None:
    errors = []

    def act() -> None:
        with pytest.raises(LuaError, match="no frame can be emulated in a callback") as caught:
            forbidden(playing)
        errors.append(caught.value)

    with playing.lua.emu.registerbefore(act):
        playing.step(frames=2)
    assert len(errors) == 2
    assert playing.frame_count == 62


@pytest.mark.parametrize("kind", ["registerbefore", "registerafter"])
def test_error_reaches_the_caller_with_both_tracebacks(playing: Emulator, kind: str) -> None:
    def broken() -> None:
        raise ZeroDivisionError("of ours")

    registration = getattr(playing.lua.emu, kind)(broken)
    with pytest.raises(LuaError, match="a callback raised ZeroDivisionError: of ours") as caught:
        playing.step(frames=50)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    shown = "".join(traceback.format_exception(caught.value))
    assert "in broken" in shown
    assert "stack traceback" in caught.value.traceback
    assert "bridge.lua" in caught.value.traceback
    assert playing.frame_count == 61  # the step ends with the frame of the error
    registration.unregister()
    playing.step(frames=5)
    assert playing.frame_count == 66


def test_error_in_a_memory_hook_stops_further_calls(playing: Emulator) -> None:
    calls = []

    def broken(*_: int) -> None:
        calls.append(1)
        raise KeyError("hook")

    with (
        playing.lua.memory.registerwrite(0, 0x100, broken),
        pytest.raises(LuaError, match="KeyError"),
    ):
        playing.step(frames=3)
    assert len(calls) == 1


def test_error_of_a_call_in_a_callback_can_be_caught(playing: Emulator) -> None:
    errors = []

    def act() -> None:
        try:
            playing.lua.movie.length()
        except LuaError as error:
            errors.append(str(error))

    with playing.lua.emu.registerafter(act):
        playing.step(frames=2)
    assert len(errors) == 2
    assert "No movie loaded" in errors[0]


def test_interrupt_in_a_callback_is_not_swallowed(playing: Emulator) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    playing.lua.emu.registerafter(interrupted)
    with pytest.raises(KeyboardInterrupt):
        playing.step()
    assert playing.closed


def test_close_in_a_callback_ends_the_step(playing: Emulator) -> None:
    playing.lua.emu.registerafter(playing.close)
    with pytest.raises(EmulatorClosed, match="in a callback"):
        playing.step()


def test_callbacks_set_each_other_off_up_to_a_depth(playing: Emulator) -> None:
    """A write to $4014 copies 256 bytes by way of $2004, which is hooked again."""
    depth = [0, 0]

    def copy(*_: int) -> None:
        depth[0] += 1
        depth[1] = max(depth)
        playing.lua.memory.writebyte(0x4014, 0)
        depth[0] -= 1

    with (
        playing.lua.memory.registerwrite(0x2004, 1, copy),
        pytest.raises(LuaError, match="nested deeper than 8"),
    ):
        playing.lua.memory.writebyte(0x4014, 0)
    assert depth[1] == 8
    playing.step(frames=2)


def test_callback_must_be_callable(playing: Emulator) -> None:
    with pytest.raises(TypeError, match="function is 3; it must be callable, or None"):
        playing.lua.emu.registerafter(3)


def test_callbacks_run_when_a_step_is_received(playing: Emulator) -> None:
    calls = []
    with playing.lua.emu.registerafter(lambda: calls.append(1)):
        playing.send_step(frames=3)
        assert not calls
        playing.receive_step()
    assert len(calls) == 3


def test_without_callbacks_nothing_is_registered(playing: Emulator) -> None:
    """A callback that is gone leaves nothing behind in FCEUX's Lua."""
    for register in (playing.lua.emu.registerbefore, playing.lua.emu.registerafter):
        register(lambda: None).unregister()
    playing.lua.memory.registerwrite(0, 0x800, lambda *_: None).unregister()
    left = playing.run_lua(
        """
        local registry = debug.getregistry()
        local hooked = 0
        for _ in pairs(registry.MEMHOOK_WRITE) do hooked = hooked + 1 end
        return registry.CALL_BEFOREEMULATION == nil, registry.CALL_AFTEREMULATION == nil, hooked
        """
    )
    assert left == (True, True, 0)
