"""`movie_steps`: a movie as the steps of an environment, with actions and rewards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from copain_gym.emulator import Emulator
from copain_gym.envs.nes_env import NesEnv
from copain_gym.envs.start import read_image
from copain_gym.envs.task import Observation
from copain_gym.errors import CopainError
from copain_gym.games.game import Game
from copain_gym.tas.movie import Movie
from copain_gym.tas.movie_header import COMMANDS

__all__ = ["MovieStep", "best_action", "movie_steps"]


@dataclass(frozen=True)
class MovieStep:
    """A step of an environment in a movie.

    Attributes:
        episode: number of the episode in the movie, from 0.
        observation: the observation before the step, of one emulator: (1, …).
        action: the action whose buttons differ least from those that were held.
        reward: the reward.
        terminated: whether the episode ended in the game.
        truncated: whether it ended because the movie ends or the console is reset.
        following: the observation after the step, (1, …).
    """

    episode: int
    observation: Observation
    action: int
    reward: float
    terminated: bool
    truncated: bool
    following: Observation


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


def movie_steps(movie: Movie, env: NesEnv) -> Iterator[MovieStep]:
    """Replay a movie from power-on in an environment, and yield its steps.

    The emulator gets exactly the inputs of the movie, which may change within a step. An episode
    begins where the game is being played, and ends as in the environment, or where the movie ends
    or the console is reset. The frames between episodes, such as those of the title, are no steps.

    Args:
        movie: a movie that begins at power-on.
        env: an environment of the movie's game with a Discrete action space. It gives the rewards
            and observations, which are not pictures.

    Raises:
        MovieError: the movie cannot be replayed in this environment.
        CopainError: the environment has an option with which this does not work.
    """
    task, game = env.task, env.game
    low, high = env.options.frame_range
    if high != low + 1:
        raise CopainError(
            f"frame_skip is {(low, high)}; demonstrations need a fixed number of frames"
        )
    if task.needs_screen or env.options.frame_stack is not None:
        raise CopainError("demonstrations need observations without pictures and frame_stack")
    action_set = next((n for n, a in game.actions.items() if a == task.actions.names), None)
    if action_set is None:
        raise CopainError(f"action_set is {env.options.action_set!r}; demonstrations need actions")
    emulator = env.emulator
    _check_console(movie, emulator)
    movie.to_log()  # refuses what cannot be replayed
    resets = movie.commands == COMMANDS["reset"]
    frames = [dict(enumerate(pads, 1)) for pads in movie.inputs.tolist()]

    def play(number: int) -> None:
        if resets[number]:
            emulator.softreset()
        emulator.step(frames=1, pads=frames[number])

    def can_step(at: int) -> bool:
        return at + low <= len(frames) and not resets[at : at + low].any()

    emulator.poweron()
    at = episode = 0
    pause = False  # whether a new game has to be begun before the next episode
    while True:
        while at < len(frames) and (pause or not _playing(emulator, game)):
            pause = pause and _playing(emulator, game)
            play(at)
            at += 1
        if not can_step(at):
            if at >= len(frames) or not resets[at:].any():
                return
            play(at)  # up to the reset
            at += 1
            continue
        images = read_image(emulator, game)[None].copy()
        reader = task.reader(images)
        reader.read()
        observation = task.observe(reader)
        over = False
        while not over:
            held = [frames[number][1] for number in range(at, at + low)]
            for number in range(at, at + low):
                play(number)
            at += low
            images[0] = read_image(emulator, game)
            reader.read()
            events = reader.events()
            terminated = any(events[name].item() for name in task.ends)
            truncated = not can_step(at)
            over = terminated or truncated
            before, observation = observation, task.observe(reader)
            yield MovieStep(
                episode,
                before,
                best_action(game, action_set, held),
                reader.rewards().item(),
                terminated,
                truncated,
                observation,
            )
        episode += 1
        pause = terminated and env.options.terminate_on == "game_over"


def _playing(emulator: Emulator, game: Game) -> bool:
    return bool(game.predicates["playing"](game.decode(read_image(emulator, game))))


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
