"""`find_writes`: the instructions that write, and their text."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from copain_gym import Emulator
from copain_gym.errors import RamSearchError
from copain_gym.ram import find_writes
from copain_gym.ram.instructions import LENGTHS, disassemble
from copain_gym.roms.rom import read_rom
from copain_gym.tas.movie import Movie
from copain_gym.tas.replay import Replay, play_in_emulator

COMPLETE = Path(__file__).parents[1] / "hirondelle/complete.fm2"
NROM = Path(__file__).parents[1] / "envs/roms/nrom.cfg"

SOURCE = """
.segment "HEADER"
    .byte "NES", $1A, 1, 1, 0, 0
    .res 8, 0
.segment "CODE"
reset:
    ldx #$FF
    txs
    ldx #5
    ldy #3
    lda #$40
    sta $20
    lda #$3D
    sta $22
    lda #0
    sta $21
    sta $23
    lda #7
first: sta $40
second: sta a:$003B,x
third: sta $3D,y
fourth: sta a:$0040
fifth: sta ($22),y
sixth: sta ($1B,x)
    lda #$11
seventh: inc a:$0040
eighth: dec $40
ninth: stx $3D,y
tenth: asl a:$003B,x
eleventh: sta $0840
    lda #$5A
pushed: pha
called: jsr away
    lda #$80
    sta $2000
forever: jmp forever
away: rts
nmi: rti
.segment "VECTORS"
    .word nmi, reset, nmi
.segment "CHARS"
    .res 8192, 0
"""


@pytest.fixture(scope="module")
def rom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ROM that writes to 0x40 in many ways."""
    folder = tmp_path_factory.mktemp("writes")
    (folder / "writes.s").write_text(SOURCE)
    subprocess.run(["ca65", "writes.s", "-g"], cwd=folder, check=True)
    link = ["ld65", "-C", NROM, "writes.o", "-o", "writes.nes", "-Ln", "labels.txt"]
    subprocess.run(link, cwd=folder, check=True)
    return folder / "writes.nes"


def labels(rom: Path) -> dict[str, int]:
    lines = rom.with_name("labels.txt").read_text().splitlines()
    return {name[1:]: int(address, 16) for _, address, name in map(str.split, lines)}


@pytest.mark.parametrize("engine", ["headless", "fceux"])
def test_each_way_to_write(rom: Path, engine: str) -> None:
    with Emulator(rom, engine=engine) as emulator:
        found = find_writes(emulator, 0x40, frames=20)
    place = {address: name for name, address in labels(rom).items()}
    assert {place[w.pc]: (w.text, w.times, w.least, w.most) for w in found} == {
        "first": ("sta $40", 1, 7, 7),
        "second": ("sta $003b,x", 1, 7, 7),
        "third": ("sta $003d,y", 1, 7, 7),
        "fourth": ("sta $0040", 1, 7, 7),
        "fifth": ("sta ($22),y", 1, 7, 7),
        "sixth": ("sta ($1b,x)", 1, 7, 7),
        "seventh": ("inc $0040", 1, 8, 8),  # the processor writes 7 before
        "eighth": ("dec $40", 1, 7, 7),
        "ninth": ("stx $3d,y", 1, 5, 5),
        "tenth": ("asl $003b,x", 1, 10, 10),
        "eleventh": ("sta $0840", 1, 0x11, 0x11),
    }
    assert {write.addresses for write in found} == {(0x40,)}


@pytest.mark.parametrize("engine", ["headless", "fceux"])
def test_the_stack(rom: Path, engine: str) -> None:
    with Emulator(rom, engine=engine) as emulator:
        found = find_writes(emulator, 0x1FC, 4, frames=20)
    place = {address: name for name, address in labels(rom).items()}
    by_name = {place.get(write.pc, write.text): write for write in found}
    assert by_name["pushed"].text == "pha"
    assert by_name["pushed"].addresses == (0x1FF,)
    assert by_name["called"].text == f"jsr ${labels(rom)['away']:04x}"
    assert by_name["called"].addresses == (0x1FD, 0x1FE)
    interrupt = next(write for write in found if write.text == "interrupt")
    assert interrupt.addresses == (0x1FC, 0x1FD, 0x1FE)
    assert interrupt.code == b""


def test_it_is_what_changes_the_ram() -> None:
    """Each change of a byte is in a frame of a write, and both engines list the same writes."""
    movie, rom = Movie.read(COMPLETE), read_rom()
    lists = []
    for engine in ("headless", "fceux"):
        with play_in_emulator(movie, rom, engine) as emulator:
            lists.append(find_writes(emulator, 0x20, frames=400))
    assert lists[0] == lists[1]
    with Replay(movie, rom, "headless") as replay:
        lives = [frame.ram[0x20] for frame, _ in zip(replay, range(400), strict=False)]
    changed = [k + 1 for k in range(1, 400) if lives[k] != lives[k - 1]]
    writes = [write for write in lists[0] if write.most]
    assert [write.first for write in writes] == changed
    assert [(write.text, write.most) for write in writes] == [("sta $20", 3)]


def test_some_frames_before_do_not_matter() -> None:
    movie, rom = Movie.read(COMPLETE), read_rom()
    with play_in_emulator(movie, rom) as emulator:
        emulator.step(frames=200)
        (write,) = find_writes(emulator, 0x20, frames=100)
        assert emulator.frame_count == 300
    assert write.first == 281


def test_what_is_refused() -> None:
    with Emulator() as emulator:
        for address, size in ((0x7FF, 2), (0x2000, 1), (-1, 1), (0x8000, 1)):
            with pytest.raises(RamSearchError, match="0x0 to 0x7ff"):
                find_writes(emulator, address, size, frames=1)
        with pytest.raises(RamSearchError, match="size is 65; allowed are 1 to 64"):
            find_writes(emulator, 0, 65, frames=1)


def test_every_instruction_reads_as_in_cc65s_disassembler(tmp_path: Path) -> None:
    code, ours = b"", {}
    for opcode in range(256):
        # Branches go to the next instruction, because da65 divides one that is branched into.
        operand = 0 if opcode & 0x1F == 0x10 else 0x34
        instruction = bytes([opcode, operand, 0x12])[: LENGTHS[opcode]]
        ours[0x8000 + len(code)] = disassemble(instruction, 0x8000 + len(code))
        code += instruction
    (tmp_path / "code.bin").write_bytes(code)
    words = ["da65", "--cpu", "6502X", "-S", "0x8000", "--comments", "3", "code.bin"]
    done = subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, text=True)
    theirs = {}
    for line in done.stdout.splitlines():
        match = re.fullmatch(r"(?:L\w+:)?\s+(.*?)\s*; ([0-9A-F]{4})\b.*", line)
        if match:
            text = re.sub(r"\bL(?=[0-9A-F]{4})", "$", match[1]).lower()
            theirs[int(match[2], 16)] = " ".join(text.split())
    assert ours == theirs
