"""`Game`: what is known of one game, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.buttons import button_mask
from copain_gym.games.variables import Decoder, Values, Variable

__all__ = ["Game", "Predicate", "StartStep"]

Predicate = Callable[[Mapping[str, Any]], Any]
"""Takes decoded variables, returns bool or a bool array (n,)."""


@dataclass(frozen=True)
class StartStep:
    """One rule of how to get from power-on to play.

    Args:
        when: holds in the situations that the rule is for.
        buttons: what to press then for `hold` frames; nothing is held in the next `release`.
    """

    when: Predicate
    buttons: str
    hold: int = 4
    release: int = 12


@dataclass(frozen=True)
class Game:
    """A game's RAM table and what follows from it.

    Args:
        name: its title.
        variables: its RAM table.
        actions: named action sets: for each action of a Discrete space, the buttons that are
            held, joined by `+`.
        predicates: `playing`, `dying`, `game_over`, … over decoded variables.
        start: rules that lead from power-on to play; the first that holds is used, and where
            none does, a frame passes.
        start_frames: most frames that the start may take.
        rom: path of a ROM that comes with the package; None is the bundled default.
        rom_md5: MD5 of each known good ROM content without header.
        rewards: terms by name: what a step is worth, from the variables before and after.
    """

    name: str
    variables: tuple[Variable, ...]
    actions: Mapping[str, tuple[str, ...]]
    predicates: Mapping[str, Predicate]
    start: tuple[StartStep, ...]
    start_frames: int = 1800
    rom: str | None = None
    rom_md5: tuple[str, ...] = ()
    rewards: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Any]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_decoder", Decoder(self.variables))

    def decode(self, ram: npt.NDArray[np.uint8]) -> Values:
        """Decode one RAM (2048,) or n of them (n, 2048) into a mapping by variable name."""
        decoder: Decoder = self._decoder  # type: ignore[attr-defined]
        return decoder(ram)

    def is_(self, predicate: str, ram: npt.NDArray[np.uint8]) -> Any:
        """Whether a predicate holds for a RAM (bool) or for each of n (bool array).

        Raises:
            ValueError: the game has no such predicate.
        """
        if predicate not in self.predicates:
            raise ValueError(
                f"{self.name} has no predicate {predicate!r}; it has {', '.join(self.predicates)}"
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
