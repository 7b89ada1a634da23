"""The replay buffer of the Q-learning agent: prioritised, with n-step returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Batch", "Replay", "SumTree"]

Array = npt.NDArray[Any]


class SumTree:
    """Numbers of which each is sampled in proportion to its size.

    Args:
        size: how many numbers.

    Examples:
        >>> tree = SumTree(4)
        >>> tree.set(np.array([1, 3]), np.array([1.0, 3.0]))
        >>> tree.total, tree.find(np.array([0.5, 1.5, 3.9])).tolist()
        (4.0, [1, 3, 3])
    """

    def __init__(self, size: int) -> None:
        self._leaves = 1 << max(size - 1, 1).bit_length()
        self._sums = np.zeros(2 * self._leaves)

    @property
    def total(self) -> float:
        """Sum of all numbers."""
        return float(self._sums[1])

    def get(self, indices: Array) -> Array:
        """Return the numbers (k,) at indices (k,)."""
        found: Array = self._sums[indices + self._leaves]
        return found

    def set(self, indices: Array, values: Array) -> None:
        """Set the numbers (k,) at indices (k,)."""
        nodes = np.asarray(indices) + self._leaves
        self._sums[nodes] = values
        while nodes[0] > 1:  # all are on the same level
            nodes = np.unique(nodes >> 1)
            self._sums[nodes] = self._sums[2 * nodes] + self._sums[2 * nodes + 1]

    def find(self, marks: Array) -> Array:
        """Return the indices (k,) at which the running sum passes marks (k,) in [0, total)."""
        nodes = np.ones(len(marks), np.int64)
        left_over = np.array(marks, np.float64)
        while nodes[0] < self._leaves:
            nodes = 2 * nodes
            left = self._sums[nodes]
            right = left_over >= left
            # Rounding may point to an empty branch.
            right &= self._sums[nodes + 1] > 0
            left_over -= left * right
            nodes += right
        return nodes - self._leaves


@dataclass(frozen=True)
class Batch:
    """Transitions that were sampled.

    Attributes:
        observations, actions: (k, …), (k,).
        returns: discounted rewards of up to n steps, (k,) float32.
        next_observations: observations after these steps, (k, …).
        discounts: factor of the value of `next_observations`, (k,) float32; 0 after a terminal
            step.
        weights: importance weights, (k,) float32, at most 1.
        indices: indices for `Replay.set_errors`, (k,).
    """

    observations: Array
    actions: Array
    returns: Array
    next_observations: Array
    discounts: Array
    weights: Array
    indices: Array


class Replay:
    """A prioritised replay buffer of the last steps of all emulators.

    One row holds one step of all emulators. N-step returns are computed when transitions are
    sampled. After the end of an episode, an emulator has a row in which it only begins the next
    episode, as in Gymnasium's autoreset mode `NEXT_STEP`.

    Args:
        capacity: number of steps, of all emulators together.
        lanes: number of emulators.
        shape: shape of an observation.
        dtype: dtype of an observation.
        n_step: number of steps of a return.
        gamma: discount factor per step.
        alpha: exponent of the priorities: 0 samples uniformly, 1 in proportion to the error.
        seed: seed of the sampling.
    """

    def __init__(
        self,
        capacity: int,
        lanes: int,
        shape: tuple[int, ...],
        dtype: npt.DTypeLike,
        *,
        n_step: int = 3,
        gamma: float = 0.99,
        alpha: float = 0.6,
        seed: int = 0,
    ) -> None:
        self._rows = max(capacity // lanes, n_step + 2)
        self._lanes, self._n, self._gamma, self._alpha = lanes, n_step, gamma, alpha
        self._observations = np.zeros((self._rows, lanes, *shape), dtype)
        self._actions = np.zeros((self._rows, lanes), np.int64)
        self._rewards = np.zeros((self._rows, lanes), np.float32)
        self._terminated = np.zeros((self._rows, lanes), np.bool_)
        self._ended = np.zeros((self._rows, lanes), np.bool_)
        self._valid = np.zeros((self._rows, lanes), np.bool_)
        self._tree = SumTree(self._rows * lanes)
        self._rng = np.random.default_rng(seed)
        self._count = 0  # rows that were ever added
        self._largest = 1.0

    def __len__(self) -> int:
        """Number of steps that can be sampled."""
        return max(min(self._count, self._rows) - self._n, 0) * self._lanes

    def add(
        self,
        observations: Array,
        actions: Array,
        rewards: Array,
        terminated: Array,
        truncated: Array,
        valid: Array,
    ) -> None:
        """Add a step of all emulators.

        Args:
            observations: observations before the step, (lanes, …).
            actions: (lanes,).
            rewards: (lanes,).
            terminated: whether the episode ended in the step, (lanes,).
            truncated: whether the episode was truncated in the step, (lanes,).
            valid: False where the step only began an episode, (lanes,).
        """
        row, lanes = self._count % self._rows, np.arange(self._lanes)
        self._observations[row] = observations
        self._actions[row], self._rewards[row] = actions, rewards
        self._terminated[row], self._ended[row] = terminated, terminated | truncated
        self._valid[row] = valid
        self._count += 1
        # What is overwritten next is the observation that the oldest rows lead to.
        self._tree.set(row * self._lanes + lanes, np.zeros(self._lanes))
        if self._count > self._n:
            ripe = (self._count - 1 - self._n) % self._rows
            priority = self._largest * self._valid[ripe]
            self._tree.set(ripe * self._lanes + lanes, priority)

    def sample(self, size: int, beta: float) -> Batch:
        """Sample transitions.

        Args:
            size: number of transitions.
            beta: exponent of the importance weights: 0 corrects nothing, 1 corrects fully.

        Raises:
            ValueError: the replay buffer is empty.
        """
        total = self._tree.total
        if total <= 0:
            raise ValueError("the replay buffer is empty; add steps before you sample")
        marks = (np.arange(size) + self._rng.random(size)) * (total / size)
        indices = self._tree.find(marks)
        rows, lanes = np.divmod(indices, self._lanes)
        returns = np.zeros(size, np.float32)
        discounts = np.ones(size, np.float32)
        going = np.ones(size, np.bool_)
        end = rows.copy()
        for _ in range(self._n):
            returns += np.where(going, discounts * self._rewards[end, lanes], 0)
            discounts = np.where(going, discounts * np.float32(self._gamma), discounts)
            discounts[going & self._terminated[end, lanes]] = 0
            # The row after an episode's last one has the observation in which it ended.
            stopping = going & self._ended[end, lanes]
            end = np.where(going, (end + 1) % self._rows, end)
            going &= ~stopping
        probabilities = self._tree.get(indices) / total
        weights = (len(self) * probabilities) ** -beta
        return Batch(
            self._observations[rows, lanes],
            self._actions[rows, lanes],
            returns,
            self._observations[end, lanes],
            discounts,
            (weights / weights.max()).astype(np.float32),
            indices,
        )

    def set_errors(self, indices: Array, errors: Array) -> None:
        """Set the priorities of sampled transitions from the errors (k,) of their action values."""
        alive = self._tree.get(indices) > 0  # others were overwritten meanwhile
        priorities = (np.abs(errors[alive]) + 1e-3) ** self._alpha
        if len(priorities):
            self._largest = max(self._largest * 0.9999, float(priorities.max()))
            self._tree.set(indices[alive], priorities)
