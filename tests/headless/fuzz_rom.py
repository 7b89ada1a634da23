"""Programs of random instructions: whatever an engine gets wrong, some of them will show.

A program's code is drawn from a seed. It uses every documented and undocumented opcode but those
that stop the CPU, reads and writes the PPU's, APU's and controllers' registers at random times,
waits in idle loops, switches rendering on and off within the picture, and takes NMI, frame and
sample IRQs. An NMI every other frame jumps to another part, so that no loop holds it.

`make_rom` gives 32 KB of NROM. `make_board_rom` gives a program for any cartridge board: every bank
of 8 KB holds the same handlers at its end, so that it runs whatever bank the board puts where, and
the code writes to the board's registers all the time.
"""

from __future__ import annotations

import random

from .cartridges import Cartridge

_STOP = {0x02, 0x12, 0x22, 0x32, 0x42, 0x52, 0x62, 0x72, 0x92, 0xB2, 0xD2, 0xF2}
_FLOW = {0x00, 0x20, 0x40, 0x4C, 0x60, 0x6C}
_BRANCHES = {0x10, 0x30, 0x50, 0x70, 0x90, 0xB0, 0xD0, 0xF0}
_READ = (0x2002, 0x2002, 0x2004, 0x2007, 0x2000, 0x4015, 0x4016, 0x4017, 0x2002)
_WRITE = (
    0x2001,
    0x2003,
    0x2004,
    0x2005,
    0x2005,
    0x2006,
    0x2006,
    0x2007,
    0x4016,
    *range(0x4000, 0x4014),
)
_BLOCKS = 16
_PAGE = 0x0400  # bytes of a block
_NMI, _IRQ, _SUBROUTINE, _TABLE, _RESET = 0xF000, 0xF100, 0xF200, 0xF300, 0xF400


def _length(opcode: int) -> int:
    """Bytes of an instruction, from the regular layout of the opcode table."""
    low, high = opcode & 0x1F, opcode
    if high in _FLOW:
        return {0x00: 2, 0x20: 3, 0x40: 1, 0x4C: 3, 0x60: 1, 0x6C: 3}[high]
    if high in _BRANCHES:
        return 2
    if low in (0x08, 0x18, 0x0A, 0x1A):
        return 1
    if low in (0x19, 0x1B) or low in (0x0C, 0x0D, 0x0E, 0x0F, 0x1C, 0x1D, 0x1E, 0x1F):
        return 3
    return 2


# FCEUX skips one byte behind its two-byte no-operations, as the table of lengths has it.
_ORDINARY = [op for op in range(256) if op not in _STOP | _FLOW | _BRANCHES | {0x9A, 0x9B, 0xBB}]


class _Writer:
    base = 0
    subroutine = _SUBROUTINE

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.code = bytearray()

    def put(self, *values: int) -> None:
        for value in values:
            self.code += bytes([value & 0xFF])

    def put_address(self, opcode: int, address: int) -> None:
        self.put(opcode, address, address >> 8)

    def address(self) -> int:
        """An operand: mostly RAM, sometimes next to the registers or in the program."""
        rng = self.rng
        choice = rng.random()
        if choice < 0.80:
            return rng.randrange(0x0800)
        if choice < 0.86:
            return rng.randrange(0x0800, 0x2000)
        if choice < 0.92:
            return rng.choice((0x1F80, 0x1FF0, 0x1FFF, 0x3FF8, 0x40F0)) + rng.randrange(8)
        return rng.randrange(0x8000, 0x10000)

    def instruction(self) -> None:
        rng = self.rng
        choice = rng.random()
        if choice < 0.62:
            opcode = rng.choice(_ORDINARY)
            size = _length(opcode)
            if size == 3:
                self.put_address(opcode, self.address())
            elif size == 2:
                self.put(opcode, rng.randrange(256))
            else:
                self.put(opcode)
        elif choice < 0.72:
            self.put_address(rng.choice((0xAD, 0x2C, 0xAE, 0xAC, 0xCD, 0x0D)), rng.choice(_READ))
        elif choice < 0.80:
            self.put(0xA9, rng.randrange(256))
            self.put_address(rng.choice((0x8D, 0x8E, 0x8C)), rng.choice(_WRITE))
        elif choice < 0.84:
            self.put(
                rng.choice(sorted(_BRANCHES)),
                rng.choice((2, 2, 3, 3, 5)),
                0xEA,
                0xEA,
                0xEA,
                0xEA,
                0xEA,
            )
        elif choice < 0.86:
            self.put(0xA9, 0x1E | rng.randrange(256) & 0xE1, 0x8D, 0x01, 0x20)  # rendering on
        elif choice < 0.88:
            self.put(0xA9, 0x80 | rng.randrange(128), 0x8D, 0x00, 0x20)  # keep the NMI
        elif choice < 0.90:
            self.put_address(0x20, self.subroutine)
        elif choice < 0.91:
            self.put(0xA9, rng.randrange(8), 0x8D, 0x14, 0x40)  # sprites
        elif choice < 0.93:
            self.put(0xA9, 0x10 | rng.randrange(16), 0x8D, 0x15, 0x40)  # samples
        elif choice < 0.94:
            self.put(0xA9, rng.choice((0x00, 0x40, 0x80, 0xC0)), 0x8D, 0x17, 0x40)
        elif choice < 0.95:
            self.put(rng.choice((0x58, 0x78, 0x28, 0x08)))
        elif choice < 0.955:
            self.put(0x00, 0xEA)
        else:
            self.wait()

    def wait(self) -> None:
        """An idle loop of a common form."""
        rng = self.rng
        form = rng.randrange(8)
        if form == 0:
            self.put(0xA5, 0x10, 0xF0, 0xFC)  # LDA flag; BEQ
            self.put(0xA9, 0x00, 0x85, 0x10)
        elif form == 1:
            self.put(0x2C, 0x02, 0x20, rng.choice((0x50, 0x70, 0x10)), 0xFB)  # BIT status; Bxx
        elif form == 2:
            mask = rng.choice((0x40, 0x80, 0x20, 0xC0, 0xE0))
            self.put(0xAD, 0x02, 0x20, 0x29, mask, rng.choice((0xF0, 0xD0)), 0xF9)
        elif form == 3:
            self.put(0xA5, 0x11, 0xC5, 0x11, 0xF0, 0xFA)  # LDA frame; CMP frame; BEQ
        elif form == 4:
            self.put(0xA2, rng.randrange(1, 60), 0xCA, 0xD0, 0xFD)  # a delay
        elif form == 5:
            here = len(self.code)
            self.put_address(0x4C, self.base + here)  # JMP to itself
        elif form == 6:
            self.put(0x24, 0x11, rng.choice((0x10, 0x30)), 0xFC)  # BIT frame; Bxx
        else:
            self.put(0xA6, 0x11, 0xE0, rng.randrange(256), 0xD0, 0xFA)  # LDX frame; CPX; BNE


