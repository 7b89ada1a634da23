"""Read the tunes, instruments and effects of sound/*.txt (format: sound/README.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from source import Place, SourceError, number

CHANNELS = ("pulse1", "pulse2", "triangle", "noise")
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
LOWEST_PULSE = 24  # C2 in semitones above C0; the same period is C1 on the triangle
NOTE_COUNT = 72  # C2 to B7 on a pulse
NOISE_BASE = NOTE_COUNT  # note numbers of the 16 noise periods
MAX_LENGTH = 127  # frames of one note in a stream
MAX_VIBRATO = 4


@dataclass
class Envelope:
    """A value a frame; at the end it holds the last one (``back`` 0) or goes back."""

    values: list[int]
    back: int = 0


@dataclass
class Instrument:
    """How a note sounds: loudness, tone colour, arpeggio and vibrato."""

    name: str
    kind: str
    place: Place
    duty: int = 2
    volume: Envelope = field(default_factory=lambda: Envelope([15]))
    arp: Envelope | None = None
    delay: int = 0
    depth: int = 0
    pitch: int = 0


@dataclass
class Event:
    """A note (its number in the driver's table), rest or hold of some steps."""

    kind: str
    steps: int
    note: int
    instrument: str
    place: Place


@dataclass
class Pattern:
    """Events of some bars, written once and played wherever a channel names it."""

    name: str
    words: list[tuple[str, Place]]
    place: Place


@dataclass
class Order:
    """The patterns that a channel plays, with the word ``loop`` before those that repeat."""

    words: list[str]
    place: Place

    def split(self) -> tuple[list[str], int | None]:
        """The patterns' names, and the index of the first that repeats (``None``: none does)."""
        loop = self.words.index("loop") if "loop" in self.words else None
        names = [word for word in self.words if word != "loop"]
        if not names or len(self.words) - len(names) > 1 or loop == len(names):
            raise self.place.error("write: CHANNEL PATTERN PATTERN ... [loop PATTERN ...]")
        return names, loop


@dataclass
class Tune:
    """Four channels and the patterns that they play."""

    name: str
    place: Place
    speed: int = 6
    bar: int = 16
    patterns: dict[str, Pattern] = field(default_factory=dict)
    order: dict[str, Order] = field(default_factory=dict)


@dataclass
class Effect:
    """Frames of register values for one or more channels."""

    name: str
    place: Place
    priority: int = 1
    frames: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)


@dataclass
class Sound:
    """Everything that the files of sound/ hold."""

    instruments: dict[str, Instrument] = field(default_factory=dict)
    tunes: dict[str, Tune] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)


def pitch(word: str, channel: str, place: Place) -> int:
    """Number of a note such as ``C4``, ``F#5`` or ``Bb3`` in the driver's table."""
    match = re.fullmatch(r"([A-G])([#b]?)([0-8])", word)
    if not match:
        raise place.error(f"{word!r} is no note; write one such as C4, F#5 or Bb3")
    letter, sign, octave = match.groups()
    value = SEMITONES[letter] + {"": 0, "#": 1, "b": -1}[sign] + 12 * int(octave)
    value -= LOWEST_PULSE - (12 if channel == "triangle" else 0)
    if not 0 <= value < NOTE_COUNT:
        allowed = "C1 to B6" if channel == "triangle" else "C2 to B7"
        raise place.error(f"{word} is outside the range of {channel}; allowed: {allowed}")
    return value


def period(note: int) -> int:
    """Timer value of a note number (NTSC, 1789773 Hz; tuned to A4 = 440 Hz)."""
    if note >= NOISE_BASE:
        return note - NOISE_BASE
    frequency = 440.0 * 2 ** ((note + LOWEST_PULSE - 57) / 12)
    return round(1789773 / (16 * frequency)) - 1


def read_sound(folder: Path) -> Sound:
    """Read all ``*.txt`` files of a folder in the order of their names.

    Raises:
        SourceError: a line is not valid; the message names file, line and what is allowed.
    """
    sound = Sound()
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise SourceError(f"{folder}: no *.txt files with tunes")
    for path in paths:
        _Reader(sound).read(path)
    return sound


