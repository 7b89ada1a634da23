"""`EnvOptions`: the options of an environment, each with its type, default, meaning and check.

`NesEnv` and `NesVectorEnv` take them as keyword arguments. Their docstrings and the table in
docs/environments.md repeat the meanings below; a test compares them.
"""

# ruff: noqa: RUF009 - `option` makes a field

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from copain_gym.bridge.endpoints import TransportName
from copain_gym.engines.engine import EngineName
from copain_gym.envs import checks
from copain_gym.envs.start import StateLike
from copain_gym.games import GameLike, find_game
from copain_gym.games.game import Game
from copain_gym.roms.contents import Region
from copain_gym.roms.store import resolve_rom

__all__ = [
    "PICTURES",
    "EnvOptions",
    "FrameSkip",
    "ObsType",
    "RenderMode",
    "option",
]

ObsType = Literal["features", "dict", "ram", "rgb", "grayscale"]

PICTURES: tuple[ObsType, ObsType] = ("rgb", "grayscale")
"""Values of `obs_type` that are pictures."""

RenderMode = Literal["human", "rgb_array"]

FrameSkip: TypeAlias = "int | tuple[int, int]"


def option(default: Any, meaning: str, check: checks.Check = checks.anything) -> Any:
    """Declare an option.

    Args:
        default: its default.
        meaning: its description in docstrings and the documentation.
        check: raises an error for values that are not allowed.
    """
    return dataclasses.field(default=default, metadata={"meaning": meaning, "check": check})


