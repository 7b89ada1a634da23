"""Where episodes begin: the start of play, a stage, a savestate."""

from __future__ import annotations

import base64
import os
import re
import warnings
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.history import NO_INPUTS, Past
from copain_gym.bridge.savestate import SAVESTATE_MAGIC, pack_state, unpack_state
from copain_gym.emulator import Emulator, SaveState
from copain_gym.errors import StartError, StateError
from copain_gym.files import is_name
from copain_gym.games.game import Game
from copain_gym.games.retro.states import convert_state
from copain_gym.paths import expand_user
from copain_gym.tas.states import GameState, find_state, list_states, read_state_file

__all__ = [
    "StartBook",
    "StateLike",
    "check_state",
    "play_start",
    "read_image",
    "state_uri",
]

StateLike: TypeAlias = "str | bytes | os.PathLike[str] | GameState"
"""Where an episode begins: `start`, `stage2`, `stage2/checkpoint3`, the name of a saved state, its
file, its bytes, or these as a `data:` URI."""

_STAGE = re.compile(r"stage(\d+)(?:/checkpoint(\d+))?")
_URI = "data:;base64,"


def read_image(emulator: Emulator, game: Game) -> npt.NDArray[np.uint8]:
    """The RAM, followed by the game's further memory, as `Game.decode` takes them."""
    if not game.memory:
        return emulator.ram
    parts = [emulator.memory[a : a + length] for a, length in game.memory]
    return np.concatenate((emulator.ram, *parts))


def state_uri(state: bytes | bytearray | memoryview | GameState) -> str:
    """A state as a `data:` URI (RFC 2397), which `state=` also accepts."""
    data = state.to_bytes() if isinstance(state, GameState) else bytes(state)
    return _URI + base64.b64encode(data).decode()


def _uri_bytes(uri: str) -> bytes:
    try:
        return base64.b64decode(uri[len(_URI) :], validate=True)
    except ValueError as error:
        raise ValueError(f"state is {uri[:40]!r}…, which is not base64: {error}") from None


def check_state(game: Game, state: StateLike) -> StateLike:
    """Check where an episode should begin, as far as possible without an emulator.

    Raises:
        ValueError: there is no such state; the error lists what is allowed.
        TypeError: the state has a type that is not allowed.
    """
    if isinstance(state, (bytes, bytearray, memoryview, GameState)):
        return state
    if not isinstance(state, (str, os.PathLike)):
        raise TypeError(f"state is {state!r}; allowed are a name, a path, bytes or a GameState")
    if isinstance(state, str):
        if state.startswith(_URI):
            _uri_bytes(state)
            return state
        if state == "start" or find_state(game.name, state) or _retro_state(game, state):
            return state
        match = _STAGE.fullmatch(state)
        if match and game.stage_start:
            _stage(game, match)
            return state
    if expand_user(state).is_file():
        return state
    raise ValueError(f"state is {os.fspath(state)!r}; allowed are {_allowed(game)}")


def _allowed(game: Game) -> str:
    kinds = ["start"]
    if game.stage_start:
        stages, checkpoints = game.stage_start.stages, game.stage_start.checkpoints
        kinds.append(
            f"stage1 to stage{stages}, each also with /checkpoint1 to /checkpoint{checkpoints}"
        )
    names = [name for _, name, _ in list_states(game.name)]
    if game.folder:
        names += sorted(f.stem for f in Path(game.folder).glob("*.state"))
    kinds += names or []
    return "; ".join((*kinds, "the file of a state; the bytes of a state"))


def _retro_state(game: Game, name: str) -> Path | None:
    """The file of a stable-retro savestate in the integration's folder; None if there is none."""
    if not game.folder or not is_name(name, title=True):
        return None
    file = Path(game.folder) / f"{name.removesuffix('.state')}.state"
    return file if file.is_file() else None


def _stage(game: Game, match: re.Match[str]) -> tuple[int, int]:
    rule = game.stage_start
    assert rule is not None
    stage, checkpoint = int(match[1]), int(match[2] or 1)
    if not (1 <= stage <= rule.stages and 1 <= checkpoint <= rule.checkpoints):
        raise ValueError(f"state is {match[0]!r}; allowed are {_allowed(game)}")
    return stage - 1, checkpoint - 1


