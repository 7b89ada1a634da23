"""The instructions of the NES's processor (6502): names, lengths, and where they write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["LENGTHS", "Registers", "disassemble", "finds_write", "writes_twice"]

_TABLE = """
brk ora jam slo nop ora asl slo php ora asl anc nop ora asl slo
bpl ora jam slo nop ora asl slo clc ora nop slo nop ora asl slo
jsr and jam rla bit and rol rla plp and rol anc bit and rol rla
bmi and jam rla nop and rol rla sec and nop rla nop and rol rla
rti eor jam sre nop eor lsr sre pha eor lsr alr jmp eor lsr sre
bvc eor jam sre nop eor lsr sre cli eor nop sre nop eor lsr sre
rts adc jam rra nop adc ror rra pla adc ror arr jmp adc ror rra
bvs adc jam rra nop adc ror rra sei adc nop rra nop adc ror rra
nop sta nop sax sty sta stx sax dey nop txa xaa sty sta stx sax
bcc sta jam ahx sty sta stx sax tya sta txs tas shy sta shx ahx
ldy lda ldx lax ldy lda ldx lax tay lda tax lax ldy lda ldx lax
bcs lda jam lax ldy lda ldx lax clv lda tsx las ldy lda ldx lax
cpy cmp nop dcp cpy cmp dec dcp iny cmp dex axs cpy cmp dec dcp
bne cmp jam dcp nop cmp dec dcp cld cmp nop dcp nop cmp dec dcp
cpx sbc nop isc cpx sbc inc isc inx sbc nop sbc cpx sbc inc isc
beq sbc jam isc nop sbc inc isc sed sbc nop isc nop sbc inc isc
"""
_NAMES = _TABLE.split()
"""Names by opcode. Those that the maker did not document have their usual names."""

_COLUMNS = {
    0: "imp ixx imp ixx zp  zp  zp  zp  imp imm acc imm abs abs abs abs",
    1: "rel iyy imp iyy zpx zpx zpx zpx imp aby imp aby abx abx abx abx",
}
"""Addressing modes by the low half of the opcode; even and odd rows differ."""

_EXCEPTIONS = {
    **{0x20: "abs", 0x6C: "ind"},
    **dict.fromkeys((0x80, 0x82, 0xA0, 0xA2, 0xC0, 0xC2, 0xE0, 0xE2, 0x89), "imm"),
    **dict.fromkeys((0x96, 0x97, 0xB6, 0xB7), "zpy"),
    **dict.fromkeys((0x9E, 0x9F, 0xBE, 0xBF), "aby"),
    **dict.fromkeys((0x8A, 0xAA, 0xCA, 0xEA), "imp"),
}

_MODES = [
    _EXCEPTIONS.get(opcode, _COLUMNS[(opcode >> 4) % 2].split()[opcode & 15])
    for opcode in range(256)
]

_SHAPES = {
    **{"imp": (1, ""), "acc": (1, " a"), "imm": (2, " #${0:02x}"), "rel": (2, " ${0:04x}")},
    **{"zp": (2, " ${0:02x}"), "zpx": (2, " ${0:02x},x"), "zpy": (2, " ${0:02x},y")},
    **{"abs": (3, " ${0:04x}"), "abx": (3, " ${0:04x},x"), "aby": (3, " ${0:04x},y")},
    **{"ind": (3, " (${0:04x})"), "ixx": (2, " (${0:02x},x)"), "iyy": (2, " (${0:02x}),y")},
}
"""Length and text of each addressing mode."""

LENGTHS = tuple(_SHAPES[mode][0] for mode in _MODES)
"""Bytes of the instruction, by opcode."""

_STORES = {"sta", "stx", "sty", "sax", "ahx", "shx", "shy", "tas"}
_CHANGES = {"asl", "lsr", "rol", "ror", "inc", "dec", "slo", "rla", "sre", "rra", "dcp", "isc"}
_PUSHES = {"pha", "php", "jsr"}


class Registers(NamedTuple):
    """The processor's registers while an instruction writes.

    Attributes:
        a: accumulator.
        x: index X.
        y: index Y.
        s: stack pointer.
    """

    a: int
    x: int
    y: int
    s: int


def disassemble(code: Sequence[int], address: int) -> str:
    r"""The text of an instruction.

    Args:
        code: its bytes; more may follow.
        address: where it stands, for branches.

    Examples:
        >>> disassemble(b"\x9d\xe4\x07", 0x8000), disassemble(b"\xd0\xfe", 0x8000)
        ('sta $07e4,x', 'bne $8000')
    """
    mode = _MODES[code[0]]
    length, shape = _SHAPES[mode]
    operand = int.from_bytes(bytes(code[1:length]), "little")
    if mode == "rel":
        operand = (address + 2 + operand - 2 * (operand & 0x80)) & 0xFFFF
    return _NAMES[code[0]] + shape.format(operand)


def writes_twice(opcode: int) -> bool:
    """Whether FCEUX writes the old value before the new one, as the processor does.

    It does not do so in the first 256 bytes, where this cannot be noticed.
    """
    return _NAMES[opcode] in _CHANGES and _MODES[opcode] not in ("zp", "zpx", "acc")


def finds_write(
    code: Sequence[int], address: int, value: int, registers: Registers, low: Sequence[int]
) -> bool:
    """Whether an instruction writes this value to this address, as far as that can be known.

    Args:
        code: its bytes.
        address: the address that was written.
        value: the value.
        registers: the registers during the write.
        low: the 256 bytes of RAM at address 0, for pointers.
    """
    name, mode = _NAMES[code[0]], _MODES[code[0]]
    if name in _PUSHES:
        known = value == registers.a if name == "pha" else True
        return known and address == 0x100 + registers.s
    if name not in _STORES and name not in _CHANGES:
        return False
    operand = int.from_bytes(bytes(code[1 : LENGTHS[code[0]]]), "little")
    if mode in ("ixx", "iyy"):
        at = (operand + (registers.x if mode == "ixx" else 0)) & 0xFF
        operand = low[at] | low[(at + 1) & 0xFF] << 8
    target = operand + {"x": registers.x, "y": registers.y}.get(mode[-1], 0) * (mode != "ixx")
    if mode in ("zpx", "zpy"):
        target &= 0xFF
    if mode in ("imp", "acc") or target & 0xFFFF != address:
        return False
    held = {"sta": registers.a, "stx": registers.x, "sty": registers.y}
    return held.get(name, value) == value
