"""The converters of Hirondelle's drawings and tunes: what they make, and the mistakes they name."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

GAME = Path(__file__).parents[2] / "homebrew" / "hirondelle"

# The tools are scripts that import each other from their own folder.
sys.path.insert(0, str(GAME / "tools"))

import gfx  # noqa: E402
import music  # noqa: E402
from gfx_source import Art, read_art  # noqa: E402
from gfx_tiles import Layout, chr_bytes, lay_out  # noqa: E402
from music_source import CHANNELS, Sound, period, pitch, read_sound  # noqa: E402
from source import Place, SourceError  # noqa: E402

ENEMIES = [
    "GRIVE",
    "ALOUETTE",
    "CRABE",
    "FAUCON",
    "GUEPE",
    "MEDUSE",
    "MOUCHERON",
    "CORBEAU",
    "PIE",
    "EPERVIER",
    "NID_FLOOR",
    "NID_CEIL",
    "TOURELLE_FLOOR",
    "TOURELLE_CEIL",
]
PALETTES = ("title", "stage1", "stage2", "stage3", "ending")


@pytest.fixture(scope="module")
def art() -> Art:
    return read_art(GAME / "gfx")


@pytest.fixture(scope="module")
def layout(art: Art) -> Layout:
    return lay_out(art)


@pytest.fixture(scope="module")
def sound() -> Sound:
    return read_sound(GAME / "sound")


def sprites_per_line(layout: Layout, name: str) -> int:
    """The largest number of hardware sprites that a metasprite puts on one line."""
    tops = [cell.dy for cell in layout.metasprites[name]]
    return max(sum(top <= line < top + 16 for top in tops) for line in range(-64, 64))


# --- drawings


def test_pattern_memory_is_8_kib(layout: Layout) -> None:
    data = chr_bytes(layout)
    assert len(data) == 8192
    assert data[:16] == bytes(16), "tile 0 is blank"
    a = layout.tile_numbers["A"]
    assert any(data[a * 16 : a * 16 + 16])


def test_pixels_become_bit_planes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("tiles T\n" + "    .123.123\n" * 8)
    data = chr_bytes(lay_out(read_art(tmp_path)))
    assert data[16:32] == bytes([0b01010101] * 8 + [0b00110011] * 8)


def test_letters_and_digits_are_consecutive(layout: Layout) -> None:
    numbers = layout.tile_numbers
    assert [numbers[c] - numbers["A"] for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"] == list(range(26))
    assert [numbers[c] - numbers["0"] for c in "0123456789"] == list(range(10))


def test_every_stage_has_the_same_terrain(layout: Layout) -> None:
    sets = [
        {name[3:] for name in layout.tile_numbers if name.startswith(f"S{stage}_")}
        for stage in (1, 2, 3)
    ]
    assert sets[0] == sets[1] == sets[2]
    assert {"FILL0", "FLOOR0", "CEIL0", "FLOOR_UP", "CEIL_DOWN", "BREAK", "SEA0"} <= sets[0]


def test_every_metasprite_tile_exists(layout: Layout) -> None:
    assert layout.metasprites
    for name, cells in layout.metasprites.items():
        assert cells, name
        for cell in cells:
            assert cell.tile & 1, "sprites use the table at $1000"
            assert cell.tile >> 1 < len(layout.sprite_cells), name
            assert -128 <= cell.dx <= 127
            assert -128 <= cell.dy <= 127


@pytest.mark.parametrize("enemy", ENEMIES)
def test_enemies_have_frames_of_two_sprites_a_line(layout: Layout, enemy: str) -> None:
    frames = [name for name in layout.metasprites if name.rstrip("0123456789") == enemy]
    assert len(frames) >= 2
    assert max(sprites_per_line(layout, name) for name in frames) <= 2


def test_no_single_object_needs_more_than_four_sprites_a_line(layout: Layout) -> None:
    for name in layout.metasprites:
        assert sprites_per_line(layout, name) <= (5 if name.startswith("BOSS") else 4), name


@pytest.mark.parametrize("boss", ["BOSS1", "BOSS2", "BOSS3"])
def test_boss_and_core_together_leave_room_for_the_ship(
    art: Art, layout: Layout, boss: str
) -> None:
    dy = art.constants[f"{boss}_CORE_DY"]
    body = [cell.dy for cell in layout.metasprites[boss]]
    core = [cell.dy + dy for cell in layout.metasprites["CORE_OPEN"]]
    most = max(sum(top <= line < top + 16 for top in body + core) for line in range(-64, 64))
    assert most + sprites_per_line(layout, "SHIP_LEVEL") <= 8


def test_sprite_palettes_are_the_same_everywhere(art: Art) -> None:
    assert set(art.palettes) == set(PALETTES)
    assert len({art.palettes[name].colours[16:][1:4] for name in PALETTES}) == 1
    assert all(len(palette.colours) == 32 for palette in art.palettes.values())


def test_mirror_images_are_stored_once(tmp_path: Path) -> None:
    rows = "".join(f"    {'1' * (y + 1):.<8}\n" for y in range(8))
    (tmp_path / "a.txt").write_text(
        f"sprite A\n    mirror below\n{rows}copy B of A flip h\n    palette 2\n"
    )
    layout = lay_out(read_art(tmp_path))
    assert len(layout.sprite_cells) == 1
    assert [cell.attributes for cell in layout.metasprites["B"]] == [0x42]


def test_shifted_columns_cover_the_same_pixels(tmp_path: Path) -> None:
    rows = "".join(f"    {'12' if y % 3 else '31'}.....{1 + y % 2}\n" for y in range(32))
    places = []
    for option in ("", "    columns 8\n"):
        (tmp_path / "a.txt").write_text(f"sprite A\n{option}{rows}")
        layout = lay_out(read_art(tmp_path))
        places.append(
            {
                (cell.dx + x, cell.dy + y): pixel
                for cell in layout.metasprites["A"]
                for y, row in enumerate(layout.sprite_cells[cell.tile >> 1])
                for x, pixel in enumerate(row)
                if pixel and not cell.attributes & 0xC0
            }
        )
    assert places[0] == places[1]


def test_screens_fill_a_nametable(layout: Layout) -> None:
    assert set(layout.screens) == {"title", "ending"}
    for screen in layout.screens.values():
        assert (screen.width, screen.height) == (32, 30)
        assert (len(screen.tiles), len(screen.attributes)) == (960, 64)


def test_screen_palettes_become_attributes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("screen s\n    palette 2 2 0 2 2\n    palette 1 0 2 4 2\n")
    attributes = lay_out(read_art(tmp_path)).screens["s"].attributes
    assert attributes[0] == 2 << 2 | 1 << 4 | 1 << 6
    assert attributes[1:] == [0] * 63


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("tiles T\n    ..x.....\n" + "    ........\n" * 7, 2, "pixel 3 is 'x'; allowed: . 1 2 3"),
        ("tiles T\n" + "    ........\n" * 7, 1, "multiple of 8x8"),
        ("tiles T\n    ........\n    .......\n", 3, "row is 7 pixels wide, the first row is 8"),
        ("tiles A B C\n" + "    ........ ........\n" * 8, 1, "2 tiles drawn but 3 names"),
        ("shape A\n", 1, "allowed: tiles, picture, sprite"),
        ("    ........\n", 1, "stands outside a block"),
        ("sprite A\n    palette 4\n" + "    ........\n" * 16, 2, "allowed: 0 to 3"),
        ("sprite A\n" + "    ........\n" * 8, 1, "multiple of 8x16"),
        ("sprite a\n" + "    ........\n" * 16, 1, "'a' is no name; allowed: A-Z"),
        ("copy B of A flip v\n", 1, "sprite A is not drawn above"),
        ("screen s\n    fill ROCK 0 0 1 1\n", 2, "'ROCK' is no tile"),
        ("screen s\n    text 30 0 WORDS\n", 2, "width is '5'; allowed: 1 to 2"),
        ("screen s\n    palette 1 1 0 2 2\n", 2, "must be even"),
        ("palettes p\n    bg0 0F 01 02 4F\n", 2, "colour is '4F'; allowed: 00 to 3F"),
        ("palettes p\n    bg0 0F 01 02 03\n", 1, "lacks bg1"),
    ],
)
def test_mistakes_in_drawings_name_file_and_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    (tmp_path / "bad.txt").write_text(text)
    with pytest.raises(SourceError) as caught:
        lay_out(read_art(tmp_path))
    assert str(caught.value).startswith(f"bad.txt:{line}: ")
    assert words in str(caught.value)


def test_too_many_tiles_are_refused(tmp_path: Path) -> None:
    def tile(number: int) -> str:
        digits = "".join(".123"[number >> shift & 3] for shift in range(14, -2, -2))
        return f"    {digits}\n" + "    ........\n" * 7

    rows = (tile(number) for number in range(1, 257))
    (tmp_path / "a.txt").write_text("picture P\n" + "".join(rows))
    with pytest.raises(SourceError, match="257 background tiles are needed up to here; allowed"):
        lay_out(read_art(tmp_path))


def test_preview_writes_readable_png_files(tmp_path: Path) -> None:
    assert gfx.main(["preview", "--out", str(tmp_path)]) == 0
    title = (tmp_path / "preview-title.png").read_bytes()
    assert title[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", title[16:24])
    assert (width, height) == (256 * 3, 240 * 3)
    start = title.index(b"IDAT")
    size = struct.unpack(">I", title[start - 4 : start])[0]
    pixels = zlib.decompress(title[start + 4 : start + 4 + size])
    assert len(pixels) == height * (1 + width * 3)
    assert len(set(pixels)) > 8


# --- tunes


@pytest.mark.parametrize(
    ("note", "channel", "hertz"),
    [
        ("A4", "pulse1", 440.0),
        ("C2", "pulse2", 65.4),
        ("Bb3", "pulse1", 233.1),
        ("A2", "triangle", 110.0),
    ],
)
def test_notes_sound_at_their_pitch(note: str, channel: str, hertz: float) -> None:
    steps = 32 if channel == "triangle" else 16
    timer = period(pitch(note, channel, Place(Path("x"), 1)))
    assert 1789773 / (steps * (timer + 1)) == pytest.approx(hertz, rel=0.005)


def test_the_game_has_its_tunes_and_effects(sound: Sound) -> None:
    tunes = ["TITLE", "STAGE1", "STAGE2", "STAGE3", "BOSS", "ENDING", "GAME_OVER", "STAGE_CLEAR"]
    assert list(sound.tunes) == tunes
    effects = "SHOT LASER MISSILE HIT EXPLODE DIE CAPSULE POWERUP EXTRA_LIFE PAUSE BOSS_HIT"
    assert set(effects.split()) <= set(sound.effects)


@pytest.mark.parametrize("name", ["STAGE1", "STAGE2", "STAGE3"])
def test_stage_tunes_repeat_after_32_bars(sound: Sound, name: str) -> None:
    tune = sound.tunes[name]
    assert music.tune_steps(sound, tune)[1] == 32 * tune.bar


@pytest.mark.parametrize("name", ["GAME_OVER", "STAGE_CLEAR"])
def test_jingles_end(sound: Sound, name: str) -> None:
    assert music.tune_steps(sound, sound.tunes[name])[1] is None


TUNE = (
    "pulse p\n    volume 9\nbass b\n    volume 1\ndrum k\n    volume 9 0\n"
    "tune T\n    speed 6\n    bar 4\n    pulse1 loop a\n    pulse2 loop a\n"
    "    triangle loop c\n    noise loop d\n    pattern a\n        {pulse}\n"
    "    pattern c\n        @b C2:4 |\n    pattern d\n        {noise}\n"
)


@pytest.mark.parametrize(
    ("pulse", "noise", "line", "words"),
    [
        ("@p C5:3 |", "k:4 |", 15, "the bar has 3 steps; allowed: 4"),
        ("@p H5:4 |", "k:4 |", 15, "'H5' is no note; write one such as C4"),
        ("@p C1:4 |", "k:4 |", 15, "allowed: C2 to B7"),
        ("@q C5:4 |", "k:4 |", 15, "allowed: @ and one of p"),
        ("C5:4 |", "k:4 |", 15, "has no instrument"),
        ("@p C5 |", "k:4 |", 15, "has no length"),
        ("@p C5:4", "k:4 |", 14, "ends within a bar"),
        ("@p C5:4 |", "x:4 |", 19, "'x' is no drum; allowed: r, -, k"),
        ("@p C5:4 |", "k:4 | k |", 7, "not equally long"),
    ],
)
def test_mistakes_in_tunes_name_file_and_line(
    tmp_path: Path, pulse: str, noise: str, line: int, words: str
) -> None:
    (tmp_path / "bad.txt").write_text(TUNE.format(pulse=pulse, noise=noise))
    with pytest.raises(SourceError) as caught:
        music.data_file(read_sound(tmp_path))
    assert str(caught.value).startswith(f"bad.txt:{line}: ")
    assert words in str(caught.value)


def test_effects_glide(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("sfx S\n    priority 3\n    noise\n        3 2>6 15>5\n")
    frames = read_sound(tmp_path).effects["S"].frames["noise"]
    assert frames == [(0x3F, 2, 8), (0x3A, 4, 8), (0x35, 6, 8)]


def test_a_channel_never_asks_for_an_unknown_pattern(sound: Sound) -> None:
    for tune in sound.tunes.values():
        assert set(tune.order) == set(CHANNELS)
        assert {name for _, name in music.used_patterns(tune)} == set(tune.patterns)


@pytest.mark.parametrize(
    ("tool", "folder", "files"),
    [
        ("gfx.py", "gfx", ["gfx.inc", "gfx.s", "hirondelle.chr"]),
        ("music.py", "sound", ["music_data.s", "sound.inc"]),
    ],
)
def test_command_lines(tmp_path: Path, tool: str, folder: str, files: list[str]) -> None:
    command = [sys.executable, str(GAME / "tools" / tool), "build", "--out", str(tmp_path)]
    subprocess.run([*command, "--source", str(GAME / folder)], check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    bad = tmp_path / "source"
    bad.mkdir()
    (bad / "bad.txt").write_text("nonsense\n")
    failed = subprocess.run(
        [*command, "--source", str(bad)], capture_output=True, text=True, check=False
    )
    assert failed.returncode == 1
    assert "bad.txt:1: " in failed.stderr
