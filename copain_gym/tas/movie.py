"""`Movie`: the inputs of a speedrun, as FCEUX's movies (FM2) hold them.

Nothing here needs an emulator. FCEUX's `movie.cpp` is the source of what is said of the format.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.errors import FileError, MovieError
from copain_gym.files import read_file, write_file
from copain_gym.paths import expand_user
from copain_gym.roms.rom import Rom
from copain_gym.tas.inputs import Hold, InputLog
from copain_gym.tas.movie_edit import Difference, Editing
from copain_gym.tas.movie_facts import RECORDED, RamInit, Subtitle
from copain_gym.tas.movie_header import (
    COMMANDS,
    DEVICES,
    EXPANSIONS,
    PADS,
    Header,
    HeaderLine,
    check_header,
    text_of_bytes,
)
from copain_gym.tas.movie_reader import read_fm2
from copain_gym.tas.movie_records import (
    ZAPPER,
    Records,
    format_binary,
    format_text,
)
from copain_gym.tas.movie_statistics import Statistics, count

__all__ = ["COMMANDS", "Difference", "Movie", "RamInit", "Statistics", "Subtitle"]

EMU_VERSION = 20605
"""`emuVersion` of new movies: FCEUX 2.6.5."""

LARGEST_MOVIE = 128 << 20
"""The largest file, in bytes: more than 25 hours of two pads as text."""


class Movie(Editing):
    r"""A movie: its inputs, frame by frame, and its header.

    `Movie.read` reads a file, `Movie.new` makes a movie, `write` writes one. The arrays may be
    changed in place. `movie[10:20]`, `insert`, `delete` and others make movies of other lengths.

    Args:
        header: the header.
        records: the inputs.
        tail: bytes after the inputs, as the projects of FCEUX's TAS editor have them.

    Raises:
        MovieError: the header has a value that is not allowed.

    Examples:
        >>> import numpy as np
        >>> movie = Movie.new(np.array([[0x81, 0], [0, 0]], np.uint8), author="me")
        >>> movie.frames, movie.ports, movie.region
        (2, ('pad', 'pad'), 'NTSC')
        >>> movie.to_bytes().splitlines()[-2:]
        [b'|0|R......A|........||', b'|0|........|........||']
    """

    def __init__(self, header: Header, records: Records, tail: bytes = b"") -> None:
        super().__init__(header, Records(*records), tail)
        check_header(header)
        _check_shapes(self._records, len(self.ports))

    # ---- reading and writing ------------------------------------------------

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Movie:
        """Read an FM2 movie from a file.

        Raises:
            MovieError: the file cannot be read, or it is no movie, or one of its lines is
                malformed. The message names the file, the line and the key.

        Warns:
            MovieWarning: something is not as FCEUX writes it, or the file is cut off.
        """
        try:
            data = read_file(expand_user(path), LARGEST_MOVIE)
        except FileError as error:
            raise MovieError(f"the movie {path} cannot be read: {error}") from error
        return cls.from_bytes(data, str(path))

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "the movie") -> Movie:
        """Read an FM2 movie from bytes.

        Args:
            data: the whole file.
            name: name of the file, for messages.

        Raises:
            MovieError: see `read`.

        Warns:
            MovieWarning: see `read`.
        """
        return cls(*read_fm2(data, name))

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the movie to a file, completely or not at all; return its path.

        Raises:
            MovieError: see `to_bytes`.
            FileError: the file cannot be written.
        """
        return write_file(path, self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the content of an FM2 file: text, or binary if `binary` is set.

        What FCEUX wrote comes out byte for byte.

        Raises:
            MovieError: an array holds inputs for which FM2 has no place, or the header has a
                value that is not allowed.
        """
        check_header(self._header)
        _check_shapes(self._records, len(self.ports))
        for port, device in enumerate(self.ports):
            if device not in RECORDED and self.inputs[:, port].any():
                raise MovieError(
                    f"port {port} is {device!r}; FM2 movies have no place for its inputs"
                )
        lines = [str(line).encode("utf-8", "surrogateescape") for line in self._header.lines]
        head = b"".join(line + b"\n" for line in lines)
        if not self.binary:
            return head + format_text(self._records, self.ports) + self.tail
        return head + b"|" + format_binary(self._records, self.ports) + self.tail

    @classmethod
    def new(
        cls,
        inputs: npt.ArrayLike,
        rom: Rom | None = None,
        *,
        commands: npt.ArrayLike | None = None,
        zappers: npt.NDArray[Any] | None = None,
        ports: Sequence[str] | None = None,
        expansion: str = "none",
        rom_name: str = "",
        rom_md5: str | None = None,
        region: str | None = None,
        rerecords: int = 0,
        author: str | Iterable[str] = (),
        comments: Iterable[str] = (),
        subtitles: Iterable[tuple[int, str]] = (),
        new_ppu: bool = False,
        ram_init: tuple[int, int] = (0, 0),
        fds: bool = False,
        microphone: bool = False,
        state: bytes | None = None,
        saveram: bytes | None = None,
        binary: bool = False,
        guid: str | None = None,
    ) -> Movie:
        """Make a movie.

        Args:
            inputs: (frames, ports) integers, mask of the held buttons of each port. One, two or,
                for a Four Score, four ports; a port that is left out has no device.
            rom: the ROM; it gives `rom_name`, `rom_md5`, `fds` and, if none is named, `region`.
            commands: (frames,) integers, bit set of `COMMANDS`; None for none.
            zappers: (frames, ports) of `ZAPPER`; None if there is no zapper.
            ports: names of the devices; None for pads. Four pads are a Four Score.
            expansion: name of the device of the expansion port.
            rom_name: name of the ROM file, without its suffix.
            rom_md5: MD5 of the ROM as `Rom.md5`, in hexadecimal.
            region: `NTSC` or `PAL`; None leaves it to the ROM, else it is `NTSC`.
            rerecords: number of savestates that were loaded.
            author: name of the author, or names.
            comments: further comments.
            subtitles: frames and texts.
            new_ppu: whether FCEUX's new PPU draws the picture.
            ram_init: option and seed, see `RamInit`.
            fds: whether it is a game of the Famicom Disk System.
            microphone: whether the second pad has a microphone.
            state: a savestate of FCEUX at which the movie begins; None for power-on.
            saveram: save RAM at power-on, as FCEUX writes it; None for an empty one.
            binary: whether `to_bytes` writes binary records.
            guid: 32 hexadecimal digits with hyphens, as `uuid.uuid4()`; None for a new one.

        Raises:
            MovieError: a value is not allowed.
            ValueError: an array has another shape, or a number in it is out of range.
        """
        held = _bytes_array("inputs", inputs, 2)
        frames, columns = held.shape
        if ports is None:
            ports = ("pad",) * columns
        numbers = _port_numbers(ports)
        if rom is not None:
            from copain_gym.roms.store import rom_region  # needs the tables of games

            rom_name = rom_name or rom.path.stem
            rom_md5 = rom_md5 or rom.md5
            fds = fds or rom.kind == "FDS"
            region = region or rom_region(rom)
        header = Header([HeaderLine("version", "3")])
        values = {
            "emuVersion": EMU_VERSION,
            "rerecordCount": rerecords,
            "palFlag": 0,
            "romFilename": rom_name,
            "romChecksum": text_of_bytes(bytes(16)),
            "guid": str(uuid.uuid4() if guid is None else guid).upper(),
            "fourscore": int(len(ports) == PADS),
            "microphone": int(microphone),
            "port0": numbers[0],
            "port1": numbers[1],
            "port2": _number_of(expansion, EXPANSIONS, "the expansion port"),
            "FDS": int(fds),
            "NewPPU": int(new_ppu),
            "RAMInitOption": ram_init[0],
            "RAMInitSeed": ram_init[1],
        }
        for key, value in values.items():
            header[key] = str(value)
        records = Records.empty(frames, max(2, len(ports)))
        records.inputs[:, :columns] = held
        if commands is not None:
            records.commands[:] = _bytes_array("commands", commands, 1)
        if zappers is not None:
            records.zappers[:, : np.shape(zappers)[1]] = zappers
        movie = cls(header, records)
        movie.region = region or "NTSC"
        movie.rerecords = rerecords
        movie.rom_md5 = rom_md5
        movie.authors = (author,) if isinstance(author, str) else tuple(author)
        movie.comments = tuple(comments)
        movie.subtitles = tuple(Subtitle(*subtitle) for subtitle in subtitles)
        movie.state = state
        movie.saveram = saveram
        movie.binary = binary
        return movie

    # ---- inputs ----------------------------------------------------------------

    @property
    def frames(self) -> int:
        """Number of frames, lag frames included."""
        return len(self._records.commands)

    @property
    def inputs(self) -> npt.NDArray[np.uint8]:
        """Held buttons, (frames, ports) uint8.

        For a pad, a mask as in `copain_gym.buttons.Button`: A is bit 0, right is bit 7. For a
        zapper, 1 is the trigger and 2 is a shot away from the screen. Always 0 for other devices.
        """
        return self._records.inputs

    @property
    def commands(self) -> npt.NDArray[np.uint8]:
        """What the player did to the console before each frame, (frames,) uint8: see `COMMANDS`."""
        return self._records.commands

    @property
    def zappers(self) -> npt.NDArray[Any]:
        """What zappers point at, (frames, ports) of the structure `ZAPPER`.

        Its fields are `x` and `y` in pixels, `bogo` (frames until the trigger is up again) and
        `hit` (when the sensor last saw light, in cycles). All zero for other devices.
        """
        return self._records.zappers

    @property
    def records(self) -> Records:
        """`commands`, `inputs` and `zappers` together."""
        return self._records

    # ---- from and to the inputs of an emulator -----------------------------------

    @classmethod
    def from_log(cls, log: InputLog, rom: Rom | None = None, **facts: Any) -> Movie:
        """Make a movie of the inputs that an emulator has had since power-on.

        Args:
            log: the inputs.
            rom: the ROM.
            facts: further arguments of `new`.

        Raises:
            MovieError: a movie cannot hold the inputs; the message says why.
        """
        why = log.impurity()
        if why is not None:
            raise MovieError(f"a movie cannot hold these inputs: {why}")
        holds = [entry for entry in log if isinstance(entry, Hold)]
        pads = 2 if all(len(hold.pads) <= 2 for hold in holds) else PADS
        table = np.zeros((len(holds), pads), np.uint8)
        for row, hold in zip(table, holds, strict=True):
            row[: len(hold.pads)] = hold.pads
        inputs = table.repeat([hold.frames for hold in holds], axis=0)
        commands = np.zeros(len(inputs), np.uint8)
        commands[log.reset_frames()] = COMMANDS["reset"]
        return cls.new(inputs, rom, **{"commands": commands, "rerecords": log.rerecords, **facts})

    def to_log(self) -> InputLog:
        """Return the inputs of a movie that begins at power-on.

        The log has the inputs of pads only. The region, the PPU and how RAM is filled are up to
        the emulator in which it is replayed.

        Raises:
            MovieError: the movie has something for which a log has no place: another start than
                power-on, commands other than a reset, or other devices.
        """
        if self.start != "power-on":
            key = "savestate" if self.start == "savestate" else "saveram"
            raise self._header.error(key, "cannot be in a log; the movie must begin at power-on")
        for port, device in enumerate(self.ports):
            if device not in ("pad", "none", "unset"):
                raise self._header.error(f"port{port}", f"is {device!r}; a log has pads only")
        resets = self.commands == COMMANDS["reset"]
        others = (self.commands != 0) & ~resets
        if others.any():
            frame = int(others.nonzero()[0][0])
            bits = self.commands[frame]
            names = ", ".join(name for name, bit in COMMANDS.items() if bits & bit) or str(bits)
            raise MovieError(
                f"{self._header.name}: frame {frame} has the command {names}; a log has only reset"
            )
        log = InputLog(rerecords=max(0, self.rerecords))
        changes = (self.inputs[1:] != self.inputs[:-1]).any(axis=1) | resets[1:]
        bounds = [0, *(changes.nonzero()[0] + 1).tolist(), self.frames]
        for start, end in pairwise(bounds if self.frames else ()):
            if resets[start]:
                log.reset()
            log.hold(self.inputs[start].tolist(), end - start)
        return log

    def statistics(self, lag_frames: int | None = None) -> Statistics:
        """Count frames, presses and commands.

        Args:
            lag_frames: number of frames in which the game did not read its inputs. Only a replay
                tells it.
        """
        return count(self._records, self, lag_frames)

    # ---- as an object ------------------------------------------------------------

    def copy(self) -> Movie:
        """Return a copy; changes of one do not change the other."""
        records = Records(*(array.copy() for array in self._records))
        return Movie(self._header.copy(), records, self.tail)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Movie)
            and self._header == other._header
            and self.tail == other.tail
            and all(map(np.array_equal, self._records, other._records))
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        ports = "+".join(self.ports)
        return f"<Movie {self.rom_name!r} of {self.frames} frames, {ports}, from {self.start}>"


# ---- checks --------------------------------------------------------------


def _check_shapes(records: Records, ports: int) -> None:
    frames = len(records.commands)
    wanted = {"commands": (frames,), "inputs": (frames, ports), "zappers": (frames, ports)}
    for name, array in zip(records._fields, records, strict=True):
        kind = ZAPPER if name == "zappers" else np.dtype(np.uint8)
        if array.shape != wanted[name] or array.dtype != kind:
            raise ValueError(
                f"{name} has the shape {array.shape} and the dtype {array.dtype}; it needs "
                f"{wanted[name]} and {kind}"
            )


def _bytes_array(name: str, values: npt.ArrayLike, dimensions: int) -> npt.NDArray[np.uint8]:
    array = np.asarray(values)
    if array.size and (array.min() < 0 or array.max() > 255):
        raise ValueError(f"{name} has numbers outside of 0 to 255")
    if array.ndim != dimensions:
        raise ValueError(f"{name} has the shape {array.shape}; it needs {dimensions} dimensions")
    return array.astype(np.uint8)


def _port_numbers(ports: Sequence[str]) -> tuple[int, int]:
    if len(ports) == PADS and set(ports) == {"pad"}:
        return 1, 1
    if len(ports) not in (1, 2):
        raise MovieError(f"ports are {tuple(ports)}; allowed are one, two, or four pads")
    first, second, *_ = (*ports, "none")
    return _number_of(first, DEVICES, "port 0"), _number_of(second, DEVICES, "port 1")


def _number_of(name: str, names: Any, what: str) -> int:
    for number, known in names.items():
        if known == name:
            return int(number)
    raise MovieError(f"{what} is {name!r}; known devices are {', '.join(names.values())}")