class _Reader:
    """Reads one file; remembers the block that indented lines belong to."""

    def __init__(self, sound: Sound) -> None:
        self.sound = sound
        self.block: Instrument | Tune | Effect | None = None
        self.pattern: Pattern | None = None
        self.channel = ""

    def read(self, path: Path) -> None:
        for line_number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            place = Place(path, line_number)
            words = re.sub(r"(^|\s);.*", "", raw).split()
            if not words:
                continue
            if not raw[0].isspace():
                self.begin(words, place)
            elif isinstance(self.block, Instrument):
                self.instrument(self.block, words, place)
            elif isinstance(self.block, Tune):
                self.tune(self.block, words, place)
            elif isinstance(self.block, Effect):
                self.effect(self.block, words, place)
            else:
                raise place.error(f"{words[0]!r} stands outside a block")

    def begin(self, words: list[str], place: Place) -> None:
        kinds = ("pulse", "bass", "drum", "tune", "sfx")
        if words[0] not in kinds or len(words) != 2:
            raise place.error(f"{' '.join(words)!r}; allowed: {', '.join(kinds)} and a name")
        kind, name = words
        self.pattern, self.channel = None, ""
        taken: dict[str, object] = {
            "tune": dict(self.sound.tunes),
            "sfx": dict(self.sound.effects),
        }.get(kind, dict(self.sound.instruments))  # type: ignore[assignment]
        if name in taken:
            raise place.error(f"{kind} {name} is written twice")
        if kind == "tune":
            self.block = self.sound.tunes[name] = Tune(name, place)
        elif kind == "sfx":
            self.block = self.sound.effects[name] = Effect(name, place)
        else:
            self.block = self.sound.instruments[name] = Instrument(name, kind, place)

    def instrument(self, block: Instrument, words: list[str], place: Place) -> None:
        verb, rest = words[0], words[1:]
        if verb == "duty" and block.kind == "pulse" and len(rest) == 1:
            block.duty = number(rest[0], 0, 3, "duty", place)
        elif verb == "volume" and rest:
            high = 1 if block.kind == "bass" else 15
            block.volume = _envelope(rest, 0, high, "volume", place)
        elif verb == "arp" and rest:
            block.arp = _envelope(rest, -36, 36, "arp", place)
        elif verb == "vibrato" and len(rest) == 4 and rest[::2] == ["delay", "depth"]:
            block.delay = number(rest[1], 0, 100, "delay", place)
            block.depth = number(rest[3], 1, MAX_VIBRATO, "depth", place)
        elif verb == "pitch" and block.kind == "drum" and len(rest) == 1:
            block.pitch = number(rest[0], 0, 15, "pitch", place)
        else:
            raise place.error(
                f"{' '.join(words)!r} does not fit a {block.kind}; allowed: duty 0-3 (pulse), "
                "volume V V ..., arp N N ..., vibrato delay N depth N, pitch 0-15 (drum)"
            )

    def tune(self, block: Tune, words: list[str], place: Place) -> None:
        verb, rest = words[0], words[1:]
        if verb in ("speed", "bar") and len(rest) == 1:
            setattr(block, verb, number(rest[0], 1, 64, verb, place))
        elif verb == "pattern" and len(rest) == 1:
            if rest[0] in block.patterns:
                raise place.error(f"pattern {rest[0]} is written twice")
            self.pattern = block.patterns[rest[0]] = Pattern(rest[0], [], place)
        elif verb in CHANNELS:
            if verb in block.order:
                raise place.error(f"{verb} is written twice")
            block.order[verb] = Order(rest, place)
            self.channel = verb
        elif self.pattern is not None:
            self.pattern.words += [(word, place) for word in words]
        elif self.channel:
            block.order[self.channel].words += words
        else:
            allowed = ", ".join((*CHANNELS, "speed", "bar", "pattern"))
            raise place.error(f"{verb!r} is not allowed here; allowed: {allowed}")

    def effect(self, block: Effect, words: list[str], place: Place) -> None:
        if words[0] == "priority" and len(words) == 2:
            block.priority = number(words[1], 1, 15, "priority", place)
        elif words[0] in CHANNELS and len(words) == 1:
            self.channel = words[0]
            block.frames.setdefault(self.channel, [])
        elif not self.channel:
            raise place.error(f"{words[0]!r}; allowed: priority N, {', '.join(CHANNELS)}")
        else:
            block.frames[self.channel] += _effect_frames(self.channel, words, place)


