"""`Game`: what is known of one game, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from copain_gym.buttons import button_mask
from copain_gym.games.features import Features, Group
from copain_gym.games.variables import RAM_SIZE, Decoder, Values, Variable

__all__ = [
    "Change",
    "Game",
    "GameRom",
    "Predicate",
    "StageStart",
    "StartStep",
]

Predicate: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""Takes decoded variables, returns bool or a bool array (n,). Its docstring says what it means."""

Change: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
"""Takes the variables before and after a step; returns a number or an array (n,).

It must depend on nothing else: it may be called once, with symbols that note what it does with them
(see `rules`), and never again.
"""


@dataclass(frozen=True)
class GameRom:
    """A ROM that a game is known to run as, by the hashes of its content without header.

    Args:
        name: which release it is.
        sha1: SHA-1 of PRG and CHR, in hexadecimal.
        md5: MD5 of the same, empty where it is not known.
        crc32: CRC-32 of the same, empty where it is not known.
        size: bytes of PRG and CHR; 0 where it is not known.
        source: who found the hashes.
    """

    name: str
    sha1: str
    md5: str = ""
    crc32: str = ""
    size: int = 0
    source: str = ""


@dataclass(frozen=True)
class StartStep:
    """One rule of how to get from power-on to play.

    Args:
        when: holds in the situations that the rule is for.
        buttons: what to press then for `hold` frames; nothing is held in the next `release`.
        hold: frames.
        release: frames.
        players: with as many players only; 0 is any number.
    """

    when: Predicate
    buttons: str
    hold: int = 4
    release: int = 12
    players: int = 0


@dataclass(frozen=True)
class StageStart:
    """How to begin at another stage: bytes that are written into RAM before the stage begins.

    Args:
        when: holds in the frames in which the bytes must be written.
        stage: address of the stage's number, which counts from 0.
        checkpoint: address of the checkpoint's number, which counts from 0.
        stages: how many there are.
        checkpoints: how many each stage has.
        verified: whether it was tried on the ROM.
    """

    when: Predicate
    stage: int
    checkpoint: int
    stages: int
    checkpoints: int
    verified: bool = False


@dataclass(frozen=True)
class Game:
    """A game's RAM table and what follows from it.

    Args:
        name: what `game=` of the environments takes.
        title: its title.
        variables: its RAM table.
        actions: named action sets: for each action of a Discrete space, the buttons that are
            held, joined by `+`.
        predicates: `playing` and others over decoded variables.
        events: what can happen in a step, from the variables before and after it; in `info`,
            and terms of the reward, too.
        rewards: further terms of the reward.
        endings: for each `terminate_on`, the events that end an episode.
        features: groups of features for the observation.
        buttons: the buttons that play needs, in the order of `multi_binary` actions.
        start: rules that lead from power-on to play; the first that holds is used, and where
            none does, a frame passes.
        start_frames: most frames that the start may take.
        start_wait: frames before which play cannot have begun.
        stage_start: how to begin at another stage.
        players: most players.
        events_of_two: events that are others with two players.
        roms: the ROMs that it is known to run as.
        bundled: whether its ROM comes with the package.
        rom_places: files that may be its ROM, looked at when no other is found.
        memory: further memory that variables lie in, address and length of each part; it
            follows the RAM in the images that are decoded.
        scripts: terms of the reward that keep a state: a function that makes one of an episode.
        folder: stable-retro's integration folder, where it is one.
        default_state: name of the integration's savestate that episodes begin at.
        description: a sentence or more for the documentation.
    """

    name: str
    title: str
    variables: tuple[Variable, ...]
    actions: Mapping[str, tuple[str, ...]]
    predicates: Mapping[str, Predicate]
    start: tuple[StartStep, ...]
    events: Mapping[str, Change] = field(default_factory=dict)
    rewards: Mapping[str, Change] = field(default_factory=dict)
    endings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    features: tuple[Group, ...] = ()
    buttons: tuple[str, ...] = ("A", "B", "up", "down", "left", "right")
    start_frames: int = 1800
    start_wait: int = 0
    stage_start: StageStart | None = None
    players: int = 1
    events_of_two: Mapping[str, Change] = field(default_factory=dict)
    roms: tuple[GameRom, ...] = ()
    bundled: bool = False
    rom_places: tuple[str, ...] = ()
    memory: tuple[tuple[int, int], ...] = ()
    scripts: Mapping[str, Callable[[], Callable[[Mapping[str, Any]], float]]] = field(
        default_factory=dict
    )
    folder: str = ""
    default_state: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        locate: dict[int, int] = {a: a for a in range(RAM_SIZE)}
        size = RAM_SIZE
        for address, length in self.memory:
            locate |= {address + k: size + k for k in range(length)}
            size += length
        object.__setattr__(self, "_decoder", Decoder(self.variables, size, locate))
        for name in (e for events in self.endings.values() for e in events):
            if name not in self.events:
                raise ValueError(f"{self.name} ends on the event {name!r}, which it does not have")

    @property
    def decoder(self) -> Decoder:
        """Decoder of the table."""
        decoder: Decoder = self._decoder  # type: ignore[attr-defined]
        return decoder

    @property
    def feature_table(self) -> Features:
        """Computes the features."""
        if not hasattr(self, "_features"):  # made when needed: its tables take milliseconds
            object.__setattr__(self, "_features", Features(self.features, self.decoder))
        features: Features = self._features  # type: ignore[attr-defined]
        return features

    @property
    def default_reward(self) -> str:
        """The term that is used where none is named."""
        return "scenario" if "scenario" in self.reward_terms else "score"

    @property
    def reward_terms(self) -> tuple[str, ...]:
        """Names of all terms that a reward can be made of."""
        return (*self.rewards, *self.events, *self.scripts)

    def decode(self, ram: npt.NDArray[np.uint8]) -> Values:
        """Decode one RAM (2048,) or n of them (n, 2048) into a mapping by variable name.

        A game whose variables lie in further memory takes images: the RAM, then `memory`.
        """
        return self.decoder(ram)

    def is_(self, predicate: str, ram: npt.NDArray[np.uint8]) -> Any:
        """Whether a predicate holds for a RAM (bool) or for each of n (bool array).

        Raises:
            ValueError: the game has no such predicate.
        """
        if predicate not in self.predicates:
            raise ValueError(
                f"{self.title} has no predicate {predicate!r}; it has {', '.join(self.predicates)}"
            )
        return self.predicates[predicate](self.decode(ram))

    def action_masks(self, action_set: str) -> list[int]:
        """Button mask of each action of a named set.

        Raises:
            ValueError: the game has no such set.
        """
        if action_set not in self.actions:
            raise ValueError(f"action_set is {action_set!r}; allowed are {', '.join(self.actions)}")
        return [button_mask(buttons) for buttons in self.actions[action_set]]
