"""The network of the Q-learning agent: duelling, over features or over embedded RAM bytes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["QNetwork", "RamEmbedding"]


class RamEmbedding(nn.Module):
    """The sum of the learned vectors of all pairs of an address and its byte value.

    Args:
        addresses: RAM addresses to use.
        size: size of the vectors.
    """

    def __init__(self, addresses: Sequence[int], size: int) -> None:
        super().__init__()
        self.register_buffer("addresses", torch.tensor(addresses))
        self.register_buffer("offsets", torch.arange(len(addresses)) * 256)
        self.addresses: Tensor
        self.offsets: Tensor
        self.table = nn.EmbeddingBag(len(addresses) * 256, size, mode="sum")
        nn.init.normal_(self.table.weight, std=len(addresses) ** -0.5)

    def forward(self, ram: Tensor) -> Tensor:
        """Return the sums (n, size) float32 for RAM (n, 2048) uint8."""
        values = ram[:, self.addresses].long()
        summed: Tensor = self.table(values + self.offsets)
        return summed


class QNetwork(nn.Module):
    """A duelling network: the value of the observation plus the advantage of each action.

    Args:
        inputs: size of an observation.
        actions: number of actions.
        hidden: widths of the hidden layers.
        addresses: RAM addresses to embed; empty if observations are features.
        embedding: size of the vectors of RAM bytes.
    """

    def __init__(
        self,
        inputs: int,
        actions: int,
        hidden: Sequence[int] = (256, 256),
        addresses: Sequence[int] = (),
        embedding: int = 64,
    ) -> None:
        super().__init__()
        self.first: nn.Module
        if addresses:
            self.first, width = RamEmbedding(addresses, embedding), embedding
        else:
            self.first, width = _Standardize(inputs), inputs
        layers: list[nn.Module] = []
        for size in hidden:
            layers += [nn.Linear(width, size), nn.ReLU()]
            width = size
        self.body = nn.Sequential(*layers)
        self.value = nn.Linear(width, 1)
        self.advantage = nn.Linear(width, actions)

    def forward(self, observations: Tensor) -> Tensor:
        """Return action values (n, actions) float32 for observations (n, …)."""
        hidden = self.body(self.first(observations))
        advantage = self.advantage(hidden)
        values: Tensor = self.value(hidden) + advantage - advantage.mean(dim=1, keepdim=True)
        return values


class _Standardize(nn.Module):
    """Brings features to mean 0 and deviation 1, by what `update` has seen."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("variance", torch.ones(size))
        self.register_buffer("count", torch.tensor(1e-4))
        self.mean: Tensor
        self.variance: Tensor
        self.count: Tensor

    def update(self, observations: Tensor) -> None:
        """Take observations (n, size) into account."""
        n = len(observations)
        mean, variance = observations.mean(dim=0), observations.var(dim=0, unbiased=False)
        delta, total = mean - self.mean, self.count + n
        spread = self.variance * self.count + variance * n + delta**2 * self.count * n / total
        self.mean.copy_(self.mean + delta * n / total)
        self.variance.copy_(spread / total)
        self.count.copy_(total)

    def forward(self, observations: Tensor) -> Tensor:
        """Standardised features (n, size)."""
        scaled = (observations - self.mean) * (self.variance + 1e-8).rsqrt()
        return scaled.clamp(-10, 10)
