"""`LaneState`: the saved state of a lane of a vector environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from copain_gym.bridge.history import Past
from copain_gym.emulator import SaveState
from copain_gym.envs.episodes import Episodes
from copain_gym.envs.stack import Stacked
from copain_gym.vector.pool import Pool

__all__ = ["LaneState", "load_lanes", "save_lanes"]


@dataclass(frozen=True)
class LaneState:
    """The saved state of one lane: its machine and its episode.

    Attributes:
        state: the savestate. Its bytes stay in the emulator until they are needed.
        episode_frames: frames of the episode so far.
        episode_steps: environment steps of the episode so far.
        pads: button masks held in the last step, for sticky actions.
        stack: with `frame_stack`, the last observations.
        past: the inputs from power-on that lead to the state, so that `state` may be its bytes.
    """

    state: SaveState | bytes
    episode_frames: int
    episode_steps: int
    pads: tuple[int, ...]
    stack: Stacked | None = field(default=None, compare=False)
    past: Past | None = field(default=None, compare=False, repr=False)


def save_lanes(pool: Pool, episodes: Episodes, lanes: list[int]) -> list[LaneState]:
    """Save the states of lanes."""
    states = [pool.save(i) for i in lanes]
    return [
        LaneState(
            state,
            int(episodes.frames[i]),
            int(episodes.steps[i]),
            tuple(episodes.pads[i].tolist()),
            None if episodes.stack is None else episodes.stack.save(i),
            state.past,
        )
        for i, state in zip(lanes, states, strict=True)
    ]


def load_lanes(
    pool: Pool, episodes: Episodes, lanes: list[int], states: Sequence[LaneState]
) -> None:
    """Continue lanes from saved states.

    Raises:
        ValueError: the numbers of states and lanes differ.
    """
    if len(states) != len(lanes):
        raise ValueError(f"{len(states)} states were given for {len(lanes)} lanes")
    for i, saved in zip(lanes, states, strict=True):
        pool.load(i, saved.state, saved.past)
    episodes.begin(lanes)
    episodes.frames[lanes] = [saved.episode_frames for saved in states]
    episodes.steps[lanes] = [saved.episode_steps for saved in states]
    episodes.pads[lanes] = [saved.pads for saved in states]
    for i, saved in zip(lanes, states, strict=True):
        if episodes.stack is not None and saved.stack is not None:
            episodes.stack.load(i, saved.stack)
