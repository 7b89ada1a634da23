"""Demonstrations for the Q-learning agent: movies, replayed step by step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gymnasium
import numpy as np

from copain_gym.emulator import Emulator
from copain_gym.envs.nes_env import NesEnv
from copain_gym.envs.start import read_image
from copain_gym.errors import CopainError, MovieError
from copain_gym.games.game import Game
from copain_gym.tas.inputs import Hold
from copain_gym.tas.movie import Movie
from copain_gym.train.q_replay import Replay

__all__ = ["add_movie", "best_action"]


def best_action(game: Game, action_set: str, held: Sequence[int]) -> int:
    """Return the action whose buttons differ least from those held in the frames of a step.

    Args:
        game: the game.
        action_set: name of one of its action sets.
        held: mask of held buttons of each frame.

    Examples:
        >>> from copain_gym.games import find_game
        >>> best_action(find_game("hirondelle"), "simple", [0x81, 0x81, 0x91, 0x81])
        4
    """
    masks = game.action_masks(action_set)

    def difference(mask: int) -> int:
        return sum((mask ^ other).bit_count() for other in held)

    return min(range(len(masks)), key=lambda k: difference(masks[k]))


def add_movie(path: Path, env: gymnasium.Env[object, object], replay: Replay) -> int:
    """Replay a movie from power-on and add its steps to a replay buffer.

    The emulator gets exactly the inputs of the movie, which may change within a step. The action
    in the replay buffer is the one whose buttons differ least from them.

    Args:
        path: an FM2 movie that begins at power-on.
        env: an environment of the movie's game with a Discrete action space. It gives the
            rewards and observations.
        replay: a replay buffer with one lane.

    Returns:
        The number of steps added.

    Raises:
        CopainError: the movie cannot be read, it cannot be played in this environment,
            `frame_skip` is not fixed, or play never begins.
    """
    game_env = env.unwrapped
    assert isinstance(game_env, NesEnv)
    task, game = game_env.task, game_env.game
    low, high = game_env.options.frame_range
    if high != low + 1:
        raise CopainError(
            f"frame_skip is {(low, high)}; demonstrations need a fixed number of frames"
        )
    action_set = next(name for name, a in game.actions.items() if a == task.actions.names)
    emulator = game_env.emulator
    movie = Movie.read(path)
    _check_console(movie, emulator)
    log = movie.to_log()
    if log.reset_frames():
        raise MovieError(
            f"the movie {path}: frame {log.reset_frames()[0]} has the command reset; a "
            f"demonstration is one game without resets"
        )
    holds = [entry for entry in log if isinstance(entry, Hold)]
    frames = [hold.pads for hold in holds for _ in range(hold.frames)]
    emulator.poweron()
    at, playing = 0, game.predicates["playing"]
    while at < len(frames) and not playing(game.decode(read_image(emulator, game))):
        emulator.step(frames=1, pads=dict(enumerate(frames[at], 1)))
        at += 1
    images = read_image(emulator, game)[None].copy()
    reader = task.reader(images)
    reader.read()
    added = 0
    lane = np.ones(1, np.bool_)
    while at + low <= len(frames):
        observation = task.observe(reader)
        for pads in frames[at : at + low]:
            emulator.step(frames=1, pads=dict(enumerate(pads, 1)))
        held = [(*pads, 0)[0] for pads in frames[at : at + low]]
        at += low
        images[0] = read_image(emulator, game)
        reader.read()
        events = reader.events()
        ended = any(events[name].item() for name in task.ends)
        replay.add(
            np.asarray(observation),
            np.array([best_action(game, action_set, held)]),
            reader.rewards().astype(np.float32),
            lane & ended,
            lane & (at + low > len(frames)),
            lane,
        )
        added += 1
        if ended:
            break
    if not added:
        raise CopainError(f"the movie {path} ends before play begins")
    return added


def _check_console(movie: Movie, emulator: Emulator) -> None:
    """Refuse a movie that was made on another console than the environment's.

    Raises:
        MovieError: the message names the key.
    """
    movie.check_rom(emulator.rom)
    wanted = {
        "palFlag": (movie.region, emulator.region),
        "NewPPU": (movie.new_ppu, False),
        "RAMInitOption": (movie.ram_init.option, 0),
    }
    for key, (its, ours) in wanted.items():
        if its != ours:
            raise movie.header.error(
                key, f"says {its}, but the environment of the demonstrations has {ours}"
            )
