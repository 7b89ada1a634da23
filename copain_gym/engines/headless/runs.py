"""One run of one engine for `copain engine check`: plays a plan, returns a trace."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from copain_gym.errors import CopainError

__all__ = ["Plan", "Run", "RunError", "make_plan"]

_SCRIPT = Path(__file__).with_name("check.lua")
_SLOWEST_FPS = 60  # frames/s that the time-out assumes
_RESET, _POWER, _SAVE, _LOAD, _EXCHANGE = range(1, 6)


class RunError(CopainError):
    """An engine did not reach the end of the plan.

    Attributes:
        run: the name of the run that failed.
        why: how the run ended, in a few words.
    """

    def __init__(self, message: str, run: str = "", why: str = "") -> None:
        super().__init__(message)
        self.run = run
        self.why = why


@dataclass(frozen=True)
class Plan:
    """Inputs and events: three bytes per frame, for the buttons of both pads and the event."""

    data: bytes

    @property
    def frames(self) -> int:
        """The number of frames."""
        return len(self.data) // 3


def make_plan(
    frames: int, seed: int, *, reloads: int = 0, exchanges: int = 0, resets: int = 1500
) -> Plan:
    """Make a random plan.

    Half of it is scripted like a player's input: start is pressed, then directions are held and
    buttons pressed in a steady rhythm. The other half is random buttons on both pads.

    Args:
        frames: length of the plan.
        seed: random seed for the random half and for the events.
        reloads: average number of frames between saves or loads of a state; 0 disables them.
        exchanges: average number of frames between exchanges of a state with the other engine; 0
            disables them.
        resets: average number of frames between resets or power cycles. The first comes after a
            fifth of that or later. 0 disables them.
    """
    rng = random.Random(seed)
    data = bytearray()
    saved = False
    buttons = [0, 0]
    for frame in range(frames):
        event = 0
        if reloads and rng.random() < 1 / reloads:
            event = _LOAD if saved and rng.random() < 0.6 else _SAVE
            saved = True
        elif exchanges and frame and rng.random() < 1 / exchanges:
            event = _EXCHANGE
        elif resets and frame > resets / 5 and rng.random() < 1 / resets:
            event = rng.choice((_RESET, _POWER))
        if (frame // 600) % 2 == 0:
            buttons = [_scripted(frame), _scripted(frame + 37)]
        elif rng.random() < 0.2:
            buttons = [rng.randrange(256), rng.randrange(256)]
        data += bytes([*buttons, event])
    return Plan(bytes(data))


def _scripted(frame: int) -> int:
    if frame % 600 < 90:
        return 0x08 if frame % 30 < 4 else 0  # start
    held = (0x80, 0x80, 0x10, 0x80, 0x20, 0x40)[(frame // 50) % 6]
    return held | (0x01 if frame % 14 < 7 else 0) | (0x02 if frame % 5 < 2 else 0)


@dataclass
class Run:
    """How to run an engine.

    Attributes:
        name: name in messages.
        executable: the engine.
        headless: whether it is the headless engine.
        options: further command-line options.
        draw: which frames are drawn: `all`, `some` or `none` (headless only).
        hooks: whether memory callbacks are registered.
        export: folder to write exchanged states to.
        import_: folder to read exchanged states from.
        states: whether the trace has a hash of the whole state for each frame (headless only).
        picture_every: the trace has a hash of the picture after each multiple of this number of
            frames; 0: a few.
    """

    name: str
    executable: Path
    headless: bool
    options: Sequence[str] = ()
    draw: str = "all"
    hooks: bool = False
    export: Path | None = None
    import_: Path | None = None
    states: bool = False
    picture_every: int = 0

    def play(
        self, rom: Path, plan: Plan, checkpoints: Sequence[int] = ()
    ) -> tuple[list[str], list[bytes]]:
        """Play the plan.

        Args:
            rom: the ROM file.
            plan: inputs and events.
            checkpoints: frames, counted from 1, after which the machine's state is saved.

        Returns:
            A line of hashes for each frame, and the savestates.

        Raises:
            RunError: the engine failed or took too long.
        """
        with tempfile.TemporaryDirectory(prefix="copain-check-") as name:
            folder = Path(name)
            dumps = folder / "dumps"
            dumps.mkdir()
            frames = {"COPAIN_CHECK_DUMP_FRAMES": ",".join(map(str, checkpoints))}
            lines = self._play(rom, plan, folder, COPAIN_CHECK_DUMPS=str(dumps), **frames)
            return lines, [(dumps / str(frame)).read_bytes() for frame in checkpoints]

    def _command(self, rom: Path) -> list[str]:
        if self.headless:
            return [
                str(self.executable),
                *self.options,
                *("--rom", str(rom), "--lua", str(_SCRIPT)),
            ]
        fixed = ["--videoDriver", "1", "--sound", "0", "--no-config", "1"]
        return [str(self.executable), *fixed, *self.options, "--loadlua", str(_SCRIPT), str(rom)]

    def _play(self, rom: Path, plan: Plan, folder: Path, **variables: str) -> list[str]:
        (folder / "plan").write_bytes(plan.data)
        trace = folder / "trace"
        given = {
            "PLAN": str(folder / "plan"),
            "TRACE": str(trace),
            "DRAW": self.draw,
            "HOOKS": "1" if self.hooks else "",
            "STATES": "1" if self.states else "",
            "PICTURE_EVERY": str(self.picture_every or ""),
            "EXPORT": str(self.export or ""),
            "IMPORT": str(self.import_ or ""),
        }
        environment = dict(
            os.environ,
            HOME=str(folder),
            TMPDIR=str(folder),
            XDG_RUNTIME_DIR=str(folder),
            SDL_AUDIODRIVER="dummy",
            SDL_VIDEODRIVER="dummy",
            QT_QPA_PLATFORM="offscreen",
            **{f"COPAIN_CHECK_{key}": value for key, value in given.items() if value},
            **variables,
        )
        command = self._command(rom)
        try:
            done = subprocess.run(
                command,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=60 + plan.frames / _SLOWEST_FPS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            message = f"{self.name} did not end: {' '.join(command)}"
            raise RunError(message, self.name, "does not end") from None
        lines = trace.read_text().splitlines() if trace.exists() else []
        if lines[-1:] != ["end"]:
            tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
            why = (
                f"stopped after {len(lines)} of {plan.frames} frames with "
                f"{_ending(done.returncode)}"
            )
            raise RunError(f"{self.name} {why}: {' '.join(command)}\n{tail}", self.name, why)
        return lines[:-1]


def _ending(status: int) -> str:
    """An exit status in words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