class _BoardWriter(_Writer):
    """Code that writes to the registers of a cartridge's board, too."""

    subroutine = 0xFE00

    def __init__(self, rng: random.Random, registers: list[int]) -> None:
        super().__init__(rng)
        self.registers = registers

    def put(self, *values: int) -> None:
        # A bank that is switched in under the program is entered within an instruction: operands
        # that would stop the CPU are changed. (2 is the low byte of the PPU's status register.)
        for value in values:
            value &= 0xFF
            self.code.append(value + 1 if value in _STOP - {0x02} else value)

    def write_register(self) -> None:
        """LDA #value; STA register"""
        self.put(0xA9, self.rng.choice((self.rng.randrange(256), self.rng.randrange(16))))
        self.put_address(0x8D, self.rng.choice(self.registers))

    def instruction(self) -> None:
        rng = self.rng
        choice = rng.random()
        if choice < 0.06:
            self.write_register()
        elif choice < 0.09:
            # Seven cycles, then a register of the PPU.
            self.put_address(0xFE, 0x0300 + rng.randrange(0x100))
            self.put_address(0xAD, rng.choice((0x2007, 0x2002, 0x2004, 0x2007)))
        elif choice < 0.10:
            # Both pattern tables at $1000: boards count lines elsewhere then.
            self.put(0xA9, 0x98 | rng.randrange(4), 0x8D, 0x00, 0x20)
        elif choice < 0.11:
            self.put_address(rng.choice((0xAD, 0x2C)), rng.randrange(0x4020, 0x8000))
        else:
            super().instruction()


_SUBROUTINE_CODE = bytes([0xE6, 0x15, 0xA5, 0x15, 0x4A, 0x66, 0x16, 0x60])


def _nmi_handler(rng: random.Random, table: int) -> bytes:
    # INC frame; LDA #1; STA flag; LDA #>OAM; STA $4014; LDA frame; LSR; BCS leave; RTI
    nmi = [0xE6, 0x11, 0x48, 0xA9, 0x01, 0x85, 0x10, 0xA9, rng.randrange(8), 0x8D, 0x14, 0x40]
    nmi += [0xA5, 0x11, 0x4A, 0xB0, 0x02, 0x68, 0x40]
    # leave: LDX #$FF; TXS; AND #15; ASL; TAX; LDA table,X; STA ptr; ...; JMP (ptr)
    nmi += [0xA2, 0xFF, 0x9A, 0x29, 0x0F, 0x0A, 0xAA]
    nmi += [0xBD, table & 0xFF, table >> 8, 0x85, 0x12]
    nmi += [0xBD, (table + 1) & 0xFF, table >> 8, 0x85, 0x13]
    nmi += [0xA9, 0x90 | rng.randrange(8), 0x8D, 0x00, 0x20, 0x6C, 0x12, 0x00]
    return bytes(nmi)


