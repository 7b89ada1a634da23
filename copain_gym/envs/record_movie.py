"""`RecordMovie`: a Gymnasium wrapper that writes chosen episodes as movies."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, SupportsFloat

import gymnasium
from gymnasium.utils import RecordConstructorArgs

from copain_gym.paths import expand_user

__all__ = ["RecordMovie", "cubic_schedule"]


def cubic_schedule(episode: int) -> bool:
    """Whether an episode is recorded by default, as in Gymnasium's `RecordVideo`.

    Args:
        episode: number of the episode, from 0.

    Examples:
        >>> [episode for episode in range(2001) if cubic_schedule(episode)]
        [0, 1, 8, 27, 64, 125, 216, 343, 512, 729, 1000, 2000]
    """
    if episode < 1000:
        return bool(round(episode ** (1 / 3)) ** 3 == episode)
    return episode % 1000 == 0


class RecordMovie(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Writes chosen episodes as movies (FM2), which any FCEUX replays.

    It stands beside `gymnasium.wrappers.RecordVideo` and has its arguments. A movie holds the
    inputs from power-on, so it always contains the way to the episode, too. It is written when the
    episode ends, when it is given up by `reset`, or at `close`.

    Args:
        env: an environment of this package, in any wrappers.
        movie_folder: the folder for the files. An existing file of the same name is replaced.
        episode_trigger: whether to record an episode, by its number from 0. None means
            `cubic_schedule`, unless there is a `step_trigger`.
        step_trigger: whether to record the episode of a step, by the number of the step from 0 over
            all episodes.
        movie_length: number of steps after which a movie is written. 0 means the whole episode.
        name_prefix: beginning of the files' names: `PREFIX-episode-0.fm2`, `PREFIX-step-0.fm2`.
        author: name of the author in the movies.

    Attributes:
        movies: the files that were written.

    Raises:
        TypeError: the environment is not one of this package.
        ValueError: `movie_length` is negative.

    Examples:
        >>> import tempfile
        >>> env = gymnasium.make("copain/Hirondelle-v0", max_episode_frames=40)
        >>> env = RecordMovie(env, tempfile.mkdtemp(), episode_trigger=lambda n: n == 0)
        >>> _ = env.reset(seed=1)
        >>> over = False
        >>> while not over:
        ...     _, _, terminated, truncated, _ = env.step(4)
        ...     over = terminated or truncated
        >>> [file.name for file in env.movies]
        ['rl-movie-episode-0.fm2']
        >>> env.close()
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        movie_folder: str | os.PathLike[str],
        episode_trigger: Callable[[int], bool] | None = None,
        step_trigger: Callable[[int], bool] | None = None,
        movie_length: int = 0,
        name_prefix: str = "rl-movie",
        author: str = "",
    ) -> None:
        if not hasattr(env.unwrapped, "movie"):
            raise TypeError(f"{env} has no movies; RecordMovie needs an environment of copain-gym")
        if movie_length < 0:
            raise ValueError(f"movie_length is {movie_length}; allowed are 0 and more")
        RecordConstructorArgs.__init__(
            self,
            movie_folder=movie_folder,
            episode_trigger=episode_trigger,
            step_trigger=step_trigger,
            movie_length=movie_length,
            name_prefix=name_prefix,
            author=author,
        )
        gymnasium.Wrapper.__init__(self, env)
        if episode_trigger is None and step_trigger is None:
            episode_trigger = cubic_schedule
        self.episode_trigger, self.step_trigger = episode_trigger, step_trigger
        self.movie_folder = expand_user(movie_folder).absolute()
        self.movie_length = movie_length
        self.name_prefix = name_prefix
        self.author = author
        self.movies: list[Path] = []
        self.episode_id = self.step_id = -1
        self._name: str | None = None  # of the movie that is being recorded
        self._steps = 0  # of it

    @property
    def recording(self) -> bool:
        """Whether the episode will be written."""
        return self._name is not None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; a movie of an episode that has not ended is written before.

        Raises:
            MovieError: the episode is to be recorded, and a movie cannot hold its beginning.
        """
        self._write()
        observation, info = self.env.reset(seed=seed, options=options)
        self.episode_id += 1
        if self.episode_trigger is not None and self.episode_trigger(self.episode_id):
            self.start_recording(f"{self.name_prefix}-episode-{self.episode_id}")
        return observation, info

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Make a step; at the end of a recorded episode, the movie is written.

        Raises:
            MovieError: the movie is to be written, and a movie cannot hold what happened.
            FileError: the file cannot be written.
        """
        result = self.env.step(action)
        self.step_id += 1
        if self.step_trigger is not None and self.step_trigger(self.step_id):
            self._write()
            self.start_recording(f"{self.name_prefix}-step-{self.step_id}")
        self._steps += 1
        if result[2] or result[3] or self._steps == self.movie_length:
            self._write()
        return result

    def start_recording(self, movie_name: str) -> None:
        """Record the episode that is under way.

        Args:
            movie_name: name of the file, without `.fm2`.

        Raises:
            MovieError: a movie cannot hold what was played so far.
        """
        self._movie()  # its error comes now, not at the end of a long episode
        self._name, self._steps = movie_name, 0

    def stop_recording(self) -> None:
        """Write the movie of what was played so far, if there is a recording, and end it."""
        self._write()

    def close(self) -> None:
        """Write the movie of an episode that has not ended, and close the environment."""
        try:
            with contextlib.suppress(gymnasium.error.ResetNeeded):  # the emulator has ended
                self._write()
        finally:
            self.env.close()

    def _movie(self) -> Any:
        return self.env.get_wrapper_attr("movie")(author=self.author)

    def _write(self) -> None:
        name, self._name = self._name, None
        if name is not None:
            self.movie_folder.mkdir(parents=True, exist_ok=True)
            self.movies.append(self._movie().write(self.movie_folder / f"{name}.fm2"))
