"""`Game`: the description of one game, as data."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.buttons import button_mask
from copain_gym.games.checks import (
    check_buttons,
    check_function,
    check_integer,
    check_mapping,
    check_names,
    check_text,
    check_tuple,
)
from copain_gym.games.features import Features, Group, one_of_each, single_value
from copain_gym.games.parts import (
    Change,
    GameRom,
    Predicate,
    SearchRules,
    StageStart,
    StartStep,
)
from copain_gym.games.variables import Decoder, Values, Variable
from copain_gym.paths import expand_user

__all__ = [
    "Change",
    "Game",
    "GameRom",
    "Predicate",
    "SearchRules",
    "StageStart",
    "StartStep",
]

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_COUNTERS = ("frame_count", "lag_count", "episode_frames")  # in infos, beside the variables


@dataclass(frozen=True, eq=False)
class Game:
    """A game: its variables in RAM, and the actions, rewards, events and features made from them.

    Args:
        name: its name for `game=`; letters, digits, `.`, `_` and `-`.
        title: its title; the environment's id is made from it.
        variables: its variables in RAM.
        actions: named action sets: for each action of a Discrete space, the buttons that are
            held, joined by `+`. Environments use the set `simple` by default.
        predicates: functions of the decoded variables that return a bool. `playing` is required:
            it says whether play has begun. Searches also require `dead` and `ending`.
        start: rules that lead from power-on to play. The first rule whose `when` is true presses
            its buttons; if there is none, a frame passes without buttons.
        events: functions of the variables before and after a step that say whether something
            happened in it. Events are in `info`, and they are also reward terms.
        rewards: further reward terms: functions of the variables before and after a step. The
            default reward is the term `scenario` or `score` if there is one, else the first term.
        endings: for each value of `terminate_on`, the events that end an episode. Environments use
            `game_over` by default. Without endings, episodes are never terminated.
        features: groups of features for the observation. By default, one feature for each variable
            that is a single value.
        buttons: the buttons that play needs, in the order of `multi_binary` actions.
        start_frames: maximum number of frames from power-on to play.
        start_wait: number of frames after power-on in which `playing` is ignored.
        stage_start: how to begin at another stage.
        search: settings of the brute-force search.
        players: maximum number of players.
        two_player_events: overrides of `events` for two-player games.
        roms: the known ROMs of the game; other ROMs are refused. If empty, any ROM is accepted.
        bundled: whether its ROM comes with the package.
        rom_files: files to try as its ROM when no other is found. Paths are relative to the file
            that defines the game.
        memory: memory of the cartridge that has variables, as (address, length) of each part. It
            follows the RAM in the images that are decoded.
        scripts: reward terms with a state of their own: functions that are called at the beginning
            of an episode. Each returns a function of the variables, which is called in every step.
        training: named sets of options to train with. Each is an environment with an id of its
            own: `copain/`, the title in CamelCase, and the name.
        folder: folder of the stable-retro integration, if the game is one.
        default_state: name of the integration's savestate at which episodes begin.
        description: a sentence or more for the documentation.
        notes: further Markdown for the documentation.

    Raises:
        ValueError: a value is not allowed; the error names it and says what is allowed.
    """

    name: str
    title: str
    variables: tuple[Variable, ...]
    actions: Mapping[str, tuple[str, ...]]
    predicates: Mapping[str, Predicate]
    start: tuple[StartStep, ...] = ()
    events: Mapping[str, Change] = field(default_factory=dict)
    rewards: Mapping[str, Change] = field(default_factory=dict)
    endings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    features: tuple[Group, ...] = ()
    buttons: tuple[str, ...] = ("A", "B", "up", "down", "left", "right")
    start_frames: int = 1800
    start_wait: int = 0
    stage_start: StageStart | None = None
    search: SearchRules | None = None
    players: int = 1
    two_player_events: Mapping[str, Change] = field(default_factory=dict)
    roms: tuple[GameRom, ...] = ()
    bundled: bool = False
    rom_files: tuple[str | os.PathLike[str], ...] = ()
    memory: tuple[tuple[int, int], ...] = ()
    scripts: Mapping[str, Callable[[], Callable[[Mapping[str, Any]], float]]] = field(
        default_factory=dict
    )
    training: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    folder: str = ""
    default_state: str = ""
    description: str = ""
    notes: str = ""

    def __post_init__(self) -> None:
        check_text("name of a game", self.name, _NAME, "letters, digits, '.', '_' and '-'")
        try:
            self._check()
        except ValueError as error:
            raise ValueError(f"game {self.name!r}: {error}") from None

    def _check(self) -> None:
        check_text("title", self.title, r".*[^\W_].*", "a text with letters or digits")
        check_tuple("variables", self.variables, Variable, "Variable")
        if not self.variables:
            raise ValueError("variables is (); allowed are one or more")
        object.__setattr__(self, "_decoder", Decoder(self.variables, self.memory))
        if not self.features:
            object.__setattr__(self, "features", one_of_each(self.variables))
        if not self.endings:
            object.__setattr__(self, "endings", {"game_over": ()})
        self._check_buttons()
        self._check_functions()
        self._check_start()
        check_mapping("training", self.training)
        for name, options in self.training.items():
            check_text("training: a name", name, r"[A-Z][A-Za-z0-9]*", "a word in CamelCase")
            check_mapping(f"training {name!r}", options)
        check_tuple("roms", self.roms, GameRom, "GameRom")
        check_tuple("rom_files", self.rom_files, (str, os.PathLike), "paths")
        names: list[str] = []
        for group in self.features:
            if not hasattr(group, "check") or not hasattr(group, "table"):
                raise ValueError(f"features has {group!r}; allowed are groups such as Scalars")
            group.check(self.decoder)
            names.append(check_text("name of a group of features", group.name))
        _check_different("groups of features", names)

    def _check_buttons(self) -> None:
        check_mapping("actions", self.actions)
        if not self.actions or "multi_binary" in self.actions:
            raise ValueError(
                f"actions has {', '.join(self.actions) or 'no set'}; allowed are one or more sets; "
                f"every game has 'multi_binary' already"
            )
        for name, actions in self.actions.items():
            check_tuple(f"actions {name!r}", actions, str, "buttons such as 'A+right'")
            if not actions:
                raise ValueError(f"actions {name!r} is (); allowed are one or more actions")
            for action in actions:
                check_buttons(f"actions {name!r}: an action", action)
        check_tuple("buttons", self.buttons, str, "names of buttons")
        for button in self.buttons:
            check_buttons("buttons: one of them", button)
        if not self.buttons or any(button_mask(b).bit_count() != 1 for b in self.buttons):
            raise ValueError(f"buttons is {self.buttons!r}; allowed are names of single buttons")
        _check_different("buttons", [b.lower() for b in self.buttons])

    def _check_functions(self) -> None:
        counts = {v.name: v.count for v in self.variables}
        for group, arguments in (
            ("predicates", 1),
            ("events", 2),
            ("rewards", 2),
            ("two_player_events", 2),
        ):
            functions = getattr(self, group)
            check_mapping(group, functions)
            for name, function in functions.items():
                check_function(f"{group} {name!r}", function, arguments, counts)
        if "playing" not in self.predicates:
            raise ValueError(
                f"predicates has {', '.join(self.predicates) or 'nothing'}; it needs 'playing', "
                f"a function of the variables that says whether play has begun"
            )
        check_mapping("scripts", self.scripts)
        for name, script in self.scripts.items():
            if not callable(script):
                raise ValueError(f"scripts {name!r} is {script!r}; allowed is a function")
        if not self.reward_terms:
            raise ValueError("rewards has nothing; allowed are one or more terms")
        _check_different("terms of the reward (rewards, events, scripts)", self.reward_terms)
        _check_different(
            "names in infos (variables, events, counters)", [*counts, *self.events, *_COUNTERS]
        )
        check_names("two_player_events: an event", self.two_player_events, self.events)
        check_mapping("endings", self.endings)
        for name, events in self.endings.items():
            check_tuple(f"endings {name!r}", events, str, "names of events")
            check_names(f"endings {name!r}: an event", events, self.events)

    def _check_start(self) -> None:
        counts = {v.name: v.count for v in self.variables}
        check_integer("players", self.players, 1, 4)
        check_integer("start_frames", self.start_frames, 1, 1_000_000)
        check_integer("start_wait", self.start_wait, 0, self.start_frames - 1)
        check_tuple("start", self.start, StartStep, "StartStep")
        for rule in self.start:
            check_function("start rule: when", rule.when, 1, counts)
            check_integer("start rule: players", rule.players, 0, self.players)
        if self.stage_start is not None:
            check_function("stage start: when", self.stage_start.when, 1, counts)
        if self.search is not None:
            for name in (self.search.x, self.search.y):
                single_value("search: position", self.decoder, name)

    # ---- where it came from ------------------------------------------------

    def set_origin(self, file: Path | None, load: Callable[..., Game], *arguments: Any) -> Game:
        """Record where the game was loaded from; the functions that load games call this.

        Args:
            file: the Python file that defines it; None if there is none.
            load: returns the game again, also in another process.
            arguments: the arguments of `load`.

        Returns:
            The game itself.
        """
        object.__setattr__(self, "_origin", (load, arguments))
        object.__setattr__(self, "_file", file)
        return self

    @property
    def file(self) -> Path | None:
        """The Python file that it was loaded from; None if there is none."""
        file: Path | None = getattr(self, "_file", None)
        return file

    @property
    def rom_candidates(self) -> tuple[Path, ...]:
        """`rom_files` as paths; relative ones start at the folder of the game's file."""
        base = self.file.parent if self.file else Path()
        return tuple(base / expand_user(file) for file in self.rom_files)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle a game that was loaded as its name or file, and any other game as its fields.

        Raises:
            pickle.PicklingError: a function among the fields cannot be pickled.
        """
        origin = getattr(self, "_origin", None)
        if origin is not None:
            load, arguments = origin
            return load, arguments
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return _make, (_pickled(self.name, values),)

    def __copy__(self) -> Game:
        return self  # it never changes

    def __deepcopy__(self, memo: dict[int, Any]) -> Game:
        return self

    # ---- derived values ----------------------------------------------------

    @property
    def env_id(self) -> str:
        """Id of the environment of a registered game: `copain/` and the title in CamelCase.

        Examples:
            >>> from copain_gym.games import HIRONDELLE
            >>> HIRONDELLE.env_id
            'copain/Hirondelle-v0'
        """
        return env_id(self.title)

    @property
    def decoder(self) -> Decoder:
        """The decoder of the variables."""
        decoder: Decoder = self._decoder  # type: ignore[attr-defined]
        return decoder

    @property
    def feature_table(self) -> Features:
        """The features, and the code that computes them."""
        if not hasattr(self, "_features"):  # made when needed: its tables take milliseconds
            object.__setattr__(self, "_features", Features(self.features, self.decoder))
        features: Features = self._features  # type: ignore[attr-defined]
        return features

    @property
    def default_reward(self) -> str:
        """The reward term that is used if none is named."""
        terms = self.reward_terms
        return next((name for name in ("scenario", "score") if name in terms), terms[0])

    @property
    def reward_terms(self) -> tuple[str, ...]:
        """Names of all terms that a reward can be made of."""
        return (*self.rewards, *self.events, *self.scripts)

    def decode(self, ram: npt.NDArray[np.uint8]) -> Values:
        """Decode one RAM (2048,) or n of them (n, 2048) into a mapping by variable name.

        With `memory`, pass images: the RAM, followed by the parts of `memory`.
        """
        return self.decoder(ram)

    def is_(self, predicate: str, ram: npt.NDArray[np.uint8]) -> Any:
        """Whether a predicate is true for a RAM (bool) or for each of n (bool array).

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


