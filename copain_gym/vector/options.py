"""`VectorOptions`: the options of a vector environment, including those of `EnvOptions`."""

# ruff: noqa: RUF009 - `option` makes a field

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from copain_gym.envs import checks
from copain_gym.envs.options import EnvOptions, RenderMode, option
from copain_gym.envs.start import StateLike, check_state
from copain_gym.games.game import Game

__all__ = ["VectorOptions", "per_lane"]

_MODES = {mode.value: mode for mode in AutoresetMode} | {
    mode.name.lower(): mode for mode in AutoresetMode
}


def per_lane(name: str, value: Any, count: int) -> list[Any]:
    """A list with a value for each lane, from a single value or from a list or tuple."""
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        raise ValueError(
            f"{name} has {len(value)} values; allowed are one, or one for each of {count} lanes"
        )
    return list(value)


def _check_mode(name: str, value: Any, game: Game) -> None:
    if not isinstance(value, AutoresetMode) and value not in list(_MODES):
        raise checks.refuse(name, value, [mode.value for mode in AutoresetMode])


def _check_timeout(name: str, value: Any, game: Game) -> None:
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not 0 < value < float("inf"):
        raise ValueError(f"{name} is {value} s; it must be positive")


@dataclasses.dataclass(frozen=True, kw_only=True)
class VectorOptions(EnvOptions):
    """The options of a vector environment, checked.

    Attributes:
        render_modes: the render mode of each lane.
        states: where each lane's episodes begin.

    Raises:
        ValueError: a value is not allowed; the error names it and what is allowed.
    """

    num_envs: int | None = option(
        None,
        "Number of emulators, which are also called lanes. None means 1, or one for each endpoint.",
        checks.integer(1, none=True),
    )
    render_mode: RenderMode | Sequence[RenderMode | None] | None = option(  # type: ignore[assignment]
        None,
        "As in `NesEnv`, or a list with a mode for each lane. `human` alone shows lane 0 only.",
    )
    autoreset_mode: AutoresetMode | str = option(
        AutoresetMode.NEXT_STEP,
        "What happens after the end of an episode: an `AutoresetMode` of Gymnasium, or its value.",
        _check_mode,
    )
    state: StateLike | Sequence[StateLike] = option(  # type: ignore[assignment]
        "start", "Where episodes begin, as in `NesEnv`, or a list with a state for each lane."
    )
    max_episode_steps: int | None = option(
        None,
        "Number of environment steps after which an episode is truncated. None means no limit.",
        checks.integer(1, none=True),
    )
    timeout: float = option(
        1.0,
        "Seconds to wait for an answer before an emulator is replaced. The wait is longer if the "
        "machine is too busy to run the emulator.",
        _check_timeout,
    )
    max_faults: int = option(
        10, "Number of emulators that may fail within a minute.", checks.integer(0)
    )
    lanes_per_process: int | None = option(
        None,
        "Number of lanes that one emulator process plays in turn. 1 gives each lane an emulator of "
        "its own. None divides the lanes among the processor cores where the options allow it.",
        checks.integer(1, none=True),
    )
    endpoints: Sequence[str] | None = option(
        None,
        "Emulators of `copain serve` to play on, `tcp://HOST:PORT` for each lane. None starts "
        "emulators here.",
    )
    keys: str | os.PathLike[str] | None = option(
        None,
        "Path of the keys that `copain serve` wrote. None means the value of COPAIN_KEYS.",
    )

    render_modes: list[RenderMode | None] = dataclasses.field(init=False, repr=False)
    states: list[StateLike] = dataclasses.field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.endpoints is not None and len(self.endpoints) != self.count:
            raise ValueError(f"there are {len(self.endpoints)} endpoints for {self.count} lanes")
        object.__setattr__(self, "render_modes", self._lane_render_modes())
        states = per_lane("state", self.state, self.count)
        object.__setattr__(
            self, "states", [check_state(self.loaded_game, state) for state in states]
        )

    def _lane_render_modes(self) -> list[RenderMode | None]:
        modes = per_lane("render_mode", self.render_mode, self.count)
        if self.render_mode == "human":
            modes[1:] = [None] * (self.count - 1)
        check = checks.choice(RenderMode, none=True)
        for mode in modes:
            check("render_mode", mode, self.loaded_game)
        if "human" in modes and self.endpoints is not None:
            raise ValueError("render_mode 'human' has no window on another machine")
        return modes

    @property
    def count(self) -> int:
        """Number of lanes."""
        if self.num_envs is None:
            return 1 if self.endpoints is None else len(self.endpoints)
        return int(self.num_envs)

    @property
    def mode(self) -> AutoresetMode:
        """What follows the end of an episode."""
        chosen = self.autoreset_mode
        return chosen if isinstance(chosen, AutoresetMode) else _MODES[chosen]