def _reset_handler(start: int) -> bytes:
    # SEI; CLD; LDX #$FF; TXS; wait for two vertical blanks; NMI and rendering on; JMP start
    code = [0x78, 0xD8, 0xA2, 0xFF, 0x9A]
    code += [0x2C, 0x02, 0x20, 0x10, 0xFB, 0x2C, 0x02, 0x20, 0x10, 0xFB]
    code += [0xA9, 0x90, 0x8D, 0x00, 0x20, 0xA9, 0x1E, 0x8D, 0x01, 0x20]
    return bytes([*code, 0x4C, start & 0xFF, start >> 8])


def make_rom(seed: int) -> bytes:
    """An iNES file for a seed."""
    rng = random.Random(seed)
    program = bytearray([0xEA]) * 0x8000

    def place(address: int, code: bytes) -> None:
        program[address - 0x8000 : address - 0x8000 + len(code)] = code

    starts = []
    for block in range(_BLOCKS):
        writer = _Writer(rng)
        writer.base = 0x8000 + block * _PAGE
        starts.append(writer.base)
        while len(writer.code) < _PAGE - 24:
            writer.instruction()
        following = 0x8000 + (block + 1) % _BLOCKS * _PAGE
        code = bytes(writer.code) + bytes([0x4C, following & 0xFF, following >> 8])
        place(writer.base, code)

    place(_NMI, _nmi_handler(rng, _TABLE))
    place(
        _IRQ, bytes([0x48, 0xAD, 0x15, 0x40, 0x85, 0x14, 0xA9, 0x0F, 0x8D, 0x15, 0x40, 0x68, 0x40])
    )
    place(_SUBROUTINE, _SUBROUTINE_CODE)
    place(_TABLE, b"".join(start.to_bytes(2, "little") for start in starts))
    place(_RESET, _reset_handler(starts[0]))
    place(0xFFFA, b"".join(v.to_bytes(2, "little") for v in (_NMI, _RESET, _IRQ)))
    header = b"NES\x1a\x02\x01" + bytes([rng.randrange(2), 0]) + bytes(8)
    return header + bytes(program) + rng.randbytes(0x2000)


_BANK = 0x2000  # bytes
_COMMON_REGISTERS = (0x8000, 0x8001, 0xA000, 0xA001, 0xC000, 0xC001, 0xE000, 0xE001)


def _draw_registers(rng: random.Random) -> list[int]:
    """Addresses at which a board may have registers; those of the MMC3 are always among them."""
    registers = list(_COMMON_REGISTERS)
    registers += [rng.randrange(8, 16) << 12 | rng.randrange(8) for _ in range(12)]
    registers += [rng.randrange(0x8000, 0x10000) for _ in range(8)]
    registers += [rng.randrange(0x40, 0x60) << 8 | rng.randrange(0x20, 0x100) for _ in range(6)]
    registers += [rng.randrange(0x6000, 0x8000) for _ in range(4)]
    return registers


def make_board_rom(cartridge: Cartridge, seed: int) -> bytes:
    """A ROM file for a cartridge and a seed: 128 KB of programs, 64 KB of patterns."""
    rng = random.Random(f"{cartridge} {seed}")
    registers = _draw_registers(rng)
    code_end = 0x1800
    blocks = [offset for offset in range(0, code_end, _PAGE)]
    starts = [window | rng.choice(blocks) for window in (0x8000, 0xA000, 0xC000, 0xE000) * 4]
    nmi, table, irq, reset = 0xF800, 0xF900, 0xFA00, 0xFC00
    tail = bytearray([0xEA]) * (_BANK - code_end)

    def place(address: int, code: bytes) -> None:
        at = address - 0xE000 - code_end
        tail[at : at + len(code)] = code

    place(nmi, _nmi_handler(rng, table))
    place(table, b"".join(start.to_bytes(2, "little") for start in starts))
    # PHA; acknowledge the APU's IRQs, and perhaps the board's; PLA; RTI
    handler = _BoardWriter(rng, registers)
    handler.put(0x48, 0xAD, 0x15, 0x40, 0x85, 0x14, 0xA9, 0x0F, 0x8D, 0x15, 0x40)
    for _ in range(3):
        handler.write_register()
    handler.put(0x68, 0x40)
    place(irq, bytes(handler.code))
    place(reset, _reset_handler(starts[0]))
    place(_BoardWriter.subroutine, _SUBROUTINE_CODE)
    place(0xFFFA, b"".join(v.to_bytes(2, "little") for v in (nmi, reset, irq)))

    program = bytearray()
    for _ in range(16):
        for offset in blocks:
            writer = _BoardWriter(rng, registers)
            writer.base = 0xE000 + offset
            while len(writer.code) < _PAGE - 24:
                writer.instruction()
            following = rng.choice(starts)
            code = bytes(writer.code) + bytes([0x4C, following & 0xFF, following >> 8])
            program += code.ljust(_PAGE, b"\xea")
        program += tail
    return cartridge.pack(bytes(program), rng.randbytes(8 * _BANK), vertical=rng.random() < 0.5)