def _pickled(name: str, values: Mapping[str, Any]) -> bytes:
    """The fields of a game as bytes; lambdas and functions of `__main__` are pickled by value."""
    import cloudpickle  # only here: it takes time, and few need it

    for part, value in values.items():
        try:
            cloudpickle.dumps(value)
        except Exception as error:
            raise pickle.PicklingError(
                f"game {name!r} cannot be pickled because of its {part}: {error}. Write "
                f"functions that use only their arguments, or put the game into its own file and "
                f"pass the file's path as game="
            ) from error
    data: bytes = cloudpickle.dumps(dict(values))
    return data


def _make(pickled: bytes) -> Game:
    return Game(**pickle.loads(pickled))


def env_id(title: str, variant: str = "") -> str:
    """The id of an environment: `copain/`, a title in CamelCase, and the name of its variant.

    Examples:
        >>> env_id("Super Mario Bros. 3")
        'copain/SuperMarioBros3-v0'
        >>> env_id("Gradius", "Pixels")
        'copain/GradiusPixels-v0'
    """
    words = re.findall(r"[^\W_]+", title)
    return f"copain/{''.join(word[0].upper() + word[1:] for word in words)}{variant}-v0"


def _check_different(what: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what} have {', '.join(map(repr, twice))} twice; allowed is once")
