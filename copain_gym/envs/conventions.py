"""What other libraries look for in an environment: names of Atari's, keys, masks of actions."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from copain_gym.bridge.screen import HEIGHT, WIDTH
from copain_gym.buttons import Button
from copain_gym.envs.actions import ActionSet
from copain_gym.envs.pictures import Scaler
from copain_gym.envs.task import Task

__all__ = ["AtariView", "Conventions", "action_masks", "action_meanings"]

_KEYS = {
    Button.A: ord("f"),
    Button.B: ord("d"),
    Button.SELECT: ord("s"),
    Button.START: 13,  # Enter
    # SDL's numbers of the arrow keys, which pygame has, too.
    Button.RIGHT: 0x4000004F,
    Button.LEFT: 0x40000050,
    Button.DOWN: 0x40000051,
    Button.UP: 0x40000052,
}
"""The keys of FCEUX's own window by default."""


def action_meanings(actions: ActionSet) -> list[str]:
    """The name of each action of one player, or of each button of `multi_binary`.

    `NOOP` is the action that holds nothing but what all actions of the set hold.
    """
    if not actions.held:
        return [name.upper() for name in actions.names]
    return [
        "NOOP" if mask == actions.always else name.upper()
        for mask, name in zip(actions.held, actions.names, strict=True)
    ]


def action_masks(actions: ActionSet) -> npt.NDArray[np.bool_]:
    """Which choices are allowed, for sb3-contrib's MaskablePPO: all of them, at any time.

    Returns:
        (choices,) bool: an entry for each action of each player, or two for each button.
    """
    return np.ones(actions.choices, np.bool_)


def _keys_to_actions(actions: ActionSet) -> dict[tuple[int, ...], Any]:
    """For each set of keys that may be pressed, the action of player 1 that fits best.

    Of the actions that hold nothing that is not pressed, it is the one that holds most.

    Returns:
        Actions of the action set's space by sorted codes of keys, as `gymnasium.utils.play` has
        them. The other players hold nothing.
    """
    masks = actions.held or [int(Button[name.upper()]) for name in actions.names]
    used = [b for b in Button if any(mask & ~actions.always & b for mask in masks)]
    found = {}
    for pressed in itertools.chain.from_iterable(
        itertools.combinations(used, count) for count in range(1, len(used) + 1)
    ):
        keys = tuple(sorted(_KEYS[button] for button in pressed))
        found[keys] = _best_action(actions, sum(pressed))
    return found


def _best_action(actions: ActionSet, pressed: int) -> Any:
    if not actions.held:
        bits = [int(bool(Button[name.upper()] & pressed)) for name in actions.names]
        return np.array(bits + [0] * (len(bits) * (actions.players - 1)), np.int8)
    fitting = [mask if not mask & ~(pressed | actions.always) else 0 for mask in actions.held]
    best = max(range(len(fitting)), key=lambda k: fitting[k].bit_count())
    return best if actions.players == 1 else np.array([best] + [0] * (actions.players - 1))


class AtariView:
    """What wrappers for Atari games ask of the emulator `ale` of an environment.

    Args:
        lives: returns the number of lives; None where the game has no such variable.
        picture: returns the last picture, (240, 256, 3) uint8, or with True (240, 256) in shades of
            grey.
        size: height and width of the environment's own pictures.
    """

    def __init__(
        self,
        lives: Callable[[], int | None],
        picture: Callable[[bool], npt.NDArray[np.uint8]],
        size: tuple[int, int],
    ) -> None:
        self._lives, self._picture, self._size = lives, picture, size

    def lives(self) -> int:
        """The variable `lives` of the game; 0 where it has none, and at the end of the game."""
        number = self._lives() or 0
        return number if number < 0x80 else 0  # a byte that fell below 0

    def getScreenRGB(self, out: npt.NDArray[np.uint8] | None = None) -> npt.NDArray[np.uint8]:
        """The last picture, (240, 256, 3) uint8, copied into `out` if it is given.

        Raises:
            ValueError: `out` has neither this shape nor that of the environment's own pictures.
        """
        return self._fill(out, self._picture(False))

    def getScreenGrayscale(self, out: npt.NDArray[np.uint8] | None = None) -> npt.NDArray[np.uint8]:
        """The last picture in shades of grey, (240, 256) uint8; see `getScreenRGB`."""
        return self._fill(out, self._picture(True))

    def _fill(
        self, out: npt.NDArray[np.uint8] | None, picture: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.uint8]:
        if out is None:
            whole: npt.NDArray[np.uint8] = picture.copy()
            return whole
        sizes, channels = [(HEIGHT, WIDTH), self._size], picture.shape[2:]
        if out.shape not in [(*size, *channels) for size in sizes]:
            allowed = " and ".join(str((*size, *channels)) for size in dict.fromkeys(sizes))
            raise ValueError(f"out has shape {out.shape}; allowed is {allowed}")
        scaled = Scaler((out.shape[0], out.shape[1]))(picture.reshape(1, HEIGHT, WIDTH, -1))
        out[:] = scaled.reshape(out.shape)
        return out


class Conventions:
    """Methods that other libraries look for in a single environment."""

    task: Task

    @property
    def _frameskip(self) -> Any:
        """The option `frame_skip`, where Gymnasium's `AtariPreprocessing` looks for it."""
        return self.task.options.frame_skip

    def get_action_meanings(self) -> list[str]:
        """The name of each action, as environments of Atari games have it.

        `NOOP` is the action that holds nothing, or nothing but what all actions of the set hold.
        With several players these are the actions of one; with `multi_binary`, the buttons.
        """
        return action_meanings(self.task.actions)

    def get_keys_to_action(self) -> dict[tuple[int, ...], Any]:
        """Keys and the action that they stand for, for `gymnasium.utils.play`.

        The keys are those of FCEUX's window: the arrows, F for A, D for B, S for SELECT, Enter for
        START. A combination that is no action of the set stands for the one that holds most of it.
        Player 1 plays; the others hold nothing.
        """
        return _keys_to_actions(self.task.actions)

    def action_masks(self) -> npt.NDArray[np.bool_]:
        """Which actions are allowed, where MaskablePPO of sb3-contrib looks for it.

        A console takes every input at any time, so that all entries are True. For rules of your
        own, wrap the environment in sb3-contrib's `ActionMasker`.

        Returns:
            (k,) bool: an entry for each action of each player; with `multi_binary`, two for each
            button.
        """
        return action_masks(self.task.actions)
