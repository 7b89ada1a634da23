"""`Problem`: what a search looks for, as data."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal, get_args

from copain_gym.buttons import button_mask
from copain_gym.envs.start import StateLike, check_state
from copain_gym.errors import ProblemError
from copain_gym.games import Game, find_game
from copain_gym.games.checks import (
    check_buttons,
    check_integer,
    check_mapping,
    check_text,
    check_tuple,
)
from copain_gym.games.registry import GameLike
from copain_gym.search.judge import FAILED, WON, Judge, Moment, Press, Quantity

__all__ = ["POWER_ON", "Objective", "Press", "Problem"]

POWER_ON = "power-on"
"""The start of a problem whose search begins when the console is switched on."""

Objective = Literal["score", "time"]

_MOST_FRAMES = 10_000_000


@dataclass(frozen=True, eq=False)
class Problem:
    """A problem for a search.

    A *moment* below is the name of one of the game's predicates or events, a function of the
    variables, or a function of the variables before and after an action. A *quantity* is the name
    of a variable or a function of the variables.

    Args:
        game: the game: a name, a Python file that defines `GAME`, a folder, a stable-retro
            integration, or a `Game`.
        name: its name in messages; empty takes that of the game.
        start: where it begins: `power-on`, or what `state=` of environments accepts, such as
            `start` (the beginning of play), the name of a saved state, or its file.
        actions: the actions to choose from: the name of an action set of the game, or the buttons
            that each action holds, joined by `+`.
        frames_per_action: number of frames that an action is held at least; the unit of plans.
        presses: buttons that are pressed by a rule, whatever the search chooses.
        objective: `score` looks for the most points, `time` for the fewest frames.
        score: quantity, the points. By default the variable `score`, if the game has it.
        value: quantity, how good a moment is on the way, to choose between plans. By default the
            score.
        fail: moment that ends a try as a failure. By default the game's predicate `dead`; without
            that, the events that end an episode.
        win: moment that ends a run as a success. By default the game's predicate `ending`. Without
            either, a run succeeds when it has lived for `frames`.
        constraint: moment that must be true all the time; a run in which it is not has failed. It
            is looked at whenever the buttons change, but not where `skip` is true.
        checkpoint: moment that is worth keeping, such as the end of a stage. A search does not go
            back behind the last one.
        skip: moment in which no input matters, such as a title. Only the rules `Game.start` press
            buttons there. By default what is not `playing`.
        same: variables by which two states count as the same, each with its resolution: with
            `{"x": 8}`, X counts in steps of 8. If empty, all of the RAM counts.
        algorithm: name of the algorithm, see `copain_gym.search.algorithm`.
        options: options of the algorithm.
        frames: largest length of a run, in frames from its start; 0 means no limit.
        seconds: time limit of a search; 0 means none.
        megabytes: limit of the memory of a search: its workers, their emulators, and what its own
            process gains.

    Raises:
        ProblemError: a value is not allowed; the message names it and says what is.

    Examples:
        >>> problem = Problem("hirondelle", win=lambda v: v["scroll"] > 100, objective="time")
        >>> problem.name, problem.start, problem.masks[:2]
        ('hirondelle', 'power-on', (1, 17))
    """

    game: GameLike
    name: str = ""
    start: StateLike = POWER_ON
    actions: str | tuple[str, ...] = "simple"
    frames_per_action: int = 4
    presses: tuple[Press, ...] = ()
    objective: Objective = "score"
    score: Quantity | None = None
    value: Quantity | None = None
    fail: Moment | None = None
    win: Moment | None = None
    constraint: Moment | None = None
    checkpoint: Moment | None = None
    skip: Moment | None = None
    same: Mapping[str, int] = field(default_factory=dict)
    algorithm: str = "rolling"
    options: Mapping[str, Any] = field(default_factory=dict)
    frames: int = 0
    seconds: float = 0.0
    megabytes: int = 1000

    def __post_init__(self) -> None:
        try:
            game = find_game(self.game)
            object.__setattr__(self, "game", game)
            object.__setattr__(self, "name", self.name or game.name)
            self._check(game)
        except ValueError as error:
            name = self.name if isinstance(self.name, str) and self.name else self.game
            raise ProblemError(f"problem {str(name)!r}: {error}") from None

    def _check(self, game: Game) -> None:
        check_text("name", self.name)
        if self.start != POWER_ON:
            try:
                check_state(game, self.start)
            except (TypeError, ValueError) as error:
                raise ValueError(f"{error}; or 'power-on'") from None
        if self.objective not in get_args(Objective):
            raise ValueError(f"objective is {self.objective!r}; allowed are 'score' and 'time'")
        check_integer("frames_per_action", self.frames_per_action, 1, 10_000)
        check_integer("frames", self.frames, 0, _MOST_FRAMES)
        check_integer("megabytes", self.megabytes, 50, 1 << 30)
        seconds = self.seconds
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds >= 0:
            raise ValueError(f"seconds is {seconds!r}; allowed are 0 and more")
        check_text("algorithm", self.algorithm, allowed="the name of an algorithm")
        check_mapping("options", self.options)
        assert self.masks is not None
        check_tuple("presses", self.presses, Press, "Press")
        judge = self.judge
        if not judge.has_win and (not self.frames or self.objective == "time"):
            raise ValueError(
                f"win is None, and {game.title} has no predicate 'ending'; allowed is a function "
                "of the variables that says whether the goal is reached. With objective='score', "
                "frames= can be given in place of it: the length of a run"
            )
        if not judge.has_score and self.objective == "score":
            raise ValueError(
                f"score is None, and {game.title} has no variable 'score'; allowed is the name of "
                "a variable or a function of the variables. Or pass objective='time'"
            )

    @cached_property
    def masks(self) -> tuple[int, ...]:
        """The actions as masks of held buttons."""
        if isinstance(self.actions, str):
            if self.actions not in self.the_game.actions:
                raise ValueError(
                    f"actions is {self.actions!r}; allowed are {', '.join(self.the_game.actions)}, "
                    "or a tuple of buttons such as ('', 'A', 'A+right')"
                )
            return tuple(self.the_game.action_masks(self.actions))
        check_tuple("actions", self.actions, str, "buttons such as 'A+right'")
        if not self.actions:
            raise ValueError("actions is (); allowed are one or more actions")
        for action in self.actions:
            check_buttons("actions: an action", action)
        return tuple(button_mask(action) for action in self.actions)

    @cached_property
    def judge(self) -> Judge:
        """What judges moments by the rules of this problem."""
        return Judge(
            self.the_game,
            fail=self.fail,
            win=self.win,
            constraint=self.constraint,
            checkpoint=self.checkpoint,
            skip=self.skip,
            score=self.score,
            value=self.value,
            presses=self.presses,
            same=self.same,
        )

    @property
    def the_game(self) -> Game:
        """The game, whatever `game` was given as."""
        return find_game(self.game)

    @property
    def origin(self) -> str | None:
        """The name or the file that it was loaded from; None if a program made it."""
        found: str | None = self.__dict__.get("_origin")
        return found

    def is_end(self, flags: int, depth: int) -> bool:
        """Whether a state is the end of a successful run.

        Args:
            flags: see `Judge.flags`.
            depth: frames from the start of the problem.
        """
        if self.judge.has_win:
            return bool(flags & WON)
        return depth >= self.frames and not flags & FAILED

    def set_origin(self, origin: str) -> Problem:
        """Record where the problem was loaded from, and return it.

        Other processes then load it from there; else its functions are sent to them.
        """
        object.__setattr__(self, "_origin", origin)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        if self.origin is not None:
            return _find, (self.origin,)
        import cloudpickle  # only here: it takes time

        return _make, (cloudpickle.dumps({f.name: getattr(self, f.name) for f in fields(self)}),)


def _find(origin: str) -> Problem:
    import importlib

    # By its name: that module imports this one.
    found: Problem = importlib.import_module("copain_gym.search.files").find_problem(origin)
    return found


def _make(pickled: bytes) -> Problem:
    return Problem(**pickle.loads(pickled))
