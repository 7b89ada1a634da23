#!/usr/bin/env python3
"""Turn the tunes and effects of sound/*.txt into tables for the driver sound/sound.s.

python3 tools/music.py build --out build      sound.inc and music_data.s
python3 tools/music.py list                   tunes with their lengths, effects
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable
from pathlib import Path

from music_source import (
    CHANNELS,
    MAX_LENGTH,
    MAX_VIBRATO,
    NOTE_COUNT,
    Effect,
    Envelope,
    Event,
    Instrument,
    Sound,
    Tune,
    events,
    period,
    read_sound,
    volume_register,
)
from source import SourceError

HOME = Path(__file__).resolve().parent.parent
GENERATED = "; Made by tools/music.py from the tunes in sound/. Change those, not this file.\n"

# Codes of a stream, as in sound/sound.s.
CODE_REST = 0x70
CODE_HOLD = 0x71
CODE_INSTRUMENT = 0x72
CODE_CALL = 0x73
CODE_RETURN = 0x74
CODE_JUMP = 0x75
CODE_END = 0x76
CODE_LENGTH = 0x80


def byte_lines(values: Iterable[int]) -> str:
    """``.byte`` lines of sixteen values; negative values become their two's complement."""
    items = [f"${value & 0xFF:02X}" for value in values]
    rows = (items[i : i + 16] for i in range(0, len(items), 16))
    return "".join(f"    .byte {','.join(row)}\n" for row in rows)


def used_patterns(tune: Tune) -> dict[tuple[str, str], None]:
    """Every (channel, pattern) that the tune plays, in order."""
    used: dict[tuple[str, str], None] = {}
    for channel, order in tune.order.items():
        for name in order.split()[0]:
            if name not in tune.patterns:
                allowed = ", ".join(tune.patterns)
                raise order.place.error(
                    f"{name!r} is no pattern of {tune.name}; allowed: {allowed}"
                )
            used[channel, name] = None
    for name, pattern in tune.patterns.items():
        if name not in {played for _, played in used}:
            raise pattern.place.error(f"pattern {name} is never played by {tune.name}")
    return used


def tune_steps(sound: Sound, tune: Tune) -> tuple[int, int | None]:
    """Steps before the loop and in the loop (``None``: the tune ends).

    Raises:
        SourceError: a channel is missing or the channels are not equally long.
    """
    result: dict[str, tuple[int, int | None]] = {}
    for channel in CHANNELS:
        if channel not in tune.order:
            raise tune.place.error(f"tune {tune.name} lacks {channel}")
    used_patterns(tune)
    for channel, order in tune.order.items():
        names, loop = order.split()
        sizes = [
            sum(e.steps for e in events(sound, tune, tune.patterns[n], channel)) for n in names
        ]
        start = len(sizes) if loop is None else loop
        result[channel] = (sum(sizes[:start]), None if loop is None else sum(sizes[start:]))
    if len(set(result.values())) > 1:
        parts = ", ".join(f"{c} {intro}+{loop or 0}" for c, (intro, loop) in result.items())
        raise tune.place.error(
            f"the channels of {tune.name} are not equally long (steps before the loop + in it): "
            f"{parts}"
        )
    return result["pulse1"]


def stream(items: list[Event], tune: Tune, numbers: dict[str, int]) -> list[int]:
    """Code one pattern: lengths and instruments are written where they change."""
    data: list[int] = []
    length, instrument = 0, ""
    for event in items:
        frames = event.steps * tune.speed
        code = {"r": CODE_REST, "-": CODE_HOLD}.get(event.kind, event.note)
        if event.kind == "note" and event.instrument != instrument:
            instrument = event.instrument
            data += [CODE_INSTRUMENT, numbers[instrument]]
        while frames:
            part = min(frames, MAX_LENGTH)
            if part != length:
                length = part
                data.append(CODE_LENGTH | part)
            data.append(code)
            frames -= part
            code = CODE_HOLD if code != CODE_REST else CODE_REST
    return [*data, CODE_RETURN]


def envelope_bytes(inst: Instrument) -> list[int]:
    """Register values, then 0 (hold) or the number of places to go back."""
    values = [volume_register(inst.kind, v, inst.duty) for v in inst.volume.values]
    return [*values, inst.volume.back]


def arp_bytes(arp: Envelope) -> list[int]:
    """Semitones, then the mark $80 and the number of places to go back."""
    return [*arp.values, 0x80, arp.back or 1]


def vibrato_rows() -> list[int]:
    """Sixteen steps of one swing for each depth; never negative, so that no borrow is needed."""
    return [
        round(depth * (1 + math.sin(step * math.pi / 8)))
        for depth in range(1, MAX_VIBRATO + 1)
        for step in range(16)
    ]


def instrument_tables(sound: Sound) -> str:
    """Envelopes and the tables that point into them; 256 bytes each at most."""
    env, arp = [0], [0]
    env_at, arp_at = [], []
    for inst in sound.instruments.values():
        env_at.append(_place_in(env, envelope_bytes(inst)))
        arp_at.append(_place_in(arp, arp_bytes(inst.arp)) if inst.arp else 0)
        for what, table in (("volume", env), ("arp", arp)):
            if len(table) > 256:
                raise inst.place.error(
                    f"the {what} tables are {len(table)} bytes long; allowed: 256"
                )
    instruments = sound.instruments.values()
    lines = ["inst_env:\n", byte_lines(env_at), "inst_arp:\n", byte_lines(arp_at)]
    lines += ["inst_delay:\n", byte_lines(-1 - i.delay for i in instruments)]
    lines += ["inst_depth:\n", byte_lines(16 * i.depth for i in instruments)]
    lines += ["env_data:\n", byte_lines(env), "arp_data:\n", byte_lines(arp)]
    lines += ["vib_data = * - 16  ; depth 0 has no row\n", byte_lines(vibrato_rows())]
    return "".join(lines)


