"""Short loops in the style of CleanRL: one file, Gymnasium's vector environments, PyTorch."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics
from torch import nn

ID = "copain/Hirondelle-v0"
SHORT: dict[str, Any] = {"max_episode_frames": 200, "frame_skip": 8}


def make_pool(count: int, **options: Any) -> gymnasium.vector.VectorEnv:
    envs = gymnasium.make_vec(
        ID, num_envs=count, autoreset_mode=AutoresetMode.SAME_STEP, **SHORT, **options
    )
    return RecordEpisodeStatistics(envs)


def make_singles(count: int, **options: Any) -> gymnasium.vector.VectorEnv:
    envs = SyncVectorEnv(
        [lambda: gymnasium.make(ID, **SHORT, **options)] * count,
        autoreset_mode=AutoresetMode.SAME_STEP,
    )
    return RecordEpisodeStatistics(envs)


def body(shape: tuple[int, ...]) -> nn.Module:
    """A network for features or for stacked pictures."""
    if len(shape) == 1:
        return nn.Sequential(nn.Linear(shape[0], 64), nn.Tanh())
    convolution = nn.Sequential(nn.Conv2d(shape[0], 8, 8, stride=4), nn.ReLU(), nn.Flatten())
    size = convolution(torch.zeros(1, *shape)).shape[1]
    return nn.Sequential(convolution, nn.Linear(size, 64), nn.ReLU())


OBSERVATIONS: list[dict[str, Any]] = [
    {},
    {"obs_type": "grayscale", "screen_size": 84, "frame_stack": 4},
]


@pytest.mark.parametrize("make", [make_pool, make_singles])
@pytest.mark.parametrize("options", OBSERVATIONS, ids=str)
def test_ppo(make: Any, options: dict[str, Any]) -> None:
    envs = make(4, **options)
    actions = int(envs.single_action_space.n)
    shape = envs.single_observation_space.shape
    core, actor, critic = body(shape), nn.Linear(64, actions), nn.Linear(64, 1)
    parameters = [*core.parameters(), *actor.parameters(), *critic.parameters()]
    optimizer = torch.optim.Adam(parameters, 3e-4)
    observation, _ = envs.reset(seed=1)
    ended = 0
    for _ in range(2):
        rollout = []
        for _ in range(32):
            seen = torch.as_tensor(observation, dtype=torch.float32)
            with torch.no_grad():
                hidden = core(seen)
                policy = torch.distributions.Categorical(logits=actor(hidden))
                action = policy.sample()
            observation, reward, terminated, truncated, infos = envs.step(action.numpy())
            done = terminated | truncated
            rollout.append(
                (seen, action, policy.log_prob(action), critic(hidden)[:, 0], reward, done)
            )
            ended += int(infos["_episode"].sum()) if "episode" in infos else 0
        seen, action, before, value = (
            torch.stack(p).detach() for p in list(zip(*rollout, strict=True))[:4]
        )
        rewards = torch.as_tensor(np.array([step[4] for step in rollout]), dtype=torch.float32)
        alive = 1 - torch.as_tensor(np.array([step[5] for step in rollout]), dtype=torch.float32)
        returns, later = torch.zeros_like(rewards), torch.zeros(4)
        for t in reversed(range(32)):
            later = rewards[t] / 1000 + 0.99 * later * alive[t]
            returns[t] = later
        advantage = returns - value
        hidden = core(seen.flatten(0, 1))
        policy = torch.distributions.Categorical(logits=actor(hidden))
        ratio = (policy.log_prob(action.flatten()) - before.flatten()).exp()
        gain = advantage.flatten()
        loss = -torch.min(gain * ratio, gain * ratio.clamp(0.8, 1.2)).mean()
        loss = loss + ((critic(hidden)[:, 0] - returns.flatten()) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    envs.close()
    assert torch.isfinite(loss)
    assert ended >= 8  # each lane's episodes have 25 steps


@pytest.mark.parametrize("atoms", [1, 51], ids=["dqn", "c51"])
@pytest.mark.parametrize("make", [make_pool, make_singles])
def test_value_learning(make: Any, atoms: int) -> None:
    """With one atom a value for each action, else a distribution of values."""
    envs = make(2)
    actions = int(envs.single_action_space.n)
    network = nn.Sequential(
        body(envs.single_observation_space.shape), nn.Linear(64, actions * atoms)
    )
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    support = torch.linspace(0, 10, atoms)
    random = np.random.default_rng(1)
    replay: list[tuple[Any, ...]] = []

    def values(seen: torch.Tensor) -> torch.Tensor:
        out = network(seen).view(len(seen), actions, atoms)
        return out[..., 0] if atoms == 1 else (out.softmax(-1) * support).sum(-1)

    observation, _ = envs.reset(seed=1)
    for step in range(60):
        with torch.no_grad():
            chosen = values(torch.as_tensor(observation)).argmax(-1).numpy()
        if random.random() < 0.5:
            chosen = envs.action_space.sample()
        following, reward, terminated, truncated, infos = envs.step(chosen)
        real = following.copy()
        for lane in np.flatnonzero(terminated | truncated):
            real[lane] = infos["final_obs"][lane]
        replay += zip(observation, chosen, reward, real, terminated, strict=True)
        observation = following
        if step < 8:
            continue
        batch = [replay[k] for k in random.integers(0, len(replay), 16)]
        seen, action, reward, after, end = (
            torch.as_tensor(np.array(p)) for p in zip(*batch, strict=True)
        )
        left = 1 - end.float()
        with torch.no_grad():
            best = values(after).argmax(-1)
        rows = torch.arange(16)
        if atoms == 1:
            target = reward.float() / 1000 + 0.99 * left * values(after)[rows, best].detach()
            loss = nn.functional.mse_loss(values(seen)[rows, action], target)
        else:
            with torch.no_grad():
                chances = network(after).view(16, actions, atoms).softmax(-1)[rows, best]
                moved = (reward[:, None] / 1000 + 0.99 * left[:, None] * support).clamp(0, 10)
                place = moved.float() / (10 / (atoms - 1))
                lower = place.floor().long().clamp(0, atoms - 2)
                share = place - lower
                target = torch.zeros(16, atoms)
                target.scatter_add_(1, lower, chances * (1 - share))
                target.scatter_add_(1, lower + 1, chances * share)
            logits = network(seen).view(16, actions, atoms)[rows, action].log_softmax(-1)
            loss = -(target * logits).sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    envs.close()
    assert torch.isfinite(loss)