class StartBook:
    """The starts of one emulator: savestates, each of which is made once and kept.

    Args:
        emulator: the emulator.
        game: its game.
        players: number of players.
    """

    def __init__(self, emulator: Emulator, game: Game, players: int = 1) -> None:
        self._emulator = emulator
        self._players = players
        self._game = game
        self._starts: dict[object, SaveState] = {}

    def get(self, state: StateLike, past: Past | None = None) -> SaveState:
        """The savestate of the start that `state` names, with the inputs that lead to it.

        Args:
            state: where to begin.
            past: the inputs that lead to it, for bytes that do not hold them.

        Raises:
            ValueError: there is no such state.
            StateError: the state is damaged, or it belongs to another ROM.
            StartError: the game did not begin to play.
        """
        key = state if isinstance(state, (str, bytes)) else id(state)
        if isinstance(state, os.PathLike):
            key = os.fspath(state)
        if key not in self._starts:
            start = self._make(check_state(self._game, state))
            start.past = past or start.past
            self._starts[key] = self._emulator.state_with_picture(start)
        return self._starts[key]

    def _make(self, state: StateLike) -> SaveState:
        if isinstance(state, GameState):
            return self._known(state)
        if isinstance(state, (bytes, bytearray, memoryview)):
            return self._from_bytes(bytes(state))
        if isinstance(state, str):
            if state == "start":
                return self._default()
            if state.startswith(_URI):
                return self._from_bytes(_uri_bytes(state))
            match = _STAGE.fullmatch(state)
            if match and self._game.stage_start:
                return self._played(_stage(self._game, match))
            named = find_state(self._game.name, state)
            if named:
                return self._known(named)
            retro = _retro_state(self._game, state)
            if retro:
                return self._converted(retro)
        return self._from_file(expand_user(state))

    def _default(self) -> SaveState:
        retro = _retro_state(self._game, self._game.default_state)
        if retro is None:
            return self._played(None)
        try:
            return self._converted(retro)
        except StateError as error:
            warnings.warn(
                f"{error}. Instead, START is pressed every 2 seconds from power-on until "
                f"{self._game.title} begins to play; pass state= to begin elsewhere",
                UserWarning,
                stacklevel=2,
            )
            return self._played(None)

    def _converted(self, file: Path) -> SaveState:
        """The start of a stable-retro savestate; the inputs that lead to it are not known."""
        md5, template = unpack_state(self._emulator.save_state().to_bytes())
        what = f"state {file.name} of {file.parent}"
        data = convert_state(read_state_file(file), template, what)
        start = self._emulator.import_state(pack_state(data, md5))
        start.past = Past(unknown=f"{NO_INPUTS}: {what}")
        return start

    def _played(self, stage: tuple[int, int] | None) -> SaveState:
        play_start(self._emulator, self._game, stage, self._players)
        return self._emulator.save_state()

    def _known(self, state: GameState) -> SaveState:
        start = self._emulator.import_state(state.state)
        start.past = Past.from_log(state.inputs)
        return start

    def _from_bytes(self, data: bytes) -> SaveState:
        if data[: len(SAVESTATE_MAGIC)] == SAVESTATE_MAGIC:
            return self._emulator.import_state(data)
        return self._known(GameState.from_bytes(data))

    def _from_file(self, file: Path) -> SaveState:
        data = read_state_file(file)
        try:
            return self._from_bytes(data)
        except StateError as error:
            raise StateError(f"state {file}: {error}") from None


def play_start(
    emulator: Emulator,
    game: Game,
    stage: tuple[int, int] | None = None,
    players: int = 1,
) -> None:
    """Play from power-on to the first frame of play, by the rules of `game.start`.

    Args:
        emulator: the emulator.
        game: its game.
        stage: stage and checkpoint to begin at, both from 0; None means the beginning of the game.
        players: number of players.

    Raises:
        StartError: play did not begin within `game.start_frames`.
    """
    held = 0  # frames; the emulator's own count may be anything where it is on another machine

    def hold(buttons: str | int, frames: int) -> npt.NDArray[np.uint8]:
        nonlocal held
        held += frames
        return emulator.step(buttons, frames)

    emulator.poweron()
    playing = game.predicates.get("playing")
    rule_of_stage = game.stage_start if stage else None
    written = stage is None
    while emulator.frame_count < game.start_frames and held < game.start_frames:
        hold(0, 1)
        values = game.decode(read_image(emulator, game))
        if rule_of_stage and stage and rule_of_stage.when(values):
            for address, byte in zip(
                (rule_of_stage.stage, rule_of_stage.checkpoint), stage, strict=True
            ):
                emulator.memory[address] = byte
            written = True
        begun = emulator.frame_count > game.start_wait and written
        if playing and begun and playing(values):
            return
        for rule in game.start:
            if rule.players in (0, players) and rule.when(values):
                hold(rule.buttons, rule.hold)
                hold(0, rule.release)
                break
    if playing:
        raise StartError(
            f"{game.title} did not begin to play within {game.start_frames} frames of power-on; "
            f"is {emulator.rom.path} the right ROM of {emulator.peer}?"
        )
