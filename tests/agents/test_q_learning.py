"""The parts of the Q-learning agent."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from copain_gym.train.q_learner import Learner, QNetwork, QSettings
from copain_gym.train.q_replay import Batch, Replay, SumTree


def test_sum_tree_draws_in_proportion() -> None:
    tree = SumTree(5)
    weights = np.array([1.0, 0.0, 3.0, 2.0, 4.0])
    tree.set(np.arange(5), weights)
    marks = (np.arange(10_000) + 0.5) / 10_000 * tree.total
    share = np.bincount(tree.find(marks), minlength=5) / 10_000
    np.testing.assert_allclose(share, weights / 10, atol=1e-3)


def filled(gamma: float, n_step: int, capacity: int) -> tuple[Replay, list[dict[str, np.ndarray]]]:
    """A replay of two emulators with random episodes, and its rows; observations are numbers."""
    rng = np.random.default_rng(3)
    replay = Replay(capacity, 2, (1,), np.float32, n_step=n_step, gamma=gamma, seed=1)
    rows, begins = [], np.zeros(2, np.bool_)
    for number in range(60):
        row = {
            "observations": np.array([[number], [1000 + number]], np.float32),
            "actions": rng.integers(4, size=2),
            "rewards": np.where(begins, 0, rng.random(2)).astype(np.float32),
            "terminated": ~begins & (rng.random(2) < 0.15),
            "truncated": ~begins & (rng.random(2) < 0.1),
            "valid": ~begins,
        }
        begins = row["terminated"] | row["truncated"]
        replay.add(**row)
        rows.append(row)
    return replay, rows


@pytest.mark.parametrize("capacity", [1000, 40])  # with room to spare, and gone round
def test_returns_over_n_steps(capacity: int) -> None:
    gamma, n_step = 0.9, 3
    replay, rows = filled(gamma, n_step, capacity)
    batch = replay.sample(500, beta=1.0)
    starts = batch.observations[:, 0].astype(int)
    oldest = max(60 - capacity // 2, 0)
    expected = {
        lane * 1000 + t
        for lane in range(2)
        for t in range(oldest, 60 - n_step)
        if rows[t]["valid"][lane]
    }
    assert set(starts.tolist()) == expected
    for k, start in enumerate(starts.tolist()):
        lane, t = divmod(start, 1000)
        total, discount = 0.0, 1.0
        for step in range(t, t + n_step):
            total += discount * float(rows[step]["rewards"][lane])
            discount *= gamma
            if rows[step]["terminated"][lane] or rows[step]["truncated"][lane]:
                break
        if rows[step]["terminated"][lane]:
            discount = 0.0
        assert batch.actions[k] == rows[t]["actions"][lane]
        assert batch.returns[k] == pytest.approx(total, rel=1e-5)
        assert batch.discounts[k] == pytest.approx(discount, rel=1e-5)
        assert batch.next_observations[k, 0] == lane * 1000 + step + 1


def test_surprising_steps_are_drawn_more_often_and_weigh_less() -> None:
    replay, _ = filled(0.9, 1, 1000)
    batch = replay.sample(64, beta=1.0)
    favourite = batch.indices[0]
    everything = replay.sample(5000, 1.0).indices
    replay.set_errors(everything, np.where(everything == favourite, 10.0, 0.1))
    batch = replay.sample(1000, beta=1.0)
    chosen = batch.indices == favourite
    assert chosen.mean() > 0.05  # one of about a hundred
    assert batch.weights[chosen].max() < batch.weights[~chosen].min()


@pytest.mark.parametrize("addresses", [(), (0x20, 0x360, 0x7E4)])
def test_network_learns_what_an_action_is_worth(addresses: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    if addresses:
        inputs = 2048
        observations = np.zeros((64, inputs), np.uint8)
        observations[:, 0x360] = rng.integers(256, size=64)
        high = observations[:, 0x360] > 127
    else:
        inputs = 3
        observations = rng.standard_normal((64, inputs)).astype(np.float32)
        high = observations[:, 1] > 0
    actions = rng.integers(2, size=64)
    settings = QSettings(learning_rate=3e-3, tau=0.1)
    learner = Learner(
        lambda: QNetwork(inputs, 2, (32,), addresses, 16), settings, torch.device("cpu")
    )
    batch = Batch(
        observations,
        actions,
        (actions == high).astype(np.float32),
        observations,
        np.zeros(64, np.float32),
        np.ones(64, np.float32),
        np.arange(64),
    )
    for _ in range(300):
        errors, _ = learner.learn(batch, 0)
    assert np.abs(errors).mean() < 0.15
    with torch.no_grad():
        best = learner.network(torch.as_tensor(observations)).argmax(1).numpy()
    assert (best == high).mean() > 0.95


def test_only_the_bytes_that_are_looked_at_matter() -> None:
    network = QNetwork(2048, 3, (8,), (0x20, 0x21), 4)
    ram = torch.zeros((3, 2048), dtype=torch.uint8)
    ram[1, 0x30] = 9
    ram[2, 0x21] = 9
    values = network(ram)
    assert torch.equal(values[0], values[1])
    assert not torch.equal(values[0], values[2])
    assert values.shape == (3, 3)


def test_target_network_follows_and_steps_shorten() -> None:
    settings = QSettings(learning_rate=0.5, tau=0.25)
    learner = Learner(lambda: QNetwork(2, 4, (16,)), settings, torch.device("cpu"))
    before = [p.clone() for p in learner.target.parameters()]
    with torch.no_grad():
        for parameter in learner.network.parameters():
            parameter += 1.0
    learner.slow_down(0.0)  # the update moves the target network alone
    seen, ones = np.zeros((8, 2), np.float32), np.ones(8, np.float32)
    learner.learn(Batch(seen, np.full(8, 2), ones, seen, ones, ones, np.arange(8)), 0)
    for parameter, old in zip(learner.target.parameters(), before, strict=True):
        torch.testing.assert_close(parameter, old + 0.25)
    learner.slow_down(0.5)
    assert [group["lr"] for group in learner.optimizer.param_groups] == [0.25]


def test_demonstrated_action_becomes_the_best() -> None:
    torch.manual_seed(0)
    learner = Learner(
        lambda: QNetwork(2, 4, (16,)), QSettings(learning_rate=1e-2), torch.device("cpu")
    )
    observations = np.zeros((8, 2), np.float32)
    batch = Batch(
        observations,
        np.full(8, 2),
        np.zeros(8, np.float32),
        observations,
        np.zeros(8, np.float32),
        np.ones(8, np.float32),
        np.arange(8),
    )
    for _ in range(100):
        learner.learn(batch, 8)
    with torch.no_grad():
        values = learner.network(torch.zeros(1, 2))[0]
    assert int(values.argmax()) == 2