def _place_in(table: list[int], values: list[int]) -> int:
    """Index of ``values`` in the table; they are appended where they are new."""
    for start in range(1, len(table) - len(values) + 1):
        if table[start : start + len(values)] == values:
            return start
    table += values
    return len(table) - len(values)


def note_tables() -> str:
    """Timer values; the fourth register also gets a length that never matters ($08)."""
    periods = [period(note) for note in range(NOTE_COUNT + 16)]
    low = byte_lines(p & 0xFF for p in periods)
    return f"note_lo:\n{low}note_hi:\n{byte_lines(p >> 8 | 0x08 for p in periods)}"


def tune_data(sound: Sound, tune: Tune) -> str:
    """The header with four addresses, the channels' calls, the patterns."""
    tune_steps(sound, tune)
    numbers = {name: index for index, name in enumerate(sound.instruments)}
    label = f"tune_{tune.name}"
    channels = ",".join(f"{label}_{channel}" for channel in CHANNELS)
    lines = [f"{label}:\n    .addr {channels}\n"]
    for channel, order in tune.order.items():
        names, loop = order.split()
        lines.append(f"{label}_{channel}:\n")
        for index, name in enumerate(names):
            if index == loop:
                lines.append(f"{label}_{channel}_loop:\n")
            lines.append(f"    .byte ${CODE_CALL:02X}\n    .addr {label}_{channel}_{name}\n")
        if loop is None:
            lines.append(f"    .byte ${CODE_END:02X}\n")
        else:
            lines.append(f"    .byte ${CODE_JUMP:02X}\n    .addr {label}_{channel}_loop\n")
    for channel, name in used_patterns(tune):
        items = events(sound, tune, tune.patterns[name], channel)
        lines.append(f"{label}_{channel}_{name}:\n")
        lines.append(byte_lines(stream(items, tune, numbers)))
    return "".join(lines)


def effect_data(effect: Effect) -> str:
    """Priority, then (channel, address) pairs and $FF, then the frames of each channel."""
    if not any(effect.frames.values()):
        raise effect.place.error(f"sfx {effect.name} has no frames")
    label = f"sfx_{effect.name}"
    lines = [f"{label}:\n    .byte {effect.priority}\n"]
    for channel in effect.frames:
        index = CHANNELS.index(channel) * 2
        lines.append(f"    .byte {index}\n    .addr {label}_{channel}\n")
    lines.append("    .byte $FF\n")
    for channel, frames in effect.frames.items():
        data = [value for frame in frames for value in frame]
        lines.append(f"{label}_{channel}:\n{byte_lines([*data, 0])}")
    return "".join(lines)


def data_file(sound: Sound) -> str:
    """Everything the driver reads, in segment RODATA."""
    exports = "tune_lo, tune_hi, sfx_lo, sfx_hi, note_lo, note_hi, inst_env, inst_arp, "
    exports += "inst_delay, inst_depth, env_data, arp_data, vib_data"
    lines = [GENERATED, f".export {exports}\n", '.segment "RODATA"\n']
    for kind, names in (("tune", list(sound.tunes)), ("sfx", list(sound.effects))):
        for part, operator in (("lo", "<"), ("hi", ">")):
            lines.append(f"{kind}_{part}:\n")
            lines += [f"    .byte {operator}{kind}_{name}\n" for name in names]
    lines += [note_tables(), instrument_tables(sound)]
    lines += [tune_data(sound, tune) for tune in sound.tunes.values()]
    lines += [effect_data(effect) for effect in sound.effects.values()]
    return "".join(lines)


def include_file(sound: Sound) -> str:
    """The constants MUSIC_ and SFX_."""
    lines = [GENERATED]
    lines += [f"MUSIC_{name} = {index}\n" for index, name in enumerate(sound.tunes)]
    lines += [f"SFX_{name} = {index}\n" for index, name in enumerate(sound.effects)]
    return "".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code (1: a tune has a mistake)."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("build", "list"))
    parser.add_argument("--source", type=Path, default=HOME / "sound", help="folder of tunes")
    parser.add_argument("--out", type=Path, default=HOME / "build", help="folder for the results")
    args = parser.parse_args(argv)
    try:
        sound = read_sound(args.source)
        data = data_file(sound)
        lengths = {name: tune_steps(sound, tune) for name, tune in sound.tunes.items()}
    except SourceError as exc:
        print(f"music: {exc}", file=sys.stderr)
        return 1
    if args.command == "build":
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "sound.inc").write_text(include_file(sound), encoding="ascii")
        (args.out / "music_data.s").write_text(data, encoding="ascii")
        return 0
    for name, (intro, loop) in lengths.items():
        tune = sound.tunes[name]
        seconds = [(steps or 0) * tune.speed / 60.1 for steps in (intro, loop)]
        bars = [(steps or 0) / tune.bar for steps in (intro, loop)]
        print(
            f"{name:12} {bars[0]:4.0f} bars ({seconds[0]:5.1f} s) once, "
            f"{bars[1]:4.0f} bars ({seconds[1]:5.1f} s) repeat"
        )
    for name, effect in sound.effects.items():
        frames = max(map(len, effect.frames.values()))
        print(f"{name:12} {frames:4} frames on {', '.join(effect.frames)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