@dataclasses.dataclass(frozen=True, kw_only=True)
class EnvOptions:
    """The options of an environment, checked.

    Attributes:
        loaded_game: the game that `game` and `scenario` name.

    Raises:
        ValueError: a value is not allowed; the error names it and what is allowed.

    Examples:
        >>> EnvOptions(frame_skip=(2, 5)).frame_range
        (2, 5)
        >>> EnvOptions(obs_type="pixels")
        Traceback (most recent call last):
        ValueError: obs_type is 'pixels'; allowed are features, dict, ram, rgb, grayscale
    """

    game: GameLike = option(
        "hirondelle",
        "The game: a `Game`; the name of a registered game or of one of stable-retro's NES "
        "integrations; a Python file that defines `GAME`; or a folder with such a file named "
        "`game.py`, or with an integration.",
    )
    render_mode: RenderMode | None = option(
        None,
        "`rgb_array`: `render()` returns the picture, (240, 256, 3) uint8. `human`: FCEUX's own "
        "window, at the console's speed.",
        checks.choice(RenderMode, none=True),
    )
    obs_type: ObsType = option(
        "features",
        "The observation: `features`, (F,) float32 in [-1, 1]; `dict`, the same by group; `ram`, "
        "(2048,) uint8; `rgb`, (240, 256, 3) uint8; `grayscale`, (240, 256, 1) uint8.",
        checks.choice(ObsType),
    )
    screen_size: int | tuple[int, int] | None = option(
        None,
        "Height and width in pixels to which `rgb` and `grayscale` are scaled down. One number is "
        "both.",
        checks.screen_size,
    )
    frame_stack: int | None = option(
        None,
        "Number of the last observations that are joined to one, the oldest first, along their "
        "only axis. Pictures have their channels first: (n, height, width), or (3n, height, width) "
        "in colour. None means no stack.",
        checks.integer(1, none=True),
    )
    action_set: str = option(
        "simple",
        "One of the game's action sets, such as `simple`, `power` or `full`; or `multi_binary`, a "
        "bit for each button.",
        checks.action_set,
    )
    frame_skip: FrameSkip = option(
        4,
        "Number of frames that each action is held. With `(low, high)`, each step draws a number "
        "from low to high - 1.",
        checks.frame_skip,
    )
    sticky_action_probability: float = option(
        0.0, "Probability of repeating the previous action.", checks.number(0, 1)
    )
    reward: str | Mapping[str, float] | None = option(
        None,
        "Name of a reward term, or a weight for each of several. None means the game's default.",
        checks.reward,
    )
    terminate_on: str = option(
        "game_over",
        "What ends an episode: `game_over`, or `life` (a life is lost). Completing the game also "
        "ends it.",
        checks.terminate_on,
    )
    max_episode_frames: int | None = option(
        None,
        "Number of frames after which an episode is truncated. None means no limit.",
        checks.integer(1, none=True),
    )
    state: StateLike = option(
        "start",
        "Where episodes begin: `start`, `stage2`, `stage2/checkpoint3`, the name of a saved "
        "state, or the path or the bytes of one.",
        checks.state,
    )
    noop_max: int = option(
        0,
        "Start each episode with a random number (1 to noop_max) of no-op frames. 0 means none.",
        checks.integer(0, 10_000),
    )
    players: int = option(1, "Number of players. An action has a part for each.", checks.players)
    info_variables: Sequence[str] | None = option(
        None, "Names of the variables in `info`. None means all of them.", checks.info_variables
    )
    rom_path: str | os.PathLike[str] | None = option(
        None,
        "Path of the ROM file. None means the bundled ROM, or the one that `copain rom import` "
        "stored.",
    )
    verify: bool = option(
        True, "Refuse a ROM that is not the game's. False accepts a hack or translation and warns."
    )
    scenario: str | None = option(
        None, "Scenario file of a stable-retro integration. None means `scenario`."
    )
    region: Region | None = option(
        None,
        "The console's television system: `NTSC`, `PAL` or `Dendy`. None is that of the ROM.",
        checks.choice(Region, none=True),
    )
    engine: EngineName | None = option(
        None,
        "The engine: `headless`, `fceux`, or `auto`, which is headless where possible. None means "
        "the value of COPAIN_ENGINE, or `auto`.",
        checks.choice(EngineName, none=True),
    )
    transport: TransportName = option(
        "auto",
        "How Python and the emulator talk: `zmq` (ZeroMQ), `shm` (shared memory), or `auto`, the "
        "faster one that works.",
        checks.choice(TransportName),
    )

    loaded_game: Game = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        game = find_game(self.game, scenario=self.scenario)
        object.__setattr__(self, "loaded_game", game)
        for entry in self.entries():
            entry.metadata["check"](entry.name, getattr(self, entry.name), game)
        if self.screen_size is not None and self.obs_type not in PICTURES:
            raise ValueError(
                f"screen_size is {self.screen_size!r}, but obs_type {self.obs_type!r} is not a "
                f"picture; allowed is None"
            )

    @classmethod
    def entries(cls) -> list[dataclasses.Field[Any]]:
        """A field for each option: `name`, `default`, and in `metadata` its meaning and check."""
        return [entry for entry in dataclasses.fields(cls) if "meaning" in entry.metadata]

    def arguments(self) -> dict[str, Any]:
        """The options by name, as they were given."""
        return {entry.name: getattr(self, entry.name) for entry in self.entries()}

    @property
    def mean_frame_skip(self) -> float:
        """Mean number of frames per step."""
        low, high = self.frame_range
        return (low + high - 1) / 2

    @property
    def frame_range(self) -> tuple[int, int]:
        """The smallest number of frames per step, and one more than the greatest."""
        if isinstance(self.frame_skip, (tuple, list)):
            return int(self.frame_skip[0]), int(self.frame_skip[1])
        return int(self.frame_skip), int(self.frame_skip) + 1

    @property
    def reward_weights(self) -> dict[str, float]:
        """The weight of each term of the reward."""
        reward = self.loaded_game.default_reward if self.reward is None else self.reward
        if isinstance(reward, str):
            return {reward: 1.0}
        return {name: float(weight) for name, weight in reward.items()}

    def find_rom(self) -> Path:
        """The game's ROM file.

        Raises:
            RomError: the file is missing, or it is not the game's ROM.
        """
        return resolve_rom(self.loaded_game, self.rom_path, verify=self.verify)
