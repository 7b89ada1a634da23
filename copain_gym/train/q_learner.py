"""The Q-learning agent: its hyperparameters, its update, its checkpoints."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.utils import polyak_update

from copain_gym.errors import CopainError
from copain_gym.train.q_network import QNetwork
from copain_gym.train.q_replay import Batch, Replay

__all__ = [
    "Learner",
    "QAgent",
    "QSettings",
    "load_q_agent",
    "read_settings",
    "resume_learner",
    "save_learner",
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


class QAgent:
    """An epsilon-greedy agent.

    Args:
        network: computes the action values.
        device: device of the network.
        epsilon: probability of a random action.
        seed: seed of the random actions.
    """

    def __init__(
        self, network: QNetwork, device: torch.device, epsilon: float = 0.0, seed: int = 0
    ) -> None:
        self.network, self.device, self.epsilon = network, device, epsilon
        self._rng = np.random.default_rng(seed)

    def act(self, observations: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Return actions (n,) int64 for observations (n, …)."""
        with torch.inference_mode(), _autocast(self.device):
            values = self.network(torch.as_tensor(observations, device=self.device))
        actions = values.argmax(dim=1).cpu().numpy()
        drawn = self._rng.integers(values.shape[1], size=len(actions))
        chance = self._rng.random(len(actions)) < self.epsilon
        return np.where(chance, drawn, actions)


def _autocast(device: torch.device) -> torch.autocast:
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
        with _autocast(self.device):
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


# ---- checkpoints ---------------------------------------------------------


def save_learner(path: Path, learner: Learner, shape: dict[str, Any], steps: int) -> None:
    """Write a checkpoint; `steps` is the number of environment steps so far."""
    torch.save(
        {
            "shape": shape,
            "network": learner.network.state_dict(),
            "target": learner.target.state_dict(),
            "optimizer": learner.optimizer.state_dict(),
            "updates": learner.updates,
            "steps": steps,
            "eval_epsilon": learner.settings.eval_epsilon,
        },
        path,
    )


def resume_learner(run: Path, learner: Learner) -> int:
    """Load the last checkpoint of a run into a learner; returns its environment steps.

    The replay buffer is not part of a checkpoint.

    Raises:
        CopainError: the run has no checkpoint.
    """
    file = run / "last.pt"
    if not file.exists():
        raise CopainError(f"{run} has no checkpoint last.pt to resume from")
    saved = torch.load(file, map_location=learner.device, weights_only=True)
    learner.network.load_state_dict(saved["network"])
    learner.target.load_state_dict(saved["target"])
    learner.optimizer.load_state_dict(saved["optimizer"])
    learner.updates = saved["updates"]
    return int(saved["steps"])


def load_q_agent(file: Path, device: torch.device) -> QAgent:
    """Load the agent of a checkpoint."""
    saved = torch.load(file, map_location=device, weights_only=True)
    network = QNetwork(**saved["shape"]).to(device)
    network.load_state_dict(saved["target"])  # smoother than the online network, and plays better
    return QAgent(network, device, saved["eval_epsilon"])
