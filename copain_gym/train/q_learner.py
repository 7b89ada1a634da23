"""How the Q-learning agent learns: its hyperparameters, its network, its update."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.utils import polyak_update
from torch import Tensor, nn

from copain_gym.train.q_replay import Batch, Replay

__all__ = [
    "Learner",
    "QNetwork",
    "QSettings",
    "RamEmbedding",
    "autocast",
    "read_settings",
    "update",
]


@dataclass
class QSettings:
    """Hyperparameters of Q-learning."""

    learning_rate: float = 3e-4
    """Initial learning rate of Adam; it falls linearly to 0 over the run."""
    batch_size: int = 128
    """Transitions in an update."""
    updates: int = 2
    """Updates per step of all emulators, made while they run."""
    replay_size: int = 200_000
    """Environment steps that the replay buffer holds."""
    learning_starts: int = 5_000
    """Environment steps before the first update."""
    n_step: int = 5
    """Number of steps of an n-step return."""
    gamma: float = 0.99
    """Discount factor per step."""
    tau: float = 0.002
    """Weight of the online network in the soft update of the target network."""
    epsilon: float = 0.01
    """Probability of a random action after exploration."""
    exploration_steps: int = 30_000
    """Environment steps over which that probability falls linearly from 1."""
    eval_epsilon: float = 0.0
    """Probability of a random action in evaluations, in which the target network plays."""
    alpha: float = 0.6
    """Exponent of the priorities: 0 samples uniformly, 1 in proportion to the error."""
    beta: float = 0.4
    """Initial exponent of the importance weights; it rises to 1 over the run."""
    hidden: list[int] = field(default_factory=lambda: [256, 256])
    """Widths of the hidden layers."""
    embedding: int = 64
    """Size of the embedding of an address and its value, for the observation `ram`."""
    demonstration_share: float = 0.25
    """Fraction of a batch that comes from demonstrations."""
    margin: float = 0.8
    """Margin by which the demonstrated action must be better than all others."""


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


def autocast(device: torch.device) -> torch.autocast:
    """Use bfloat16 on a GPU."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


class Learner:
    """The online network, the target network and the optimiser.

    Args:
        make: makes a network.
        settings: hyperparameters.
        device: device of the networks.
    """

    def __init__(self, make: Any, settings: QSettings, device: torch.device) -> None:
        self.settings, self.device = settings, device
        self.network: QNetwork = make().to(device)
        self.target: QNetwork = make().to(device)
        self.target.load_state_dict(self.network.state_dict())
        self.optimizer = torch.optim.Adam(self.network.parameters(), settings.learning_rate)
        self.updates = 0

    def slow_down(self, left: float) -> None:
        """Set the learning rate, given the share of the run that is left (1 to 0)."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * left

    def learn(self, batch: Batch, demonstrated: int) -> tuple[npt.NDArray[np.float32], float]:
        """Make one update.

        Args:
            batch: k transitions.
            demonstrated: how many of them are demonstrations; these are the last ones.

        Returns:
            The errors of the action values, (k,) float32, and the loss.
        """

        def tensor(array: npt.NDArray[Any]) -> torch.Tensor:
            return torch.as_tensor(array, device=self.device)

        observations, actions = tensor(batch.observations), tensor(batch.actions)
        following = tensor(batch.next_observations)
        with autocast(self.device):
            with torch.no_grad():  # double Q-learning: one network chooses, the other evaluates
                choice = self.network(following).argmax(dim=1, keepdim=True)
                worth = self.target(following).gather(1, choice).squeeze(1).float()
                goal = tensor(batch.returns) + tensor(batch.discounts) * worth
            values = self.network(observations).float()
        taken = values.gather(1, actions[:, None]).squeeze(1)
        errors = taken - goal
        losses = torch.nn.functional.smooth_l1_loss(taken, goal, reduction="none")
        loss = (losses * tensor(batch.weights)).mean()
        if demonstrated:
            shown, right = values[-demonstrated:], actions[-demonstrated:]
            margins = torch.full_like(shown, self.settings.margin)
            margins.scatter_(1, right[:, None], 0.0)
            best = (shown + margins).max(dim=1).values
            loss = loss + (best - taken[-demonstrated:]).mean()
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 10.0)
        self.optimizer.step()
        self.updates += 1
        polyak_update(self.network.parameters(), self.target.parameters(), self.settings.tau)
        return errors.detach().cpu().numpy(), float(loss.detach())


def read_settings(table: dict[str, Any]) -> QSettings:
    """Check hyperparameters.

    Raises:
        ValueError: a name is not a hyperparameter of Q-learning.
    """
    allowed = {f.name: f for f in fields(QSettings)}
    for name, value in table.items():
        if name not in allowed:
            raise ValueError(
                f"Q-learning has no hyperparameter {name!r}; it has {', '.join(sorted(allowed))}"
            )
        if allowed[name].type == "int":
            table[name] = int(value)
    return QSettings(**table)


def update(learner: Learner, replay: Replay, shown: Replay | None, beta: float) -> float:
    """Sample a batch, make one update and store the new priorities; returns the loss.

    Args:
        learner: the networks.
        replay: the replay buffer.
        shown: the replay buffer of demonstrations, or None.
        beta: exponent of the importance weights.
    """
    size = learner.settings.batch_size
    share = round(size * learner.settings.demonstration_share) if shown else 0
    batch = replay.sample(size - share, beta)
    if shown is None or not share:
        errors, loss = learner.learn(batch, 0)
        replay.set_errors(batch.indices, errors)
        return loss
    examples = shown.sample(share, beta)
    pairs = zip(asdict(batch).values(), asdict(examples).values(), strict=True)
    errors, loss = learner.learn(Batch(*(np.concatenate(pair) for pair in pairs)), share)
    replay.set_errors(batch.indices, errors[:-share])
    shown.set_errors(examples.indices, errors[-share:])
    return loss
