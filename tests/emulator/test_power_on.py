"""Power-on is the machine of a new process, whatever ran before, also in the cartridge."""

from __future__ import annotations

from pathlib import Path

import pytest

from copain_gym import Emulator
from copain_gym.bridge.savestate import unpack_state
from copain_gym.engines.headless.states import read_fields
from copain_gym.paths import bundled_rom

from ..headless.cartridges import named
from ..headless.fuzz_rom import make_board_rom

BOARDS = ("ines:1", "ines:4", "ines:5", "ines:24", "ines:69", "nes2:19", "unif:SL12")


def play(emulator: Emulator) -> list[bytes]:
    """RAM and the cartridge's RAM after each of some frames."""
    return [
        emulator.step(i * 37 % 256).tobytes() + emulator.memory[0x6000:0x8000].tobytes()
        for i in range(25)
    ]


def use(emulator: Emulator) -> None:
    """Leave as much behind as there is."""
    for i in range(30):
        emulator.step(i * 91 % 256)
    for address in range(0x6000, 0x8000, 64):
        emulator.memory[address] = 90
    emulator.step(frames=2)


def fields(emulator: Emulator) -> dict[str, bytes]:
    return read_fields(unpack_state(emulator.save_state().to_bytes())[1])


def test_the_cartridges_ram_is_empty(emulator: Emulator) -> None:
    before = emulator.memory[0x6000:0x8000].tobytes()
    emulator.memory[0x6000] = 90
    emulator.poweron()
    assert emulator.memory[0x6000:0x8000].tobytes() == before == bytes(0x2000)
    emulator.memory[0x6000] = 90
    emulator.lua.emu.poweron()
    assert emulator.memory[0x6000] == 0
    emulator.memory[0x6000] = 90
    emulator.run_lua("emu.poweron()")
    assert emulator.memory[0x6000] == 0
    assert (emulator.frame_count, emulator.lag_count) == (0, 0)


@pytest.mark.parametrize("board", BOARDS)
def test_boards(board: str, engine: str, tmp_path: Path) -> None:
    cartridge = named(board)
    rom = tmp_path / cartridge.file_name
    rom.write_bytes(make_board_rom(cartridge, 3))
    with Emulator(rom, engine=engine) as emulator:
        machine, fresh = fields(emulator), play(emulator)
        use(emulator)
        emulator.poweron()
        again = fields(emulator)
        assert [name for name in machine if machine[name] != again[name]] == []
        assert play(emulator) == fresh


def test_a_battery_is_empty(engine: str, tmp_path: Path) -> None:
    """As in movies from power-on, which begin without the file of the battery's RAM."""
    data = bytearray(bundled_rom().read_bytes())
    data[6] |= 2  # it has a battery
    rom = tmp_path / "battery.nes"
    rom.write_bytes(data)
    for _ in range(2):
        with Emulator(rom, engine=engine) as emulator:
            assert emulator.memory[0x6000] == 0
            emulator.memory[0x6000] = 90
            emulator.poweron()
            assert emulator.memory[0x6000] == 0
            emulator.memory[0x6000] = 91
            emulator.softreset()
            assert emulator.memory[0x6000] == 91


def test_another_rom_has_its_own_power_on(engine: str, tmp_path: Path) -> None:
    cartridge = named("ines:4")
    rom = tmp_path / "other.nes"
    rom.write_bytes(make_board_rom(cartridge, 3))
    with Emulator(rom, engine=engine) as emulator:
        fresh = play(emulator)
    with Emulator(engine=engine) as emulator:
        emulator.step(frames=20)
        emulator.lua.emu.loadrom(rom)
        use(emulator)
        emulator.poweron()
        assert play(emulator) == fresh


def test_random_ram_is_random_each_time(engine: str) -> None:
    option = "--ram-init" if engine == "headless" else "--ramInit"
    with Emulator(engine=engine, options=(option, "3")) as emulator:
        seen = set()
        for _ in range(3):
            emulator.poweron()
            seen.add(emulator.ram.tobytes())
    assert len(seen) == 3
