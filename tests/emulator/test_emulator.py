"""Running, looking and ending, on real emulators."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from copain_gym import Button, CopainError, Emulator, EmulatorClosed
from copain_gym.roms.rom import read_rom

FRAME_COUNTER = 0x02  # of the bundled game; advances by 1 a frame
HELD = 0x07  # buttons of pad 1 as the game reads them

# As the bundled game stores them.
GAME_BITS = {
    "right": 0x01,
    "left": 0x02,
    "down": 0x04,
    "up": 0x08,
    "start": 0x10,
    "select": 0x20,
    "B": 0x40,
    "A": 0x80,
}


def play(emulator: Emulator, steps: int = 40) -> list[str]:
    """Press this and that from where the emulator stands; a hash of RAM after each step."""
    rng = np.random.default_rng(7)
    hashes = []
    for mask in rng.integers(0, 256, steps):
        hashes.append(hashlib.sha256(emulator.step(int(mask), 5)).hexdigest())
    return hashes


def test_step_counts_frames_and_gives_ram(emulator: Emulator) -> None:
    emulator.step(frames=30)
    before = int(emulator.ram[FRAME_COUNTER])
    ram = emulator.step(frames=10)
    assert ram.shape == (2048,)
    assert ram.dtype == np.uint8
    assert emulator.frame_count == 40
    assert (int(ram[FRAME_COUNTER]) - before) % 256 == 10


def test_zero_frames_only_look(emulator: Emulator) -> None:
    before = emulator.step(frames=30).copy()
    assert (emulator.step("A", frames=0) == before).all()
    assert emulator.frame_count == 30


@pytest.mark.parametrize("name", GAME_BITS)
def test_each_button_reaches_the_game(emulator: Emulator, name: str) -> None:
    emulator.step(frames=30)
    assert emulator.step(name, frames=3)[HELD] == GAME_BITS[name]
    assert emulator.step(Button[name.upper()], frames=2)[HELD] == GAME_BITS[name]
    assert emulator.step(frames=2)[HELD] == 0


def test_pads_by_number(emulator: Emulator) -> None:
    emulator.step(frames=30)
    assert emulator.step(pads={1: "A+up", 2: "B"}, frames=3)[HELD] == 0x88
    assert emulator.step(pads={2: "start"}, frames=3)[HELD] == 0


def test_ram_is_read_only_and_fresh(emulator: Emulator) -> None:
    emulator.step(frames=30)
    with pytest.raises(ValueError, match="read-only"):
        emulator.ram[0] = 1
    emulator.memory[0x7F0] = 0x5A
    assert emulator.ram[0x7F0] == 0x5A


def test_memory_reads_and_writes_bytes_and_slices(emulator: Emulator) -> None:
    emulator.memory[0x7F0:0x7F4] = b"\x01\x02\x03\xff"
    assert bytes(emulator.memory[0x7F0:0x7F4]) == b"\x01\x02\x03\xff"
    assert emulator.memory[0x7F3] == 0xFF
    rom = read_rom().path.read_bytes()
    assert bytes(emulator.memory[0xFFFA:]) == rom[16 + 0x7FFA : 16 + 0x8000]
    assert len(emulator.memory) == 0x10000


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        (-1, IndexError, "address -1 is out of range; allowed are 0 to 65535"),
        (0x10000, IndexError, "address 65536 is out of range"),
        (slice(5, 2), IndexError, "addresses 5:2 are out of range"),
        (slice(0, 8, 2), ValueError, "step 2"),
    ],
)
def test_memory_refuses_bad_addresses(
    emulator: Emulator, key: int | slice, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        emulator.memory[key]
    assert emulator.step().shape == (2048,)


def test_memory_refuses_bad_values(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="a byte is 256; allowed are 0 to 255"):
        emulator.memory[0] = 256
    with pytest.raises(ValueError, match="3 bytes do not fit in 2 addresses"):
        emulator.memory[0:2] = b"abc"


def test_screen_is_the_picture(emulator: Emulator) -> None:
    emulator.step(frames=90)
    picture = emulator.screen()
    assert picture.shape == (240, 256, 3)
    assert picture.dtype == np.uint8
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 3  # the title has colours


def test_screen_can_come_with_the_step(emulator: Emulator) -> None:
    emulator.send_step(frames=90, screen=True)
    emulator.receive_step()
    fetched = emulator.screen()
    emulator.poweron()
    emulator.step(frames=90)
    assert (emulator.screen() == fetched).all()


def test_an_undrawn_frame_has_no_picture(emulator: Emulator) -> None:
    drawn = emulator.step(frames=90).copy()
    picture = emulator.screen()
    emulator.poweron()
    assert (emulator.step(frames=90, draw=False) == drawn).all()
    if emulator.engine == "headless":
        for _ in range(2):
            with pytest.raises(CopainError, match="not drawn; step with draw=True"):
                emulator.screen()
            emulator.step(frames=0)
    else:
        assert (emulator.screen() == picture).all()


def test_several_emulators_work_at_once(engine: str) -> None:
    with Emulator(engine=engine) as one, Emulator(engine=engine) as two:
        one.send_step("A", 50)
        two.send_step("A", 50)
        assert (two.receive_step() == one.receive_step()).all()
        one.step(frames=10)
        assert (one.frame_count, two.frame_count) == (60, 50)


def test_poweron_starts_anew(emulator: Emulator) -> None:
    emulator.poweron()
    first = play(emulator)
    emulator.poweron()
    assert emulator.frame_count == 0
    assert play(emulator) == first


def test_softreset_keeps_the_console_on(emulator: Emulator) -> None:
    emulator.step(frames=30)
    emulator.memory[0x7F0] = 0xA5
    emulator.softreset()
    assert emulator.frame_count == 0
    assert emulator.memory[0x7F0] == 0xA5


def test_same_inputs_same_ram_in_two_processes(engine: str) -> None:
    script = (
        "from tests.emulator.test_emulator import play\n"
        "from copain_gym import Emulator\n"
        f"with Emulator(engine={engine!r}) as emulator:\n"
        "    print('\\n'.join(play(emulator)))\n"
    )
    other = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    with Emulator(engine=engine) as emulator:
        assert play(emulator) == other.stdout.split()


def test_rom_is_identified_as_fceux_does(emulator: Emulator) -> None:
    assert emulator.rom.md5 == emulator._states._rom_md5


def test_lag_frames_are_counted(emulator: Emulator) -> None:
    emulator.step(frames=2)  # the console warms up: the game reads no pad yet
    assert emulator.lag_count == 2


def test_close_may_be_called_twice(engine: str) -> None:
    emulator = Emulator(engine=engine)
    emulator.close()
    emulator.close()
    assert emulator.closed
    for use in (emulator.step, emulator.screen, emulator.save_state, emulator.poweron):
        with pytest.raises(EmulatorClosed, match=r"close\(\) was called"):
            use()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"buttons": "turbo"}, "unknown button 'turbo'; allowed are A, B, SELECT"),
        ({"buttons": ["A", "C"]}, "unknown button 'C'"),
        ({"buttons": {"A": True, "jump": False}}, "unknown button 'jump'"),
        ({"buttons": 256}, "button mask 256 is out of range; allowed are 0 to 255"),
        ({"buttons": -1}, "button mask -1"),
        ({"frames": -1}, "frames is -1; allowed are 0 to 1000000"),
        ({"frames": 10**9}, "frames is 1000000000; allowed are 0 to 1000000"),
        ({"frames": 1.5}, "frames is 1.5; it must be an integer"),
        ({"pads": {5: "A"}}, "there is no pad 5; allowed are 1 to 4"),
    ],
)
def test_bad_steps_are_refused_and_do_no_harm(
    emulator: Emulator, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        emulator.step(**arguments)  # type: ignore[arg-type]
    assert emulator.step("A", 3).shape == (2048,)
