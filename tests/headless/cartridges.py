"""Cartridges of all boards that FCEUX knows, in the three file formats: iNES, NES 2.0 and UNIF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_RANGES = (
    *((0, 19), (21, 38), (40, 53), (57, 62), (64, 80), (82, 83), (85, 97), (99, 99), (101, 101)),
    *((103, 103), (105, 108), (111, 121), (123, 123), (125, 125), (132, 134), (136, 157)),
    *((159, 160), (162, 168), (170, 173), (175, 178), (180, 181), (183, 222), (225, 235)),
    *((238, 238), (240, 246), (249, 250), (252, 261), (268, 268), (342, 342), (354, 354)),
    *((406, 406), (470, 470), (547, 547)),
)
MAPPERS = tuple(number for first, last in _RANGES for number in range(first, last + 1))
"""The mapper numbers of FCEUX 2.6.5. Those above 255 need NES 2.0."""

_UNIF_NAMES = """
    11160 12-IN-1 13in1JY110 190in1 22211 3D-BLOCK 411120-C 42in1ResetSwitch 43272 603-5052
    64in1NoRepeat 70in1 70in1B 810544-C-A1 8157 8237 8237A 830118C A65AS AC08 ANROM AX5705 BB BS-5
    CC-21 CITYFIGHT 10-24-C-A1 CNROM CPROM D1038 DANCE DANCE2000 DREAMTECH01 EDU2000 EKROM ELROM
    ETROM EWROM FK23C FK23CA FS304 G-146 GK-192 GS-2004 GS-2013 Ghostbusters63in1 H2288 HKROM KOF97
    KONAMI-QTAI KS7010 KS7012 KS7013B KS7016 KS7017 KS7030 KS7031 KS7032 KS7037 KS7057 LE05 LH10
    LH32 LH53 MALISB MARIO1-MALEE2 MHROM N625092 NROM NROM-128 NROM-256 NTBROM NTD-03
    NovelDiamond9999999in1 OneBus PEC-586 RET-CUFROM RROM RROM-128 SA-002 SA-0036 SA-0037 SA-009
    SA-016-1M SA-72007 SA-72008 SA-9602B SA-NROM SAROM SBROM SC-127 SCROM SEROM SGROM SHERO SKROM
    SL12 SL1632 SL1ROM SLROM SMB2J SNROM SOROM SSS-NROM-256 SUNSOFT_UNROM Sachen-74LS374N
    Sachen-74LS374NA Sachen-8259A Sachen-8259B Sachen-8259C Sachen-8259D Super24in1SC03 SuperHIK8in1
    Supervision16in1 T-227-1 T-230 T-262 TBROM TC-U01-1.5M TEK90 TEROM TF1201 TFROM TGROM TKROM
    TKSROM TLROM TLSROM TQROM TR1ROM TSROM TVROM Transformer UNROM UNROM-512-8 UNROM-512-16
    UNROM-512-32 UOROM VRC7 YOKO SB-2000 COOLBOY 158B DRAGONFIGHTER EH8813A HP898F F-15 RT-01
    81-01-31-C 8-IN-1 80013-B HPxx MINDKIDS FNS BS-400R BS-4040R COOLGIRL
"""
UNIF_BOARDS = tuple(_UNIF_NAMES.split())
"""The names of UNIF boards of FCEUX 2.6.5, without their prefixes."""

# RAM at $6000 and pattern RAM of NES 2.0, where not 8 KiB and none; n stands for 64 << n bytes.
# COOLGIRL has both, whatever else is on it; with less FCEUX saves what lies behind them.
_RAM = {342: (9, 12)}

INES, NES2, UNIF = "ines", "nes2", "unif"


@dataclass(frozen=True)
class Cartridge:
    """A file format, a board, and a television system.

    Attributes:
        form: `ines`, `nes2` or `unif`.
        board: mapper number, or UNIF's name of the board.
        pal: whether it is for PAL. iNES files do not tell; the emulator must be told.
        submapper: of NES 2.0.
    """

    form: str
    board: int | str
    pal: bool = False
    submapper: int = 0

    def __str__(self) -> str:
        variant = f".{self.submapper}" if self.submapper else ""
        return f"{self.form}:{self.board}{variant}{'-pal' if self.pal else ''}"

    @property
    def file_name(self) -> str:
        """A name for its ROM file."""
        name = str(self).replace(":", "-")
        return f"{name}.{'unf' if self.form == UNIF else 'nes'}"

    def pack(self, program: bytes, patterns: bytes, vertical: bool) -> bytes:
        """A ROM file.

        Args:
            program: PRG-ROM, a multiple of 16 KiB.
            patterns: CHR-ROM, a multiple of 8 KiB.
            vertical: the mirroring of nametables, where the board does not decide.
        """
        if self.form == UNIF:
            chunks = [
                (b"MAPR", f"UNL-{self.board}".encode() + b"\0"),
                (b"TVCI", bytes([self.pal])),
                (b"MIRR", bytes([vertical])),
                (b"PRG0", program),
                (b"CHR0", patterns),
            ]
            body = b"".join(name + len(data).to_bytes(4, "little") + data for name, data in chunks)
            return b"UNIF" + (7).to_bytes(4, "little") + bytes(24) + body
        number = int(self.board)
        flags = [number << 4 & 0xF0 | vertical, number & 0xF0]
        rest = bytes(8)
        if self.form == NES2:
            flags[1] |= 0x08
            ram, pattern_ram = _RAM.get(number, (7, 0))
            variant = self.submapper << 4 | number >> 8
            rest = bytes([variant, 0, ram, pattern_ram, self.pal, 0, 0, 1])
        sizes = [len(program) // 0x4000, len(patterns) // 0x2000]
        return b"NES\x1a" + bytes(sizes + flags) + rest + program + patterns


def all_cartridges(pal: bool) -> Iterator[Cartridge]:
    """Every mapper number in each format that can name it, and every UNIF board."""
    for number in MAPPERS:
        if number < 256:
            yield Cartridge(INES, number, pal)
        yield Cartridge(NES2, number, pal)
    for name in UNIF_BOARDS:
        yield Cartridge(UNIF, name, pal)


_TABLE = "FCEUX reads beyond a table when a program writes more than 7 to $5007"
_UNDEFINED: dict[int | str, str] = {
    215: _TABLE,
    "8237": _TABLE,
    "8237A": _TABLE,
    218: "FCEUX takes what lies behind the nametables in its memory for pattern memory",
    "Transformer": "FCEUX takes what lies behind SDL's table of keys in its memory for keys",
    "RT-01": "FCEUX lets the board answer with random numbers, other ones at each start",
}


def why_undefined(cartridge: Cartridge) -> str:
    """Why FCEUX need not behave on a board as another build of it, or at another start, does.

    Empty for all boards but a few.
    """
    return _UNDEFINED.get(cartridge.board, "")


def named(name: str) -> Cartridge:
    """The cartridge of a name such as `ines:4`, `nes2:256.1-pal` or `unif:SL12`.

    Raises:
        ValueError: there is no such cartridge.
    """
    form, _, board = name.removesuffix("-pal").partition(":")
    pal = name.endswith("-pal")
    if form == UNIF and board in UNIF_BOARDS:
        return Cartridge(form, board, pal)
    number, _, submapper = board.partition(".")
    if form in (INES, NES2) and number.isdigit() and int(number) in MAPPERS:
        return Cartridge(form, int(number), pal, int(submapper or 0))
    raise ValueError(f"{name!r} is no cartridge; examples are ines:4, nes2:256-pal and unif:SL12")
