"""The Q-learning agent that plays, and its checkpoints."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from copain_gym.errors import CopainError
from copain_gym.train.q_learner import Learner, QNetwork, autocast

__all__ = ["QAgent", "load_q_agent", "resume_learner", "save_learner"]


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
        with torch.inference_mode(), autocast(self.device):
            values = self.network(torch.as_tensor(observations, device=self.device))
        actions = values.argmax(dim=1).cpu().numpy()
        drawn = self._rng.integers(values.shape[1], size=len(actions))
        chance = self._rng.random(len(actions)) < self.epsilon
        return np.where(chance, drawn, actions)


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
    saved = _read(file, learner.device)
    learner.network.load_state_dict(saved["network"])
    learner.target.load_state_dict(saved["target"])
    learner.optimizer.load_state_dict(saved["optimizer"])
    learner.updates = saved["updates"]
    return int(saved["steps"])


def load_q_agent(file: Path, device: torch.device) -> QAgent:
    """Load the agent of a checkpoint.

    Raises:
        CopainError: it is damaged.
    """
    saved = _read(file, device)
    try:
        network = QNetwork(**saved["shape"]).to(device)
        network.load_state_dict(saved["target"])  # smoother than the online one, and plays better
        return QAgent(network, device, float(saved["eval_epsilon"]))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CopainError(f"{file} cannot be read as a checkpoint: {error}") from error


def _read(file: Path, device: torch.device) -> Any:
    """Read a file of parameters; objects of other types in it are not made."""
    try:
        return torch.load(file, map_location=device, weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CopainError(f"{file} cannot be read as a checkpoint: {reason}") from error
