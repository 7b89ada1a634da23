"""`ScriptedRewards`: reward terms that keep their own state in each episode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from copain_gym.games.variables import Values

__all__ = ["Script", "ScriptedRewards"]

Script: TypeAlias = Callable[[Mapping[str, Any]], float]
"""Takes the variables after a step and returns the reward of the step."""


class ScriptedRewards:
    """The scripted terms of the reward in n episodes.

    Args:
        terms: the weight of each term, and a function that makes its script for a new episode.
        count: number of episodes.
    """

    def __init__(self, terms: Sequence[tuple[float, Callable[[], Script]]], count: int) -> None:
        self._terms = terms
        self._running: list[list[tuple[float, Script]]] = [[] for _ in range(count)]
        self._seen: list[list[Values]] = [[] for _ in range(count)]

    def begin(self, episode: int, values: Values) -> None:
        """Begin a new episode; `values` are the variables at its beginning."""
        self._running[episode] = [(weight, make()) for weight, make in self._terms]
        self._seen[episode] = []
        self.step(episode, values)

    def step(self, episode: int, values: Values) -> float:
        """The reward of a step; `values` are the variables after it."""
        self._seen[episode].append(values)
        return sum(weight * script(values) for weight, script in self._running[episode])

    def copy_from(self, other: ScriptedRewards) -> None:
        """Continue from the episodes of another `ScriptedRewards`.

        A script's state cannot be copied, but it depends only on the values that the script was
        given. So each script is given the same values again.
        """
        for episode, seen in enumerate(other._seen):
            if seen:
                self.begin(episode, seen[0])
                for values in seen[1:]:
                    self.step(episode, values)
