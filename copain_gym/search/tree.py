"""`Tree`: the states that a search knows, and the inputs that lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from copain_gym.search.batch import ROOT, Holds, Outcome
from copain_gym.search.judge import CHECKPOINT

__all__ = ["Node", "Tree"]


class Node(NamedTuple):
    """A state that a search knows.

    Attributes:
        parent: number of the state that it was reached from; -1 for the start.
        held: what was held from there.
        depth: frames from the start of the problem.
        flags: see `Judge.flags`.
        score: points.
        value: how good it is.
        cell: see `Judge.cell`.
    """

    parent: int
    held: Holds
    depth: int
    flags: int
    score: float
    value: float
    cell: int


class Tree:
    """States by number; the start has the number `ROOT`.

    Numbers are never used again.

    Attributes:
        made: number of states that were ever added.

    Examples:
        >>> tree = Tree()
        >>> node = tree.add(ROOT, Outcome(0, 8, ((129, 8),), 0.0, 0.0, 0))
        >>> node, tree[node].depth, tree.holds(node), len(tree)
        (1, 8, ((129, 8),), 2)
    """

    def __init__(self) -> None:
        self._nodes: dict[int, Node] = {ROOT: Node(-1, (), 0, 0, 0.0, 0.0, 0)}
        self._next = ROOT + 1
        self.made = 0
        self._added: dict[int, None] = {}
        self._dropped: list[int] = []

    def reserve(self) -> int:
        """A new number, for `add`."""
        number, self._next = self._next, self._next + 1
        return number

    def add(self, parent: int, outcome: Outcome, number: int | None = None) -> int:
        """Add the state to which a plan has led; returns its number."""
        number = self.reserve() if number is None else number
        depth = self._nodes[parent].depth + outcome.frames
        flags, _, held, score, value, cell, _ = outcome
        self._nodes[number] = Node(parent, held, depth, flags, score, value, cell)
        self._added[number] = None
        self.made += 1
        return number

    def correct(self, number: int, outcome: Outcome) -> None:
        """Replace what is known of a state by what a look at it has shown."""
        node = self._nodes[number]
        flags, _, _, score, value, cell, _ = outcome
        flags |= node.flags & CHECKPOINT
        self._nodes[number] = node._replace(flags=flags, score=score, value=value, cell=cell)
        self._added[number] = None

    def drop(self, number: int) -> None:
        """Forget a state. Its children, if there are any, must be dropped, too."""
        if self._nodes.pop(number, None) is not None:
            self._added.pop(number, None)
            self._dropped.append(number)

    def keep_only(self, ends: Iterable[int]) -> None:
        """Forget all states that are not on the way to one of these."""
        wanted = {ROOT}
        for end in ends:
            while end not in wanted:
                wanted.add(end)
                end = self._nodes[end].parent
        for number in [n for n in self._nodes if n not in wanted]:
            self.drop(number)

    def __getitem__(self, number: int) -> Node:
        return self._nodes[number]

    def __contains__(self, number: object) -> bool:
        return number in self._nodes

    def __len__(self) -> int:
        return len(self._nodes)

    def way(self, number: int) -> list[int]:
        """The states from the start to this one, both included."""
        way = [number]
        while number != ROOT:
            number = self._nodes[number].parent
            way.append(number)
        return way[::-1]

    def route(self, number: int, steps: int | None = None) -> tuple[tuple[int, Holds], ...]:
        """The end of the way to a state, as `Job.route`.

        Args:
            number: the state.
            steps: number of steps; None for the whole way.
        """
        route: list[tuple[int, Holds]] = []
        while steps is None or len(route) <= steps:
            node = self._nodes[number]
            route.append((number, node.held))
            if number == ROOT:
                break
            number = node.parent
        return tuple(route[::-1])

    def holds(self, number: int) -> Holds:
        """What is held from the start to a state."""
        return tuple(hold for n in self.way(number) for hold in self._nodes[n].held)

    # ---- storage -------------------------------------------------------------

    def changes(self) -> tuple[list[tuple[int, Node]], list[int]]:
        """The states that were added, and the numbers that were dropped, since `saved`."""
        return [(number, self._nodes[number]) for number in self._added], list(self._dropped)

    def saved(self) -> None:
        """Begin to collect `changes` anew."""
        self._added, self._dropped = {}, []

    def restore(self, nodes: Iterator[tuple[int, Node]], following: int) -> None:
        """Replace all states by stored ones; `following` is the next number to use."""
        self._nodes = {ROOT: self._nodes[ROOT], **dict(nodes)}
        self._next = following
        self._added, self._dropped = {}, []

    @property
    def following(self) -> int:
        """The next number to use."""
        return self._next
