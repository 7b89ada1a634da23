"""`LaneState`: where a lane of a vector environment was, and how it goes on from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from copain_gym.emulator import SaveState
from copain_gym.envs.episodes import Episodes
from copain_gym.envs.stack import Stacked
from copain_gym.vector.pool import Pool

__all__ = ["LaneState", "load_lanes", "save_lanes"]


@dataclass(frozen=True)
class LaneState:
    """Where one lane was: the machine and the episode.

    Attributes:
        state: the machine. Its bytes are in the emulator until they are asked for.
        episode_frames: frames of the episode so far.
        episode_steps: environment steps of the episode so far.
        pads: what was held in the last step, for sticky actions.
        stack: with `frame_stack`, the last observations.
    """

    state: SaveState | bytes
    episode_frames: int
    episode_steps: int
    pads: tuple[int, ...]
    stack: Stacked | None = field(default=None, compare=False)


def save_lanes(pool: Pool, episodes: Episodes, lanes: list[int]) -> list[LaneState]:
    """Save where lanes are."""
    return [
        LaneState(
            pool.lanes[i].emulator.save_state(),
            int(episodes.frames[i]),
            int(episodes.steps[i]),
            tuple(episodes.pads[i].tolist()),
            None if episodes.stack is None else episodes.stack.save(i),
        )
        for i in lanes
    ]


def load_lanes(
    pool: Pool, episodes: Episodes, lanes: list[int], states: Sequence[LaneState]
) -> None:
    """Let lanes go on where others were saved.

    Raises:
        ValueError: there are not as many states as lanes.
    """
    if len(states) != len(lanes):
        raise ValueError(f"{len(states)} states were given for {len(lanes)} lanes")
    for i, saved in zip(lanes, states, strict=True):
        pool.load(i, saved.state)
    episodes.begin(lanes)
    episodes.frames[lanes] = [saved.episode_frames for saved in states]
    episodes.steps[lanes] = [saved.episode_steps for saved in states]
    episodes.pads[lanes] = [saved.pads for saved in states]
    for i, saved in zip(lanes, states, strict=True):
        if episodes.stack is not None and saved.stack is not None:
            episodes.stack.load(i, saved.stack)