def _envelope(words: list[str], low: int, high: int, what: str, place: Place) -> Envelope:
    """``15 12 9`` holds the 9; ``15 loop 12 9`` repeats the last two; ``8*3`` is 8 8 8."""
    if words[-1] == "loop" or words.count("loop") > 1:
        raise place.error(f"{what}: 'loop' stands once, before the values that repeat")
    values: list[int] = []
    start = None
    for word in words:
        if word == "loop":
            start = len(values)
            continue
        value, _, times = word.partition("*")
        repeat = number(times or "1", 1, 64, f"{what} repeat", place)
        values += [number(value, low, high, what, place)] * repeat
    back = len(values) - start if start is not None else 0
    if back > 15:
        raise place.error(f"{what}: {back} values repeat; allowed: 15")
    return Envelope(values, back)


def _effect_frames(channel: str, words: list[str], place: Place) -> list[tuple[int, int, int]]:
    """``FRAMES PITCH[>PITCH] VOLUME[>VOLUME] [DUTY]``: ``A>B`` glides from A to B."""
    if len(words) not in (3, 4):
        raise place.error("write: FRAMES PITCH[>PITCH] VOLUME[>VOLUME] [DUTY]")
    frames = number(words[0], 1, 120, "frames", place)
    duty = number(words[3], 0, 3, "duty", place) if len(words) == 4 else 2
    start, _, end = words[1].partition(">")
    if channel == "noise":
        periods = [number(p, 0, 15, "noise pitch", place) for p in (start, end or start)]
    else:
        periods = [period(pitch(p, channel, place)) for p in (start, end or start)]
    start, _, end = words[2].partition(">")
    volumes = [number(v, 0, 15, "volume", place) for v in (start, end or start)]
    result = []
    for frame in range(frames):
        part = frame / max(1, frames - 1)
        value = round(periods[0] + (periods[1] - periods[0]) * part)
        volume = round(volumes[0] + (volumes[1] - volumes[0]) * part)
        first = volume_register(channel, volume, duty)
        result.append((first, value & 0xFF, value >> 8 | 0x08))
    return result


def volume_register(channel: str, volume: int, duty: int) -> int:
    """Value of a channel's first register for a volume 0-15."""
    if channel in ("triangle", "bass"):
        return 0xFF if volume else 0x80
    if channel in ("noise", "drum"):
        return 0x30 | volume
    return duty << 6 | 0x30 | volume


def events(sound: Sound, tune: Tune, pattern: Pattern, channel: str) -> list[Event]:
    """The events of a pattern as a channel plays it.

    A word is a note ``E5``, a drum's name, ``r`` (rest) or ``-`` (hold), each with ``:STEPS`` or
    the length of the word before; ``@name`` takes an instrument; ``|`` ends a bar.

    Raises:
        SourceError: a word means nothing here, or a bar has too many or too few steps.
    """
    result: list[Event] = []
    instrument, steps, filled = "", 0, 0
    kind = {"triangle": "bass", "noise": "drum"}.get(channel, "pulse")
    known = {name for name, inst in sound.instruments.items() if inst.kind == kind}
    for word, place in pattern.words:
        if word == "|":
            if filled != tune.bar:
                raise place.error(f"the bar has {filled} steps; allowed: {tune.bar}")
            filled = 0
            continue
        if word.startswith("@"):
            if word[1:] not in known:
                raise place.error(f"{word!r}; allowed: @ and one of {', '.join(sorted(known))}")
            instrument = word[1:]
            continue
        name, _, length = word.partition(":")
        steps = number(length, 1, 64, "length", place) if length else steps
        if not steps:
            raise place.error(f"{word!r} has no length; write {word}:4")
        filled += steps
        if name in ("r", "-"):
            result.append(Event(name, steps, 0, instrument, place))
        elif channel == "noise":
            if name not in known:
                allowed = ", ".join(sorted(known))
                raise place.error(f"{name!r} is no drum; allowed: r, -, {allowed}")
            note = NOISE_BASE + sound.instruments[name].pitch
            result.append(Event("note", steps, note, name, place))
        elif not instrument:
            raise place.error(f"{word!r} has no instrument; begin the pattern with @name")
        else:
            result.append(Event("note", steps, pitch(name, channel, place), instrument, place))
    if filled:
        raise pattern.place.error(f"pattern {pattern.name} ends within a bar; end it with |")
    return result
